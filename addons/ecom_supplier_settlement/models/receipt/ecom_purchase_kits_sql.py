"""Receipt stage: the SQL that says how many kits the components received so far make.

A kit is ordered, its components are moved. Odoo keeps one figure of today only; periods need it by day.
"""

from odoo.tools import SQL


def components(direction):
    """Moves of other products than the one that the line `l` orders, in reference units."""
    return SQL(
        """SELECT m.product_id, m.picking_id, m.date, m.state, m.restrict_partner_id,
                  m.quantity::numeric * mu.factor::numeric AS amount,
                  CASE WHEN m.origin_returned_move_id IS NULL AND dst.usage <> 'supplier'
                       THEN m.product_uom_qty::numeric * mu.factor::numeric ELSE 0 END AS demand,
                  %s AS direction
             FROM stock_move m
             JOIN uom_uom mu ON mu.id = m.product_uom
             JOIN stock_location src ON src.id = m.location_id
             JOIN stock_location dst ON dst.id = m.location_dest_id
             LEFT JOIN stock_move om ON om.id = m.origin_returned_move_id
             LEFT JOIN stock_location osrc ON osrc.id = om.location_id
             LEFT JOIN stock_location odst ON odst.id = om.location_dest_id
             LEFT JOIN ir_model_data ic ON ic.module = 'stock' AND ic.name = 'stock_location_inter_company'
            WHERE m.purchase_line_id = l.id AND m.product_id <> l.product_id""",
        direction,
    )


def kits(direction, counted):
    """Whole kits, in the unit of the line `l`, that the counted moves of its components make.

    The scarcest component decides, in proportion to what was ordered of it. When nothing was moved after
    that, it is the figure that Odoo keeps.

    :param counted: SQL condition on a move `x` of a component
    """
    return SQL(
        """SELECT CASE WHEN bool_and(part.complete) THEN coalesce(l.qty_received, 0)::numeric
                       ELSE trunc(min(part.net * l.product_qty::numeric / part.demand)) END AS quantity
             FROM (SELECT sum(x.demand) AS demand,
                          coalesce(sum(x.direction * x.amount)
                                   FILTER (WHERE x.state = 'done' AND %(counted)s), 0) AS net,
                          bool_and(x.state <> 'done' OR %(counted)s) AS complete
                     FROM (%(components)s) x GROUP BY x.product_id HAVING sum(x.demand) > 0) part""",
        counted=counted,
        components=components(direction),
    )
