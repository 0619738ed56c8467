"""Receipt stage: what moved for the lines of purchase orders, the one source of quantities that came."""

from odoo import fields, models
from odoo.tools import SQL, drop_view_if_exists

# What the rows depend on, of Odoo's own records.
MOVED = {
    "stock.move": [
        *("state", "purchase_line_id", "date", "product_id", "picking_id", "to_refund"),
        *("location_id", "location_dest_id", "origin_returned_move_id"),
    ],
    "stock.move.line": ["move_id", "quantity", "product_uom_id", "owner_id"],
    "purchase.order.line": ["product_id", "product_qty", "price_unit", "discount", "price_subtotal"],
}


class EcomPurchaseMovement(models.Model):
    """One row per line of a done stock move that belongs to an order line; its id is that line's.

    The basis, rebates, kits, accruals, alerts and scorecards sum these rows and look at no stock move beside.
    Received is the sum of direction times quantity; what belongs to somebody else is `consigned`.
    """

    _name = "ecom.purchase.movement"
    _description = "Movement of an Order Line"
    _auto = False
    _log_access = False
    _order = "moment, id"
    _rec_name = "move_id"
    _depends = {**MOVED, "purchase.order": ["currency_id", "date_approve"]}

    purchase_line_id = fields.Many2one("purchase.order.line", "Order Line", readonly=True)
    order_id = fields.Many2one("purchase.order", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", "Supplier", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    approved = fields.Datetime("Order Confirmed", readonly=True)
    move_id = fields.Many2one("stock.move", readonly=True)
    picking_id = fields.Many2one("stock.picking", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    ordered_id = fields.Many2one("product.product", "Ordered Product", readonly=True)
    component = fields.Boolean(readonly=True, help="Another product than the ordered one: a part of a kit.")
    owner_id = fields.Many2one("res.partner", readonly=True)
    consigned = fields.Boolean(readonly=True, help="Belongs to somebody else; it is nothing we pay for yet.")
    moment = fields.Datetime("Moved", readonly=True)
    direction = fields.Integer(
        readonly=True, aggregator=None, help="1: received, -1: went back, 0: changes nothing about the order."
    )
    again = fields.Boolean(readonly=True, help="Takes back an earlier movement.")
    quantity = fields.Float(
        digits=0, readonly=True, help="In the reference unit, so that pieces and dozens add up."
    )
    factor = fields.Float(digits=0, readonly=True, aggregator=None, help="Of the order line's unit.")
    price_unit = fields.Float(
        "Price",
        digits=0,
        readonly=True,
        aggregator=None,
        help="Of the order line's unit, after discount, without tax.",
    )
    tax_factor = fields.Float(digits=0, readonly=True, aggregator=None, help="Price with tax by without.")

    def init(self):
        # What the view reads is there when all models have their columns.
        self.pool.post_init(self._create_view)

    def _create_view(self):
        drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(SQL("CREATE VIEW %s AS (%s)", SQL.identifier(self._table), _movements()))


def _movements():
    """SELECT of the view. Of what is joined LEFT, whoever does not ask for it pays nothing."""
    return SQL(
        """SELECT d.id, m.purchase_line_id, l.order_id, l.company_id,
                  p.commercial_partner_id AS partner_id, o.currency_id, o.date_approve AS approved,
                  d.move_id, m.picking_id, m.product_id, l.product_id AS ordered_id,
                  m.product_id <> l.product_id AS component, d.owner_id,
                  coalesce(d.owner_id <> company.partner_id, false) AS consigned,
                  m.date AS moment, %(direction)s AS direction,
                  m.origin_returned_move_id IS NOT NULL AS again,
                  d.quantity::numeric * du.factor::numeric AS quantity, lu.factor::numeric AS factor,
                  %(price)s AS price_unit,
                  CASE WHEN l.price_subtotal <> 0 THEN l.price_total::numeric / l.price_subtotal::numeric
                       ELSE 1 END AS tax_factor
             FROM stock_move m
             JOIN stock_move_line d ON d.move_id = m.id
             JOIN stock_location dst ON dst.id = m.location_dest_id
             JOIN uom_uom du ON du.id = d.product_uom_id
             JOIN purchase_order_line l ON l.id = m.purchase_line_id
             JOIN res_company company ON company.id = l.company_id
             LEFT JOIN (SELECT om.id, om.origin_returned_move_id AS returned_id,
                               om.location_dest_id AS target_id,
                               osrc.usage AS source, osrc.company_id AS source_company,
                               odst.usage AS target, odst.company_id AS target_company, ic.res_id AS inter_id
                          FROM stock_move om
                          JOIN stock_location osrc ON osrc.id = om.location_id
                          JOIN stock_location odst ON odst.id = om.location_dest_id
                          LEFT JOIN ir_model_data ic ON ic.module = 'stock'
                                                    AND ic.name = 'stock_location_inter_company') back
               ON back.id = m.origin_returned_move_id
             LEFT JOIN stock_location src ON src.id = m.location_id AND back.id IS NOT NULL
             LEFT JOIN uom_uom lu ON lu.id = l.product_uom_id
             LEFT JOIN purchase_order o ON o.id = l.order_id
             LEFT JOIN res_currency c ON c.id = o.currency_id
             LEFT JOIN res_partner p ON p.id = l.partner_id
            WHERE m.state = 'done'""",
        direction=_direction(),
        price=price_sql(),
    )


def _direction():
    """1, -1 or 0: what Odoo's purchase_stock adds to, or takes from, the received quantity for a move."""
    return SQL(
        """CASE WHEN back.id IS NULL THEN CASE dst.usage WHEN 'supplier' THEN -1 ELSE 1 END
                WHEN dst.usage = 'supplier' OR m.location_dest_id IS NOT DISTINCT FROM back.inter_id
                THEN CASE WHEN coalesce(m.to_refund, false) THEN -1 ELSE 0 END
                WHEN (back.source = 'supplier' OR back.source = 'transit' AND back.source_company IS NULL)
                 AND (back.target = 'customer' OR back.target = 'transit' AND back.target_company IS NULL)
                 AND NOT ((src.usage = 'customer' OR src.usage = 'transit' AND src.company_id IS NULL)
                          AND dst.usage = 'transit' AND dst.company_id IS NULL)
                THEN 0
                WHEN (back.target = 'supplier'
                      OR back.returned_id IS NOT NULL AND back.target_id IS NOT DISTINCT FROM back.inter_id)
                 AND NOT coalesce(m.to_refund, false)
                THEN 0
                ELSE 1 END"""
    )


def price_sql():
    """Price of an order line `l` after discount without tax, in its currency `c`.

    Where the two totals differ, tax is in the price and taken out.
    """
    net = SQL(
        """CASE WHEN coalesce(l.discount, 0) = 0 THEN l.price_unit::numeric
                ELSE l.price_unit::numeric * (1 - l.discount::numeric / 100) END"""
    )
    return SQL(
        """CASE WHEN l.product_qty <> 0
                 AND abs(l.price_subtotal::numeric - (%(net)s) * l.product_qty::numeric) >= c.rounding
                THEN l.price_subtotal::numeric / l.product_qty::numeric
                ELSE %(net)s END""",
        net=net,
    )


def kits_sql(counted):
    """SELECT of the whole kits, in the unit of the order line `l`, that its counted components make.

    A kit is ordered, its components are moved. The scarcest of them decides, in proportion to what was
    ordered of it. Odoo keeps one figure of today only: it stands where all that moved is counted.

    :param counted: SQL condition on a movement `x` of a component
    """
    return SQL(
        """SELECT CASE WHEN bool_and(coalesce(came.complete, true)) THEN coalesce(l.qty_received, 0)::numeric
                       ELSE trunc(min(coalesce(came.quantity, 0) * l.product_qty::numeric / asked.quantity))
                       END AS quantity
             FROM (SELECT m.product_id, sum(m.product_uom_qty::numeric * mu.factor::numeric) AS quantity
                     FROM stock_move m
                     JOIN uom_uom mu ON mu.id = m.product_uom
                     JOIN stock_location dst ON dst.id = m.location_dest_id AND dst.usage <> 'supplier'
                    WHERE m.purchase_line_id = l.id AND m.product_id <> l.product_id
                      AND m.origin_returned_move_id IS NULL
                    GROUP BY m.product_id HAVING sum(m.product_uom_qty) > 0) asked
             LEFT JOIN (SELECT x.product_id,
                               sum(x.direction * x.quantity) FILTER (WHERE %(counted)s) AS quantity,
                               bool_and(%(counted)s) AS complete
                          FROM ecom_purchase_movement x WHERE x.purchase_line_id = l.id AND x.component
                         GROUP BY x.product_id) came ON came.product_id = asked.product_id""",
        counted=counted,
    )
