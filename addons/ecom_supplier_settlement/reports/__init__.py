from . import rebate_pdf
from . import statement_document
from . import statement_pdf
from . import statement_xlsx
