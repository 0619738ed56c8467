"""One verdict per order: four legs, the rule that fits, the exception if none does.

The input is one row per order (or per batch of orders paid together) with the sums of all its bill
lines beside what the order says. The function is pure: same rows, same verdicts, in any order.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from .fees import bands
from .tolerance import Tolerance

Bools = npt.NDArray[np.bool_]

# Raised when a rule decides otherwise than before; stored with every verdict.
VERSION = 2

RULES = {
    "reference_and_amount": "The reference is the order's and every leg is exact.",
    "reference_net": "Received less refunds is exact: the refund was kept back before settlement.",
    "reference_within_tolerance": "The reference is the order's and every leg is within tolerance.",
    "payment_reference": "The payment number is the order's.",
    "payment_batch": "One payment for several orders adds up to their sum.",
    "refund_reference": "The refund number is the order's.",
    "sub_order_reference": "The sub-order number is the order's.",
    "manual": "A person linked it.",
    "accepted": "A person accepted the difference.",
    "no_order_needed": "The movement needs no order.",
    "fee_alone": "A fee of an order that is not here.",
    "clearing": "Settlement and fund flow say the same of one transaction.",
}

# How the tallies of a row found their order; the name of the rule when every leg is exact.
HOW = {
    "manual": "manual",
    "order": "reference_and_amount",
    "payment": "payment_reference",
    "batch": "payment_batch",
    "refund": "refund_reference",
    "sub_order": "sub_order_reference",
}

ORDER_COLUMNS = (
    "how",  # key of HOW
    "same_currency",  # bool: all orders and bills of the row are in one currency
    "order_total",  # what Odoo's orders say, minor units
    "expected",  # what the platform owes for them
    "recorded",  # refunds that were granted, >= 0
    "checks_refunds",  # bool: the shop keeps refunds, so the leg can be compared
    "received",  # receivable and tax lines
    "refunded",  # refund lines, <= 0
    "subsidy_back",  # subsidies the platform took back, <= 0
    "fee",  # fee lines, <= 0 normally
    "payments",  # number of receivable lines
    "refunds",  # number of refund lines
    "largest_excess",  # bool: one payment equals what was received too much
    "payment_waits",  # bool: the first payment may still come
    "refund_waits",  # bool: the granted refund may still come
)

LEGS = ("order", "received", "refund", "fee")

FEE_COLUMNS = ("position", "fee", "rate", "fixed", "minimum", "maximum", "waits")

FINE = ("exact", "tolerance", "net", "unchecked", "none")


def decide(
    orders: pd.DataFrame, fees: pd.DataFrame, tolerance: Tolerance, fee_tolerance: Tolerance
) -> pd.DataFrame:
    """Compare the four legs of every row.

    :param orders: columns ORDER_COLUMNS, and `accepted_<leg>` where a person has accepted a difference
    :param fees: FEE_COLUMNS; `position` is the row of `orders`, one row per order and fee rule
    :param tolerance: of money received and refunds
    :param fee_tolerance: of fees
    :return: one row per order, same index: `state_order`, `state_received`, `state_refund`,
        `state_fee`, `variance_order`, `variance_received`, `variance_refund`, `variance_fee`,
        `state`, `rule`, `exception` ("" = none), `exception_amount`
    """
    verdict = pd.DataFrame(index=orders.index)
    verdict["variance_order"] = orders["expected"] - orders["order_total"]
    verdict["variance_received"] = orders["received"] - orders["expected"]
    verdict["variance_refund"] = orders["refunded"] + orders["recorded"]
    verdict["state_order"] = np.where(verdict["variance_order"] == 0, "exact", "mismatch")
    _received_leg(orders, verdict, tolerance)
    _refund_leg(orders, verdict, tolerance)
    _fee_leg(orders, verdict, fees, fee_tolerance)
    accepted = _accept(orders, verdict)
    _name_exceptions(orders, verdict)
    _conclude(orders, verdict, accepted)
    return verdict


def _accept(orders: pd.DataFrame, verdict: pd.DataFrame) -> "pd.Series[bool]":
    """A difference that a person has accepted, to the last minor unit, is within tolerance: that leg only."""
    accepted = pd.Series(False, index=orders.index)
    for leg in LEGS:
        if f"accepted_{leg}" in orders:
            same = orders[f"accepted_{leg}"] == verdict[f"variance_{leg}"]
            hit = same & (verdict[f"state_{leg}"] == "mismatch")
            verdict.loc[hit, f"state_{leg}"] = "tolerance"
            accepted |= hit
    return accepted


def _received_leg(orders: pd.DataFrame, verdict: pd.DataFrame, tolerance: Tolerance) -> None:
    variance = verdict["variance_received"].to_numpy(dtype=np.int64)
    inside = tolerance.inside(variance, orders["expected"].to_numpy(dtype=np.int64))
    kept_back = (
        (orders["refunded"] == 0)
        & (orders["recorded"] > 0)
        & (orders["received"] == orders["expected"] - orders["recorded"])
        & (orders["payments"] > 0)
    )
    nothing_yet = (orders["payments"] == 0) & (orders["expected"] - orders["recorded"] > 0)
    verdict["state_received"] = np.select(
        [variance == 0, kept_back, nothing_yet, inside], ["exact", "net", "waiting", "tolerance"], "mismatch"
    )
    # Money in another currency is nobody's exact amount.
    verdict.loc[~orders["same_currency"].astype(bool), "state_received"] = "mismatch"
    # Taken back before it was ever paid: there is nothing to receive, and nothing came, not even tax.
    never = (orders["payments"] == 0) & (orders["received"] == 0) & (orders["expected"] == orders["recorded"])
    verdict.loc[never, "state_received"] = "none"


def _refund_leg(orders: pd.DataFrame, verdict: pd.DataFrame, tolerance: Tolerance) -> None:
    variance = verdict["variance_refund"].to_numpy(dtype=np.int64)
    recorded = orders["recorded"].to_numpy(dtype=np.int64)
    with_subsidy = variance + orders["subsidy_back"].to_numpy(dtype=np.int64)
    kept_back = (verdict["state_received"] == "net") | (
        (verdict["state_received"] == "none") & (orders["refunded"] == 0)
    )
    none = (orders["refunded"] == 0) & (recorded == 0)
    missing = (orders["refunded"] == 0) & (recorded > 0)
    verdict["state_refund"] = np.select(
        [
            kept_back,
            none,
            ~orders["checks_refunds"].to_numpy(dtype=bool),
            (variance == 0) | (with_subsidy == 0),
            missing & orders["refund_waits"].to_numpy(dtype=bool),
            tolerance.inside(variance, -recorded),
        ],
        ["net", "none", "unchecked", "exact", "waiting", "tolerance"],
        "mismatch",
    )


def _fee_leg(orders: pd.DataFrame, verdict: pd.DataFrame, fees: pd.DataFrame, tolerance: Tolerance) -> None:
    """The fee of every rule must lie in its band; without a rule only a fee that we are paid is odd."""
    verdict["variance_fee"] = 0
    odd = (orders["fee"] > 0) & (orders["refunded"] == 0)
    verdict["state_fee"] = np.where(odd, "mismatch", "unchecked")
    verdict.loc[odd, "variance_fee"] = orders["fee"]
    if fees.empty:
        return
    base = orders.iloc[fees["position"].to_numpy()]
    table = fees.assign(
        expected=base["expected"].to_numpy(),
        received=base["received"].to_numpy(),
        refunded=(base["refunded"] + base["subsidy_back"]).to_numpy(),
    )
    low, high = bands(table)
    fee = table["fee"].to_numpy(dtype=np.int64)
    variance = np.where(fee < low, fee - low, np.where(fee > high, fee - high, 0)).astype(np.int64)
    outside = ~tolerance.inside(variance, np.where(variance < 0, low, high).astype(np.int64))
    # A fee that has not come at all may come with a later bill.
    waits = (fee == 0) & table["waits"].to_numpy(dtype=bool)
    seen = pd.DataFrame(
        {
            "position": table["position"].to_numpy(),
            "variance": np.where(outside & ~waits, variance, 0),
            "bad": outside & ~waits,
            "waits": outside & waits,
        }
    )
    per_order = seen.groupby("position").agg({"variance": "sum", "bad": "any", "waits": "any"})
    rows = verdict.index[per_order.index.to_numpy()]
    state = np.select([per_order["bad"], per_order["waits"]], ["mismatch", "waiting"], "exact")
    verdict.loc[rows, "state_fee"] = state
    verdict.loc[rows, "variance_fee"] = per_order["variance"].to_numpy()


def _name_exceptions(orders: pd.DataFrame, verdict: pd.DataFrame) -> None:
    """One cause, one exception: the first of these that holds."""
    received, refund = verdict["state_received"], verdict["state_refund"]
    excess = verdict["variance_received"] > 0
    # More went back than ever came or could come.
    ceiling = np.maximum(orders["received"], orders["expected"])
    too_much = (
        (-orders["refunded"] > ceiling) & ~refund.isin(["exact", "tolerance"]) & (orders["refunds"] > 0)
    )
    checks: list[tuple[str, pd.Series, pd.Series]] = [
        ("currency_mismatch", ~orders["same_currency"].astype(bool), orders["received"] + orders["refunded"]),
        (
            "duplicate_payment",
            (received == "mismatch")
            & excess
            & orders["largest_excess"].astype(bool)
            & (orders["payments"] > 1),
            verdict["variance_received"],
        ),
        ("refund_exceeds_order", too_much, orders["refunded"] + ceiling),
        ("amount_mismatch", received == "mismatch", verdict["variance_received"]),
        (
            "missing_bill",
            (received == "waiting") & ~orders["payment_waits"].astype(bool),
            verdict["variance_received"],
        ),
        (
            "missing_bill",
            (refund == "mismatch") & (orders["refunded"] == 0),
            verdict["variance_refund"],
        ),
        ("amount_mismatch", refund == "mismatch", verdict["variance_refund"]),
        ("amount_mismatch", verdict["state_order"] == "mismatch", verdict["variance_order"]),
        ("fee_out_of_band", verdict["state_fee"] == "mismatch", verdict["variance_fee"]),
    ]
    conditions = [condition.to_numpy(dtype=bool) for _name, condition, _amount in checks]
    verdict["exception"] = np.select(conditions, [name for name, _condition, _amount in checks], "")
    verdict["exception_amount"] = np.select(
        conditions, [amount.to_numpy(dtype=np.int64) for _name, _condition, amount in checks], 0
    )


def _conclude(orders: pd.DataFrame, verdict: pd.DataFrame, accepted: "pd.Series[bool]") -> None:
    """State and rule of the whole from the states of its legs."""
    legs = verdict[["state_order", "state_received", "state_refund", "state_fee"]]
    waiting = (legs == "waiting").any(axis=1)
    small = (legs == "tolerance").any(axis=1)
    net = (legs == "net").any(axis=1)
    failed = verdict["exception"] != ""
    verdict["state"] = np.select([failed, waiting, small], ["exception", "timing", "tolerance"], "matched")
    exact = orders["how"].map(HOW).to_numpy(dtype=object)
    verdict["rule"] = np.select(
        [failed | waiting, accepted, small, net],
        ["", "accepted", "reference_within_tolerance", "reference_net"],
        exact,
    )
