"""What is wrong with a file or message of a supplier or warehouse, cell by cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

MAX_PROBLEMS = 100
MAX_TEXT = 80


class Problem(NamedTuple):
    """One reason why a document is not accepted; row 0 means all of it."""

    row: int
    column: str
    text: str
    reason: str


class DocumentError(Exception):
    """A document cannot be used; carries every problem found, up to a limit."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)[:MAX_PROBLEMS]
        super().__init__(", ".join(sorted({problem.reason for problem in self.problems})))


def shown(text: object) -> str:
    """Text as it may be shown: one line, at most 80 characters, nothing invisible."""
    plain = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(text))
    return plain if len(plain) <= MAX_TEXT else plain[: MAX_TEXT - 1] + "\N{HORIZONTAL ELLIPSIS}"


def titled(problems: Iterable[Problem], titles: Mapping[str, str]) -> list[Problem]:
    """The problems with their columns by the titles of the file."""
    return [item._replace(column=titles.get(item.column, item.column)) for item in problems]
