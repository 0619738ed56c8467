from . import ecom_sealed
from . import ecom_stateful
from . import ecom_run
from . import ecom_stage
from . import ecom_books
from . import ecom_paper
