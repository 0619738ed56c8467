"""Odoo's order line: when its facts change, its price is looked up and its invoices are matched again."""

from odoo import api, models

ORDER_LINE_FACTS = {
    *("price_unit", "discount", "product_qty", "product_uom_qty", "product_uom_id", "product_id", "tax_ids"),
    *("qty_received", "qty_received_manual"),
}
# What the price of a contract depends on.
PRICE_FACTS = {"price_unit", "discount", "product_qty", "product_uom_qty", "product_uom_id", "product_id"}


class PurchaseOrderLine(models.Model):
    _inherit = "purchase.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        self.env["ecom.line.terms"]._follow(lines)
        return lines

    def write(self, vals):
        if ORDER_LINE_FACTS.isdisjoint(vals):
            return super().write(vals)
        prices_before = {line: (line.price_unit, line.discount) for line in self}
        result = super().write(vals)
        if not PRICE_FACTS.isdisjoint(vals):
            self.env["ecom.line.terms"]._follow(self)
        self.env["ecom.threeway.matcher"]._match_bills_of(self.ids, "order")
        if {"price_unit", "discount"} & set(vals):
            self.env["ecom.threeway.guard"]._log_late_prices(prices_before)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_never_matched(self):
        self.env["ecom.threeway.guard"]._refuse_unlink_ordered(self)
