"""Explain stage by hand: only the decisions that fit are offered."""

from odoo import api, fields, models

WAYS = {
    "unknown_category": {"classify"},
    "missing_order": {"link"},
    "refund_without_order": {"link"},
    "ambiguous": {"link"},
    "amount_mismatch": {"accept"},
    "fee_out_of_band": {"accept"},
}


class EcomResolve(models.TransientModel):
    _inherit = "ecom.resolve"

    choices = fields.Json(compute="_compute_choices")

    @api.depends("exception_ids.type")
    def _compute_choices(self):
        may_accept = self.env.user.has_group("ecom_connectors.group_accountant")
        for wizard in self:
            ways = [WAYS.get(exception.type, set()) for exception in wizard.exception_ids]
            fitting = set.intersection(*ways) if ways else set()
            if not may_accept:
                fitting -= {"accept"}
            wizard.choices = [*sorted(fitting), "wait", "ignore"]
