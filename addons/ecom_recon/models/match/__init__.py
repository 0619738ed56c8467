from . import ecom_run
from . import ecom_match
from . import ecom_tally
from . import ecom_matcher
from . import ecom_matcher_facts
from . import ecom_matcher_store
