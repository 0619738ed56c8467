"""What an XLS workbook holds, checked record by record before any spreadsheet library may see it.

The library reads error cells as empty, shows cached formula values, and cannot tell an encrypted file from
a broken one. So olefile opens the container (a small FAT file system), and the records of its workbook stream
are walked here, only to refuse what may not be read; the values still come from the library.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import olefile

from ..bill import MAX_PROBLEMS, Problem, problem
from .budget import Budget, refuse

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LAST = 0xFFFFFFFC
_ENTRY, _STORAGE, _STREAM = 128, 1, 2
_LISTED = 109  # sectors of the allocation table that the header itself lists
_FORMULA = (0x0006, 0x0206, 0x0406)
_ERROR = (0x0005, 0x0205)
_FILEPASS, _BOF, _MACRO_SHEET = 0x002F, (0x0009, 0x0209, 0x0409, 0x0809), 0x0040
_DIMENSIONS = 0x0200
_EOF, _HIGHEST = 0x000A, 0x1100
_MULTIPLE = (0x00BD, 0x00BE)
_SINGLE = (0x0001, 0x0002, 0x0003, 0x0004, 0x0201, 0x0203, 0x0204, 0x027E, 0x00FD, 0x00D6)


def check_workbook(content: bytes, budget: Budget) -> list[Problem]:
    """Problems of single cells; anything worse refuses the file."""
    streams = _streams(content)
    if "encryptedpackage" in streams or "encryptioninfo" in streams:
        refuse("encrypted")
    if any("vba" in name for name in streams):
        refuse("unsafe_part", "macro")
    book = streams.get("workbook") or streams.get("book")
    if not book:
        refuse("not_a_bill", "no workbook")
    return _check_records(book, budget)


def _check_records(book: bytes, budget: Budget) -> list[Problem]:
    problems: list[Problem] = []
    rows = columns = cells = depth = 0
    for kind, data in _records(book):
        depth += (kind in _BOF) - (kind == _EOF)
        if kind == _FILEPASS:
            refuse("encrypted")
        if kind in _BOF:
            if len(data) >= 4 and struct.unpack_from("<H", data, 2)[0] == _MACRO_SHEET:
                refuse("unsafe_part", "macro sheet")
            rows = columns = cells = 0
            continue
        if kind == _DIMENSIONS:
            _check_dimensions(data)
        if len(data) < 6 or kind not in (*_FORMULA, *_ERROR, *_SINGLE, *_MULTIPLE):
            continue
        row, column = struct.unpack_from("<2H", data)
        last = struct.unpack_from("<H", data, len(data) - 2)[0] if kind in _MULTIPLE else column
        cells += 1 if kind not in _MULTIPLE else max((len(data) - 6) // (6 if kind == 0x00BD else 2), 1)
        rows, columns = max(rows, row + 1), max(columns, last + 1)
        if rows * columns > max(budget.sparse, 20 * cells, 65536 * 8):
            refuse("too_large", f"{cells} cells over {rows} rows, {columns} columns")
        if kind in _FORMULA or (kind in _ERROR and len(data) > 7 and data[-1] == 1):
            place = letters(column)
            reason = "formula_cell" if kind in _FORMULA else "error_cell"
            if len(problems) <= MAX_PROBLEMS:
                problems.append(problem(reason, f"{place}{row + 1}", row + 1, place))
    if depth:
        refuse("truncated", "a sheet has no end")
    return problems


def _check_dimensions(data: bytes) -> None:
    """The library allocates what a sheet says of its own size, also where that is nonsense."""
    if len(data) not in (10, 14):
        refuse("bad_archive", "size of a sheet")
    top, bottom, _, right = struct.unpack_from("<4H" if len(data) == 10 else "<2L2H", data)
    if top > bottom or bottom > 65536 or right > 256:
        refuse("bad_archive", "size of a sheet")


def letters(column: int) -> str:
    """The name a spreadsheet shows for a column counted from 0."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def _records(book: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(book):
        kind, length = struct.unpack_from("<2H", book, at)
        if kind == 0 and length == 0:  # Padding to the end of the sector.
            return
        if kind > _HIGHEST or at + 4 + length > len(book):
            refuse("bad_archive", "damaged workbook")
        yield kind, book[at + 4 : at + 4 + length]
        at += 4 + length


def _streams(content: bytes) -> dict[str, bytes]:
    """Every stream of the container by lower-case name; the workbook's with its bytes."""
    if len(content) < olefile.MINIMAL_OLEFILE_SIZE:
        refuse("bad_archive", "damaged workbook")
    _check_counts(content)
    try:
        with olefile.OleFileIO(content, raise_defects=olefile.DEFECT_INCORRECT) as container:
            return _open_streams(container)
    # What the library raises where a damaged file leads it astray.
    except (OSError, struct.error, LookupError, ValueError, AttributeError, RecursionError):
        refuse("bad_archive", "damaged workbook")


def _check_counts(content: bytes) -> None:
    """The library builds tables as long as the header says; none can be longer than the file."""
    shift, mini_shift = struct.unpack_from("<2H", content, 30)
    if content[:8] != MAGIC or shift not in (9, 12) or mini_shift != 6:
        refuse("bad_archive", "damaged workbook")
    sectors = len(content) >> shift
    (tables,) = struct.unpack_from("<L", content, 44)
    (mini_tables,) = struct.unpack_from("<L", content, 64)
    listed = struct.unpack_from(f"<{_LISTED}L", content, 76)
    used = sum(sector < sectors for sector in listed)
    # Behind a gap olefile sees no more tables, the spreadsheet library does.
    gap = any(sector < _LAST for sector in listed[used:])
    if gap or tables > _LISTED + sectors // 64 or mini_tables > sectors:
        refuse("bad_archive", "damaged workbook")


def _open_streams(container: olefile.OleFileIO) -> dict[str, bytes]:
    """The directory is walked as a list, as the spreadsheet library does, not as the tree it should be."""
    folder = container.directory_fp.getvalue()
    found: dict[str, bytes] = {}
    for at in range(0, len(folder) - _ENTRY + 1, _ENTRY):
        length, kind = struct.unpack_from("<HB", folder, at + 64)
        first, size = struct.unpack_from("<2L", folder, at + 116)
        name = folder[at : at + max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace").casefold()
        if kind not in (_STORAGE, _STREAM):
            continue
        if kind == _STREAM and name in ("workbook", "book"):
            if name in found:
                refuse("bad_archive", "two workbooks")
            found[name] = _stream(container, first, size)
        else:
            found.setdefault(name, b"")
    return found


def _stream(container: olefile.OleFileIO, first: int, size: int) -> bytes:
    """The bytes of the workbook."""
    table, width = container.fat, container.sectorsize
    if size < container.minisectorcutoff:
        container.loadminifat()
        table, width = container.minifat, container.minisectorsize
    # olefile reads as many sectors as the size says, also from a chain that runs in a circle.
    sector, count = first, 0
    while sector < _LAST:
        if sector >= len(table) or count > len(table):
            refuse("bad_archive", "damaged workbook")
        sector, count = table[sector], count + 1
    if count * width < size:
        refuse("truncated", "workbook")
    data: bytes = container._open(first, size).getvalue()
    return data
