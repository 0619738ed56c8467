# One package for each stage. Odoo's own test runner looks for the modules here.
from .receipt import (
    test_movements,
    test_delivery_notices,
    test_receipts,
    test_receipt_views,
    test_purchase_basis,
    test_open_goods,
    test_clearing,
    test_kits,
)
from .invoice import test_intake, test_intake_ways, test_intake_codes
from .threeway import (
    test_threeway_arrival,
    test_threeway_bills,
    test_threeway_contract,
    test_threeway_hostile,
    test_threeway_limits,
    test_threeway_payment,
    test_threeway_people,
    test_threeway_release,
)
from .accrual import test_accrual, test_accrual_random
from .terms import (
    test_amendments,
    test_claims,
    test_contracts,
    test_line_terms,
    test_rebates,
    test_rebate_oracle,
    test_rebates_booked,
    test_rebates_follow,
    test_rebates_posted,
)
from .statement import (
    test_statement,
    test_statement_changes,
    test_statement_compare,
    test_statement_disputes,
    test_statement_oracle,
    test_statement_origins,
    test_statement_paid,
    test_statement_print,
    test_statement_races,
    test_statement_settled,
)
from .portal import test_portal, test_portal_hostile, test_portal_kin
from .ways_in import (
    test_settle_api,
    test_supplier_month,
    test_supplier_access,
    test_supplier_invariants,
    test_access_sweep,
    test_supplier_overview,
    test_supplier_pages,
    test_hostile_calls,
    test_print,
    test_groups,
)
