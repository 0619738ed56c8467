from . import ecom_invoice_guard
from . import ecom_invoice_hands
from . import ecom_invoice_intake
from . import ecom_invoice_linker
