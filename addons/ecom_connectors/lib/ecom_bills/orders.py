"""Reads orders and refunds: a plain template or a platform's own export.

Two frames for orders, one row per order and one per line, and one for refunds. Every value is text: ids as
they are, amounts as exact decimals in major units ("" = the file does not say), moments as naive LOCAL
`YYYY-MM-DD HH:MM:SS` ("" = not yet), because the shop's time zone is applied when the orders are stored.

ORDER_COLUMNS: `row` of its first line in the file; `shop` as the file names it ("" in platform exports of one
shop); `payment_ref`, the number of the payment (Alipay's for Taobao); `status`, the platform's own words;
`freight` paid by the buyer; `shop_discount` borne by us; `platform_subsidy` paid to us by platform or
influencer; `buyer_paid`; `receivable`, what the platform owes us before its fees. ORDER_LINE_COLUMNS:
`line_total` at list price, before the shop's discount, unless the export gives net prices only (Taobao).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from .bill import Context, Problem, RefusedError, capped
from .columns import read_columns
from .files.containers import Member, unpack
from .layout import Problems
from .order_draft import (
    ORDER_COLUMNS,
    ORDER_LINE_COLUMNS,
    REFUND_COLUMNS,
    Draft,
    digits_of,
    frame_of,
    refund_frame,
    spread_currency,
)
from .order_layouts import (
    ORDER_LAYOUTS,
    REFUND_LAYOUTS,
    OrderLayout,
)
from .reader import label, open_member

__all__ = [
    "ORDER_COLUMNS",
    "ORDER_LINE_COLUMNS",
    "REFUND_COLUMNS",
    "OrderFile",
    "read_orders",
    "read_refunds",
]


@dataclass(slots=True, kw_only=True)
class OrderFile:
    """What one file of orders or refunds says; the frames are empty unless its state is "read"."""

    member: str
    layout: str = ""
    platform: str = ""
    state: str = "refused"
    rows: int = 0
    problems: tuple[Problem, ...] = ()
    orders: pd.DataFrame = field(default_factory=lambda: frame_of(ORDER_COLUMNS, {}), repr=False)
    lines: pd.DataFrame = field(default_factory=lambda: frame_of(ORDER_LINE_COLUMNS, {}), repr=False)
    refunds: pd.DataFrame = field(default_factory=lambda: frame_of(REFUND_COLUMNS, {}), repr=False)

    def meta(self) -> dict[str, Any]:
        """Everything but the frames, ready for JSON."""
        return {
            "member": self.member,
            "layout": self.layout,
            "platform": self.platform,
            "state": self.state,
            "rows": self.rows,
            "orders": len(self.orders),
            "lines": len(self.lines),
            "refunds": len(self.refunds),
            "problems": [item._asdict() for item in self.problems],
        }

    def frames(self) -> dict[str, Any]:
        """The frames, ready for JSON: name -> columns and rows."""
        frames = {"orders": self.orders, "lines": self.lines, "refunds": self.refunds}
        return {
            name: {"columns": list(frame.columns), "rows": frame.to_numpy().tolist()}
            for name, frame in frames.items()
        }


def read_orders(content: bytes, name: str, context: Context) -> OrderFile:
    """The orders of a file."""
    return _read(content, name, context, ORDER_LAYOUTS)


def read_refunds(content: bytes, name: str, context: Context) -> OrderFile:
    """The refunds of a file."""
    return _read(content, name, context, REFUND_LAYOUTS)


def _read(content: bytes, name: str, context: Context, layouts: Sequence[OrderLayout]) -> OrderFile:
    file = OrderFile(member=name)
    try:
        members = unpack(content, name)
        if len(members) > 1:
            raise RefusedError([Problem(0, "", ", ".join(map(label, members))[:80], "two_bills")])
        file.member = label(members[0])
        _fill(file, members[0], context, layouts)
    except RefusedError as refused:
        file.problems = capped(refused.problems)
        only_sums = {item.reason for item in file.problems} == {"amounts_differ"}
        file.state = "inconsistent" if only_sums else "refused"
    return file


def _fill(file: OrderFile, member: Member, context: Context, layouts: Sequence[OrderLayout]) -> None:
    table = open_member(member, [item.layout for item in layouts])
    known = next(item for item in layouts if item.layout is table.layout)
    file.layout, file.platform, file.rows = known.layout.name, known.layout.platform, len(table.rows)
    problems = Problems(found=list(table.problems))
    cells = read_columns(table, context, problems)
    _refuse(problems)
    if not len(cells):
        raise RefusedError([Problem(table.header, "", known.layout.name, "no_rows")])
    spread_currency(cells)
    digits = digits_of(cells, known, context, problems)
    if known.layout.kind == "refunds":
        refunds = refund_frame(cells, digits, problems)
        _refuse(problems)
        file.refunds = refunds
    else:
        draft = Draft(cells, known, digits, problems)
        orders, lines = draft.orders(), draft.lines()
        _refuse(problems)
        file.orders, file.lines = orders, lines
    file.state = "read"


def _refuse(problems: Problems) -> None:
    if problems.found:
        raise RefusedError(problems.all())
