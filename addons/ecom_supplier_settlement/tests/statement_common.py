"""Statements in tests: one supplier's month with an invoice, a credit note, a payment and an entry."""

from odoo import Command
from odoo.fields import Date

from .common import SettleCase


class StatementCase(SettleCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.payable = cls.supplier.with_company(cls.company).property_account_payable_id
        cls.expense = cls.env["account.account"].search(
            [("account_type", "=", "expense"), ("company_ids", "in", cls.company.ids)], limit=1
        )
        cls.misc = cls.env["account.journal"].search(
            [("type", "=", "general"), ("company_id", "=", cls.company.id)], limit=1
        )
        cls.bank = cls.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", cls.company.id)], limit=1
        )
        method = cls.bank.outbound_payment_method_line_ids[:1]
        if not method.payment_account_id:
            method.payment_account_id = cls.env["account.account"].create(
                {
                    "name": "Payments on the way",
                    "code": "ECOMPAY",
                    "account_type": "asset_current",
                    "reconcile": True,
                }
            )

    @classmethod
    def statement(cls, start="2026-09-01", end="2026-09-30", partner=None, currency=None, user=None):
        statements = cls.env["ecom.statement"].with_user(user or cls.buyer)
        found = statements.create_for(
            (partner or cls.supplier).id, start, end, (currency or cls.company.currency_id).id
        )
        return statements.browse(found)

    @classmethod
    def entry(cls, amount, partner=None, day="2026-09-20", currency=None, balance=None, account=None):
        """A manual entry on a payable account; `amount` is what we owe by it."""
        currency = currency or cls.company.currency_id
        balance = amount if balance is None else balance
        move = cls.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": cls.misc.id,
                "date": Date.to_date(day),
                "line_ids": [
                    Command.create(
                        {
                            "account_id": account_id,
                            "partner_id": (partner or cls.supplier).id,
                            "currency_id": currency.id,
                            "amount_currency": sign * amount,
                            "balance": sign * balance,
                            "name": "Agreed correction",
                        }
                    )
                    for account_id, sign in (((account or cls.payable).id, -1), (cls.expense.id, 1))
                ],
            }
        )
        move.action_post()
        return move

    @classmethod
    def credit_note(cls, *lines, **values):
        """A vendor credit note; lines as for a vendor invoice."""
        return cls.vendor_bill(*lines, move_type="in_refund", **values)

    @classmethod
    def pay(cls, bills, amount=None, day="2026-09-25", currency=None):
        """Register a payment by Odoo's own wizard."""
        wizard = (
            cls.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=bills.ids)
            .create({"payment_date": Date.to_date(day), "journal_id": cls.bank.id, "group_payment": True})
        )
        if currency:
            wizard.currency_id = currency
        if amount is not None:
            wizard.amount = amount
        return wizard._create_payments()

    @classmethod
    def paid(cls, statement, day="2026-10-10", **values):
        """Pay what is due of an approved statement."""
        payer = statement.env["ecom.statement.payer"]
        return payer._pay(statement, cls.bank, Date.to_date(day), **values)

    @classmethod
    def proposal(cls, statement):
        """What is left to pay of a statement."""
        return statement.env["ecom.statement.payer"]._proposal(statement)

    @classmethod
    def tax(cls, percent):
        return cls.env["account.tax"].create(
            {
                "name": f"Input {percent}",
                "amount": percent,
                "type_tax_use": "purchase",
                "company_id": cls.company.id,
                "country_id": cls.company.account_fiscal_country_id.id,
            }
        )

    def owed(self, statement, *origins):
        """The sum of the lines of these origins, as the statement shows them."""
        lines = statement.line_ids.filtered(lambda line: line.origin in origins)
        return round(sum(lines.mapped("amount")), statement.currency_id.decimal_places)
