"""Confirm stage: reason and text of a dispute that came by mail or telephone."""

from odoo import fields, models

from ..models.statement.ecom_statement_line import REASONS


class EcomStatementDispute(models.TransientModel):
    _name = "ecom.statement.dispute"
    _description = "Dispute Lines"

    line_ids = fields.Many2many("ecom.statement.line", required=True, readonly=True)
    reason = fields.Selection(REASONS, required=True)
    text = fields.Text("What the supplier says")

    def action_dispute(self):
        """Store the dispute on the lines."""
        self.line_ids.statement_id._as_staff()
        self.line_ids._dispute(self.reason, self.text)
        for statement in self.line_ids.statement_id:
            statement._after_answer()
        return {"type": "ir.actions.act_window_close"}


class EcomStatementAccept(models.TransientModel):
    """We agree that a line is wrong: which document takes it back."""

    _name = "ecom.statement.accept"
    _description = "Accept a Dispute"

    line_id = fields.Many2one("ecom.statement.line", required=True, readonly=True, ondelete="cascade")
    # Shown to whoever may read the line.
    company_id = fields.Many2one(related="line_id.company_id")
    partner_id = fields.Many2one(related="line_id.partner_id")
    currency_id = fields.Many2one(related="line_id.currency_id")
    amount = fields.Monetary(related="line_id.amount", related_sudo=False)
    dispute_text = fields.Text(related="line_id.dispute_text", related_sudo=False)
    document_id = fields.Many2one(
        "account.move",
        "Corrected by",
        domain="[('commercial_partner_id', '=', partner_id), ('company_id', '=', company_id),"
        " ('currency_id', '=', currency_id), ('state', '!=', 'cancel')]",
        help="Empty: a draft is made that takes back the whole line.",
    )

    def action_accept(self):
        """Link or make the document, and show it."""
        return self.line_id._accept(self.document_id).get_formview_action()
