"""A made-up month with suppliers from order to statement, through methods that people and programs use."""

import sys
import tempfile
from pathlib import Path

from odoo import Command
from odoo.exceptions import UserError
from odoo.service.model import call_kw
from odoo.tests import tagged

from ..statement_common import StatementCase

SCRIPTS = Path(__file__).resolve().parents[4] / "scripts"
COUNTED = (
    "purchase.order",
    "stock.picking",
    "account.move",
    "account.payment",
    "ecom.rebate",
    "ecom.accrual",
    "ecom.statement",
    "ecom.statement.line",
    "ecom.threeway.release",
    "res.currency.rate",
)


class Person:
    """A session of the demo, without a server between: what RPC may call, this may call."""

    def __init__(self, env, refused):
        self.env, self.refused = env, refused

    def execute(self, model, method, *args, what="", **kwargs):
        try:
            with self.env.cr.savepoint():
                return call_kw(self.env[model], method, list(args), kwargs)
        except UserError as error:
            raise self.refused(str(error)) from error

    def settle(self, method, *args, what="", **kwargs):
        return self.execute("ecom.settle.api", method, *args, **kwargs)


@tagged("post_install", "-at_install")
class TestSupplierMonth(StatementCase):
    """S2.0.1 S2.1.2 S2.1.6 S2.3.3 S2.8.1: what it says of a month is what an independent plan expects.

    The plan's maker knows nothing of the add-on. It expects each invoice's verdict, rebates, the accrual, and
    for each supplier what was received, invoiced and blocked, and the closing of a statement that foots.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        sys.path.insert(0, str(SCRIPTS))
        cls.addClassCleanup(sys.path.remove, str(SCRIPTS))
        cls.company.partner_id.tz = "Asia/Shanghai"
        cls.currency("USD", 7.1, "2026-01-01")
        cls.currency("CNY")
        cls.env["ecom.ledger.setup"]._apply(cls.company)

    def hands(self):
        from client.errors import RefusedError  # noqa: PLC0415
        from demonstrate.hands import Hands  # noqa: PLC0415

        def person(user):
            return Person(self.env(user=user, su=False), RefusedError)

        return Hands(
            admin=person(self.env.ref("base.user_admin")),
            buyer=person(self.buyer),
            keeper=person(self.keeper),
            accountant=person(self.accountant),
            portal=lambda supplier: person(self.vendor(supplier)),
            company=self.company.id,
            say=lambda text: None,
        )

    def vendor(self, supplier):
        """Somebody of the supplier who can log in to the portal."""
        partner = self.env["res.partner"].create({"name": "Vendor", "parent_id": supplier})
        return self.env["res.users"].create(
            {
                "name": "Vendor",
                "login": "settle_month_vendor",
                "partner_id": partner.id,
                "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
                "company_ids": [Command.set(self.company.ids)],
                "company_id": self.company.id,
            }
        )

    def month(self, seed):
        from world import suppliers  # noqa: PLC0415

        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        suppliers.make(seed, roles=suppliers.SMALL).write(folder)
        return folder

    def live(self, folder, first=()):
        from demonstrate import suppliers  # noqa: PLC0415

        outcome = suppliers.run(self.hands(), folder, first)
        self.env.flush_all()
        return outcome

    def test_a_month_is_as_expected(self):
        """Given a month in the order of its days, then every figure is the plan's."""
        self.assertEqual(self.live(self.month(1)).problems, [])

    def test_bills_may_come_before_the_goods(self):
        """S2.1.3 Given another month, all invoices before all goods, then goods cure them: as expected."""
        outcome = self.live(self.month(2), first=("bill",))
        self.assertEqual(outcome.problems, [])

    def test_a_second_time_changes_nothing(self):
        """Given a month that was done, when everything is done again, then nothing is made or changed."""
        folder = self.month(3)
        first = self.live(folder)
        counts = {model: self.env[model].search_count([]) for model in COUNTED}
        again = self.live(folder)
        self.assertEqual({model: self.env[model].search_count([]) for model in COUNTED}, counts)
        self.assertEqual(again.figures, first.figures)
        self.assertEqual(again.problems, [])
