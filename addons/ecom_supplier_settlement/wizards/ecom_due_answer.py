"""Terms stage: what a supplier answered to a claim when it is not simply yes, and goods that settle one."""

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


class EcomDueGoods(models.TransientModel):
    """The receipt of goods that came instead of money."""

    _name = "ecom.due.goods"
    _description = "Settled by Goods"

    res_model = fields.Selection(MODELS, required=True)
    res_id = fields.Integer(required=True)
    partner_id = fields.Many2one("res.partner", compute="_compute_due")
    company_id = fields.Many2one("res.company", compute="_compute_due")
    picking_id = fields.Many2one(
        "stock.picking",
        "Receipt",
        required=True,
        domain="[('state', '=', 'done'), ('picking_type_code', 'in', ('incoming', 'dropship')),"
        " ('company_id', '=', company_id), ('partner_id', 'child_of', partner_id)]",
    )

    @api.depends("res_model", "res_id")
    def _compute_due(self):
        for wizard in self:
            due = self.env[wizard.res_model or "ecom.rebate"].browse(wizard.res_id)
            wizard.partner_id, wizard.company_id = due.partner_id, due.company_id

    def action_apply(self):
        self.ensure_one()
        self.env[self.res_model].browse(self.res_id)._settle_by_goods(self.picking_id)
        return {"type": "ir.actions.act_window_close"}
