"""Terms stage: what a supplier answered to a claim, when it is not simply yes."""

from odoo import api, fields, models

MODELS = [("ecom.rebate", "Rebate"), ("ecom.claim", "Claim")]


class EcomDueAnswer(models.TransientModel):
    """Part of an amount, or none of it, and why."""

    _name = "ecom.due.answer"
    _description = "Supplier's Answer"

    res_model = fields.Selection(MODELS, required=True)
    res_id = fields.Integer(required=True)
    currency_id = fields.Many2one("res.currency", compute="_compute_due")
    amount = fields.Monetary("Claimed", compute="_compute_due")
    amount_accepted = fields.Monetary("Accepted", compute="_compute_accepted", store=True, readonly=False)
    answer = fields.Text("What the Supplier Said", required=True)

    @api.depends("res_model", "res_id")
    def _compute_due(self):
        for wizard in self:
            due = wizard._due()
            wizard.currency_id = due.currency_id
            wizard.amount = due.amount

    @api.depends("res_model", "res_id")
    def _compute_accepted(self):
        for wizard in self:
            wizard.amount_accepted = wizard._due().amount

    def _due(self):
        return self.env[self.res_model].browse(self.res_id) if self.res_model else self.env["ecom.rebate"]

    def action_apply(self):
        self.ensure_one()
        self._due()._answer(self.amount_accepted, self.answer)
        return {"type": "ir.actions.act_window_close"}

    def action_refuse(self):
        self.ensure_one()
        self._due()._answer(0, self.answer)
        return {"type": "ir.actions.act_window_close"}
