"""Invoice stage: goods that come or go back and orders that change set the match off by themselves."""

from odoo import api, models
from odoo.exceptions import UserError

ORDER_LINE_FACTS = {
    *("price_unit", "discount", "product_qty", "product_uom_qty", "product_uom_id", "product_id", "tax_ids"),
    *("qty_received", "qty_received_manual"),
}
# What the price of a contract depends on.
PRICE_FACTS = {"price_unit", "discount", "product_qty", "product_uom_qty", "product_uom_id", "product_id"}
ORDER_FACTS = {"date_order", "date_approve", "currency_id", "partner_id", "state"}


class StockMove(models.Model):
    _inherit = "stock.move"

    def _action_done(self, cancel_backorder=False):
        done = super()._action_done(cancel_backorder=cancel_backorder)
        done._ecom_threeway_bills()
        return done

    def write(self, vals):
        result = super().write(vals)
        if {"quantity", "to_refund", "purchase_line_id", "restrict_partner_id"} & set(vals):
            self.filtered(lambda move: move.state == "done")._ecom_threeway_bills()
        return result

    def _ecom_threeway_bills(self):
        order_lines = self.purchase_line_id | self.origin_returned_move_id.purchase_line_id
        self.env["account.move"]._ecom_threeway_bills_of(order_lines.ids, "receipt")


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._ecom_done_moves()._ecom_threeway_bills()
        return lines

    def write(self, vals):
        moves = self._ecom_done_moves() if {"quantity", "product_uom_id"} & set(vals) else None
        result = super().write(vals)
        if moves:
            moves._ecom_threeway_bills()
        return result

    def unlink(self):
        moves = self._ecom_done_moves()
        result = super().unlink()
        moves.exists()._ecom_threeway_bills()
        return result

    def _ecom_done_moves(self):
        """Done moves of orders: their quantities are corrected afterwards."""
        return self.move_id.filtered(lambda move: move.state == "done" and move.purchase_line_id)


class PurchaseOrderLine(models.Model):
    _inherit = "purchase.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        self.env["ecom.line.terms"]._follow(lines)
        return lines

    def write(self, vals):
        if not ORDER_LINE_FACTS & set(vals):
            return super().write(vals)
        before = {line.id: (line.price_unit, line.discount) for line in self}
        result = super().write(vals)
        if PRICE_FACTS & set(vals):
            self.env["ecom.line.terms"]._follow(self)
        self.env["account.move"]._ecom_threeway_bills_of(self.ids, "order")
        if {"price_unit", "discount"} & set(vals):
            self._ecom_log_prices(before)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_never_matched(self):
        """A bill is compared with what was ordered; that does not vanish below it."""
        if self.env["account.move"]._ecom_bills_of(self.ids):
            raise UserError(self.env._("A line that was billed is kept. Set its quantity to zero instead."))

    def _ecom_log_prices(self, before):
        """A price that is changed after goods came or a bill was posted leaves a line in the order's log."""
        for line in self:
            late = line.order_id.state == "purchase" and (line.qty_received or line.qty_invoiced)
            old, new = before[line.id], (line.price_unit, line.discount)
            if late and old != new:
                line.order_id._message_log(
                    body=self.env._(
                        "%(product)s: the price was changed late, from %(old)s less %(old_discount)s %% to "
                        "%(new)s less %(new_discount)s %%.",
                        product=line.product_id.display_name,
                        old=old[0],
                        old_discount=old[1],
                        new=new[0],
                        new_discount=new[1],
                    )
                )


class PurchaseOrder(models.Model):
    _inherit = "purchase.order"

    def write(self, vals):
        result = super().write(vals)
        if ORDER_FACTS & set(vals):
            self.env["ecom.line.terms"]._follow(self.order_line)
            self.env["account.move"]._ecom_threeway_bills_of(self.order_line.ids, "order")
        return result
