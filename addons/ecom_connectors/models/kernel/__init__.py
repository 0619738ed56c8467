from . import ecom_evidence
from . import ecom_paper
