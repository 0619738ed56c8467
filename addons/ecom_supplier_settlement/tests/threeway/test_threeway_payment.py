"""Pay stage: a blocked invoice is not paid on any route, and an unblocked one is."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..threeway_common import PaymentCase


@tagged("post_install", "-at_install")
class TestPaymentBlock(PaymentCase):
    def test_wizard(self):
        """S2.1.10 Given a blocked invoice, when the payment wizard is opened or run, for it alone or in a
        batch with a free one, by whoever, then it is refused."""
        blocked, free = self.blocked_bill(), self.blocked_bill()
        free.invoice_line_ids.purchase_line_id.price_unit = 12
        self.assertEqual(free.ecom_threeway_state, "ready")
        for bills in (blocked, blocked | free):
            for user in (self.accountant, self.manager, self.env.user):
                with self.refused():
                    bills.with_user(user).action_register_payment()
                with self.refused():
                    self.register(bills).with_user(user).sudo().action_create_payments()
                with self.refused():
                    self.register(bills, group_payment=True).sudo().action_create_payments()
        self.register(free).action_create_payments()
        self.assertIn(free.payment_state, ("paid", "in_payment"))
        self.assertEqual(blocked.payment_state, "not_paid")

    def test_payment_on_account(self):
        """S2.1.10 Given a payment on account, when anybody matches it with a blocked invoice, by any call,
        then it is refused, also in superuser mode."""
        bill = self.blocked_bill()
        payment = self.payment()
        payment.action_post()
        item, ours = self.open_item(payment.move_id), self.open_item(bill)
        for call in (
            lambda: (item + ours).sudo().reconcile(),
            lambda: (item + ours).with_user(self.accountant).reconcile(),
            lambda: self.env["account.move.line"]._reconcile_plan([item + ours]),
            lambda: bill.with_user(self.accountant).js_assign_outstanding_line(item.id),
            lambda: ours.sudo().write({"reconciled_lines_ids": [Command.link(item.id)]}),
            lambda: self.env["account.partial.reconcile"].create(
                {
                    "debit_move_id": item.id,
                    "credit_move_id": ours.id,
                    "amount": 1,
                    "debit_amount_currency": 1,
                    "credit_amount_currency": 1,
                }
            ),
        ):
            with self.refused():
                call()
        self.assertEqual((bill.payment_state, bill.amount_residual), ("not_paid", 120))

    def test_partial_is_not_moved_to_a_blocked_bill(self):
        """S2.1.10 Given a reconciliation of a free invoice, when it is written onto a blocked one, then it is
        refused."""
        free, blocked = self.blocked_bill(), self.blocked_bill()
        free.invoice_line_ids.purchase_line_id.price_unit = 12
        payment = self.payment()
        payment.action_post()
        (self.open_item(payment.move_id) + self.open_item(free)).reconcile()
        partial = self.payable(free).matched_debit_ids
        with self.refused():
            partial.credit_move_id = self.payable(blocked)

    def test_marked_for_import(self):
        """S2.1.10 Given items with a matching number of an import, when they are posted, then the blocked
        invoice's is refused."""
        bill = self.blocked_bill()
        payment = self.payment()
        payment.action_post()
        items = self.open_item(payment.move_id) + self.open_item(bill)
        self.env.cr.execute(
            "UPDATE account_move_line SET matching_number = 'I1' WHERE id = ANY(%s)", [items.ids]
        )
        items.invalidate_recordset()
        with self.refused():
            items._reconcile_marked()

    def test_linked_payment(self):
        """S2.1.10 Given a payment that names a blocked invoice, when it is created, linked or started, from
        either side, then it is refused: a payment without entry pays an invoice by that link."""
        bill = self.blocked_bill()
        with self.refused():
            self.payment(invoice_ids=[Command.link(bill.id)])
        payment = self.payment()
        for call in (
            lambda: payment.write({"invoice_ids": [Command.link(bill.id)]}),
            lambda: bill.write({"matched_payment_ids": [Command.link(payment.id)]}),
            lambda: bill.with_user(self.accountant).write(
                {"matched_payment_ids": [Command.set(payment.ids)]}
            ),
        ):
            with self.refused():
                call()
        self.env.invalidate_all()
        self.env.cr.execute(
            "INSERT INTO account_move__account_payment (invoice_id, payment_id) VALUES (%s, %s)",
            [bill.id, payment.id],
        )
        with self.refused():
            payment.action_post()

    def test_bank_statement(self):
        """S2.1.10 Given a bank line, when it is matched with a blocked invoice, then it is refused."""
        bill = self.blocked_bill()
        line = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.bank.id,
                "date": "2026-09-20",
                "payment_ref": "PAY",
                "amount": -120,
                "partner_id": self.supplier.id,
            }
        )
        _liquidity, suspense, _other = line._seek_for_lines()
        suspense.account_id = self.payable(bill).account_id
        with self.refused():
            (suspense + self.payable(bill)).reconcile()

    def test_a_manual_entry(self):
        """S2.1.10 Given an entry that moves the debt away, when it is matched with the invoice, then it is
        refused."""
        bill = self.blocked_bill()
        account = self.payable(bill).account_id
        entry = self.env["account.move"].create(
            {
                "line_ids": [
                    Command.create({"account_id": account.id, "debit": 120, "partner_id": self.supplier.id}),
                    Command.create({"account_id": self.outstanding.id, "credit": 120}),
                ]
            }
        )
        entry.action_post()
        with self.refused():
            (self.payable(entry) + self.payable(bill)).reconcile()

    def test_nobody_says_it_is_paid(self):
        """S2.1.10 Given a blocked invoice, when its payment state or residual is written, then it is
        refused."""
        bill = self.blocked_bill()
        for call in (
            lambda: bill.write({"payment_state": "paid"}),
            lambda: bill.with_user(self.manager).write({"payment_state": "in_payment"}),
            lambda: bill.write({"amount_residual": 0}),
            lambda: self.payable(bill).write({"amount_residual": 0, "amount_residual_currency": 0}),
            lambda: self.payable(bill).write({"reconciled": True}),
            lambda: bill.write({"payment_state": "not_paid", "amount_residual": 0}),
        ):
            with self.refused():
                call()
        self.assertEqual(bill.payment_state, "not_paid")

    def test_odoo_computes_what_is_open(self):
        """S2.1.10 Given a draft and a blocked invoice of orders, when Odoo computes what is open after totals
        of tax are entered, or what is so already is written, then that is no payment."""
        blocked = self.blocked_bill()
        order = self.order((self.product, 10, 10))
        draft = self.vendor_bill((order.order_line, 10, 12), post=False)
        tax = self.env["account.tax"].create({"name": "10", "amount": 10, "type_tax_use": "purchase"})
        draft.invoice_line_ids.tax_ids = tax
        totals = draft.tax_totals
        totals["subtotals"][0]["tax_groups"][0]["tax_amount_currency"] = 12.5
        draft.write({"tax_totals": totals})
        self.assertEqual((draft.amount_total, draft.amount_residual), (132.5, 132.5))
        for bill in draft | blocked:
            same = ("payment_state", "status_in_payment", "amount_residual", "amount_residual_signed")
            bill.write({name: bill[name] for name in same})
            bill.write({"matched_payment_ids": [Command.set([])]})
        with self.refused():
            draft.write({"amount_residual": 0})

    def test_a_link_of_old_is_no_new_payment(self):
        """S2.1.10 Given an invoice that a payment named while it was free, when it is blocked later, then the
        same link may be written and taken away, and no other added."""
        bill = self.blocked_bill()
        line = bill.invoice_line_ids.purchase_line_id
        line.price_unit = 12
        payment, other = self.payment(), self.payment()
        bill.write({"matched_payment_ids": [Command.link(payment.id)]})
        line.price_unit = 10
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        bill.write({"matched_payment_ids": [Command.set(payment.ids)]})
        with self.refused():
            bill.write({"matched_payment_ids": [Command.link(other.id)]})
        bill.write({"matched_payment_ids": [Command.clear()]})
        self.assertFalse(bill.matched_payment_ids)

    def test_nobody_sets_the_state(self):
        """S2.1.10 Given a blocked invoice, when its match state is written or an invoice is created with one,
        then it is refused."""
        bill = self.blocked_bill()
        for user in (self.accountant, self.manager, self.env.user):
            with self.assertRaises(UserError):
                bill.with_user(user).write({"ecom_threeway_state": "ready"})
        with self.assertRaises(UserError):
            self.env["account.move"].create({"move_type": "in_invoice", "ecom_threeway_state": "ready"})
        with self.assertRaises(UserError):
            self.env["ecom.threeway.release"].with_user(self.manager).sudo().create(
                {"move_id": bill.id, "user_id": self.manager.id, "reason": "x", "released_at": "2026-09-20"}
            )

    def test_a_draft_waits(self):
        """S2.1.10 Given a draft invoice of an order, when it is paid before it is posted, then it is
        refused."""
        order = self.order((self.product, 10, 10))
        draft = self.vendor_bill((order.order_line, 10, 12), post=False)
        with self.refused():
            draft.action_force_register_payment()
        with self.refused():
            self.payment(invoice_ids=[Command.link(draft.id)])

    def test_its_own_credit_note(self):
        """C5 Given a blocked invoice, when its own credit note is set against it, then it may; another
        credit note may not."""
        bill = self.blocked_bill()
        foreign = self.vendor_bill((self.product, 1, 120), move_type="in_refund")
        with self.refused():
            (self.payable(foreign) + self.payable(bill)).reconcile()
        bill._reverse_moves([{"invoice_date": "2026-09-12"}], cancel=True)
        self.assertEqual(bill.payment_state, "reversed")

    def test_facts_from_a_side_door(self):
        """S2.1.10 Given an invoice that is ready, when a receipt is taken back in the database itself, then
        paying matches again and refuses."""
        order = self.order((self.product, 10, 10))
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 10, 10))
        self.assertEqual(bill.ecom_threeway_state, "ready")
        self.env.cr.execute(
            "UPDATE stock_move_line SET quantity = 4 WHERE move_id = ANY(%s)", [order.order_line.move_ids.ids]
        )
        self.env.invalidate_all()
        with self.refused():
            self.register(bill).action_create_payments()

    def test_a_warning_may_be_paid(self):
        """C4 Given an invoice beyond the warning limit only, when it is paid, then it may."""
        self.policy(("price", 1, None, "above", "warn"), ("price", 30))
        order = self.order((self.product, 10, 10))
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 10, 12))
        self.assertEqual(bill.ecom_threeway_state, "warning")
        self.register(bill).action_create_payments()
        self.assertIn(bill.payment_state, ("paid", "in_payment"))

    # --- release -----------------------------------------------------------------

    def release(self, bill, user, reason="Agreed by phone with the supplier"):
        wizard = self.env["ecom.invoice.release"].with_user(user)
        context = {"active_model": "account.move", "active_ids": bill.ids}
        return wizard.with_context(**context).create({"reason": reason}).action_release()

    def test_release(self):
        """C5 I3 S2.1.11 Given a blocked invoice, when an accountant who had no hand in it releases it with a
        reason, then it may be paid, and user, time, reason and what was seen are kept for good."""
        bill = self.blocked_bill()
        self.release(bill, self.accountant)
        self.assertEqual(bill.ecom_threeway_state, "released")
        release = bill.ecom_release_ids
        self.assertEqual((release.user_id, bool(release.released_at)), (self.accountant, True))
        seen = release.seen[str(bill.invoice_line_ids.id)]
        self.assertEqual((seen["off"]["price"], seen["reasons"]), (2000, ["price_over"]))
        with self.assertRaises(UserError):
            release.sudo().reason = "Another"
        with self.assertRaises(UserError):
            release.sudo().unlink()
        self.register(bill).action_create_payments()
        self.assertIn(bill.payment_state, ("paid", "in_payment"))

    def test_who_may_not_release(self):
        """I3 Given a blocked invoice, when who entered, changed or posted it, or who is no accountant,
        releases it, then it is refused; so is an empty reason."""
        order = self.order((self.product, 10, 10))
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 10, 12), post=False)
        bill.with_user(self.manager).action_post()
        for user in (self.manager, self.buyer, self.keeper):
            with self.assertRaises(AccessError):
                self.let_pass(bill, user, "because")
        with self.assertRaises(UserError):
            self.let_pass(bill, self.accountant, "  ")
        bill.with_user(self.accountant).ref = "changed"
        with self.assertRaises(AccessError):
            self.release(bill, self.accountant)

    def test_only_blocked_bills_are_released(self):
        order = self.order((self.product, 10, 10))
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 10, 10))
        with self.assertRaises(UserError):
            self.release(bill, self.accountant)

    def test_a_changed_bill_is_not_released_any_more(self):
        """C5 Given a released invoice, when its lines change, then the release is void; when nothing changes,
        it holds."""
        bill = self.blocked_bill()
        self.release(bill, self.accountant)
        bill.button_draft()
        bill.action_post()
        self.assertEqual(bill.ecom_threeway_state, "released")
        bill.button_draft()
        bill.invoice_line_ids.price_unit = 11
        bill.action_post()
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        self.assertEqual(bill.ecom_release_ids.void_reason, "lines")
        self.release(bill, self.accountant)
        self.assertEqual(bill.ecom_threeway_state, "released")

    def test_a_worse_difference_was_not_released(self):
        """C5 Given an invoice released for its price, when goods go back too, then it is blocked again."""
        order = self.order((self.product, 10, 10))
        receipt = self.receive(order)
        bill = self.vendor_bill((order.order_line, 10, 12))
        self.release(bill, self.accountant)
        self.send_back(receipt, 5)
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        self.assertEqual(bill.ecom_release_ids.void_reason, "worse")

    def test_a_cure_after_a_release(self):
        """C5 Given a released invoice, when the price of the order is corrected, then it is simply ready."""
        bill = self.blocked_bill()
        self.release(bill, self.accountant)
        bill.invoice_line_ids.purchase_line_id.price_unit = 12
        self.assertEqual(bill.ecom_threeway_state, "ready")

    def test_forecast(self):
        """S2.0.2 Given a free, a blocked and a disputed invoice, when payables are forecast, then each stands
        in its column and all of them are what is owed."""
        free, blocked, disputed = (self.blocked_bill() for _turn in range(3))
        for bill in free | disputed:
            bill.invoice_line_ids.purchase_line_id.price_unit = 12
        disputed.action_toggle_block_payment()
        self.env.flush_all()
        rows = self.env["ecom.payable.forecast"].search([("partner_id", "=", self.supplier.id)])
        states = {row.move_id: row.state for row in rows}
        self.assertEqual(states, {free: "free", blocked: "blocked", disputed: "disputed"})
        for name in ("amount_free", "amount_blocked", "amount_disputed"):
            self.assertEqual(sum(rows.mapped(name)), 120)
        self.assertEqual(
            sum(rows.mapped("amount")), -sum(self.payable(free | blocked | disputed).mapped("balance"))
        )
