from . import test_bills
from . import test_orders
from . import test_shops
