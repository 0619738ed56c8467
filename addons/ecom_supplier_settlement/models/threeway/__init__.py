from . import ecom_threeway_policy
from . import ecom_price_agreement
from . import ecom_threeway_result
from . import ecom_threeway_facts
from . import ecom_threeway_matcher
from . import ecom_threeway_task
