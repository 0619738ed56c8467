"""Invoice stage, at the end of a period: what happens to accruals when their invoices or entries change."""

from odoo import api, models
from odoo.exceptions import UserError

from ..setup.bills import BILLS


class EcomAccrualGuard(models.AbstractModel):
    """Posting an invoice takes its goods' accrual back, resetting it accrues them again."""

    _name = "ecom.accrual.guard"
    _description = "Accruals of Invoices That Change"

    @api.model
    def _after_post(self, moves):
        bills = moves.filtered(lambda move: move.move_type in BILLS)
        if bills.line_ids.purchase_line_id:
            # Whoever may post the invoice takes its accrual back, without access to accruals.
            self.env["ecom.accrual.taker"].sudo()._take_for(bills)

    @api.model
    def _after_draft(self, moves):
        # Whoever may reset the invoice accrues its goods again, without access to accruals.
        ledger = self.env["ecom.accrual.ledger"].sudo()
        reversals = ledger.env["ecom.accrual.reversal"].search(
            [("bill_id", "in", moves.ids), ("live", "=", True)]
        )
        if reversals:
            ledger._accrue_again(reversals, lambda env: env._("Accrued again: the invoice was reset"))
            ledger.env["ecom.accrual.taker"]._take_again(reversals.line_id.purchase_line_id)

    @api.model
    def _refuse(self, moves):
        """Entries of accruals are undone with their accrual."""
        entries = moves.filtered(lambda move: move.move_type == "entry")
        lines = entries.line_ids.filtered("ecom_accrual_line_id") if entries else entries.line_ids
        if lines:
            raise UserError(
                self.env._(
                    "%s belongs to a period-end accrual. Undo that, or reset the invoice that took it back.",
                    lines.move_id[0].display_name,
                )
            )

    @api.model
    def _items_change(self, items, vals):
        if "ecom_accrual_line_id" not in vals or not self.env["ecom.accrual"]._is_sealed():
            return
        line_id = vals["ecom_accrual_line_id"] or False
        if any(item.ecom_accrual_line_id.id != line_id for item in items):
            raise UserError(self.env._("Only an accrual makes its entries."))
