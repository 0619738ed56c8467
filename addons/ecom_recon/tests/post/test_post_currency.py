"""Bills in other currencies: the rate of the day, to the cent, and never again."""

from odoo.tests import tagged

from ..post_common import PostingCase, amazon, row


@tagged("post_install", "-at_install")
class TestCurrency(PostingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.usd = cls.currency("USD")
        cls.env["res.currency.rate"].search([]).unlink()
        cls.rate(cls.usd, "2026-09-01", 7.10)
        cls.amz, cls.amz_shop = cls.amazon_account("AMZ-USD", currency="USD")

    def test_rate_of_the_day(self):
        """G1 S2.6.2 Given 1,000 USD of fees at 7.10, when posted, then 1,000 USD and 7,100 yuan are owed, in
        one entry; what comes at 7.05 is booked at 7.05."""
        self.bill(amazon(row("ads", "-1000.00"), currency="USD"), self.amz)
        entry = self.settle(self.amz)
        self.assertEqual(self.by_role(entry, self.amz), {"marketing": 7100.00, "platform_balance": -7100.00})
        self.assertEqual(
            self.by_role(entry, self.amz, "amount_currency"),
            {"marketing": 1000.00, "platform_balance": -1000.00},
        )
        self.assertEqual(entry.line_ids.currency_id, self.usd)
        self.rate(self.usd, "2026-09-20", 7.05)
        later = row("ads", "-100.00", at="2026-09-20 04:00:00")
        self.bill(amazon(later, currency="USD", settlement="18000000002"), self.amz)
        self.assertEqual(self.by_role(self.settle(self.amz), self.amz)["marketing"], 705.00)
        self.assert_holds()

    def test_a_rate_that_comes_later(self):
        """G2 Given a posted bill, when a rate for an older or the same day is imported and the account is
        posted again, then nothing that is posted changes."""
        self.bill(amazon(row("ads", "-1000.00"), currency="USD"), self.amz)
        self.settle(self.amz)
        before, balance = self.snapshot(), self.trial_balance()
        self.rate(self.usd, "2026-09-05", 7.20)
        self.rate(self.usd, "2026-09-10", 7.30)
        self.assertFalse(self.settle(self.amz))
        self.assertEqual((self.snapshot(), self.trial_balance()), (before, balance))

    def test_no_rate(self):
        """G1 Given a bill of a day before the first rate, when posted, then it is refused with currency and
        day, and nothing is booked 1:1."""
        early = row("ads", "-1000.00", at="2026-08-10 04:00:00")
        bill = self.bill(amazon(early, currency="USD", period=("2026-08-01", "2026-08-15")), self.amz)
        self.match(self.amz)
        before = self.counts("account_move", "ecom_posting")
        run = self.post(self.amz, errors=True)
        self.assertRegex(run.errors["AMZ-USD"], "USD.*2026-08-10")
        self.assertEqual((self.counts("account_move", "ecom_posting"), bill.state), (before, "ready"))

    def test_no_rate_stops_nobody_else(self):
        """G1 S1.9.4 Given an account without rate and one in yuan, when both are posted, then the second is
        posted and the run says why the first is not."""
        euros, _shop = self.amazon_account("AMZ-EUR", currency="EUR")
        self.bill(amazon(row("ads", "-1.00"), currency="EUR", settlement="18000000003"), euros)
        self.simple()
        both = euros | self.wallet
        self.match(both)
        run = self.post(both, errors=True)
        self.assertEqual(list(run.errors), ["AMZ-EUR"])
        self.assertIn("EUR", run.errors["AMZ-EUR"])
        self.assertGreater(run.move_count, 0)
        self.assertEqual(run.line_count, 2)

    def test_every_cent_is_somewhere(self):
        """G1 B9 Given bills in currencies with none, two and three decimals at ugly rates, when posted, then
        every entry balances in both currencies and no item is further from its rate than a cent for each
        item."""
        for name, digits, rate in (("JPY", 0, 0.0473219), ("EUR", 2, 7.8012345), ("KWD", 3, 23.1298765)):
            currency = self.currency(name)
            self.rate(currency, "2026-09-01", rate)
            with self.subTest(currency=name):
                self.assertEqual(currency.decimal_places, digits)
                account, shop = self.amazon_account(f"AMZ-{name}", currency=name)
                number = f"111-000000{digits}-0000001"
                kinds = [
                    ("sale", 9333),
                    ("commission", -1007),
                    ("ads", -1011),
                    ("charge", -1113),
                    ("reserve_held", -1001),
                ]
                amounts = {word: f"{n + n / 1000:.{digits}f}" for word, n in kinds}
                self.order(number, amounts["sale"], shop, currency=name)
                named = ("sale", "commission")
                rows = [
                    row(word, amount, number if word in named else "") for word, amount in amounts.items()
                ]
                content = amazon(*rows, currency=name, settlement=f"1800000001{digits}", digits=digits)
                bill = self.bill(content, account)
                self.assertEqual(bill.problem_ids.mapped("reason"), [])
                entry = self.settle(account)
                self.assertEqual(len(entry.line_ids), 6)
                self.assertEqual(round(sum(entry.line_ids.mapped("balance")), 6), 0)
                self.assertEqual(round(sum(entry.line_ids.mapped("amount_currency")), 6), 0)
                used = self.env["res.currency"]._get_conversion_rate(
                    currency, self.company.currency_id, self.company, entry.date
                )
                for item in entry.line_ids:
                    self.assertLessEqual(abs(item.balance - item.amount_currency * used), 0.01 * 6)
                exact = [
                    item
                    for item in entry.line_ids
                    if abs(item.balance - item.amount_currency * used) <= 0.0051
                ]
                self.assertGreaterEqual(len(exact), 5, "the rest of rounding is on one item")
        self.assert_holds()
