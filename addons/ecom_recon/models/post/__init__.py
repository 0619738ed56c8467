from . import ecom_posting
from . import ecom_posting_revaluation
from . import ecom_poster
from . import ecom_post_opening
from . import ecom_post_difference
from . import ecom_reverser
from . import ecom_revaluer
