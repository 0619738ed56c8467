from . import ecom_account
from . import ecom_posting
from . import ecom_poster
from . import ecom_poster_entry
from . import ecom_poster_balance
from . import ecom_poster_undo
from . import ecom_revaluation
from . import ecom_poster_revalue
