"""Invoice stage: whichever way a supplier's file comes, the draft is the same."""

import base64

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..intake_common import BUYER, NUMBER, SELLER, IntakeCase, einvoice, zipped

MAIL = """From: Supplier A <supplier@example.com>
To: bills@example.com
Subject: Invoice
Message-ID: <settle-{number}@example.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="X"

--X
Content-Type: text/plain

See attached.
--X
Content-Type: {kind}; name="{name}"
Content-Disposition: attachment; filename="{name}"
Content-Transfer-Encoding: base64

{content}
--X--
"""
UBL = """<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0</cbc:CustomizationID>
<cbc:ProfileID>urn:fdc:peppol.eu:2017:poacc:billing:01:1.0</cbc:ProfileID>
<cbc:ID>UBL-1</cbc:ID><cbc:IssueDate>2026-09-10</cbc:IssueDate><cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
<cbc:DocumentCurrencyCode>CNY</cbc:DocumentCurrencyCode>
<cac:AccountingSupplierParty><cac:Party><cac:PartyName><cbc:Name>Supplier A</cbc:Name></cac:PartyName>
<cac:PartyTaxScheme><cbc:CompanyID>{seller}</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>
</cac:PartyTaxScheme><cac:PartyLegalEntity><cbc:RegistrationName>Supplier A</cbc:RegistrationName>
</cac:PartyLegalEntity></cac:Party></cac:AccountingSupplierParty>
<cac:AccountingCustomerParty><cac:Party><cac:PartyTaxScheme><cbc:CompanyID>{buyer}</cbc:CompanyID>
<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme></cac:Party></cac:AccountingCustomerParty>
<cac:TaxTotal><cbc:TaxAmount currencyID="CNY">6.50</cbc:TaxAmount></cac:TaxTotal>
<cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID="CNY">50.00</cbc:LineExtensionAmount>
<cbc:TaxExclusiveAmount currencyID="CNY">50.00</cbc:TaxExclusiveAmount>
<cbc:TaxInclusiveAmount currencyID="CNY">56.50</cbc:TaxInclusiveAmount>
<cbc:PayableAmount currencyID="CNY">56.50</cbc:PayableAmount></cac:LegalMonetaryTotal>
<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode="C62">10</cbc:InvoicedQuantity>
<cbc:LineExtensionAmount currencyID="CNY">50.00</cbc:LineExtensionAmount>
<cac:Item><cbc:Description>P1</cbc:Description><cbc:Name>P1</cbc:Name>
<cac:SellersItemIdentification><cbc:ID>P1</cbc:ID></cac:SellersItemIdentification>
<cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>13</cbc:Percent>
<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:ClassifiedTaxCategory></cac:Item>
<cac:Price><cbc:PriceAmount currencyID="CNY">5.00</cbc:PriceAmount></cac:Price></cac:InvoiceLine></Invoice>"""


