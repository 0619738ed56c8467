"""Undo: entries are reversed, matches opened; a locked month stays as it was; nothing is erased."""

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ecom_connectors.tests.common import alipay, move

from ..post_common import PostingCase

LOCKS = ("fiscalyear_lock_date", "tax_lock_date", "sale_lock_date", "purchase_lock_date", "hard_lock_date")
FORBID = ("fiscalyear_lock_date", "hard_lock_date")


class UndoCase(PostingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sold, cls.september = cls.simple()
        cls.before = cls.trial_balance()
        cls.settle()
        cls.booked = cls.trial_balance()

    def postings(self, *stages):
        domain = [("state", "=", "posted"), ("account_id", "=", self.wallet.id)]
        return self.env["ecom.posting"].search([*domain, *([("stage", "in", stages)] if stages else [])])

    def undo(self, postings=None):
        return (postings or self.postings()).with_user(self.accountant).action_undo().sudo()


@tagged("post_install", "-at_install")
class TestUndo(UndoCase):
    def test_open_period(self):
        """B8 H1 Given a posted bill in an open period, when its posting is undone, then the trial balance by
        account and month is as before, the match is gone, the bill can be posted again, and a run logs who
        did it."""
        match = self.sold.ecom_match_id
        run = self.undo()
        self.assertEqual(self.trial_balance(), self.before)
        self.assertFalse(match.exists())
        self.assertEqual(
            (self.september.state, set(self.september.line_ids.mapped("state"))), ("ready", {"open"})
        )
        self.assertEqual((run.name, run.user_id, run.line_count), ("undo", self.accountant, 2))
        self.assertTrue(self.postings() == self.env["ecom.posting"] and run.ended_at)
        self.assert_holds()

    def test_stored_texts_are_the_companys(self):
        """H4 Given a company that speaks Chinese, when an accountant who reads English undoes a posting, then
        the title of the entry is Chinese."""
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env.company.partner_id.lang, self.accountant.lang = "zh_CN", "en_US"
        posting = self.postings("money")[0]
        self.undo(posting)
        self.assertEqual(posting.reversal_id.ref, f"冲回 {posting.move_id.name}")

    def test_the_original_stays(self):
        """B8 I2 H4 Given an undone posting, then original and reversal are both there, posted, linked, of one
        day, and cancel in every account, partner and currency."""
        postings = self.postings("money")
        self.undo(postings)
        original, reversal = postings.move_id, postings.reversal_id
        self.assertEqual((original.state, reversal.state), ("posted", "posted"))
        self.assertEqual((reversal.reversed_entry_id, reversal.date), (original, original.date))
        groups = self.env["account.move.line"]._read_group(
            [("move_id", "in", (original | reversal).ids)],
            ["account_id", "partner_id", "currency_id"],
            ["balance:sum", "amount_currency:sum"],
        )
        self.assertEqual({(group[3], group[4]) for group in groups}, {(0, 0)})

    def test_posted_anew(self):
        """B8 H3 Given an undone posting, when it is matched and posted again, then the ledger is as it was
        posted; undone once more, as before, and only the last pair of a line is alive."""
        self.undo()
        self.settle()
        self.assertEqual(self.trial_balance(), self.booked)
        self.assert_holds()
        self.undo()
        self.assertEqual(self.trial_balance(), self.before)
        links = self.september.line_ids.posting_line_ids
        self.assertEqual((len(links), set(links.mapped("reversed"))), (4, {True}))

    def test_undo_twice(self):
        """B8 E5 Given an undone posting, when it is undone again, then nothing changes."""
        postings = self.postings()
        self.undo(postings)
        moves = self.moves()
        run = self.undo(postings)
        self.assertEqual((self.moves(), self.trial_balance(), run.move_count), (moves, self.before, 0))

    def test_locked_period(self):
        """B8 H2 Given each lock date that forbids our entries, when a posting of the locked month is undone,
        then the reversal is dated on the first open day and the trial balance of the locked month is the
        same."""
        for lock in FORBID:
            with self.subTest(lock=lock), self.env.cr.savepoint() as point:
                self.company[lock] = "2026-09-30"
                locked = self.trial_balance(until="2026-09-30")
                postings = self.postings()
                self.undo(postings)
                self.assertEqual({str(move.date) for move in postings.reversal_id}, {"2026-10-01"})
                self.assertEqual(self.trial_balance(until="2026-09-30"), locked)
                self.assertEqual(sum(balance for balance, _amount in self.trial_balance().values()), 0)
                self.assert_holds()
                point.rollback()
                self.env.invalidate_all()

    def test_other_locks(self):
        """B8 H2 Given the lock dates of sales, purchases and taxes, which entries like ours do not fall
        under, when undone, then the reversal carries the day of the entry."""
        for lock in set(LOCKS) - set(FORBID):
            with self.subTest(lock=lock), self.env.cr.savepoint() as point:
                self.company[lock] = "2026-09-30"
                self.undo()
                self.assertEqual(self.trial_balance(), self.before)
                point.rollback()
                self.env.invalidate_all()

    def test_reclassification_goes_first(self):
        """B8 Given money that was explained later, when the posting of its bill is undone, then the
        explanation is undone, too."""
        self.bill(
            alipay(
                move("30.00", "T7", at="2026-09-02 10:00:00"),
                opening="1095.00",
                period=("2026-09-02", "2026-09-03"),
            )
        )
        self.settle()
        self.order("T7", "30.00")
        self.settle()
        self.assertIn("reclass", self.postings().mapped("stage"))
        second = self.postings("money").filtered(lambda posting: str(posting.date) == "2026-09-02")
        run = self.undo(second)
        self.assertEqual((run.move_count, self.trial_balance()), (2, self.booked))
        self.settle()
        self.assert_holds()

    def test_what_a_person_decided_stays(self):
        """B8 Given lines that a person ignored, when their posting is undone, then they stay ignored."""
        self.order("LATER", "1.00", ordered_at="2026-09-05 09:00:00", paid_at="2026-09-05 09:00:00")
        bill = self.bill(
            alipay(
                move("30.00", "T7", at="2026-09-02 10:00:00"),
                opening="1095.00",
                period=("2026-09-02", "2026-09-03"),
            )
        )
        self.settle()
        self.exceptions(type="missing_order").with_user(self.operator).action_ignore("our own test payment")
        self.undo()
        self.assertEqual(
            (bill.line_ids.state, bill.line_ids.tally_id.reason), ("ignored", "our own test payment")
        )

    def test_undo_of_one_keeps_the_other(self):
        """B8 Given two posted days, when one is undone, then the other stays booked and matched."""
        self.order("T2", "50.00")
        other = self.bill(
            alipay(
                move("50.00", "T2", at="2026-09-02 10:00:00"),
                opening="1095.00",
                period=("2026-09-02", "2026-09-03"),
            )
        )
        self.settle()
        first = self.postings("money").filtered(lambda posting: str(posting.date) == "2026-09-01")
        self.undo(first)
        self.assertEqual((other.state, other.line_ids.state), ("posted", "matched"))
        self.assertEqual(self.september.state, "ready")
        self.settle()
        self.assert_holds()


@tagged("post_install", "-at_install")
class TestEvidence(UndoCase):
    def test_nothing_is_deleted(self):
        """I2 Given posted and matched records, when anyone, even the superuser, deletes one, with whatever
        context, then it is refused."""
        posting = self.postings("money")
        records = [
            posting,
            posting.line_ids[0],
            posting.move_id,
            posting.move_id.line_ids[0],
            self.sold.ecom_match_id,
            self.september,
            self.september.line_ids[0],
        ]
        for user in (self.accountant, self.manager, self.env.user):
            for record in records:
                forced = record.with_user(user).with_context(force_delete=True, dynamic_unlink=True)
                with (
                    self.subTest(user=user.name, model=record._name),
                    self.assertRaises(UserError),
                    self.env.cr.savepoint(),
                ):
                    forced.unlink()

    def test_entries_are_not_taken_back_by_hand(self):
        """I2 Given an entry of ours, or its reversal, when anyone resets it to draft or cancels it, then it
        is refused and told to undo the posting."""
        postings = self.postings("money")
        self.undo(postings)
        self.settle()
        entries = {
            "entry": self.postings("money").move_id,
            "undone entry": postings.move_id,
            "reversal": postings.reversal_id,
        }
        for name, entry in entries.items():
            for button in ("button_draft", "button_cancel"):
                for user in (self.accountant, self.manager, self.env.user):
                    with (
                        self.subTest(entry=name, button=button, user=user.name),
                        self.assertRaises(UserError),
                        self.env.cr.savepoint(),
                    ):
                        getattr(entry.with_user(user), button)()

    def test_entries_are_not_edited(self):
        """D5 I2 Given an entry of ours, when anyone changes an amount, an account, a partner, its day or its
        journal, then it is refused."""
        entry = self.postings("money").move_id
        item = entry.line_ids[0]
        other = self.ledger_account("other")
        journal = self.env["account.journal"].search(
            [("type", "=", "general"), ("id", "!=", entry.journal_id.id)]
        )[:1]
        attempts = [
            (item, {"balance": 1}),
            (item, {"debit": 1}),
            (item, {"amount_currency": 1}),
            (item, {"account_id": other.id}),
            (item, {"partner_id": self.env.user.partner_id.id}),
            (entry, {"date": "2026-09-15"}),
            (entry, {"journal_id": journal.id}),
            (entry, {"state": "draft"}),
            (entry, {"line_ids": [(0, 0, {"account_id": other.id, "balance": 0})]}),
        ]
        for user in (self.accountant, self.env.user):
            for record, values in attempts:
                with (
                    self.subTest(user=user.name, values=values),
                    self.assertRaises(UserError),
                    self.env.cr.savepoint(),
                ):
                    record.with_user(user).with_context(check_move_validity=False).write(dict(values))
                    self.env.flush_all()
        self.env.invalidate_all()
        self.assert_holds()

    def test_states_have_one_door(self):
        """Given a posting, when an accountant writes its state, entry or day, or makes one, then it is
        refused: it changes by undo only."""
        posting = self.postings("money").with_user(self.accountant)
        for values in (
            {"state": "reversed"},
            {"move_id": self.postings("opening").move_id.id},
            {"date": "2020-01-01"},
        ):
            with self.subTest(values=values), self.assertRaises(UserError), self.env.cr.savepoint():
                posting.write(values)
        copied = {name: posting[name].id for name in ("account_id", "company_id", "move_id")}
        with self.assertRaises(UserError), self.env.cr.savepoint():
            posting.create({**copied, "date": "2026-09-01", "stage": "money"})
        link = posting.line_ids[0].with_user(self.accountant)
        for record in (link, self.env["ecom.posting.difference"].with_user(self.accountant)):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                record.write({"reversed": True}) if record else record.create({"order_id": self.sold.id})

    def test_rule_version_and_inputs(self):
        """I6 S1.2.5 Given a posted bill, then its match keeps rule and version, what was expected and what
        came, and every booked line leads to it."""
        match = self.sold.ecom_match_id
        self.assertEqual((match.rule, match.rule_version > 0), ("reference_and_amount", True))
        self.assertEqual(
            (match.expected_received, match.amount_received, match.amount_fee), (100.00, 100.00, -5.00)
        )
        self.assertEqual((match.variance_received, match.state_received), (0, "exact"))
        self.assertEqual(self.postings("money").line_ids.line_id.tally_id.match_id, match)
        self.assertEqual(self.september.line_ids.mapped("rule"), ["reference_and_amount"] * 2)

    def test_what_a_posting_uses_stays(self):
        """Fault 137: given a posted bill, when the journal, a ledger account, the shop, the platform account
        or the file that it uses is deleted, then it is refused."""
        entry = self.postings("money").move_id
        used = (
            (entry.journal_id, IntegrityError),
            (entry.line_ids.account_id[:1], UserError),
            (self.store, IntegrityError),
            (self.wallet, IntegrityError),
            (self.september.attachment_id, UserError),
        )
        for record, error in used:
            with (
                self.subTest(model=record._name),
                self.assertRaises(error),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                record.unlink()
                self.env.flush_all()
