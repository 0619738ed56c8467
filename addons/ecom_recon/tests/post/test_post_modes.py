"""Order mode and summary mode: revenue once, receivables cleared, small differences by sign."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ecom_connectors.tests.common import alipay, move

from ..post_common import PostingCase


class ModeCase(PostingCase):
    def invoice(self, orders, each=True):
        """Posted invoices of the orders, one for each or one for all of a customer."""
        orders.order_line.qty_delivered = 1
        invoices = orders._create_invoices(grouped=each)
        invoices.invoice_date = "2026-09-01"
        invoices.action_post()
        return invoices

    def tolerance(self, cents):
        self.store.tolerance_id = self.env["ecom.tolerance"].create(
            {"name": "cents", "lower_amount": cents / 100, "upper_amount": cents / 100}
        )


@tagged("post_install", "-at_install")
class TestOneRevenue(ModeCase):
    def test_invoiced_first(self):
        """A3 Given a shop in summary mode and an order that is invoiced, when its bill is posted, then it is
        refused, shop and order are named, and nothing at all is booked."""
        order, bill = self.simple()
        self.invoice(order)
        self.match()
        before = self.counts("account_", "ecom_posting")
        run = self.post(errors=True)
        self.assertIn(order.name, run.errors["WALLET"])
        self.assertIn("STORE", run.errors["WALLET"])
        self.assertEqual(self.counts("account_", "ecom_posting"), before)
        self.assertEqual((bill.state, run.move_count, run.line_count), ("ready", 0, 0))

    def test_second_order_of_one_payment_invoiced(self):
        """A3 Given one payment for two orders of which the second is invoiced, when posted by summary, then
        it is refused as well."""
        first = self.order("T1", "60.00", payment_no="P1")
        second = self.order("T2", "40.00", payment_no="P1")
        self.bill(alipay(move("100.00", "P1")))
        self.invoice(second)
        self.match()
        self.assertEqual((first.ecom_state, second.ecom_state), ("matched", "matched"))
        run = self.post(errors=True)
        self.assertIn(second.name, (run.errors or {}).get("WALLET", "nothing"))

    def test_posted_first(self):
        """A3 Given revenue that a summary entry holds, when the order is invoiced, or an invoice drafted
        before is posted, then it is refused; once the posting is undone, it may be."""
        order, _bill = self.simple()
        other = self.order("T2", "50.00")
        other.order_line.qty_delivered = 1
        drafted = other._create_invoices()
        self.bill(
            alipay(
                move("50.00", "T2", at="2026-09-02 10:00:00"),
                opening="1095.00",
                period=("2026-09-02", "2026-09-03"),
            )
        )
        self.settle()
        order.order_line.qty_delivered = 1
        with self.assertRaisesRegex(UserError, order.name):
            order._create_invoices()
        with self.assertRaisesRegex(UserError, other.name):
            drafted.action_post()
        self.assertEqual(drafted.state, "draft")
        self.env["ecom.posting"].search([("stage", "=", "money")]).with_user(self.accountant).action_undo()
        drafted.action_post()
        self.assertEqual(drafted.state, "posted")

    def test_an_invoice_of_anything_else(self):
        """A3 Given summary postings, when an order that no bill has is invoiced, then nobody minds."""
        self.simple()
        free = self.order("FREE", "70.00")
        self.settle()
        self.assertEqual(self.invoice(free).state, "posted")

    def test_explained_after_invoicing(self):
        """A3 Given money on suspense whose order comes invoiced, when it is explained by summary, then it is
        refused and stays on suspense."""
        self.bill(alipay(move("100.00", "T1"), opening="0.00"))
        entries = self.settle()
        order = self.order("T1", "100.00")
        self.invoice(order)
        self.match()
        run = self.post(errors=True)
        self.assertIn(order.name, run.errors["WALLET"])
        self.assertEqual(self.by_role(entries)["suspense"], -100.00)


@tagged("post_install", "-at_install")
class TestOrderMode(ModeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.store.posting_mode = "order"

    def receivable(self, order):
        """What the ledger says is open of an order."""
        ledger = self.ledger_account("receivable")
        items = self.moves().line_ids | order.invoice_ids.line_ids
        mine = items.filtered(
            lambda item: (
                item.account_id == ledger
                and item.parent_state == "posted"
                and (item.ecom_order_id == order or item.move_id in order.invoice_ids)
            )
        )
        return round(sum(mine.mapped("balance")), 2)

    def test_bill_clears_the_invoice(self):
        """A3 S1.3.3 Given an invoiced order, when its bill is posted, then the receivable is cleared, the
        invoice is paid and revenue stands once."""
        order, _bill = self.simple()
        invoice = self.invoice(order)
        entries = self.settle()
        self.assertEqual(self.by_role(entries)["receivable"], -100.00)
        self.assertNotIn("revenue", self.by_role(entries))
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertEqual(invoice.amount_residual, 0)
        self.assertEqual(self.receivable(order), 0)
        item = entries.line_ids.filtered("ecom_order_id")
        self.assertEqual(
            (item.ecom_order_id, item.partner_id), (order, order.partner_invoice_id.commercial_partner_id)
        )
        self.assert_holds()

    def test_invoice_after_the_bill(self):
        """A3 Given a bill posted before the order is invoiced, when the invoice is there and the account is
        posted again, then it is paid."""
        order, _bill = self.simple()
        self.settle()
        invoice = self.invoice(order)
        self.assertEqual(invoice.amount_residual, 100.00)
        self.assertFalse(self.settle(), "clearing needs no entry")
        self.assertEqual(invoice.amount_residual, 0)
        self.assert_holds()

    def test_receivable_of_the_shop(self):
        """S1.3.3 Given three invoiced orders, one paid, one paid and refunded in part, one not paid, when
        posted, then the shop's receivable in the ledger is what the orders are still owed."""
        orders = self.orders(*({"order_no": f"T{n}", "line_total": "100.00"} for n in (1, 2, 3)))
        self.invoice(orders)
        self.refund("R2", "T2", "30.00")
        self.bill(alipay(move("100.00", "T1"), move("100.00", "T2"), move("-30.00", "T2"), opening="0.00"))
        self.settle()
        self.assertEqual([self.receivable(order) for order in orders], [0, 30.00, 100.00])
        ledger = self.ledger_account("receivable")
        partners = orders.partner_invoice_id.commercial_partner_id
        items = self.env["account.move.line"].search(
            [
                ("account_id", "=", ledger.id),
                ("parent_state", "=", "posted"),
                ("partner_id", "in", partners.ids),
            ]
        )
        self.assertEqual(sum(items.mapped("balance")), 130.00)
        self.assert_holds()

    def test_paid_together(self):
        """A3 Given two invoiced orders that were paid together, when the bill is posted, then both invoices
        are paid."""
        orders = self.orders(
            {"order_no": "T1", "line_total": "60.00", "payment_no": "P1"},
            {"order_no": "T2", "line_total": "40.00", "payment_no": "P1"},
        )
        invoices = self.invoice(orders)
        self.bill(alipay(move("100.00", "P1"), opening="0.00"))
        self.settle()
        self.assertEqual(invoices.mapped("amount_residual"), [0, 0])
        self.assert_holds()

    def test_invoiced_together(self):
        """A3 Given one invoice for two orders, when the bill pays them apart, then the invoice is paid."""
        orders = self.orders(
            {"order_no": "T1", "line_total": "60.00"}, {"order_no": "T2", "line_total": "40.00"}
        )
        invoice = self.invoice(orders, each=False)
        self.bill(alipay(move("60.00", "T1"), move("40.00", "T2"), opening="0.00"))
        self.settle()
        self.assertEqual((len(invoice), invoice.amount_residual), (1, 0))
        self.assert_holds()

    def test_small_differences(self):
        """B5 Given orders of 100 that got 99.98 and 100.01 within tolerance, when posted, then each is
        settled in full and the differences stand apart by sign."""
        self.tolerance(5)
        less, more = self.order("T1", "100.00"), self.order("T2", "100.00")
        self.invoice(less | more)
        self.bill(alipay(move("99.98", "T1"), move("100.01", "T2"), opening="0.00"))
        entries = self.settle()
        self.assertEqual(
            self.by_role(entries),
            {"platform_balance": 199.99, "receivable": -200.00, "small_loss": 0.02, "small_gain": -0.01},
        )
        self.assertEqual((self.receivable(less), self.receivable(more)), (0, 0))
        self.assertEqual(set((less | more).invoice_ids.mapped("amount_residual")), {0})
        self.assert_holds()
        before = self.snapshot()
        self.assertFalse(self.settle())
        self.assertEqual(self.snapshot(), before)

    def test_undo_opens_the_invoice(self):
        """B8 Given a paid invoice, when the posting is undone, then the invoice is open again."""
        order, _bill = self.simple()
        invoice = self.invoice(order)
        self.settle()
        before = self.trial_balance()
        money = self.env["ecom.posting"].search([("stage", "=", "money")])
        money.with_user(self.accountant).action_undo()
        self.assertEqual((invoice.amount_residual, self.receivable(order)), (100.00, 100.00))
        self.settle()
        self.assertEqual((invoice.amount_residual, self.trial_balance()), (0, before))
        self.assert_holds()


