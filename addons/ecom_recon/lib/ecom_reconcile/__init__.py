"""Deciding without Odoo: what belongs together, what differs, and how it is posted.

Amounts in frames are int64 minor units of one currency, seen from our company.
"""

from .allocate import allocate
from .match import FEE_COLUMNS, ORDER_COLUMNS, RULES, VERSION, decide
from .revalue import Valuation
from .tolerance import Tolerance
from .voucher import ImbalanceError, Posting, balanced, convert

__all__ = [
    "FEE_COLUMNS",
    "ORDER_COLUMNS",
    "RULES",
    "VERSION",
    "ImbalanceError",
    "Posting",
    "Tolerance",
    "Valuation",
    "allocate",
    "balanced",
    "convert",
    "decide",
]
