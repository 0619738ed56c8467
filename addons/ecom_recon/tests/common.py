"""What the tests of matching share: one call that matches, and questions about its outcome."""

from odoo.addons.ecom_connectors.tests.common import EcomCase


class ReconCase(EcomCase):
    def match(self, accounts=None, user=None):
        """Match the accounts as an accountant; return the run."""
        accounts = (accounts or self.env["ecom.account"].search([])).with_user(user or self.accountant)
        for group in self.env["ecom.matcher"].with_user(user or self.accountant)._groups(accounts):
            run = group._run_match()
        self.env.invalidate_all()
        return run

    def tally(self, ref, account=None):
        return self.env["ecom.tally"].search(
            [("account_id", "=", (account or self.wallet).id), ("ref", "=", ref)]
        )

    def verdict(self, order):
        """(state, rule) of an order; (None, None) if no line was found for it."""
        match = order.ecom_match_id
        return (match.state, match.rule or "") if match else (None, None)

    def exceptions(self, *states, **values):
        """Exceptions in these states, by default those that are not done."""
        domain = [("company_id", "=", self.company.id), ("state", "in", states or ("open", "waiting"))]
        return self.env["ecom.exception"].search([*domain, *((name, "=", it) for name, it in values.items())])

    def found(self):
        """[(type, number, amount)] of what is open."""
        return sorted(
            (one.type, one.order_no or one.refund_no or one.detail or "", round(one.amount, 2))
            for one in self.exceptions()
        )
