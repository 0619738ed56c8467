"""Statement stage: what the supplier gets."""

import base64
import io
import re
import zlib
from datetime import datetime

import openpyxl

from odoo.tests import tagged

from ..reports import settlement_pdf
from .statement_common import StatementCase


@tagged("post_install", "-at_install")
class TestStatementPrint(StatementCase):
    def month(self):
        order = self.order((self.product, 10, 5))
        self.receive(order, 10)
        bill = self.vendor_bill((order.order_line, 6, 5), ref="=1+1")
        self.pay(bill, 7.5)
        return self.statement()

    def test_a_workbook(self):
        """S2.3.9 Given a statement with goods not billed and a bill whose number begins like a formula, when
        written as a workbook, then figures are figures, the number is text, and the working is there."""
        statement = self.month()
        book = openpyxl.load_workbook(io.BytesIO(statement._render_xlsx()))
        front, lines = book.worksheets
        amounts = {row[0].value: row[1].value for row in front.iter_rows(min_row=2) if row[0].value}
        self.assertEqual((amounts["Opening"], amounts["Bills"], amounts["Closing"]), (0, 30, 22.5))
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
        texts = _texts(settlement_pdf.render(document))
        self.assertGreater(len(texts), 5)
        for number, text in enumerate(texts, 1):
            self.assertIn(f"Page {number} of {len(texts)}", text)
        self.assertGreaterEqual(sum("Quantity" in text for text in texts), len(texts) - 1)
        self.assertIn("Opening", texts[0])

    def test_in_chinese(self):
        """Given a Chinese supplier, when printed, then its language is taken and its name is legible."""
        self.supplier.write({"lang": "zh_CN", "name": "杭州供应商有限公司"})
        statement = self.month()
        self.assertEqual(statement._print_language(), "zh_CN")
        self.assertIn("杭州供应商有限公司", "".join(_texts(statement._render_pdf())))

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


def _texts(pdf):
    """The text of every page. The font has two bytes for a letter, in Unicode's own numbers."""
    found = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        content = _decoded(stream.strip())
        if content and b"Tj" in content:
            found.append(
                "".join(_letters(part) for part in re.findall(rb"\((.*?)(?<!\\)\)\s*Tj", content, re.DOTALL))
            )
    return found


def _decoded(stream):
    try:
        return zlib.decompress(
            base64.a85decode(stream, adobe=False)
            if not stream.endswith(b"~>")
            else base64.a85decode(b"<~" + stream, adobe=True)
        )
    except (ValueError, zlib.error):
        return b""


def _letters(part):
    raw = re.sub(
        rb"\\([0-7]{3}|.)",
        lambda found: bytes([int(found[1], 8)]) if len(found[1]) == 3 else _ESCAPES.get(found[1], found[1]),
        part,
        flags=re.DOTALL,
    )
    return raw.decode("utf-16-be", "replace")


_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
