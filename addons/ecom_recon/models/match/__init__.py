from . import ecom_run
from . import ecom_match
from . import ecom_tally
from . import ecom_lag
from . import ecom_match_facts
from . import ecom_awaited
from . import ecom_matcher
