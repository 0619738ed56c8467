"""Odoo's lines of receipts: a quantity or owner that is corrected later matches the invoices again."""

from odoo import api, models


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        self.env["ecom.threeway.guard"]._goods_changed(lines.move_id)
        return lines

    def write(self, vals):
        moves = (
            self.move_id if {"quantity", "product_uom_id", "owner_id"} & set(vals) else self.move_id.browse()
        )
        result = super().write(vals)
        self.env["ecom.threeway.guard"]._goods_changed(moves)
        return result

    def unlink(self):
        moves = self.move_id
        result = super().unlink()
        self.env["ecom.threeway.guard"]._goods_changed(moves.exists())
        return result
