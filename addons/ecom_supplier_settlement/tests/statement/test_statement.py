"""Statement stage: what is on a statement, that it foots, and who moves it on."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL

from ..statement_common import StatementCase


@tagged("post_install", "-at_install")
class TestStatement(StatementCase):
    def month(self):
        """An invoice of 113.00 with tax, a credit note of 20.00, a payment of 50.00, an entry of 7.00."""
        tax = self.tax(13)
        order = self.order((self.product, 10, 10))
        self.send_back(self.receive(order, 10), 2, day="2026-09-14")
        bill = self.vendor_bill((order.order_line, 10, 10), post=False)
        bill.invoice_line_ids.tax_ids = [Command.set(tax.ids)]
        bill.action_post()
        credit = self.credit_note((order.order_line, 2, 10), day="2026-09-15")
        self.pay(bill, 50)
        self.entry(7)
        return order, bill, credit

    def test_a_month_foots(self):
        """S2.0.1 Given an invoice with tax, a return's credit note, a payment and an entry, when the
        statement is computed, then each is a line, and opening + lines = closing = the payable balance."""
        self.entry(30, day="2026-08-31")
        self.month()
        statement = self.statement()
        self.assertEqual(self.owed(statement, "bill"), 113)
        self.assertEqual(
            sorted(statement.line_ids.filtered(lambda it: it.origin == "bill").mapped("amount")), [13, 100]
        )
        self.assertEqual(self.owed(statement, "return"), -20)
        self.assertEqual(self.owed(statement, "payment"), -50)
        self.assertEqual(self.owed(statement, "adjustment"), 7)
        self.assertEqual(statement.amount_opening, 30)
        self.assertEqual(statement.amount_closing, 80)
        self.assertEqual((statement.amount_ledger, statement.amount_difference), (80, 0))
        balance = sum(
            self.env["account.move.line"]
            .search([("partner_id", "=", self.supplier.id), ("account_id", "=", self.payable.id)])
            .mapped("balance")
        )
        self.assertEqual(statement.amount_closing, -balance)

    def test_computing_twice_changes_nothing(self):
        """Given comments, disputes and confirmed lines, when computed again, then lines, ids and what people
        wrote are the same; when a document is gone, then its line is."""
        _order, bill, credit = self.month()
        statement = self.statement()
        line = statement.line_ids.filtered(lambda it: it.move_id == credit)
        line.comment = "asked"
        before = statement.line_ids.sorted("id").read()
        statement.action_compute()
        after = statement.line_ids.sorted("id").read()
        self.assertEqual(before, after)
        credit.button_draft()
        statement.action_compute()
        self.assertFalse(line.exists())
        self.assertEqual((statement.amount_closing, statement.amount_difference), (70, 0))
        self.assertIn("asked", "".join(statement.message_ids.mapped("body")))

    def test_periods_chain(self):
        """Given a September statement, when October's is made, then it begins with its closing amount, a late
        September invoice stands on it as from before, and no document is on both."""
        self.month()
        first = self.statement()
        first._go_to("sent")
        first.with_user(self.buyer).action_confirm()
        self.vendor_bill((self.product, 1, 5), day="2026-09-11")
        self.vendor_bill((self.product, 1, 9), day="2026-10-02")
        second = self.statement("2026-10-01", "2026-10-31")
        self.assertEqual(second.previous_id, first)
        self.assertEqual(second.amount_opening, first.amount_closing)
        self.assertEqual(
            [(line.amount, line.cutoff) for line in second.line_ids.sorted("day")], [(5, "before"), (9, "in")]
        )
        self.assertEqual((second.amount_closing, second.amount_difference), (64, 0))
        self.assertEqual(self.statement("2026-10-01", "2026-10-31"), second)
        with self.assertRaises(UserError):
            self.statement("2026-09-01", "2026-09-30")

    def test_a_late_document_before_the_first_period(self):
        """Given a first statement, when a document of before its opening is posted later, then the next
        statement shows it as from before and foots."""
        self.month()
        first = self.statement()
        first._go_to("sent")
        first.action_confirm()
        self.entry(4, day="2026-08-20")
        second = self.statement("2026-10-01", "2026-10-31")
        self.assertEqual(second.line_ids.mapped("cutoff"), ["before"])
        self.assertEqual((second.amount_closing, second.amount_difference), (54, 0))

    def test_contacts_and_accounts_are_one_supplier(self):
        """Given entries of a contact and on a second payable account, when computed, then all are on the
        statement of the company and nothing of another supplier is."""
        contact = self.env["res.partner"].create({"name": "Desk", "parent_id": self.supplier.id})
        other = self.env["account.account"].create(
            {"name": "Payable two", "code": "ECOMP2", "account_type": "liability_payable", "reconcile": True}
        )
        self.entry(11, partner=contact)
        self.entry(12, account=other)
        self.entry(99, partner=self.other_supplier)
        statement = self.statement(partner=contact)
        self.assertEqual(statement.partner_id, self.supplier)
        self.assertEqual((statement.amount_closing, statement.amount_difference), (23, 0))

    def test_what_does_not_foot_is_not_sent(self):
        """Given a draft, when an invoice is posted into its period, then sending is refused and names the
        invoice; computed again it is sent."""
        self.month()
        statement = self.statement()
        late = self.vendor_bill((self.product, 1, 5), day="2026-09-12")
        with self.assertRaisesRegex(UserError, late.name):
            statement._go_to("sent")
        self.assertEqual(self.env["ecom.statement.proof"]._missing(statement)[0]["move_id"], late.id)
        statement.action_compute()
        statement._go_to("sent")
        self.assertEqual(statement.state, "sent")

    def test_one_door(self):
        """Given a statement, when anybody writes its state, an amount or a line, makes or copies one by hand,
        or skips a step, then it is refused."""
        self.month()
        statement = self.statement()
        for user in (self.buyer, self.accountant, self.manager):
            mine = statement.with_user(user)
            with self.assertRaises(UserError):
                mine.state = "approved"
            with self.assertRaises(UserError):
                mine.line_ids[0].amount = 1
            with self.assertRaises(UserError):
                mine._go_to("approved")
        with self.assertRaises(UserError):
            self.env["ecom.statement"].create({"name": "X", "partner_id": self.supplier.id})
        with self.assertRaises(UserError):
            statement.sudo().line_ids[0].unlink()

    def test_who_prepares_does_not_approve(self):
        """I3 Given a statement an accountant prepared and sent, when the same one approves it, then it is
        refused; a buyer may not approve at all; another accountant does."""
        self.month()
        statement = self.statement(user=self.accountant)
        statement._go_to("sent")
        statement.with_user(self.buyer).action_confirm()
        self.assertEqual(statement.state, "confirmed")
        with self.assertRaises(AccessError):
            statement.with_user(self.accountant).action_approve()
        with self.assertRaises(AccessError):
            statement.with_user(self.buyer).action_approve()
        statement.with_user(self.manager).action_approve()
        self.assertEqual((statement.state, statement.approved_id), ("approved", self.manager))

    def test_agreed_documents_stay(self):
        """I2 Given a confirmed statement, when its invoice is reset, cancelled, edited or deleted, a line is
        commented, or the statement deleted, then it is refused; an invoice beside it can be reset."""
        _order, bill, _credit = self.month()
        statement = self.statement()
        statement._go_to("sent")
        statement.action_confirm()
        beside = self.vendor_bill((self.product, 1, 5), day="2026-10-12")
        beside.button_draft()
        with self.assertRaisesRegex(UserError, statement.name):
            bill.button_draft()
        with self.assertRaisesRegex(UserError, statement.name):
            bill.invoice_line_ids[0].price_unit = 11
        with self.assertRaisesRegex(UserError, statement.name):
            bill.write({"state": "cancel"})
        with self.assertRaises(UserError):
            statement.line_ids[0].comment = "later"
        with self.assertRaises(UserError):
            statement.unlink()
        self.assertEqual(bill.state, "posted")

    def test_queries_do_not_grow_with_lines(self):
        """S2.8.7 Given invoices with few and with many lines, when computed, then the number of queries is
        the same."""

        def queries():
            statement = self.statement()
            statement.action_compute()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            statement.action_compute()
            return self.env.cr.sql_log_count - before, statement.line_count

        self.vendor_bill((self.product, 1, 5))
        few, one = queries()
        self.vendor_bill(*[(self.product, 1, 5)] * 60, day="2026-09-12")
        many, lines = queries()
        self.assertEqual((one, lines), (1, 61))
        self.assertLessEqual(many, few)

    def test_cutoff_by_bill_date(self):
        """Given an invoice of September booked in October, when September's statement goes by invoice date,
        then the invoice is on it and the footing shows the cut-off; by accounting date it is for information
        only."""
        bill = self.vendor_bill((self.product, 1, 10), day="2026-09-28", date="2026-10-02", post=False)
        bill.date = "2026-10-02"
        bill.action_post()
        self.assertEqual(str(bill.date), "2026-10-02")
        by_booking = self.statement()
        self.assertEqual(by_booking.line_ids.mapped("cutoff"), ["after"])
        self.assertEqual((by_booking.amount_closing, by_booking.amount_difference), (0, 0))
        following = self.statement("2026-10-01", "2026-10-31")
        self.assertEqual((following.line_ids.cutoff, following.amount_closing), ("in", 10))
        (following | by_booking).sudo().line_ids.invalidate_recordset()
        following.action_cancel()
        by_booking.action_cancel()
        self.supplier.with_company(self.company).ecom_cutoff = "bill"
        by_bill = self.statement()
        self.assertEqual(
            (by_bill.cutoff, by_bill.line_ids.cutoff, by_bill.amount_closing), ("bill", "in", 10)
        )
        self.assertEqual(
            (by_bill.amount_ledger, by_bill.amount_timing, by_bill.amount_difference), (0, 10, 0)
        )

    def test_currencies_of_other_decimals(self):
        """G1 Given an invoice of 1,001 yen and one of 1.255 dinar, partly paid at other rates, when computed,
        then exchange differences are no lines and both statements foot to the minor unit."""
        for name, rate, amount, paid in (("JPY", 0.05, 1001, 334), ("KWD", 20, 1.255, 0.419)):
            currency = self.currency(name, rate)
            self.currency(name, rate * 1.1, "2026-09-20")
            bill = self.vendor_bill((self.product, 1, amount), currency=currency)
            self.pay(bill, paid)
            self.pay(bill, day="2026-09-29")
            self.assertEqual(bill.payment_state, "paid")
            statement = self.statement(currency=currency)
            self.assertEqual(statement.line_count, 3)
            self.assertEqual((statement.amount_purchases, statement.amount_payments), (amount, -amount))
            self.assertEqual((statement.amount_closing, statement.amount_difference), (0, 0))
        home = self.statement()
        self.assertEqual((home.line_count, home.amount_closing, home.amount_difference), (0, 0, 0))

    def test_sources_are_checked_by_the_ledger(self):
        """S2.0.1 Given a source that gives a wrong amount, when computed, then the statement does not foot,
        the entry is named, and it cannot be sent."""
        bill = self.vendor_bill((self.product, 1, 10))
        model = type(self.env["ecom.statement.bills"])
        right = model._statement_rows
        self.patch(
            model,
            "_statement_rows",
            lambda source, statement: SQL("SELECT * FROM (%s) x WHERE false", right(source, statement)),
        )
        statement = self.statement()
        self.assertEqual(statement.amount_difference, -10)
        self.assertIn(bill.name, statement.missing_html)
        with self.assertRaisesRegex(UserError, bill.name):
            statement._go_to("sent")
