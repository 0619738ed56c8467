from . import test_match
from . import test_match_certain
from . import test_exceptions
from . import test_exceptions_resolved
from . import test_exceptions_access
