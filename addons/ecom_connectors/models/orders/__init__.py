from . import ecom_refund
from . import ecom_order_import
