"""Every stage: the page that a day begins with."""

from odoo.tests import tagged

from ..portal_common import PortalCase


@tagged("post_install", "-at_install")
class TestOverview(PortalCase):
    def tiles(self, user):
        partners = self.env["res.partner"].with_user(user)
        return {tile["label"]: tile["count"] for tile in partners.overview_tiles()}

    def test_what_waits_for_whom(self):
        """Given a blocked and a ready invoice and a disputed line, when each role opens its day, then it
        counts what is its own, and every tile opens what it counted."""
        order = self.order((self.product, 10, 5))
        self.receive(order)
        self.vendor_bill((order.order_line, 10, 6), ref="HIGH")
        self.sent.with_user(self.vendor).portal_dispute(self.sent.line_ids[0].id, "price")
        tiles = self.tiles(self.accountant)
        self.assertEqual((tiles["Blocked invoices"], tiles["Invoices ready to pay"]), (1, 2))
        self.assertEqual(self.tiles(self.buyer)["Disputed lines"], 1)
        self.assertEqual(
            set(self.tiles(self.keeper)), {"Receipt alerts", "Notices to look at", "Unknown codes"}
        )
        for user in (self.keeper, self.buyer, self.accountant, self.manager):
            for tile in self.env["res.partner"].with_user(user).overview_tiles():
                action = tile["action"]
                found = self.env[action["res_model"]].with_user(user).search_count(action["domain"])
                self.assertEqual(found, tile["count"], tile["label"])
        card = self.supplier.with_user(self.buyer)
        self.assertEqual((card.ecom_blocked_count, card.ecom_dispute_count), (1, 1))
        blocked = card.with_context(ecom_tile="blocked").action_ecom_open_waiting()
        self.assertEqual(self.env["account.move"].search(blocked["domain"]).ref, "HIGH")
        self.assertEqual(self.other_supplier.with_user(self.buyer).ecom_blocked_count, 0)
