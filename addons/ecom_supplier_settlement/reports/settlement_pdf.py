"""Statement stage: a statement on paper, in letters of any language, without a browser.

A document is a dict of texts and exact amounts, see `ecom.settlement._printable`.
"""

from io import BytesIO
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, Table

# A font that every reader has and that knows Chinese; it need not be put into the file.
FONT = "STSong-Light"
SIZE = 8
WIDTHS = [20 * mm, 34 * mm, 30 * mm, 79 * mm, 22 * mm, 26 * mm, 30 * mm, 26 * mm]
# Columns whose cells are figures.
RIGHT = (4, 5, 6)
TEXT_COLUMN = 3


def render(document):
    """The PDF of a document, as bytes."""
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    content = BytesIO()
    pages = SimpleDocTemplate(
        content,
        pagesize=landscape(A4),
        leftMargin=15 * mm,
        rightMargin=15 * mm,
        topMargin=15 * mm,
        bottomMargin=18 * mm,
        title=document["title"],
        author=document["company"],
        invariant=1,
    )
    story = [*_head(document), *_footing(document)]
    for section in document["sections"]:
        story += _section(document, section)
    pages.build(story, canvasmaker=_numbered(document))
    return content.getvalue()


def _style(size=SIZE, **values):
    return ParagraphStyle("text", fontName=FONT, fontSize=size, leading=size * 1.4, wordWrap="CJK", **values)


def _text(text, size=SIZE, **values):
    return Paragraph(escape(text).replace("\n", "<br/>"), _style(size, **values))


def _head(document):
    facts = Table(
        [[_text(label), _text(value)] for label, value in document["facts"]],
        colWidths=[40 * mm, 220 * mm],
        hAlign="LEFT",
        style=[("VALIGN", (0, 0), (-1, -1), "TOP"), ("BOTTOMPADDING", (0, 0), (-1, -1), 1)],
    )
    return [_text(document["title"], 16, spaceAfter=6), facts, Spacer(1, 5 * mm)]


def _footing(document):
    rows = [[label, amount] for label, amount, _bold in document["footing"]]
    lines = [
        ("LINEABOVE", (0, place), (-1, place), 0.7, colors.black)
        for place, row in enumerate(document["footing"])
        if row[2]
    ]
    table = Table(
        rows,
        colWidths=[80 * mm, 40 * mm],
        hAlign="LEFT",
        style=[
            ("FONT", (0, 0), (-1, -1), FONT, SIZE + 1),
            ("ALIGN", (1, 0), (1, -1), "RIGHT"),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            *lines,
        ],
    )
    note = [_text(document["note"], spaceBefore=6)] if document["note"] else []
    return [table, *note, Spacer(1, 6 * mm)]


def _section(document, section):
    rows = [document["titles"]]
    style = [
        ("FONT", (0, 0), (-1, -1), FONT, SIZE),
        ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#e9ecef")),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.HexColor("#ced4da")),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
        *(("ALIGN", (place, 0), (place, -1), "RIGHT") for place in RIGHT),
    ]
    for line in section["lines"]:
        rows.append([_fitting(text, place) for place, text in enumerate(line["cells"])])
        if line["working"]:
            style += [("SPAN", (TEXT_COLUMN, len(rows)), (-1, len(rows)))]
            # The line itself is above; its working is read from left to right over all columns.
            style += [("ALIGN", (TEXT_COLUMN, len(rows)), (-1, len(rows)), "LEFT")]
            working = _text(line["working"], SIZE - 1, textColor=colors.HexColor("#495057"))
            rows.append(["", "", "", working, "", "", "", ""])
    rows.append(["", "", "", section["total_label"], "", "", section["total"], ""])
    style.append(("LINEABOVE", (0, -1), (-1, -1), 0.7, colors.black))
    table = LongTable(rows, colWidths=WIDTHS, repeatRows=1, style=style)
    return [_text(section["title"], 11, spaceBefore=4, spaceAfter=3), table, Spacer(1, 5 * mm)]


def _fitting(text, place):
    """Plain text where it fits, because wrapping is a hundred times slower."""
    if pdfmetrics.stringWidth(text, FONT, SIZE) <= WIDTHS[place] - 12 and "\n" not in text:
        return text
    return _text(text, alignment=2 if place in RIGHT else 0)


def _numbered(document):
    """A canvas that knows at the end how many pages there are."""

    class Numbered(Canvas):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.kept = []

        def showPage(self):  # noqa: N802  (the name is reportlab's)
            self.kept.append(dict(self.__dict__))
            self._startPage()

        def save(self):  # pylint: disable=missing-return
            for number, state in enumerate(self.kept, 1):
                self.__dict__.update(state)
                self.setFont(FONT, SIZE)
                self.drawString(15 * mm, 10 * mm, document["footer"])
                text = document["page"] % {"page": number, "pages": len(self.kept)}
                self.drawRightString(landscape(A4)[0] - 15 * mm, 10 * mm, text)
                super().showPage()  # pylint: disable=super-method-mismatch
            super().save()

    return Numbered
