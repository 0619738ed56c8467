"""Terms stage: the payable of each order line, and what changed it."""

from decimal import Decimal

from odoo.fields import Date
from odoo.tests import freeze_time, tagged

from .test_rebates import RebateCase

BANDS = {"kind": "price_band", "name": "Bands", "tiers": [(100, 9.5), (500, 9)]}
SALE = {
    "kind": "temporary_price",
    "name": "Sale",
    "amount": 8,
    "date_from": "2026-06-01",
    "date_to": "2026-06-18",
}


def price_of(line, day=None):
    price, _clause = line.env["ecom.line.price"]._terms(line, day)[line.id]
    return price


@tagged("post_install", "-at_install")
class TestLineTerms(RebateCase):
    def payables(self, order):
        return self.env["ecom.line.terms"].search([("order_id", "=", order.id)])

    def test_prices_by_quantity_and_for_a_time(self):
        """S2.3.6: a temporary price comes before the band of the quantity, and that before the order's."""
        self.contract(BANDS, SALE)
        cases = (
            ("2026-03-01", 99, None),
            ("2026-03-01", 100, "9.5"),
            ("2026-03-01", 500, "9"),
            ("2026-06-18", 500, "8"),
            ("2026-06-19", 500, "9"),
            ("2027-01-01", 500, None),
        )
        for day, quantity, price in cases:
            line = self.order((self.product, quantity, 10), day=day).order_line
            self.assertEqual(price_of(line), price and Decimal(price), (day, quantity))
            self.assertEqual(price_of(line, Date.to_date("2026-06-02")), Decimal(8))
        other = self.order((self.product, 500, 10), partner=self.other_supplier).order_line
        self.assertIsNone(price_of(other))
        dozen = self.env.ref("uom.product_uom_dozen")
        row = {
            "product_id": self.product.id,
            "product_qty": 10,
            "product_uom_id": dozen.id,
            "price_unit": 120,
        }
        line = self.order(row, day="2026-03-01").order_line
        self.assertEqual(price_of(line), Decimal("114.0"))

    def test_the_payable_of_a_line(self):
        """S2.3.8: price by terms times received, less rebates, plus what was allocated, with its working."""
        contract = self.contract(BANDS, {"tiers": [(0, 2)]})
        order = self.order((self.product, 100, 10), (self.other_product, 3, 1), day="2026-03-01")
        self.receive(order, 90, 3, day="2026-03-05")
        self.compute(contract)
        wizard = (
            self.env["ecom.line.allocate"]
            .with_user(self.buyer)
            .create({"order_id": order.id, "name": "Freight", "amount": 10})
        )
        wizard.action_apply()
        first, second = self.payables(order).sorted("purchase_line_id")
        self.assertEqual((first.price_order, first.price, first.quantity), (10, 9.5, 90))
        self.assertEqual((first.amount_goods, first.amount_rebate), (855, 18))
        self.assertEqual(first.amount_allocated + second.amount_allocated, 10)
        self.assertEqual(first.amount_payable, 855 - 18 + first.amount_allocated)
        self.assertEqual(first.working["formula"], "90 x 9.5 - 18.00 + 9.97")
        self.assertIn("90 x 9.5", first.working_html)
        self.assertEqual(second.clause_id.id, False)

    def test_new_terms_show_the_difference(self):
        """S2.3.8: when a new version is signed, the history says from what to what."""
        contract = self.contract({**BANDS, "tiers": [(0, 9)]})
        order = self.order((self.product, 100, 10), day="2026-08-01")
        self.receive(order, day="2026-08-05")
        terms = self.env["ecom.line.terms"]._refresh(order.order_line)
        self.assertEqual(terms.amount_payable, 900)
        with freeze_time("2026-06-15"):
            action = contract.with_user(self.buyer).action_amend()
            following = self.env["ecom.contract"].browse(action["res_id"])
            following.clause_ids.tier_ids.with_user(self.buyer).value = 8.5
            following.with_user(self.signer).action_sign()
        self.assertEqual((terms.amount_payable, terms.clause_id), (850, following.clause_ids))
        change = terms.change_ids.sorted("id")[-1]
        self.assertEqual((change.amount_old, change.amount_new), (900, 850))
        self.assertEqual((change.formula_old, change.formula_new), ("100 x 9", "100 x 8.5"))
        terms.with_user(self.buyer).action_compute()
        self.assertEqual(terms.change_ids.sorted("id")[-1], change, "twice is once")

    def test_receipts_are_followed_at_night(self):
        self.patch(self.registry["ir.cron"], "_commit_progress", lambda *args, **kwargs: 1)
        self.contract(BANDS)
        order = self.order((self.product, 100, 10), day="2026-03-01")
        with freeze_time("2026-04-01"):
            self.env["ecom.contract"]._nightly()
            self.assertEqual(self.payables(order).amount_payable, 0)
            self.receive(order, day="2026-03-05")
            self.env["ecom.contract"]._nightly()
        self.assertEqual(self.payables(order).amount_payable, 950)

    def test_a_confirmed_order_is_priced_at_once(self):
        """S2.3.6: and again at night when its quantity reaches another band."""
        self.patch(self.registry["ir.cron"], "_commit_progress", lambda *args, **kwargs: 1)
        self.contract({**BANDS, "date_to": False}, start="2020-01-01", end="2099-12-31")
        order = self.order((self.product, 100, 10))
        self.assertEqual((self.payables(order).price, self.payables(order).quantity_ordered), (9.5, 100))
        order.order_line.product_qty = 500
        self.env["ecom.contract"]._nightly()
        self.assertEqual(self.payables(order).price, 9)

    def test_a_refused_rebate_falls_on_the_lines_again(self):
        """D10."""
        contract = self.contract({"tiers": [(0, 2)]})
        order = self.order((self.product, 100, 10), day="2026-03-01")
        self.receive(order, day="2026-03-05")
        rebate = self.compute(contract)
        self.assertEqual(self.payables(order).amount_payable, 980)
        with freeze_time("2027-01-10"):
            rebate.with_user(self.buyer).action_claim()
            rebate.with_user(self.buyer)._answer(5, "most of it")
        self.assertEqual(self.payables(order).amount_payable, 995)

    def test_queries_do_not_grow_with_lines(self):
        """S2.3.8: reading facts and prices costs the same for one line and for many."""
        self.contract(BANDS, SALE)
        lines = [
            self.order(*[(self.product, 100, 10)] * count, day="2026-03-01").order_line for count in (1, 20)
        ]
        counts = []
        for some in lines:
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["ecom.line.terms"]._refresh(some)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)
