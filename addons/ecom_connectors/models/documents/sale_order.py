"""Load stage: Odoo's order, extended by what the platform knows of it."""

from odoo import api, fields, models

TOUCHING = {
    "ecom_shop_id",
    "ecom_order_no",
    "ecom_payment_ref",
    "ecom_receivable",
    "ecom_paid_at",
    "ecom_shipped_at",
    "ecom_signed_at",
    "state",
    "order_line",
    "currency_id",
}


class SaleOrder(models.Model):
    _inherit = "sale.order"

    ecom_shop_id = fields.Many2one("ecom.shop", "Shop", ondelete="restrict", check_company=True, copy=False)
    ecom_platform_id = fields.Many2one(related="ecom_shop_id.platform_id", string="Platform")
    ecom_order_no = fields.Char("Platform Order No.", copy=False)
    ecom_payment_ref = fields.Char(
        "Payment No.", copy=False, index="btree_not_null", help="Shared by orders that were paid together."
    )
    ecom_status = fields.Char("Platform Status", copy=False)
    ecom_paid_at = fields.Datetime("Paid", copy=False)
    ecom_shipped_at = fields.Datetime("Shipped", copy=False)
    ecom_signed_at = fields.Datetime("Signed", copy=False)
    ecom_buyer_paid = fields.Monetary("Buyer Paid", copy=False)
    ecom_subsidy = fields.Monetary("Platform Subsidy", copy=False)
    ecom_receivable = fields.Monetary(
        "Platform Owes",
        copy=False,
        help="What the platform pays us for the order before fees; empty: the order's total.",
    )
    ecom_refund_ids = fields.One2many("ecom.refund", "order_id", "Platform Refunds")
    ecom_refund_count = fields.Integer(compute="_compute_ecom_refund_count")

    _ecom_order_once = models.UniqueIndex(
        "(ecom_shop_id, ecom_order_no) WHERE ecom_order_no IS NOT NULL",
        "This shop has an order with this platform number already.",
    )
    # Until when a shop's orders are here, and those of a few days, without reading all of them.
    _ecom_day_idx = models.Index("(ecom_shop_id, date_order) WHERE ecom_shop_id IS NOT NULL")

    @api.depends("ecom_refund_ids")
    def _compute_ecom_refund_count(self):
        for order in self:
            order.ecom_refund_count = len(order.ecom_refund_ids)

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        orders._adopt_refunds()
        orders._touch_tallies()
        return orders

    def write(self, vals):
        result = super().write(vals)
        if {"ecom_shop_id", "ecom_order_no"} & set(vals):
            self._adopt_refunds()
        if TOUCHING & set(vals):
            self._touch_tallies()
        return result

    def _adopt_refunds(self):
        """Refunds that came before their order find it now."""
        numbers = [order.ecom_order_no for order in self if order.ecom_shop_id and order.ecom_order_no]
        if numbers:
            refunds = self.env["ecom.refund"].search(
                [
                    ("shop_id", "in", self.ecom_shop_id.ids),
                    ("order_no", "in", numbers),
                    ("order_id", "=", False),
                ]
            )
            refunds._compute_order_id()

    def _touch_tallies(self):
        """An order that came or changed may explain bill lines that wait."""
        orders = self.filtered(lambda order: order.ecom_shop_id and order.ecom_order_no)
        for shop, group in orders.grouped("ecom_shop_id").items():
            self.env["ecom.tally"]._look_again(
                shop, [*group.mapped("ecom_order_no"), *group.mapped("ecom_payment_ref")]
            )

    def action_open_ecom_refunds(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("ecom_connectors.ecom_refund_action")
        return {**action, "domain": [("order_id", "in", self.ids)], "context": {}}


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    ecom_sku = fields.Char("Platform SKU", copy=False)
    ecom_sub_order_no = fields.Char("Sub-order No.", copy=False, index="btree_not_null")
