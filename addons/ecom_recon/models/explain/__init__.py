from . import ecom_exception
from . import ecom_exception_resolve
from . import ecom_explainer
