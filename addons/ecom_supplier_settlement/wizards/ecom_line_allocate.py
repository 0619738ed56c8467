"""Terms stage: a cost of a whole order, split onto its lines to the cent."""

from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.ecom_connectors.lib.ecom_kernel import split_decimal

from ..models.terms.clause_words import exact


class EcomLineAllocate(models.TransientModel):
    """Freight, packing or a surcharge (+), or a discount of the whole order (-)."""

    _name = "ecom.line.allocate"
    _description = "Allocate a Cost to Order Lines"

    order_id = fields.Many2one("purchase.order", required=True, default=lambda self: self._active())
    currency_id = fields.Many2one(related="order_id.currency_id")
    name = fields.Char("What for", required=True)
    amount = fields.Monetary(required=True)
    weight = fields.Selection(
        [("amount", "Amount"), ("quantity", "Quantity")], "In Proportion to", default="amount", required=True
    )

    @api.model
    def _active(self):
        return self.env.context.get("active_model") == "purchase.order" and self.env.context.get("active_id")

    def action_apply(self):
        """Split by largest remainder: lines sum to the amount; without amounts by quantity, else equally."""
        self.ensure_one()
        if not self.env.user.has_group("ecom_supplier_settlement.group_buyer"):
            raise AccessError(self.env._("Only buyers allocate costs."))
        lines = self.order_id.order_line.filtered(lambda it: it.product_id and not it.display_type)
        digits = self.currency_id.decimal_places
        amounts = [max(Fraction(exact(line.price_subtotal, digits)), Fraction(0)) for line in lines]
        quantities = [max(Fraction(exact(line.product_qty)), Fraction(0)) for line in lines]
        weights = amounts if self.weight == "amount" and any(amounts) else quantities
        parts = split_decimal(exact(self.amount, digits), weights, digits) if lines else []
        self.env["ecom.line.allocation"].create(
            [
                {"name": self.name, "purchase_line_id": line.id, "amount": float(part)}
                for line, part in zip(lines, parts, strict=True)
                if part
            ]
        )
        self.env["ecom.line.terms"]._refresh(lines)
        return {"type": "ir.actions.act_window_close"}
