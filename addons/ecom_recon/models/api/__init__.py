from . import ecom_api
