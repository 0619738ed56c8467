"""Receipt and terms stage: kits, of which the components are moved and the kit is ordered."""

from odoo.fields import Date
from odoo.tests import tagged

from ..terms_common import TermsCase


@tagged("post_install", "-at_install")
class TestKits(TermsCase):
    """S2.2.5, D1: one basis for kits too, on every day."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kit = cls.goods("KIT")
        cls.box, cls.lid = cls.product, cls.other_product
        cls.purchase = cls.order((cls.kit, 10, 30), day="2026-03-01")
        cls.line = cls.purchase.order_line
        # As Odoo's kits do it: the receipt moves the components, ten boxes and twenty lids.
        cls.purchase.picking_ids.action_cancel()

    def move(self, product, demand, done, day, back=None):
        """Components that came, or went back as the return of a move; what is open stays ordered."""
        supplier = self.env.ref("stock.stock_location_suppliers")
        here = self.warehouse.lot_stock_id
        move = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": demand,
                "location_id": (here if back else supplier).id,
                "location_dest_id": (supplier if back else here).id,
                "purchase_line_id": self.line.id,
                "origin_returned_move_id": back.id if back else False,
                "to_refund": True,
                "company_id": self.company.id,
            }
        )
        move._action_confirm(merge=False)
        if done:
            move.quantity, move.picked = done, True
            move._action_done()
            move.date = f"{day} 04:00:00"
        return move

    def received(self, count):
        """What Odoo shows as received of the kit."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE purchase_order_line SET qty_received = %s WHERE id = %s", [count, self.line.id]
        )
        self.env.invalidate_all()

    def test_kits_are_received_when_they_are_complete(self):
        boxes = self.move(self.box, 4, 4, "2026-03-05")
        self.move(self.box, 6, 6, "2026-04-05")
        self.move(self.lid, 9, 9, "2026-03-20")
        self.move(self.lid, 11, 11, "2026-04-20")
        self.move(self.box, 3, 3, "2026-05-20", back=boxes)
        self.received(7)
        basis = self.env["ecom.purchase.basis"]
        days = {"2026-03-10": 0, "2026-03-31": 4, "2026-04-10": 4, "2026-04-30": 10, "2026-05-31": 7}
        found = {
            day: int(basis._at_rows(Date.to_date(day), self.company)[self.line.id]["quantity_received"])
            for day in days
        }
        self.assertEqual(found, days)
        self.assertEqual(basis.search([("purchase_line_id", "=", self.line.id)]).quantity_received, 7)
        clause = self.contract({"tiers": [(0, 1)]}, sign=False).clause_ids
        months = {3: 120, 4: 180, 5: -90}
        for month, amount in months.items():
            start = Date.to_date(f"2026-{month:02}-01")
            self.assertEqual(clause._count(start, Date.end_of(start, "month")).base.amount, amount, month)
        year = clause._count(Date.to_date("2026-01-01"), Date.to_date("2026-12-31")).base
        self.assertEqual((year.quantity, year.amount), (7, 210), "as much as Odoo says")
        clause.with_user(self.buyer).net_of_returns = False
        year = clause._count(Date.to_date("2026-01-01"), Date.to_date("2026-12-31")).base
        self.assertEqual(year.quantity, 10)

    def test_a_component_that_never_came_makes_no_kit(self):
        self.move(self.box, 10, 10, "2026-03-05")
        self.move(self.lid, 20, 0, None)
        self.received(0)
        clause = self.contract({"tiers": [(0, 1)]}, sign=False).clause_ids
        year = clause._count(Date.to_date("2026-01-01"), Date.to_date("2026-12-31")).base
        self.assertEqual((year.quantity, year.amount), (0, 0))
