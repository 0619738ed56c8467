"""Every stage: texts and tables on paper, in letters of any language, without a browser.

Whoever prints fills a `Paper` from top to bottom: `head`, `sums`, `table`, `block`; then `number`, `content`.
Pages are laid out first, so that each can say how many there are, and drawn then: a layout engine is ten
times slower.
"""

from dataclasses import dataclass
from io import BytesIO

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from .fonts import font_name

SIZE = 8
LEADING = 1.4
WIDE, HIGH = landscape(A4)
LEFT, TOP, BOTTOM = 15 * mm, HIGH - 15 * mm, 18 * mm
RIGHT_EDGE = LEFT + 267 * mm
PAD = 2 * mm
GREY, PALE = 0.33, 0.92
THIN, THICK = 0.25, 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns of a table.

    widths: in mm, 267 in all fill a page
    figures: places of the columns whose cells are figures
    remarks: place of the column below which the remark of a line stands, as wide as there is room
    """

    widths: tuple[int, ...]
    figures: tuple[int, ...] = ()
    remarks: int = 0

    @property
    def edges(self):
        """Where each column begins and ends: [(left, right)]"""
        starts = [LEFT + sum(self.widths[:place]) * mm for place in range(len(self.widths))]
        return [(start, start + width * mm) for start, width in zip(starts, self.widths, strict=True)]


class Paper:
    """Pages under way: texts (size, grey, x, y, text), lines (width, x, y, to) and fills (y, height)."""

    def __init__(self):
        self.font = font_name()
        self.letters = {}
        self.pages = []
        self.numbered = 0
        self.turn()

    # --- what documents consist of -------------------------------------------

    def head(self, title, facts):
        """The title, and below it what the document is about: [(label, value)]."""
        self.block(title, 16)
        self.y -= 6
        for label, value in facts:
            for place, line in enumerate(self.wrap(value, SIZE, RIGHT_EDGE - LEFT - 40 * mm)):
                self.put("" if place else label, SIZE, LEFT)
                self.put(line, SIZE, LEFT + 40 * mm)
                self.y -= SIZE * LEADING
        self.y -= 5 * mm

    def sums(self, rows, note=""):
        """Amounts below each other: [(label, amount as text, whether it is a total)], and a note to them."""
        size, edge = SIZE + 1, LEFT + 120 * mm
        for label, amount, is_total in rows:
            if is_total:
                self.rule(THICK, to=edge)
            self.y -= 2
            self.put(label, size, LEFT + PAD)
            self.put(amount, size, 0, right=edge - PAD)
            self.y -= size * LEADING
        if note:
            self.y -= 6
            self.block(note)
        self.y -= 6 * mm

    def table(self, columns, title, titles, lines, total=()):
        """A table whose titles stand on every page it takes.

        :param titles: text of each column
        :param lines: iterable of (cells, remark): text of each column, and one that stands below the line
        :param total: cells of the last line, set apart; empty: none
        """
        # A title alone at the end of a page helps nobody.
        self.needs(12 * mm + 3 * SIZE * LEADING)
        self.block(title, 11)
        self.y -= 3
        table = _Table(self, columns, titles)
        table.head()
        for cells, remark in lines:
            table.line(cells, remark)
        if total:
            table.total(total)
        self.y -= 5 * mm

    def block(self, text, size=SIZE, x=LEFT, width=RIGHT_EDGE - LEFT, *, grey=0):
        """A text of as many lines as it takes, each on the next page if there is no room."""
        for line in self.wrap(text, size, width):
            self.needs(size * LEADING)
            self.put(line, size, x, grey=grey)
            self.y -= size * LEADING

    def number(self, footer, page):
        """End a document: its pages get their footer and numbers; what comes next begins a page.

        :param page: text with `%(page)s` and `%(pages)s`
        """
        pages = self.pages[self.numbered :]
        for number, (texts, _lines, _fills) in enumerate(pages, 1):
            self.texts, self.y = texts, 10 * mm + SIZE
            self.put(footer, SIZE, LEFT)
            self.put(page % {"page": number, "pages": len(pages)}, SIZE, 0, right=WIDE - LEFT)
        self.numbered = len(self.pages)

    def content(self, title, author):
        """Draw all pages; the file's bytes."""
        content = BytesIO()
        # Without a first font, the file would name one that it does not have.
        values = {"initialFontName": self.font, "invariant": 1, "pageCompression": 1}
        canvas = Canvas(content, pagesize=(WIDE, HIGH), **values)
        canvas.setTitle(title)
        canvas.setAuthor(author)
        for page in self.pages:
            self._draw(canvas, *page)
            canvas.showPage()
        canvas.save()
        return content.getvalue()

    # --- what they are made of -------------------------------------------------

    def turn(self):
        """Begin a page."""
        self.texts, self.lines, self.fills = [], [], []
        self.pages.append((self.texts, self.lines, self.fills))
        self.y = TOP

    def needs(self, height):
        """Begin a page unless this much room is left; say whether it did."""
        if self.y - height >= BOTTOM or self.y == TOP:
            return False
        self.turn()
        return True

    def width(self, text, size):
        """How wide a text is; letters do not depend on their neighbours."""
        letters = self.letters
        total = 0
        for letter in text:
            if letter not in letters:
                letters[letter] = pdfmetrics.stringWidth(letter, self.font, 1)
            total += letters[letter]
        return total * size

    def wrap(self, text, size, width):
        """The text in lines that fit, broken at blanks where there are some, else between any letters."""
        if "\n" not in text and self.width(text, size) <= width:
            return [text]
        lines = []
        for part in text.split("\n"):
            line, room = "", width
            for letter in part:
                step = self.width(letter, size)
                if step > room and line:
                    head, blank, tail = line.rpartition(" ")
                    if letter == " " or not blank or not head:
                        head, tail = line, ""
                    lines.append(head)
                    line = tail
                    room = width - self.width(tail, size)
                    if letter == " ":
                        continue
                line += letter
                room -= step
            lines.append(line)
        return lines

    def put(self, text, size, x, *, right=None, grey=0):
        """A text on the line at `y`, from x or up to the right edge."""
        if text:
            if right is not None:
                x = right - self.width(text, size)
            self.texts.append((size, grey, x, self.y - size, text))

    def rule(self, width=THIN, x=LEFT, to=RIGHT_EDGE):
        """A line across."""
        self.lines.append((width, x, self.y, to))

    def _draw(self, canvas, texts, lines, fills):
        canvas.setFillGray(PALE)
        for y, height in fills:
            canvas.rect(LEFT, y, RIGHT_EDGE - LEFT, height, stroke=0, fill=1)
        for width, x, y, to in lines:
            canvas.setLineWidth(width)
            canvas.setStrokeGray(0 if width == THICK else 0.8)
            canvas.line(x, y, to, y)
        written = canvas.beginText()
        now = None
        for size, grey, x, y, text in texts:
            if now != (size, grey):
                written.setFont(self.font, size)
                written.setFillGray(grey)
                now = (size, grey)
            written.setTextOrigin(x, y)
            written.textOut(text)
        canvas.drawText(written)


