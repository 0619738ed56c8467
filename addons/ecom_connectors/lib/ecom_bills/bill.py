"""What the reading stage hands over: contexts in, bills with lines and problems out.

Amounts are integers in minor units of the account's currency, seen from our company: positive comes in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import pandas as pd

MAX_PROBLEMS = 1000
MAX_TEXT = 80

LINE_COLUMNS: tuple[str, ...] = (
    "row",
    "part",
    "key",
    "line_ref",
    "order_ref",
    "sub_order_ref",
    "transaction_ref",
    "refund_ref",
    "payout_ref",
    "sku",
    "word",
    "category",
    "booked_at",
    "day",
    "amount",
    "balance",
    "memo",
)

LINE_TYPES: dict[str, str] = dict.fromkeys(LINE_COLUMNS, "object") | {
    "row": "int32",
    "booked_at": "datetime64[s]",
    "day": "datetime64[s]",
    "amount": "int64",
    "balance": "Int64",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What we know of the account before its bill is read."""

    currency: str
    digits: int
    timezone: str
    platform: str = ""
    merchant: str = ""
    kinds: tuple[str, ...] = ()
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class Problem(NamedTuple):
    """One reason why a bill is not accepted; row 0 means the whole file."""

    row: int
    column: str
    text: str
    reason: str


class Control(NamedTuple):
    """A figure the platform declares, beside the same figure counted from its lines."""

    name: str
    declared: int
    counted: int


class Unknown(NamedTuple):
    """A platform word nobody has given a category yet: first row, number of lines, their sum."""

    word: str
    row: int
    lines: int
    amount: int


class RefusedError(Exception):
    """A file or member cannot be read; carries every problem found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(", ".join(sorted({problem.reason for problem in self.problems})))


def problem(reason: str, text: str = "", row: int = 0, column: str = "") -> Problem:
    """A problem whose text is short and safe to show."""
    return Problem(int(row), column[:MAX_TEXT], shown(text), reason)


def shown(text: object) -> str:
    """Text as it may be shown: one line, at most 80 characters, nothing invisible."""
    plain = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(text))
    return plain if len(plain) <= MAX_TEXT else plain[: MAX_TEXT - 1] + "\N{HORIZONTAL ELLIPSIS}"


def capped(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """All problems in order of rows, but never more than MAX_PROBLEMS; the last one counts the rest."""
    found = sorted(dict.fromkeys(problems), key=lambda item: (item.row, item.reason, item.column))
    if len(found) <= MAX_PROBLEMS:
        return tuple(found)
    rest = len(found) - MAX_PROBLEMS
    return (*found[:MAX_PROBLEMS], Problem(0, "", f"+{rest}", "limit_exceeded"))


def no_lines() -> pd.DataFrame:
    """A LINE frame without rows, with the right columns and types."""
    frame: pd.DataFrame = pd.DataFrame({name: pd.Series(dtype=LINE_TYPES[name]) for name in LINE_COLUMNS})
    return frame


@dataclass(slots=True, kw_only=True)
class Bill:
    """One bill as read from one member of a file."""

    member: str
    layout: str = ""
    platform: str = ""
    kind: str = ""
    state: str = "refused"
    currency: str = ""
    merchant: str = ""
    date_from: datetime | None = None
    date_to: datetime | None = None
    rows: int = 0
    lines: pd.DataFrame = field(default_factory=no_lines, repr=False)
    sum: int = 0
    opening: int | None = None
    closing: int | None = None
    control: int | None = None
    controls: tuple[Control, ...] = ()
    proven: bool = False
    unknown: tuple[Unknown, ...] = ()
    problems: tuple[Problem, ...] = ()
    by_category: dict[str, int] = field(default_factory=dict)

    def meta(self) -> dict[str, Any]:
        """Everything but the lines, ready for JSON."""
        facts: dict[str, Any] = {
            name: getattr(self, name)
            for name in (
                "member layout platform kind state currency merchant rows sum opening closing control proven"
            ).split()
        }
        facts["date_from"] = self.date_from and self.date_from.isoformat()
        facts["date_to"] = self.date_to and self.date_to.isoformat()
        facts["controls"] = [item._asdict() for item in self.controls]
        facts["unknown"] = [item._asdict() for item in self.unknown]
        facts["problems"] = [item._asdict() for item in self.problems]
        facts["by_category"] = dict(self.by_category)
        facts["lines"] = len(self.lines)
        return facts
