"""The Print menu: one way to paper for whatever is printed."""

from odoo.tests import tagged

from ..common import pages
from ..portal_common import HostileCase


@tagged("post_install", "-at_install")
class TestPrint(HostileCase):
    def offered(self, model, user):
        actions = self.env["ir.actions.actions"].with_user(user).get_bindings(model)
        return {action["name"] for action in actions.get("report", [])}

    def test_the_print_menu(self):
        """Given two statements, when a buyer prints them from the menu, then one PDF has both, each with page
        numbers of its own; rebates are offered likewise, and neither to somebody of the warehouse."""
        self.assertEqual(self.offered("ecom.statement", self.buyer), {"Statement"})
        self.assertEqual(self.offered("ecom.rebate", self.buyer), {"Rebate with Working"})
        self.assertFalse(self.offered("ecom.statement", self.keeper))
        self.vendor_bill((self.product, 1, 5), partner=self.other_supplier)
        both = self.sent | self.statement(partner=self.other_supplier)
        action = self.env.ref("ecom_supplier_settlement.action_print_statement").with_user(self.buyer)
        url = action.with_context(active_model=both._name, active_ids=both.ids).run()["url"]
        self.buyer.password = "settle_test_buyer"
        self.enter("settle_test_buyer")
        answer = self.url_open(url)
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
        texts = pages(answer.content)
        self.assertEqual([text.count("Page 1 of 1") for text in texts], [1, 1])
        for text, statement in zip(texts, both, strict=True):
            self.assertIn(statement.name, text)

    def test_suppliers_have_pages_of_their_own(self):
        """Given the address of a print, when a supplier opens it, or anybody asks for what is not printed,
        then there is no such page."""
        path = f"/ecom/paper/ecom.statement/{self.sent.id}"
        self.enter("settle_vendor")
        self.assertEqual(self.url_open(path).status_code, 404)
        self.buyer.password = "settle_test_buyer"
        self.enter("settle_test_buyer")
        self.assertEqual(self.url_open(path).status_code, 200)
        for other in (
            "res.users/2",
            "ecom.paper/1",
            "ecom.statement/0",
            "ecom.statement/x",
            "ecom.nothing/1",
        ):
            self.assertEqual(self.url_open(f"/ecom/paper/{other}").status_code, 404, other)
