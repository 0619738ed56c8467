"""When a bill is booked: locked periods, opening balances, clearing, and doing it twice."""

from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ecom_connectors.tests.common import alipay, move, wechat_fund, wechat_trade

from ..post_common import PostingCase

LOCKS = ("fiscalyear_lock_date", "tax_lock_date", "sale_lock_date", "purchase_lock_date", "hard_lock_date")
FORBID = ("fiscalyear_lock_date", "hard_lock_date")  # for journals and entries like ours


@tagged("post_install", "-at_install")
class TestLockedPeriod(PostingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sold, cls.september = cls.simple()

    def test_locked_is_refused(self):
        """I1 Given each lock date that forbids our entries, when a bill of that period is posted, then it is
        refused and names the days; nothing is re-dated and nothing booked."""
        self.match()
        for lock in FORBID:
            with self.subTest(lock=lock), self.env.cr.savepoint() as point:
                self.company[lock] = "2026-09-30"
                before = self.counts("account_move", "ecom_posting")
                run = self.post(errors=True)
                self.assertIn("2026-09-01", run.errors["WALLET"])
                self.assertEqual(self.counts("account_move", "ecom_posting"), before)
                self.assertEqual(self.september.state, "ready")
                point.rollback()
                self.env.invalidate_all()

    def test_other_locks(self):
        """I1 Given a lock of sales, purchases or taxes, which entries like ours do not fall under, when
        posted, then the entry carries the day of the bill."""
        self.match()
        for lock in set(LOCKS) - set(FORBID):
            with self.subTest(lock=lock), self.env.cr.savepoint() as point:
                self.company[lock] = "2026-09-30"
                self.post()
                self.assertIn("2026-09-01", {str(entry.date) for entry in self.moves()})
                self.assert_holds()
                point.rollback()
                self.env.invalidate_all()

    def test_first_open_day(self):
        """I1 S1.9.2 Given a locked September, when a person asks for the first open day, then the entry is
        dated on it and says which day it is about, and September stays as it was."""
        before = self.trial_balance(until="2026-09-30")
        self.company.fiscalyear_lock_date = "2026-09-30"
        entries = self.settle(when_locked="first_open")
        self.assertEqual({str(entry.date) for entry in entries}, {"2026-10-01"})
        self.assertIn(
            "2026-09-01", entries.filtered(lambda entry: entry.ecom_posting_ids.stage == "money").ref
        )
        self.assertEqual(self.trial_balance(until="2026-09-30"), before)
        self.assert_holds()

    def test_later_lock_wins(self):
        """I1 Given two lock dates, when the first open day is asked for, then it is after both."""
        self.company.fiscalyear_lock_date = "2026-09-30"
        self.company.hard_lock_date = "2026-10-31"
        entries = self.settle(when_locked="first_open")
        self.assertEqual({str(entry.date) for entry in entries}, {"2026-11-01"})

    def test_locked_between(self):
        """I1 Given a period locked after the dates were checked, when the entry is made, then it is refused:
        Odoo alone would have dated it later without a word."""
        self.company.fiscalyear_lock_date = "2026-09-30"
        ledger = self.ledger_account("platform_balance")
        values = {
            "move_type": "entry",
            "journal_id": self.wallet.journal_id.id,
            "date": self.september.first_day,
            "line_ids": [
                Command.create({"account_id": ledger.id, "balance": 1}),
                Command.create({"account_id": ledger.id, "balance": -1}),
            ],
        }
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.env["ecom.books"]._book([values])

    def test_explained_in_a_locked_month(self):
        """I1 Given money on suspense in a month that is locked since, when it is explained, then it moves on
        the first open day and the locked month stays as it was."""
        self.bill(
            alipay(
                move("30.00", "T7", at="2026-09-02 10:00:00"),
                opening="1095.00",
                period=("2026-09-02", "2026-09-03"),
            )
        )
        self.settle()
        self.company.fiscalyear_lock_date = "2026-09-30"
        before = self.trial_balance(until="2026-09-30")
        self.order("T7", "30.00")
        entry = self.settle()
        self.assertEqual((str(entry.date), entry.ecom_posting_ids.stage), ("2026-10-01", "reclass"))
        self.assertEqual(self.trial_balance(until="2026-09-30"), before)
        self.assert_holds()


@tagged("post_install", "-at_install")
class TestOpening(PostingCase):
    def opening(self):
        return self.env["ecom.posting"].search([("stage", "=", "opening"), ("state", "=", "posted")]).move_id

    def test_opening_balance(self):
        """D8 Given a first bill that opens with 1,000, when posted, then 1,000 stand on the account the day
        before, and ledger and platform close alike."""
        _order, bill = self.simple()
        self.settle()
        self.assertEqual(str(self.opening().date), "2026-08-31")
        self.assertEqual(self.by_role(self.opening()), {"platform_balance": 1000.00, "opening": -1000.00})
        self.assertEqual(self.wallet._ledger_balance(), bill.closing)
        self.assert_holds()

    def test_an_older_bill_comes(self):
        """D8 Given that opening, when the bill before comes, then the opening is made anew before it, and the
        sum is right."""
        self.simple()
        self.settle()
        first = self.opening()
        self.bill(
            alipay(
                move("300.00", "T0", at="2026-08-20 10:00:00"),
                opening="700.00",
                period=("2026-08-20", "2026-08-21"),
            )
        )
        self.settle()
        self.assertEqual(str(self.opening().date), "2026-08-19")
        self.assertEqual(self.by_role(self.opening())["platform_balance"], 700.00)
        self.assertEqual(first.ecom_posting_ids.state, "reversed")
        self.assertEqual(self.wallet._ledger_balance(), 1095.00)
        self.assert_holds()
        before = self.snapshot()
        self.assertFalse(self.settle())
        self.assertEqual(self.snapshot(), before)

    def test_an_older_bill_of_the_same_balance(self):
        """D8 Given that opening, when a bill before comes that opens with the same balance, then the opening
        is dated before it all the same: no day may have money that the platform did not."""
        self.simple()
        self.settle()
        there, back = (
            move(amount, "T0", at=f"2026-08-20 1{hour}:00:00")
            for hour, amount in enumerate(("300.00", "-300.00"))
        )
        self.bill(alipay(there, back, period=("2026-08-20", "2026-08-21")))
        self.settle()
        self.assertEqual(str(self.opening().date), "2026-08-19")
        self.assert_holds()

    def test_books_kept_before(self):
        """D8 Given 1,000 that the bookkeeper has on the account already, when the first bill is posted, then
        they are not booked again."""
        ledger, other = self.ledger_account("platform_balance"), self.ledger_account("other")
        self.env["account.move"].create(
            {
                "journal_id": self.wallet.journal_id.id,
                "date": "2026-08-15",
                "line_ids": [
                    Command.create({"account_id": ledger.id, "balance": 1000}),
                    Command.create({"account_id": other.id, "balance": -1000}),
                ],
            }
        ).action_post()
        self.simple()
        self.settle()
        self.assertFalse(self.opening())
        self.assert_holds()

    def test_opening_in_a_locked_month(self):
        """I1 E5 Given a locked August, when the first bill of September is posted, then the opening balance
        is dated on the first open day; posted again, also with a later lock, nothing changes."""
        self.company.fiscalyear_lock_date = "2026-08-31"
        self.simple()
        self.settle()
        self.assertEqual(str(self.opening().date), "2026-09-01")
        before = self.snapshot()
        self.assertFalse(self.settle())
        self.company.fiscalyear_lock_date = "2026-09-30"
        self.assertFalse(self.settle())
        self.assertEqual(self.snapshot(), before)
        self.assert_holds()

    def test_payout(self):
        """A2 Given 1,000 on the platform that are paid out, when posted, then the platform account is empty
        and the money is on its way to the bank."""
        self.bill(alipay(move("-1000.00", "", "提现")))
        entries = self.settle()
        self.assertEqual(self.by_role(entries), {"in_transit": 1000.00, "opening": -1000.00})
        self.assert_holds()


@tagged("post_install", "-at_install")
class TestClearing(PostingCase):
    def test_settlement_and_fund_flow(self):
        """D7 Given WeChat's trade bill and fund flow of one payment, when both are posted, then the trade
        bill says what it is for, the fund flow moves the money, and the clearing account is empty."""
        wx = self.account("WX", "wechatpay", ("settlement", "fund_flow"))
        shop = self.shop("WX-SHOP", "wechat_shop", wx)
        self.env["ecom.ledger.setup"]._apply(self.company)
        self.order("W1", "100.00", shop)
        one = move("100.00", "W1", transaction="4200")
        self.bill(wechat_trade(one), wx)
        trade = self.settle(wx)
        self.assertEqual(self.by_role(trade, wx), {"clearing": 100.00, "revenue": -100.00})
        self.bill(wechat_fund(one), wx)
        fund = self.settle(wx)
        self.assertEqual(self.by_role(fund, wx), {"platform_balance": 100.00, "clearing": -100.00})
        self.assertEqual(self.by_role(trade | fund, wx), {"platform_balance": 100.00, "revenue": -100.00})
        self.assertFalse(self.exceptions(type="clearing_not_zero"))
        self.assert_holds()

    def test_money_without_settlement(self):
        """D7 Given a movement in the fund flow that no settlement explains, when posted, then clearing shows
        it; a payout does not pass through clearing."""
        wx = self.account("WX", "wechatpay", ("settlement", "fund_flow"))
        self.shop("WX-SHOP", "wechat_shop", wx)
        self.env["ecom.ledger.setup"]._apply(self.company)
        self.bill(wechat_fund(move("100.00", "W1", transaction="4200"), move("-40.00", "", "提现")), wx)
        entries = self.settle(wx)
        self.assertEqual(
            self.by_role(entries, wx), {"platform_balance": 60.00, "clearing": -100.00, "in_transit": 40.00}
        )
        self.assert_holds()


@tagged("post_install", "-at_install")
class TestTwice(PostingCase):
    def test_post_twice(self):
        """S1.6.6 Given a posted account, when it is matched and posted again, then not a row changes."""
        self.simple()
        self.bill(
            alipay(
                move("30.00", "T7", at="2026-09-02 10:00:00"),
                opening="1095.00",
                period=("2026-09-02", "2026-09-03"),
            )
        )
        self.settle()
        before = self.snapshot()
        self.assertFalse(self.settle())
        self.assertEqual(self.snapshot(), before)

    def test_overlapping_bills(self):
        """B3 S1.6.6 Given a posted day, when a bill of two days that holds it comes, then only the new line
        is booked."""
        self.orders({"order_no": "T1", "line_total": "100.00"}, {"order_no": "T2", "line_total": "50.00"})
        one, two = move("100.00", "T1"), move("50.00", "T2", at="2026-09-02 10:00:00")
        self.bill(alipay(one))
        self.settle()
        self.bill(alipay(one, two, period=("2026-09-01", "2026-09-03")))
        self.assertEqual(self.by_role(self.settle()), {"platform_balance": 50.00, "revenue": -50.00})
        self.assert_holds()

    def test_hostile_context(self):
        """M1 Given every key of context that switches a check of Odoo off or sets a value, when the
        accountant posts with them, then the entry is the same, and undo as well."""
        self.simple()
        self.match()
        hostile = {
            "check_move_validity": False,
            "skip_readonly_check": True,
            "skip_account_move_synchronization": True,
            "skip_invoice_sync": True,
            "force_delete": True,
            "bypass_lock_check": True,
            "active_test": False,
            "move_reverse_cancel": False,
            "default_move_type": "out_invoice",
            "default_date": "2020-01-01",
            "default_state": "reversed",
            "default_stage": "reclass",
            "default_journal_id": self.env["account.journal"].search([("type", "=", "sale")], limit=1).id,
            "default_partner_id": self.env.user.partner_id.id,
            "default_amount_currency": 7,
            "default_name": "HACK/1",
            "default_company_id": self.company.id + 1,
            "default_reversed": True,
            "allowed_company_ids": self.company.ids,
            "ecom_trusted": True,
        }
        wallet = self.wallet.with_user(self.accountant)
        with self.env.cr.savepoint() as point:
            wallet._run_post()
            plain = [(str(e.date), e.journal_id, self.sides(e), e.move_type) for e in self.moves()]
            point.rollback()
            self.env.invalidate_all()
        run = wallet.with_context(**hostile)._run_post()
        self.assertFalse(run.errors)
        self.assertEqual(
            [(str(e.date), e.journal_id, self.sides(e), e.move_type) for e in self.moves()], plain
        )
        self.assert_holds()
        postings = self.env["ecom.posting"].search([("state", "=", "posted")])
        postings.with_user(self.accountant).with_context(**hostile).action_undo()
        self.assertEqual(self.trial_balance(), {})
        self.assertEqual(set(postings.mapped("state")), {"reversed"})

    def test_hostile_context_locked(self):
        """M1 I1 Given a locked period and the same keys, when posted, then it is refused."""
        self.simple()
        self.match()
        self.company.fiscalyear_lock_date = "2026-09-30"
        wallet = self.wallet.with_user(self.accountant).with_context(
            bypass_lock_check=True, check_move_validity=False
        )
        self.assertIn("2026-09-01", wallet._run_post().errors["WALLET"])

    def test_lines_once_by_law(self):
        """D3 Given a posted line, when a second link to it is stored behind the ORM's back, then the database
        refuses; a reversed one does not count."""
        self.simple()
        self.settle()
        again = """INSERT INTO ecom_posting_line (posting_id, line_id, entry_id, stage, suspense, reversed)
                   SELECT posting_id, line_id, entry_id, stage, suspense, %s FROM ecom_posting_line LIMIT 1"""
        with self.assertRaises(UniqueViolation), self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
            self.env.cr.execute(again, [False])
        self.env.cr.execute(again, [True])
        with self.assertRaises(UniqueViolation), self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
            self.env.cr.execute(
                """INSERT INTO ecom_posting (account_id, company_id, date, stage, state, move_id)
                   SELECT account_id, company_id, date, stage, state, move_id FROM ecom_posting
                    WHERE stage = 'opening'"""
            )
