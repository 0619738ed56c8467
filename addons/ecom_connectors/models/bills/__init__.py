from . import ecom_tally
from . import ecom_problem
from . import ecom_bill
from . import ecom_bill_line
from . import ecom_reader
from . import ecom_loader
from . import ecom_chain
