"""Terms stage: how a rebate was before, and what of it falls on each order line."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class EcomRebateChange(models.Model):
    """How a rebate was before facts or terms changed it. Never deleted."""

    _name = "ecom.rebate.change"
    _description = "Change of a Rebate"
    _inherit = ["ecom.sealed"]
    _order = "id desc"

    rebate_id = fields.Many2one("ecom.rebate", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="rebate_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="rebate_id.currency_id")
    base_old = fields.Monetary("Base before", readonly=True)
    base_new = fields.Monetary("Base after", readonly=True)
    amount_old = fields.Monetary("Amount before", readonly=True)
    amount_new = fields.Monetary("Amount after", readonly=True)
    amount_difference = fields.Monetary("Difference", compute="_compute_amount_difference")
    formula_old = fields.Text("Formula before", readonly=True)
    formula_new = fields.Text("Formula after", readonly=True)
    working_old = fields.Json(readonly=True)

    @api.depends("amount_old", "amount_new")
    def _compute_amount_difference(self):
        for change in self:
            change.amount_difference = change.amount_new - change.amount_old

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The history of rebates is kept."))


class EcomRebateShare(models.Model):
    """What of a rebate falls on one order line; the shares of a rebate sum to it."""

    _name = "ecom.rebate.share"
    _description = "Rebate of an Order Line"
    _log_access = False
    _order = "rebate_id, purchase_line_id"

    rebate_id = fields.Many2one("ecom.rebate", required=True, readonly=True, ondelete="cascade")
    purchase_line_id = fields.Many2one(
        "purchase.order.line", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(readonly=True)

    _line_once = models.UniqueIndex("(rebate_id, purchase_line_id)", "A rebate falls on a line once.")
