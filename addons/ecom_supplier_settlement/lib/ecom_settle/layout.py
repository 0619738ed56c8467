"""A layout of a supplier's or warehouse's table is data; the file itself is read where it can do no harm.

What is read comes back as rows: dicts of plain texts by field, and the number of the row as `row`. Amounts
are exact decimals, moments `YYYY-MM-DD hh:mm:ss`, blank is "".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Row = Mapping[str, Any]
# Spreadsheets write days without zeros when they save text.
FORMS = (
    *("YYYY-MM-DD", "YYYY-M-DD", "YYYY-MM-D", "YYYY-M-D", "YYYYMMDD"),
    *("YYYY/MM/DD", "YYYY/M/DD", "YYYY/MM/D", "YYYY/M/D"),
    *("YYYY-MM-DD hh:mm:ss", "YYYY/MM/DD hh:mm:ss", "YYYY-MM-DDThh:mm:ss"),
    *("YYYY-MM-DD hh:mm", "YYYY/MM/DD hh:mm"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column by title: the field it fills, and how its cells are read.

    `required`: the title must be there. `filled`: no cell may be blank.
    """

    field: str
    titles: tuple[str, ...]
    type: Literal["id", "text", "amount", "moment"] = "text"
    required: bool = True
    filled: bool = False
    forms: tuple[str, ...] = FORMS


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLayout:
    """One kind of file. `encodings` are tried strictly in this order, for text; sheets have none.

    Without a `separator` commas, tabs and semicolons will do, these also with decimal commas.
    """

    name: str
    columns: tuple[Column, ...]
    encodings: tuple[str, ...] = ("utf-8", "gb18030")
    separator: Literal["", ",", "\t", ";"] = ""
    decimal: Literal[".", ","] = "."

    def shape(self) -> dict[str, Any]:
        """What the reader of tables must know of it, ready for JSON."""
        facts = asdict(self)
        return {name: facts[name] for name in ("name", "encodings", "separator", "decimal", "columns")}


def ident(field: str, *titles: str, required: bool = True, filled: bool = False) -> Column:
    """A column of numbers and codes, which nobody may shorten."""
    return Column(field=field, titles=titles, type="id", required=required, filled=filled)


def text(field: str, *titles: str, required: bool = False) -> Column:
    """A column of plain text."""
    return Column(field=field, titles=titles, required=required)


def amount(field: str, *titles: str, required: bool = True, filled: bool = False) -> Column:
    """A column of amounts or quantities."""
    return Column(field=field, titles=titles, type="amount", required=required, filled=filled)


def day(
    field: str, *titles: str, required: bool = True, filled: bool = True, forms: tuple[str, ...] = FORMS
) -> Column:
    """A column of days; a time of day is left out."""
    return Column(field=field, titles=titles, type="moment", required=required, filled=filled, forms=forms)
