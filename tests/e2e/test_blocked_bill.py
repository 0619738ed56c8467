"""The buyer's flow at the screen: an invoice is blocked, its buyer has a task, another person releases it."""

from odoo.tests import HttpCase, tagged

from odoo.addons.ecom_supplier_settlement.tests.statement_common import StatementCase

from .browsing import Browsing

PREFIX = "settle_test_"


@tagged("post_install", "-at_install")
class TestBlockedBill(Browsing, StatementCase, HttpCase):
    def test_task_and_release(self):
        """S2.1.9 S2.1.10 I3 Given an invoice above the agreed price, when its buyer logs in, a task waits;
        when an accountant who did not enter it gives a reason, then the invoice is released and may be
        paid."""
        for user in (self.buyer, self.accountant):
            user.password = user.login
        self.accountant.group_ids += self.env.ref("account.group_account_invoice")
        order = self.order((self.product, 10, 5), user_id=self.buyer.id)
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 10, 6), ref="INV-HIGH")
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        with self.browser(PREFIX + "buyer") as page:
            page.goto(f"{self.base_url()}/odoo/action-purchase.purchase_rfq/{order.id}")
            page.click("button[name=action_view_invoice]")
            page.wait_for_selector("div[name=ecom_threeway_state]:has-text('Blocked')")
            page.wait_for_selector(".o-mail-Activity:has-text('price')")
        with self.browser(PREFIX + "accountant") as page:
            page.goto(f"{self.base_url()}/odoo/action-ecom_supplier_settlement.ecom_blocked_bill_action")
            page.click("td:has-text('INV-HIGH')")
            page.click("button[name=action_ecom_release]")
            page.fill(".modal div[name=reason] textarea", "The new price list is signed")
            page.click(".modal button[name=action_release]")
            page.wait_for_selector("div[name=ecom_threeway_state]:has-text('Released')")
        self.env.invalidate_all()
        self.assertEqual(bill.ecom_threeway_state, "released")
        [release] = bill.ecom_release_ids
        self.assertEqual((release.user_id, release.reason), (self.accountant, "The new price list is signed"))
        self.pay(bill)
        self.assertEqual(bill.payment_state, "paid")
