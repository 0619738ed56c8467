from . import ecom_evidence
from . import ecom_books
from . import ecom_paper
