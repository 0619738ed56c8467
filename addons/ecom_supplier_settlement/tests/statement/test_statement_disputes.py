"""Confirm stage: a dispute that is accepted, its line and the document that corrects it."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..statement_common import StatementCase


@tagged("post_install", "-at_install")
class TestStatementDisputes(StatementCase):
    def disputed(self, amount=30, **values):
        """A sent statement with an invoice of 70 and 30 and a tax, the 30 disputed, the rest confirmed."""
        self.bill = self.vendor_bill((self.product, 7, 10), (self.other_product, 3, 10), **values)
        statement = self.statement()
        statement._go_to("sent")
        line = statement.line_ids.filtered(lambda it: it.amount == amount)
        line._dispute("goods", "broken")
        (statement.line_ids - line)._confirm()
        statement._after_answer()
        return statement, line

    def pay_all(self, statement):
        return self.paid(statement.with_user(self.accountant), "2026-10-10")

    def test_accepted_with_a_draft(self):
        """S2.8.12 I5 Given a disputed line, when it is accepted, then a draft takes it back as it was
        invoiced, both name each other, its amount waits until the draft is posted, then both are netted, and
        the draft is on the next statement."""
        statement, line = self.disputed()
        statement.with_user(self.accountant).action_approve()
        self.assertEqual(self.pay_all(statement).amount, 70)
        self.assertEqual(statement.state, "paid")
        with self.assertRaises(AccessError):
            line.with_user(self.buyer)._accept()
        document = line.with_user(self.accountant)._accept()
        self.assertEqual((document.move_type, document.amount_untaxed), ("in_refund", 30))
        self.assertEqual((line.state, line.document_id, line.dispute_text), ("confirmed", document, "broken"))
        self.assertEqual(document.reversed_entry_id, self.bill)
        for record in (statement, document):
            self.assertIn("is accepted", "".join(record.message_ids.mapped("body")))
        self.assertEqual(statement.state, "approved")
        self.assertEqual([row["to_pay"] for row in self.proposal(statement)], [0])
        with self.assertRaises(UserError):
            self.pay_all(statement)
        forecast = self.env["ecom.payable.forecast"].search([("partner_id", "=", self.supplier.id)])
        self.assertEqual(sum(forecast.mapped("amount_disputed")), 30)
        document.invoice_date = document.date = "2026-10-05"
        document.action_post()
        # Odoo matches what reverses an invoice with it.
        self.assertEqual((self.bill.amount_residual, document.amount_residual), (0, 0))
        self.assertEqual(statement.state, "paid")
        following = self.statement("2026-10-01", "2026-10-31")
        self.assertEqual(self.owed(following, "credit", "return"), -30)
        self.assertEqual((following.amount_closing, following.amount_difference), (0, 0))

    def test_accepted_in_part(self):
        """Given a disputed line of 30, when a credit note of 10 settles it, then 90 are paid in all."""
        statement, line = self.disputed()
        credit = self.credit_note((self.other_product, 1, 10), day="2026-10-02")
        line._accept(credit)
        self.assertEqual(statement.state, "confirmed")
        statement.with_user(self.accountant).action_approve()
        self.assertEqual(self.pay_all(statement).amount, 90)
        self.assertEqual((self.bill.amount_residual, credit.amount_residual, statement.state), (0, 0, "paid"))

    def test_a_correction_that_is_cancelled(self):
        """Given an accepted dispute, when its document is cancelled, then the amount stays held back and
        another document can take its place."""
        statement, line = self.disputed()
        line._accept().button_cancel()
        statement.with_user(self.accountant).action_approve()
        self.assertEqual(self.pay_all(statement).amount, 70)
        self.assertEqual(self.bill.amount_residual, 30)
        other = self.credit_note((self.other_product, 3, 10), day="2026-10-02")
        line.with_user(self.accountant)._accept(other)
        self.assertEqual(line.document_id, other)
        # The invoice's 30 and the new document are open until they are netted.
        self.assertEqual(statement.state, "approved")

    def test_what_corrects_nothing(self):
        """Given a disputed line, when the invoice itself, another invoice, another supplier's credit note or
        one of another currency is to settle it, or a line that nobody disputes is accepted, then it is
        refused."""
        statement, line = self.disputed()
        yen = self.currency("JPY", 0.05)
        for document in (
            self.bill,
            self.vendor_bill((self.product, 3, 10)),
            self.credit_note((self.product, 3, 10), partner=self.other_supplier),
            self.credit_note((self.product, 3, 10), currency=yen),
        ):
            with self.assertRaises(UserError):
                line._accept(document)
        with self.assertRaises(UserError):
            (statement.line_ids - line)._accept()
        self.assertEqual((line.state, statement.state), ("disputed", "disputed"))

    def test_a_payment_that_is_disputed(self):
        """Given a payment the supplier has not got, when it is accepted without a document, then one is asked
        for."""
        self.pay(self.vendor_bill((self.product, 1, 10)))
        statement = self.statement()
        statement._go_to("sent")
        line = statement.line_ids.filtered(lambda it: it.origin == "payment")
        line._dispute("unknown", "")
        with self.assertRaisesRegex(UserError, "Choose the document"):
            line._accept()
        back = self.entry(10, day="2026-10-03")
        line._accept(back)
        self.assertEqual((line.state, line.document_name), ("confirmed", back.name))
