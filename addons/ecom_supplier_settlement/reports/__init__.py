from . import settlement_fonts
from . import settlement_pdf
from . import settlement_xlsx
