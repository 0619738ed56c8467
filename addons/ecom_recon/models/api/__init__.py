from . import ecom_api
from . import ecom_api_apply
