"""Reads plain tables whose shape the caller brings along: titles and types in, typed columns out.

Other add-ons read their own files in the jail this way. A shape is what JSON can say of a `Layout`; exactly
one of those given must recognise the file. Amounts come out as integers at SCALE decimals (null: blank),
moments as naive local `YYYY-MM-DDThh:mm:ss` ("" = blank), everything else as clean text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .bill import Context, Problem, RefusedError, capped, problem
from .columns import Cells, Problems, read_columns
from .containers import unpack
from .layout import Column, Layout
from .reader import label, open_member

SCALE = 6
_PLAIN = ("field", "type", "required", "filled")


@dataclass(slots=True, kw_only=True)
class TableFile:
    """What one file says: the shape that knew it, its row numbers, and its columns by field."""

    layout: str = ""
    rows: list[int] = field(default_factory=list)
    columns: dict[str, list[Any]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def layout_of(shape: Mapping[str, Any]) -> Layout:
    """The layout of a shape, whose keys are name, encodings, separator, decimal and columns."""
    columns = tuple(
        Column(
            **{name: column[name] for name in _PLAIN},
            titles=tuple(column["titles"]),
            scale=SCALE,
            forms=tuple(column["forms"]),
            hours=0,
        )
        for column in shape["columns"]
    )
    return Layout(
        name=shape["name"],
        platform="",
        kind="table",
        columns=columns,
        encodings=tuple(shape["encodings"]),
        separator=shape["separator"],
        decimal=shape["decimal"],
        quotes="always",
    )


def read_table(content: bytes, name: str, context: Context, shapes: Sequence[Mapping[str, Any]]) -> TableFile:
    """The one table of a file; nothing of it if anything cannot be read."""
    file = TableFile()
    try:
        _fill(file, content, name, context, [layout_of(shape) for shape in shapes])
    except RefusedError as refused:
        file.problems, file.rows, file.columns = capped(refused.problems), [], {}
    return file


def _fill(file: TableFile, content: bytes, name: str, context: Context, layouts: Sequence[Layout]) -> None:
    members = unpack(content, name)
    if len(members) > 1:
        raise RefusedError([problem("two_bills", ", ".join(map(label, members)))])
    table = open_member(members[0], layouts)
    file.layout = table.layout.name
    problems = Problems(found=list(table.problems))
    cells = read_columns(table, context, problems)
    if problems.found:
        raise RefusedError(problems.all())
    if not len(cells):
        raise RefusedError([problem("no_rows", file.layout, table.header)])
    file.rows = [int(row) for row in cells.rows.tolist()]
    file.columns = {column.field: _plain(cells, column) for column in table.layout.columns}


def _plain(cells: Cells, column: Column) -> list[Any]:
    """A typed column as JSON knows it."""
    name = column.field
    if column.type == "amount":
        pairs = zip(cells.amount[name].tolist(), cells.given[name].tolist(), strict=True)
        return [value if given else None for value, given in pairs]
    if column.type == "moment":
        texts = np.datetime_as_string(cells.moment[name].astype("datetime64[s]"), unit="s").tolist()
        return ["" if text == "NaT" else text for text in texts]
    return list(cells.text[name].tolist())
