"""Cuts the text of a bill into cells, fast where it is well-formed and strictly where it is not.

Commas and line ends are counted before anything is parsed, so that a ragged row is found and named instead
of being padded or swallowed. Text without quotes goes through the C parser of pandas; quoted text goes
through a strict reader that knows on which physical line a row starts.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from .bill import Problem, RefusedError, problem
from .layout import Array, Layout, Table
from .table import (
    HEADER_ROWS,
    Head,
    Member,
    as_array,
    cells_of,
    check_trailer,
    find_head,
    nobody_knows,
    only_layout,
    title_problems,
)

_HEAD_BYTES = 1 << 16
_STEP = 1 << 24
NARROW = 32  # bytes of a cell that may be an amount or a moment
_UNIT = b"\x1f"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def places_of(data: bytes, byte: int) -> Array:
    """Positions of one byte, found in steps so that memory stays flat."""
    view = np.frombuffer(data, dtype=np.uint8)
    steps = [np.flatnonzero(view[at : at + _STEP] == byte) + at for at in range(0, len(view), _STEP)]
    return np.concatenate(steps) if steps else np.zeros(0, np.int64)


def open_text(member: Member, layouts: Sequence[Layout]) -> Table:
    """The table of a text member."""
    data: bytes = member.data
    if not data.strip():
        raise RefusedError([problem("empty_file", member.name)])
    data, encoding = _without_bom(data)
    head, separator, encoding = _head(data, encoding, layouts)
    layout = only_layout(head)
    twice = title_problems(head.titles, head.row + 1)
    if twice:
        raise RefusedError(twice)
    plain = _as_utf8(data, encoding, layout)
    del data
    if b"\r" in plain:
        plain = plain.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return _cut(plain, head, layout, separator)


def _without_bom(data: bytes) -> tuple[bytes, str]:
    """The bytes behind a byte order mark, as UTF-8 if the mark says UTF-16 or UTF-32."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            if encoding == "utf-8":
                return data[len(mark) :], "utf-8"
            try:
                return data.decode(encoding).encode(), "utf-8"
            except UnicodeDecodeError as bad:
                raise RefusedError([problem("wrong_encoding", f"{encoding}: {bad.reason}")]) from bad
    if b"\0" in data:
        raise RefusedError([problem("nul_byte", "", data.count(b"\n", 0, data.index(b"\0")) + 1)])
    return data, ""


def _head(data: bytes, encoding: str, layouts: Sequence[Layout]) -> tuple[Head, str, str]:
    """The header, with the separator and the encoding by which a layout recognised it."""
    top = data[:_HEAD_BYTES]
    if len(data) > _HEAD_BYTES and b"\n" in top:
        top = top[: top.rindex(b"\n")]
    seen: list[list[str]] = []
    for code in (encoding,) if encoding else ("utf-8", "gb18030", "cp1252"):
        try:
            text = top.decode(code)
        except UnicodeDecodeError as bad:
            text = _sound_lines(top, code, bad)
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:HEADER_ROWS]
        for separator in (",", "\t", ";"):
            rows = [cells_of(line, separator) for line in lines]
            fitting = [
                it for it in layouts if it.separator == separator and (encoding or code in it.encodings)
            ]
            head = find_head(rows, fitting)
            if head is not None:
                return head, separator, encoding or ("" if text.isascii() else code)
            seen = max(seen, rows, key=lambda found: max((len(cells) for cells in found), default=0))
    raise nobody_knows(seen, layouts)


def _sound_lines(top: bytes, code: str, bad: UnicodeDecodeError) -> str:
    """The lines before the first one that does not decode."""
    return top[: top.rfind(b"\n", 0, bad.start) + 1].decode(code)


def _as_utf8(data: bytes, encoding: str, layout: Layout) -> bytes:
    """The whole text as UTF-8, decoded strictly; names the line where it does not decode."""
    first: UnicodeDecodeError | None = None
    for code in (encoding,) if encoding else layout.encodings:
        try:
            text = data.decode(code)
            return data if code == "utf-8" else text.encode()
        except UnicodeDecodeError as bad:
            first = first or bad
    if first is None:
        raise RefusedError([problem("wrong_encoding", layout.name)])
    row = data.count(b"\n", 0, first.start) + 1
    cut = first.end >= len(data) and ("incomplete" in first.reason or "unexpected end" in first.reason)
    reason = "truncated" if cut else "not_utf8_row" if first.encoding.startswith("utf") else "wrong_encoding"
    raise RefusedError(
        [problem(reason, f"{first.encoding}: {first.object[first.start : first.start + 8]!r}", row)]
    )


