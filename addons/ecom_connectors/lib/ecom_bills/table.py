"""Finds the table inside a member: encoding, header row, detail rows, trailer.

Columns are found by title, never by position, and the header may stand below a preamble. Nothing is
guessed: the layout names its encodings and the text must decode strictly. Row numbers are physical, as a
spreadsheet or `sed -n Np` shows them.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Protocol

import numpy as np

from .bill import Problem, RefusedError, problem
from .layout import Array, Layout, Table, normal

HEADER_ROWS = 40
NEARLY = 60  # percent of the titles a layout needs


class Member(Protocol):
    """What containers hand over: text as bytes, or a sheet as rows of shown texts."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def data(self) -> Any: ...
    @property
    def sheet(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Head:
    """Where a header was found and which layouts know it."""

    row: int
    titles: list[str]
    layouts: tuple[Layout, ...]


def cells_of(line: str, separator: str) -> list[str]:
    """The cells of one line of a header, preamble or trailer."""
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return line.split(separator)


def find_head(rows: Iterable[Sequence[str]], layouts: Sequence[Layout]) -> Head | None:
    """The first row whose titles a layout recognises."""
    for place, cells in enumerate(rows):
        names = [normal(cell) for cell in cells]
        known = tuple(layout for layout in layouts if layout.recognises(names))
        if known:
            return Head(place, [cell.strip().strip("\ufeff") for cell in cells], known)
    return None


def only_layout(head: Head) -> Layout:
    """The one layout that recognises a header; two are an error that names them."""
    if len(head.layouts) > 1:
        names = ", ".join(layout.name for layout in head.layouts)
        raise RefusedError([problem("two_layouts", names, head.row + 1)])
    return head.layouts[0]


def nobody_knows(rows: Sequence[Sequence[str]], layouts: Sequence[Layout]) -> RefusedError:
    """Why no header was found: the titles that nearly fit a layout and lack some, or all titles found."""
    best: tuple[int, int, Layout | None] = (0, 0, None)
    for place, cells in enumerate(rows):
        names = [normal(cell) for cell in cells]
        for layout in layouts:
            needed = sum(column.required for column in layout.columns)
            share = 100 * (needed - len(layout.missing(names))) // needed
            if share > best[0]:
                best = (share, place, layout)
    share, place, nearest = best
    if nearest is not None and share >= NEARLY:
        missing = nearest.missing([normal(cell) for cell in rows[place]])
        if not missing:
            return RefusedError([problem("other_form", nearest.name, place + 1)])
        return RefusedError(
            problem("missing_title", f"{nearest.name}: {title}", place + 1, title) for title in missing
        )
    widest = max(rows, key=lambda cells: sum(bool(cell.strip()) for cell in cells), default=[])
    found = [cell.strip() for cell in widest if cell.strip()]
    return RefusedError([problem("unknown_layout", " · ".join(found))])


def title_problems(titles: Sequence[str], row: int) -> list[Problem]:
    """Titles that stand twice in one header."""
    names = [normal(title) for title in titles]
    return [
        problem("duplicate_title", title, row, title)
        for place, title in enumerate(titles)
        if names[place] and names[place] in names[:place]
    ]


def is_trailer(cell: str, layout: Layout) -> bool:
    """Whether a row that starts with this cell belongs to the trailer."""
    return bool(layout.trailer) and cell.strip().lstrip("\"'`").startswith(layout.trailer)


def check_trailer(table: Table) -> None:
    """Below the first trailer row only trailer rows may stand, and layouts that always have one must."""
    layout = table.layout
    for row, cells in table.trailer:
        first = next((cell for cell in cells if cell.strip()), "")
        if first and not is_trailer(cells[0], layout) and not is_values(cells, layout):
            table.problems.append(problem("rows_after_trailer", first, row))
    last = (
        table.trailer[-1] if table.trailer else (int(table.rows[-1]) if len(table.rows) else table.header, [])
    )
    end = ",".join(last[1])
    whole = not layout.trailer_end or re.search(layout.trailer_end, end)
    if layout.trailer_needed and not (table.trailer and whole):
        table.problems.append(problem("trailer_missing", end or layout.name, last[0]))


def is_values(cells: Sequence[str], layout: Layout) -> bool:
    """Whether a row holds the figures below the titles of a trailer (WeChat Pay)."""
    filled = [cell.strip().lstrip("`") for cell in cells if cell.strip()]
    return layout.backtick and all(cell.replace(".", "", 1).lstrip("-").isdigit() for cell in filled)


class SheetSource:
    """Cells of a spreadsheet: rows of shown texts."""

    def __init__(self, data: list[list[str]], rows: Array, width: int) -> None:
        self._data = data
        self._rows = rows
        self._width = width

    def row(self, number: int) -> list[str]:
        """One row by its physical number."""
        return self._data[number - 1] if 0 < number <= len(self._data) else []

    def columns(self, places: Sequence[int], narrow: Collection[int] = ()) -> list[Array]:
        """The columns at these places; short rows are blank at their end."""
        blank = [""] * self._width
        kept = [self._data[row - 1] for row in self._rows.tolist()]
        even = [cells if len(cells) >= self._width else (cells + blank)[: self._width] for cells in kept]
        return [as_array(map(itemgetter(place), even), len(even)) for place in places]


def as_array(values: Iterable[str], count: int) -> Array:
    """Texts as an array of objects."""
    return np.fromiter(values, dtype=object, count=count)


def open_sheet(member: Member, layouts: Sequence[Layout]) -> Table:
    """The table of a sheet."""
    data: list[list[str]] = member.data
    top = data[:HEADER_ROWS]
    head = find_head(top, layouts)
    if head is None:
        raise nobody_knows(top, layouts)
    layout = only_layout(head)
    width = len(head.titles)
    twice = title_problems(head.titles, head.row + 1)
    if twice:
        raise RefusedError(twice)
    rows: list[int] = []
    table = Table(layout, head.titles, head.row + 1, np.zeros(0, np.int32), SheetSource([], np.zeros(0), 0))
    table.preamble = [",".join(cells) for cells in data[: head.row]]
    names = table.names
    for number, cells in enumerate(data[head.row + 1 :], head.row + 2):
        if not any(cell.strip() for cell in cells):
            continue
        if [normal(cell) for cell in cells[:3]] == names[:3]:
            table.problems.append(problem("two_bills", ",".join(cells), number))
        elif table.trailer or is_trailer(cells[0], layout):
            table.trailer.append((number, cells))
        else:
            rows.append(number)
            if len(cells) > width and any(cell.strip() for cell in cells[width:]):
                table.problems.append(problem("row_too_long", ",".join(cells[width:]), number))
    table.rows = np.array(rows, dtype=np.int32)
    table.source = SheetSource(data, table.rows, width)
    check_trailer(table)
    return table
