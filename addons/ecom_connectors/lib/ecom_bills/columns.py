"""Typed columns: every cell of a mapped column is read, and every cell that cannot be read is named."""

from __future__ import annotations

import re

import numpy as np

from .amounts import BLANKS, decimal_style, read_amounts
from .bill import Context
from .layout import Array, Cells, Column, Problems, Table
from .moments import read_moments

_ID_EDGE = " \t\N{IDEOGRAPHIC SPACE}\N{NO-BREAK SPACE}`\N{FULLWIDTH GRAVE ACCENT}'\"\ufeff"
_SCIENTIFIC = re.compile(r"\d+(?:\.\d+)?[eE]\+\d+|\d+\.\d+[eE]\d+")
_FLOAT = re.compile(r"(\d+)\.0+")
_TEXT_EDGE = " \t\n\N{IDEOGRAPHIC SPACE}\N{NO-BREAK SPACE}`\N{FULLWIDTH GRAVE ACCENT}"
MAX_MEMO = 200


def read_columns(table: Table, context: Context, problems: Problems) -> Cells:
    """All mapped columns of a table, typed."""
    layout = table.layout
    places = layout.places(table.names)
    there = [column for column in layout.columns if column.field in places]
    narrow = [
        places[column.field]
        for column in there
        if column.type in ("amount", "moment") and not layout.one_decimal_style
    ]
    found = table.source.columns([places[column.field] for column in there], narrow)
    texts = dict(zip((column.field for column in there), found, strict=True))
    del found
    cells = Cells(rows=table.rows)
    decimal: str = layout.decimal
    if layout.one_decimal_style:
        amounts = [texts[column.field] for column in there if column.type == "amount"]
        decimal = decimal_style(amounts, context.digits)
        if not decimal:
            problems.add(
                "mixed_decimals",
                column=", ".join(column.titles[0] for column in there if column.type == "amount"),
            )
            decimal = "."
    for column in layout.columns:
        if column.field in places:
            cells.titles[column.field] = table.titles[places[column.field]]
            _read(cells, column, texts.pop(column.field), context, decimal, problems)
        else:
            _leave_out(cells, column)
    return cells


def _leave_out(cells: Cells, column: Column) -> None:
    """Fill the fields of a column that the file does not have."""
    if column.type == "amount":
        cells.amount[column.field] = np.zeros(len(cells), dtype=np.int64)
        cells.given[column.field] = np.zeros(len(cells), dtype=bool)
    elif column.type == "moment":
        cells.moment[column.field] = np.full(len(cells), np.datetime64("NaT", "s"), dtype="datetime64[s]")
    else:
        cells.text[column.field] = cells.blank()


def _read(
    cells: Cells, column: Column, texts: Array, context: Context, decimal: str, problems: Problems
) -> None:
    """Read one column into the cells."""
    title = cells.titles[column.field]
    given: Array
    if column.type == "amount":
        scale = context.digits if column.scale is None else column.scale
        found = read_amounts(texts, scale, decimal)
        problems.at(np.flatnonzero(found.bad), cells.rows, texts, title, "not_an_amount")
        problems.at(np.flatnonzero(found.fine), cells.rows, texts, title, "too_many_decimals")
        cells.amount[column.field], given = found.values, found.given
        cells.given[column.field] = given
    elif column.type == "moment":
        moments, read = read_moments(texts, column.forms, column.hours)
        given = read.copy()
        left = np.flatnonzero(~read)
        given[left] = [_is_given(text) for text in texts[left].tolist()]
        if not column.lenient:
            problems.at(np.flatnonzero(given & ~read), cells.rows, texts, title, "not_a_moment")
        cells.moment[column.field] = moments
    elif column.type == "id":
        clean = clean_ids(texts, cells.rows, title, problems, column.blank)
        cells.text[column.field] = clean
        given = clean != "" if column.filled else np.zeros(0, dtype=bool)
    else:
        clean = stripped(texts)
        cells.text[column.field] = clean
        given = clean != "" if column.filled else np.zeros(0, dtype=bool)
    if column.filled:
        problems.at(np.flatnonzero(~given), cells.rows, texts, title, "empty_required")


def _is_given(text: str | bytes) -> bool:
    """Whether a cell that is no moment holds anything."""
    return (text.decode() if isinstance(text, bytes) else text).strip(_TEXT_EDGE) not in BLANKS


def mapped(values: list[str]) -> Array:
    """Texts as an array of objects."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def stripped(texts: Array) -> Array:
    """Plain text: blanks, backticks and a pair of quotes around it removed; "-" and the like are blank."""
    plain = ["" if (bare := text.strip(_TEXT_EDGE)) in BLANKS else bare for text in texts.tolist()]
    if '"' in "".join(plain):
        plain = ["" if (bare := _unquoted(text)) in BLANKS else bare for text in plain]
    return mapped(plain)


def _unquoted(text: str) -> str:
    return text[1:-1].strip() if len(text) > 1 and text[0] == text[-1] == '"' else text


def clean_ids(
    texts: Array, rows: Array, title: str, problems: Problems, blank: tuple[str, ...] = ()
) -> Array:
    """Ids without the decoration that keeps spreadsheets from harming them; harmed ones are named."""
    nothing = BLANKS.union(blank)
    clean = ["" if (bare := text.strip(_ID_EDGE)) in nothing else bare for text in texts.tolist()]
    joined = " ".join(clean)
    if "=" in joined:
        clean = [text[2:].strip(_ID_EDGE) if text[:2] == '="' else text for text in clean]
        clean = ["" if text in nothing else text for text in clean]
    if "." in joined or "+" in joined:
        for place, text in enumerate(clean):
            whole = _FLOAT.fullmatch(text)
            if whole and len(whole[1]) <= 15:
                clean[place] = whole[1]
            elif whole or _SCIENTIFIC.fullmatch(text):
                problems.add("damaged_id", text, int(rows[place]), title)
    if not joined.isascii() or not joined.isprintable():
        for place in [place for place, text in enumerate(clean) if not text.isprintable()]:
            problems.add("invisible_character", clean[place], int(rows[place]), title)
    return mapped(clean)


def memos(texts: Array) -> Array:
    """Remarks as they are kept: one line, at most 200 characters."""
    joined = "".join(texts)
    if joined.isprintable() and max(map(len, texts), default=0) <= MAX_MEMO:
        return texts
    return mapped(["".join(c if c.isprintable() else " " for c in text)[:MAX_MEMO].strip() for text in texts])