def _cut(plain: bytes, head: Head, layout: Layout, separator: str) -> Table:
    """Head, detail rows and trailer of a text, each line in exactly one of them."""
    ends = places_of(plain, 10)
    if not plain.endswith(b"\n"):
        ends = np.append(ends, len(plain))
    starts = np.concatenate([[0], ends[:-1] + 1])
    body = head.row + 1
    stop = _trailer_at(plain, starts, body, layout)
    table = Table(layout, head.titles, head.row + 1, np.zeros(0, np.int32), _Nothing())
    top = plain[: int(starts[body]) if body < len(starts) else len(plain)].decode().split("\n")
    table.preamble = top[: head.row]
    for place in range(stop, min(len(starts), stop + 60)):
        line = plain[int(starts[place]) : int(ends[place])].decode()
        cells = cells_of(line, separator)
        if any(cell.strip() for cell in cells):
            table.trailer.append((place + 1, cells))
    table.problems += _second_headers(plain, top[head.row], starts, ends, body)
    if table.problems:
        raise RefusedError(table.problems)
    source = TextSource(plain, starts[body:stop], ends[body:stop], body, separator, layout, head.titles)
    table.rows, table.source = source.rows, source
    table.problems += source.problems
    check_trailer(table)
    return table


def _trailer_at(plain: bytes, starts: Array, body: int, layout: Layout) -> int:
    """Index of the first line of the trailer, or the number of lines."""
    if not layout.trailer:
        return len(starts)
    prefixes = tuple(prefix.encode() for prefix in layout.trailer)
    firsts = sorted({prefix[0] for prefix in prefixes} | {34})
    view = np.frombuffer(plain, dtype=np.uint8)
    begins = np.minimum(starts[body:], len(plain) - 1)
    for place in np.flatnonzero(np.isin(view[begins], firsts)).tolist():
        begin = int(starts[body + place])
        if plain[begin : begin + 80].lstrip(b'"').startswith(prefixes):
            return int(body + place)
    return len(starts)


def _second_headers(plain: bytes, header: str, starts: Array, ends: Array, body: int) -> list[Problem]:
    """Headers that stand again below: two exports in one file."""
    line = header.strip().strip("\ufeff").encode()
    lengths = ends[body:] - starts[body:]
    like = np.flatnonzero((lengths >= len(line)) & (lengths <= len(line) + 8)) + body
    return [
        problem("two_bills", header, place + 1)
        for place in like.tolist()
        if line in plain[int(starts[place]) : int(ends[place])]
    ]


class _Nothing:
    """No cells."""

    def columns(self, places: Sequence[int], narrow: Collection[int] = ()) -> list[Array]:
        return [np.zeros(0, dtype=object) for _ in places]

    def row(self, number: int) -> list[str]:
        return []


