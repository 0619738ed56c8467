"""Invoice stage, at the end of a period: goods received and not invoiced are booked and taken back
exactly."""

from datetime import date
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import SettleCase

SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)


@tagged("post_install", "-at_install")
class TestAccrual(SettleCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "Asia/Shanghai"
        cls.env["ecom.ledger.setup"]._apply(cls.company)
        cls.accrued = cls.env["ecom.role.map"]._company_ledger(cls.company, "goods_accrued")
        cls.cost = cls.product.product_tmpl_id.get_product_accounts()["expense"]
        cls.accruals = cls.env["ecom.accrual"].with_user(cls.accountant)

    def accrue(self, day=SEPTEMBER):
        accrual = self.accruals._prepare(self.company, day)
        accrual.action_post()
        return accrual

    def balance(self, account, until=date(2099, 1, 1), field="balance"):
        """What stands on an account, of posted entries."""
        lines = self.env["account.move.line"].search(
            [
                ("account_id", "=", account.id),
                ("parent_state", "=", "posted"),
                ("date", "<=", until),
                ("company_id", "=", self.company.id),
            ]
        )
        return round(sum(lines.mapped(field)), 6)

    def received(self, *lines, day="2026-09-05", ordered="2026-09-01", **values):
        order = self.order(*lines, day=ordered, **values)
        self.receive(order, day=day)
        return order.order_line

    def test_reversed_on_the_first_day(self):
        """C7 Given 100 received at 10 and 60 invoiced by month end, then 400 is accrued and reversed the next
        day; when 40 are invoiced at 10.50, then the cost is 1,020, of which 20 is the price.
        """
        [line] = self.received((self.product, 100, 10))
        self.vendor_bill((line, 60, 10), day="2026-09-20")
        accrual = self.accrue()
        self.assertEqual(accrual.amount_total, 400)
        self.assertEqual(accrual.line_ids.working["formula"], "40 x 10")
        self.assertEqual(
            (self.balance(self.accrued, SEPTEMBER), self.balance(self.cost, SEPTEMBER)), (-400, 1000)
        )
        self.assertEqual(self.balance(self.accrued, date(2026, 10, 1)), 0)
        self.assertEqual(
            (accrual.move_id.date, accrual.reversal_move_id.date), (SEPTEMBER, date(2026, 10, 1))
        )
        self.assertEqual(accrual.move_id.line_ids.partner_id, self.supplier)
        self.vendor_bill((line, 40, 10.5), day="2026-10-10")
        self.assertEqual((self.balance(self.accrued), self.balance(self.cost)), (0, 1020))
        self.assertEqual(accrual.amount_open, 0)

    def test_reversed_when_the_bill_comes(self):
        """C7 Given the habit of waiting for invoices, when 30 of the 40 accrued are invoiced, then 300 are
        taken back on the invoice's date; when it is reset, they are accrued again; when all is invoiced, 0 is
        left.
        """
        self.company.ecom_accrual_reversal = "on_bill"
        [line] = self.received((self.product, 100, 10))
        self.vendor_bill((line, 60, 10), day="2026-09-20")
        accrual = self.accrue()
        self.assertEqual((self.balance(self.accrued), accrual.amount_open), (-400, 400))
        bill = self.vendor_bill((line, 30, 10.5), day="2026-10-10")
        self.assertEqual((self.balance(self.accrued), accrual.amount_open), (-100, 100))
        self.assertEqual(self.balance(self.accrued, date(2026, 10, 9)), -400)
        bill.button_draft()
        self.assertEqual((self.balance(self.accrued), accrual.amount_open), (-400, 400))
        bill.action_post()
        self.vendor_bill((line, 15, 10.5), day="2026-10-11")
        self.assertEqual((self.balance(self.accrued), accrual.amount_open), (0, 0))
        self.assertEqual(self.balance(self.cost), 600 + 315 + 157.5)

    def test_the_next_period_builds_on_what_waits(self):
        """C7 S2.2.5 Given 40 of September waiting for an invoice, when 5 go back in October without an
        invoice, then the period end takes back those; what is built upon is not undone first.
        """
        self.company.ecom_accrual_reversal = "on_bill"
        order = self.order((self.product, 100, 10))
        receipt = self.receive(order, 40)
        first = self.accrue()
        self.assertEqual(first.amount_total, 400)
        self.send_back(receipt, 5, day="2026-10-05")
        second = self.accrue(OCTOBER)
        self.assertEqual(second.line_ids.kind, "reduced")
        self.assertEqual((self.balance(self.accrued, SEPTEMBER), self.balance(self.accrued)), (-400, -350))
        self.assertEqual(self.balance(self.accrued, date(2026, 10, 30)), -400)
        self.assertEqual(first.amount_open, 350)
        with self.assertRaisesRegex(UserError, "builds on this one"):
            first.action_undo()
        second.action_undo()
        self.assertEqual((self.balance(self.accrued), first.amount_open), (-400, 400))

    def test_what_happens_later_does_not_count(self):
        """C7 Given a receipt and an invoice of October, when September is accrued in November, then only what
        stood at the end of September counts; the October invoice takes its part back at once.
        """
        self.company.ecom_accrual_reversal = "on_bill"
        order = self.order((self.product, 100, 10))
        self.receive(order, 40)
        line = order.order_line
        self.vendor_bill((line, 25, 10), day="2026-10-03")
        accrual = self.accrue()
        self.assertEqual(accrual.amount_total, 400)
        self.assertEqual(self.balance(self.accrued, SEPTEMBER), -400)
        self.assertEqual((self.balance(self.accrued, date(2026, 10, 3)), accrual.amount_open), (-150, 150))

    def test_a_late_period_end_sees_its_own_day(self):
        """C7 Given 40 of August that an October invoice took back, when September is accrued after that, then
        they stood accrued at its end and nothing is accrued a second time.
        """
        self.company.ecom_accrual_reversal = "on_bill"
        [line] = self.received((self.product, 40, 10), day="2026-08-05", ordered="2026-08-01")
        self.accrue(date(2026, 8, 31))
        self.vendor_bill((line, 40, 10), day="2026-10-03")
        self.assertFalse(self.accrue().line_ids)
        self.assertEqual((self.balance(self.accrued, SEPTEMBER), self.balance(self.accrued)), (-400, 0))

    def test_the_day_ends_where_the_goods_arrive(self):
        """C7 Given a receipt at 23:30 and one at 00:30 in Shanghai, then the second belongs to October."""
        [early] = self.received((self.product, 1, 10))
        [late] = self.received((self.product, 1, 10))
        early.move_ids.date, late.move_ids.date = "2026-09-30 15:30:00", "2026-09-30 16:30:00"
        accrual = self.accruals._prepare(self.company, SEPTEMBER)
        self.assertEqual(accrual.line_ids.purchase_line_id, early)

    def test_twice_changes_nothing(self):
        """C7 Given a posted accrual, when it is run again, then nothing is added; undone, it may run."""
        self.received((self.product, 100, 10))
        accrual = self.accrue()
        count = self.env["account.move"].search_count([])
        self.assertEqual(self.accruals._prepare(self.company, SEPTEMBER), accrual)
        with self.assertRaises(UserError):
            accrual.action_post()
        self.assertEqual(self.env["account.move"].search_count([]), count)
        accrual.action_undo()
        self.assertEqual((accrual.state, self.balance(self.accrued)), ("undone", 0))
        self.assertEqual(self.balance(self.accrued, SEPTEMBER), 0)
        again = self.accrue()
        self.assertNotEqual(again, accrual)
        self.assertEqual(self.balance(self.accrued, SEPTEMBER), -1000)

    @mute_logger("odoo.sql_db")
    def test_the_database_holds_one_line_per_order_line(self):
        """C7 Given an accrued order line, when a second line is stored for it, then the index refuses."""
        self.received((self.product, 1, 10), (self.other_product, 1, 10))
        accrual = self.accrue()
        one, two = accrual.line_ids
        with self.assertRaises(Exception) as refused, self.env.cr.savepoint():
            self.env.cr.execute(
                "UPDATE ecom_accrual_line SET purchase_line_id = %s WHERE id = %s",
                (one.purchase_line_id.id, two.id),
            )
        self.assertIn("ecom_accrual_line_line_once", str(refused.exception))

    def test_more_billed_than_received_is_listed_only(self):
        """C7 Given 10 ordered, 4 received and 10 invoiced, then nothing is accrued and the 6 are listed."""
        order = self.order((self.product, 10, 10))
        self.receive(order, 4)
        self.vendor_bill((order.order_line, 10, 10), day="2026-09-10")
        accrual = self.accrue()
        self.assertEqual((accrual.line_ids.kind, accrual.line_ids.quantity), ("prepaid", -6))
        self.assertFalse(accrual.move_id)
        self.assertEqual(self.balance(self.accrued), 0)

    def test_currencies(self):
        """C7 C9 G1 Given USD, JPY and KWD orders, then each is accrued with its decimals at the rate of
        the period end and taken back at the same rate: no exchange difference arises.
        """
        self.company.ecom_accrual_reversal = "on_bill"
        rates = {"USD": (7.1, 7.0), "JPY": (0.05, 0.04), "KWD": (23.5, 23.0)}
        wanted = {}
        for name, (rate, later) in rates.items():
            currency = self.currency(name, rate, "2026-09-01")
            self.currency(name, later, "2026-10-01")
            price = {"USD": 10.01, "JPY": 333, "KWD": 1.005}[name]
            [line] = self.received((self.product, 3, price), currency=currency)
            wanted[line] = (round(3 * price, 3), round(3 * price * rate, 2))
        accrual = self.accrue()
        for line in accrual.line_ids:
            self.assertEqual((line.amount, line.balance), wanted[line.purchase_line_id])
            items = line.item_ids.filtered(lambda it: it.account_id == self.accrued)
            self.assertEqual((-items.amount_currency, -items.balance), wanted[line.purchase_line_id])
        for line in wanted:
            for quantity in (1, 2):
                self.vendor_bill(
                    (line, quantity, line.price_unit), day="2026-10-05", currency=line.currency_id
                )
        self.assertEqual(self.balance(self.accrued), 0)
        self.assertEqual(self.balance(self.accrued, field="amount_currency"), 0)

    def test_a_missing_rate_is_refused(self):
        """C7 Given an order in a currency without a rate, then the accrual is refused and names it."""
        currency = self.currency("KWD")
        self.env["res.currency.rate"].search([("currency_id", "=", currency.id)]).unlink()
        self.received((self.product, 1, 10), currency=currency)
        with self.assertRaisesRegex(UserError, "KWD"):
            self.accruals._prepare(self.company, SEPTEMBER)

    def test_a_locked_period_is_refused(self):
        """I1 C7 Given a locked September, then its accrual cannot be posted; one that was is undone in
        October and September stays as it was.
        """
        self.received((self.product, 100, 10))
        accrual = self.accruals._prepare(self.company, SEPTEMBER)
        self.env.flush_all()
        self.company.fiscalyear_lock_date = SEPTEMBER
        with self.assertRaisesRegex(UserError, "2026-09-30"):
            accrual.action_post()
        self.assertFalse(accrual.move_id)
        self.company.fiscalyear_lock_date = False
        accrual.action_post()
        self.company.fiscalyear_lock_date = SEPTEMBER
        accrual.action_undo()
        self.assertEqual((self.balance(self.accrued, SEPTEMBER), self.balance(self.accrued)), (-1000, 0))

    def test_nothing_is_booked_unseen(self):
        """I6 Given a draft, when an invoice comes before it is posted, then the new figures are shown
        first."""
        [line] = self.received((self.product, 100, 10))
        accrual = self.accruals._prepare(self.company, SEPTEMBER)
        self.vendor_bill((line, 60, 10), day="2026-09-20")
        accrual.action_post()
        self.assertEqual((accrual.state, accrual.amount_total), ("draft", 400))
        accrual.action_post()
        self.assertEqual((accrual.state, self.balance(self.accrued, SEPTEMBER)), ("posted", -400))

    def test_what_was_booked_stays(self):
        """I2 Given a posted accrual, then nobody deletes it, changes a figure or resets its entry."""
        self.received((self.product, 1, 10))
        accrual = self.accrue()
        for change in (
            accrual.unlink,
            accrual.line_ids.unlink,
            lambda: accrual.line_ids.write({"amount": 1}),
            lambda: accrual.write({"state": "draft"}),
            accrual.move_id.button_draft,
            accrual.line_ids.reversal_ids.unlink,
        ):
            with self.assertRaises(UserError):
                change()
        with self.assertRaises(UserError):
            accrual.with_user(self.buyer).action_undo()

    def test_goods_of_others_are_not_accrued(self):
        """C7 E1 Given consigned goods received, then nothing is owed and nothing is accrued."""
        order = self.order((self.product, 5, 10))
        order.picking_ids.owner_id = self.supplier
        self.receive(order)
        self.assertFalse(self.accruals._prepare(self.company, SEPTEMBER).line_ids)

    def test_the_month_is_proposed_once(self):
        """C7 Given a company that wants it, when the schedule runs twice in October, then one draft waits."""
        self.received((self.product, 1, 10))
        self.company.ecom_accrual_propose = True
        with patch("odoo.fields.Date.context_today", return_value=date(2026, 10, 2)):
            self.env["ecom.accrual"]._propose()
            self.env["ecom.accrual"]._propose()
        accrual = self.env["ecom.accrual"].search([("period_end", "=", SEPTEMBER)])
        self.assertEqual((accrual.state, accrual.amount_total), ("draft", 10))
        self.assertTrue(accrual.activity_ids)

    def test_queries_do_not_grow_with_lines(self):
        """S2.1.7 Given 10 and 40 order lines, when they are accrued, then queries do not grow with them."""
        counts = []
        for lines, day in ((10, SEPTEMBER), (40, OCTOBER)):
            order = self.order(*[(self.product, 1, 10)] * lines)
            self.receive(order)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.accruals._prepare(self.company, day)
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0], counts)
