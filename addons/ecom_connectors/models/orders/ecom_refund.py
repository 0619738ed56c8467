"""Load stage: after-sale cases of the platforms."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class EcomRefund(models.Model):
    """A refund the platform granted: joins refund line, return, credit note and deduction.

    `amount` is positive: what the buyer gets back.
    """

    _name = "ecom.refund"
    _description = "Platform Refund"
    _order = "refunded_at desc, id desc"
    _rec_name = "refund_no"
    _check_company_auto = True

    shop_id = fields.Many2one("ecom.shop", required=True, index=True, ondelete="restrict", check_company=True)
    platform_id = fields.Many2one(related="shop_id.platform_id", store=True)
    company_id = fields.Many2one(related="shop_id.company_id", store=True, index=True)
    refund_no = fields.Char("Refund No.", required=True)
    order_no = fields.Char("Order No.", index=True)
    sub_order_no = fields.Char("Sub-order No.")
    order_id = fields.Many2one(
        "sale.order", compute="_compute_order_id", store=True, index="btree_not_null", ondelete="restrict"
    )
    refunded_at = fields.Datetime("Refunded", required=True)
    currency_id = fields.Many2one("res.currency", required=True)
    amount = fields.Monetary(required=True)
    sku = fields.Char("SKU")
    product_id = fields.Many2one("product.product", ondelete="restrict")
    quantity = fields.Float(digits="Product Unit")
    reason = fields.Char()
    tracking_no = fields.Char("Return Parcel")
    picking_id = fields.Many2one("stock.picking", "Return", ondelete="set null", check_company=True)
    credit_note_id = fields.Many2one("account.move", ondelete="set null", check_company=True)

    _refund_once = models.Constraint("UNIQUE(shop_id, refund_no)", "This refund is stored already.")
    _amount_sign = models.Constraint("CHECK(amount >= 0)", "A refund's amount is what the buyer gets back.")

    @api.depends("shop_id", "order_no")
    def _compute_order_id(self):
        orders = self.env["sale.order"].search(
            [
                ("ecom_shop_id", "in", self.shop_id.ids),
                ("ecom_order_no", "in", [no for no in self.mapped("order_no") if no]),
            ]
        )
        found = {(order.ecom_shop_id, order.ecom_order_no): order for order in orders}
        for refund in self:
            refund.order_id = found.get((refund.shop_id, refund.order_no), False)

    @api.model_create_multi
    def create(self, vals_list):
        refunds = super().create(vals_list)
        refunds._touch_tallies()
        return refunds

    def write(self, vals):
        result = super().write(vals)
        if {"amount", "order_no", "refund_no", "currency_id"} & set(vals):
            self._touch_tallies()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_settled(self):
        if self.credit_note_id or self.picking_id:
            raise UserError(self.env._("A refund with a return or a credit note cannot be deleted."))
        self._touch_tallies()

    def _touch_tallies(self):
        for shop, refunds in self.grouped("shop_id").items():
            refs = [*refunds.mapped("refund_no"), *refunds.mapped("order_no")]
            self.env["ecom.tally"]._look_again(shop, refs)
