"""Helpers of the tests of matching: orders and fee rules as frames, in a few words."""

import pandas as pd

from ecom_reconcile import FEE_COLUMNS, ORDER_COLUMNS, Tolerance, decide
from ecom_reconcile.tolerance import PERCENT

# An order over 100.00, paid once and exactly; the shop keeps refunds, and nothing may still come.
ORDER = dict.fromkeys(ORDER_COLUMNS, 0) | {
    **{"how": "order", "same_currency": True, "checks_refunds": True, "largest_excess": False},
    **{"payment_waits": False, "refund_waits": False},
    **{"order_total": 10_000, "expected": 10_000, "received": 10_000, "payments": 1},
}
NOTHING_YET = {"received": 0, "payments": 0}
CENT = Tolerance(lower_amount=1, upper_amount=1)
LEGS = ("order", "received", "refund", "fee")


def orders(*changes):
    return pd.DataFrame([ORDER | change for change in changes])


def rules(*rows):
    """Fee rules; a row says what differs from: 6 % of the first order, charged exactly."""
    plain = {
        "position": 0,
        "fee": -600,
        "rate": 6 * PERCENT,
        "fixed": 0,
        "minimum": -1,
        "maximum": -1,
        "waits": False,
    }
    return pd.DataFrame([plain | row for row in rows], columns=list(FEE_COLUMNS))


def judged(order, fees=(), tolerance=None, fee_tolerance=None):
    return decide(orders(order), rules(*fees), tolerance or Tolerance(), fee_tolerance or Tolerance()).iloc[0]


def legs(verdict):
    return " ".join(verdict[f"state_{leg}"] for leg in LEGS)
