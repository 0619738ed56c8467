"""What an XLS workbook holds, checked record by record before any spreadsheet library may see it.

The library reads error cells as empty, shows cached formula values, and cannot tell an encrypted file from
a broken one. The container (a small FAT file system) and the records of its workbook stream are walked here
only to refuse what may not be read; the values still come from the library.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .bill import MAX_PROBLEMS, Problem, problem
from .budget import Budget, refuse

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LAST, _FREE = 0xFFFFFFFC, 0xFFFFFFFF
_ENTRY = 128
_FORMULA = (0x0006, 0x0206, 0x0406)
_ERROR = (0x0005, 0x0205)
_FILEPASS, _BOF, _MACRO_SHEET = 0x002F, (0x0009, 0x0209, 0x0409, 0x0809), 0x0040
_DIMENSIONS = 0x0200
_EOF, _HIGHEST = 0x000A, 0x1100
_MULTIPLE = (0x00BD, 0x00BE)
_SINGLE = (0x0001, 0x0002, 0x0003, 0x0004, 0x0201, 0x0203, 0x0204, 0x027E, 0x00FD, 0x00D6)


def check_workbook(content: bytes, budget: Budget) -> list[Problem]:
    """Problems of single cells; anything worse refuses the file."""
    try:
        streams = _streams(content)
    except (struct.error, IndexError):
        refuse("bad_archive", "damaged workbook")
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
    """Every stream of the container by lower-case name."""
    shift, mini_shift = struct.unpack_from("<2H", content, 30)
    if content[:8] != MAGIC or shift not in (9, 12) or mini_shift != 6:
        refuse("bad_archive", "damaged workbook")
    size = 1 << shift
    start, cutoff, mini_start = struct.unpack_from("<L4xLL", content, 48)
    table = _table(content, size)
    folder = _chain(content, table, start, size, size)
    entries = [folder[at : at + _ENTRY] for at in range(0, len(folder) - _ENTRY + 1, _ENTRY)]
    minis = b""
    mini_table: tuple[int, ...] = ()
    found: dict[str, bytes] = {}
    for entry in entries:
        length, kind = struct.unpack_from("<H", entry, 64)[0], entry[66]
        name = entry[: max(length - 2, 0)].decode("utf-16-le", "replace").casefold()
        first, extent = struct.unpack_from("<2L", entry, 116)
        if kind == 5:
            minis = _chain(content, table, first, size, size)
            links = _chain(content, table, mini_start, size, size) if mini_start < _LAST else b""
            mini_table = struct.unpack(f"<{len(links) // 4}L", links)
        elif kind == 1:
            found[name] = b""
        elif kind == 2 and name in ("workbook", "book"):
            data = (
                _chain(minis, mini_table, first, 64, 0)
                if extent < cutoff
                else _chain(content, table, first, size, size)
            )
            if len(data) < extent:
                refuse("truncated", "workbook")
            found[name] = data[:extent]
        elif kind == 2:
            found.setdefault(name, b"")
    return found


def _table(content: bytes, size: int) -> tuple[int, ...]:
    """The file allocation table; its own sectors are listed in the header and in a chain of more lists."""
    sectors = list(struct.unpack_from("<109L", content, 76))
    at, count = struct.unpack_from("<2L", content, 68)
    width = size // 4 - 1
    while at < _LAST and count > 0:
        more = struct.unpack_from(f"<{width + 1}L", content, (at + 1) * size)
        sectors.extend(more[:width])
        at, count = more[width], count - 1
    table: list[int] = []
    for sector in sectors:
        if sector < _LAST:
            table.extend(struct.unpack_from(f"<{size // 4}L", content, (sector + 1) * size))
        if len(table) > len(content) // 64:
            break
    return tuple(table)


def _chain(source: bytes, table: tuple[int, ...], sector: int, size: int, header: int) -> bytes:
    """The bytes of a chain of sectors; a chain longer than its source runs in a circle."""
    pieces: list[bytes] = []
    while sector < _LAST:
        start = sector * size + header
        if start >= len(source) or len(pieces) * size > len(source):
            refuse("bad_archive", "damaged workbook")
        pieces.append(source[start : start + size])
        sector = table[sector]
    return b"".join(pieces)
