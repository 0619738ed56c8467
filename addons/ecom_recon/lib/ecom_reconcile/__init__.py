"""Deciding without Odoo: what belongs together, what differs, what a balance is worth.

Amounts in frames are int64 minor units of one currency, seen from our company.
"""

from .match import FEE_COLUMNS, ORDER_COLUMNS, RULES, VERSION, decide
from .revalue import Valuation
from .tolerance import Tolerance

__all__ = [
    "FEE_COLUMNS",
    "ORDER_COLUMNS",
    "RULES",
    "VERSION",
    "Tolerance",
    "Valuation",
    "decide",
]
