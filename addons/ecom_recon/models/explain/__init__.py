from . import ecom_exception
from . import ecom_explainer
