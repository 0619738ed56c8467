"""Reads plain tables whose shape the caller brings along: titles and types in, columns of plain texts out.

Other add-ons read their own files in the child process this way. A shape is what JSON can say of a `Layout`;
exactly one of those given must recognise the file. Amounts come out as exact decimals with at most SCALE of
them, moments as naive local `YYYY-MM-DD hh:mm:ss`, everything else as clean text; blank is "", also where the
file lacks a column that may be missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .bill import Context, Problem, RefusedError, capped, problem
from .columns import read_columns
from .files.containers import unpack
from .layout import Cells, Column, Layout, Problems
from .order_draft import amount_texts, moment_texts
from .order_layouts import SCALE
from .reader import label, open_member

_PLAIN = ("field", "type", "required", "filled")


@dataclass(slots=True, kw_only=True)
class TableFile:
    """What one file says: the shape that knew it, and by field its columns and the titles they go by.

    The column `row` holds the numbers of the rows.
    """

    layout: str = ""
    columns: dict[str, list[Any]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def layout_of(shape: Mapping[str, Any]) -> Layout:
    """The layout of a shape, whose keys are name, encodings, separator, decimal and columns.

    Without a separator any will do. Who separates by semicolons may well write decimal commas, so there the
    cells of the file tell; what can be read both ways is refused.
    """
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
        file.problems, file.columns = capped(refused.problems), {}
    return file


def _fill(file: TableFile, content: bytes, name: str, context: Context, layouts: Sequence[Layout]) -> None:
    members = unpack(content, name)
    if len(members) > 1:
        raise RefusedError([problem("two_bills", ", ".join(map(label, members)))])
    if members[0].kind == "text":
        layouts = [form for layout in layouts for form in _forms(layout)]
    table = open_member(members[0], layouts)
    file.layout = table.layout.name
    problems = Problems(found=list(table.problems))
    cells = read_columns(table, replace(context, digits=SCALE), problems)
    if problems.found:
        raise RefusedError(problems.all())
    if not len(cells):
        raise RefusedError([problem("no_rows", file.layout, table.header)])
    file.titles = cells.titles
    file.columns = {"row": [int(row) for row in cells.rows.tolist()]}
    file.columns |= {column.field: _plain(cells, column) for column in table.layout.columns}


def _forms(layout: Layout) -> Sequence[Layout]:
    """The layout for each separator that its text may have."""
    if layout.separator:
        return [layout]
    return [replace(layout, separator=sign, one_decimal_style=sign == ";") for sign in (",", "\t", ";")]


def _plain(cells: Cells, column: Column) -> list[str]:
    """A typed column as plain texts."""
    name = column.field
    if column.type == "amount":
        free = np.full(len(cells), -1)
        texts = amount_texts(cells.amount[name], cells.given[name], free)
    elif column.type == "moment":
        texts = moment_texts(cells.moment[name])
    else:
        texts = cells.text[name]
    return list(texts.tolist())
