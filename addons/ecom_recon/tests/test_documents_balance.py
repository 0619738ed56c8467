"""No route may commit a posted entry that is out of balance: PostgreSQL itself refuses it."""

from psycopg2.errors import CheckViolation

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .post_common import PostingCase

# One more yuan on an entry, as the state that is filled in.
ITEM = """INSERT INTO account_move_line (move_id, account_id, company_id, journal_id, currency_id, date,
              company_currency_id, display_type, parent_state, balance, amount_currency, debit, credit)
          SELECT move_id, account_id, company_id, journal_id, currency_id, date,
              company_currency_id, display_type, %s, 1, 1, 1, 0
            FROM account_move_line WHERE move_id = %%s LIMIT 1"""


@tagged("post_install", "-at_install")
class TestBalanceGuard(PostingCase):
    """D1 M1: with `check_move_validity=False` Odoo posts 100 against 60; the trigger does not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one, cls.two = cls.ledger_account("platform_balance"), cls.ledger_account("other")
        cls.good = cls.entry(100, -100)
        cls.good.action_post()
        cls.also = cls.entry(30, -30)
        cls.also.action_post()
        cls.env.flush_all()

    @classmethod
    def entry(cls, *balances, user=None, **context):
        moves = cls.env["account.move"].with_user(user or cls.env.user).with_context(**context)
        items = [
            Command.create({"account_id": ledger.id, "balance": balance})
            for ledger, balance in zip((cls.one, cls.two, cls.two), balances, strict=False)
        ]
        return moves.create({"move_type": "entry", "date": "2026-09-01", "line_ids": items})

    def commit(self):
        """What a commit would check."""
        self.env.flush_all()
        self.env.cr.execute("SET CONSTRAINTS ALL IMMEDIATE")
        self.env.cr.execute("SET CONSTRAINTS ALL DEFERRED")

    def refused(self):
        """A block at whose end the commit must be refused."""
        test = self

        class Refused:
            def __enter__(self):
                self.point = test.env.cr.savepoint()
                self.point.__enter__()

            def __exit__(self, kind, value, trace):
                if kind:
                    return False
                with test.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
                    test.commit()
                self.point.rollback()
                test.env.invalidate_all()
                return True

        return Refused()

    def sql(self, query, *values):
        self.env.cr.execute(query, values)

    def test_by_orm(self):
        """D1 Given a plain accountant who sends check_move_validity=False, when 100 / 60 are posted, then the
        commit is refused."""
        with self.refused():
            self.entry(100, -60, user=self.accountant, check_move_validity=False).action_post()

    def test_item_added(self):
        """D1 Given a posted entry, when an item is inserted by raw SQL, then the commit is refused."""
        with self.refused():
            self.sql(
                ITEM % "parent_state",
                self.good.id,
            )

    def test_item_added_as_draft(self):
        """D1 Given a posted entry, when an item that calls itself draft is inserted and then posted by raw
        SQL, then the commit is refused."""
        with self.refused():
            self.sql(
                ITEM % "'draft'",
                self.good.id,
            )
            self.sql("UPDATE account_move_line SET parent_state = 'posted' WHERE move_id = %s", self.good.id)

    def test_amount_changed(self):
        """D1 Given a posted entry, when one balance is changed by raw SQL, then the commit is refused."""
        with self.refused():
            self.sql(
                "UPDATE account_move_line SET balance = balance + 0.01 WHERE id = %s",
                self.good.line_ids[0].id,
            )

    def test_item_deleted(self):
        """D1 Given a posted entry, when one item is deleted by raw SQL, then the commit is refused."""
        with self.refused():
            self.sql("DELETE FROM account_move_line WHERE id = %s", self.good.line_ids[0].id)

    def test_item_moved(self):
        """D1 Given two posted entries, when an item moves from one to the other, then the commit is refused,
        and the one it left is looked at as well."""
        with self.refused():
            self.sql(
                "UPDATE account_move_line SET move_id = %s WHERE id = %s",
                self.also.id,
                self.good.line_ids[0].id,
            )
        draft = self.entry(5, -5)
        self.env.flush_all()
        with self.refused():
            self.sql(
                "UPDATE account_move_line SET move_id = %s WHERE id = %s", draft.id, self.good.line_ids[0].id
            )

    def test_draft_posted(self):
        """D1 Given an unbalanced draft, when raw SQL calls it posted, then the commit is refused."""
        draft = self.entry(100, -60, check_move_validity=False)
        self.commit()
        with self.refused():
            self.sql("UPDATE account_move SET state = 'posted' WHERE id = %s", draft.id)

    def test_in_between(self):
        """D1 Given a posted entry, when it is unbalanced inside a transaction and balanced at its end, then
        nobody minds."""
        for sign in (1, -1):
            self.sql(
                "UPDATE account_move_line SET balance = balance + %s WHERE id = %s",
                sign,
                self.good.line_ids[0].id,
            )
        self.commit()

    def test_good_entries(self):
        """D1 Given balanced entries of two and three items, drafts, and everything our postings make, when
        committed, then nobody minds."""
        self.entry(100, -60, check_move_validity=False)
        self.entry(100, -60, -40).action_post()
        self.simple()
        self.settle()
        self.commit()
