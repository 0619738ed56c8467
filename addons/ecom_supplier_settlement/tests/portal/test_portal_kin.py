"""Confirm stage: logins of other suppliers, of kin and of customers, and files made to mislead."""

import time

from odoo import Command
from odoo.tests import tagged

from ..intake_common import BUYER, einvoice
from ..portal_common import HostileCase

UBL = "urn:oasis:names:specification:ubl:schema:xsd"


def ubl(day="2026-09-10", quantity="10", price="5.00", amount="50.00", total=None):
    """An invoice as Odoo's own reader takes it."""
    money = " ".join(
        f'<cbc:{name} currencyID="CNY">{total or amount}</cbc:{name}>'
        for name in ("LineExtensionAmount", "TaxExclusiveAmount", "TaxInclusiveAmount", "PayableAmount")
    )
    return f"""<?xml version="1.0"?><Invoice xmlns="{UBL}:Invoice-2"
        xmlns:cac="{UBL}:CommonAggregateComponents-2" xmlns:cbc="{UBL}:CommonBasicComponents-2">
        <cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0</cbc:CustomizationID><cbc:ID>U-1</cbc:ID><cbc:IssueDate>{day}</cbc:IssueDate>
        <cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
        <cbc:DocumentCurrencyCode>CNY</cbc:DocumentCurrencyCode>
        <cac:AccountingSupplierParty><cac:Party><cac:PartyName><cbc:Name>Supplier A</cbc:Name></cac:PartyName>
        </cac:Party></cac:AccountingSupplierParty>
        <cac:LegalMonetaryTotal>{money}</cac:LegalMonetaryTotal>
        <cac:InvoiceLine><cbc:ID>1</cbc:ID>
        <cbc:InvoicedQuantity unitCode="C62">{quantity}</cbc:InvoicedQuantity>
        <cbc:LineExtensionAmount currencyID="CNY">{amount}</cbc:LineExtensionAmount>
        <cac:Item><cbc:Name>P1</cbc:Name></cac:Item>
        <cac:Price><cbc:PriceAmount currencyID="CNY">{price}</cbc:PriceAmount></cac:Price></cac:InvoiceLine>
        </Invoice>""".encode()


@tagged("post_install", "-at_install")
class TestKin(HostileCase):
    """Whose documents they are when companies belong together, and when a login is of no supplier."""

    def test_companies_of_one_family(self):
        """I4 Given a supplier that is a part of another company, when the other one's people log in, then
        they see nothing of it by page or call, and two contacts of the supplier itself see the same."""
        holding = self.partner("Holding")
        self.supplier.parent_id = holding
        self.assertEqual(self.supplier.commercial_partner_id, self.supplier)
        self.login("holding", holding)
        self.login("second", self.supplier)
        self.pay(self.invoice)
        for name, sees in (("holding", False), ("second", True), ("vendor", True)):
            self.enter(f"settle_{name}")
            pages = "".join(
                self.url_open(path).text
                for path in (
                    "/my/statements",
                    f"/my/statements/{self.sent.id}",
                    "/my/receipts",
                    "/my/supplier-payments",
                )
            )
            self.assertEqual(self.sent.name in pages, sees)
            self.assertEqual(self.delivery.name in pages, sees)
            self.assertEqual("INV-1" in pages, sees)
            found = self.call("ecom.statement.line", "search_read", [], ["name"])
            self.assertEqual("P1" in found, sees)

    def test_a_payment_of_somebody_elses_bill(self):
        """I4 Given a payment to A that was matched with an invoice of B, when A looks at its payments, then
        B's number is not there."""
        order = self.order((self.product, 3, 7), partner=self.other_supplier)
        self.receive(order)
        foreign = self.vendor_bill((order.order_line, 3, 7), partner=self.other_supplier, ref="FOREIGN-1")
        payment = self.pay(self.invoice)
        payment.write({"invoice_ids": [Command.link(foreign.id)]})
        self.enter("settle_vendor")
        page = self.url_open("/my/supplier-payments").text
        self.assertIn("INV-1", page)
        self.assertNotIn("FOREIGN-1", page)

    def test_a_customer_sends_no_bills(self):
        """S2.1.5 Given a customer's login, when it opens the page for invoices or sends one, then there is no
        such page for it and no invoice."""
        self.login("customer", self.env["res.partner"].create({"name": "Customer", "is_company": True}))
        self.enter("settle_customer")
        before = self.env["account.move"].search_count([])
        self.assertNotIn("supplier-bills", self.url_open("/my").text)
        page = self.url_open("/my/supplier-bills/upload")
        self.assertTrue(page.url.endswith("/my"), page.url)
        files = {"files": ("bill.pdf", b"%PDF-1.4", "application/pdf")}
        page = self.post("/my/supplier-bills/upload", files=files)
        self.assertEqual(self.env["account.move"].search_count([]), before)

    def test_a_supplier_that_was_never_billed(self):
        """S2.1.5 Given a supplier with an order and no invoice yet, when it logs in, then it may send
        invoices."""
        fresh = self.env["res.partner"].create({"name": "Fresh", "is_company": True})
        self.order((self.product, 1, 1), partner=fresh)
        self.login("fresh", fresh)
        self.enter("settle_fresh")
        self.assertIn("/my/supplier-bills/upload", self.url_open("/my").text)

    def test_an_archived_login(self):
        """I4 Given a login that was archived while it was open, when it goes on, then it is out."""
        self.enter("settle_vendor")
        self.vendor.active = False
        page = self.post(f"/my/statements/{self.sent.id}/confirm", everything="1")
        self.assertIn("/web/login", page.url)
        self.assertEqual(set(self.sent.line_ids.mapped("state")), {"open"})


