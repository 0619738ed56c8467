"""Money without Odoo, for every stage: parts of an amount, and postings that balance.

Amounts are int minor units of one currency.
"""

from .postings import ImbalanceError, Posting, balanced, convert
from .split import split, split_decimal

__all__ = ["ImbalanceError", "Posting", "balanced", "convert", "split", "split_decimal"]
