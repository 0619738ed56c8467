"""Odoo's purchase order: when its facts change, its prices are looked up and its invoices matched again."""

from odoo import models

ORDER_FACTS = {"date_order", "date_approve", "currency_id", "partner_id", "state"}


class PurchaseOrder(models.Model):
    _inherit = "purchase.order"

    def write(self, vals):
        result = super().write(vals)
        if not ORDER_FACTS.isdisjoint(vals):
            self.env["ecom.line.terms"]._follow(self.order_line)
            self.env["ecom.threeway.matcher"]._match_bills_of(self.order_line.ids, "order")
        return result