@tagged("post_install", "-at_install")
class TestUploads(HostileCase):
    """Files that are made to be read by a machine in another way than they look."""

    def test_somebody_elses_einvoice(self):
        """I4 Given an e-invoice of B that is booked, when A sends a file with its number, then A is told that
        it came already and not whose it is, over what, or as which invoice."""
        self.assertFalse(self.supplier.vat)
        number = "26312000000000000011"
        self.second_invoice.sudo().copy({"partner_id": self.other_supplier.id}).write(
            {"ecom_einvoice_number": number, "ref": "FOREIGN-REF"}
        )
        self.enter("settle_vendor")
        self.company.vat = BUYER
        content = einvoice(("P1", "10", "50.00", "13%", "6.50"), number=number)
        page = self.post("/my/supplier-bills/upload", files={"files": ("i.xml", content, "text/xml")}).text
        self.assertIn("was sent to us already", page)
        for word in ("Supplier B", "FOREIGN-REF", "BILL/"):
            self.assertNotIn(word, page)

    def test_entities(self):
        """Given XML that declares entities, of any kind of invoice, when it is sent, then it is refused at
        once and nothing of our machine is in the answer."""
        self.enter("settle_vendor")
        laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
        for name, root in (
            ("i.xml", "EInvoice"),
            ("u.xml", "Invoice"),
            ("c.xml", "rsm:CrossIndustryInvoice"),
        ):
            ns = (
                ' xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"'
                ' xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"'
            )
            for kind in (f'<!ENTITY l0 "ha">{laughs}', '<!ENTITY l11 SYSTEM "file:///etc/passwd">'):
                text = f'<?xml version="1.0"?><!DOCTYPE x [{kind}]><{root}{ns}><ID>&l11;</ID></{root}>'
                began = time.monotonic()
                files = {"files": (name, text.encode(), "text/xml")}
                page = self.post("/my/supplier-bills/upload", files=files)
                self.assertIn("alert-danger", page.text, name)
                self.assertNotIn("root:", page.text)
                self.assertLess(time.monotonic() - began, 20)
        self.assertFalse(self.env["account.move"].search([("ecom_intake_source", "=", "portal")]))

    def test_a_page_named_as_a_table(self):
        """S2.1.5 Given a web page with the name of a table, when it is sent, then it is refused by name."""
        self.enter("settle_vendor")
        page = b"<html><body><table><tr><td>1</td></tr></table></body></html>"
        for name in ("list.xls", "list.html", "list.xml", "list.csv"):
            files = {"files": (name, page, "application/vnd.ms-excel")}
            answer = self.post("/my/supplier-bills/upload", files=files)
            self.assertIn("alert-danger", answer.text, name)
            self.assertIn(name, answer.text)

    def test_values_that_are_none(self):
        """S2.1.5 Given UBL whose day or amount is none, when it is sent, then it is refused by name and
        nothing is stored."""
        self.enter("settle_vendor")
        before = self.env["account.move"].search_count([])
        for name, value in (
            *(("day", value) for value in ("NaN", "2026-99-99", "0")),
            *(("price", value) for value in ("NaN", "-", "1e400", "1,5", "")),
            *(("quantity", value) for value in ("inf", "null")),
        ):
            content = ubl(**{name: value})
            page = self.post("/my/supplier-bills/upload", files={"files": ("u.xml", content, "text/xml")})
            self.assertIn("alert-danger", page.text, (name, value))
            self.assertIn("u.xml", page.text)
        self.assertEqual(self.env["account.move"].search_count([]), before)

    def test_a_total_that_lines_do_not_make(self):
        """S2.1.5 S2.1.6 Given UBL whose lines come to another amount than its total, when it is sent, then
        the draft says so and keeps the supplier's total, which the match compares."""
        self.supplier.vat = "BE0477472701"
        tax_number = "<cac:PartyTaxScheme><cbc:CompanyID>BE0477472701</cbc:CompanyID></cac:PartyTaxScheme>"
        self.enter("settle_vendor")
        for number, (values, said, total) in enumerate(
            (({}, False, 50), ({"quantity": "5.001"}, True, 50), ({"total": "60.00"}, True, 60))
        ):
            content = ubl(**values).decode().replace("U-1", f"U-{number}")
            content = content.replace("</cac:Party>", f"{tax_number}</cac:Party>").encode()
            page = self.post("/my/supplier-bills/upload", files={"files": ("u.xml", content, "text/xml")})
            self.assertIn("alert-success", page.text, page.text[-3000:])
            bill = self.env["account.move"].search([("ref", "=", f"U-{number}")])
            self.assertEqual(bill.ecom_document_total, total)
            self.assertEqual("states a total" in "".join(bill.message_ids.mapped("body")), said, values)
