"""Terms stage: what is received of kits, whose components are moved and not the kit itself."""

from odoo import models
from odoo.tools import SQL

from ..receipt.ecom_purchase_basis_sql import _direction, _price
from ..receipt.ecom_purchase_kits_sql import components, kits


class EcomClause(models.Model):
    _inherit = "ecom.clause"

    def _received_kits(self, since, until):
        """Per receipt or return the kits that it completes or breaks."""
        moment = SQL("k.date_approve") if self.date_by == "order" else SQL("k.date")
        own = SQL(
            "(x.restrict_partner_id IS NULL OR x.restrict_partner_id = %s)", self.company_id.partner_id.id
        )
        if not self.net_of_returns:
            own = SQL("x.direction > 0 AND %s", own)
        so_far = SQL("(x.date, coalesce(x.picking_id, 0)) <= (e.date, coalesce(e.picking_id, 0)) AND %s", own)
        return SQL(
            """SELECT k.picking_id AS doc_id, k.purchase_line_id, k.product_id, %(moment)s AS moment,
                      k.currency_id,
                      k.made * k.line_factor / k.product_factor AS quantity,
                      k.made * k.price * k.tax AS amount
                 FROM (SELECT e.picking_id, e.date, o.date_approve, l.id AS purchase_line_id, l.product_id,
                              o.currency_id, lu.factor::numeric AS line_factor,
                              pu.factor::numeric AS product_factor, price.unit AS price, %(tax)s AS tax,
                              made.quantity - lag(made.quantity, 1, 0::numeric) OVER (
                                  PARTITION BY l.id ORDER BY e.date, coalesce(e.picking_id, 0)) AS made
                         FROM (%(lines)s) kit
                         CROSS JOIN LATERAL (SELECT * FROM purchase_order_line
                                              WHERE id = kit.id OFFSET 0) l
                         JOIN purchase_order o ON o.id = l.order_id AND o.company_id = %(company)s
                         JOIN res_partner p ON p.id = o.partner_id AND p.commercial_partner_id = %(partner)s
                         JOIN res_currency c ON c.id = o.currency_id
                         JOIN product_product pp ON pp.id = l.product_id
                         JOIN product_template t ON t.id = pp.product_tmpl_id
                         JOIN uom_uom lu ON lu.id = l.product_uom_id
                         JOIN uom_uom pu ON pu.id = t.uom_id
                         CROSS JOIN LATERAL (SELECT DISTINCT x.picking_id, x.date FROM (%(components)s) x
                                              WHERE x.state = 'done') e
                         CROSS JOIN LATERAL (%(kits)s) made
                         CROSS JOIN LATERAL (%(price)s) price
                        WHERE l.qty_received_method = 'stock_moves' AND %(products)s) k
                WHERE k.made <> 0 AND %(moment)s >= %(since)s AND %(moment)s < %(until)s""",
            tax=self._tax_factor(),
            company=self.company_id.id,
            partner=self.partner_id.id,
            lines=self._kit_lines(),
            components=components(_direction()),
            kits=kits(_direction(), so_far),
            price=_price(),
            products=self._product_condition(SQL("l.product_id")),
            moment=moment,
            since=since,
            until=until,
        )

    def _kit_lines(self):
        """Order lines of the supplier that other products were moved for: few, and found by one join.

        Asking every line for its moves would take as long as counting them.
        """
        return SQL(
            """SELECT DISTINCT m.purchase_line_id AS id
                 FROM stock_move m
                 JOIN purchase_order_line l ON l.id = m.purchase_line_id AND l.product_id <> m.product_id
                 JOIN purchase_order o ON o.id = l.order_id AND o.company_id = %s
                 JOIN res_partner p ON p.id = o.partner_id AND p.commercial_partner_id = %s
                WHERE m.state = 'done'""",
            self.company_id.id,
            self.partner_id.id,
        )
