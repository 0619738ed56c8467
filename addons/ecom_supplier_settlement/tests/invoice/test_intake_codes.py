"""Invoice stage: drafts wait for a code and find their orders by themselves; strangers' invoices are
refused."""

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..intake_common import BUYER, NUMBER, SELLER, IntakeCase, einvoice
from .test_intake import CSV
from .test_intake_ways import UBL

CII = """<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
 xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
 xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100">
<rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter>
<ram:ID>urn:cen.eu:en16931:2017</ram:ID></ram:GuidelineSpecifiedDocumentContextParameter>
</rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument><ram:ID>CII-1</ram:ID><ram:TypeCode>380</ram:TypeCode><ram:IssueDateTime>
<udt:DateTimeString format="102">20260910</udt:DateTimeString></ram:IssueDateTime></rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction><ram:IncludedSupplyChainTradeLineItem>
<ram:AssociatedDocumentLineDocument><ram:LineID>1</ram:LineID></ram:AssociatedDocumentLineDocument>
<ram:SpecifiedTradeProduct><ram:SellerAssignedID>{code}</ram:SellerAssignedID><ram:Name>Thing</ram:Name>
</ram:SpecifiedTradeProduct>
<ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice><ram:ChargeAmount>5.00</ram:ChargeAmount>
</ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>
<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="C62">10</ram:BilledQuantity>
</ram:SpecifiedLineTradeDelivery>
<ram:SpecifiedLineTradeSettlement><ram:ApplicableTradeTax><ram:TypeCode>VAT</ram:TypeCode>
<ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>13</ram:RateApplicablePercent>
</ram:ApplicableTradeTax><ram:SpecifiedTradeSettlementLineMonetarySummation>
<ram:LineTotalAmount>50.00</ram:LineTotalAmount></ram:SpecifiedTradeSettlementLineMonetarySummation>
</ram:SpecifiedLineTradeSettlement></ram:IncludedSupplyChainTradeLineItem>
<ram:ApplicableHeaderTradeAgreement><ram:SellerTradeParty><ram:Name>Supplier A</ram:Name>
<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">{seller}</ram:ID></ram:SpecifiedTaxRegistration>
</ram:SellerTradeParty><ram:BuyerTradeParty><ram:Name>Buyer</ram:Name>
<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">{buyer}</ram:ID></ram:SpecifiedTaxRegistration>
</ram:BuyerTradeParty></ram:ApplicableHeaderTradeAgreement>
<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>CNY</ram:InvoiceCurrencyCode>
<ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:LineTotalAmount>50.00</ram:LineTotalAmount>
<ram:TaxBasisTotalAmount>50.00</ram:TaxBasisTotalAmount>
<ram:TaxTotalAmount currencyID="CNY">6.50</ram:TaxTotalAmount>
<ram:GrandTotalAmount>56.50</ram:GrandTotalAmount><ram:DuePayableAmount>56.50</ram:DuePayableAmount>
</ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement>
</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>"""


