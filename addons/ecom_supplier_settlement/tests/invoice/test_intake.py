"""Invoice stage: files become draft invoices with order lines, to the cent, once."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..intake_common import BUYER, NUMBER, IntakeCase, einvoice, zipped

OTHER = "26312000000000000002"
CSV = """invoice_no,invoice_date,po,sku,product,quantity,unit_price,amount,tax_rate,tax,currency
"""


@tagged("post_install", "-at_install")
class TestIntake(IntakeCase):
    def test_an_einvoice_becomes_a_draft_with_order_lines(self):
        """S2.1.5 S2.1.4 Given an order of 10 and 4, when the e-invoice of 10 P1 and 4 P2 comes, then
        a draft invoice has two lines with their order lines, the invoice's net, tax and number, and the file.
        """
        order = self.order((self.product, 10, 5), (self.other_product, 4, 2.5), currency=self.yuan)
        content = einvoice(
            ("*器材*P1", "10", "50.00", "0.13", "6.50"), ("*器材*P2", "4", "10.00", "13%", "1.30")
        )
        bill = self.bring_in(content)
        self.assertEqual((bill.state, bill.move_type), ("draft", "in_invoice"))
        self.assertEqual(bill.partner_id, self.supplier)
        self.assertEqual(bill.invoice_line_ids.purchase_line_id, order.order_line)
        self.assertEqual(bill.invoice_line_ids.mapped("quantity"), [10, 4])
        self.assertEqual((bill.amount_untaxed, bill.amount_tax, bill.amount_total), (60, 7.8, 67.8))
        self.assertEqual((bill.ecom_einvoice_number, bill.ref), (NUMBER, NUMBER))
        self.assertEqual(str(bill.invoice_date), "2026-09-10")
        self.assertEqual(bill.invoice_origin, order.name)
        files = self.env["ir.attachment"].search(
            [("res_model", "=", "account.move"), ("res_id", "=", bill.id)]
        )
        self.assertEqual(files.raw, content)
        self.assertEqual(bill.ecom_intake_source, "upload")
        self.assertEqual(order.order_line.mapped("qty_invoiced"), [10, 4])

    def test_a_quantity_is_split_over_orders_oldest_first(self):
        """S2.1.5 B9 Given orders of 3 and of 7, the second one received, when 8 are invoiced for 26.67, then
        received goods come first and the parts are 26.67 together.
        """
        old = self.order((self.product, 3, 3.33), day="2026-08-01", currency=self.yuan)
        new = self.order((self.product, 7, 3.33), day="2026-08-02", currency=self.yuan)
        self.receive(new)
        bill = self.bring_in(einvoice(("P1", "8", "26.67", "0.13", "3.47")))
        parts = {
            line.purchase_line_id: (line.quantity, line.price_subtotal) for line in bill.invoice_line_ids
        }
        self.assertEqual(parts, {old.order_line: (1, 3.33), new.order_line: (7, 23.34)})
        self.assertEqual((bill.amount_untaxed, bill.amount_tax), (26.67, 3.47))

    def test_an_order_that_the_line_names_comes_alone(self):
        """S2.1.5 Given two open orders, when the remark names the younger, then the line is the younger's."""
        self.order((self.product, 10, 5), day="2026-08-01", currency=self.yuan)
        young = self.order((self.product, 10, 5), day="2026-08-02", currency=self.yuan)
        bill = self.bring_in(einvoice(("P1", "4", "20.00", "0.13", "2.60"), remark=f"订单号:{young.name}。"))
        self.assertEqual(bill.invoice_line_ids.purchase_line_id, young.order_line)

    def test_what_nobody_knows_stays_as_a_line(self):
        """S2.1.5 S2.8.8 Given a line of an unknown name, when the invoice comes, then the line stays without
        product, its amount counts, and a note asks a person; an alias makes it known and links it.
        """
        order = self.order((self.product, 2, 5), currency=self.yuan)
        bill = self.bring_in(
            CSV.encode() + b"V1,2026-09-10,,X-9,Thing,2,5,10.00,13%,1.30,CNY\n",
            name="list.csv",
            partner=self.supplier,
        )
        self.assertFalse(bill.invoice_line_ids.product_id)
        self.assertEqual((bill.amount_untaxed, bill.amount_total), (10, 11.3))
        self.assertIn("X-9 Thing", "".join(bill.message_ids.mapped("body")))
        alias = self.env["ecom.alias"].search([("sku", "=", "X-9"), ("origin", "=", "supplier")])
        self.assertEqual((alias.partner_id, alias.title), (self.supplier, "Thing"))
        alias.product_id = self.product
        bill.action_ecom_link_lines()
        self.assertEqual(bill.invoice_line_ids.purchase_line_id, order.order_line)
        self.assertEqual((bill.amount_untaxed, bill.amount_total), (10, 11.3))

    def test_the_tax_of_the_invoice_is_kept(self):
        """S2.1.5 Given three lines whose tax the supplier rounds one by one, when the invoice comes, then the
        draft has its tax, not ours.
        """
        lines = [("P1", "1", "0.11", "0.13", "0.02")] * 3
        bill = self.bring_in(einvoice(*lines))
        self.assertEqual((bill.amount_untaxed, bill.amount_tax, bill.amount_total), (0.33, 0.06, 0.39))

    def test_a_discount_line_lowers_the_price(self):
        """S2.1.5 Given a line of 50 and its discount line of 5, then one line of 45 is invoiced."""
        bill = self.bring_in(
            einvoice(("P1", "10", "50.00", "0.13", "6.50"), ("P1", None, "-5.00", "0.13", "-0.65"))
        )
        self.assertEqual(len(bill.invoice_line_ids), 1)
        self.assertEqual((bill.amount_untaxed, bill.amount_tax), (45, 5.85))

    def test_a_red_letter_invoice_is_a_refund(self):
        """S2.1.5 Given an invoiced order, when a red-letter invoice of 2 comes, then a draft takes 2 back."""
        order = self.order((self.product, 10, 5), currency=self.yuan)
        self.receive(order)
        self.bring_in(einvoice(("P1", "10", "50.00", "0.13", "6.50"))).with_user(
            self.accountant
        ).action_post()
        refund = self.bring_in(einvoice(("P1", "-2", "-10.00", "0.13", "-1.30"), number=OTHER))
        self.assertEqual((refund.move_type, refund.amount_total), ("in_refund", 11.3))
        self.assertEqual(refund.invoice_line_ids.purchase_line_id, order.order_line)
        self.assertEqual(order.order_line.qty_invoiced, 8)

    def test_a_zip_gives_its_invoices_and_papers(self):
        """S2.1.5 Given a ZIP of an XML and its PDF, when it comes, then the invoice has both attached."""
        content = zipped(
            invoice__xml=einvoice(("P1", "1", "5.00", "0.13", "0.65")), invoice__pdf=b"%PDF-1.4 paper"
        )
        bill = self.bring_in(content, name="invoice.zip")
        names = self.env["ir.attachment"].search(
            [("res_model", "=", "account.move"), ("res_id", "=", bill.id)]
        )
        self.assertEqual(set(names.mapped("name")), {"invoice.zip", "invoice.pdf"})
        self.assertEqual(bill.amount_total, 5.65)

    def test_the_same_invoice_twice_is_refused_by_name(self):
        """S2.8.8 Given a draft of an e-invoice, when it comes again or is typed, then it is refused and the
        first is named; when the first is cancelled, then it may come again.
        """
        content = einvoice(("P1", "1", "5.00", "0.13", "0.65"))
        first = self.bring_in(content)
        with self.assertRaisesRegex(UserError, f"{NUMBER}.*{first.id}"):
            self.bring_in(content, name="again.xml")
        with self.assertRaises(ValidationError):
            self.vendor_bill((self.product, 1, 5), post=False, ecom_einvoice_number=NUMBER)
        first.with_user(self.accountant).button_cancel()
        self.assertEqual(self.bring_in(content).amount_total, 5.65)

    @mute_logger("odoo.sql_db")
    def test_the_number_is_unique_in_the_database(self):
        """S2.8.8 Given two invoices, when their numbers are made equal past all checks, then the index
        refuses; and no number but 20 digits can be written.
        """
        one = self.vendor_bill((self.product, 1, 5), post=False, ecom_einvoice_number=NUMBER)
        two = self.vendor_bill((self.product, 1, 6), post=False, ecom_einvoice_number=OTHER)
        self.env.flush_all()
        for number in (NUMBER, "1234"):
            with self.assertRaises(Exception) as refused, self.env.cr.savepoint():
                self.env.cr.execute(
                    "UPDATE account_move SET ecom_einvoice_number = %s WHERE id = %s", (number, two.id)
                )
            self.assertIn("ecom_einvoice", str(refused.exception))
        self.assertNotEqual(one.ecom_einvoice_number, two.ecom_einvoice_number)

    def test_a_reference_and_amount_twice_needs_a_reason(self):
        """S2.8.8 Given a posted invoice INV-7, when "inv 7" over the same amount is posted, then it is
        refused until somebody writes why it is another one; another amount or supplier is another invoice.
        """
        self.vendor_bill((self.product, 1, 5), ref="INV-7")
        again = self.vendor_bill((self.product, 1, 5), ref="inv 7", post=False)
        with self.assertRaisesRegex(UserError, "INV-7|inv 7"):
            again.action_post()
        again.ecom_duplicate_reason = "Second month of the rent"
        again.action_post()
        self.assertEqual(again.state, "posted")
        self.vendor_bill((self.product, 1, 6), ref="INV-7")
        self.vendor_bill((self.product, 1, 5), ref="INV-7", partner=self.other_supplier)

    def test_whose_invoice_it_is(self):
        """S2.1.5 Given an invoice to another company, of an unknown seller, or of another supplier than the
        chosen one, when it comes, then it is refused with the numbers.
        """
        line = ("P1", "1", "5.00", "0.13", "0.65")
        with self.assertRaisesRegex(UserError, "OTHERCOMPANY000001.*another company"):
            self.bring_in(einvoice(line, buyer="OTHERCOMPANY000001"))
        with self.assertRaisesRegex(UserError, "0 suppliers have the tax number NOBODY000000000001"):
            self.bring_in(einvoice(line, seller="NOBODY000000000001"))
        self.other_supplier.vat = BUYER.replace("B2Y", "C3Z")
        with self.assertRaisesRegex(UserError, "not of Supplier B"):
            self.bring_in(einvoice(line), partner=self.other_supplier)
        self.assertFalse(self.env["account.move"].search([("ecom_einvoice_number", "!=", False)]))

    def test_a_changed_invoice_is_refused_with_row_and_value(self):
        """S2.1.5 Given a line that was changed, when the file comes, then total, value and row are named and
        nothing is stored.
        """
        content = einvoice(("P1", "1", "5.00", "0.13", "0.65"), totals=["6.00", "0.65", "6.65"])
        with self.assertRaisesRegex(UserError, r"invoice.xml · row 4 · TotalAmWithoutTax · 6.00 ≠ 5.00"):
            self.bring_in(content)

    def test_a_list_of_invoices_makes_one_bill_each(self):
        """S2.1.5 Given a list of two invoices of three rows, when it comes, then two drafts are made; a cell
        that cannot be read refuses all with its row and column.
        """
        rows = (
            "V1,2026-09-10,,P1,,3,3.3333,10.00,13%,1.30,CNY\n"
            "V1,2026-09-10,,P2,,1,2,2.00,13%,,CNY\n"
            "V2,2026-09-11,,P1,,-1,,-3.33,13%,-0.43,CNY\n"
        )
        bills = self.bring_in((CSV + rows).encode(), name="list.csv", partner=self.supplier)
        self.assertEqual(bills.mapped("ref"), ["V1", "V2"])
        self.assertEqual(bills.mapped("amount_total"), [13.56, 3.76])
        self.assertEqual(bills.mapped("move_type"), ["in_invoice", "in_refund"])
        self.assertEqual(bills.invoice_line_ids.product_id, self.product | self.other_product)
        with self.assertRaisesRegex(UserError, "list.csv · row 2 · amount · 1x"):
            self.bring_in(
                CSV.encode() + b"V3,2026-09-10,,P1,,3,,1x,13%,,CNY\n", name="list.csv", partner=self.supplier
            )
        with self.assertRaisesRegex(UserError, "V1.*already"):
            self.bring_in((CSV + rows).encode(), name="list.csv", partner=self.supplier)

    def test_only_buyers_and_accountants_bring_in_bills(self):
        intake = self.env["ecom.invoice.intake"].with_user(self.keeper)
        with self.assertRaises(AccessError):
            intake._from_file("a.xml", einvoice(("P1", "1", "5.00", "0.13", "0.65")))

    def test_the_journal_takes_invoices_as_files(self):
        """S2.1.5 Given the purchase journal, when an e-invoice is dropped on it, then Odoo's own way
        gives the same draft, and a supplier whose invoices post by themselves changes nothing.
        """
        order = self.order((self.product, 10, 5), currency=self.yuan)
        self.supplier.autopost_bills = "always"
        self.company.autopost_bills = True
        attachment = self.env["ir.attachment"].create(
            {"name": "invoice.xml", "raw": einvoice(("P1", "10", "50.00", "0.13", "6.50"))}
        )
        journal = self.env["account.journal"].search(
            [("type", "=", "purchase"), ("company_id", "=", self.company.id)], limit=1
        )
        bill = journal._create_document_from_attachment(attachment.ids)
        self.assertEqual(
            (bill.state, bill.ecom_einvoice_number), ("draft", NUMBER), bill.message_ids.mapped("body")
        )
        self.assertEqual(bill.invoice_line_ids.purchase_line_id, order.order_line)
        self.assertEqual((bill.amount_total, attachment.res_id), (56.5, bill.id))
