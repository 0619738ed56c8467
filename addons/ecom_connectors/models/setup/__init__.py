from . import ecom_platform
from . import ecom_category
from . import ecom_vocabulary
from . import ecom_account
from . import ecom_shop
from . import ecom_alias
