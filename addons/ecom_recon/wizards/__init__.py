from . import ecom_ledger_wizard
from . import ecom_process
from . import ecom_revalue
from . import ecom_resolve
