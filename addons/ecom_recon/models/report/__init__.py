from . import ecom_invariant
from . import ecom_words
from . import ecom_overview
