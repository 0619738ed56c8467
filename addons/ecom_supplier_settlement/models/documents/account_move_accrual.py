"""Invoice stage: posting a bill takes its goods' accrual back, resetting it accrues them again."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    _inherit = "account.move"

    def _post(self, soft=True):
        posted = super()._post(soft)
        bills = posted.filtered(lambda move: move.move_type in ("in_invoice", "in_receipt"))
        if bills.line_ids.purchase_line_id:
            # Whoever may post the bill takes its accrual back, without access to accruals.
            self.env["ecom.accrual"].sudo()._reverse_for(bills)
        return posted

    def button_draft(self):
        self._ecom_refuse_accrual()
        result = super().button_draft()
        # Whoever may reset the bill accrues its goods again, without access to accruals.
        accruals = self.env["ecom.accrual"].sudo()
        reversals = accruals.env["ecom.accrual.reversal"].search(
            [("bill_id", "in", self.ids), ("live", "=", True)]
        )
        if reversals:
            accruals._undo_reversals(reversals, self.env._("Accrued again: the bill was reset"))
            accruals._reverse_again(reversals.line_id.purchase_line_id)
        return result

    def button_cancel(self):
        self._ecom_refuse_accrual()
        return super().button_cancel()

    @api.ondelete(at_uninstall=False)
    def _unlink_never_accruals(self):
        self._ecom_refuse_accrual()

    def _ecom_refuse_accrual(self):
        """Entries of accruals are undone with their accrual."""
        entries = self.filtered(lambda move: move.move_type == "entry")
        lines = entries.line_ids.filtered("ecom_accrual_line_id") if entries else entries.line_ids
        if lines:
            raise UserError(
                self.env._(
                    "%s belongs to a period-end accrual. Undo that, or reset the bill that took it back.",
                    lines.move_id[0].display_name,
                )
            )


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    ecom_accrual_line_id = fields.Many2one(
        "ecom.accrual.line",
        "Accrual",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
        groups="base.group_user",
    )

    @api.model_create_multi
    def create(self, vals_list):
        if self.env["ecom.accrual"]._is_sealed():
            # A default from the context is no way in either.
            vals_list = [{**vals, "ecom_accrual_line_id": False} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        line_id = vals.get("ecom_accrual_line_id") or False
        news = "ecom_accrual_line_id" in vals and self.env["ecom.accrual"]._is_sealed()
        if news and any(item.ecom_accrual_line_id.id != line_id for item in self):
            raise UserError(self.env._("Only an accrual makes its entries."))
        return super().write(vals)
