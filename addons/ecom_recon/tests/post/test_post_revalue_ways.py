"""Revaluation by the dialog, by the facade and beside Odoo's own exchange differences."""

from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, tagged
from odoo.tools import mute_logger

from ..revalue_common import RevaluationCase


@tagged("post_install", "-at_install")
class TestFacade(RevaluationCase):
    def setUp(self):
        super().setUp()
        self.api = self.env["ecom.api"].with_user(self.accountant)

    def test_preview_then_book(self):
        """G1 Given 1,000 USD owed, when asked for a preview, then the difference is told and nothing is
        booked; booked, the same is told; once more, nothing is; and undo without a choice takes it back."""
        self.book("ads", "-1000.00")
        before = self.snapshot()
        shown = self.api.revalue("2026-09-30", preview=True)
        self.assertEqual(self.snapshot(), before)
        ledger = self.ledger_account("platform_balance", self.amz)
        self.assertEqual(
            shown["differences"],
            [
                {
                    **{"account": "AMZ-USD", "ledger": ledger.code, "currency": "USD"},
                    **{"balance": "-1000.00", "rate": "7.05"},
                    **{"booked": "-7100.00", "worth": "-7050.00", "difference": "50.00"},
                }
            ],
        )
        told = (shown["day"], shown["moves"], shown["later"], shown["errors"])
        self.assertEqual(told, ("2026-09-30", 0, [], {}))
        done = self.api.revalue("2026-09-30", ["AMZ-USD"])
        self.assertEqual(done, {**shown, "moves": 1})
        again = self.api.revalue("2026-09-30")
        self.assertEqual((again["moves"], again["differences"]), (0, []))
        self.assertEqual(self.api.undo(), {"moves": 1, "lines": 0})
        self.assertEqual(self.standing("platform_balance"), (-1000.00, -7100.00))
        self.assertTrue(self.api.check()["holds"])

    def test_later_days_are_named(self):
        """G1 Given a revalued October and a late bill of September, when September is revalued, then October
        is named to be revalued again."""
        self.book("ads", "-1000.00")
        self.api.revalue("2026-10-31")
        self.book("ads", "-200.00", day="2026-09-20")
        self.assertEqual(self.api.revalue("2026-09-30", preview=True)["later"], ["2026-10-31"])
        self.assertEqual(self.api.revalue("2026-09-30")["later"], ["2026-10-31"])
        self.assertEqual(self.api.revalue("2026-10-31")["later"], [])
        self.assert_holds()

    def test_what_is_refused_is_told(self):
        """G1 Given no rate, when revalued by the facade, then the account and the reason come back as an
        error and no difference; text that is no day is refused."""
        self.book("ads", "-1000.00")
        self.env["res.currency.rate"].search([]).unlink()
        for preview in (True, False):
            answer = self.api.revalue("2026-09-30", preview=preview)
            self.assertEqual((answer["moves"], answer["differences"]), (0, []))
            self.assertRegex(answer["errors"]["AMZ-USD"], "USD.*2026-09-30")
        for day in ("30.09.2026", "2026-09-31", "", None):
            with self.subTest(day=day), self.assertRaises(UserError):
                self.api.revalue(day)

    def test_a_locked_day_is_told(self):
        """G1 I1 Given a locked month, when revalued by the facade, then the error says so and no difference
        is told as booked."""
        self.book("ads", "-1000.00")
        self.company.fiscalyear_lock_date = self.september
        answer = self.api.revalue("2026-09-30")
        self.assertEqual((answer["moves"], answer["differences"]), (0, []))
        self.assertIn("locked", answer["errors"]["AMZ-USD"])

    def test_only_accountants(self):
        """G1 Given an operator, when he revalues or previews by any way, then it is refused."""
        self.book("ads", "-1000.00")
        for preview in (True, False):
            with self.assertRaises(AccessError):
                self.env["ecom.api"].with_user(self.operator).revalue("2026-09-30", preview=preview)
        with self.assertRaises(AccessError):
            self.amz.with_user(self.operator)._run_revalue(self.september)
        with self.assertRaises(AccessError):
            self.env["ecom.revalue"].with_user(self.operator).create({"day": self.september})

    def test_two_at_once(self):
        """G1 Given a revaluation whose twin saw the same books, when the twin is stored, then the database
        refuses it: no difference is booked twice."""
        self.book("ads", "-1000.00")
        self.revalue()
        fact = self.env["ecom.posting.revaluation"].search([])
        twin = fact.copy_data()[0] | {"number": fact.number}
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["ecom.posting.revaluation"].create(twin)


