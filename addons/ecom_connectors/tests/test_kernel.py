"""Kernel: the frame of a stage, seals, states and books, each alone."""

import json
import logging
from datetime import date
from decimal import Decimal

from odoo.exceptions import AccessError, UserError

from ..models.kernel import fault
from ..models.kernel.days import day_of, to_utc
from .common import EcomCase, alipay, move

LOGGER = "odoo.addons.ecom_connectors.models.kernel.ecom_stage"


class TestStage(EcomCase):
    def test_a_run_tells_what_it_did(self):
        """Given a bill, when it is imported, then a run says who did what to how many lines, and one line of
        the log says the same with the number of the run."""
        with self.assertLogs(LOGGER, logging.INFO) as log:
            bill = self.bill(alipay(move("10.00", "T1"), move("5.00", "T2")))
        run = self.env["ecom.run"].search([("account_ids", "in", self.wallet.ids)], limit=1)
        self.assertEqual((run.name, run.user_id, run.line_count), ("import", self.operator, 2))
        self.assertTrue(run.ended_at)
        [facts] = [json.loads(text.split("ecom.run ", 1)[1]) for text in log.output]
        seconds = facts.pop("seconds")
        self.assertGreaterEqual(seconds, 0)
        self.assertEqual(
            facts,
            {
                "stage": "import",
                "run": run.id,
                "user": self.operator.id,
                "model": "ecom.account",
                "records": bill.account_id.ids,
                "line_count": 2,
            },
        )

    def test_a_test_may_stop_it_at_a_point(self):
        """Given a hook, when a stage passes its points, then the hook is called at each of them in order, and
        may end it there."""
        passed = []
        with fault.hooked(passed.append):
            self.bill(alipay(move("10.00", "T1")))
        self.assertEqual(passed, ["import:taken", "import:done", "import:stored"])

        def stop(name):
            if name == "import:done":
                raise UserError(name)

        with fault.hooked(stop), self.assertLogs(LOGGER, logging.INFO) as log, self.assertRaises(UserError):
            self.bill(alipay(move("11.00", "T2")))
        self.assertIn('"error": "UserError"', log.output[0])

    def test_the_log_is_nobodys(self):
        """Given a run, when somebody writes in the log or makes a run of his own, then he is refused."""
        self.bill(alipay(move("10.00", "T1")))
        run = self.env["ecom.run"].with_user(self.operator).search([], limit=1)
        with self.assertRaises(UserError):
            run.write({"line_count": 7})
        with self.assertRaises(UserError):
            run.sudo().write({"line_count": 7})
        with self.assertRaises(UserError):
            run.create({"name": "import", "company_id": self.company.id})
        with self.assertRaises(AccessError):
            run._unseal().write({"line_count": 7})


class TestSealed(EcomCase):
    def test_each_model_has_a_seal_of_its_own(self):
        """Given a bill that its stage has opened, when another sealed record is written with the same rights,
        then it is refused: only its parts open with it."""
        bill = self.bill(alipay(move("10.00", "T1")))
        opened = bill._unseal()
        opened.write({"row_count": 9})
        run = opened.env["ecom.run"].search([], limit=1)
        with self.assertRaises(UserError):
            run.write({"line_count": 7})
        self.assertFalse(opened.env["ecom.bill.problem"]._is_sealed())
        self.assertTrue(opened._seal()._is_sealed())

    def test_no_caller_opens_a_seal(self):
        """Given contexts as they come from outside, when a bill is written with them, then it is refused."""
        bill = self.bill(alipay(move("10.00", "T1")))
        for value in (True, 1, "ecom.bill", {"name": "ecom.bill"}, object()):
            with self.assertRaises(UserError):
                bill.with_context(**{"unsealed:ecom.bill": value}).write({"row_count": 9})


class TestStateful(EcomCase):
    def test_the_whole_table(self):
        """Given a bill in each state, when it goes to each state, then it gets there if the table says so."""
        bill = self.bill(alipay(move("10.00", "T1")))
        states = dict(bill._fields["state"].selection)
        for old in states:
            for new in states:
                bill._unseal().state = old
                if new == old or new in bill._transitions[old]:
                    bill._go_to(new)
                    self.assertEqual(bill.state, new)
                else:
                    with self.assertRaisesRegex(UserError, f"{states[old]} to {states[new]}"):
                        bill._go_to(new)


class TestBooks(EcomCase):
    def test_the_first_open_day(self):
        """Given two locks, when a day is before, between or after them, then the open day is after both."""
        self.company.fiscalyear_lock_date = "2026-08-31"
        self.company.hard_lock_date = "2026-09-10"
        journal = self.env["account.journal"].search([("company_id", "=", self.company.id)], limit=1)
        for day, first in (
            (date(2026, 8, 1), date(2026, 9, 11)),
            (date(2026, 9, 5), date(2026, 9, 11)),
            (date(2026, 9, 11), date(2026, 9, 11)),
        ):
            self.assertEqual(self.env["ecom.books"]._open_day(self.company, day, journal), first)

    def test_the_rate_of_a_day(self):
        """Given a rate from a day on, when it is asked for, then it is that of the day; before it there is
        none, and none is ever guessed."""
        books, dollar = self.env["ecom.books"], self.currency("USD")
        self.env["res.currency.rate"].search([("currency_id", "=", dollar.id)]).unlink()
        self.env["res.currency.rate"].create(
            {
                "currency_id": dollar.id,
                "company_id": self.company.id,
                "name": "2026-09-02",
                "inverse_company_rate": 7.25,
            }
        )
        self.assertEqual(round(books._rate(self.company, dollar, date(2026, 9, 3)), 6), Decimal("7.25"))
        self.assertEqual(books._rate(self.company, self.company.currency_id, date(2000, 1, 1)), 1)
        with self.assertRaisesRegex(UserError, "USD on or before 2026-09-01"):
            books._rate(self.company, dollar, date(2026, 9, 1))

    def test_days_of_a_zone(self):
        """Given a moment around midnight, when its day is asked for, then the zone decides, in both ways."""
        moment = to_utc("2026-09-02 00:30:00", "Asia/Shanghai")
        self.assertEqual(str(moment), "2026-09-01 16:30:00")
        self.assertEqual(day_of(moment, "Asia/Shanghai"), date(2026, 9, 2))
        self.assertEqual(day_of(moment, "America/New_York"), date(2026, 9, 1))
