"""Invoice stage: which quantity differences stay, and why."""

from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError


class EcomPurchaseClear(models.TransientModel):
    """Clears differences of received and invoiced quantities, each order line by its own document."""

    _name = "ecom.purchase.clear"
    _description = "Clear Quantity Differences"

    day = fields.Date("Cleared On", required=True, default=fields.Date.context_today)
    reason = fields.Char(required=True)
    line_ids = fields.One2many("ecom.purchase.clear.line", "clear_id", "Order Lines")

    def _ask(self, lines):
        """The dialog with what is open of these order lines today."""
        waiting = self.env["ecom.purchase.clearing"]._open(lines, fields.Date.context_today(self))
        found = [
            (0, 0, {"purchase_line_id": key, "quantity": float(open_)})
            for key, open_ in waiting.items()
            if open_
        ]
        if not found:
            raise UserError(
                self.env._("Nothing of these order lines is open, or draft invoices wait for it.")
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Clear Quantity Differences"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {"default_line_ids": found, "dialog_size": "extra-large"},
        }

    def action_clear(self):
        self.ensure_one()
        clearings = self.env["ecom.purchase.clearing"]._clear(
            {line.purchase_line_id: Decimal(str(line.quantity)) for line in self.line_ids if line.quantity},
            self.day,
            self.reason,
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_supplier_settlement.ecom_purchase_clearing_action"
        )
        return action | {"domain": [("id", "in", clearings.ids)]}


class EcomPurchaseClearLine(models.TransientModel):
    """One order line's difference."""

    _name = "ecom.purchase.clear.line"
    _description = "Difference to Clear"

    clear_id = fields.Many2one("ecom.purchase.clear", required=True, ondelete="cascade")
    purchase_line_id = fields.Many2one("purchase.order.line", "Order Line", required=True, readonly=True)
    order_id = fields.Many2one(related="purchase_line_id.order_id")
    partner_id = fields.Many2one(related="order_id.partner_id", string="Supplier")
    product_id = fields.Many2one(related="purchase_line_id.product_id")
    uom_id = fields.Many2one(related="purchase_line_id.product_uom_id", string="Unit")
    quantity_open = fields.Float("Open", digits="Product Unit", compute="_compute_quantity_open")
    quantity = fields.Float(
        "To Clear",
        digits="Product Unit",
        help="+ received and never invoiced, - invoiced and never received.",
    )

    def _compute_quantity_open(self):
        lines = self.purchase_line_id
        waiting = self.env["ecom.purchase.clearing"]._open(lines, fields.Date.context_today(self))
        for line in self:
            line.quantity_open = float(waiting.get(line.purchase_line_id.id, 0))
