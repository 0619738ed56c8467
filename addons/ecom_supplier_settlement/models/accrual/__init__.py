from . import ecom_accrual
from . import ecom_accrual_line
from . import ecom_accrual_reversal
from . import ecom_accrual_post
from . import ecom_accrual_back
from . import ecom_ledger_setup
from . import ecom_accrual_guard
