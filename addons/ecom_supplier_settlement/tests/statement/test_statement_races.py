"""Statement stage: two people at once, and processes that are killed, in a database of their own."""

from functools import partial

from odoo.exceptions import ValidationError
from odoo.fields import Date
from odoo.tests import tagged

from odoo.addons.ecom_connectors.tests.races import Races

from ..statement_common import StatementCase


@tagged("post_install", "-at_install")
class TestStatementRaces(Races, StatementCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.supplier_user = cls.person(
            "races",
            "base.group_portal",
            partner_id=cls.env["res.partner"].create({"name": "r", "parent_id": cls.supplier.id}).id,
        )
        cls._commit()

    def setUp(self):
        super().setUp()
        # The world is made by the class.
        type(self).supplier = self.partner("Racer")
        self.supplier_user.partner_id.parent_id = self.supplier

    def sent(self):
        statement = self.statement()
        statement._go_to("sent")
        return statement

    def test_the_last_two_lines(self):
        """Given two open lines, when one each is confirmed at once, then the statement is confirmed."""
        self.vendor_bill((self.product, 1, 10), (self.product, 1, 5))
        statement = self.sent()
        first, second = statement.line_ids.ids
        user = self.supplier_user
        results = self.at_once(
            (user, lambda env: env["ecom.statement"].browse(statement.id).portal_confirm([first])),
            (user, lambda env: env["ecom.statement"].browse(statement.id).portal_confirm([second])),
        )
        self.assertFalse(self.refusals(results))
        self.assertEqual(statement.state, "confirmed")

    def test_one_confirms_one_disputes(self):
        """Given an open line, when it is confirmed and disputed at once, then it is one of both and the state
        says which."""
        self.vendor_bill((self.product, 1, 10))
        statement = self.sent()
        user, line = self.supplier_user, statement.line_ids.id
        self.at_once(
            (user, lambda env: env["ecom.statement"].browse(statement.id).portal_confirm()),
            (user, lambda env: env["ecom.statement"].browse(statement.id).portal_dispute(line, "price")),
        )
        self.assertIn(
            (statement.state, statement.line_ids.state), {(name, name) for name in ("confirmed", "disputed")}
        )

    def test_two_statements_at_once(self):
        """Given a supplier, when two people make its statement at once, then there is one, and the other is
        told so or has the same."""
        self.vendor_bill((self.product, 1, 10), day="2026-09-20")

        def create(env, start):
            return env["ecom.statement"].create_for(self.supplier.id, start, "2026-09-30")

        results = self.at_once(
            (self.buyer, partial(create, start="2026-09-01")),
            (self.buyer, partial(create, start="2026-09-15")),
        )
        found = self.env["ecom.statement"].search([("partner_id", "=", self.supplier.id)])
        self.assertEqual((len(found), found.line_count), (1, 1))
        for refused in self.refusals(results):
            self.assertIsInstance(refused, ValidationError)
            self.assertIn("statement", str(refused))

    def test_two_computes_at_once(self):
        """Given a draft, when two people compute it at once, then its lines are there once and foot."""
        self.vendor_bill((self.product, 1, 10))
        statement = self.statement()
        self.vendor_bill((self.product, 1, 20))

        def compute(env):
            env["ecom.statement"].browse(statement.id).action_compute()

        self.assertFalse(self.refusals(self.at_once((self.buyer, compute), (self.accountant, compute))))
        self.assertEqual(
            (statement.line_count, statement.amount_closing, statement.amount_difference), (2, 30, 0)
        )

    def test_paid_once(self):
        """Given an approved statement, when two accountants pay it at once, then it is paid once and the
        other is told."""
        bill = self.vendor_bill((self.product, 1, 10))
        statement = self.sent()
        statement.action_confirm()
        statement.with_user(self.accountant).action_approve()

        def pay(env):
            journal = env["account.journal"].browse(self.bank.id)
            mine = env["ecom.statement"].browse(statement.id)
            return env["ecom.statement.payer"]._pay(mine, journal, Date.to_date("2026-10-10")).ids

        results = self.at_once((self.accountant, pay), (self.manager, pay))
        self.assertEqual(len(self.refusals(results)), 1)
        self.assertIn(statement.name, str(self.refusals(results)[0]))
        payments = self.env["account.payment"].search([("partner_id", "=", self.supplier.id)])
        self.assertEqual((len(payments), payments.amount, bill.amount_residual), (1, 10, 0))
        self.assertEqual(statement.state, "paid")

    def test_agreed_while_a_bill_changes(self):
        """Given a sent statement, when the supplier confirms it while its invoice is reset, then one of them
        is refused: no agreed statement has a draft on it."""
        bill = self.vendor_bill((self.product, 1, 10))
        statement = self.sent()
        results = self.at_once(
            (
                self.supplier_user,
                lambda env: env["ecom.statement"].browse(statement.id).portal_confirm(),
            ),
            (self.accountant, lambda env: env["account.move"].browse(bill.id).button_draft()),
        )
        self.assertEqual(len(self.refusals(results)), 1)
        self.assertIn((statement.state, bill.state), {("confirmed", "posted"), ("sent", "draft")})

    def test_cancelled_while_the_next_begins(self):
        """Given a statement, when it is cancelled while the next one is made, then no statement begins with
        the closing amount of a cancelled one."""
        self.vendor_bill((self.product, 1, 10))
        statement = self.statement()
        self.at_once(
            (self.buyer, lambda env: env["ecom.statement"].browse(statement.id).action_cancel()),
            (
                self.buyer,
                lambda env: env["ecom.statement"].create_for(self.supplier.id, "2026-10-01", "2026-10-31"),
            ),
        )
        following = self.env["ecom.statement"].search(
            [("partner_id", "=", self.supplier.id), ("date_to", "=", "2026-10-31")]
        )
        self.assertNotEqual(following.previous_id.state, "cancelled")
        self.assertEqual(following.amount_difference, 0)

    # --- killed -------------------------------------------------------------

    def facts(self):
        partner = [("partner_id", "=", self.supplier.id)]
        return (
            self.env["ecom.statement"].search(partner, order="id").mapped("state"),
            sorted(self.env["ecom.statement.line"].search(partner).mapped("state")),
            self.env["account.move"].search_count(partner),
            self.env["account.payment"].search_count(partner),
        )

    def test_killed_anywhere(self):
        """G3 Given a supplier's month, when the process is killed at any point of making, sending, confirming
        or paying its statement, then nothing of the step is stored, and done again it is done once."""
        order = self.order((self.product, 10, 5))
        self.receive(order, 10)
        self.vendor_bill((self.product, 1, 10))

        def mine(env):
            return env["ecom.statement"].search([("partner_id", "=", self.supplier.id)])

        def pay(env):
            journal = env["account.journal"].browse(self.bank.id)
            env["ecom.statement.payer"]._pay(mine(env), journal, Date.to_date("2026-10-10"))

        steps = (
            (
                self.buyer,
                lambda env: env["ecom.statement"].create_for(self.supplier.id, "2026-09-01", "2026-09-30"),
            ),
            (self.buyer, lambda env: mine(env).action_send()),
            (self.buyer, lambda env: mine(env).action_confirm()),
            (self.accountant, lambda env: mine(env).action_approve()),
            (self.accountant, pay),
        )
        for place, (user, step) in enumerate(steps):
            before = self.facts()
            count = self.killed(user, step)
            self.assertGreater(count, 3)
            for part in (0.2, 0.5, 0.8, 1):
                self.assertEqual(self.killed(user, step, at=max(1, round(count * part))), 0)
                self.assertEqual(self.facts(), before, place)
            step(self.env(user=user))
            self._commit()
        self.assertEqual(self.facts(), (["approved"], ["confirmed", "confirmed"], 3, 1))
