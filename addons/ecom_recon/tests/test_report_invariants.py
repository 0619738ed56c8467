"""Every invariant holds after a flow, and each finds an offender that is planted behind the ORM's back."""

from odoo.tests import tagged

from odoo.addons.ecom_connectors.tests.common import alipay, move
from odoo.addons.ecom_recon.models.report.ecom_invariant import QUERIES

from .post_common import PostingCase

# What to do to a posted bill, an order in order mode and its entries, so that exactly these fail.
PLANTED = {
    "bill_sum": "UPDATE ecom_bill SET amount_sum = amount_sum + 1, closing = closing + 1 WHERE id = %(bill)s",
    "bill_balance": "UPDATE ecom_bill SET opening = opening + 1 WHERE id = %(bill)s",
    "line_company": "UPDATE ecom_bill_line SET currency_id = currency_id + 1 WHERE id = %(line)s",
    "line_parents": "UPDATE ecom_bill_line SET tally_id = 0 WHERE id = %(line)s",
    "tally_parents": "UPDATE ecom_tally SET match_id = 0 WHERE id = %(tally)s",
    "posting_parents": "UPDATE ecom_posting_line SET entry_id = 0 WHERE line_id = %(line)s",
    "refused_is_empty": "UPDATE ecom_bill SET state = 'refused' WHERE id = %(bill)s",
    "matched_has_rule": "UPDATE ecom_tally SET rule = NULL WHERE id = %(tally)s",
    "match_sum": "UPDATE ecom_match SET amount_received = amount_received + 1",
    "posted_once": """DROP INDEX ecom_posting_line_line_once;
        INSERT INTO ecom_posting_line (posting_id, line_id, entry_id, stage, suspense, reversed)
        SELECT posting_id, line_id, entry_id, stage, suspense, reversed FROM ecom_posting_line
         WHERE line_id = %(line)s""",
    "posted_bill_is_posted": "DELETE FROM ecom_posting_line WHERE line_id = %(line)s",
    "posted_sum": """UPDATE account_move_line SET amount_currency = amount_currency + 1
        WHERE move_id = %(move)s AND ecom_item = 0""",
    "entry_balanced": """UPDATE account_move_line SET balance = balance + 1
        WHERE move_id = %(move)s AND ecom_item = 0""",
    "entry_date": "UPDATE account_move SET date = date + 1 WHERE id = %(move)s",
    "suspense": """UPDATE ecom_posting_line SET suspense = true WHERE line_id = %(line)s""",
    "revalued": """INSERT INTO ecom_posting_revaluation
            (posting_id, company_id, ledger_id, currency_id, number, entry_id, amount_currency, rate)
        SELECT p.id, p.company_id, e.account_id, e.currency_id, 1, max(e.id), sum(e.amount_currency), 2
          FROM ecom_posting p JOIN account_move_line m ON m.move_id = p.move_id AND m.ecom_item = 0
          JOIN account_move_line e ON e.account_id = m.account_id AND e.date <= p.date
         WHERE p.move_id = %(move)s GROUP BY p.id, e.account_id, e.currency_id""",
    "lags": "UPDATE ecom_lag SET order_count = order_count + 1",
    "awaited": "UPDATE ecom_match_order SET order_id = -order_id",
    "difference_booked": "UPDATE ecom_match SET difference_booked = 1",
    "no_draft": """INSERT INTO account_move (journal_id, company_id, currency_id, state, date, move_type,
            auto_post, create_date)
        SELECT journal_id, company_id, currency_id, 'draft', date, move_type, auto_post,
            now() - interval '2 days' FROM account_move WHERE id = %(move)s""",
    "gap_is_told": "UPDATE ecom_bill SET chain_state = 'gap' WHERE id = %(bill)s",
    "ledger_is_platform": "UPDATE ecom_bill SET closing = closing + 1 WHERE id = %(bill)s",
    "receivable_is_ledger": """UPDATE account_move_line SET balance = balance + 1
        WHERE move_id = %(move)s AND ecom_order_id IS NOT NULL""",
}


@tagged("post_install", "-at_install")
class TestInvariants(PostingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.store.posting_mode = "order"
        cls.sold = cls.order("T1", "100.00")
        cls.september = cls.bill(alipay(move("100.00", "T1"), move("-5.00", "T1", "收费")))
        cls.settle()
        cls.posting = cls.env["ecom.posting"].search(
            [("stage", "=", "money"), ("account_id", "=", cls.wallet.id)]
        )

    def facts(self):
        line = self.september.line_ids.filtered(lambda line: line.amount > 0)
        return {
            "bill": self.september.id,
            "line": line.id,
            "tally": line.tally_id.id,
            "move": self.posting.move_id.id,
        }

    def broken(self):
        return {
            fact["id"]: fact["offenders"] for fact in self.env["ecom.invariant"]._check() if not fact["holds"]
        }

    def test_all_hold(self):
        """D1 D2 D3 D6 D8 C3 Given a posted bill, then every invariant holds, and every one is known here."""
        self.assertEqual(self.broken(), {})
        names = {fact["id"] for fact in self.env["ecom.invariant"]._check()}
        # Add-ons on top of this one have their own, and plant them in their own tests.
        self.assertEqual(set(PLANTED), {*QUERIES, "ledger_is_platform"})
        self.assertLessEqual(set(PLANTED), names)

    def test_each_finds_its_offender(self):
        """M3 Given a posted bill, when one fact is changed by raw SQL, then the invariant about it says so
        and names the offender."""
        for name, query in PLANTED.items():
            with self.subTest(invariant=name), self.env.cr.savepoint() as point:
                self.env.flush_all()
                self.env.cr.execute(query, self.facts())
                self.assertGreater(self.env.cr.rowcount, 0, "something was planted")
                self.env.invalidate_all()
                self.assertTrue(self.broken().get(name), "the invariant did not see it")
                point.rollback()
                self.env.invalidate_all()
        self.assertEqual(self.broken(), {})

    def test_another_company_is_not_named(self):
        """Given a broken fact of this company, then a check of another company neither sees nor names it."""
        other = self.env["res.company"].create({"name": "Other"})
        for name, query in PLANTED.items():
            with self.subTest(invariant=name), self.env.cr.savepoint() as point:
                self.env.flush_all()
                self.env.cr.execute(query, self.facts())
                self.env.invalidate_all()
                seen = {fact["id"]: fact for fact in self.env["ecom.invariant"]._check(other)}
                # Without its posting nobody can say whose line it is.
                if name != "posting_parents":
                    self.assertTrue(seen[name]["holds"], seen[name])
                point.rollback()
                self.env.invalidate_all()
