from . import ecom_invariant
from . import ecom_supplier_month
from . import ecom_settle_api
