"""Reads the rows of a supplier's own statement: amounts and days of plain text, opening, closing and lines.

A row is {"row", "date", "document", "po", "description", "amount", "debit", "credit"}, all text but the row's
number. The supplier writes from its side: debit and positive amounts are what we owe, credit is what we paid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from .compare import Entry, plain

_OPENING = frozenset(map(plain, ("期初余额", "期初", "上期余额", "上期结余", "opening balance", "opening")))
_CLOSING = frozenset(map(plain, ("期末余额", "期末", "本期余额", "本期结余", "closing balance", "closing")))
_TOTAL = frozenset(
    map(plain, ("合计", "总计", "小计", "本期合计", "本月合计", "total", "grand total", "subtotal"))
)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A cell that cannot be used: row, title of its column, its text and why."""

    row: int
    column: str
    text: str
    reason: str


class StatementError(Exception):
    """The statement cannot be used; `problems` names every bad cell."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems)
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class TheirStatement:
    """What the supplier says. Without opening or closing row they are None."""

    entries: tuple[Entry, ...]
    opening: Decimal | None
    closing: Decimal | None


def read_rows(rows: Iterable[Mapping[str, Any]], digits: int) -> TheirStatement:
    """The statement of these rows; raises StatementError with all problems.

    :param digits: decimals of the currency
    """
    problems: list[Problem] = []
    entries: list[Entry] = []
    balances: dict[str, Decimal] = {}
    total: tuple[int, Decimal] | None = None
    for row in rows:
        amount = _amount(row, digits, problems)
        words = {plain(str(row.get(name) or "")) for name in ("document", "description")} - {""}
        kind = next((kind for kind, known in _WORDS.items() if words & known), "")
        if kind == "total":
            total = (int(row["row"]), amount)
        elif kind:
            balances[kind] = amount
        else:
            entries.append(_entry(row, amount))
    found = sum((entry.amount for entry in entries), ZERO)
    if total and total[1] not in (found, found + balances.get("opening", ZERO)):
        problems.append(
            Problem(row=total[0], column="amount", text=f"{total[1]} ≠ {found}", reason="total_differs")
        )
    if problems:
        raise StatementError(problems)
    return TheirStatement(
        entries=tuple(entries), opening=balances.get("opening"), closing=balances.get("closing")
    )


_WORDS = {"opening": _OPENING, "closing": _CLOSING, "total": _TOTAL}


def _entry(row: Mapping[str, Any], amount: Decimal) -> Entry:
    day = str(row.get("date") or "")[:10]
    return Entry(
        key=str(row["row"]),
        amount=amount,
        day=date.fromisoformat(day) if day else None,
        numbers=(str(row["document"]),) if row.get("document") else (),
        orders=(str(row["po"]),) if row.get("po") else (),
    )


def _amount(row: Mapping[str, Any], digits: int, problems: list[Problem]) -> Decimal:
    """The amount of a row, or debit less credit; every row has one."""
    given = [name for name in ("amount", "debit", "credit") if row.get(name)]
    result = ZERO
    if not given:
        problems.append(Problem(row=int(row["row"]), column="amount", text="", reason="empty_required"))
    for name in given:
        text = str(row[name])
        try:
            value = Decimal(text)
        except InvalidOperation:
            problems.append(Problem(row=int(row["row"]), column=name, text=text, reason="not_an_amount"))
            continue
        if value != round(value, digits):
            problems.append(Problem(row=int(row["row"]), column=name, text=text, reason="too_many_decimals"))
        result += -value if name == "credit" else value
    return round(result, digits)
