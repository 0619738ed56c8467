"""Every stage: who sees nothing of it."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..portal_common import PortalCase

# What a supplier reads of its own, by record rules; see the tests of the portal.
SUPPLIERS_OWN = {"ecom.statement", "ecom.statement.line"}


@tagged("post_install", "-at_install")
class TestSupplierAccess(PortalCase):
    def models(self):
        """All models of this add-on that hold records or show them."""
        found = [self.env[name] for name in sorted(self.env.registry) if name.startswith("ecom.")]
        return [
            model
            for model in found
            if model._original_module == "ecom_supplier_settlement"
            and not model._abstract
            and not model._transient
        ]

    def test_suppliers_and_the_public(self):
        """I4 Given a supplier's user and the public, when they read, search, count or export any model of
        suppliers but statements, then it is refused."""
        public = self.env.ref("base.public_user")
        self.assertGreater(len(self.models()), 30)
        for user in (self.vendor, public):
            for model in self.models():
                if user == self.vendor and model._name in SUPPLIERS_OWN:
                    continue
                mine = model.with_user(user)
                with self.subTest(model=model._name, user=user.name):
                    for attempt in (
                        lambda mine=mine: mine.search([]),
                        lambda mine=mine: mine.search_count([]),
                        lambda mine=mine: mine.formatted_read_group([], [], ["__count"]),
                    ):
                        with self.assertRaises(AccessError):
                            attempt()
                    self.assertFalse(mine.has_access("create"))

    def test_a_supplier_and_its_statements(self):
        """I4 Given statements of two suppliers, when each searches, groups and exports, then it finds its
        own and nothing else, and writes none."""
        order = self.order((self.product, 3, 7), partner=self.other_supplier)
        self.receive(order)
        self.vendor_bill((order.order_line, 3, 7), partner=self.other_supplier, ref="B-1")
        foreign = self.statement(partner=self.other_supplier)
        foreign._go_to("sent")
        for user, own, other in ((self.vendor, self.sent, foreign), (self.rival, foreign, self.sent)):
            mine = self.env["ecom.statement"].with_user(user)
            self.assertEqual(mine.search([]).ids, own.ids)
            groups = mine.formatted_read_group([], ["partner_id"], ["__count"])
            self.assertEqual([group["__count"] for group in groups], [1])
            lines = self.env["ecom.statement.line"].with_user(user)
            self.assertEqual(lines.search([]).statement_id.ids, own.ids)
            for record in (other, other.line_ids):
                for attempt in ("read", "export_data"):
                    # The export refuses in its own words.
                    with self.assertRaises(UserError):
                        getattr(record.with_user(user), attempt)(["name"])
            for attempt in ({"note": "paid"}, {"state": "paid"}):
                with self.assertRaises(UserError):
                    own.with_user(user).write(attempt)
            with self.assertRaises(AccessError):
                own.with_user(user).read(["internal_note"])

    def test_another_company(self):
        """Given a manager of another company, when he searches, counts or groups any model of suppliers, then
        he finds nothing of this one."""
        second = self.env["res.company"].create({"name": "Second"})
        stranger = self.person(
            "stranger",
            "ecom_connectors.group_manager",
            company_ids=[Command.set(second.ids)],
            company_id=second.id,
        )
        seen = 0
        for model in self.models():
            mine = model.with_user(stranger)
            with self.subTest(model=model._name):
                self.assertEqual(mine.search_count([]), 0)
                record = model.search([], limit=1)
                seen += bool(record)
                if record:
                    with self.assertRaises(AccessError):
                        record.with_user(stranger).read(["display_name"])
        self.assertGreaterEqual(seen, 6, "there is something that could leak")
