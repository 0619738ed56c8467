"""Receipt stage: quantities that are corrected after the receipt match its bills again."""

from odoo import api, models


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
