from . import test_groups
from . import test_purchase_basis
from . import test_contracts
from . import test_statement
from . import test_intake
from . import test_statement_settled
from . import test_delivery_notices
from . import test_match_bills
