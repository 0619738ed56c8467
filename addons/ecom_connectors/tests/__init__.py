from . import test_setup
from . import test_bills
from . import test_bills_races
from . import test_bills_chain
from . import test_orders
from . import test_kernel
