from . import statement_fonts
from . import statement_pdf
from . import statement_xlsx
