from . import test_setup
from . import test_bills
from . import test_orders
