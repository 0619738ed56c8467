"""What an XLSX package holds, checked as bytes before any spreadsheet library may see it.

A spreadsheet library allocates the rectangle from the first to the last cell, expands entities, drops error
cells and shows the cached value of a formula as if it had been typed. So each part is unpacked once, piece by
piece, and searched: no DTD, only UTF-8, no far cell, no formula, no error, no macro. Nothing is kept.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator

from ..bill import MAX_PROBLEMS, Problem, problem
from .budget import Budget, refuse

# Parts a platform's export may have. Everything else (macros, OLE, external links, queries, ...) is refused.
_ALLOWED = re.compile(
    r"\[content_types\]\.xml|_rels/\.rels|docprops/.*|docmetadata/[^/]*\.xml|customxml/.*\.(xml|rels)"
    r"|(xl/)?(workbook|sharedstrings|styles|metadata|calcchain|connections|cellimages|persons/[^/]*)[0-9]*\.xml"
    r"|(xl/)?_rels/[^/]*\.rels"
    r"|(xl/)?(worksheets/)?_rels/[^/]*\.rels|(xl/)?(worksheets/)?sheet[0-9]*\.xml|xl/worksheets/[^/]*\.xml"
    r"|xl/theme/.*|xl/printersettings/[^/]*\.bin|xl/(tables|querytables)/(_rels/)?[^/]*\.(xml|rels)"
    r"|xl/media/.*\.(png|jpe?g|gif|bmp|emf|wmf)"
    r"|xl/(drawings|charts|chartsheets|comments|threadedcomments|richdata)[^/]*(/.*)?\.(xml|vml|rels)"
)
_FOREIGN = re.compile(
    rb"macroEnabled|vbaProject|oleObject|externalLink|activeX|ms-excel\.(addin|intlmacrosheet)"
)
_PREFIX = rb"<(?:[A-Za-z_][\w.-]*:)?"
_ROOT = re.compile(rb"<(?![?!])(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_ENCODING = re.compile(rb"""^<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)["']""")
_DECLARATION = re.compile(rb"<!(?!--|\[CDATA\[)")
_CELL = re.compile(_PREFIX + rb"c(?=[\s/>])")
_PLACE = re.compile(_PREFIX + rb"""c\s(?:[^>]*?\s)?r\s*=\s*["']([A-Za-z]{1,4}[0-9]{1,9})["']""")
_ERROR = re.compile(_PREFIX + rb"""c\s(?:[^>]*?\s)?t\s*=\s*["']e["']""")
_FORMULA = re.compile(rb"<(?!xm:)(?:[A-Za-z_][\w.-]*:)?f[\s/>]")
_ROW = re.compile(_PREFIX + rb"""row\s(?:[^>]*?\s)?r\s*=\s*["']([0-9]{1,12})["']""")
_ODD_PLACE = re.compile(
    _PREFIX
    + rb"""(?:c\s(?:[^>]*?\s)?r\s*=\s*(?!["'][A-Za-z]{1,4}[0-9]{1,9}["'])"""
    + rb"""|row\s(?:[^>]*?\s)?r\s*=\s*(?!["'][0-9]{1,9}["']))"""
)
_COUNT = re.compile(rb"""\suniqueCount\s*=\s*["']\s*([0-9]+)""", re.IGNORECASE)
_STEP = re.compile(_PREFIX + rb"(c|row)(?=[\s/>])")
_STRANGE = re.compile(rb":(?:c|f|row)[\s/>]")
_PLAIN_PLACE = re.compile(rb'<c r="([A-Z]{1,3}[0-9]{1,7})"')
_PLAIN_ROW = re.compile(rb'<row r="([0-9]{1,7})"')
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DIGITS = b"0123456789"


def check_parts(names: Iterable[str]) -> None:
    """Only parts a platform's export may have."""
    for name in names:
        if not name.endswith("/") and not _ALLOWED.fullmatch(name.casefold()):
            refuse("unsafe_part", name)


def is_xml(name: str) -> bool:
    """Whether a part is searched; custom data of other programs is never read by anyone."""
    return not name.casefold().startswith("customxml/") and name.casefold().endswith(
        (".xml", ".rels", ".vml")
    )


def check_part(name: str, pieces: Iterable[bytes], budget: Budget) -> list[Problem]:
    """Search one XML part; problems of single cells are collected, anything worse refuses the file."""
    scan: _SheetScan | None = None
    first = True
    for block in _blocks(name, pieces, budget):
        if first:
            _check_start(name, block)
            root = _ROOT.search(block)
            if root is None:
                refuse("bad_archive", f"{name}: no XML")
            if root[1] == b"sst" and any(int(count) > budget.cells for count in _COUNT.findall(block)):
                refuse("too_large", f"{name}: number of texts")
            if root[1] in (b"worksheet", b"dialogsheet", b"macrosheet"):
                scan = _SheetScan(name, budget)
            first = False
        if _DECLARATION.search(block):
            refuse("unsafe_part", f"{name}: DTD")
        if name.casefold().endswith(("[content_types].xml", ".rels")) and _FOREIGN.search(block):
            refuse("unsafe_part", f"{name}: macro, OLE or external link")
        if scan is not None:
            scan.block(block)
    if first:
        refuse("bad_archive", f"{name}: empty")
    return scan.close() if scan is not None else []


def _check_start(name: str, block: bytes) -> None:
    if not block.lstrip(b" \t\r\n").startswith(b"<"):
        refuse("bad_archive", f"{name}: no XML")
    encoding = _ENCODING.search(block)
    if encoding and encoding[1].lower() not in (b"utf-8", b"us-ascii", b"utf8"):
        refuse("unsafe_part", f"{name}: encoding {encoding[1].decode('ascii', 'replace')}")


