from . import ir_attachment
from . import sale_order
from . import stock_picking
from . import res_partner
from . import res_currency
