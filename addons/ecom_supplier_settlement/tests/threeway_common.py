"""Invoice stage: what the tests of the match share."""

from contextlib import contextmanager

from odoo.exceptions import UserError

from .common import SettleCase


class MatchCase(SettleCase):
    def policy(self, *limits, **values):
        """A policy of the company; `limits` are (measure, percent, amount, side, severity)."""
        return self.env["ecom.threeway.policy"].create(
            {
                "name": "Policy",
                "limit_ids": [(0, 0, self.limit(*limit)) for limit in limits],
                **values,
            }
        )

    @staticmethod
    def limit(measure, percent=None, amount=None, side="above", severity="block"):
        return {
            "measure": measure,
            "side": side,
            "severity": severity,
            "uses_percent": percent is not None,
            "percent": percent or 0,
            "uses_amount": amount is not None,
            "amount": amount or 0,
        }

    def reasons(self, bill):
        found = bill.ecom_threeway_result_ids.mapped("reasons")
        return {code for codes in found for code in codes.split(",") if code}

    def blocked_bill(self, quantity=10, price=12, ordered=10, user=None):
        """An invoice of goods that came, dearer than ordered, entered and posted by `user` (or the
        buyer's)."""
        order = self.order((self.product, ordered, 10))
        self.receive(order)
        bill = self.vendor_bill((order.order_line, quantity, price), post=False)
        bill.action_post()
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        return bill

    def let_pass(self, bill, user, reason="Agreed by phone"):
        """Release a blocked invoice without the dialog."""
        self.env["ecom.threeway.release"].with_user(user)._release(bill.with_user(user), reason)

    def payable(self, move):
        return move.line_ids.filtered(lambda line: line.account_id.account_type == "liability_payable")


class PaymentCase(MatchCase):
    """A bank whose payments are under way until a statement has them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bank = cls.env["account.journal"].create({"name": "Bank", "code": "TBNK", "type": "bank"})
        cls.outstanding = cls.env["account.account"].create(
            {
                "name": "Payments under way",
                "code": "199900",
                "account_type": "asset_current",
                "reconcile": True,
            }
        )
        cls.bank.outbound_payment_method_line_ids.payment_account_id = cls.outstanding
        cls.bank.inbound_payment_method_line_ids.payment_account_id = cls.outstanding

    def payment(self, amount=120, **values):
        return self.env["account.payment"].create(
            {
                "payment_type": "outbound",
                "partner_type": "supplier",
                "partner_id": self.supplier.id,
                "amount": amount,
                "journal_id": self.bank.id,
                "date": "2026-09-20",
                **values,
            }
        )

    def open_item(self, move):
        return self.payable(move).filtered(lambda line: not line.reconciled)

    def register(self, bills, **values):
        context = {"active_model": "account.move.line", "active_ids": self.payable(bills).ids}
        wizard = self.env["account.payment.register"].with_context(**context)
        return wizard.create({"journal_id": self.bank.id, "payment_date": "2026-09-20", **values})

    @contextmanager
    def refused(self):
        with self.assertRaises(UserError) as caught:
            yield
        self.assertIn("Blocked for payment", str(caught.exception))
