from . import ecom_upload
from . import ecom_import
