"""Receipt stage: a layout of notice files is data; the file itself is read where it can do no harm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from .notice import Kind, Notice, NoticeLine, Problem, checked

SCALE = 6
HEAD = ("number", "supplier", "warehouse", "day", "expected_day", "carrier", "tracking_no")
FORMS = (
    "YYYY-MM-DD",
    "YYYY/MM/DD",
    "YYYY-MM-DD hh:mm:ss",
    "YYYY/MM/DD hh:mm:ss",
    "YYYY-MM-DD hh:mm",
    "YYYY/MM/DD hh:mm",
    "YYYY-MM-DDThh:mm:ss",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column by title: the field of a notice or line it fills, and how its cells are read."""

    field: str
    titles: tuple[str, ...]
    type: Literal["id", "text", "amount", "moment"] = "text"
    required: bool = True
    filled: bool = False
    forms: tuple[str, ...] = FORMS


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLayout:
    """One kind of notice file. `encodings` are tried strictly in this order, for text; sheets have none."""

    name: str
    kind: Kind
    columns: tuple[Column, ...]
    encodings: tuple[str, ...] = ("utf-8", "gb18030")
    separator: Literal[",", "\t", ";"] = ","
    decimal: Literal[".", ","] = "."

    def shape(self) -> dict[str, Any]:
        """What the reader of tables must know of it, ready for JSON."""
        facts = asdict(self)
        return {name: facts[name] for name in ("name", "encodings", "separator", "decimal", "columns")}

    def title(self, field: str) -> str:
        """The title that a field goes by."""
        return next((column.titles[0] for column in self.columns if column.field == field), field)


def ident(field: str, *titles: str, required: bool = True, filled: bool = False) -> Column:
    """A column of numbers and codes, which nobody may shorten."""
    return Column(field=field, titles=titles, type="id", required=required, filled=filled)


def text(field: str, *titles: str, required: bool = False) -> Column:
    """A column of plain text that may be missing."""
    return Column(field=field, titles=titles, required=required)


def quantity(field: str, *titles: str, required: bool = True) -> Column:
    """A column of quantities; the one that counts must be filled."""
    return Column(field=field, titles=titles, type="amount", required=required, filled=field == "quantity")


def day(
    field: str, *titles: str, required: bool = True, filled: bool = True, forms: tuple[str, ...] = FORMS
) -> Column:
    """A column of days; a time of day is left out."""
    return Column(field=field, titles=titles, type="moment", required=required, filled=filled, forms=forms)


def notices_of(
    layout: NoticeLayout, rows: Sequence[int], columns: Mapping[str, Sequence[Any]]
) -> tuple[list[Notice], list[Problem]]:
    """The notices of a table that was read: one for each number and owner, lines in the order of rows.

    :param columns: field -> cells; quantities are integers at SCALE decimals or None, days are ISO or ""
    :return: (notices, []) or ([], problems)
    """
    heads: dict[tuple[str, ...], dict[str, Any]] = {}
    lines: dict[tuple[str, ...], list[NoticeLine]] = {}
    problems: list[Problem] = []
    # A delivery leaves once; a warehouse may put away for days, and the report is of the last of them.
    same = [field for field in HEAD if field != "day" or layout.kind == "ship"]
    for place, row in enumerate(rows):
        cells = {field: columns[field][place] for field in columns}
        head = {field: cells.get(field, "") for field in HEAD}
        head |= {field: head[field][:10] for field in ("day", "expected_day")}
        key = (head["number"], head["supplier"], head["warehouse"])
        first = heads.setdefault(key, head)
        problems += [
            Problem(row, layout.title(field), head[field], "rows_disagree")
            for field in same
            if head[field] != first[field]
        ]
        first["day"] = max(first["day"], head["day"])
        lines.setdefault(key, []).append(_line(row, cells))
    notices = [
        Notice(
            kind=layout.kind,
            lines=tuple(lines[key]),
            **head
            | {
                "day": date.fromisoformat(head["day"]),
                "expected_day": date.fromisoformat(head["expected_day"]) if head["expected_day"] else None,
            },
        )
        for key, head in heads.items()
    ]
    problems += [item._replace(column=layout.title(item.column)) for item in checked(notices)]
    return ([], problems) if problems else (notices, [])


def _line(row: int, cells: Mapping[str, Any]) -> NoticeLine:
    return NoticeLine(
        row=row,
        sku=cells["sku"],
        quantity=exact(cells["quantity"]),
        damaged=exact(cells.get("damaged")),
        **{name: cells.get(name, "") for name in ("order_no", "title", "unit", "lot")},
    )


def exact(value: int | None) -> Decimal:
    """A quantity as the reader hands it over; blank is none."""
    return Decimal(value or 0).scaleb(-SCALE)
