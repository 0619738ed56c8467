"""Revaluation: what stands in other currencies is worth the closing rate, and no difference counts twice."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..revalue_common import RevaluationCase


@tagged("post_install", "-at_install")
class TestClosingRate(RevaluationCase):
    def test_what_we_owe(self):
        """G1 Given 1,000 USD owed at 7.10, when revalued at the month's end at 7.05, then 50 are gained; when
        settled at 7.00 and revalued, 50 more; 100 in all, and nothing is left on the account."""
        self.book("ads", "-1000.00")
        self.assertEqual(self.standing("platform_balance"), (-1000.00, -7100.00))
        entry = self.revalue(self.september)
        self.assertEqual(self.by_role(entry, self.amz), {"platform_balance": 50.00, "fx_gain": -50.00})
        self.assertEqual(self.by_role(entry, self.amz, "amount_currency"), {})
        self.assertTrue(all(line.name.endswith("@ 7.05") for line in entry.line_ids))
        self.assertEqual((entry.date, entry.state), (self.september, "posted"))
        self.assertEqual(self.standing("platform_balance"), (-1000.00, -7050.00))
        self.assertEqual(self.exchange(), 50.00)
        self.book("charge", "1000.00", day="2026-10-10")
        self.assertEqual(self.standing("platform_balance"), (0, -50.00))
        self.revalue(self.october)
        self.assertEqual(self.standing("platform_balance"), (0, 0))
        self.assertEqual(self.exchange(), 100.00)
        self.assertFalse(self.revalue(self.october))
        self.assertFalse(self.revalue(self.september))
        self.assertEqual(self.exchange(), 100.00)
        self.assert_holds()

    def test_what_we_own(self):
        """G1 Given 1,000 USD held at 7.10, then the signs turn: 50 lost at 7.05, 50 more when paid out at
        7.00, in all 100; the payout in transit stands at its own rate."""
        self.book("reimbursement", "1000.00")
        entry = self.revalue(self.september)
        self.assertEqual(self.by_role(entry, self.amz), {"platform_balance": -50.00, "fx_loss": 50.00})
        self.book("charge", "-1000.00", day="2026-10-10")
        entry = self.revalue(self.october)
        self.assertEqual(self.by_role(entry, self.amz), {"platform_balance": -50.00, "fx_loss": 50.00})
        self.assertEqual(self.standing("platform_balance"), (0, 0))
        self.assertEqual(self.exchange(), -100.00)
        self.assert_holds()

    def test_without_a_month_end(self):
        """G1 Given 1,000 USD at 7.10 and a payout of all at 7.00 with no month end between, when revalued,
        then the whole 100 are booked at once and no rate is needed for nothing."""
        self.book("reimbursement", "1000.00")
        self.book("charge", "-1000.00", day="2026-10-10")
        entry = self.revalue(self.october)
        self.assertEqual(self.by_role(entry, self.amz), {"platform_balance": -100.00, "fx_loss": 100.00})
        self.assertEqual(self.amz._ledger_balance(), self.amz._platform_closing())

    def test_every_monetary_role(self):
        """G1 Given money on the account, on suspense, in reserve and in transit in dollars, when revalued,
        then each stands at the closing rate, gains and losses are not netted, and expenses keep theirs."""
        self.book("reimbursement", "1000.00")
        self.book("reserve_held", "-300.00")
        self.book("charge", "-200.00")
        self.book("ads", "-100.00")
        self.book("sale", "500.00")
        entry = self.revalue(self.september)
        for role in ("platform_balance", "suspense", "reserve", "in_transit"):
            amount, balance = self.standing(role)
            self.assertTrue(amount, role)
            self.assertEqual(balance, round(amount * 7.05, 2), role)
        self.assertEqual(
            self.sides(entry, self.amz),
            {
                **{("platform_balance", "Cr"): 45.00, ("reserve", "Cr"): 15.00},
                **{("in_transit", "Cr"): 10.00, ("suspense", "Dr"): 25.00},
                **{("fx_loss", "Dr"): 70.00, ("fx_gain", "Cr"): 25.00},
            },
        )
        self.assertEqual(self.standing("marketing"), (100.00, 710.00))
        self.assert_holds()

    def test_twice(self):
        """G1 B7 Given a revalued month end, when it is revalued again, then nothing at all changes."""
        self.book("ads", "-1000.00")
        self.revalue()
        before, balance = self.snapshot(), self.trial_balance()
        self.assertFalse(self.revalue())
        self.assertEqual((self.snapshot(), self.trial_balance()), (before, balance))

    def test_an_older_bill_comes_late(self):
        """G1 Given a revalued month end, when a bill of that month is posted afterwards and the month end is
        revalued again, then only the difference is booked."""
        self.book("ads", "-1000.00")
        self.revalue()
        self.book("ads", "-200.00", day="2026-09-20")
        self.assert_holds()
        entry = self.revalue()
        self.assertEqual(self.by_role(entry, self.amz), {"platform_balance": 10.00, "fx_gain": -10.00})
        self.assertEqual(self.standing("platform_balance", self.september), (-1200.00, -8460.00))
        self.assert_holds()

    def test_the_month_before_once_more(self):
        """G1 Given two revalued month ends and a late bill of the first month, when both are revalued again,
        then both stand at their closing rates and the total is that of one revaluation."""
        self.book("ads", "-1000.00")
        self.revalue(self.september)
        self.revalue(self.october)
        self.book("ads", "-200.00", day="2026-09-20")
        self.revalue(self.september)
        self.assertEqual(self.amz._revalued_after(self.september), [self.october])
        self.revalue(self.october)
        self.assertEqual(self.standing("platform_balance", self.september), (-1200.00, -8460.00))
        self.assertEqual(self.standing("platform_balance", self.october), (-1200.00, -8400.00))
        self.assertEqual(self.exchange(), 120.00)
        self.assert_holds()

    def test_a_rate_that_comes_later(self):
        """G2 Given a revalued month end, when another rate for that day or an older one is imported, then
        nothing that is posted changes, also not by posting; only a new revaluation books what it makes."""
        self.book("ads", "-1000.00")
        self.revalue()
        before, balance = self.snapshot(), self.trial_balance()
        self.env["res.currency.rate"].search([("name", "=", "2026-09-30")]).inverse_company_rate = 7.02
        self.rate(self.usd, "2026-09-05", 7.50)
        self.assertFalse(self.settle(self.amz))
        self.assertEqual((self.snapshot(), self.trial_balance()), (before, balance))
        self.assert_holds()
        entry = self.revalue()
        self.assertEqual(self.by_role(entry, self.amz), {"platform_balance": 30.00, "fx_gain": -30.00})
        self.assertEqual(self.exchange(), 80.00)
        self.assert_holds()

    def test_no_rate(self):
        """G1 S2.6.2 Given a balance and no rate on or before the day, when revalued, then it is refused with
        currency and day, nothing is booked 1:1, and another currency is revalued all the same."""
        self.book("ads", "-1000.00")
        self.rate(self.currency("EUR"), "2026-09-01", 7.80)
        euros, _shop = self.amazon_account("AMZ-EUR", currency="EUR")
        self.book("ads", "-100.00", account=euros)
        self.env["res.currency.rate"].search([("currency_id", "=", euros.currency_id.id)]).unlink()
        made = self.revalue(accounts=euros | self.amz, errors=True)
        self.assertRegex(self.booked.errors["AMZ-EUR"], "EUR.*2026-09-30")
        self.assertEqual(list(self.booked.errors), ["AMZ-EUR"])
        self.assertEqual(made.line_ids.currency_id, self.usd)
        self.assertEqual(self.standing("platform_balance", account=euros), (-100.00, -780.00))

    def test_a_locked_period(self):
        """G1 I1 Given a month that is locked, when revalued, then it is refused by name and nothing is posted
        on another day."""
        self.book("ads", "-1000.00")
        self.company.fiscalyear_lock_date = self.september
        before = self.counts("account_move", "ecom_posting")
        self.assertFalse(self.revalue(errors=True))
        self.assertIn("cannot be revalued", self.booked.errors["AMZ-USD"])
        self.assertEqual(self.counts("account_move", "ecom_posting"), before)
        self.company.fiscalyear_lock_date = False
        self.assertEqual(len(self.revalue()), 1)

    def test_every_number_of_decimals(self):
        """G1 B9 Given balances in currencies with none, two and three decimals at ugly rates, when revalued,
        then each is the balance at its rate to the cent, in its own currency unchanged."""
        for name, digits, rates in (
            ("JPY", 0, (0.0473219, 0.0468777)),
            ("EUR", 2, (7.8012345, 7.9911111)),
            ("KWD", 3, (23.1298765, 23.0000001)),
        ):
            currency = self.currency(name)
            with self.subTest(currency=name):
                self.assertEqual(currency.decimal_places, digits)
                for day, rate in zip(("2026-09-01", "2026-09-30"), rates, strict=True):
                    self.rate(currency, day, rate)
                account, _shop = self.amazon_account(f"AMZ-{name}", currency=name)
                amount = f"{98765 + 0.432:.{digits}f}"
                self.book("reimbursement", amount, account=account, digits=digits)
                entry = self.revalue(accounts=account)
                held, worth = self.standing("platform_balance", account=account)
                self.assertEqual(held, float(amount))
                self.assertEqual(worth, round(held * rates[1], 2))
                self.assertEqual(round(sum(entry.line_ids.mapped("balance")), 6), 0)
                self.assertEqual(set(entry.line_ids.mapped("amount_currency")), {0})
                self.assertFalse(self.revalue(accounts=account))
        self.assert_holds()

    def test_the_company_currency(self):
        """G1 Given an account in the company's own currency, when revalued, then nothing is done and no rate
        is asked for."""
        self.simple()
        self.settle()
        self.assertFalse(self.revalue(accounts=self.wallet))

    def test_shared_ledger_accounts(self):
        """G1 Given two accounts in dollars that share suspense, when both are revalued, then suspense is
        revalued once, and each account by itself."""
        other, _shop = self.amazon_account("AMZ-TWO", currency="USD")
        self.book("sale", "500.00")
        self.book("sale", "300.00", account=other)
        both = self.amz | other
        entries = self.revalue(accounts=both)
        self.assertEqual(len(entries), 2)
        self.assertEqual(self.standing("suspense"), (-800.00, -5640.00))
        self.assertEqual(self.standing("platform_balance"), (500.00, 3525.00))
        self.assertEqual(self.standing("platform_balance", account=other), (300.00, 2115.00))
        self.assertFalse(self.revalue(accounts=both))
        self.assertFalse(self.revalue(accounts=other))
        self.assert_holds()

    def test_drafts(self):
        """G1 Given a draft entry on the account, when revalued, then it does not count."""
        entry = self.book("ads", "-1000.00")
        self.env["account.move"].create(
            {
                "journal_id": self.amz.journal_id.id,
                "date": "2026-09-12",
                "line_ids": [
                    (
                        0,
                        0,
                        {
                            "account_id": line.account_id.id,
                            "currency_id": self.usd.id,
                            "amount_currency": line.amount_currency,
                            "balance": line.balance,
                        },
                    )
                    for line in entry.line_ids
                ],
            }
        )
        self.assertEqual(self.by_role(self.revalue(), self.amz)["platform_balance"], 50.00)

    def test_an_archived_account(self):
        """G1 Given an account that was emptied and archived and another one in use, when all are revalued,
        then what is left of the first is booked too, and what both share goes with the second."""
        other, _shop = self.amazon_account("AMZ-TWO", currency="USD")
        self.book("reimbursement", "1000.00")
        self.book("charge", "-1000.00", day="2026-10-10")
        self.book("sale", "300.00", account=other)
        self.amz.active = False
        answer = self.env["ecom.api"].with_user(self.accountant).revalue("2026-10-31")
        self.assertEqual(
            {(fact["account"], fact["difference"]) for fact in answer["differences"]},
            {("AMZ-USD", "-100.00"), ("AMZ-TWO", "-30.00"), ("AMZ-TWO", "30.00")},
        )
        self.assertEqual(self.standing("platform_balance"), (0, 0))


@tagged("post_install", "-at_install")
class TestUndone(RevaluationCase):
    def posting(self):
        return self.env["ecom.posting"].search([("stage", "=", "revaluation"), ("state", "=", "posted")])

    def test_undo(self):
        """G1 B8 I2 Given a revalued month end, when the posting is undone, then the trial balance is as
        before, original and reversal stay linked, and it can be revalued anew."""
        self.book("ads", "-1000.00")
        self.book("sale", "500.00")
        before = self.trial_balance()
        self.revalue()
        booked = self.trial_balance()
        posting = self.posting()
        posting.with_user(self.accountant).action_undo()
        self.assertEqual(self.trial_balance(), before)
        self.assertEqual(
            (posting.state, posting.reversal_id.reversed_entry_id), ("reversed", posting.move_id)
        )
        self.assert_holds()
        self.revalue()
        self.assertEqual(self.trial_balance(), booked)
        self.assert_holds()

    def test_undo_in_a_locked_month(self):
        """G1 B8 Given a revalued month that is locked since, when undone, then the month stays as it was and
        the reversal is booked on the first open day."""
        self.book("ads", "-1000.00")
        self.revalue()
        self.company.fiscalyear_lock_date = self.september
        posting = self.posting()
        posting.with_user(self.accountant).action_undo()
        self.assertEqual(str(posting.reversal_id.date), "2026-10-01")
        self.assertEqual(self.standing("platform_balance", self.september), (-1000.00, -7050.00))
        self.assertEqual(self.exchange(), 0)

    def test_a_bill_undone_under_it(self):
        """G1 Given a revalued month end, when the bill below it is undone and the day is revalued again, then
        the gain is taken back and nothing is left."""
        self.book("ads", "-1000.00")
        self.revalue()
        bills = self.env["ecom.posting"].search([("stage", "=", "money"), ("account_id", "=", self.amz.id)])
        bills.with_user(self.accountant).action_undo()
        self.assertEqual(self.standing("platform_balance"), (0, 50.00))
        self.revalue()
        self.assertEqual(self.standing("platform_balance"), (0, 0))
        self.assertEqual(self.exchange(), 0)

    def test_evidence(self):
        """I6 G1 Given a revaluation, then balance, rate and both values stay beside its entry, the entry
        cannot be edited, and nothing of it is deleted."""
        self.book("ads", "-1000.00")
        entry = self.revalue()
        fact = self.posting().revaluation_ids
        self.assertEqual(
            (fact.amount_currency, fact.rate, fact.balance_before, fact.balance_after, fact.difference),
            (-1000.00, 7.05, -7100.00, -7050.00, 50.00),
        )
        self.assertEqual((fact.entry_id.move_id, fact.entry_id.account_id), (entry, fact.ledger_id))
        for change in (
            lambda: entry.button_draft(),
            lambda: entry.line_ids[0].write({"balance": 1}),
            lambda: fact.unlink(),
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                change()
