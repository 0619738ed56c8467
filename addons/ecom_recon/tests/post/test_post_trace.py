"""Every entry leads to its bill lines and orders, and they lead back."""

from odoo.tests import tagged

from odoo.addons.ecom_connectors.tests.common import alipay, move

from ..post_common import PostingCase


@tagged("post_install", "-at_install")
class TestTrace(PostingCase):
    """S1.9.11 S1.2.5: two orders in one merged entry, and one that is not there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sold = cls.orders(
            {"order_no": "T1", "line_total": "100.00"}, {"order_no": "T2", "line_total": "40.00"}
        )
        cls.september = cls.bill(
            alipay(
                move("100.00", "T1"),
                move("-5.00", "T1", "收费"),
                move("40.00", "T2"),
                move("-1.00", "T2", "收费"),
                move("30.00", "T9"),
                opening="0.00",
            )
        )
        cls.settle()
        cls.posting = cls.env["ecom.posting"].search(
            [("stage", "=", "money"), ("account_id", "=", cls.wallet.id)]
        )
        cls.entry = cls.posting.move_id

    def lines(self, action):
        return self.env[action["res_model"]].search(action["domain"])

    def test_from_the_entry(self):
        """S1.9.11 S1.2.5 Given a merged entry, when the accountant asks for its bill lines and orders, then
        he gets all of them and no other."""
        entry = self.entry.with_user(self.accountant)
        self.assertEqual(len(self.entry), 1)
        self.assertEqual(self.lines(entry.action_open_ecom_lines()), self.september.line_ids)
        self.assertEqual(
            self.lines(entry.action_open_ecom_orders()), self.sold.sorted("id", reverse=True).sorted()
        )
        self.assertEqual(entry.ecom_line_count, 5)

    def test_from_every_item(self):
        """S1.9.11 Given the items of a merged entry, then each leads to exactly the lines whose sum it is,
        and the money item to all of them."""
        seen = self.env["ecom.bill.line"]
        for item in self.entry.line_ids:
            lines = self.lines(item.with_user(self.accountant).action_open_ecom_lines())
            with self.subTest(item=item.name):
                if item.account_id == self.ledger_account("platform_balance"):
                    self.assertEqual(lines, self.september.line_ids)
                    self.assertEqual(round(sum(lines.mapped("amount")), 2), item.balance)
                else:
                    self.assertEqual(round(sum(lines.mapped("amount")), 2), -item.balance)
                    self.assertFalse(seen & lines, "a line is on one item")
                    seen |= lines
        self.assertEqual(seen, self.september.line_ids)

    def test_from_the_line(self):
        """S1.9.11 S1.2.5 Given a bill line, then it names its entry, order, rule and the row of the file."""
        line = self.september.line_ids.filtered(lambda line: line.amount == 40)
        self.assertEqual(line.move_ids, self.entry)
        self.assertEqual(self.lines(line.action_open_entries()), self.entry)
        self.assertEqual((line.order_id, line.rule), (self.sold[1], "reference_and_amount"))
        self.assertIn("T2", [cell.strip() for _title, cell in line.raw_row])

    def test_from_the_order(self):
        """S1.9.11 Given an order, then it leads to its bill lines, and they to the entry."""
        lines = self.lines(self.sold[0].with_user(self.accountant).action_open_ecom_lines())
        self.assertEqual(sorted(lines.mapped("amount")), [-5.00, 100.00])
        self.assertEqual(lines.move_ids, self.entry)

    def test_from_an_explanation(self):
        """S1.9.11 Given money explained later, then both its entries lead to it, and it to both."""
        self.order("T9", "30.00")
        entry = self.settle()
        line = self.september.line_ids.filtered(lambda line: line.amount == 30)
        self.assertEqual(self.lines(entry.action_open_ecom_lines()), line)
        self.assertEqual(line.move_ids, self.entry | entry)
        for item in entry.line_ids:
            self.assertEqual(self.lines(item.action_open_ecom_lines()), line)

    def test_from_a_reversal(self):
        """S1.9.11 Given an undone posting, then the reversal and its items lead to the same lines as the
        entry."""
        self.posting.with_user(self.accountant).action_undo()
        reversal = self.posting.reversal_id
        self.assertEqual(self.lines(reversal.action_open_ecom_lines()), self.september.line_ids)
        self.assertEqual(self.lines(reversal.line_ids[0].action_open_ecom_lines()), self.september.line_ids)

    def test_from_the_exception(self):
        """S1.2.5 Given an exception, then one click shows its lines, its order, its refunds and its
        entries."""
        self.order("T3", "50.00")
        self.bill(
            alipay(
                move("45.00", "T3", at="2026-09-02 10:00:00"),
                opening="164.00",
                period=("2026-09-02", "2026-09-03"),
            )
        )
        entry = self.settle()
        exception = self.exceptions(type="amount_mismatch").with_user(self.operator)
        self.assertEqual(self.lines(exception.action_open_lines()).mapped("amount"), [45.00])
        self.assertEqual(self.lines(exception.action_open_order()).ecom_order_no, "T3")
        self.assertEqual(self.lines(exception.action_open_moves()), entry)
        self.assertFalse(self.lines(exception.action_open_refunds()))
        self.assertFalse(self.lines(exception.action_open_pickings()) - exception.order_id.picking_ids)
