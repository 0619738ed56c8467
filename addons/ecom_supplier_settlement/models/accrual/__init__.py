from . import ecom_accrual
from . import ecom_accrual_line
from . import ecom_accrual_reversal
from . import ecom_purchase_clearing
from . import ecom_accrual_ledger
from . import ecom_accrual_taker
from . import ecom_ledger_setup
from . import ecom_accrual_guard
