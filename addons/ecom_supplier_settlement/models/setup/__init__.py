from . import ecom_supplier_overview
