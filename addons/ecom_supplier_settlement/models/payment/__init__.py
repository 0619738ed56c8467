from . import ecom_payable_forecast
from . import ecom_payment_guard
from . import ecom_payment_match
from . import ecom_statement_payer