@tagged("post_install", "-at_install")
class TestIntakeWays(IntakeCase):
    def mail_in(self, name, content, kind="application/xml"):
        """What the mail gateway makes of a mail to the alias of the purchase journal."""
        journal = self.env["account.journal"].search(
            [("type", "=", "purchase"), ("company_id", "=", self.company.id)], limit=1
        )
        mail = MAIL.format(
            number=name, name=name, kind=kind, content=base64.encodebytes(content).decode("ascii")
        )
        move_id = self.env["mail.thread"].message_process(
            "account.move",
            mail,
            custom_values={
                "move_type": "in_invoice",
                "journal_id": journal.id,
                "company_id": self.company.id,
            },
        )
        return self.env["account.move"].browse(move_id)

    def test_a_mail_makes_the_same_draft(self):
        """S2.1.5 Given an order, when its e-invoice comes by mail, plain or in a ZIP, then the draft has the
        lines, the number and the file; a second mail of it leaves an empty draft that says why.
        """
        order = self.order((self.product, 10, 5), (self.other_product, 1, 7), currency=self.yuan)
        content = einvoice(("P1", "10", "50.00", "0.13", "6.50"))
        bill = self.mail_in("invoice.xml", content)
        self.assertEqual(bill.ecom_einvoice_number, NUMBER, bill.message_ids.mapped("body"))
        self.assertEqual(bill.invoice_line_ids.purchase_line_id, order.order_line[0])
        self.assertEqual((bill.state, bill.amount_total), ("draft", 56.5))
        self.assertEqual(bill.ecom_intake_source, "email")
        other = einvoice(("P2", "1", "7.00", "0.13", "0.91"), number=NUMBER[:-1] + "9")
        in_zip = self.mail_in("invoice.zip", zipped(invoice__xml=other), kind="application/zip")
        self.assertEqual(in_zip.invoice_line_ids.purchase_line_id, order.order_line[1])
        again = self.mail_in("again.xml", content)
        self.assertFalse(again.invoice_line_ids)
        self.assertIn(NUMBER, "".join(again.message_ids.mapped("body")))

    def test_a_ubl_invoice_is_read_by_odoo_and_linked_by_us(self):
        """S2.1.5 Given an order, when its UBL invoice comes, then Odoo reads it and its line has
        the order line; of another supplier than the chosen, again, or of or to a stranger, it is refused.
        """
        order = self.order((self.product, 10, 5), currency=self.yuan)
        content = UBL.format(seller=SELLER, buyer=BUYER).encode()
        with self.assertRaisesRegex(UserError, "its supplier is Supplier A"), mute_logger("odoo.addons"):
            self.bring_in(content, name="ubl.xml", partner=self.other_supplier)
        bill = self.bring_in(content, name="ubl.xml")
        self.assertEqual((bill.state, bill.partner_id, bill.ref), ("draft", self.supplier, "UBL-1"))
        self.assertEqual(bill.invoice_line_ids.purchase_line_id, order.order_line)
        self.assertEqual((bill.amount_untaxed, bill.amount_total), (50, 56.5))
        with self.assertRaisesRegex(UserError, "already"):
            self.bring_in(content, name="ubl.xml")
        with self.assertRaisesRegex(UserError, "another company"):
            self.bring_in(content.replace(BUYER.encode(), b"OTHERCOMPANY000001"), name="ubl.xml")
        stranger = content.replace(SELLER.encode(), b"NOBODY00000000001X").replace(b"Supplier A", b"Nobody")
        with self.assertRaisesRegex(UserError, "create the supplier first"):
            self.bring_in(stranger.replace(b"UBL-1", b"UBL-2"), name="ubl.xml")
        self.assertFalse(self.env["res.partner"].search([("name", "=", "Nobody")]))

    def test_a_draft_is_linked_over_several_orders(self):
        """S2.1.4 B9 Given a draft of 8 for 26.67 typed by hand and orders of 3 and 7, when order lines are
        looked for, then it is split without changing net or tax.
        """
        old = self.order((self.product, 3, 3.33), day="2026-08-01", currency=self.yuan)
        new = self.order((self.product, 7, 3.33), day="2026-08-02", currency=self.yuan)
        bill = self.vendor_bill((self.product, 8, 3.33375), post=False)
        self.assertEqual(bill.amount_untaxed, 26.67)
        bill.action_ecom_link_lines()
        parts = {
            line.purchase_line_id: (line.quantity, line.price_subtotal) for line in bill.invoice_line_ids
        }
        self.assertEqual(parts, {old.order_line: (3, 10), new.order_line: (5, 16.67)})
        self.assertEqual(bill.amount_untaxed, 26.67)

    def test_a_paper_waits_for_a_person(self):
        """S2.1.5 Given a PDF without data, when its supplier is chosen, then an empty draft has it; without a
        supplier, or with bytes that are nothing, it is refused.
        """
        bill = self.bring_in(b"%PDF-1.4 paper", name="paper.pdf", partner=self.supplier, source="portal")
        self.assertEqual((bill.state, bill.partner_id), ("draft", self.supplier))
        self.assertFalse(bill.invoice_line_ids)
        self.assertEqual(bill.ecom_intake_source, "portal")
        with self.assertRaisesRegex(UserError, "Choose the supplier"):
            self.bring_in(b"%PDF-1.4 paper", name="paper.pdf")
        with self.assertRaisesRegex(UserError, "rubbish.bin"):
            self.bring_in(b"\x00\x01\x02\x03" * 50, name="rubbish.bin", partner=self.supplier)
        with self.assertRaisesRegex(UserError, "no e-invoice XML"):
            self.bring_in(zipped(a__txt=b"hello"), name="a.zip")
        with self.assertRaisesRegex(UserError, "other.xml"):
            self.bring_in(b"<other/>", name="other.xml", partner=self.supplier)

    def test_an_unknown_rate_is_refused(self):
        """S2.1.5 Given an invoice with 17% and a company without that tax, then it is refused by row."""
        with self.assertRaisesRegex(UserError, "no purchase tax of 17%"):
            self.bring_in(einvoice(("P1", "1", "100.00", "0.17", "17.00")))

    def test_the_suppliers_code_and_price_list_name_products(self):
        """S2.8.8 Given a supplier's code on its price list, then it wins over a product of ours with it, and
        the alias of the supplier wins over both.
        """
        info = self.env["product.supplierinfo"].create(
            {
                "partner_id": self.supplier.id,
                "product_tmpl_id": self.other_product.product_tmpl_id.id,
                "product_code": "P1",
            }
        )
        bill = self.bring_in(einvoice(("P1", "1", "5.00", "0.13", "0.65")))
        self.assertEqual(bill.invoice_line_ids.product_id, self.other_product)
        third = self.goods("P3")
        self.env["ecom.alias"].create(
            {"sku": "P1", "origin": "supplier", "partner_id": self.supplier.id, "product_id": third.id}
        )
        bill = self.bring_in(einvoice(("P1", "1", "5.00", "0.13", "0.65"), number=NUMBER[:-1] + "8"))
        self.assertEqual(bill.invoice_line_ids.product_id, third)
        self.assertTrue(info)
