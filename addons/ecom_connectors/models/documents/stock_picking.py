"""Load stage: a delivery tells its order when it left."""

from odoo import fields, models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    ecom_shop_id = fields.Many2one(related="sale_id.ecom_shop_id", string="Shop")
    ecom_order_no = fields.Char(related="sale_id.ecom_order_no", string="Platform Order No.")

    def _action_done(self):
        result = super()._action_done()
        shipped = self.filtered(
            lambda picking: (
                picking.state == "done"
                and picking.picking_type_code in ("outgoing", "dropship")
                and picking.ecom_shop_id
                and not picking.sale_id.ecom_shipped_at
            )
        )
        for picking in shipped:
            # Warehouse staff may ship without the right to edit sales orders.
            picking.sale_id.sudo().ecom_shipped_at = picking.date_done
        return result
