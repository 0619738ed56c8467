"""Terms stage: what is received of kits, whose components are moved and not the kit itself."""

from odoo import models
from odoo.tools import SQL

from ..receipt.ecom_purchase_movement import kits_sql, price_sql


class EcomClause(models.Model):
    _inherit = "ecom.clause"

    def _received_kits(self, since, until):
        """Per receipt or return the kits that it completes or breaks, of the order lines of `moved`."""
        counted = (
            SQL("NOT x.consigned") if self.net_of_returns else SQL("NOT x.consigned AND x.direction > 0")
        )
        so_far = SQL(
            "((x.moment, coalesce(x.picking_id, 0)) <= (e.moment, coalesce(e.picking_id, 0)) AND %s)", counted
        )
        return SQL(
            """SELECT k.picking_id, k.purchase_line_id, k.product_id, k.counted_at, k.currency_id,
                      k.made * k.line_factor / k.product_factor, k.made * k.price
                 FROM (SELECT e.picking_id, l.id AS purchase_line_id, l.product_id, o.currency_id,
                              %(moment)s AS counted_at, lu.factor::numeric AS line_factor,
                              pu.factor::numeric AS product_factor, %(price)s * %(tax)s AS price,
                              made.quantity - lag(made.quantity, 1, 0::numeric) OVER (
                                  PARTITION BY l.id ORDER BY e.moment, coalesce(e.picking_id, 0)) AS made
                         FROM (SELECT DISTINCT purchase_line_id AS id FROM moved WHERE component) kit
                         JOIN purchase_order_line l ON l.id = kit.id
                         JOIN purchase_order o ON o.id = l.order_id
                         JOIN res_currency c ON c.id = o.currency_id
                         JOIN product_product pp ON pp.id = l.product_id
                         JOIN product_template t ON t.id = pp.product_tmpl_id
                         JOIN uom_uom lu ON lu.id = l.product_uom_id
                         JOIN uom_uom pu ON pu.id = t.uom_id
                         CROSS JOIN LATERAL (SELECT DISTINCT x.picking_id, x.moment
                                               FROM ecom_purchase_movement x
                                              WHERE x.purchase_line_id = l.id AND x.component) e
                         CROSS JOIN LATERAL (%(kits)s) made
                        WHERE l.qty_received_method = 'stock_moves') k
                WHERE k.made <> 0 AND k.counted_at >= %(since)s AND k.counted_at < %(until)s""",
            moment=SQL("o.date_approve") if self.date_by == "order" else SQL("e.moment"),
            price=price_sql(),
            tax=self._tax_factor(),
            kits=kits_sql(so_far),
            since=since,
            until=until,
        )