@tagged("post_install", "-at_install")
class TestDialog(RevaluationCase):
    def dialog(self, **values):
        form = Form(self.env["ecom.revalue"].with_user(self.accountant))
        for name, value in values.items():
            form[name] = value
        return form

    @freeze_time("2026-10-04 08:00:00")
    def test_the_month_before(self):
        """G1 Given 4 October, when the dialog opens, then it shows the end of September with the difference
        of each ledger account; booked, the postings of the run open and the dialog has nothing more."""
        self.book("ads", "-1000.00")
        self.book("sale", "500.00")
        form = self.dialog()
        self.assertEqual(form.day, self.september)
        self.assertEqual([line["difference"] for line in form.line_ids._records], [25.00, 25.00])
        self.assertEqual(form.total, 50.00)
        self.assertFalse(form.warning or form.later)
        action = form.save().action_revalue()
        postings = self.env["ecom.posting"].search(action["domain"])
        self.assertEqual((postings.stage, postings.date), ("revaluation", self.september))
        self.assertEqual(postings.revaluation_ids.mapped("difference"), [25.00, 25.00])
        form = self.dialog()
        self.assertEqual((len(form.line_ids), form.total), (0, 0))

    def test_another_day(self):
        """G1 Given two accounts in dollars, when the dialog asks for one of them and another day, then it
        shows and books only that."""
        other, _shop = self.amazon_account("AMZ-TWO", currency="USD")
        self.book("ads", "-1000.00")
        self.book("ads", "-300.00", account=other)
        form = self.dialog(day=self.october)
        form.account_ids.add(other)
        self.assertEqual([line["difference"] for line in form.line_ids._records], [30.00])
        form.save().action_revalue()
        self.assertEqual(self.standing("platform_balance", account=other), (-300.00, -2100.00))
        self.assertEqual(self.standing("platform_balance"), (-1000.00, -7100.00))

    def test_what_cannot_be_valued(self):
        """G1 Given a day before the first rate, or a locked one, when the dialog is used, then it says why
        and nothing is booked."""
        self.book("ads", "-1000.00")
        self.company.fiscalyear_lock_date = self.september
        answer = self.dialog(day=self.september).save().action_revalue()
        self.assertEqual(answer["params"]["type"], "warning")
        self.assertIn("locked", answer["params"]["message"])
        self.env["res.currency.rate"].search([]).unlink()
        form = self.dialog(day=self.september)
        self.assertFalse(form.line_ids)
        self.assertRegex(form.warning, "AMZ-USD.*USD.*2026-09-30")

    def test_a_role_is_left_alone(self):
        """G1 Given a role that is not to be revalued, or one that stands on an expense account, then only the
        others are revalued."""
        self.book("ads", "-1000.00")
        self.book("sale", "500.00")
        role = self.env.ref("ecom_recon.role_suspense")
        self.assertTrue(role.revalued)
        role.revalued = False
        self.env.ref("ecom_recon.role_marketing").revalued = True
        entry = self.revalue()
        self.assertEqual(self.by_role(entry, self.amz), {"platform_balance": 25.00, "fx_gain": -25.00})


@tagged("post_install", "-at_install")
class TestBesideOdoo(RevaluationCase):
    def arrive(self, amount, day, rate):
        """The bank's side of a payout: what was in transit has come, at the rate of its day."""
        transit = self.ledger_account("in_transit", self.amz)
        bank = self.env["account.account"].search(
            [("account_type", "=", "asset_cash"), ("company_ids", "in", self.company.id)], limit=1
        )
        move = self.env["account.move"].create(
            {
                "journal_id": self.env["account.journal"]
                .search([("type", "=", "bank"), ("company_id", "=", self.company.id)], limit=1)
                .id,
                "date": day,
                "line_ids": [
                    (
                        0,
                        0,
                        {
                            "account_id": ledger.id,
                            "currency_id": self.usd.id,
                            "amount_currency": sign * amount,
                            "balance": sign * amount * rate,
                        },
                    )
                    for ledger, sign in ((bank, 1), (transit, -1))
                ],
            }
        )
        move.action_post()
        return move.line_ids.filtered(lambda line: line.account_id == transit)

    def test_a_payout_that_arrives(self):
        """G1 Given 1,000 USD in transit since 7.10, revalued at 7.05, arrived at 7.00 and reconciled by Odoo,
        which books 100 lost by itself, when revalued, then nothing is left in transit and the exchange lost
        100 in all, never 150."""
        self.book("reimbursement", "1000.00")
        paid = self.book("charge", "-1000.00")
        transit = self.ledger_account("in_transit", self.amz)
        self.revalue()
        self.assertEqual(self.standing("in_transit"), (1000.00, 7050.00))
        arrived = self.arrive(1000, "2026-10-10", 7.00)
        (arrived | paid.line_ids.filtered(lambda line: line.account_id == transit)).reconcile()
        self.assertEqual(self.exchange(), -150.00)
        self.revalue(date(2026, 10, 31))
        self.assertEqual(self.standing("in_transit"), (0, 0))
        self.assertEqual(self.exchange(), -100.00)
        self.assert_holds()

    def test_a_payout_that_is_not_reconciled(self):
        """G1 Given the same without any reconciliation, when revalued, then 100 are lost as well."""
        self.book("reimbursement", "1000.00")
        self.book("charge", "-1000.00")
        self.revalue()
        self.arrive(1000, "2026-10-10", 7.00)
        self.revalue(date(2026, 10, 31))
        self.assertEqual(self.standing("in_transit"), (0, 0))
        self.assertEqual(self.exchange(), -100.00)
        self.assert_holds()
