"""Pay stage: everything that somebody may try to get a blocked invoice paid."""

import psycopg2

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..threeway_common import PaymentCase


@tagged("post_install", "-at_install")
class TestHostilePayment(PaymentCase):
    def unpaid(self, bill):
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual((bill.payment_state, bill.amount_residual), ("not_paid", bill.amount_total))

    def attempt(self, call):
        """Let somebody try; whether it is refused or does nothing is for the caller to see."""
        try:
            with self.cr.savepoint(), mute_logger("odoo.sql_db"):
                call()
        except (UserError, ValueError, psycopg2.Error):
            self.env.invalidate_all()

    # --- money ---------------------------------------------------------------------------

    def test_every_way_to_pay(self):
        """S2.1.10 Given a blocked invoice and a free one, when they are paid together, grouped or not, in
        part, with a write-off, by a full reconciliation alone or by items of all kinds, then the blocked one
        stays unpaid."""
        bill, free, paid = (self.blocked_bill() for _turn in range(3))
        (free | paid).invoice_line_ids.purchase_line_id.price_unit = 12
        ours = self.payable(bill)
        payment = self.payment(500)
        payment.action_post()
        item = self.open_item(payment.move_id)
        (item + self.payable(paid)).reconcile()
        wizard = self.env["account.payment.register"].with_user(self.accountant)
        both = {"active_model": "account.move", "active_ids": (bill | free).ids}
        lines = {"active_model": "account.move.line", "active_ids": self.payable(bill | free).ids}
        values = {"journal_id": self.bank.id, "payment_date": "2026-09-20"}
        write_off = {
            "amount": 60,
            "payment_difference_handling": "reconcile",
            "writeoff_account_id": self.outstanding.id,
        }
        routes = {
            "moves": lambda: wizard.with_context(**both).create(values).sudo().action_create_payments(),
            "lines": lambda: wizard.with_context(**lines).create(values).sudo().action_create_payments(),
            "grouped": lambda: (
                wizard.with_context(**lines)
                .create({**values, "group_payment": True})
                .sudo()
                .action_create_payments()
            ),
            "write-off": lambda: self.register(bill, **write_off).sudo().action_create_payments(),
            "full": lambda: self.env["account.full.reconcile"].create(
                {
                    "reconciled_line_ids": [Command.set((ours + item).ids)],
                    "partial_reconcile_ids": [Command.set(item.matched_credit_ids.ids)],
                }
            ),
            "lines in bulk": lambda: self.env["account.move.line"].create(
                {
                    "move_id": payment.move_id.id,
                    "account_id": ours.account_id.id,
                    "debit": 0,
                    "matched_credit_ids": [
                        Command.create({"credit_move_id": ours.id, "debit_move_id": item.id, "amount": 120})
                    ],
                }
            ),
            "matched debits": lambda: ours.write(
                {
                    "matched_debit_ids": [
                        Command.create({"debit_move_id": item.id, "amount": 120, "credit_move_id": ours.id})
                    ]
                }
            ),
            "load": lambda: self.env["account.partial.reconcile"].load(
                ["debit_move_id/.id", "credit_move_id/.id", "amount"],
                [[str(item.id), str(ours.id), "120"]],
            ),
            "assign": lambda: bill.js_assign_outstanding_line(item.id),
            "payment of a context": lambda: (
                self.env["account.payment"]
                .with_context(default_invoice_ids=[Command.link(bill.id)])
                .create(payment.copy_data()[0])
                .action_post()
            ),
            "origin": lambda: bill.write({"origin_payment_id": payment.id}),
        }
        for name, call in routes.items():
            with self.subTest(route=name):
                self.attempt(call)
                self.unpaid(bill)

    def test_paid_before_it_was_of_an_order(self):
        """S2.1.10 Given a draft that names no order, paid by a link and by an item, when it then names its
        order and is posted, then it is blocked, not paid, and the payments are open on account."""
        order = self.order((self.product, 10, 10))
        self.receive(order)
        for way in ("link", "item"):
            draft = self.vendor_bill((self.product, 10, 12), post=False)
            payment = self.payment()
            if way == "link":
                payment.write({"invoice_ids": [Command.link(draft.id)]})
            payment.action_post()
            if way == "item":
                (self.open_item(payment.move_id) + self.payable(draft)).reconcile()
            draft.invoice_line_ids.purchase_line_id = order.order_line
            draft.action_post()
            self.assertEqual(draft.ecom_threeway_state, "blocked")
            self.unpaid(draft)
            self.assertFalse(payment.invoice_ids)
            draft.button_draft()
            draft.button_cancel()

    def test_the_credit_note_of_another_bill(self):
        """S2.1.10 Given the credit note of another invoice, when it is renamed to credit the blocked one,
        then it does not settle it, and the invoice that it cured is blocked again."""
        bill, cured = self.blocked_bill(), self.blocked_bill(quantity=20, price=10)
        credit = cured._reverse_moves([{"invoice_date": "2026-09-12"}])
        credit.invoice_line_ids.quantity = 10
        credit.action_post()
        self.assertEqual(cured.ecom_threeway_state, "ready")
        self.payable(credit).remove_move_reconcile()
        credit.write({"reversed_entry_id": bill.id})
        with self.refused():
            (self.payable(credit) + self.payable(bill)).reconcile()
        credit.write({"reversed_entry_id": False})
        self.assertEqual(
            cured.ecom_threeway_state, "ready", "it counts against the last invoice of its order"
        )

    def test_an_exchange_entry_is_no_payment(self):
        """S2.1.10 C9 Given a blocked invoice in another currency, when an entry of the exchange journal moves
        its company amount away, then the invoice is unpaid in its own currency."""
        dollar = self.currency("USD", 7, "2026-01-01")
        if dollar == self.company.currency_id:
            dollar = self.currency("EUR", 7, "2026-01-01")
        order = self.order((self.product, 10, 10), currency=dollar)
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 10, 12), currency=dollar)
        account = self.payable(bill).account_id
        journal = self.company.currency_exchange_journal_id
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        for amount in (120, 0):
            entry = self.env["account.move"].create(
                {
                    "journal_id": journal.id,
                    "date": "2026-09-20",
                    "line_ids": [
                        Command.create(
                            {
                                "account_id": account.id,
                                "currency_id": dollar.id,
                                "amount_currency": amount,
                                "balance": 840,
                            }
                        ),
                        Command.create(
                            {
                                "account_id": self.outstanding.id,
                                "currency_id": dollar.id,
                                "amount_currency": -amount,
                                "balance": -840,
                            }
                        ),
                    ],
                }
            )
            entry.action_post()
            self.attempt(lambda entry=entry: (self.payable(entry) + self.payable(bill)).reconcile())
            self.unpaid(bill)

    # --- another verdict -------------------------------------------------------------------

    def test_no_other_bill_for_a_blocked_one(self):
        """S2.1.10 C10 Given a blocked invoice, when it is copied, comes again by its recurrence, or in small
        parts below every limit, then what is over the order is blocked, too."""
        self.policy(("quantity", None, 5), ("price", None, 15))
        order = self.order((self.product, 100, 10))
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 106, 10))
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        copy = bill.copy({"invoice_date": bill.invoice_date, "ref": "again"})
        self.assertEqual(copy.invoice_line_ids.purchase_line_id, order.order_line)
        copy.action_post()
        self.assertEqual(copy.ecom_threeway_state, "blocked")
        (bill | copy).button_draft()
        (bill | copy).button_cancel()
        parts = [self.vendor_bill((order.order_line, 21, 10), ref=f"part {n}") for n in range(5)]
        self.assertEqual([part.ecom_threeway_state for part in parts], ["ready"] * 5, "105 of 100 are inside")
        more = self.vendor_bill((order.order_line, 1, 10), ref="part 6")
        self.assertEqual(more.ecom_threeway_state, "blocked")
        more.write({"auto_post": "monthly"})
        more._copy_recurring_entries()
        following = self.env["account.move"].search([("auto_post_origin_id", "=", more.id)]) - more
        following.invoice_date = following.date
        following.action_post()
        self.assertEqual(following.ecom_threeway_state, "blocked")

    def test_facts_that_are_taken_away(self):
        """S2.1.10 Given a blocked invoice, when its order line is unlinked, deleted or cancelled, the invoice
        is given to another supplier, reset and emptied of its order, or told to be of another kind, then it
        is blocked still, and says why."""
        sly = {"skip_readonly_check": True, "check_move_validity": False}
        for name, change in {
            "unlinked": lambda bill: bill.invoice_line_ids.write({"purchase_line_id": False}),
            "other supplier": lambda bill: bill.with_context(**sly).write(
                {"partner_id": self.other_supplier.id}
            ),
            "order line": lambda bill: bill.invoice_line_ids.purchase_line_id.unlink(),
            "order cancelled": lambda bill: bill.invoice_line_ids.purchase_line_id.order_id.button_cancel(),
            "order cancelled by hand": lambda bill: bill.invoice_line_ids.purchase_line_id.order_id.write(
                {"state": "cancel"}
            ),
            "order line deleted": lambda bill: (
                bill.invoice_line_ids.purchase_line_id.order_id.write({"state": "draft"}),
                bill.invoice_line_ids.purchase_line_id.unlink(),
            ),
            "kind": lambda bill: bill.with_context(**sly).write({"move_type": "entry"}),
            "note": lambda bill: bill.invoice_line_ids.write({"display_type": "line_note"}),
            "tax": lambda bill: bill.invoice_line_ids.with_context(**sly).write({"display_type": "tax"}),
            "results": lambda bill: bill.ecom_threeway_result_ids.with_user(self.manager).sudo().unlink(),
            "bill": lambda bill: bill.with_context(force_delete=True).unlink(),
            "account": lambda bill: self.payable(bill).write({"account_id": self.outstanding.id}),
            "load": lambda bill: bill.load([".id", "ecom_threeway_state"], [[str(bill.id), "ready"]]),
            "hands": lambda bill: bill.write({"ecom_hand_ids": [Command.clear()]}),
        }.items():
            with self.subTest(change=name):
                bill = self.blocked_bill()
                self.attempt(lambda change=change, bill=bill: change(bill))
                self.assertTrue(bill.exists())
                self.assertEqual(bill.ecom_threeway_state, "blocked", bill.ecom_block_reason)
                self.assertTrue(bill.ecom_hand_ids)
                with self.refused():
                    self.register(bill).sudo().action_create_payments()
                self.unpaid(bill)

    def test_reset_and_emptied_of_its_order(self):
        """S2.1.10 Given a blocked invoice, when it is reset, its order taken off or its line replaced by
        words, and posted again, then it is blocked for that."""
        bill = self.blocked_bill()
        bill.button_draft()
        bill.invoice_line_ids.purchase_line_id = False
        bill.action_post()
        self.assertEqual((bill.ecom_threeway_state, self.reasons(bill)), ("blocked", {"not_linked"}))
        bill.button_draft()
        bill.invoice_line_ids = [
            Command.clear(),
            Command.create({"name": "Goods", "price_unit": 120, "tax_ids": [Command.clear()]}),
        ]
        bill.action_post()
        self.assertEqual((bill.ecom_threeway_state, self.reasons(bill)), ("blocked", {"not_linked"}))
        with self.refused():
            self.register(bill).action_create_payments()

    def test_more_is_booked_than_priced(self):
        """S2.1.10 Given an invoice that is ready, when its items are raised past quantity and price, then it
        is blocked: what is booked is what is paid."""
        order = self.order((self.product, 10, 10))
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 10, 10))
        sly = {"check_move_validity": False, "skip_invoice_sync": True}
        for line in bill.line_ids.with_context(**sly):
            line.write({"balance": line.balance * 5, "amount_currency": line.amount_currency * 5})
        if bill.amount_total != 100:
            self.assertEqual((bill.amount_total, bill.invoice_line_ids.price_subtotal), (500, 100))
            self.assertEqual((bill.ecom_threeway_state, self.reasons(bill)), ("blocked", {"price_over"}))
            with self.refused():
                self.register(bill).sudo().action_create_payments()

    def test_the_order_of_another_supplier_or_company(self):
        """S2.1.3 Given goods that came from one supplier, when another one invoices that order, or another
        company is invoiced, then it is blocked."""
        order = self.order((self.product, 10, 10))
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 10, 10), partner=self.other_supplier)
        self.assertEqual((bill.ecom_threeway_state, self.reasons(bill)), ("blocked", {"wrong_supplier"}))
        contact = self.env["res.partner"].create({"name": "Billing", "parent_id": self.supplier.id})
        bill.button_draft()
        bill.partner_id = contact
        bill.action_post()
        self.assertEqual(bill.ecom_threeway_state, "ready", "a contact of the supplier is the supplier")
        other = self.env["res.company"].create(
            {"name": "Other company", "currency_id": self.company.currency_id.id}
        )
        self.env["account.chart.template"].try_loading("generic_coa", company=other, install_demo=False)
        foreign = (
            self.env["purchase.order"]
            .with_company(other)
            .create(
                {
                    "partner_id": self.supplier.id,
                    "company_id": other.id,
                    "currency_id": self.company.currency_id.id,
                    "order_line": [
                        Command.create({"product_id": self.product.id, "product_qty": 10, "price_unit": 10})
                    ],
                }
            )
        )
        foreign.button_confirm()
        foreign.order_line.product_id.purchase_method = "purchase"
        mixed = self.vendor_bill((foreign.order_line, 10, 10))
        self.assertEqual((mixed.ecom_threeway_state, self.reasons(mixed)), ("blocked", {"wrong_supplier"}))

    def test_a_rate_that_is_made_up(self):
        """C9 C2 Given an order in the company's money and limits in it, when the invoice is in another
        currency with a rate of its own, then price and limits are held to the rate of the day."""
        self.policy(("price", None, 7))
        dollar = self.currency("USD", 7, "2026-01-01")
        if dollar == self.company.currency_id:
            dollar = self.currency("EUR", 7, "2026-01-01")
        order = self.order((self.product, 10, 70))
        self.receive(order)
        for amount, state in ((101, "ready"), (101.01, "blocked"), (700, "blocked")):
            bill = self.vendor_bill((order.order_line, 1, amount / 10), post=False, currency=dollar)
            bill.invoice_line_ids.write({"quantity": 10})
            bill.invoice_currency_rate = 1
            bill.action_post()
            self.assertEqual(bill.ecom_threeway_state, state, amount)
            bill.button_draft()
            bill.button_cancel()

    def test_limits_are_not_opened_for_ones_own_bill(self):
        """I3 Given a manager who posted a blocked invoice, when they open the limits, or make a policy that
        lets it pass, then it is refused; another manager may, and nobody else."""
        policy = self.policy(("price", 5))
        order = self.order((self.product, 10, 10))
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 10, 12), post=False)
        bill.with_user(self.manager).action_post()
        own = policy.with_user(self.manager)
        for call in (
            lambda: own.limit_ids.write({"percent": 50}),
            # Who says that the policy is being saved would be asked nothing.
            lambda: own.limit_ids.with_context(ecom_policy_saving=True).write({"percent": 50}),
            lambda: own.write({"limit_ids": [Command.clear()]}),
            lambda: own.create({"name": "Mine", "product_id": self.product.id}),
            lambda: (own.write({"partner_id": self.other_supplier.id}), own.create({"name": "Mine"})),
        ):
            with self.assertRaises(AccessError), self.cr.savepoint():
                call()
            self.env.invalidate_all()
        for user in (self.accountant, self.buyer, self.keeper):
            with self.assertRaises(AccessError):
                policy.limit_ids.with_user(user).write({"percent": 50})
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        other = self.person("other_manager", "ecom_connectors.group_manager")
        policy.limit_ids.with_user(other).write({"percent": 50})
        self.assertEqual((bill.ecom_threeway_state, policy.version), ("ready", 2))

    def test_a_small_difference_stays_small(self):
        """C3 S2.1.10 Given an invoice whose small difference was posted, when somebody makes it large, then
        it is refused."""
        self.env["ecom.ledger.setup"]._apply(self.company)
        self.policy(("price", 1), small_amount=0.05)
        order = self.order((self.product, 1, 100))
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 1, 100), post=False, ecom_document_total=100.04)
        bill.action_post()
        small = bill.invoice_line_ids.filtered("ecom_small_difference")
        self.assertEqual((bill.ecom_threeway_state, small.price_unit), ("ready", 0.04))
        for values in ({"price_unit": 500}, {"quantity": 9}, {"balance": 500}, {"debit": 500}):
            with self.assertRaises(UserError):
                small.with_user(self.accountant).sudo().write(values)
