"""What a layout is: the shape of one kind of bill of one platform, as data.

A layout names its columns by title and type, its encodings, its trailer and its vocabulary. Two small
functions of the layout's module say what only code can say: `build` turns typed columns into lines,
`totals` compares the declared figures with the counted ones. What they are given and give back stands here
too, so that the stages of reading depend on this module and not the other way round.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from .bill import MAX_PROBLEMS, Context, Control, Problem, problem

Array = npt.NDArray[Any]
ColumnType = Literal["id", "text", "amount", "moment"]

CHINA_FORMS = ("YYYY-MM-DD hh:mm:ss", "YYYY/MM/DD hh:mm:ss")
CHINA_HOURS = 8

_NOISE = re.compile(r"[\s\"'`\ufeff\u200b]+")


def normal(title: str) -> str:
    """A title as it is compared: half width, without blanks and quotes, in one case, 账 for 帐."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", title)).replace("帐", "账").casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a layout: the field it fills, the titles it goes by, how its cells are read.

    `required`: the title must be there. `filled`: no cell may be blank. `blank`: further texts that mean
    "nothing". `scale`: decimals kept of an amount (None: those of the currency). `forms` and `hours`: how a
    moment is written, and how far local time is ahead of UTC where the text does not say. A `lenient`
    moment that fits no form is left out.
    """

    field: str
    titles: tuple[str, ...]
    type: ColumnType
    required: bool = True
    filled: bool = False
    blank: tuple[str, ...] = ()
    scale: int | None = None
    forms: tuple[str, ...] = CHINA_FORMS
    hours: int = CHINA_HOURS
    lenient: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The titles as they are compared."""
        return tuple(normal(title) for title in self.titles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One kind of bill of one platform.

    `quotes` says whether cells may be quoted: "never", "always" (ordinary CSV), or "maybe" (the platform
    does not, a spreadsheet program that saved the file again may). `refuse` is the reason why such a file
    is no bill of ours, `skip` marks files that repeat what another file of the same download says.
    `trailer_end` is a pattern that the last line of a complete file fits. `decimal` is the sign before
    decimals, unless `one_decimal_style` has it found from the cells of the file.
    """

    name: str
    platform: str
    kind: str
    columns: tuple[Column, ...]
    encodings: tuple[str, ...] = ("utf-8", "gb18030")
    separator: str = ","
    quotes: Literal["never", "maybe", "always"] = "maybe"
    backtick: bool = False
    trailer: tuple[str, ...] = ()
    trailer_needed: bool = False
    trailer_end: str = ""
    without: tuple[str, ...] = ()
    refuse: str = ""
    skip: bool = False
    one_decimal_style: bool = False
    decimal: Literal[".", ","] = "."
    unique_lines: bool = False
    words: Mapping[str, str] = field(default_factory=dict)
    category: Callable[[str], str] | None = None
    build: Build | None = None
    totals: Totals | None = None

    def places(self, names: Sequence[str]) -> dict[str, int]:
        """Field -> position of its column in the file."""
        found = {name: place for place, name in reversed(list(enumerate(names))) if name}
        return {
            column.field: found[name]
            for column in self.columns
            for name in column.names[::-1]
            if name in found
        }

    def missing(self, names: Iterable[str]) -> list[str]:
        """Titles of required columns that a file lacks."""
        there = set(names)
        return [
            column.titles[0]
            for column in self.columns
            if column.required and not there.intersection(column.names)
        ]

    def recognises(self, names: Sequence[str]) -> bool:
        """Whether these titles are those of this layout."""
        return not self.missing(names) and not {normal(title) for title in self.without}.intersection(names)

    def category_of(self, word: str) -> str:
        """The category of a platform word by this layout's own vocabulary, "" if it is unknown."""
        for written in (word, unicodedata.normalize("NFKC", word)):
            if written in self.words:
                return self.words[written]
        return self.category(word) if self.category else ""


class Source(Protocol):
    """Where the cells of a table come from. Columns are texts; `narrow` ones may be bytes of UTF-8, which are
    quicker to read as amounts and moments.
    """

    def columns(self, places: Sequence[int], narrow: Collection[int] = ()) -> list[Array]: ...
    def row(self, number: int) -> list[str]: ...


@dataclass(slots=True)
class Table:
    """One table: titles, what stands above and below it, and its detail rows by physical number."""

    layout: Layout
    titles: list[str]
    header: int
    rows: Array
    source: Source
    preamble: list[str] = field(default_factory=list)
    trailer: list[tuple[int, list[str]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The titles as they are compared."""
        return [normal(title) for title in self.titles]


@dataclass(slots=True)
class Problems:
    """Every problem of a bill, up to a limit; the rest is counted."""

    found: list[Problem] = field(default_factory=list)
    more: int = 0

    def add(self, reason: str, shown: str = "", row: int = 0, column: str = "") -> None:
        """Note one problem."""
        if len(self.found) < MAX_PROBLEMS:
            self.found.append(problem(reason, shown, row, column))
        else:
            self.more += 1

    def at(self, places: Array, rows: Array, texts: Array, column: str, reason: str) -> None:
        """Note one problem for each of these cells."""
        for place in places[: MAX_PROBLEMS + 1].tolist():
            text = texts[place]
            self.add(
                reason, text.decode() if isinstance(text, bytes) else str(text), int(rows[place]), column
            )
        self.more += max(0, len(places) - MAX_PROBLEMS - 1)

    def all(self) -> list[Problem]:
        """The problems, the last one saying how many more there are."""
        return self.found + ([problem("limit_exceeded", f"+{self.more}")] if self.more else [])


@dataclass(slots=True)
class Cells:
    """The typed columns of a table by field. A column the file does not have is blank everywhere."""

    rows: Array
    text: dict[str, Array] = field(default_factory=dict)
    amount: dict[str, Array] = field(default_factory=dict)
    given: dict[str, Array] = field(default_factory=dict)
    moment: dict[str, Array] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def has(self, name: str) -> bool:
        """Whether the file has this column."""
        return name in self.titles

    def blank(self) -> Array:
        """A column without text."""
        return np.full(len(self.rows), "", dtype=object)


@dataclass(slots=True, kw_only=True)
class Part:
    """One component of the rows: its title, its words, its signed amounts in minor units, the rows that
    have it.
    """

    title: str
    word: Array
    amount: Array
    there: Array | None = None


@dataclass(slots=True, kw_only=True)
class Draft:
    """What a layout says about its rows. Every array is as long as the table; `net` is what a row moves in
    all.

    `identity` names a row among all rows of its account and kind, without amounts and without our own
    judgement, so that a better vocabulary never changes a key.
    """

    booked_at: Array
    identity: Array
    parts: list[Part]
    net: Array
    net_title: str
    fields: dict[str, Array] = field(default_factory=dict)
    balance: Array | None = None
    keep: Array | None = None
    merchants: tuple[str, ...] = ()
    currency: str = ""
    date_from: datetime | None = None
    date_to: datetime | None = None


@dataclass(slots=True)
class Proof:
    """Figures a file declares, beside those counted, and what does not agree."""

    control: int | None = None
    controls: list[Control] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def check(self, name: str, declared: int, counted: int, row: int, reason: str = "total_differs") -> None:
        """Compare one declared figure with the counted one."""
        self.controls.append(Control(name, declared, counted))
        if declared != counted:
            self.problems.append(problem(reason, f"{declared} ≠ {counted}", row, name))

    def count(self, name: str, declared: int, least: int, most: int, row: int) -> None:
        """Compare a declared number of rows with the counted one; rows of 0.00 may count on either side."""
        counted = min(max(declared, least), most)
        self.check(name, declared, counted, row, "count_differs")


Build = Callable[[Table, Cells, Context, Problems], Draft]
Totals = Callable[[Table, Cells, Draft, Context], Proof]


def ident(
    name: str, *titles: str, required: bool = True, filled: bool = False, blank: tuple[str, ...] = ()
) -> Column:
    """A column of ids: text whose decoration is stripped, damaged by nobody."""
    return Column(field=name, titles=titles, type="id", required=required, filled=filled, blank=blank)


def text(name: str, *titles: str, required: bool = True, filled: bool = False) -> Column:
    """A column of plain text."""
    return Column(field=name, titles=titles, type="text", required=required, filled=filled)


def amount(
    name: str, *titles: str, required: bool = True, filled: bool = False, scale: int | None = None
) -> Column:
    """A column of amounts in major units."""
    return Column(field=name, titles=titles, type="amount", required=required, filled=filled, scale=scale)


def moment(
    name: str,
    *titles: str,
    required: bool = True,
    filled: bool = True,
    forms: tuple[str, ...] = CHINA_FORMS,
    hours: int = CHINA_HOURS,
    lenient: bool = False,
) -> Column:
    """A column of moments."""
    return Column(
        field=name,
        titles=titles,
        type="moment",
        required=required,
        filled=filled,
        forms=forms,
        hours=hours,
        lenient=lenient,
    )
