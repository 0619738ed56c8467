from . import ecom_invoice_intake
from . import ecom_invoice_intake_read
from . import ecom_invoice_linker
from . import ecom_invoice_linker_draft
from . import ecom_invoice_codes
