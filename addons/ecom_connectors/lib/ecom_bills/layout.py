"""What a layout is: the shape of one kind of bill of one platform, as data.

A layout names its columns by title and type, its encodings, its trailer and its vocabulary. Two small
functions of the layout's module say what only code can say: `build` turns typed columns into lines,
`totals` compares the declared figures with the counted ones.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from .lines import Build
    from .proof import Totals

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
