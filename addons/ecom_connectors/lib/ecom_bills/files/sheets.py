"""Spreadsheets as text: each cell as a person sees it, after the package has been checked.

Long numbers lost digits in the spreadsheet program that saved them, so they are refused, never shortened.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import NoReturn, TypeAlias

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from ..bill import MAX_PROBLEMS, Problem, RefusedError, problem
from . import biff
from .budget import Budget, refuse
from .ooxml import check_part, check_parts, is_xml
from .zips import Entry, stream

_DIGITS = 15
_DAMAGED = 10**_DIGITS  # Spreadsheet programs keep 15 digits of a number.
_REMEMBERED = 100_000
NUMBER = float  # not money yet: a numeric cell as the library gives it, turned into text at once
Numbers: TypeAlias = dict[float, str]  # not money yet: the text of each
_TOTALS = ("合计", "总计", "小计", "total", "sum")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet with data; row n of the spreadsheet is `rows[n - 1]`."""

    name: str
    rows: list[list[str]]
    is_hidden: bool


def read_xlsx(content: bytes, parts: list[Entry], budget: Budget) -> list[Sheet]:
    """All sheets with data of a checked package."""
    check_parts(part.name for part in parts)
    problems: list[Problem] = []
    for part in parts:
        pieces = stream(content, part)
        if is_xml(part.name) and part.size:
            problems += check_part(part.name, pieces, budget)
        else:
            for _ in pieces:  # The checksum counts even where nobody looks.
                pass
    if problems:
        raise RefusedError(problems)
    return _read(content, budget)


def read_xls(content: bytes, budget: Budget) -> list[Sheet]:
    """All sheets with data of an old workbook."""
    problems = biff.check_workbook(content, budget)
    if problems:
        raise RefusedError(problems)
    return _read(content, budget)


def _read(content: bytes, budget: Budget) -> list[Sheet]:
    sheets = list(_guarded(lambda: _sheets(content, budget)))
    if not sheets:
        refuse("empty_file", "no sheet with data")
    return sheets


def _guarded(read: Callable[[], Iterator[Sheet]]) -> list[Sheet]:
    """The library's errors as ours. Its panics do not derive from Exception and are told by their name."""
    try:
        return list(read())
    except RefusedError:
        raise
    except PasswordError:
        refuse("encrypted")
    except (CalamineError, OSError, ValueError, OverflowError) as error:
        refuse("bad_archive", f"{type(error).__name__}: {error}")
    except BaseException as error:
        _refuse_panic(error)


def _refuse_panic(error: BaseException) -> NoReturn:
    if type(error).__name__ != "PanicException":
        raise error
    refuse("bad_archive", "damaged workbook")


def _sheets(content: bytes, budget: Budget) -> Iterator[Sheet]:
    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
        several = len(book.sheet_names) > 1
        problems: list[Problem] = []
        found: list[Sheet] = []
        for index, facts in enumerate(book.sheets_metadata):
            sheet = book.get_sheet_by_index(index)
            if sheet.start is None or sheet.end is None:
                continue
            if (sheet.end[0] + 1) * (sheet.end[1] + 1) > max(budget.cells, 65536 * 256):
                refuse("too_large", f"{facts.name}: {sheet.end[0] + 1} rows")
            rows, wrong = _rows(sheet, budget)
            wrong += _merged(sheet, rows)
            prefix = f"{facts.name}!" if several else ""
            problems += [item._replace(column=prefix + item.column) for item in wrong]
            if any(any(row) for row in rows):
                found.append(
                    Sheet(name=facts.name, rows=rows, is_hidden=facts.visible != SheetVisibleEnum.Visible)
                )
    if problems:
        raise RefusedError(problems)
    yield from found


def _rows(sheet: CalamineSheet, budget: Budget) -> tuple[list[list[str]], list[Problem]]:
    """All rows as text, from row 1 and column A on; equal texts are kept once."""
    margin = [""] * (sheet.start or (0, 0))[1]
    texts: dict[str, str] = {}
    numbers: Numbers = {}
    keep = texts.setdefault
    problems: list[Problem] = []
    rows: list[list[str]] = []
    for number, cells in enumerate(sheet.iter_rows(), 1):
        row = list(margin)
        for cell in cells:
            if isinstance(cell, str):
                row.append(keep(cell, cell))
                continue
            known = numbers.get(cell) if cell.__class__ is NUMBER else None
            row.append(_checked(cell, number, len(row), numbers, problems) if known is None else known)
        rows.append(row)
    for text in texts:
        if len(text) > budget.cell_text:
            refuse("too_large", f"a cell of {len(text)} characters")
    return rows, problems


def _checked(cell: object, row: int, column: int, numbers: Numbers, problems: list[Problem]) -> str:
    """One cell as text, or a problem that names it."""
    try:
        text = _text(cell)
    except ValueError as error:
        place = biff.letters(column)
        if len(problems) <= MAX_PROBLEMS:
            problems.append(problem(str(error), repr(cell), row, place))
        return ""
    if isinstance(cell, NUMBER) and len(numbers) < _REMEMBERED:
        numbers[cell] = text
    return text


def _text(cell: object) -> str:
    """One cell as text.

    The shortest form that gives the same number back is what was typed. One longer than 15 digits is the
    noise of a sum in binary (28.900000000000002); spreadsheet programs do not show it, and neither do we.
    """
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | NUMBER):
        if not isfinite(cell):
            raise ValueError("not_an_amount")
        if abs(cell) >= _DAMAGED:
            raise ValueError("damaged_id")
        if cell == int(cell):
            return str(int(cell))
        text = repr(cell)
        if len(text) > _DIGITS:
            text = f"{cell:.{_DIGITS}g}"
        return format(Decimal(text), "f") if "e" in text else text
    if isinstance(cell, datetime):
        return _moment(cell)
    if isinstance(cell, date):
        return f"{cell.isoformat()} 00:00:00"
    if isinstance(cell, time):
        return _clock(timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second) + _fraction(cell))
    if isinstance(cell, timedelta):
        return _clock(cell)
    raise ValueError("not_an_amount")


def _fraction(cell: time | datetime) -> timedelta:
    return timedelta(microseconds=cell.microsecond)


def _moment(cell: datetime) -> str:
    """Spreadsheets count days in floating point; a few milliseconds beside a second are that second."""
    whole = (cell + timedelta(milliseconds=5)).replace(microsecond=0)
    if abs(cell - whole) <= timedelta(milliseconds=5):
        return whole.isoformat(sep=" ")
    return cell.isoformat(sep=" ", timespec="milliseconds")


def _clock(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    sign = "-" if seconds < 0 else ""
    minutes, second = divmod(abs(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{sign}{hour:02d}:{minute:02d}:{second:02d}"


def _merged(sheet: CalamineSheet, rows: list[list[str]]) -> list[Problem]:
    """A merged cell hides other cells. Harmless is a line of its own (a title), or a total's label."""
    problems: list[Problem] = []
    ranges = sheet.merged_cell_ranges or []
    for (top, left), (bottom, right) in ranges:
        if top >= len(rows) or left >= len(rows[top]) or not rows[top][left]:
            continue
        text = rows[top][left]
        filled = sum(1 for cell in rows[top] if cell)
        is_title = top == bottom and filled == 1
        is_total = top == bottom and text.strip().casefold().startswith(_TOTALS)
        if not is_title and not is_total and len(problems) <= MAX_PROBLEMS:
            place = f"{biff.letters(left)}{top + 1}:{biff.letters(right)}{bottom + 1}"
            problems.append(problem("merged_cell", place, top + 1, biff.letters(left)))
    return problems
