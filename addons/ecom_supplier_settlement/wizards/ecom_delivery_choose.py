"""Receipt stage by hand: which order line a notice line means."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class EcomDeliveryChoose(models.TransientModel):
    """Choose the order line of a notice line that fits none or several."""

    _name = "ecom.delivery.choose"
    _description = "Choose Order Line"

    line_id = fields.Many2one("ecom.delivery.notice.line", required=True, readonly=True, ondelete="cascade")
    # Shown to whoever may read the line.
    product_id = fields.Many2one(related="line_id.product_id", related_sudo=False)
    quantity = fields.Float(related="line_id.quantity", related_sudo=False)
    uom_id = fields.Many2one(related="line_id.uom_id", related_sudo=False)
    order_no = fields.Char(related="line_id.order_no", related_sudo=False)
    candidate_ids = fields.Many2many("purchase.order.line", compute="_compute_candidate_ids")
    order_line_id = fields.Many2one("purchase.order.line", domain="[('id', 'in', candidate_ids)]")

    @api.depends("line_id")
    def _compute_candidate_ids(self):
        for choice in self:
            line = choice.line_id
            domain = [
                ("company_id", "=", line.company_id.id),
                ("product_id", "=", line.product_id.id),
                ("state", "=", "purchase"),
            ]
            if line.partner_id:
                domain.append(("partner_id", "=", line.partner_id.id))
            rows = self.env["ecom.purchase.basis"].search(domain, order="date_order, id")
            choice.candidate_ids = rows.purchase_line_id

    def action_choose(self):
        self.ensure_one()
        if not self.order_line_id:
            raise UserError(self.env._("Choose an order line."))
        self.line_id._choose(self.order_line_id)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
