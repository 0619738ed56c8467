"""Invoice stage: whether an invoice line is what was ordered, received and agreed, or how far it is off.

Three-way match: the quantity invoiced against what was received (or ordered) and not invoiced yet, and
against the whole order; the price against the one valid at the order date; the product against the
order; what one line, all charges of an invoice and all invoices of an order may cost. Tax stays out. Only
limits decide; every difference is given, inside them or not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

# Raise it when the same facts and terms may give another verdict.
VERSION = 2

# Scales of the whole numbers in the frame.
QUANTITY = 10**6
PRICE = 10**8
RATE = 10**12

INSIDE, WARN, BLOCK = 0, 1, 2
VERDICTS = ("inside", "warn", "block")
# In the order they are shown.
REASONS = (
    "wrong_item",
    "wrong_supplier",
    "not_linked",
    "unit_unknown",
    "no_order",
    "line_over",
    "charges_over",
    "charge_unit_over",
    "quantity_over",
    "quantity_under",
    "ordered_over",
    "order_over",
    "price_over",
    "price_under",
    "document_over",
    "document_under",
)

LINE_COLUMNS = (
    "terms",  # position in the list of terms
    "digits",  # decimals of the invoice's currency
    "company_digits",  # decimals of the company's currency
    "refund",  # a credit note: warns, never blocks
    "has_order",  # the line names an order line
    "deducts",  # without order: it takes off a down payment
    "right_item",  # its product is the order line's, or, without one, on the orders of the invoice
    "right_supplier",  # 0: its order is of another supplier or company than the invoice
    # 0: it names no order line, but the invoice is of orders that have its product, or was of orders before
    "linked",
    "unit_known",  # its unit converts into the order's
    "follows_receipt",  # the product is invoiced on received quantities
    "quantity",  # order's unit, 1/1,000,000, less what credit notes took back
    "ordered",
    "received",  # net of returns
    "billed_before",  # on earlier invoices in any state but cancelled, less credit notes
    "price",  # of one order's unit, tax excluded, order's currency, 1/100,000,000
    "amount",  # of that quantity, tax excluded, minor units of the invoice's currency, less credits of price
    "is_charge",  # no goods and no order, on an invoice of orders: freight and the like
    # Minor units of the invoice's currency, tax excluded: all its charges, and its lines of orders.
    "charges",
    "goods",
    "goods_quantity",  # of those lines, order's units, 1/1,000,000
    # The same: what the order comes to, and all its invoices up to this one, less credit notes.
    "order_total",
    "order_billed",
    "same_currency",
    # Company units per unit of currency, 1/1,000,000,000,000: at the order and at the invoice.
    "order_rate_then",
    "order_rate_now",
    "bill_rate_then",
    "bill_rate_now",
    "booked_rate",  # as the invoice is booked; a person may have entered another than the day's
)

Objects = npt.NDArray[np.object_]  # Python's whole numbers: quantity times price outgrows 64 bits
Bools = npt.NDArray[np.bool_]
Levels = npt.NDArray[np.int64]


class Tolerance(Protocol):
    """What `ecom_reconcile.Tolerance` does; this package stands alone, so it is handed one."""

    def inside(self, variance: Any, expected: Any) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When a difference warns and when it blocks; it may pass if it is inside every tolerance.

    Without tolerances there is no limit.
    """

    warn: tuple[Tolerance, ...] = ()
    block: tuple[Tolerance, ...] = ()

    def level(self, variance: Objects, expected: Objects) -> Levels:
        """INSIDE, WARN or BLOCK of each variance (actual minus expected), in one unit."""

        def outside(tolerances: tuple[Tolerance, ...]) -> Bools:
            beyond = np.full(len(variance), False)
            for tolerance in tolerances:
                inside = tolerance.inside(variance, expected)
                beyond |= ~inside
            # Nothing is further off than what is exact.
            return cast(Bools, beyond & (variance != 0))

        return np.select([outside(self.block), outside(self.warn)], [BLOCK, WARN], INSIDE).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One version of a policy. Amounts of `quantity` are 1/1,000,000 units, or money if weighted.

    Those of `charge_unit` are 1/100,000,000 of the invoice's currency, all others its minor units.

    :param receipts: "product" follows the product's control policy, "required", "first" (invoice may
        come before the goods)
    :param weigh: quantity differences count in money, so that cheap goods may vary more
    """

    receipts: str = "product"
    weigh: bool = False
    quantity: Limits = field(default_factory=Limits)
    price: Limits = field(default_factory=Limits)
    no_order: Limits = field(default_factory=Limits)
    with_order: Limits = field(default_factory=Limits)
    charges: Limits = field(default_factory=Limits)
    charge_unit: Limits = field(default_factory=Limits)
    order: Limits = field(default_factory=Limits)
    document: Limits = field(default_factory=Limits)


def decide(lines: pd.DataFrame, terms: Sequence[Terms]) -> pd.DataFrame:
    """The verdict on each invoice line; what others say does not depend on the order of the rows.

    :param lines: LINE_COLUMNS, all int64 (flags 0 or 1); any further columns are left alone
    :param terms: what the column `terms` counts
    :return: same index; `verdict` (0 inside, 1 warns, 2 blocks), `reasons` (codes of REASONS, comma
        separated), `expected_quantity`, `variance_quantity`, `variance_ordered` (1/1,000,000 units),
        `expected_amount`, `variance_price`, `variance_rate` (minor units of the invoice's currency),
        `variance_exchange` (minor units of the company's currency)
    :raises KeyError: if a column is missing
    :raises IndexError: if a line names terms that are not there
    """
    facts = {name: lines[name].to_numpy(dtype=object) for name in LINE_COLUMNS}
    ours = facts["terms"].astype(np.int64)
    if len(ours) and not 0 <= ours.min() <= ours.max() < len(terms):
        raise IndexError("a line names terms that are not there")
    verdict = pd.DataFrame(index=lines.index)
    _quantities(facts, terms, verdict)
    _prices(facts, verdict)
    levels = {reason: np.zeros(len(lines), dtype=np.int64) for reason in REASONS}
    for position in np.unique(ours):
        rows = ours == position
        part = {name: values[rows] for name, values in facts.items()}
        for reason, level in _levels(part, verdict[rows], terms[position]).items():
            levels[reason][rows] = level
    _conclude(facts, levels, verdict)
    return verdict


def _flag(facts: dict[str, Objects], name: str) -> Bools:
    return cast(Bools, facts[name].astype(bool))


def _quantities(facts: dict[str, Objects], terms: Sequence[Terms], verdict: pd.DataFrame) -> None:
    """What may be invoiced now, and by how much this line is off."""
    habit = np.array([one.receipts for one in terms] or [""], dtype=object)[facts["terms"].astype(np.int64)]
    by_receipt = (habit == "required") | ((habit == "product") & _flag(facts, "follows_receipt"))
    basis = np.where(by_receipt, facts["received"], facts["ordered"])
    known = _flag(facts, "has_order") & _flag(facts, "unit_known")
    expected = np.where(known, basis - facts["billed_before"], facts["quantity"])
    total = facts["billed_before"] + facts["quantity"]
    verdict["expected_quantity"] = expected
    verdict["variance_quantity"] = facts["quantity"] - expected
    verdict["variance_ordered"] = np.where(known, total - facts["ordered"], 0)


def _half_up(numerator: Objects, denominator: Any) -> Objects:
    """Whole numbers, halves away from zero, as the line of an invoice is rounded."""
    size = (2 * np.abs(numerator) + denominator) // (2 * denominator)
    return cast(Objects, np.where(numerator < 0, -size, size))


def _prices(facts: dict[str, Objects], verdict: pd.DataFrame) -> None:
    """The amount that the agreed price gives; what only the rate moved is not a price difference."""
    unit = np.array([10**digits for digits in facts["digits"]], dtype=object)
    exact = facts["quantity"] * facts["price"] * unit
    scale = QUANTITY * PRICE
    same = _flag(facts, "same_currency")
    one = np.full(len(same), 1, dtype=object)
    now = (np.where(same, one, facts["order_rate_now"]), np.where(same, one, facts["bill_rate_now"]))
    then = (np.where(same, one, facts["order_rate_then"]), np.where(same, one, facts["bill_rate_then"]))
    at_bill = _half_up(exact * now[0], scale * now[1])
    at_order = _half_up(exact * then[0], scale * then[1])
    amount, known = facts["amount"], _flag(facts, "has_order") & _flag(facts, "unit_known")
    nearest = np.minimum(np.maximum(amount, np.minimum(at_bill, at_order)), np.maximum(at_bill, at_order))
    # Less than one minor unit off the unrounded amount is rounding, whoever rounded it.
    rounded = np.abs(amount * scale * now[1] - exact * now[0]) < scale * now[1]
    nearest = np.where(rounded, amount, nearest)
    expected = np.where(rounded, amount, at_bill)
    verdict["expected_amount"] = np.where(known, expected, amount)
    verdict["variance_price"] = np.where(known, amount - nearest, 0)
    verdict["variance_rate"] = np.where(known, nearest - expected, 0)
    home = np.array([10**digits for digits in facts["company_digits"]], dtype=object)
    booked = _half_up(nearest * facts["booked_rate"] * home, unit * RATE)
    planned = _half_up(exact // unit * facts["order_rate_then"] * home, scale * RATE)
    verdict["variance_exchange"] = np.where(known, booked - planned, 0)
    # Money of the company itself has no rate; what rounding leaves is no exchange difference.
    home_money = same & (facts["booked_rate"] == RATE) & (facts["order_rate_then"] == RATE)
    verdict.loc[home_money, "variance_exchange"] = 0


def _levels(facts: dict[str, Objects], verdict: pd.DataFrame, terms: Terms) -> dict[str, Levels]:
    """{reason: level of every line} by one version of one policy."""
    has_order, unit_known = _flag(facts, "has_order"), _flag(facts, "unit_known")
    known = has_order & unit_known
    variance, ordered = (
        verdict[name].to_numpy(dtype=object) for name in ("variance_quantity", "variance_ordered")
    )
    # Percent of nothing, and of less than nothing, says nothing.
    expected = np.maximum(verdict["expected_quantity"].to_numpy(dtype=object), 0)
    whole = facts["ordered"]
    if terms.weigh:
        unit = np.array([10**digits for digits in facts["digits"]], dtype=object)
        money: Callable[[Objects], Objects] = lambda it: _half_up(  # noqa: E731
            it * facts["price"] * unit, QUANTITY * PRICE
        )
        variance, ordered, expected, whole = map(money, (variance, ordered, expected, whole))
    quantity = terms.quantity.level(variance, expected)
    over_order = terms.quantity.level(np.maximum(ordered, 0), whole)
    off = verdict["variance_price"].to_numpy(dtype=object)
    price = terms.price.level(off, np.abs(verdict["expected_amount"].to_numpy(dtype=object)))
    nothing = np.zeros(len(off), dtype=object)
    size = np.abs(facts["amount"])
    without, line = terms.no_order.level(size, nothing), terms.with_order.level(size, nothing)
    charges, charge_unit = _charges(facts, terms)
    above_order = facts["order_billed"] - facts["order_total"]
    order = terms.order.level(above_order, np.maximum(facts["order_total"], 0))

    def where(condition: Bools, level: Levels | int) -> Levels:
        return np.where(condition, level, INSIDE).astype(np.int64)

    return {
        "wrong_item": where(~_flag(facts, "right_item"), BLOCK),
        "wrong_supplier": where(~_flag(facts, "right_supplier"), BLOCK),
        "not_linked": where(~_flag(facts, "linked"), BLOCK),
        "unit_unknown": where(has_order & ~unit_known, BLOCK),
        "no_order": where(~has_order & ~_flag(facts, "deducts"), without),
        "line_over": where(has_order, line),
        "charges_over": charges,
        "charge_unit_over": charge_unit,
        "quantity_over": where(known & (variance > 0), quantity),
        "quantity_under": where(known & (variance < 0), quantity),
        "ordered_over": where(known & (ordered > 0), over_order),
        "order_over": where(has_order & (above_order > 0), order),
        "price_over": where(known & (off > 0), price),
        "price_under": where(known & (off < 0), price),
    }


def _charges(facts: dict[str, Objects], terms: Terms) -> tuple[Levels, Levels]:
    """Levels of all charges of the invoice together, and of what they come to for each unit of its goods."""
    concerned = _flag(facts, "is_charge") & (facts["charges"] > 0)
    total = terms.charges.level(facts["charges"], np.maximum(facts["goods"], 0))
    unit = np.array([10**digits for digits in facts["digits"]], dtype=object)
    goods = facts["goods_quantity"] * unit
    # Rounded up: a limit is kept, not nearly kept. Without goods there is no unit to speak of.
    per_unit = -(-facts["charges"] * QUANTITY * PRICE // np.where(goods > 0, goods, 1))
    each = terms.charge_unit.level(per_unit, np.zeros(len(per_unit), dtype=object))
    return (
        np.where(concerned, total, INSIDE).astype(np.int64),
        np.where(concerned & (goods > 0), each, INSIDE).astype(np.int64),
    )


def _conclude(facts: dict[str, Objects], levels: dict[str, Levels], verdict: pd.DataFrame) -> None:
    table = np.vstack([levels[reason] for reason in REASONS])
    worst = table.max(axis=0) if table.size else np.zeros(len(verdict), dtype=np.int64)
    # Nobody is overpaid by a credit note, so it can only ask for attention.
    verdict["verdict"] = np.where(_flag(facts, "refund"), np.minimum(worst, WARN), worst)
    verdict["reasons"] = [
        ",".join(reason for reason, level in zip(REASONS, column, strict=True) if level) for column in table.T
    ]


def decide_documents(documents: pd.DataFrame, terms: Sequence[Terms]) -> pd.DataFrame:
    """Whether what an invoice adds up to is what its supplier wrote below it.

    :param documents: `terms`, `refund`, `stated` and `computed`, minor units, tax included, int64
    :return: same index; `variance_document` (computed minus stated), `verdict`, `reasons`
    """
    verdict = pd.DataFrame(index=documents.index)
    stated = documents["stated"].to_numpy(dtype=object)
    variance = documents["computed"].to_numpy(dtype=object) - stated
    ours = documents["terms"].to_numpy(dtype=np.int64)
    level = np.zeros(len(documents), dtype=np.int64)
    for position in np.unique(ours):
        rows = ours == position
        level[rows] = terms[position].document.level(variance[rows], np.abs(stated[rows]))
    verdict["variance_document"] = variance
    verdict["reasons"] = np.select(
        [(level > 0) & (variance > 0), level > 0], ["document_over", "document_under"], ""
    )
    refund = documents["refund"].to_numpy(dtype=bool)
    verdict["verdict"] = np.where(refund, np.minimum(level, WARN), level)
    return verdict
