"""Invoice stage: differences of quantity that stay are cleared singly, and singly undone."""

from datetime import date
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from ..common import SettleCase

SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)
DAY = date(2026, 10, 5)


@tagged("post_install", "-at_install")
class TestClearing(SettleCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "Asia/Shanghai"
        cls.env["ecom.ledger.setup"]._apply(cls.company)
        cls.company.ecom_accrual_reversal = "on_bill"
        cls.accrued = cls.env["ecom.role.map"]._company_ledger(cls.company, "goods_accrued")
        cls.accruals = cls.env["ecom.accrual"].with_user(cls.accountant)
        cls.clearings = cls.env["ecom.purchase.clearing"].with_user(cls.accountant)

    def accrue(self, day=SEPTEMBER):
        accrual = self.accruals._prepare(self.company, day)
        accrual.action_post()
        return accrual

    def balance(self, until=date(2099, 1, 1)):
        """What stands for goods received and not invoiced, as a debt."""
        lines = self.env["account.move.line"].search(
            [
                ("account_id", "=", self.accrued.id),
                ("parent_state", "=", "posted"),
                ("date", "<=", until),
                ("company_id", "=", self.company.id),
            ]
        )
        return round(-sum(lines.mapped("balance")), 6)

    def received(self, *lines, day="2026-09-05", **values):
        order = self.order(*lines, day="2026-09-01", **values)
        self.receive(order, day=day)
        return order.order_line

    def basis(self, line, day=None):
        return self.env["ecom.purchase.basis"]._at_rows(day, self.company, line)[line.id]

    def clear(self, line, quantity, day=DAY):
        return self.clearings._clear({line: Decimal(quantity)}, day, "not invoiced")

    def test_what_is_never_billed(self):
        """C6 Given 100 and 50 received, 98 and 47 invoiced and the rest accrued, when the 2 are cleared, then
        only their accrual is taken back; undone, they are accrued again, and the 3 are not touched.
        """
        first, second = self.received((self.product, 100, 10), (self.other_product, 50, 7))
        self.vendor_bill((first, 98, 10), (second, 47, 7), day="2026-09-20")
        accrual = self.accrue()
        self.assertEqual((self.balance(), accrual.amount_open), (41, 41))
        clearing = self.clear(first, 2)
        self.assertEqual((clearing.amount, clearing.quantity, len(clearing.reversal_ids)), (20, 2, 1))
        self.assertEqual((self.balance(date(2026, 10, 4)), self.balance()), (41, 21))
        self.assertEqual(
            (self.basis(first)["quantity_to_bill"], self.basis(second)["quantity_to_bill"]), (0, 3)
        )
        self.assertEqual(self.basis(first, SEPTEMBER)["quantity_to_bill"], 2)
        self.assertFalse(self.accruals._prepare(self.company, OCTOBER).line_ids)
        clearing.action_undo()
        self.assertEqual((self.balance(), self.basis(first)["quantity_to_bill"]), (41, 2))
        with self.assertRaisesRegex(UserError, "undone already"):
            clearing.action_undo()
        with self.assertRaisesRegex(UserError, "evidence"):
            clearing.sudo().unlink()

    def test_stored_texts_are_the_companys(self):
        """C6 Given a company that speaks Chinese, when an accountant who reads English undoes an accrual,
        then the title of the entry is Chinese."""
        self.env["res.lang"]._activate_lang("zh_CN")
        [line] = self.received((self.product, 10, 10))
        accrual = self.accrue()
        self.company.partner_id.lang, self.accountant.lang = "zh_CN", "en_US"
        accrual.with_user(self.accountant).with_context(lang="en_US").action_undo()
        titles = accrual.line_ids.item_ids.move_id.sorted("id").mapped("ref")
        self.assertTrue(titles[-1].startswith("撤销"), titles)

    def test_the_list_of_open_goods(self):
        """C6 Given 2 of 10 invoiced that never come, when they are cleared from the list, then neither the
        list nor any period end waits for them.
        """
        [line] = self.received((self.product, 8, 10))
        line.order_id.order_line.product_qty = 10
        self.vendor_bill((line, 10, 10), day="2026-09-20")
        rows = self.env["ecom.purchase.open"].with_user(self.accountant)
        row = rows.search([("purchase_line_id", "=", line.id)])
        self.assertEqual((row.kind, row.quantity), ("prepaid", -2))
        action = row.action_clear()
        with Form(
            self.env[action["res_model"]].with_user(self.accountant).with_context(**action["context"])
        ) as form:
            form.reason = "short, credited elsewhere"
            self.assertEqual(form.line_ids.edit(0).quantity_open, -2)
        form.record.action_clear()
        self.env.invalidate_all()
        self.assertFalse(rows.search([("purchase_line_id", "=", line.id)]))
        with self.assertRaisesRegex(UserError, "open"):
            self.env["ecom.purchase.clear"].with_user(self.accountant)._ask(line)

    def test_a_bill_for_what_was_cleared(self):
        """C6 C5 Given 2 cleared, when an invoice for them comes after all, then it is blocked; when it is no
        longer cleared, the block is lifted. Clearing what is invoiced and not received lifts no block.
        """
        [line] = self.received((self.product, 100, 10))
        self.vendor_bill((line, 98, 10), day="2026-09-20")
        clearing = self.clear(line, 2)
        late = self.vendor_bill((line, 2, 10), day="2026-10-10")
        self.assertEqual(late.ecom_threeway_state, "blocked")
        clearing.action_undo()
        self.assertEqual(late.ecom_threeway_state, "ready")
        [short] = self.received((self.other_product, 5, 10))
        bill = self.vendor_bill((short, 9, 10), day="2026-09-21")
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        self.clear(short, -4)
        self.assertEqual(bill.ecom_threeway_state, "blocked")

    def test_what_cannot_be_cleared(self):
        """C6 I1 Given 5 open, one in a draft invoice and the period end accrued, then no more than 4 are
        cleared, no other sign, on no day before the goods came or that is accrued, and by no buyer.
        """
        [line] = self.received((self.product, 5, 10))
        self.vendor_bill((line, 1, 10), day="2026-09-20", post=False)
        for quantity, day in (("4.01", DAY), ("-1", DAY), ("0", DAY), ("1", date(2026, 9, 4))):
            with self.subTest(quantity=quantity, day=day), self.assertRaisesRegex(UserError, "is open"):
                self.clear(line, quantity, day)
        with self.assertRaisesRegex(UserError, "in the future"):
            self.clear(line, 1, date(2099, 1, 1))
        with self.assertRaisesRegex(UserError, "Only accountants"):
            self.clearings.with_user(self.buyer)._clear({line: Decimal(1)}, DAY, "mine")
        with self.assertRaisesRegex(UserError, "made by"):
            self.env["ecom.purchase.clearing"].with_user(self.accountant).create(
                {"purchase_line_id": line.id, "quantity": 1}
            )
        self.accrue()
        with self.assertRaisesRegex(UserError, "Choose a later day"):
            self.clear(line, 1, date(2026, 9, 29))
        self.clear(line, 4)
        with self.assertRaisesRegex(UserError, "0 is open"):
            self.clear(line, 1)

    def test_accrued_after_it_was_cleared(self):
        """C6 Given 7 received in September of which 3 were cleared in October, in USD, when September is
        accrued afterwards, then all 7 stand at its end and 4 from that day on, in both currencies.
        """
        usd = self.currency("USD", 7.1, "2026-09-01")
        [line] = self.received((self.product, 7, 3.33), currency=usd)
        self.clear(line, 3)
        accrual = self.accrue()
        self.assertEqual(accrual.line_ids.amount, 23.31)
        self.assertEqual(self.balance(SEPTEMBER), round(23.31 * 7.1, 2))
        self.assertEqual(accrual.line_ids.amount_open, 13.32)
        self.assertEqual(self.balance(), accrual.line_ids.balance_open)
        self.vendor_bill((line, 4, 3.33), currency=usd, day="2026-10-10")
        self.assertEqual((self.balance(), accrual.amount_open), (0, 0))
