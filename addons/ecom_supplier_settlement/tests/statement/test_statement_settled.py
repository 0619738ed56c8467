"""Confirm and pay stages: what the supplier answers, what is made of it, and what is paid."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..statement_common import StatementCase


@tagged("post_install", "-at_install")
class TestStatementSettled(StatementCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.supplier_user = cls.portal_user("alpha", cls.supplier)
        cls.other_user = cls.portal_user("beta", cls.other_supplier)

    @classmethod
    def portal_user(cls, login, partner):
        contact = cls.env["res.partner"].create({"name": login, "parent_id": partner.id})
        return cls.person(login, "base.group_portal", partner_id=contact.id)

    def sent(self, **values):
        statement = self.statement(**values)
        statement._go_to("sent")
        return statement

    def approved(self, **values):
        statement = self.sent(**values)
        statement.action_confirm()
        statement.with_user(self.accountant).action_approve()
        return statement.with_user(self.accountant)

    def test_received_not_billed(self):
        """S2.4.6 S2.0.1 Given 10 received and 6 invoiced at 5, when the statement is computed, then 20 of
        goods not invoiced stand beside the ledger; when confirmed, a draft invoice of 4 for the order is
        made, once."""
        order = self.order((self.product, 10, 5))
        self.receive(order, 10)
        self.vendor_bill((order.order_line, 6, 5))
        statement = self.sent()
        line = statement.line_ids.filtered(lambda it: it.origin == "receipt")
        self.assertEqual((line.quantity, line.amount, line.in_ledger), (4, 20, False))
        self.assertEqual((statement.amount_closing, statement.amount_unbilled), (30, 20))
        self.assertEqual(line.working["result"], "20.00")
        self.assertIn("4", line.working["formula"])
        statement.with_user(self.supplier_user).portal_confirm()
        bill = line.document_id
        self.assertEqual((statement.state, bill.state, bill.move_type), ("confirmed", "draft", "in_invoice"))
        self.assertEqual(bill.invoice_line_ids.purchase_line_id, order.order_line)
        self.assertEqual((bill.invoice_line_ids.quantity, bill.amount_untaxed), (4, 20))
        statement._make_documents()
        self.assertEqual(len(order.invoice_ids), 2)

    def test_a_bill_came_in_the_meantime(self):
        """Given goods not invoiced on a sent statement, when their invoice arrives before the supplier
        confirms, then no second invoice is made and the line leads to the one that came."""
        order = self.order((self.product, 10, 5))
        self.receive(order, 10)
        statement = self.sent()
        came = self.vendor_bill((order.order_line, 10, 5), day="2026-10-03")
        statement.with_user(self.supplier_user).portal_confirm()
        self.assertEqual(statement.line_ids.document_id, came)
        self.assertEqual(order.invoice_ids, came)

    def test_goods_that_went_back(self):
        """S2.8.3 Given 10 received and invoiced and 2 sent back, when computed, then the return is a negative
        line of the period; when confirmed, its credit note is made; once that is posted no return waits."""
        order = self.order((self.product, 10, 5))
        picking = self.receive(order, 10)
        self.vendor_bill((order.order_line, 10, 5))
        self.send_back(picking, 2)
        statement = self.sent()
        self.assertEqual((self.owed(statement, "receipt"), statement.amount_expected), (-10, 40))
        waiting = self.env["ecom.purchase.basis"].browse(order.order_line.id)
        self.assertEqual(waiting.quantity_to_bill, -2)
        statement.action_confirm()
        credit = statement.line_ids.document_id
        self.assertEqual((credit.move_type, credit.amount_untaxed), ("in_refund", 10))
        credit = credit.with_user(self.accountant)
        credit.invoice_date = "2026-10-02"
        credit.action_post()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(waiting.quantity_to_bill, 0)

    def test_a_settled_dispute_leaves_no_task(self):
        """S2.8.10 Given a dispute, then whoever sent the statement has to answer it; when it is settled, no
        more; a task that a person planned stays."""
        self.vendor_bill((self.product, 7, 10))
        statement = self.sent()
        own = statement.activity_schedule("mail.mail_activity_data_call", user_id=self.buyer.id)
        own.automated = False
        [line] = statement.line_ids[:1]
        statement.with_user(self.supplier_user).portal_dispute(line.id, "price")
        self.assertEqual(len(statement.activity_ids), 2)
        line.with_user(self.accountant).action_withdraw()
        self.assertEqual((statement.state, statement.activity_ids), ("sent", own))

    def test_only_the_disputed_amount_waits(self):
        """I5 S2.8.10 Given invoices of 100 and 40, when 30 of the first are disputed, then 110 are paid in
        one payment, 30 stay open on the first invoice, and the statement is paid."""
        first = self.vendor_bill((self.product, 7, 10), (self.other_product, 3, 10))
        second = self.vendor_bill((self.product, 4, 10), day="2026-09-12")
        statement = self.sent()
        disputed = statement.line_ids.filtered(lambda line: line.amount == 30)
        mine = statement.with_user(self.supplier_user)
        self.assertEqual(mine.portal_dispute(disputed.id, "goods", "broken")["state"], "disputed")
        mine.portal_confirm((statement.line_ids - disputed).ids)
        self.assertEqual(disputed.disputed_id, self.supplier_user)
        statement.with_user(self.accountant).action_approve()
        self.assertEqual(statement.amount_disputed, 30)
        payment = self.paid(statement.with_user(self.accountant), "2026-10-10")
        self.assertEqual((len(payment), payment.amount), (1, 110))
        self.assertEqual((first.amount_residual, second.amount_residual), (30, 0))
        self.assertEqual(statement.state, "paid")

    def test_disputes_in_the_forecast(self):
        """S2.0.2 Given invoices of 100 and 40, the first due in two parts, when 60 of it are disputed, then
        the later part and ten of the other stand as disputed, and all of it adds up; taken back, nothing
        does."""
        terms = self.env["account.payment.term"].create(
            {
                "name": "half now",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days})
                    for days in (0, 60)
                ],
            }
        )
        self.vendor_bill((self.product, 4, 10), (self.other_product, 6, 10), invoice_payment_term_id=terms.id)
        self.vendor_bill((self.product, 4, 10), day="2026-09-12", invoice_date_due="2026-09-12")
        statement = self.sent()
        bad = statement.line_ids.filtered(lambda line: line.amount == 60)
        bad._dispute("price", "")
        forecast = self.env["ecom.payable.forecast"]
        rows = forecast.search([("partner_id", "=", self.supplier.id)])
        said = [(str(row.date_due), row.state, row.amount, row.amount_currency) for row in rows]
        self.assertEqual(
            sorted(said),
            [
                ("2026-09-10", "disputed", 10, 10),
                ("2026-09-10", "free", 40, 40),
                ("2026-09-12", "free", 40, 40),
                ("2026-11-09", "disputed", 50, 50),
            ],
        )
        self.assertEqual((sum(rows.mapped("amount_disputed")), sum(rows.mapped("amount_free"))), (60, 80))
        statement.action_cancel()
        self.env.invalidate_all()
        rows = forecast.search([("partner_id", "=", self.supplier.id)])
        self.assertEqual((sum(rows.mapped("amount_disputed")), sum(rows.mapped("amount_free"))), (0, 140))

    def test_a_share_of_a_dispute_abroad(self):
        """S2.0.2 Given an invoice of 100.00 dollars at 7, when 30.01 are disputed, then both currencies add
        up to the invoice."""
        dollar = self.currency("USD", 7)
        self.vendor_bill((self.product, 1, 69.99), (self.other_product, 1, 30.01), currency=dollar)
        statement = self.statement(currency=dollar)
        statement.action_send()
        statement.line_ids.filtered(lambda line: line.amount == 30.01)._dispute("price", "")
        rows = self.env["ecom.payable.forecast"].search([("partner_id", "=", self.supplier.id)])
        said = {row.state: (row.amount_currency, row.amount) for row in rows}
        self.assertEqual(said, {"free": (69.99, 489.93), "disputed": (30.01, 210.07)})

    def test_disputes_stay_on_their_own_bills(self):
        """I5 Given invoices of 100 with 30 and 20 disputed, when paid, then each keeps its share open."""
        first = self.vendor_bill((self.product, 7, 10), (self.other_product, 3, 10))
        second = self.vendor_bill((self.product, 8, 10), (self.other_product, 2, 10), day="2026-09-12")
        statement = self.sent()
        bad = statement.line_ids.filtered(lambda line: line.product_id == self.other_product)
        bad._dispute("price", "")
        (statement.line_ids - bad)._confirm()
        statement._after_answer()
        statement.with_user(self.accountant).action_approve()
        payment = self.paid(statement.with_user(self.accountant), "2026-10-10")
        self.assertEqual(payment.amount, 150)
        self.assertEqual((first.amount_residual, second.amount_residual), (30, 20))

    def test_due_dates_and_credits(self):
        """S2.0.2 Given an invoice due in two parts and a credit note, when the first part is paid with the
        credit netted, then the payment is smaller by it and the second part stays; undone, the statement is
        open."""
        terms = self.env["account.payment.term"].create(
            {
                "name": "half now",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days})
                    for days in (0, 60)
                ],
            }
        )
        bill = self.vendor_bill((self.product, 10, 10), invoice_payment_term_id=terms.id)
        self.credit_note((self.product, 1, 15), day="2026-09-12")
        statement = self.approved()
        self.assertCountEqual(
            [float(row["to_pay"]) for row in self.proposal(statement)],
            [50, -15, 50],
        )
        wizards = self.env["ecom.statement.pay"].with_user(self.accountant)
        dialog = Form(wizards.with_context(**statement.action_pay()["context"]))
        self.assertEqual((dialog.amount, len(dialog.line_ids)), (85, 3))
        shown = wizards.new({"statement_id": statement.id}).line_ids
        self.assertEqual(shown.currency_id, statement.currency_id)
        dialog.until = "2026-09-30"
        self.assertEqual(dialog.amount, 35)
        dialog.save().action_pay()
        self.assertEqual((bill.amount_residual, statement.state), (50, "approved"))
        rest = self.paid(statement, "2026-11-10")
        self.assertEqual((rest.amount, bill.amount_residual, statement.state), (50, 0, "paid"))
        approver = statement.approved_id
        rest.move_id.line_ids.remove_move_reconcile()
        self.assertEqual((statement.state, statement.approved_id), ("approved", approver))

    def test_a_foreign_payment_is_exact(self):
        """G1 Given an invoice of 1,000.000 KWD at another rate than its payment, when paid, then the invoice
        is closed and the exchange difference is no line of the statement."""
        dinar = self.currency("KWD", 20)
        self.currency("KWD", 21, "2026-10-01")
        bill = self.vendor_bill((self.product, 1, 1000.125), currency=dinar)
        statement = self.approved(currency=dinar)
        self.assertEqual((statement.amount_closing, statement.amount_difference), (1000.125, 0))
        self.paid(statement, "2026-10-10")
        self.assertEqual((bill.payment_state, statement.state), ("paid", "paid"))
        after = self.statement("2026-10-01", "2026-10-31", currency=dinar)
        self.assertEqual(after.line_ids.mapped("origin"), ["payment"])
        self.assertEqual((after.amount_closing, after.amount_difference), (0, 0))

    def test_paid_in_another_currency(self):
        """S2.6.1 Given an invoice in yen paid in the company's currency, when both statements are computed,
        then each shows what crossed over, both close at zero and foot."""
        yen = self.currency("JPY", 0.05)
        bill = self.vendor_bill((self.product, 1, 1000), currency=yen)
        self.pay(bill, currency=self.company.currency_id)
        self.assertEqual(bill.payment_state, "paid")
        for currency, crossed in ((yen, -1000), (self.company.currency_id, 50)):
            statement = self.statement(currency=currency)
            self.assertEqual(
                (statement.amount_crossed, statement.amount_closing, statement.amount_difference),
                (crossed, 0, 0),
            )

    def test_answers_are_the_suppliers(self):
        """I4 S2.8.6 Given two suppliers, when one answers the other's statement, a draft or lines of another,
        then it is refused; whoever is no buyer enters no answer."""
        self.vendor_bill((self.product, 1, 10))
        self.vendor_bill((self.product, 1, 20), partner=self.other_supplier)
        mine, others = self.statement(), self.sent(partner=self.other_supplier)
        with self.assertRaises(AccessError):
            mine.with_user(self.supplier_user).portal_confirm()
        mine._go_to("sent")
        with self.assertRaises(AccessError):
            mine.with_user(self.other_user).portal_confirm()
        with self.assertRaises(UserError):
            mine.with_user(self.supplier_user).portal_confirm(others.line_ids.ids)
        with self.assertRaises(UserError):
            mine.with_user(self.supplier_user).portal_dispute(others.line_ids.id, "price")
        for user in (self.supplier_user, self.keeper):
            with self.assertRaises(AccessError):
                mine.with_user(user).action_confirm()
        mine.with_user(self.supplier_user).portal_confirm()
        self.assertEqual((mine.state, others.state), ("confirmed", "sent"))

    def test_suppliers_see_their_own(self):
        """I4 Given two suppliers, when one reads by id, searches, groups, exports or opens attachments, then
        nothing of the other and nothing that was not sent is there."""
        self.vendor_bill((self.product, 1, 10))
        self.vendor_bill((self.product, 1, 20), partner=self.other_supplier)
        mine, others = self.sent(), self.sent(partner=self.other_supplier)
        file = self.env["ir.attachment"].create(
            {"name": "x", "raw": b"x", "res_model": others._name, "res_id": others.id}
        )
        user = self.supplier_user
        user.group_ids += self.env.ref("base.group_allow_export")
        for model, own, foreign in (
            (self.env["ecom.statement"], mine, others),
            (self.env["ecom.statement.line"], mine.line_ids, others.line_ids),
        ):
            visible = model.with_user(user)
            self.assertEqual(visible.search([]).ids, own.ids)
            self.assertEqual([row["id"] for row in visible.search_read([], ["id"])], own.ids)
            self.assertEqual(visible._read_group([], aggregates=["__count"])[0][0], len(own))
            for call in (lambda it: it.read(["name"]), lambda it: it.export_data(["name"])):
                with self.assertRaises(AccessError):
                    call(foreign.with_user(user))
            with self.assertRaises(AccessError):
                own.with_user(user).check_access("write")
        with self.assertRaises(AccessError):
            file.with_user(user).read(["raw"])
        with self.assertRaises(AccessError):
            mine.with_user(user).read(["internal_note"])
        mine._go_to("draft")
        self.assertFalse(self.env["ecom.statement.line"].with_user(user).search_count([]))

    def test_batch(self):
        """Given suppliers with invoices and with receipts only, when statements are created twice, then each
        has one, and one without activity has none."""
        self.vendor_bill((self.product, 1, 10))
        order = self.order((self.product, 10, 5), partner=self.other_supplier)
        self.receive(order, 10)
        third = self.partner("Supplier C")
        batch = self.env["ecom.statement.batch"].with_user(self.buyer)
        batch = batch.create({"date_from": "2026-09-01", "date_to": "2026-09-30"})
        batch.action_create()
        batch.action_create()
        found = self.env["ecom.statement"].search([("date_to", "=", "2026-09-30")])
        for partner, count in ((self.supplier, 1), (self.other_supplier, 1), (third, 0)):
            self.assertEqual(len(found.filtered(lambda it, who=partner: it.partner_id == who)), count)

    def test_a_dispute_taken_back(self):
        """S2.8.10 Given a disputed statement, when the dispute is taken back after a late invoice came, then
        it is sent again by nobody else than before; disputed, it is a to-do of who sent it."""
        self.vendor_bill((self.product, 1, 10), (self.product, 1, 5))
        statement = self.sent()
        line = statement.line_ids[0]
        statement.with_user(self.supplier_user).portal_dispute(line.id, "price", "too much")
        self.assertEqual(statement.activity_ids.user_id, self.buyer)
        self.vendor_bill((self.product, 1, 3), day="2026-09-20")
        line.with_user(self.manager).action_withdraw()
        self.assertEqual((statement.state, statement.sent_id, line.state), ("sent", self.buyer, "open"))

    def test_a_dispute_settled_after_the_payment(self):
        """I3 I5 Given a paid statement with a disputed line, when the dispute is settled, then who prepared
        cannot release it, an accountant can, and the rest is due."""
        bill = self.vendor_bill((self.product, 7, 10), (self.other_product, 3, 10))
        statement = self.sent(user=self.manager)
        line = statement.line_ids.filtered(lambda it: it.amount == 30)
        line._dispute("price", "")
        (statement.line_ids - line)._confirm()
        statement._after_answer()
        statement.with_user(self.accountant).action_approve()
        self.paid(statement.with_user(self.accountant), "2026-10-10")
        self.assertEqual((statement.state, bill.amount_residual), ("paid", 30))
        for user in (self.manager, self.buyer):
            with self.assertRaises(AccessError):
                line.with_user(user).action_confirm()
        line.with_user(self.accountant).action_confirm()
        self.assertEqual(statement.state, "approved")
        self.paid(statement.with_user(self.accountant), "2026-10-12")
        self.assertEqual((statement.state, bill.amount_residual), ("paid", 0))

    def test_an_accountant_enters_the_answer(self):
        """Given goods not invoiced, when an accountant without purchase rights enters the supplier's answer,
        then the draft invoice is made all the same."""
        order = self.order((self.product, 10, 5))
        self.receive(order, 10)
        statement = self.sent()
        statement.with_user(self.accountant).action_confirm()
        self.assertEqual(statement.line_ids.document_id.amount_untaxed, 50)
