from . import ecom_document_link
from . import ecom_statement_source
from . import ecom_supplier_overview