class TextSource:
    """Cells of the detail lines of a text.

    Three ways of cutting, in this order: at comma and backtick (WeChat Pay), at bare separators, as quoted
    CSV. The first one that gives every row the width of the header is the right one.
    """

    def __init__(
        self,
        plain: bytes,
        starts: Array,
        ends: Array,
        first: int,
        separator: str,
        layout: Layout,
        titles: Sequence[str],
    ) -> None:
        self.width = len(titles)
        self.problems: list[Problem] = []
        self._cells: list[list[str]] | None = None
        self._marks: tuple[Array, Array] | None = None
        self._separator = separator.encode()
        begin, stop = (int(starts[0]), int(ends[-1])) if len(starts) else (0, 0)
        body = plain[begin:stop]
        self.rows = np.arange(first + 1, first + 1 + len(starts), dtype=np.int32)
        quoted = layout.quotes != "never" and b'"' in body
        if layout.backtick and body.startswith(b"`"):
            body = b"\n" + body
            body = body.replace(b"\n`", b"\n").replace(b",`", _UNIT)[1:]
            self._separator = _UNIT
            if quoted and not self._even(body).all():
                body, self._separator = plain[begin:stop], b","
        self._body = body
        self.rows = self.rows if body else self.rows[:0]
        if quoted and (layout.quotes == "always" or '"' in "".join(titles) or not self._even(body).all()):
            self._read_quoted(plain[begin:stop].decode(), separator)
        else:
            untouched = self._body and self._separator != _UNIT
            self._check_plain(ends - begin if untouched else None)

    def _counts(self, body: bytes, ends: Array | None = None) -> tuple[Array, Array, Array, Array]:
        """Start and end of each line, the number of its cells, and the positions of all separators."""
        if ends is None:
            ends = places_of(body, 10)
            ends = np.append(ends, len(body)) if body else ends
        starts = np.concatenate([np.zeros(min(1, len(ends)), np.int64), ends[:-1] + 1])
        marks = places_of(body, self._separator[0])
        return starts, ends, np.diff(np.searchsorted(marks, ends), prepend=0) + 1, marks

    def _even(self, body: bytes) -> Array:
        """Which lines have as many cells as the header."""
        starts, ends, counts, _ = self._counts(body)
        return np.asarray((counts == self.width) | (starts == ends))

    def _check_plain(self, ends: Array | None) -> None:
        """Keep the lines that hold something; name those with too few or too many cells."""
        starts, ends, counts, marks = self._counts(self._body, ends)
        odd = np.flatnonzero(counts != self.width)
        blank = self._blank_lines(starts, ends)
        if not len(odd) and not blank.any():
            self._marks = (ends, marks.reshape(len(ends), self.width - 1))
            return
        lines = self._body.split(b"\n")
        keep = ~blank
        mark = self._separator
        for place in odd.tolist():
            if blank[place]:
                continue
            cells = lines[place].split(mark)
            spare = b"".join(cells[self.width :]).strip()
            if len(cells) > self.width and not spare:
                lines[place] = mark.join(cells[: self.width])
                continue
            reason = "row_too_long" if len(cells) > self.width else "row_too_short"
            shown = lines[place].replace(_UNIT, b",").decode()
            self.problems.append(problem(reason, shown, int(self.rows[place])))
            keep[place] = False
        self._body = b"\n".join(line for line, kept in zip(lines, keep.tolist(), strict=True) if kept)
        self.rows = self.rows[keep]

    def _blank_lines(self, starts: Array, ends: Array) -> Array:
        """Lines without anything but separators, blanks and backticks."""
        short = (ends - starts) <= self.width * 2
        blank = np.zeros(len(starts), dtype=bool)
        for place in np.flatnonzero(short).tolist():
            line = self._body[int(starts[place]) : int(ends[place])]
            blank[place] = not line.strip(self._separator + b" \t`").replace(self._separator, b"").strip()
        return blank

    def _read_quoted(self, text: str, separator: str) -> None:
        """Quoted CSV by a strict reader; a row is numbered by the physical line where it starts."""
        kept: list[list[str]] = []
        rows: list[int] = []
        base = int(self.rows[0]) if len(self.rows) else 1
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        line = 0
        try:
            for cells in reader:
                number, line = base + line, reader.line_num
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) < self.width or "".join(cells[self.width :]).strip():
                    reason = "row_too_short" if len(cells) < self.width else "row_too_long"
                    self.problems.append(problem(reason, separator.join(cells), number))
                    continue
                kept.append(cells)
                rows.append(number)
        except csv.Error as bad:
            self.problems.append(problem("unclosed_quote", str(bad), base + line))
        self._cells, self._body = kept, b""
        self.rows = np.array(rows, dtype=np.int32)

    def columns(self, places: Sequence[int], narrow: Collection[int] = ()) -> list[Array]:
        """The columns at these places; the narrow ones as bytes."""
        if self._cells is not None:
            return [as_array((cells[place] for cells in self._cells), len(self._cells)) for place in places]
        if not len(self.rows):
            return [np.zeros(0, dtype=object) for _ in places]
        found = self._narrow(sorted(set(narrow)))
        wide = sorted(set(places).difference(found))
        frame = pd.read_csv(
            io.BytesIO(self._body),
            sep=self._separator.decode(),
            header=None,
            names=list(range(self.width)),
            usecols=wide or [0],
            dtype=str,
            na_filter=False,
            quoting=csv.QUOTE_NONE,
            skip_blank_lines=False,
            lineterminator="\n",
            encoding="utf-8",
        )
        if len(frame) != len(self.rows):
            raise RefusedError([problem("truncated", f"{len(frame)} / {len(self.rows)}")])
        self._body = b""
        return [found[place] if place in found else frame[place].to_numpy() for place in places]

    def _narrow(self, places: Sequence[int]) -> dict[int, Array]:
        """Columns as bytes of one width, cut out of the text at once; those with long cells are left out."""
        if self._marks is None or not places:
            return {}
        ends, marks = self._marks
        view = np.frombuffer(self._body, dtype=np.uint8)
        found: dict[int, Array] = {}
        for place in places:
            begin = marks[:, place - 1] + 1 if place else np.append(0, ends[:-1] + 1)
            lengths = (marks[:, place] if place < self.width - 1 else ends) - begin
            width = max(1, int(lengths.max()))
            if width <= NARROW:
                cells = np.zeros((len(ends), width), dtype=np.uint8)
                for step in range(width):
                    bytes_ = view.take(begin + step, mode="clip")
                    np.multiply(bytes_, lengths > step, out=cells[:, step])
                found[place] = cells.view(f"S{width}").reshape(len(ends))
        self._marks = None
        return found

    def row(self, number: int) -> list[str]:
        """One row by its physical number."""
        at = np.flatnonzero(self.rows == number)
        if not len(at):
            return []
        if self._cells is not None:
            return self._cells[int(at[0])]
        cells = self._body.split(b"\n")[int(at[0])].decode().split(self._separator.decode())
        return [f"`{cell}" for cell in cells] if self._separator == _UNIT else cells
