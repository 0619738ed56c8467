from . import stock_warehouse
from . import ecom_supplier_overview
