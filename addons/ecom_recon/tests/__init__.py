# One package for each stage. Odoo's own test runner looks for the modules here.
from . import test_flow
from . import test_flow_flat
from . import test_setup_ledger
from .match import test_match, test_match_certain, test_jobs
from .explain import test_explain, test_explain_resolve, test_explain_access
from .post import (
    test_post,
    test_post_modes,
    test_post_days,
    test_post_currency,
    test_post_trace,
    test_post_undo,
    test_post_races,
    test_post_revalue,
    test_post_revalue_ways,
)
from . import test_report_invariants
from . import test_documents_balance
from . import test_access
from . import test_api
