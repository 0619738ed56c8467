"""Receipt stage: goods that come or go back move their notices on, and are what invoices are matched with."""

from odoo import models
from odoo.exceptions import UserError

from ..receipt.ecom_delivery_notice import CLOSED


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_done(self, cancel_backorder=False):
        done = super()._action_done(cancel_backorder=cancel_backorder)
        order_lines = done.purchase_line_id
        if order_lines:
            # Whoever receives goods need not be one who may open notices; they follow the goods.
            lines = (
                self.env["ecom.delivery.notice.line"]
                .sudo()
                .search([("purchase_line_id", "in", order_lines.ids), ("notice_id.state", "not in", CLOSED)])
            )
            lines.notice_id._refresh()
        self.env["ecom.threeway.guard"]._goods_changed(done)
        return done

    def write(self, vals):
        result = super().write(vals)
        if {"quantity", "to_refund", "purchase_line_id"} & set(vals):
            self.env["ecom.threeway.guard"]._goods_changed(self)
        return result

    def _ecom_fill(self, parts):
        """Set what has arrived; lots as the warehouse names them.

        :param parts: [(notice line, quantity in its unit)] of the one order line of this move
        """
        self.ensure_one()
        product = self.product_id
        tracking = product.tracking
        if tracking == "serial" or (tracking == "lot" and not all(line.lot for line, _left in parts)):
            raise UserError(
                self.env._(
                    "%s needs serial numbers or lots that the report does not name. Receive it by hand.",
                    product.display_name,
                )
            )
        if tracking == "lot":
            self.move_line_ids.unlink()
            self.env["stock.move.line"].create(
                [
                    {
                        **self._prepare_move_line_vals(),
                        "lot_name": line.lot,
                        "quantity": left,
                        "product_uom_id": line.uom_id.id,
                    }
                    for line, left in parts
                ]
            )
        else:
            self.quantity = sum(line.uom_id._compute_quantity(left, self.product_uom) for line, left in parts)
        self.picked = True
