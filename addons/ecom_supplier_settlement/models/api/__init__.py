from . import ecom_settle_api
from . import ecom_settle_api_statement
from . import ecom_settle_api_figures
