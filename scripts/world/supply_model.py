"""The nouns of a month with suppliers: goods, orders, receipts, returns, bills, payments and terms.

Money is an int of minor units of its currency, quantities are whole pieces. Every amount is a plain positive
purchase amount, without tax unless it says so; a credit note says that it is one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


def half_up(numerator: int, denominator: int) -> int:
    """A fraction as a whole number, halves away from zero."""
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -size if numerator < 0 else size


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """What one supplier sells; `theirs` is the code on its own papers."""

    code: str
    theirs: str
    name: str
    price: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplier:
    """`papers` is how it bills: `einvoice` (XML) or `list` (CSV)."""

    key: str
    name: str
    ref: str
    vat: str
    currency: str
    tax_percent: int
    papers: str
    warehouse: str
    goods: tuple[Good, ...]
    lang: str = "en_US"


@dataclass(frozen=True, slots=True, kw_only=True)
class Warehouse:
    """`code` empty: the company's first one. `report` is the layout of its receipt reports."""

    key: str
    code: str
    name: str
    kind: str
    report: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    good: Good
    quantity: int
    price: int


@dataclass(slots=True, kw_only=True)
class Order:
    number: str
    supplier: Supplier
    warehouse: Warehouse
    day: date
    due: date
    lines: list[OrderLine]
    role: str


@dataclass(slots=True, kw_only=True)
class Receipt:
    """Goods that arrived, or with `back` went back; `pieces` per line of the order."""

    order: Order
    day: date
    pieces: list[int]
    back: bool = False
    report: str = ""
    """Number of the warehouse's report that says so; empty: a person receives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """`position` is the line of the order; None: nobody ordered it. `good` is what the bill names."""

    good: Good | None
    name: str
    quantity: int
    amount: int
    tax: int
    order: Order | None = None
    position: int | None = None


@dataclass(slots=True, kw_only=True)
class Bill:
    """`typed` bills are entered by a person, others come as files. `fault` is what was planted."""

    number: str
    supplier: Supplier
    day: date
    currency: str
    lines: list[BillLine]
    fault: str = ""
    refund: bool = False
    typed: bool = False

    @property
    def net(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def total(self) -> int:
        return self.net + sum(line.tax for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """All of one bill, on one day. `refused`: the bill is blocked, so nothing may be paid."""

    bill: Bill
    day: date
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One agreed rule; `values` are fields of the product, `tiers` are (start, value) in whole units."""

    name: str
    kind: str
    values: dict[str, object] = field(default_factory=dict)
    tiers: tuple[tuple[str, str], ...] = ()
    goods: tuple[Good, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    number: str
    supplier: Supplier
    clauses: tuple[Clause, ...]