def _blocks(name: str, pieces: Iterable[bytes], budget: Budget) -> Iterator[bytes]:
    """The same bytes, cut before a `<` so that no tag is torn apart; only UTF-8, no endless tag or text."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    kept = b""
    started = rooted = False
    silent = 0
    for piece in pieces:
        if not started and piece:
            piece, started = piece.removeprefix(codecs.BOM_UTF8), True
        if b"\0" in piece:
            refuse("unsafe_part", f"{name}: not UTF-8")
        try:
            decoder.decode(piece)
        except UnicodeDecodeError:
            refuse("unsafe_part", f"{name}: not UTF-8")
        block = kept + piece
        cut = block.rfind(b"<")
        silent = silent + len(piece) if cut <= 0 else 0
        if silent > 8 * budget.cell_text and b">" in block:
            refuse("too_large", f"{name}: a text of {silent} bytes")
        if cut > 0 and (rooted or _ROOT.search(block, 0, cut)):
            rooted = True
            yield block[:cut]
            block = block[cut:]
        if (b">" not in block or not rooted) and len(block) > max(budget.tag, len(piece)):
            refuse("too_large", f"{name}: a tag of {len(block)} bytes")
        kept = block
    if decoder.getstate()[0]:
        refuse("unsafe_part", f"{name}: not UTF-8")
    if kept:
        yield kept


class _SheetScan:
    """Counts cells, rows and columns of one sheet, and remembers the cells that may not be read."""

    def __init__(self, name: str, budget: Budget) -> None:
        self.name, self.budget = name, budget
        self.cells = self.rows = self.columns = self.row = 0
        self.last = ""
        self.implicit = 0
        self.problems: list[Problem] = []

    def block(self, block: bytes) -> None:
        if b"<!--" in block:
            refuse("unsafe_part", f"{self.name}: comment")
        places, rows = self._places(block)
        self._rows(rows)
        self._bounds(places)
        if b"<f" in block or b":f" in block:
            self._find(_FORMULA, "formula_cell", block)
        if b'"e"' in block or b"'e'" in block:
            self._find(_ERROR, "error_cell", block)
        if places:
            self.last = places[-1].decode()

    def close(self) -> list[Problem]:
        """A rectangle must be filled: for two far corners a library would allocate all between them."""
        area = self.rows * self.columns
        if area > max(self.budget.sparse, 20 * self.cells):
            refuse(
                "too_large", f"{self.name}: {self.cells} cells over {self.rows} rows, {self.columns} columns"
            )
        return self.problems

    def _places(self, block: bytes) -> tuple[list[bytes], list[bytes]]:
        """The places of cells and rows. Nearly all writers use one spelling, which is five times as fast."""
        plain = _STRANGE.search(block) is None
        places = _PLAIN_PLACE.findall(block)
        rows = _PLAIN_ROW.findall(block)
        cells = len(places)
        if not plain or cells != block.count(b"<c") or len(rows) != block.count(b"<row"):
            cells = len(_CELL.findall(block))
            places, rows = _PLACE.findall(block), _ROW.findall(block)
            if _ODD_PLACE.search(block):
                refuse("bad_archive", f"{self.name}: place of a cell")
            if len(places) != cells:
                self._unplaced(block)
        self.cells += cells
        return places, rows

    def _rows(self, texts: list[bytes]) -> None:
        """Rows rise; a library that fills a rectangle would otherwise put two rows into one place."""
        for text in texts:
            number = int(text)
            if number <= self.row:
                refuse("bad_archive", f"{self.name}: row {number} after {self.row}")
            self.row = number
        self.rows = max(self.rows, self.row)

    def _unplaced(self, block: bytes) -> None:
        """Cells without a place stand one after the other; the widest row tells the columns."""
        for step in _STEP.finditer(block):
            self.implicit = 0 if step[1] == b"row" else self.implicit + 1
            self.rows += step[1] == b"row" and not self.row
            self.columns = max(self.columns, self.implicit)

    def _bounds(self, places: list[bytes]) -> None:
        if len(set(places)) != len(places):
            refuse("bad_archive", f"{self.name}: two cells in one place")
        joined = b" ".join(places)
        letters, numbers = joined.translate(None, _DIGITS), joined.translate(None, _LETTERS)
        self.columns = max([self.columns, *map(_column, set(letters.split()))])
        self.rows = max([self.rows, *map(int, set(numbers.split()))])
        budget, area = self.budget, self.rows * self.columns
        if self.rows > budget.rows or self.columns > budget.columns or area > budget.cells:
            refuse("too_large", f"{self.name}: {self.rows} rows, {self.columns} columns")
        if self.cells > budget.cells:
            refuse("too_large", f"{self.name}: {self.cells} cells")

    def _find(self, pattern: re.Pattern[bytes], reason: str, block: bytes) -> None:
        for hit in pattern.finditer(block):
            if len(self.problems) > MAX_PROBLEMS:
                return
            text = self._place(block, hit.end(), hit.start())
            letters = text.rstrip("0123456789")
            row = text[len(letters) :]
            self.problems.append(problem(reason, text, int(row or 0), letters))

    def _place(self, block: bytes, end: int, start: int) -> str:
        """The cell a match belongs to: its own tag, else the last cell before it."""
        close = block.find(b">", end - 1)
        own = _PLACE.match(block, start, close + 1 if close >= 0 else len(block))
        if own:
            return own[1].decode()
        before = _PLACE.findall(block, max(0, start - 4096), start)
        return before[-1].decode() if before else self.last


def _column(letters: bytes) -> int:
    number = 0
    for char in letters.upper():
        number = number * 26 + char - 64
    return number