@tagged("post_install", "-at_install")
class TestIntakeCodes(IntakeCase):
    def waiting(self, code, number):
        """A draft of two pieces whose code nothing knows."""
        row = f"{number},2026-09-10,,{code},Thing,2,5,10.00,13%,1.30,CNY\n"
        bill = self.bring_in(CSV.encode() + row.encode(), name="list.csv", partner=self.supplier)
        self.assertFalse(bill.invoice_line_ids.product_id)
        return bill

    def test_whoever_enters_the_code_links_the_drafts(self):
        """S2.1.5 S2.8.8 Given drafts of a code that nothing knows, when it is entered as an alias, on the
        supplier's price list, as our own code or as a barcode, then the drafts have product and order lines
        at once, to the cent; drafts of another supplier and posted invoices stay."""
        order = self.order((self.product, 100, 5), currency=self.yuan)
        alias = self.env["ecom.alias"]
        bill = self.waiting("A-1", "V1")
        other = bill.copy({"partner_id": self.other_supplier.id})
        posted = self.waiting("A-1", "V2")
        posted.with_user(self.accountant).action_post()
        alias.search([("sku", "=", "A-1")]).product_id = self.product
        self.assertEqual(bill.invoice_line_ids.purchase_line_id, order.order_line)
        self.assertEqual((bill.amount_untaxed, bill.amount_tax, bill.state), (10, 1.3, "draft"))
        self.assertFalse((other | posted).invoice_line_ids.product_id)
        product = self.product.with_user(self.manager).sudo()
        for number, (code, enter) in enumerate(
            {
                "S-1": lambda: self.env["product.supplierinfo"].create(
                    {
                        "partner_id": self.supplier.id,
                        "product_tmpl_id": product.product_tmpl_id.id,
                        "product_code": "S-1",
                    }
                ),
                "C-1": lambda: product.product_tmpl_id.write({"default_code": "C-1"}),
                "4006381333931": lambda: product.write({"barcode": "4006381333931"}),
            }.items(),
            start=10,
        ):
            bill = self.waiting(code, f"V{number}")
            enter()
            self.assertEqual(bill.invoice_line_ids.purchase_line_id, order.order_line, code)
            self.assertEqual((bill.amount_untaxed, bill.amount_total), (10, 11.3))

    def test_two_lines_of_a_product_share_its_orders(self):
        """S2.1.4 B9 Given orders of 6 and 4, when one invoice has 4 and 6 of the product on two lines, then
        each order is invoiced once, and nothing of it twice."""
        first = self.order((self.product, 6, 5), day="2026-08-01", currency=self.yuan)
        second = self.order((self.product, 4, 5), day="2026-08-02", currency=self.yuan)
        bill = self.bring_in(
            einvoice(("P1", "4", "20.00", "0.13", "2.60"), ("P1", "6", "30.00", "0.13", "3.90"))
        )
        billed = dict.fromkeys((first.order_line, second.order_line), 0)
        for line in bill.invoice_line_ids:
            billed[line.purchase_line_id] += line.quantity
        self.assertEqual(billed, {first.order_line: 6, second.order_line: 4})
        self.assertEqual((bill.amount_untaxed, bill.amount_tax), (50, 6.5))

    def test_a_line_of_nothing_is_linked_to_nothing(self):
        """S2.1.5 Given a draft with a line of no quantity, when order lines are looked for, then it stays."""
        bill = self.vendor_bill((self.product, 0, 7), post=False, currency=self.yuan)
        bill.invoice_line_ids.product_id = False
        bill.invoice_line_ids.ecom_supplier_sku = "P1"
        bill.action_ecom_link_lines()
        self.assertEqual((bill.invoice_line_ids.product_id, bill.amount_total), (self.product, 0))

    def test_a_cii_invoice_of_our_own(self):
        """S2.1.5 S2.8.8 Given a CII invoice, when its buyer is another company, it is refused; when it is
        ours, then its line keeps the supplier's code, waits, and is linked when the code is known."""
        order = self.order((self.product, 10, 5), currency=self.yuan)
        content = CII.format(code="X-CII", seller=SELLER, buyer=BUYER).encode()
        with self.assertRaisesRegex(UserError, "OTHERCOMPANY000001.*another company"):
            self.bring_in(content.replace(BUYER.encode(), b"OTHERCOMPANY000001"), name="factur-x.xml")
        bill = self.bring_in(content, name="factur-x.xml")
        self.assertEqual((bill.state, bill.partner_id, bill.amount_total), ("draft", self.supplier, 56.5))
        line = bill.invoice_line_ids
        self.assertEqual((line.ecom_supplier_sku, line.product_id.id), ("X-CII", False))
        alias = self.env["ecom.alias"].search([("sku", "=", "X-CII"), ("product_id", "=", False)])
        self.assertEqual((alias.origin, alias.partner_id), ("supplier", self.supplier))
        alias.product_id = self.product
        self.assertEqual(line.purchase_line_id, order.order_line)
        self.assertEqual(bill.amount_total, 56.5)

    def test_an_invoice_to_another_company_on_every_way(self):
        """S2.1.5 Given UBL and CII invoices to another company, when they are dropped on the journal, then
        the draft stays empty and says whose they are; a country before our number changes nothing."""
        journal = self.env["account.journal"].search(
            [("type", "=", "purchase"), ("company_id", "=", self.company.id)], limit=1
        )

        def dropped(name, content):
            attachment = self.env["ir.attachment"].create({"name": name, "raw": content})
            return journal._create_document_from_attachment(attachment.ids)

        for template in (UBL, CII):
            stranger = template.format(seller=SELLER, buyer="OTHERCOMPANY000001", code="P1").encode()
            with mute_logger("odoo.addons"):
                bill = dropped("bill.xml", stranger)
            self.assertFalse(bill.invoice_line_ids)
            self.assertIn("another company", "".join(bill.message_ids.mapped("body")))
        ours = dropped("bill.xml", UBL.format(seller=SELLER, buyer=f"CN{BUYER}").encode())
        self.assertEqual((ours.ref, ours.amount_total), ("UBL-1", 56.5))
        self.assertNotEqual(ours.ref, NUMBER)
