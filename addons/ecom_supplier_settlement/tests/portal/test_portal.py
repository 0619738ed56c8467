"""Confirm stage: what a supplier sees and does in the portal, and what nobody else's supplier does."""

from odoo import http
from odoo.tests import HttpCase, tagged

from ..portal_common import PortalCase


@tagged("post_install", "-at_install")
class TestPortal(PortalCase, HttpCase):
    def token(self):
        return http.Request.csrf_token(self)

    def post(self, path, files=None, **fields):
        return self.url_open(path, data={"csrf_token": self.token(), **fields}, files=files)

    def shows(self, page, *words):
        """A page is too long to print: name the missing words only."""
        self.assertEqual([word for word in words if word not in page.text], [], page.url)

    def hides(self, page, *words):
        self.assertEqual([word for word in words if word in page.text], [], page.url)

    def test_pages_of_the_supplier(self):
        """S2.4.6 S2.8.6 Given a statement that was sent, when its supplier opens the portal, then home, list,
        statement with working, deliveries and payments are there."""
        self.pay(self.invoice)
        self.authenticate("settle_vendor", "settle_vendor")
        for path, words in {
            "/my": ("/my/statements", "/my/receipts"),
            "/my/statements": (self.sent.name,),
            f"/my/statements/{self.sent.id}": ("INV-1", "Confirm all", "Dispute"),
            "/my/receipts": (self.delivery.name, "P1"),
            "/my/supplier-payments": ("INV-1",),
            "/my/supplier-bills/upload": ("Send Invoices",),
        }.items():
            page = self.url_open(path)
            self.assertEqual(page.status_code, 200, path)
            self.shows(page, *words)

    def test_confirm_and_dispute(self):
        """S2.4.6 I5 Given a statement, when one line is disputed with a file and the rest confirmed, then the
        line says why, the file is evidence, and only its own amount is held back."""
        self.authenticate("settle_vendor", "settle_vendor")
        first, second = self.sent.line_ids.sorted("id")[:2]
        page = self.post(
            f"/my/statements/{self.sent.id}/dispute",
            files={"files": ("proof.txt", b"as agreed", "text/plain")},
            line=first.id,
            reason="price",
            text="5.10 agreed",
        )
        self.shows(page, "5.10 agreed")
        self.assertEqual((first.state, first.dispute_reason), ("disputed", "price"))
        evidence = self.env["ir.attachment"].search(
            [("res_model", "=", "ecom.statement"), ("res_id", "=", self.sent.id), ("name", "=", "proof.txt")]
        )
        self.assertEqual(evidence.raw, b"as agreed")
        self.post(f"/my/statements/{self.sent.id}/confirm", line=second.id)
        self.assertEqual(second.state, "confirmed")
        self.post(f"/my/statements/{self.sent.id}/confirm", everything="1")
        self.assertEqual(set((self.sent.line_ids - first).mapped("state")), {"confirmed"})
        self.assertEqual((self.sent.state, self.sent.disputed_count), ("disputed", 1))

    def test_nothing_ticked(self):
        """Given no ticked line, when confirmed, then the page asks for one and nothing changes."""
        self.authenticate("settle_vendor", "settle_vendor")
        page = self.post(f"/my/statements/{self.sent.id}/confirm")
        self.shows(page, "Tick the lines")
        self.assertEqual(set(self.sent.line_ids.mapped("state")), {"open"})

    def test_another_supplier(self):
        """I4 Given the statement of supplier A, when B's user asks for it by address, action, download or
        list, then B gets nothing of it and changes nothing."""
        self.authenticate("settle_rival", "settle_rival")
        for path in ("", "?report_type=pdf", "?report_type=xlsx", "/page/2"):
            page = self.url_open(f"/my/statements/{self.sent.id}{path}")
            self.assertTrue(page.url.endswith("/my"), page.url)
            self.hides(page, self.sent.name)
        for path in ("/my/statements", "/my/receipts", "/my/supplier-payments"):
            page = self.url_open(path)
            self.hides(page, self.sent.name)
            self.hides(page, self.delivery.name)
        line = self.sent.line_ids[0]
        for action, fields in {
            "confirm": {"everything": "1"},
            "dispute": {"line": line.id, "reason": "price", "text": "no"},
        }.items():
            self.post(f"/my/statements/{self.sent.id}/{action}", **fields)
        self.assertEqual(set(self.sent.line_ids.mapped("state")), {"open"})

    def test_a_line_of_another_statement(self):
        """I4 Given two suppliers' statements, when A confirms a line of B's by number, then it is refused."""
        order = self.order((self.product, 3, 7), partner=self.other_supplier)
        self.receive(order)
        self.vendor_bill((order.order_line, 3, 7), partner=self.other_supplier, ref="B-1")
        foreign = self.statement(partner=self.other_supplier)
        foreign._go_to("sent")
        self.authenticate("settle_vendor", "settle_vendor")
        page = self.post(f"/my/statements/{self.sent.id}/confirm", line=foreign.line_ids[0].id)
        self.shows(page, "alert-danger")
        self.assertEqual(foreign.line_ids[0].state, "open")

    def test_a_link_is_no_key(self):
        """I4 Given the link of a mail, even with a token, when a stranger opens it, then it asks for a
        login, and shows a rival nothing; the supplier sees what was sent; a draft is nobody's."""
        # As whoever could write it by other ways might have.
        self.sent.access_token = "7e5c"
        urls = (self.sent.get_portal_url(), self.sent.access_url, self.sent.access_url + "?access_token=7e5c")
        for url in urls:
            self.authenticate(None, None)
            page = self.url_open(url)
            self.assertIn("/web/login", page.url)
            self.hides(page, "INV-1")
            self.authenticate("settle_rival", "settle_rival")
            self.hides(self.url_open(url), "INV-1")
            self.authenticate("settle_vendor", "settle_vendor")
            self.shows(self.url_open(url), "INV-1")
        self.assertNotIn("7e5c", self.sent.get_portal_url() + self.sent._get_share_url())
        self.sent._go_to("draft")
        for login in (None, "settle_rival", "settle_vendor"):
            self.authenticate(login, login)
            self.hides(self.url_open(urls[-1]), "INV-1")

    def test_a_bill_from_the_portal(self):
        """S2.1.5 Given a file that is no invoice, when a supplier sends it, then it is refused by name and
        nothing is stored."""
        self.authenticate("settle_vendor", "settle_vendor")
        before = self.env["account.move"].search_count([])
        page = self.post(
            "/my/supplier-bills/upload",
            files={"files": ("note.xml", b"<html>no bill</html>", "text/xml")},
        )
        self.shows(page, "note.xml")
        self.shows(page, "alert-danger")
        self.assertEqual(self.env["account.move"].search_count([]), before)

    def test_own_statement(self):
        """S2.8.10 Given the supplier's own statement with one other amount and one document that we have not,
        when uploaded in the portal, then both are shown with the difference; a bad file changes nothing."""
        self.authenticate("settle_vendor", "settle_vendor")
        path = f"/my/statements/{self.sent.id}/own"
        page = self.post(path, files={"file": ("own.csv", b"nothing,here\n1,2\n", "text/csv")})
        self.shows(page, "alert-danger")
        rows = "date,document,description,amount\n2026-09-10,INV-1,,51.00\n2026-09-11,INV-9,,7.00\n"
        page = self.post(path, files={"file": ("own.csv", rows.encode(), "text/csv")})
        self.shows(page, "alert-success", 'id="comparison"', "INV-9")
        comparison = self.sent.comparison_ids
        self.assertEqual((comparison.closing_theirs, comparison.difference), (58, -2))

    def test_a_list_of_bills_from_the_portal(self):
        """S2.1.5 Given a list with one invoice of an order, when the supplier sends it, then a draft of it
        waits for the accountant, of this supplier alone, and the page says so."""
        self.authenticate("settle_vendor", "settle_vendor")
        rows = (
            "invoice_no,invoice_date,po,sku,product,quantity,unit_price,amount,tax_rate,tax,currency\n"
            f"INV-7,2026-09-12,{self.purchase.name},P1,P1,1,5.00,5.00,0,0.00,CNY\n"
        )
        page = self.post(
            "/my/supplier-bills/upload", files={"files": ("list.csv", rows.encode(), "text/csv")}
        )
        self.shows(page, "alert-success", "INV-7")
        bill = self.env["account.move"].search([("ref", "=", "INV-7")])
        self.assertEqual((bill.state, bill.partner_id, bill.amount_total), ("draft", self.supplier, 5))
        self.assertEqual(str(bill.invoice_date_due), "2026-09-12", "without terms it is due on its own day")
