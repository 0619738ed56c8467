"""Receipt stage: the one payable basis, in numbers."""

from datetime import date
from decimal import Decimal

from odoo import Command
from odoo.tests import tagged

from ..common import SettleCase


@tagged("post_install", "-at_install")
class TestPurchaseBasis(SettleCase):
    def basis(self, line):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["ecom.purchase.basis"].browse(line.id)

    def quantities(self, line, *names):
        basis = self.basis(line)
        return [basis[f"quantity_{name}"] for name in names]

    def test_ordered_received_billed(self):
        """S2.2.5 S2.1.4 C7 Given an order of 100 at 10.00, when 80 are received, 5 go back, 60 are invoiced,
        10 are refunded and 20 wait in a draft, then 75 are received, 50 invoiced and 5 at 50.00 are to
        invoice.
        """
        line = self.order((self.product, 100, 10)).order_line
        receipt = self.receive(line.order_id, 80)
        self.send_back(receipt, 5)
        self.vendor_bill((line, 60, 10))
        refund = self.vendor_bill((line, 10, 10), move_type="in_refund")
        self.assertEqual(refund.state, "posted")
        self.vendor_bill((line, 20, 10), post=False)
        names = ("ordered", "received", "returned", "billed", "billed_draft", "to_bill")
        self.assertEqual(self.quantities(line, *names), [100, 75, 5, 50, 20, 5])
        basis = self.basis(line)
        self.assertEqual(basis.amount_to_bill, 50)
        self.assertEqual((basis.variance_received, basis.variance_billed), (-25, -25))
        self.assertEqual(basis.quantity_received, line.qty_received)
        self.assertEqual((basis.partner_id, basis.warehouse_id), (self.supplier, self.warehouse))

    def test_units_add_up_before_they_are_rounded(self):
        """S2.2.5 Given an order of two dozen, when four pieces are received thrice and an invoice is in
        pieces, then one dozen is received, not 0.99, and a quarter of a dozen is invoiced.
        """
        dozen = self.env.ref("uom.product_uom_dozen")
        order = self.order(
            {"product_id": self.product.id, "product_qty": 2, "price_unit": 120, "product_uom_id": dozen.id}
        )
        line = order.order_line
        piece = self.product.uom_id
        for _time in range(3):
            move = order.picking_ids.move_ids.filtered(lambda it: it.state not in ("done", "cancel"))
            self.assertEqual(move.product_uom, piece)
            move.quantity, move.picked = 4, True
            move.picking_id.with_context(skip_backorder=True).button_validate()
        bill = self.vendor_bill((line, 3, 10), post=False)
        bill.invoice_line_ids.product_uom_id = piece
        bill.action_post()
        basis = self.basis(line)
        self.assertEqual((basis.quantity_received, basis.quantity_billed), (1, 0.25))
        self.assertEqual(basis.amount_to_bill, 90)

    def test_price_after_discount_and_without_tax(self):
        """S2.2.5 Given prices with a discount of 5 % and with 13 % tax inside, when read, then the price is
        9.50 and the one without tax.
        """
        tax = self.env["account.tax"].create(
            {
                "name": "13 % in the price",
                "amount": 13,
                "type_tax_use": "purchase",
                "price_include_override": "tax_included",
            }
        )
        common = {"product_id": self.product.id, "product_qty": 10}
        order = self.order(
            {**common, "price_unit": 10, "discount": 5},
            {**common, "price_unit": 11.30, "tax_ids": [Command.set(tax.ids)]},
        )
        self.assertEqual([self.basis(line).price_unit for line in order.order_line], [9.5, 10])

    def test_at_the_end_of_a_day(self):
        """S2.2.5 C7 Given 40 received on 31 August at 15:59 UTC and 60 a minute later, when asked in Shanghai
        for 31 August, then 40 are received; invoices count on their accounting date.
        """
        self.company.partner_id.tz = "Asia/Shanghai"
        line = self.order((self.product, 100, 10), day="2026-08-01").order_line
        first = self.receive(line.order_id, 40)
        first.move_ids.filtered(lambda it: it.state == "done").date = "2026-08-31 15:59:00"
        second = self.receive(line.order_id, 60)
        second.move_ids.filtered(lambda it: it.state == "done").date = "2026-08-31 16:00:00"
        self.vendor_bill((line, 30, 10), day="2026-08-31")
        self.vendor_bill((line, 10, 10), day="2026-09-01")
        basis = self.env["ecom.purchase.basis"]
        found = basis._at_rows(date(2026, 8, 31), self.company, line)[line.id]
        self.assertEqual((found["quantity_received"], found["quantity_billed"]), (40, 30))
        self.assertEqual(found["amount_to_bill"], Decimal(100))
        self.assertIsInstance(found["quantity_received"], Decimal)
        later = basis._at_rows(date(2026, 9, 1), self.company, line)[line.id]
        self.assertEqual((later["quantity_received"], later["quantity_to_bill"]), (100, 60))
        self.assertNotIn(line.id, basis._at_rows(date(2026, 7, 31), self.company))

    def test_currencies_of_no_and_three_decimals(self):
        """S2.2.5 Given orders in yen and in dinar, when half of three pieces is open, then the amount to
        invoice is rounded to the decimals of its currency.
        """
        for name, price, expected in (("JPY", 101, 152), ("BHD", 1.111, 1.667)):
            currency = self.currency(name, 1)
            line = self.order((self.product, 3, price), currency=currency).order_line
            self.receive(line.order_id, 1.5)
            self.assertEqual(self.basis(line).amount_to_bill, expected, name)

    def test_consigned_goods_are_not_to_be_billed(self):
        """E7 S2.2.5 Given goods that belong to their supplier, when received on an order line, then they are
        received and nothing is to invoice.
        """
        line = self.order((self.product, 10, 5)).order_line
        line.order_id.picking_ids.owner_id = self.supplier
        self.receive(line.order_id, 10)
        self.assertEqual(self.quantities(line, "received", "consigned", "to_bill"), [10, 10, 0])

    def test_dropshipped_goods_are_received(self):
        """S2.2.5 Given 5 goods that went from the supplier to the buyer, when 2 go back to the supplier and 1
        to our stock, then 3 are received, as Odoo says.
        """
        line = self.order((self.product, 5, 1)).order_line
        line.order_id.picking_ids.action_cancel()
        supplier = self.env.ref("stock.stock_location_suppliers")
        buyer = self.env.ref("stock.stock_location_customers")
        origin = self.env["stock.move"]
        for source, target, quantity in (
            (supplier, buyer, 5),
            (buyer, supplier, 2),
            (buyer, self.warehouse.lot_stock_id, 1),
        ):
            move = origin.create(
                {
                    **{"product_id": self.product.id, "product_uom_qty": quantity},
                    **{"location_id": source.id, "location_dest_id": target.id, "to_refund": True},
                    **{"purchase_line_id": line.id, "origin_returned_move_id": origin.id},
                }
            )
            move._action_confirm()
            move.quantity, move.picked = quantity, True
            move._action_done()
            origin = origin or move
        self.assertEqual(self.quantities(line, "received", "returned", "to_bill"), [3, 2, 3])
        self.assertEqual(line.qty_received, 3)

    def test_one_row_for_each_line(self):
        """S2.2.5 Given several receipts, invoices and a section, when counted, then each product line of a
        confirmed order has one row and a request for quotation has none.
        """
        order = self.order(
            (self.product, 10, 5),
            (self.other_product, 10, 5),
            {"display_type": "line_section", "name": "S", "product_qty": 0},
        )
        for _time in range(2):
            self.receive(order, 2, 3)
            self.vendor_bill((order.order_line[0], 1, 5), (order.order_line[1], 1, 5))
        draft = order.copy()
        self.env.flush_all()
        rows = self.env["ecom.purchase.basis"].search([("order_id", "in", (order | draft).ids)])
        self.assertEqual(set(rows.ids), set(order.order_line[:2].ids))

    def test_who_sees_it(self):
        """S2.2.1 S2.2.4 Given orders of two companies, when keeper and accountant of one search and group,
        then they see theirs only, by warehouse type too.
        """
        self.warehouse.ecom_type = "third_party"
        line = self.order((self.product, 10, 5)).order_line
        other = self.env["res.company"].create({"name": "Other"})
        self.env.user.company_ids |= other
        self.env.flush_all()
        for user in (self.keeper, self.accountant):
            rows = self.env["ecom.purchase.basis"].with_user(user)
            self.assertIn(line.id, rows.search([]).ids)
            groups = rows._read_group([("id", "=", line.id)], ["warehouse_type"], ["quantity_ordered:sum"])
            self.assertEqual(groups, [("third_party", 10)])
            self.env.cr.execute(
                "UPDATE purchase_order SET company_id = %s WHERE id = %s", (other.id, line.order_id.id)
            )
            self.env.invalidate_all()
            self.assertNotIn(line.id, rows.search([]).ids)
            self.env.cr.execute(
                "UPDATE purchase_order SET company_id = %s WHERE id = %s", (self.company.id, line.order_id.id)
            )
            self.env.invalidate_all()
