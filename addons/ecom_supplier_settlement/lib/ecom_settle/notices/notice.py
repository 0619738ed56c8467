"""Receipt stage: what a delivery note or receipt report says, whoever sent it and in whatever form."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from ..problem import Problem

Kind = Literal["ship", "receipt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLine:
    """One product of a notice in the sender's words; of the quantity, `damaged` arrived damaged."""

    row: int
    sku: str
    quantity: Decimal
    order_no: str = ""
    title: str = ""
    unit: str = ""
    lot: str = ""
    damaged: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A delivery note (`ship`, shipped on `day`) or a receipt report (`receipt`, arrived on `day`)."""

    kind: Kind
    number: str
    day: date
    lines: tuple[NoticeLine, ...]
    supplier: str = ""
    warehouse: str = ""
    expected_day: date | None = None
    carrier: str = ""
    tracking_no: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of what is said; the same whether it came by file or by interface, and in any order."""
        facts = asdict(self)
        lines = sorted(
            json.dumps({name: _shown(line[name]) for name in line if name != "row"}, sort_keys=True)
            for line in facts.pop("lines")
        )
        head = {name: _shown(facts[name]) for name in facts}
        return hashlib.sha256(json.dumps([head, lines], sort_keys=True).encode()).hexdigest()


def _shown(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return "" if value is None else str(value)


def checked(notices: list[Notice]) -> list[Problem]:
    """What is wrong with notices although every cell could be read."""
    found = []
    seen: dict[tuple[str, str, str], Notice] = {}
    for notice in notices:
        first = notice.lines[0].row if notice.lines else 0
        owner = notice.supplier if notice.kind == "ship" else notice.warehouse
        if seen.setdefault((notice.kind, owner, notice.number), notice) is not notice:
            found.append(Problem(first, "number", notice.number, "number_twice"))
        if notice.expected_day and notice.expected_day < notice.day:
            found.append(Problem(first, "expected_day", str(notice.expected_day), "expected_before_shipped"))
        for line in notice.lines:
            if line.quantity < 0:
                found.append(Problem(line.row, "quantity", _shown(line.quantity), "negative_quantity"))
            elif not 0 <= line.damaged <= line.quantity:
                found.append(Problem(line.row, "damaged", _shown(line.damaged), "damaged_more_than_arrived"))
        if not any(line.quantity for line in notice.lines):
            found.append(Problem(first, "quantity", notice.number, "nothing_in_it"))
    return found
