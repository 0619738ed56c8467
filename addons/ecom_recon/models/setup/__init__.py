from . import ecom_fee_rule
from . import ecom_tolerance
from . import ecom_shop
from . import ecom_role
from . import ecom_voucher_template
from . import ecom_ledger_setup
from . import ecom_setup
