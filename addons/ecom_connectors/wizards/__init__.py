from . import ecom_import
