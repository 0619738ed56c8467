"""Every invariant of the supplier side finds an offender that is planted behind the ORM's back."""

from datetime import date

from odoo.tests import freeze_time, tagged

from odoo.addons.ecom_recon.models.report.ecom_invariant import QUERIES

from ..statement_common import StatementCase
from ..terms_common import TermsCase

# What to do to a paid statement, an open accrual and an accrued rebate with a draft of its credit note.
PLANTED = {
    "statement_foots": "UPDATE ecom_statement_line SET amount = amount + 1 WHERE id = %(line)s",
    "statement_source_once": """DROP INDEX ecom_statement_line_source_once;
        INSERT INTO ecom_statement_line (statement_id, company_id, partner_id, currency_id, origin, day,
            cutoff, res_model, res_id, part, amount, in_ledger, live, repeated, name, state)
        SELECT %(following)s, company_id, partner_id, currency_id, origin, day, cutoff, res_model, res_id,
            part, amount, in_ledger, live, repeated, name, state
          FROM ecom_statement_line WHERE id = %(line)s""",
    "statement_live": "UPDATE ecom_statement_line SET live = false WHERE id = %(line)s",
    "statement_line_parents": "UPDATE ecom_statement_line SET product_id = 0 WHERE id = %(line)s",
    "statement_paid": "UPDATE ecom_statement SET state = 'approved' WHERE id = %(statement)s",
    "document_link_parents": "UPDATE ecom_document_link SET res_id = 0 WHERE res_id = %(rebate)s",
    "blocked_is_unpaid": """UPDATE account_partial_reconcile
           SET create_date = create_date + interval '1 hour';
        UPDATE account_move SET ecom_threeway_state = 'blocked' WHERE id = %(bill)s""",
    "accrual_adds_up": "UPDATE ecom_accrual_line SET amount_open = amount_open + 1 WHERE id = %(accrual)s",
    "accrual_is_ledger": """UPDATE account_move_line SET balance = balance - 1
        WHERE ecom_accrual_line_id = %(accrual)s AND balance < 0""",
    "due_is_ledger": "UPDATE ecom_rebate SET amount_accrued = amount_accrued + 1 WHERE id = %(rebate)s",
    "rebate_is_ledger": """UPDATE account_move_line SET account_id = %(receivable)s
        WHERE move_id = %(bill)s AND display_type = 'product'""",
    "rebate_shares": "UPDATE ecom_rebate_share SET amount = amount + 1 WHERE rebate_id = %(rebate)s",
}


@tagged("post_install", "-at_install")
class TestSupplierInvariants(StatementCase, TermsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ecom.ledger.setup"]._apply(cls.company)
        cls.company.ecom_accrual_reversal = "on_bill"
        bought = cls.order((cls.product, 10, 5))
        cls.receive(bought)
        cls.bill = cls.vendor_bill((bought.order_line, 10, 5))
        cls.receive(cls.order((cls.product, 3, 7), partner=cls.other_supplier))
        cls.month = cls.statement()
        cls.month._go_to("sent")
        cls.month.action_confirm()
        mine = cls.month.with_user(cls.accountant)
        mine.action_approve()
        cls.paid(mine, "2026-09-30")
        cls.following = cls.statement("2026-10-01", "2026-10-31")
        accrual = cls.env["ecom.accrual"].with_user(cls.accountant)._prepare(cls.company, date(2026, 9, 30))
        accrual.action_post()
        cls.accrued = accrual.line_ids
        contract = cls.contract({"tiers": [(0, 3)], "accrue": True})
        with freeze_time("2027-01-10"):
            rebates = cls.env["ecom.rebate"].with_user(cls.buyer)._compute_clauses(contract.clause_ids)
            cls.rebate = rebates.filtered("amount")[:1].sudo()
            cls.rebate.with_user(cls.accountant).action_accrue()
            for step in ("action_claim", "action_accept"):
                getattr(cls.rebate.with_user(cls.buyer), step)()
            cls.rebate.with_user(cls.accountant).action_settle()

    def facts(self):
        receivable = self.env["ecom.role.map"]._company_ledger(self.company, "rebate_receivable")
        return {
            "line": self.month.line_ids.filtered("product_id").id,
            "statement": self.month.id,
            "following": self.following.id,
            "bill": self.bill.id,
            "accrual": self.accrued.filtered("balance_open").id,
            "rebate": self.rebate.id,
            "receivable": receivable.id,
        }

    def broken(self, **values):
        found = self.env["ecom.invariant"]._check(**values)
        return {fact["id"]: fact["offenders"] for fact in found if not fact["holds"]}

    def test_all_hold(self):
        """M3 Given a paid statement, an accrual and a rebate, then every invariant holds; each is planted."""
        self.assertEqual(self.month.state, "paid")
        self.assertEqual(self.broken(), {})
        self.assertEqual(set(PLANTED), set(self.env["ecom.invariant"]._queries()) - set(QUERIES))

    def test_each_finds_its_offender(self):
        """M3 Given these, when one fact is changed by raw SQL, then the invariant about it says so and names
        the offender, to nobody of another company."""
        other = self.env["res.company"].create({"name": "Other"})
        for name, query in PLANTED.items():
            with self.subTest(invariant=name), self.env.cr.savepoint() as point:
                self.env.flush_all()
                self.env.cr.execute(query, self.facts())
                self.assertGreater(self.env.cr.rowcount, 0, "something was planted")
                self.env.invalidate_all()
                self.assertTrue(self.broken().get(name), "the invariant did not see it")
                self.assertNotIn(name, self.broken(companies=other))
                point.rollback()
                self.env.invalidate_all()
        self.assertEqual(self.broken(), {})
