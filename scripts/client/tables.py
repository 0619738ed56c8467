"""Aligned tables for a terminal, where Chinese characters are two columns wide."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    title: str = ""
    right: bool = False

    @property
    def head(self) -> str:
        return self.title or self.key.replace("_", " ")


def left(*keys: str) -> list[Column]:
    return [Column(key) for key in keys]


def right(*keys: str) -> list[Column]:
    """Columns of numbers and amounts."""
    return [Column(key, right=True) for key in keys]


def width(text: str) -> int:
    """So many terminal columns a text takes."""
    return sum(map(_width, text))


def _width(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cell(value: Any) -> str:
    """A value on one line: nothing for None, counts as `name number`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {cell(number)}" for key, number in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(cell, value))
    return " ".join(str(value).split())


def table(columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], empty: str = "nothing") -> str:
    """The rows below their titles; without rows the word for that."""
    body = [[cell(row.get(column.key)) for column in columns] for row in rows]
    if not body:
        return f"({empty})\n"
    lines = [[column.head for column in columns], *body]
    widths = [max(width(line[number]) for line in lines) for number in range(len(columns))]
    lines.insert(1, ["-" * wide for wide in widths])
    return "".join(_line(columns, line, widths) for line in lines)


def _line(columns: Sequence[Column], cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = []
    for column, text, wide in zip(columns, cells, widths, strict=True):
        space = " " * (wide - width(text))
        padded.append(space + text if column.right else text + space)
    return "  ".join(padded).rstrip() + "\n"
