from . import ecom_account
from . import ecom_invariant
