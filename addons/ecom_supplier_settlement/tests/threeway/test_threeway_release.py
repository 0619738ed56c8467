"""Pay stage: who may let a blocked invoice pass, and what makes that void."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..intake_common import IntakeCase, einvoice
from ..threeway_common import MatchCase


@tagged("post_install", "-at_install")
class TestRelease(IntakeCase, MatchCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.person("second", "ecom_connectors.group_accountant")
        cls.third = cls.person("third", "ecom_connectors.group_accountant")

    def refused(self, bill, *users):
        for user in users:
            with self.assertRaises(AccessError):
                self.let_pass(bill, user, "because")

    def dear(self, **values):
        """A draft of goods that came, dearer than ordered."""
        order = self.order((self.product, 10, 10))
        self.receive(order)
        return self.vendor_bill((order.order_line, 10, 12), post=False, **values)

    def test_everybody_who_ever_had_a_hand_in_it(self):
        """C5 I3 Given an invoice that one changed, a line another, that was reset and posted by others after
        them, when any of them releases it, then it is refused; who only read it may."""
        bill = self.dear()
        bill.with_user(self.accountant).ref = "A-1"
        bill.invoice_line_ids.with_user(self.second).price_unit = 13
        bill.with_user(self.manager).action_post()
        bill.button_draft()
        bill.narration = "last touched by somebody else"
        bill.action_post()
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        self.refused(bill, self.accountant, self.second, self.manager)
        self.let_pass(bill, self.third)
        self.assertEqual(bill.ecom_threeway_state, "released")

    def test_who_brought_in_the_file(self):
        """C5 I3 Given an e-invoice that an accountant brought in and another one posted, when either releases
        it, then it is refused, also where the program acted with more rights than theirs."""
        order = self.order((self.product, 10, 10), currency=self.yuan)
        self.receive(order)
        intake = self.env["ecom.invoice.intake"].with_user(self.accountant)
        bill = intake.sudo()._from_file("invoice.xml", einvoice(("P1", "10", "120.00", "0.13", "15.60")))
        bill.with_user(self.second).sudo().action_post()
        self.assertEqual((bill.ecom_threeway_state, self.reasons(bill)), ("blocked", {"price_over"}))
        self.refused(bill, self.accountant, self.second)
        self.let_pass(bill, self.third)

    def test_a_suppliers_own_upload(self):
        """C5 I3 Given an invoice that the supplier brought in and the program posts, when any accountant
        releases it, then they may; who told it to be posted may not."""
        visitor = self.env["res.users"].create(
            {
                "name": "visitor",
                "login": "settle_test_visitor",
                "partner_id": self.env["res.partner"]
                .create({"name": "Visitor", "parent_id": self.supplier.id})
                .id,
                "group_ids": [(6, 0, self.env.ref("base.group_portal").ids)],
            }
        )
        for teller in (None, self.second):
            bill = self.env["account.move"].browse(
                self.dear().with_user(visitor).sudo().copy({"invoice_date": "2026-09-10"}).id
            )
            if teller:
                bill.with_user(teller).write({"auto_post": "at_date"})
            self.env["account.move"].search([("id", "!=", bill.id), ("state", "=", "draft")]).button_cancel()
            bill.with_user(self.env.ref("base.user_root")).sudo()._post()
            self.assertEqual(bill.ecom_threeway_state, "blocked")
            self.assertIn(visitor, self.env["ecom.invoice.hands"]._of(bill))
            if teller:
                self.refused(bill, teller)
            self.let_pass(bill, self.accountant)
            self.assertEqual(bill.ecom_threeway_state, "released")

    def test_more_goods_do_not_void_a_release(self):
        """C5 Given an invoice for a part, released for its price, when the rest of the goods comes or another
        invoice is cancelled, then the release holds; when a difference grows, it does not."""
        order = self.order((self.product, 100, 10))
        receipt = self.receive(order, 40)
        other = self.vendor_bill((order.order_line, 20, 10))
        bill = self.vendor_bill((order.order_line, 20, 12))
        self.let_pass(bill, self.accountant)
        other.button_draft()
        other.button_cancel()
        self.assertEqual(bill.ecom_threeway_state, "released")
        self.receive(order, 30)
        self.assertEqual(bill.ecom_threeway_state, "released")
        order.order_line.price_unit = 9
        self.assertEqual((bill.ecom_threeway_state, bill.ecom_release_ids.void_reason), ("blocked", "worse"))
        self.assertTrue(receipt)

    # --- cures -------------------------------------------------------------------------------

    def test_cures_count_at_once_and_in_part(self):
        """C5 S2.1.2 Given an invoice too dear and too large, when its price is agreed, its goods come and the
        rest is credited, then each takes its reason away at once; a return brings it back."""
        order = self.order((self.product, 100, 10))
        bill = self.vendor_bill((order.order_line, 60, 11))
        self.assertEqual(self.reasons(bill), {"quantity_over", "price_over"})
        agreement = self.env["ecom.price.agreement"].create(
            {
                "partner_id": self.supplier.id,
                "product_id": self.product.id,
                "price": 11,
                "date_from": "2026-09-01",
            }
        )
        self.assertEqual((self.reasons(bill), bill.ecom_threeway_state), ({"quantity_over"}, "blocked"))
        receipt = self.receive(order, 50)
        self.assertEqual(bill.ecom_threeway_result_ids.variance_quantity, 10)
        credit = bill._reverse_moves([{"invoice_date": "2026-09-12"}])
        credit.invoice_line_ids.quantity = 10
        credit.action_post()
        self.assertEqual((bill.ecom_threeway_state, self.reasons(bill)), ("ready", set()))
        self.send_back(receipt, 1)
        self.assertEqual((bill.ecom_threeway_state, self.reasons(bill)), ("blocked", {"quantity_over"}))
        agreement.price = 10.5
        self.assertEqual(self.reasons(bill), {"quantity_over", "price_over"})

    def test_queries_do_not_grow_with_bills(self):
        """S2.1.7 Given 3 and 12 invoices, ready or blocked, when they are matched and tasks given and done,
        then there are no more queries."""
        for price, later in ((10, 8), (12, 12)):
            counts = []
            for size in (3, 12):
                order = self.order((self.product, 100, 10), user_id=self.buyer.id)
                self.receive(order)
                bills = self.env["account.move"].union(
                    *(self.vendor_bill((order.order_line, 1, price)) for _bill in range(size))
                )
                self.env["mail.activity"].search([("ecom_move_id", "in", bills.ids)]).unlink()
                self.env.cr.execute(
                    "UPDATE account_move SET ecom_threeway_state = 'none' WHERE id = ANY(%s)", [bills.ids]
                )
                found = []
                for agreed in (None, later):
                    if agreed:
                        self.env.cr.execute(
                            "UPDATE purchase_order_line SET price_unit = %s, price_subtotal = %s * 100 "
                            "WHERE id = %s",
                            [agreed, agreed, order.order_line.id],
                        )
                    self.env.flush_all()
                    self.env.invalidate_all()
                    before = self.env.cr.sql_log_count
                    self.env["ecom.threeway.matcher"]._match(bills, "manual")
                    self.env.flush_all()
                    found.append(self.env.cr.sql_log_count - before)
                counts.append(found)
            for few, many in zip(*counts, strict=True):
                self.assertLessEqual(many, few + 2, price)
