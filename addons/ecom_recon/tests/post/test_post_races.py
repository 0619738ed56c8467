"""Match and post stage: the same work from two sides at once, and killed half-way."""

import itertools

from odoo.tests import tagged

from odoo.addons.ecom_connectors.tests.common import alipay, move, upload
from odoo.addons.ecom_connectors.tests.races import Races

from ..post_common import PostingCase, amazon, row

# What is committed stays, so every test has an account and a shop of its own.
NUMBERS = itertools.count(1)


@tagged("post_install", "-at_install")
class TestPostRaces(Races, PostingCase):
    def setUp(self):
        super().setUp()
        name = next(NUMBERS)
        type(self).wallet = self.account(f"W-{name}", "alipay")
        type(self).store = self.shop(f"S-{name}", "taobao", self.wallet)
        self.env["ecom.ledger.setup"]._apply(self.company)
        self.order("T1", "10.00")
        self.order("T2", "20.00")
        content = alipay(move("10.00", "T1"), move("20.00", "T2"), move("3.00", "T3"), opening="100.00")
        self.stored = self.bill(content)

    def call(self, name, user=None, **options):
        code = self.wallet.code
        return user or self.accountant, lambda env: getattr(env["ecom.api"], name)(accounts=code, **options)

    def verdicts(self):
        return sorted(
            (tally.ref, tally.state)
            for tally in self.env["ecom.tally"].search([("account_id", "=", self.wallet.id)])
        )

    def exceptions(self):
        return self.env["ecom.exception"].search([("account_id", "=", self.wallet.id)])

    def test_matched_from_two_sides(self):
        """S1.11.6 Given open lines, when two people match at once, then both see the same verdicts, stored
        once, and every cause has one exception."""
        results = self.at_once(self.call("match", self.operator), self.call("match"))
        self.assertEqual([result["matched"] for result in results], [2, 2])
        self.assertEqual(sorted(result["exceptions"] for result in results), [0, 1])
        self.assertEqual([state for _ref, state in self.verdicts()], ["matched", "matched", "exception"])
        self.assertEqual(self.exceptions().mapped("type"), ["missing_order"])

    def test_posted_from_two_sides(self):
        """S1.11.6 Given matched lines, when two accountants post at once, then they are booked once: the
        second finds nothing to do, without an error."""
        self.match()
        results = self.at_once(self.call("post"), self.call("post"))
        self.assertEqual([result["errors"] for result in results], [{}, {}])
        self.assertEqual(sorted(result["lines"] for result in results), [0, 3])
        self.assertEqual(self.wallet._ledger_balance(), 133)
        self.assertEqual(self.stored.state, "posted")

    def test_posted_while_a_bill_comes(self):
        """Given matched lines, when they are posted while the next bill is imported, then the ledger is what
        the platform says after another run."""
        self.match()
        code = self.wallet.code
        bill = alipay(move("4.00", "T4"), opening="133.00", period=("2026-09-02", "2026-09-03"))
        files = [upload("next.csv", bill.replace(b"2026-09-01 10", b"2026-09-02 10"))]
        results = self.at_once(
            self.call("post"), (self.operator, lambda env: env["ecom.bill"].import_files(files, code))
        )
        self.assertEqual(results[0]["errors"], {})
        self.assertEqual(results[1][0]["state"], "ready")
        self.settle()
        self.assertEqual(self.wallet._ledger_balance(), 137)

    def test_undone_from_two_sides(self):
        """Given posted lines, when two accountants undo at once, then every entry is reversed once."""
        self.settle()
        self.at_once(self.call("undo"), self.call("undo"))
        postings = self.env["ecom.posting"].search([("account_id", "=", self.wallet.id)])
        self.assertEqual(set(postings.mapped("state")), {"reversed"})
        self.assertEqual(len(postings.reversal_id), len(postings))
        self.assertEqual(self.wallet._ledger_balance(), 0)

    def test_posted_while_undone(self):
        """Given posted lines, when one undoes while another posts, then every line is booked once or not at
        all and the invariants hold."""
        self.settle()
        self.at_once(self.call("undo"), self.call("post"))
        self.settle()
        self.assertEqual(self.wallet._ledger_balance(), 133)
        broken = [found for found in self.env["ecom.invariant"]._check(self.company) if not found["holds"]]
        self.assertFalse(broken)

    def test_revalued_from_two_sides(self):
        """Given a balance in another currency, when two accountants revalue at once, then the difference is
        booked once."""
        dollar = self.currency("USD")
        self.env["res.currency.rate"].search([("currency_id", "=", dollar.id)]).unlink()
        self.rate(dollar, "2026-09-01", 7.0)
        self.rate(dollar, "2026-09-30", 7.2)
        account, _shop = self.amazon_account(f"USD-{self.wallet.code}", currency="USD")
        self.bill(amazon(row("charge", "100.00"), currency="USD"), account)
        self.settle(account)
        code = account.code

        def call(env):
            return env["ecom.api"].revalue("2026-09-30", accounts=code)

        results = self.at_once((self.accountant, call), (self.accountant, call))
        self.assertEqual([result["errors"] for result in results], [{}, {}])
        ledger = self.ledger_account("platform_balance", account)
        items = self.env["account.move.line"].search([("account_id", "=", ledger.id)])
        self.assertEqual(round(sum(items.mapped("balance")), 2), 720)

    def test_killed_anywhere(self):
        """G3 Given a stored bill, when the process is killed at any point of matching or posting it, then
        nothing of the step is stored, and done again it is done once."""
        for user, step in (self.call("match"), self.call("post")):
            before = self.facts()
            count = self.killed(user, step)
            self.assertGreater(count, 3)
            for part in (0.2, 0.5, 0.8, 1):
                self.assertEqual(self.killed(user, step, at=max(1, round(count * part))), 0)
                self.assertEqual(self.facts(), before)
            step(self.env(user=user))
            self._commit()
        self.assertEqual(self.wallet._ledger_balance(), 133)

    def facts(self):
        postings = self.env["ecom.posting"].search([("account_id", "=", self.wallet.id)])
        return (
            self.verdicts(),
            self.exceptions().mapped("state"),
            postings.mapped("state"),
            self.env["ecom.run"].sudo().search_count([("account_ids", "in", self.wallet.ids)]),
        )
