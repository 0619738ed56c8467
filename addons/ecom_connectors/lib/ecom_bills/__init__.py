"""Reading stage: the bytes of a bill become canonical lines, exactly or not at all."""

from .bill import LINE_COLUMNS, Bill, Context, Control, Problem, RefusedError, Unknown
from .categories import CATEGORIES
from .copying import to_copy
from .reader import raw_row, read_bills, vocabulary

__all__ = [
    "CATEGORIES",
    "LINE_COLUMNS",
    "Bill",
    "Context",
    "Control",
    "Problem",
    "RefusedError",
    "Unknown",
    "raw_row",
    "read_bills",
    "to_copy",
    "vocabulary",
]
