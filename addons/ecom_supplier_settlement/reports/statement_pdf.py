"""Statement stage: a statement on paper, in letters of any language, without a browser.

A document is a dict of texts and exact amounts, see `ecom.statement._printable`. Pages are laid out first,
so that each can say how many there are, and drawn then: a layout engine is ten times slower.
"""

from io import BytesIO

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from .statement_fonts import font_name

SIZE = 8
LEADING = 1.4
WIDE, HIGH = landscape(A4)
LEFT, TOP, BOTTOM = 15 * mm, HIGH - 15 * mm, 18 * mm
WIDTHS = [20 * mm, 34 * mm, 30 * mm, 79 * mm, 22 * mm, 26 * mm, 30 * mm, 26 * mm]
STARTS = [LEFT + sum(WIDTHS[:place]) for place in range(len(WIDTHS))]
RIGHT_EDGE = LEFT + sum(WIDTHS)
PAD = 2 * mm
# Columns whose cells are figures.
RIGHT = (4, 5, 6)
TEXT_COLUMN = 3
GREY, PALE = 0.33, 0.92
THIN, THICK = 0.25, 0.7


def render(document):
    """The PDF of a document, as bytes."""
    paper = _Paper(font_name())
    _head(paper, document)
    _footing(paper, document)
    for section in document["sections"]:
        _section(paper, document, section)
    return paper.print(document)


class _Paper:
    """Pages under way: texts (size, grey, x, y, text), lines (width, x, y, to) and fills (y, height)."""

    def __init__(self, font):
        self.font = font
        self.letters = {}
        self.pages = []
        self.turn()

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

    def block(self, text, size=SIZE, x=LEFT, width=RIGHT_EDGE - LEFT, *, grey=0):
        """A text of as many lines as it takes, each on the next page if there is no room."""
        for line in self.wrap(text, size, width):
            self.needs(size * LEADING)
            self.put(line, size, x, grey=grey)
            self.y -= size * LEADING

    def rule(self, width=THIN, x=LEFT, to=RIGHT_EDGE):
        """A line across."""
        self.lines.append((width, x, self.y, to))

    def print(self, document):
        """Draw all pages with their numbers; the file's bytes."""
        content = BytesIO()
        # Without a first font, the file would name one that it does not have.
        values = {"initialFontName": self.font, "invariant": 1, "pageCompression": 1}
        canvas = Canvas(content, pagesize=(WIDE, HIGH), **values)
        canvas.setTitle(document["title"])
        canvas.setAuthor(document["company"])
        for number, page in enumerate(self.pages, 1):
            self.y = 10 * mm + SIZE
            self.texts = page[0]
            self.put(document["footer"], SIZE, LEFT)
            text = document["page"] % {"page": number, "pages": len(self.pages)}
            self.put(text, SIZE, 0, right=WIDE - LEFT)
            self._draw(canvas, *page)
            canvas.showPage()
        canvas.save()
        return content.getvalue()

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


def _head(paper, document):
    paper.block(document["title"], 16)
    paper.y -= 6
    for label, value in document["facts"]:
        lines = paper.wrap(value, SIZE, RIGHT_EDGE - LEFT - 40 * mm)
        for place, line in enumerate(lines):
            paper.put("" if place else label, SIZE, LEFT)
            paper.put(line, SIZE, LEFT + 40 * mm)
            paper.y -= SIZE * LEADING
    paper.y -= 5 * mm


def _footing(paper, document):
    size, edge = SIZE + 1, LEFT + 120 * mm
    for label, amount, is_total in document["footing"]:
        if is_total:
            paper.rule(THICK, to=edge)
        paper.y -= 2
        paper.put(label, size, LEFT + PAD)
        paper.put(amount, size, 0, right=edge - PAD)
        paper.y -= size * LEADING
    if document["note"]:
        paper.y -= 6
        paper.block(document["note"])
    paper.y -= 6 * mm


def _section(paper, document, section):
    # A title alone at the end of a page helps nobody.
    paper.needs(12 * mm + 3 * SIZE * LEADING)
    paper.block(section["title"], 11)
    paper.y -= 3
    _titles(paper, document)
    for line in section["lines"]:
        _line(paper, document, line)
    height = SIZE * LEADING + 4
    if paper.needs(height):
        _titles(paper, document)
    paper.rule(THICK)
    _cells(paper, [["", "", "", section["total_label"], "", "", section["total"], ""]], height)
    paper.y -= 5 * mm


def _titles(paper, document):
    rows = _rows(paper, document["titles"])
    height = len(rows) * SIZE * LEADING + 4
    paper.fills.append((paper.y - height, height))
    _cells(paper, rows, height)


def _line(paper, document, line):
    """A line and its working; what does not fit begins the next page, below the titles."""
    rows = _rows(paper, line["cells"])
    working = []
    if line["working"]:
        working = paper.wrap(line["working"], SIZE - 1, RIGHT_EDGE - STARTS[TEXT_COLUMN] - 2 * PAD)
    height = len(rows) * SIZE * LEADING + 4
    # The first line of the working stays with what it explains.
    if paper.needs(height + min(1, len(working)) * SIZE * LEADING):
        _titles(paper, document)
    _cells(paper, rows, height)
    for text in working:
        if paper.needs(SIZE * LEADING):
            _titles(paper, document)
        paper.put(text, SIZE - 1, STARTS[TEXT_COLUMN] + PAD, grey=GREY)
        paper.y -= (SIZE - 1) * LEADING
    if working:
        paper.y -= 2
    paper.rule()


def _rows(paper, cells):
    """The cells of one line as rows of paper: [[text of each column]]"""
    columns = [paper.wrap(text, SIZE, width - 2 * PAD) for text, width in zip(cells, WIDTHS, strict=True)]
    count = max(map(len, columns))
    if count == 1:
        return [[column[0] for column in columns]]
    return [[column[row] if row < len(column) else "" for column in columns] for row in range(count)]


def _cells(paper, rows, height):
    before = paper.y
    paper.y -= 2
    for row in rows:
        for place, text in enumerate(row):
            if text:
                right = STARTS[place] + WIDTHS[place] - PAD if place in RIGHT else None
                paper.put(text, SIZE, STARTS[place] + PAD, right=right)
        paper.y -= SIZE * LEADING
    paper.y = before - height