@tagged("post_install", "-at_install")
class TestSmallDifferences(ModeCase):
    def test_by_sign(self):
        """B5 Given orders of 100 that got 99.98 and 100.01 within tolerance, when posted by summary, then
        revenue is 200 and the differences stand apart by sign, on the day of the money."""
        self.tolerance(5)
        self.orders({"order_no": "T1", "line_total": "100.00"}, {"order_no": "T2", "line_total": "100.00"})
        self.bill(alipay(move("99.98", "T1"), move("100.01", "T2"), opening="0.00"))
        entries = self.settle()
        self.assertEqual(
            self.by_role(entries),
            {"platform_balance": 199.99, "revenue": -200.00, "small_loss": 0.02, "small_gain": -0.01},
        )
        self.assertEqual({str(entry.date) for entry in entries}, {"2026-09-01"})
        self.assert_holds()

    def test_the_rest_comes_later(self):
        """B5 Given a difference that was booked, when the missing cents come, then it is reversed."""
        self.tolerance(5)
        self.order("T1", "100.00")
        self.bill(alipay(move("99.98", "T1"), opening="0.00"))
        entries = self.settle()
        self.assertEqual(self.by_role(entries)["small_loss"], 0.02)
        self.bill(
            alipay(
                move("0.02", "T1", at="2026-09-02 10:00:00"),
                opening="99.98",
                period=("2026-09-02", "2026-09-03"),
            )
        )
        entries |= self.settle()
        self.assertEqual(self.by_role(entries), {"platform_balance": 100.00, "revenue": -100.00})
        self.assert_holds()

    def test_undo_takes_the_difference_along(self):
        """B5 B8 Given a booked difference, when the posting of its money is undone, then both are."""
        self.tolerance(5)
        self.order("T1", "100.00")
        self.bill(alipay(move("99.98", "T1"), opening="0.00"))
        before = self.trial_balance()
        self.settle()
        money = self.env["ecom.posting"].search([("stage", "=", "money")])
        run = money.with_user(self.accountant).action_undo()
        self.assertEqual((self.trial_balance(), run.move_count), (before, 2))
        self.settle()
        self.assert_holds()

    def test_outside_is_not_booked_away(self):
        """B5 Given 99.94 and a limit of 0.05, when posted, then the money waits on suspense and no loss is
        booked."""
        self.tolerance(5)
        self.order("T1", "100.00")
        self.bill(alipay(move("99.94", "T1"), opening="0.00"))
        self.assertEqual(self.by_role(self.settle()), {"platform_balance": 99.94, "suspense": -99.94})
