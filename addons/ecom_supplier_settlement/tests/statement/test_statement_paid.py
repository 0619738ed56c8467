"""Pay stage: what a payment costs grows with its invoices, and a statement's lines with its period."""

from odoo.tests import tagged
from odoo.tools import SQL

from ...models.payment import ecom_payment_match
from ..statement_common import StatementCase


@tagged("post_install", "-at_install")
class TestStatementPaid(StatementCase):
    def due(self, count, currency=None):
        """An approved statement of so many invoices, and a credit note."""
        partner = self.partner(f"Supplier of {count}")
        bills = self.env["account.move"].union(
            *(
                self.vendor_bill((self.product, 1, 5 + n), partner=partner, currency=currency, post=False)
                for n in range(count)
            )
        )
        bills.action_post()
        self.credit_note((self.product, 1, 7), partner=partner, currency=currency)
        statement = self.statement(partner=partner, currency=currency)
        statement._go_to("sent")
        statement.action_confirm()
        statement = statement.with_user(self.accountant)
        statement.action_approve()
        return statement, bills

    def pay_off(self, count, **values):
        """Pay such a statement; (queries, invoices asked whether they are blocked, looks at the
        statement)."""
        statement, bills = self.due(count, **values)
        asked, looks = [], []
        matcher, payer = type(self.env["ecom.threeway.matcher"]), type(self.env["ecom.statement.payer"])
        run, refresh = matcher._run, payer._refresh

        def counted_run(self, bills, cause):
            asked.extend(bills.ids)
            return run(self, bills, cause)

        def counted_refresh(self, statements):
            looks.extend(statements.ids)
            return refresh(self, statements)

        self.patch(matcher, "_run", counted_run)
        self.patch(payer, "_refresh", counted_refresh)
        self.env.flush_all()
        # Odoo asks for the invoices of a payment by a join that takes minutes without statistics.
        self.env.cr.execute(
            "ANALYZE account_move_line, account_move, account_partial_reconcile, account_payment"
        )
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        payment = self.paid(statement)
        self.env.flush_all()
        queries = self.env.cr.sql_log_count - before
        self.patch(matcher, "_run", run)
        self.patch(payer, "_refresh", refresh)
        self.assertEqual((statement.state, set(bills.mapped("amount_residual"))), ("paid", {0}))
        self.assertEqual(payment.amount, sum(range(5, 5 + count)) - 7)
        return queries, len(asked), len(looks)

    def test_what_a_payment_costs_is_linear(self):
        """S2.8.7 Given statements of 20, 40 and 80 invoices and a credit note, when paid, then queries grow
        no faster than invoices; each invoice is asked once whether it is blocked, and the statement is looked
        at once.
        """
        self.pay_off(2)
        found = {count: self.pay_off(count) for count in (20, 40, 80)}
        for count, (_queries, asked, looks) in found.items():
            self.assertEqual((asked, looks), (count, 1), count)
        queries = {count: result[0] for count, result in found.items()}
        self.assertLessEqual(queries[80] - queries[40], 2.1 * (queries[40] - queries[20]) + 10, queries)

    def test_many_rounds_ask_no_more(self):
        """Given invoices in another currency, which are matched in rounds, when paid in rounds, then each is
        still asked once and the statement looked at once."""
        dollar = self.currency("USD", 7)
        self.patch(ecom_payment_match, "MATCHED_AT_ONCE", 2)
        _queries, asked, looks = self.pay_off(16, currency=dollar)
        self.assertEqual((asked, looks), (16, 1))

    def test_only_what_is_new_is_gathered(self):
        """Given months of invoices that are on statements, when the next statement is computed, then its
        sources give the new invoice and a late one, and none of those."""
        for day in range(1, 6):
            self.vendor_bill((self.product, 2, 5), (self.other_product, 1, 3), day=f"2026-09-{day:02}")
        first = self.statement()
        self.assertEqual(first.line_count, 10)
        self.vendor_bill((self.product, 1, 5), day="2026-09-12")
        self.vendor_bill((self.product, 1, 9), day="2026-10-02")
        second = self.statement("2026-10-01", "2026-10-31")
        self.env.flush_all()
        sources = self.env["ecom.statement.source"]._statement_sql(second)
        [[count]] = self.env.execute_query(SQL("SELECT count(*) FROM (%s) found", sources))
        self.assertEqual((count, second.line_count), (2, 2))
        self.assertEqual((second.amount_closing, second.amount_difference), (79, 0))
