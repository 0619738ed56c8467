"""Invoice stage: what is open on a day has its age and ties to the ledger; dialogs say what came of files."""

import base64
from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..intake_common import NUMBER, IntakeCase, einvoice

DAY = date(2026, 12, 31)


@tagged("post_install", "-at_install")
class TestOpenGoods(IntakeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "Asia/Shanghai"
        cls.env["ecom.ledger.setup"]._apply(cls.company)

    def open_on(self, day=DAY, user=None):
        self.env.invalidate_all()
        model = self.env["ecom.purchase.open"].with_user(user or self.accountant)
        return model.with_context(ecom_as_of=str(day)).search([("order_id.company_id", "=", self.company.id)])

    def receive_part(self, order, quantity, day):
        picking = order.picking_ids.filtered(lambda it: it.state not in ("done", "cancel"))
        picking.move_ids.quantity = quantity
        picking.move_ids.picked = True
        picking.with_context(skip_backorder=False)._action_done()
        picking.move_ids.date = f"{day} 04:00:00"

    def test_bills_take_the_oldest_receipts(self):
        """C7 Given 10, 20 and 30 received on three days and 15 invoiced, then 15 and 30 are open with the
        ages of their receipts, and their amounts are the open quantity at the order's price.
        """
        order = self.order((self.product, 60, 3.335), day="2026-08-01")
        for quantity, day in ((10, "2026-08-15"), (20, "2026-10-15"), (30, "2026-12-20")):
            self.receive_part(order, quantity, day)
        self.vendor_bill((order.order_line, 15, 3.335), day="2026-12-21")
        rows = self.open_on()
        self.assertEqual(
            [(row.quantity, row.age, row.bucket, str(row.day)) for row in rows],
            [(15, 77, "61", "2026-10-15"), (30, 11, "0", "2026-12-20")],
        )
        self.assertEqual(round(sum(rows.mapped("amount")), 2), 150.08)
        self.assertEqual(round(sum(rows.mapped("balance")), 2), 150.08)
        self.assertEqual(set(rows.mapped("kind")), {"to_bill"})
        earlier = self.open_on(date(2026, 10, 15))
        self.assertEqual([(row.quantity, row.bucket) for row in earlier], [(10, "61"), (20, "0")])

    def test_what_is_billed_ahead_is_negative(self):
        """C7 Given 10 invoiced and 4 received, then 6 are open from the day of the invoice, and negative."""
        order = self.order((self.product, 10, 5))
        self.vendor_bill((order.order_line, 10, 5), day="2026-09-10")
        self.receive_part(order, 4, "2026-09-20")
        [row] = self.open_on()
        self.assertEqual(
            (row.kind, row.quantity, row.amount, str(row.day)), ("prepaid", -6, -30, "2026-09-10")
        )
        self.assertEqual(row.bucket, "91")

    def test_the_list_ties_to_the_ledger(self):
        """C7 Given three order lines, one in USD, accrued at a period end, then that day the list's total,
        its ledger column and the account's balance are one amount; a day later the ledger has none.
        """
        usd = self.currency("USD", 7.1, "2026-09-01")
        for order in (
            self.order((self.product, 3, 3.33), (self.other_product, 7, 1.11)),
            self.order((self.product, 3, 9.99), currency=usd),
        ):
            self.receive(order)
        accrual = (
            self.env["ecom.accrual"].with_user(self.accountant)._prepare(self.company, date(2026, 9, 30))
        )
        accrual.action_post()
        account = self.env["ecom.role.map"]._company_ledger(self.company, "goods_accrued")
        for day, ledger in ((date(2026, 9, 30), accrual.amount_total), (date(2026, 10, 1), 0)):
            rows = self.open_on(day)
            items = self.env["account.move.line"].search(
                [("account_id", "=", account.id), ("date", "<=", day), ("parent_state", "=", "posted")]
            )
            self.assertEqual(round(sum(rows.mapped("balance")), 2), accrual.amount_total)
            self.assertEqual(round(sum(rows.mapped("balance_accrued")), 2), ledger)
            self.assertEqual(round(-sum(items.mapped("balance")), 2), ledger)
        self.assertEqual(accrual.amount_total, round(9.99 + 7.77 + 29.97 * 7.1, 2))

    def test_what_stands_on_the_ledger_without_goods_is_listed(self):
        """C7 Given an accrued line that went back since without an invoice, then it is settled with what
        still stands on the ledger.
        """
        self.company.ecom_accrual_reversal = "on_bill"
        order = self.order((self.product, 3, 10))
        receipt = self.receive(order)
        self.env["ecom.accrual"].with_user(self.accountant)._prepare(
            self.company, date(2026, 9, 30)
        ).action_post()
        self.send_back(receipt, 3, day="2026-10-05")
        [row] = self.open_on()
        self.assertEqual((row.kind, row.amount, row.balance_accrued), ("settled", 0, 30))

    def test_the_period_end_dialog(self):
        """C7 Given the dialog, when an accountant prepares a period, then its draft opens; a buyer sees
        open goods only; a period that has not ended is refused.
        """
        self.receive(self.order((self.product, 3, 10)))
        dialog = self.env["ecom.period.end"].with_user(self.accountant)
        action = dialog.create({"period_end": date(2026, 9, 30)}).action_prepare()
        self.assertEqual(self.env["ecom.accrual"].browse(action["res_id"]).amount_total, 30)
        with self.assertRaises(UserError):
            dialog.create({"period_end": date(2099, 9, 30)}).action_prepare()
        own = self.env["ecom.period.end"].with_user(self.buyer).create({"period_end": date(2026, 9, 30)})
        with self.assertRaises(UserError):
            own.action_prepare()
        action = own.action_open_items()
        rows = (
            self.env[action["res_model"]].with_user(self.buyer).with_context(**action["context"]).search([])
        )
        self.assertEqual(rows.quantity, 3)

    def test_settings_are_the_managers(self):
        """Given the settings, when a manager saves them, then the company has them; nobody else may."""
        settings = self.env["ecom.accrual.settings"].with_user(self.manager)
        with Form(settings) as form:
            form.reversal = "on_bill"
            form.propose = True
        form.record.action_apply()
        self.assertEqual(self.company.ecom_accrual_reversal, "on_bill")
        self.assertTrue(self.company.ecom_accrual_propose)
        with self.assertRaises(AccessError):
            self.env["ecom.accrual.settings"].with_user(self.accountant).create({"reversal": "on_bill"})

    def test_the_import_dialog_tells_per_file(self):
        """S2.1.5 Given a good invoice, the same again, one of an unknown line and a broken file, when a buyer
        uploads all, then each has its result and the good ones are drafts.
        """
        self.order((self.product, 10, 5), currency=self.yuan)
        good = einvoice(("P1", "10", "50.00", "0.13", "6.50"))
        files = {
            "a.xml": good,
            "b.xml": good,
            "c.xml": einvoice(("X", "1", "5.00", "0.13", "0.65"), number=NUMBER[:-1] + "7"),
            "d.xml": good[:-30],
        }
        dialog = self.env["ecom.invoice.import"].with_user(self.buyer)
        attachments = (
            self.env["ir.attachment"]
            .with_user(self.buyer)
            .create([{"name": name, "datas": base64.b64encode(content)} for name, content in files.items()])
        )
        dialog = dialog.create({"attachment_ids": [(6, 0, attachments.ids)]})
        dialog.action_import()
        self.assertEqual(dialog.result_ids.mapped("state"), ["ready", "refused", "open", "refused"])
        self.assertEqual(dialog.result_ids.mapped("unlinked_count"), [0, 0, 1, 0])
        self.assertIn(NUMBER, dialog.result_ids[1].message)
        self.assertIn("d.xml", dialog.result_ids[3].message)
        bills = self.env["account.move"].search(dialog.action_open_bills()["domain"])
        self.assertEqual(sorted(bills.mapped("amount_total")), [5.65, 56.5])
        self.assertEqual(set(bills.mapped("state")), {"draft"})

    def test_views_open(self):
        """Given an accrual with lines, then its form opens for an accountant."""
        self.receive(self.order((self.product, 3, 10)))
        accrual = (
            self.env["ecom.accrual"].with_user(self.accountant)._prepare(self.company, date(2026, 9, 30))
        )
        with Form(accrual) as form:
            self.assertEqual(form.amount_total, 30)
