"""Confirm stage: reason and text of a dispute that came by mail or telephone."""

from odoo import fields, models

from ..models.ecom_settlement_line import REASONS


class EcomSettlementDispute(models.TransientModel):
    _name = "ecom.settlement.dispute"
    _description = "Dispute Lines"

    line_ids = fields.Many2many("ecom.settlement.line", required=True, readonly=True)
    reason = fields.Selection(REASONS, required=True)
    text = fields.Text("What the supplier says")

    def action_dispute(self):
        """Store the dispute on the lines."""
        self.line_ids.settlement_id._as_staff()
        self.line_ids._dispute(self.reason, self.text)
        for settlement in self.line_ids.settlement_id:
            settlement._after_answer()
        return {"type": "ir.actions.act_window_close"}
