"""Statement stage: a statement as a workbook: figures are figures, and no text becomes a formula."""

from io import BytesIO

import xlsxwriter

WIDTHS = (12, 22, 18, 44, 12, 14, 16, 14, 60)


def render(document):
    """The workbook of a document, as bytes: footing and totals on the first sheet, lines on the second."""
    content = BytesIO()
    book = xlsxwriter.Workbook(
        content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    money_form = _form(document["digits"], "0")
    formats = {
        "bold": bold,
        "money": book.add_format({"num_format": money_form}),
        "total": book.add_format({"num_format": money_form, "bold": True, "top": 1}),
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        "quantity": book.add_format({"num_format": _form(document["quantity_digits"], "#")}),
        "price": book.add_format({"num_format": _form(document["price_digits"], "#")}),
        "wrap": book.add_format({"text_wrap": True}),
    }
    _front(book.add_worksheet(document["sheets"][0]), document, formats)
    _lines(book.add_worksheet(document["sheets"][1]), document, formats)
    book.close()
    return content.getvalue()


def _front(sheet, document, formats):
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, 1, 30)
    sheet.write_string(0, 0, document["title"], formats["bold"])
    row = 2
    for label, value in document["facts"]:
        sheet.write_string(row, 0, label)
        sheet.write_string(row, 1, value)
        row += 1
    row += 1
    for (label, _text, is_total), amount in zip(
        document["footing"], document["footing_amounts"], strict=True
    ):
        sheet.write_string(row, 0, label)
        sheet.write_number(row, 1, amount, formats["total" if is_total else "money"])
        row += 1
    row += 1
    for section in document["sections"]:
        sheet.write_string(row, 0, section["title"])
        sheet.write_number(row, 1, section["total_amount"], formats["money"])
        row += 1
    if document["note"]:
        sheet.write_string(row + 1, 0, document["note"], formats["wrap"])


def _form(digits, sign):
    """How a number is shown: with all decimals, or with those that count."""
    return f"#,##0.{sign * digits}" if digits else "#,##0"


def _lines(sheet, document, formats):
    titles = [document["origin_title"], *document["titles"], document["working_title"]]
    for place, title in enumerate(titles):
        sheet.write_string(0, place, title, formats["bold"])
    sheet.set_column(0, 0, 18)
    for place, width in enumerate(WIDTHS, 1):
        sheet.set_column(place, place, width)
    row = 0
    for section in document["sections"]:
        for line in section["lines"]:
            row += 1
            _line(sheet, row, section["title"], line, formats)
    sheet.freeze_panes(1, 0)
    if row:
        sheet.autofilter(0, 0, row, len(titles) - 1)


def _line(sheet, row, origin, line, formats):
    cells = line["cells"]
    sheet.write_string(row, 0, origin)
    sheet.write_datetime(row, 1, line["day"], formats["day"])
    for place in (1, 2, 3):
        sheet.write_string(row, place + 1, cells[place])
    for place, name in ((4, "quantity"), (5, "price")):
        if line[name] is not None:
            sheet.write_number(row, place + 1, line[name], formats[name])
    sheet.write_number(row, 7, line["amount"], formats["money"])
    sheet.write_string(row, 8, cells[7])
    sheet.write_string(row, 9, line["working"])
