"""Statement stage: the supplier's own statement against ours."""

import base64
import io

import openpyxl

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..statement_common import StatementCase

FILE = """日期,单据编号,采购订单号,摘要,借方金额,贷方金额
,,,期初余额,0,
2026/9/10,V-1,,销售,100.00,
2026-09-12,V-2,,销售,41.00,
2026-09-13,X-9,,销售,7.00,
2026-09-25,,,收款,,60.00
"""


@tagged("post_install", "-at_install")
class TestStatementCompare(StatementCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        first = cls.vendor_bill((cls.product, 10, 10), ref="V-1")
        cls.vendor_bill((cls.product, 4, 10), ref="V-2", day="2026-09-12")
        cls.vendor_bill((cls.product, 1, 3), ref="V-3", day="2026-09-14")
        cls.pay(first, 60)

    def upload(self, text, statement=None, name="theirs.csv"):
        statement = statement or self.statement()
        content = base64.b64encode(text.encode())
        return self.env["ecom.statement.comparison"].browse(statement.compare_file(name, content))

    def test_line_by_line(self):
        """S2.8.10 Given a statement of the supplier with a same invoice, one of another amount, one we have
        not, a payment of the same day, and one of ours missing, when compared, then each is told and the
        difference of the closings is proven."""
        comparison = self.upload(FILE)
        found = {
            (line.kind, line.their_document, line.our_document and line.move_id.ref, line.difference)
            for line in comparison.line_ids
        }
        payment = comparison.line_ids.filtered(lambda line: line.kind == "suggestion")
        self.assertEqual((payment.amount_ours, payment.rule), (-60, "amount_and_day"))
        self.assertLessEqual(
            {
                ("same", "V-1", "V-1", 0.0),
                ("amount", "V-2", "V-2", 1.0),
                ("theirs", "X-9", False, 7.0),
                ("ours", False, "V-3", -3.0),
            },
            {(kind, their or False, our or False, amount) for kind, their, our, amount in found},
        )
        self.assertEqual((comparison.closing_theirs, comparison.closing_ours), (88, 83))
        self.assertEqual(
            (comparison.difference, comparison.difference_lines, comparison.unexplained), (5, 5, 0)
        )
        self.assertEqual(comparison.result, "incomplete")
        shown = comparison.web_read(
            {"line_ids": {"fields": {"move_id": {"fields": {"display_name": {}}}, "kind": {}}}}
        )
        self.assertEqual(len(shown[0]["line_ids"]), 5)
        lines = self.statement().line_ids.web_read({"move_id": {"fields": {"display_name": {}}}})
        self.assertTrue(all(line["move_id"] for line in lines))

    def test_a_workbook(self):
        """Given the supplier's statement as a workbook in English, when compared, then it is read."""
        book = openpyxl.Workbook()
        book.active.append(["Date", "Document", "Amount"])
        book.active.append(["2026-09-10", "V-1", "100.00"])
        content = io.BytesIO()
        book.save(content)
        statement = self.statement()
        found = statement.compare_file("t.xlsx", base64.b64encode(content.getvalue()))
        comparison = self.env["ecom.statement.comparison"].browse(found)
        self.assertEqual((comparison.result, comparison.difference), ("missing", 17))

    def test_their_arithmetic(self):
        """Given a closing amount that is not their opening and lines, when compared, then it is shown."""
        comparison = self.upload(FILE + ",,,期末余额,90.00,\n")
        self.assertEqual((comparison.difference, comparison.unexplained), (7, 2))

    def test_the_same_file_again(self):
        """Given a compared file, when it comes again after an invoice was posted, then it is one comparison,
        of the statement as it is now, and nobody can write its result."""
        first = self.upload(FILE)
        self.vendor_bill((self.product, 1, 7), ref="X-9", day="2026-09-13")
        statement = self.statement()
        statement.action_compute()
        again = self.upload(FILE, statement)
        self.assertEqual(again, first)
        self.assertEqual((again.difference, again.result), (-2, "missing"))
        with self.assertRaises(UserError):
            again.with_user(self.manager).result = "matched"

    def test_bad_files(self):
        """Given a file with bad cells or without titles, when uploaded, then every cell is named and
        nothing is stored."""
        with self.assertRaisesRegex(UserError, "(?s)row 2.*row 3"):
            self.upload("Date,Document,Amount\n2026-09-10,V1,x\nnoday,V2,1.00\n")
        with self.assertRaisesRegex(UserError, "1.005"):
            self.upload("Date,Document,Amount\n2026-09-10,V1,1.005\n")
        with self.assertRaises(UserError):
            self.upload("a,b\n1,2\n")
        self.assertFalse(self.statement().comparison_ids)

    def test_the_supplier_uploads(self):
        """Given two suppliers, when one uploads to its sent statement, then it gets the result; to
        the other's it is refused, and the comparison itself stays ours."""
        contact = self.env["res.partner"].create({"name": "c", "parent_id": self.supplier.id})
        user = self.person("alpha", "base.group_portal", partner_id=contact.id)
        mine = self.statement()
        mine._go_to("sent")
        answer = mine.with_user(user).portal_compare("a.csv", base64.b64encode(FILE.encode()))
        self.assertEqual((answer["result"], answer["difference"]), ("incomplete", "5.00"))
        stranger = self.person("beta", "base.group_portal")
        with self.assertRaises(AccessError):
            mine.with_user(stranger).portal_compare("a.csv", base64.b64encode(FILE.encode()))
        with self.assertRaises(AccessError):
            mine.comparison_ids.with_user(user).read(["result"])