class _Table:
    """A table on its paper."""

    def __init__(self, paper, columns, titles):
        self.paper, self.titles = paper, titles
        self.edges, self.figures = columns.edges, columns.figures
        self.remark_x = self.edges[columns.remarks][0] + PAD

    def head(self):
        rows = self._rows(self.titles)
        height = len(rows) * SIZE * LEADING + 4
        self.paper.fills.append((self.paper.y - height, height))
        self._cells(rows, height)

    def line(self, cells, remark):
        """A line and its remark; what does not fit begins the next page, below the titles."""
        paper = self.paper
        rows = self._rows(cells)
        below = paper.wrap(remark, SIZE - 1, RIGHT_EDGE - self.remark_x - PAD) if remark else []
        height = len(rows) * SIZE * LEADING + 4
        # The first line of the remark stays with what it explains.
        if paper.needs(height + min(1, len(below)) * SIZE * LEADING):
            self.head()
        self._cells(rows, height)
        for text in below:
            if paper.needs(SIZE * LEADING):
                self.head()
            paper.put(text, SIZE - 1, self.remark_x, grey=GREY)
            paper.y -= (SIZE - 1) * LEADING
        if below:
            paper.y -= 2
        paper.rule()

    def total(self, cells):
        height = SIZE * LEADING + 4
        if self.paper.needs(height):
            self.head()
        self.paper.rule(THICK)
        self._cells([list(cells)], height)

    def _rows(self, cells):
        """The cells of one line as rows of paper: [[text of each column]]"""
        columns = [
            self.paper.wrap(text, SIZE, right - left - 2 * PAD)
            for text, (left, right) in zip(cells, self.edges, strict=True)
        ]
        count = max(map(len, columns))
        if count == 1:
            return [[column[0] for column in columns]]
        return [[column[row] if row < len(column) else "" for column in columns] for row in range(count)]

    def _cells(self, rows, height):
        paper = self.paper
        before = paper.y
        paper.y -= 2
        for row in rows:
            for place, text in enumerate(row):
                if text:
                    left, right = self.edges[place]
                    paper.put(text, SIZE, left + PAD, right=right - PAD if place in self.figures else None)
            paper.y -= SIZE * LEADING
        paper.y = before - height
