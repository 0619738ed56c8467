"""Receipt and terms stage: one source of quantities, and whose the goods are, line by line of a move."""

import random

from odoo.fields import Date
from odoo.tests import tagged

from ..terms_common import TermsCase


@tagged("post_install", "-at_install")
class TestMovements(TermsCase):
    """S2.2.5, S2.4.1: what came is counted once, and only what is ours is paid or earns a rebate."""

    def consign(self, picking, quantity, owner=None):
        """Make a part of what is to be received its supplier's: an owner on the move line only."""
        line = picking.move_line_ids
        line.ensure_one()
        own = line.quantity - quantity
        part = line.copy(
            {"picking_id": picking.id, "quantity": quantity, "owner_id": (owner or self.supplier).id}
        )
        line.quantity = own
        self.assertFalse(picking.owner_id or picking.move_ids.restrict_partner_id)
        return part

    def basis(self, line):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["ecom.purchase.basis"].browse(line.id)

    def counted(self, clause, **values):
        clause.write(values)
        year = clause._count(Date.to_date("2026-01-01"), Date.to_date("2026-12-31")).base
        return year.quantity, year.amount

    def test_an_owner_on_the_line_of_a_move_only(self):
        """Given 10 received of which 4 stay the supplier's, as their line says and no receipt does, then 6
        may be invoiced, 6 earn a rebate, and an invoice of 10 is blocked.
        """
        order = self.order((self.product, 10, 5))
        self.consign(order.picking_ids, 4)
        self.receive_as_it_is(order.picking_ids)
        line = order.order_line
        basis = self.basis(line)
        self.assertEqual(
            (basis.quantity_received, basis.quantity_consigned, basis.quantity_to_bill), (10, 4, 6)
        )
        clause = self.contract({"tiers": [(0, 1)]}, sign=False).clause_ids
        self.assertEqual(self.counted(clause), (6, 30))
        self.assertEqual(self.counted(clause, date_by="order"), (6, 30))
        bill = self.vendor_bill((line, 10, 5))
        self.assertEqual(bill.ecom_threeway_state, "blocked")

    def test_our_own_name_as_owner_changes_nothing(self):
        order = self.order((self.product, 10, 5))
        self.consign(order.picking_ids, 4, self.company.partner_id)
        self.receive_as_it_is(order.picking_ids)
        self.assertEqual(self.basis(order.order_line).quantity_to_bill, 10)
        clause = self.contract({"tiers": [(0, 1)]}, sign=False).clause_ids
        self.assertEqual(self.counted(clause), (10, 50))

    def test_an_owner_corrected_afterwards(self):
        """Given an invoice of goods that turn out to be the supplier's, when the line of the done move says
        so, then the invoice is matched again and blocked.
        """
        order = self.order((self.product, 10, 5))
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 10, 5))
        self.assertEqual(bill.ecom_threeway_state, "ready")
        order.picking_ids.move_line_ids.owner_id = self.supplier
        self.assertEqual(bill.ecom_threeway_state, "blocked")

    def test_consigned_kits(self):
        """Given components for 5 kits, of which those for 2 stay the supplier's, then 3 kits may be invoiced
        and earn a rebate.
        """
        line = self.order((self.goods("KIT"), 5, 30)).order_line
        line.order_id.picking_ids.action_cancel()
        for owner, pieces in ((False, 3), (self.supplier, 2)):
            move = self.env["stock.move"].create(
                {
                    "product_id": self.product.id,
                    "product_uom_qty": pieces,
                    "location_id": self.env.ref("stock.stock_location_suppliers").id,
                    "location_dest_id": self.warehouse.lot_stock_id.id,
                    "purchase_line_id": line.id,
                }
            )
            move._action_confirm(merge=False)
            move.quantity, move.picked = pieces, True
            move.move_line_ids.owner_id = owner
            move._action_done()
            move.date = "2026-03-05 04:00:00"
        self.env.flush_all()
        self.env.cr.execute("UPDATE purchase_order_line SET qty_received = 5 WHERE id = %s", [line.id])
        basis = self.basis(line)
        self.assertEqual(
            (basis.quantity_received, basis.quantity_consigned, basis.quantity_to_bill), (5, 2, 3)
        )
        clause = self.contract({"tiers": [(0, 1)]}, sign=False).clause_ids
        self.assertEqual(self.counted(clause), (3, 90))

    def test_movements_sum_to_what_is_received(self):
        """Given random receipts and returns, in pieces of orders by the dozen too, some of them of somebody
        else's goods, then the movements of each line sum to what Odoo and the basis say is received, and
        those that are ours to what the rebate counts.
        """
        dice = random.Random(11)
        dozen = self.env.ref("uom.product_uom_dozen")
        lines = self.env["purchase.order.line"]
        for at in range(12):
            values = {"product_id": self.product.id, "product_qty": 20, "price_unit": 12}
            if at % 3 == 0:
                values |= {"product_qty": 3, "product_uom_id": dozen.id}
            order = self.order(values)
            lines |= order.order_line
            self.assertEqual(len(order.picking_ids.move_line_ids), 1)
            if dice.random() < 0.4:
                self.consign(order.picking_ids, dice.randint(1, 9))
            self.receive_as_it_is(order.picking_ids)
            if dice.random() < 0.6:
                self.send_back(order.picking_ids, dice.randint(1, 10))
        self.env.flush_all()
        self.env.invalidate_all()
        groups = self.env["ecom.purchase.movement"].search([("purchase_line_id", "in", lines.ids)])
        for line in lines:
            rows = groups.filtered(lambda it, line=line: it.purchase_line_id == line)
            net = sum(row.direction * row.quantity for row in rows) / line.product_uom_id.factor
            self.assertAlmostEqual(net, line.qty_received, 2)
            self.assertAlmostEqual(net, self.env["ecom.purchase.basis"].browse(line.id).quantity_received, 2)
        ours = sum(row.direction * row.quantity for row in groups if not row.consigned)
        self.assertLess(ours, sum(row.direction * row.quantity for row in groups))
        clause = self.contract({"tiers": [(0, 1)]}, sign=False).clause_ids
        self.assertAlmostEqual(float(self.counted(clause)[0]), ours, 4)

    def receive_as_it_is(self, picking):
        """Validate a receipt with the lines that its moves have."""
        picking.move_ids.picked = True
        picking.with_context(skip_backorder=True).button_validate()
        self.assertEqual(picking.state, "done")
        picking.move_ids.date = "2026-03-05 04:00:00"
