"""Statement stage: what changes under a statement after it was sent is refused or found."""

import psycopg2

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..statement_common import StatementCase


@tagged("post_install", "-at_install")
class TestStatementChanges(StatementCase):
    def agreed(self, statement):
        statement._go_to("sent")
        statement.action_confirm()
        return statement

    def test_the_opening_of_a_first_statement(self):
        """I2 Given a first statement with an opening amount, when an entry of before is reset while it waits,
        then it cannot be confirmed; once it is agreed, the entry cannot be reset."""
        before = self.entry(30, day="2026-08-31")
        self.vendor_bill((self.product, 1, 10))
        statement = self.statement()
        statement._go_to("sent")
        before.button_draft()
        with self.assertRaisesRegex(UserError, "Opening"):
            statement.action_confirm()
        statement.action_draft()
        statement.action_compute()
        self.assertEqual((statement.amount_opening, statement.amount_closing), (0, 10))
        before.action_post()
        statement.action_compute()
        self.agreed(statement)
        self.assertEqual(statement.amount_opening, 30)
        with self.assertRaisesRegex(UserError, statement.name):
            before.button_draft()
        with self.assertRaisesRegex(UserError, statement.name):
            before.line_ids.write({"partner_id": self.other_supplier.id})

    def test_a_match_across_currencies(self):
        """I2 Given an invoice in yen paid in the company's currency, when the match is undone while the
        statement waits, then it cannot be confirmed; in a statement's opening that is agreed it stays."""
        yen = self.currency("JPY", 0.05)
        bill = self.vendor_bill((self.product, 1, 1000), currency=yen)
        payment = self.pay(bill, currency=self.company.currency_id)
        statement = self.statement(currency=yen)
        statement._go_to("sent")
        bill.line_ids.remove_move_reconcile()
        with self.assertRaisesRegex(UserError, "Settled in another currency"):
            statement.action_confirm()
        (bill.line_ids | payment.move_id.line_ids).filtered(
            lambda line: line.account_id == self.payable
        ).reconcile()
        self.entry(1, day="2026-10-05")
        later = self.agreed(self.statement("2026-10-01", "2026-10-31"))
        self.assertEqual(later.amount_opening, 0)
        with self.assertRaisesRegex(UserError, later.name):
            bill.line_ids.remove_move_reconcile()

    def test_statements_are_sent_in_their_order(self):
        """Given two drafts in a row, when the second is sent first, then it is refused."""
        self.vendor_bill((self.product, 1, 10))
        first = self.statement()
        second = self.statement("2026-10-01", "2026-10-31")
        with self.assertRaisesRegex(UserError, first.name):
            second._go_to("sent")
        first._go_to("sent")
        second._go_to("sent")

    def test_a_document_of_another_origin(self):
        """Given a credit note on an agreed statement, when it becomes a claim's, then it is not on the
        next statement again; on a draft its line changes its origin and keeps what people wrote."""
        bill = self.credit_note((self.product, 1, 10))
        statement = self.statement()
        line = statement.line_ids
        line.comment = "asked"
        claim = self.env["ecom.claim"].create(
            {"title": "x", "partner_id": self.supplier.id, "kind": "price_protection", "amount": 10}
        )
        links = self.env["ecom.document.link"]
        links._link(claim, bill, "claim")
        self.assertEqual(claim.move_id, bill)
        statement.action_compute()
        self.assertEqual((statement.line_ids, line.origin, line.comment), (line, "claim", "asked"))
        links._cut(bill)
        statement.action_compute()
        self.assertEqual((line.origin, claim.move_id.id), ("credit", False))
        self.agreed(statement)
        links._link(claim, bill, "claim")
        following = self.statement("2026-10-01", "2026-10-31")
        self.assertFalse(following.line_ids)
        self.assertEqual(following.amount_difference, 0)

    def test_drafts_that_are_deleted(self):
        """Given a sent statement, when its invoice is reset and a line of it or all of it deleted, then no
        link leads nowhere, and it cannot be confirmed."""
        bill = self.vendor_bill((self.product, 1, 10), (self.other_product, 1, 5))
        statement = self.statement()
        statement._go_to("sent")
        bill.button_draft()
        bill.invoice_line_ids[0].unlink()
        self.assertEqual(sorted(map(bool, statement.line_ids.mapped("move_line_id.id"))), [True])
        statement.line_ids.web_read({"move_line_id": {"fields": {"name": {}}}})
        bill.name = "/"
        bill.unlink()
        self.assertFalse(statement.line_ids.move_id | statement.line_ids.move_line_id.move_id)
        with self.assertRaises(UserError):
            statement.action_confirm()
        statement.action_draft()
        statement.action_compute()
        self.assertFalse(statement.line_ids)

    def test_a_deleted_draft_leaves_no_lines(self):
        """Given a draft statement, when it is deleted, then its lines are gone and its documents are free."""
        self.vendor_bill((self.product, 1, 10))
        statement = self.statement()
        lines = statement.line_ids
        statement.unlink()
        self.assertFalse(lines.exists())
        self.assertEqual(self.statement().line_count, 1)

    def test_periods_cannot_overlap(self):
        """Given a statement, when another of some of its days is written around every check, then the
        database refuses it; of another currency or once cancelled it is stored."""
        self.vendor_bill((self.product, 1, 10))
        statement = self.statement()
        copy = """INSERT INTO ecom_statement (name, company_id, partner_id, currency_id, date_from, date_to,
                                               cutoff, state, previous_id)
                  SELECT 'X', company_id, partner_id, %s, '2026-09-30', '2026-10-10', cutoff, %s, %s
                    FROM ecom_statement WHERE id = %s"""
        currency = statement.currency_id.id
        self.env.flush_all()
        with self.assertRaises(psycopg2.errors.ExclusionViolation), mute_logger("odoo.sql_db"):
            with self.cr.savepoint():
                self.env.cr.execute(copy, [currency, "draft", statement.id, statement.id])
        self.env.cr.execute(copy, [self.currency("JPY", 1).id, "draft", None, statement.id])
        self.env.cr.execute(copy, [currency, "cancelled", None, statement.id])

    def test_merged_suppliers(self):
        """K10 Given two suppliers, when one with a statement is merged into one without, then statement and
        lines are the other's; when both have one of the same days, then they are not merged."""
        twin = self.partner("Supplier A2")
        self.vendor_bill((self.product, 1, 10))
        statement = self.agreed(self.statement())
        merge = self.env["base.partner.merge.automatic.wizard"]
        merge._merge([self.supplier.id, twin.id], twin)
        self.env.invalidate_all()
        self.assertEqual((statement.partner_id, statement.line_ids.partner_id), (twin, twin))
        self.vendor_bill((self.product, 1, 20), partner=self.other_supplier)
        other = self.statement(partner=self.other_supplier)
        with self.assertRaisesRegex(UserError, "Supplier Statement"):
            merge._merge([twin.id, self.other_supplier.id], twin)
        self.assertEqual(other.exists().partner_id, self.other_supplier)

    def test_very_many_payments_are_exact(self):
        """G1 Given invoices in dinar at three rates, due in parts and with a credit note, when all are paid
        at once, then each is paid to the unit and nothing of the payment is left."""
        dinar = self.currency("KWD", 20.1)
        for rate, day in ((21.337, "2026-09-11"), (19.999, "2026-09-12"), (20.777, "2026-10-01")):
            self.currency("KWD", rate, day)
        bills = self.env["account.move"]
        for number, amount in enumerate((33.333, 66.667, 0.001, 12.345, 1000.125)):
            bills |= self.vendor_bill(
                (self.product, 1, amount), currency=dinar, day=f"2026-09-{10 + number % 3}"
            )
        credit = self.credit_note((self.product, 1, 40.003), currency=dinar, day="2026-09-12")
        statement = self.agreed(self.statement(currency=dinar)).with_user(self.accountant)
        statement.action_approve()
        payment = self.paid(statement, "2026-10-10")
        self.assertEqual(round(payment.amount, 3), 1072.468)
        items = (bills | credit | payment.move_id).line_ids.filtered(lambda it: it.account_id == self.payable)
        self.assertEqual(set(items.mapped("amount_residual")), {0})
        self.assertEqual(set(items.mapped("amount_residual_currency")), {0})
        self.assertEqual(statement.state, "paid")

    def test_queries_of_an_answer_do_not_grow(self):
        """S2.8.7 Given statements with few and with many lines, when opened, confirmed and approved, then the
        number of queries is the same."""

        def queries(count, partner):
            bill = self.vendor_bill(*[(self.product, 1, 5)] * count, partner=partner)
            statement = self.statement(partner=partner)
            statement._go_to("sent")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            statement.read(["open_count", "document_count", "amount_disputed", "line_count"])
            statement.action_confirm()
            self.env.flush_all()
            self.assertEqual(set(statement.line_ids.mapped("state")), {"confirmed"})
            self.assertTrue(bill)
            return self.env.cr.sql_log_count - before

        queries(1, self.partner("Warm"))
        few = queries(2, self.supplier)
        self.assertLessEqual(queries(120, self.other_supplier), few)
