"""Invoice stage: an invoice is brought to the total its supplier wrote, if the difference is small enough."""

from odoo import Command, api, models
from odoo.exceptions import UserError

from ..setup.bills import BILLS
from ..setup.changes import differs

SMALL_FACTS = {
    *("quantity", "price_unit", "discount", "tax_ids", "amount_currency", "balance", "debit", "credit"),
    "display_type",
}


class EcomThreewaySmall(models.AbstractModel):
    """Small differences: what the policy lets pass, and nothing that a person types."""

    _name = "ecom.threeway.small"
    _description = "Small Differences of Invoices"

    @api.model
    def _refuse_stated(self, vals):
        if "ecom_small_difference" in vals and self.env["ecom.threeway.result"]._is_sealed():
            raise UserError(self.env._("The match state of an invoice is set by the match only."))

    @api.model
    def _refuse_change(self, lines, vals):
        names = SMALL_FACTS & set(vals)
        if not names:
            return
        small = lines.filtered(lambda line: line.ecom_small_difference and line.parent_state == "posted")
        if any(differs(line, name, vals[name]) for line in small for name in names):
            raise UserError(self.env._("A small difference is posted by the match only. Reset the invoice."))

    @api.model
    def _bring_to_total(self, bills):
        """Bring invoices to the total their suppliers wrote, if their policy lets so small a difference pass.

        The difference is one line without tax on the account of small differences, gain or loss by sign.
        """
        versions = self._versions(bills) if any(bills.mapped("ecom_document_total")) else {}
        for move in bills:
            old = move.invoice_line_ids.filtered("ecom_small_difference")
            if old:
                self._write(move, [Command.delete(line.id) for line in old])
            difference = move.currency_id.round(move.ecom_document_total - move.amount_total)
            if not move.ecom_document_total or not difference or move.id not in versions:
                continue
            limit = move.company_currency_id._convert(
                float(versions[move.id].terms["small_amount"]),
                move.currency_id,
                move.company_id,
                move.invoice_date or move.date,
            )
            if move.currency_id.compare_amounts(abs(difference), limit) <= 0:
                self._write(move, [Command.create(self._line(move, difference))])

    def _line(self, move, difference):
        costs = (difference > 0) == (move.move_type in BILLS)
        # A role is a setting of the company; who posts an invoice need not see it.
        maps = self.env["ecom.role.map"].sudo()
        ledger = maps._company_ledger(move.company_id, "small_loss" if costs else "small_gain")
        return {
            "name": self.env["ecom.books"]
            ._words(move.company_id)
            ._("Small difference to the supplier's total"),
            "account_id": ledger.id,
            "quantity": 1,
            "price_unit": difference,
            "tax_ids": [Command.clear()],
            "ecom_small_difference": True,
        }

    def _write(self, move, commands):
        """Change lines of ours, which nobody else may."""
        opened = self.env["ecom.threeway.result"]._unseal().env.context
        move.with_context(**opened).write({"invoice_line_ids": commands})

    def _versions(self, bills):
        """{invoice id: version of the policy of its company and supplier}"""
        rows = self.env["ecom.threeway.facts"]._documents(bills.ids)
        # The policy decides, whoever posts.
        versions = self.env["ecom.threeway.policy.version"].sudo()
        return {
            row["move_id"]: versions.browse(row["policy_version_id"])
            for row in rows
            if row["policy_version_id"]
        }
