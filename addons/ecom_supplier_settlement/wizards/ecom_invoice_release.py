"""Invoice stage: letting a blocked invoice pass, with a reason, by somebody who had no hand in it."""

from odoo import api, fields, models


class EcomInvoiceRelease(models.TransientModel):
    """Asks for the reason and releases; what was seen is stored with it."""

    _name = "ecom.invoice.release"
    _description = "Release Blocked Invoices"

    move_ids = fields.Many2many("account.move", string="Invoices", required=True)
    result_ids = fields.Many2many("ecom.threeway.result", compute="_compute_result_ids", string="What Is Off")
    reason = fields.Text(required=True)

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        if self.env.context.get("active_model") == "account.move" and "move_ids" in fields_list:
            values["move_ids"] = [fields.Command.set(self.env.context.get("active_ids", []))]
        return values

    @api.depends("move_ids")
    def _compute_result_ids(self):
        for wizard in self:
            wizard.result_ids = wizard.move_ids.ecom_threeway_result_ids.filtered(
                lambda row: row.verdict != "inside"
            )

    def action_release(self):
        self.ensure_one()
        self.env["ecom.threeway.release"]._release(self.move_ids, self.reason)
        return {"type": "ir.actions.act_window_close"}
