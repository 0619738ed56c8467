"""Statement stage: what the supplier gets."""

import io
from datetime import datetime

import openpyxl
from pypdf import PdfReader

from odoo.tests import tagged

from odoo.addons.ecom_connectors.reports import fonts, paper

from ...reports import statement_pdf
from ..common import pages
from ..statement_common import StatementCase


@tagged("post_install", "-at_install")
class TestStatementPrint(StatementCase):
    def month(self):
        order = self.order((self.product, 10, 5))
        self.receive(order, 10)
        bill = self.vendor_bill((order.order_line, 6, 5), ref="=1+1")
        self.pay(bill, 7.5)
        return self.statement()

    def test_a_workbook(self):
        """S2.3.9 Given a statement with goods not invoiced and an invoice whose number begins like a formula,
        when written as a workbook, then figures are figures, the number is text, and the working is there."""
        statement = self.month()
        book = openpyxl.load_workbook(io.BytesIO(statement._render_xlsx()))
        front, lines = book.worksheets
        amounts = {row[0].value: row[1].value for row in reversed(list(front.iter_rows(min_row=2)))}
        self.assertEqual((amounts["Payment"], amounts["Received, not Invoiced"]), (-7.5, 20))
        self.assertEqual((lines.freeze_panes, lines["H2"].number_format), ("A2", "#,##0.00"))
        self.assertEqual((amounts["Opening"], amounts["Invoices"], amounts["Closing"]), (0, 30, 22.5))
        rows = [row for row in lines.iter_rows(min_row=2)]
        self.assertEqual(sorted(row[7].value for row in rows), [-7.5, 20, 30])
        self.assertTrue(all(isinstance(row[1].value, datetime) for row in rows))
        numbers = {row[2].value: row[2].data_type for row in rows}
        self.assertEqual(numbers["=1+1"], "s")
        self.assertTrue(any("4.00 x 5" in (row[9].value or "") for row in rows))

    def test_a_pdf(self):
        """S2.3.9 Given a statement, when printed, then it is a PDF; 300 lines make many pages that say
        which of how many they are and repeat the titles."""
        statement = self.month()
        self.assertTrue(statement._render_pdf().startswith(b"%PDF"))
        document = statement._printable()
        line = document["sections"][0]["lines"][0]
        document["sections"][0]["lines"] = [line] * 300
        texts = pages(statement_pdf.render([document]))
        self.assertGreater(len(texts), 5)
        for number, text in enumerate(texts, 1):
            self.assertIn(f"Page {number} of {len(texts)}", text)
        self.assertGreaterEqual(sum("Quantity" in text for text in texts), len(texts) - 1)
        self.assertIn("Opening", texts[0])

    def test_in_chinese(self):
        """Given a Chinese supplier, when printed, then its language is taken and its name is legible."""
        self.supplier.write({"lang": "zh_CN", "name": "杭州供应商有限公司"})
        statement = self.month()
        self.assertEqual(statement._print_language(self.supplier), "zh_CN")
        self.assertIn("杭州供应商有限公司", "".join(pages(statement._render_pdf())))

    def test_fonts(self):
        """Given a server with a font that knows Chinese, when printed, then it is in the file and no other is
        named; without one the text is there all the same."""
        self.supplier.name = "杭州供应商有限公司"
        document = self.month()._printable()
        for found in {fonts.font_name(), fonts._fallback()}:
            self.patch(paper, "font_name", lambda found=found: found)
            content = statement_pdf.render([document])
            self.assertIn("杭州供应商有限公司", pages(content)[0])
            used = PdfReader(io.BytesIO(content)).pages[0]["/Resources"]["/Font"].values()
            names = {font.get_object()["/BaseFont"].rpartition("+")[2] for font in used}
            self.assertEqual(len(names), 1, names)
            embedded = found != fonts.FALLBACK
            self.assertEqual(any("/FontFile2" in _descriptor(font) for font in used), embedded)

    def test_longpages(self):
        """Given texts longer than their columns and a note of many lines, when printed, then every letter is
        there."""
        statement = self.month()
        document = statement._printable()
        words = " ".join(f"word{number}" for number in range(80))
        letters = "长" * 200
        line = document["sections"][0]["lines"][0]
        cells = [*line["cells"][:3], f"{words} {letters}", "1", "2", "1" * 60, ""]
        document["sections"][0]["lines"] = [{**line, "cells": cells, "working": words}] * 12
        document["note"] = "\n".join(f"note {number}" for number in range(90))
        text = "".join(pages(statement_pdf.render([document])))
        self.assertEqual(text.count("长"), 200 * 12)
        plain = text.replace("\n", " ")
        for word in ("word0 ", "word79 "):
            self.assertEqual(plain.count(word), 24, word)
        self.assertEqual(text.count("note "), 90)

    def test_figures_are_whole(self):
        """Given quantities and prices of many digits, when printed, then none is rounded away."""
        self.vendor_bill((self.product, 1234567.25, 12345.67))
        line = self.statement()._printable()["sections"][0]["lines"][0]
        self.assertEqual(line["cells"][4:6], ["1,234,567.25", "12,345.67"])

    def test_sent_by_mail(self):
        """S2.4.5 Given a draft, when sent, then it is sent, the mail has both files and the link, and the
        files are kept on the statement."""
        statement = self.month()
        statement.action_send()
        self.assertEqual((statement.state, statement.sent_id), ("sent", self.buyer))
        mail = self.env["mail.mail"].search([("model", "=", statement._name), ("res_id", "=", statement.id)])
        self.assertEqual(mail.recipient_ids, self.supplier)
        names = sorted(mail.attachment_ids.mapped("name"))
        self.assertEqual([name[-4:] for name in names], [".pdf", "xlsx"])
        self.assertIn(f"/my/statements/{statement.id}", mail.body_html)
        kept = self.env["ir.attachment"].search(
            [("res_model", "=", statement._name), ("res_id", "=", statement.id)]
        )
        self.assertGreaterEqual(set(kept.mapped("name")), set(names))


def _descriptor(font):
    font = font.get_object()
    inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
    return inner["/FontDescriptor"].get_object()
