"""Receipt stage: the SQL behind the purchase basis, as it stands now or as it stood when a day ended."""

from odoo.tools import SQL

from .ecom_purchase_kits_sql import kits

# Columns that are exact numbers; the database driver would hand them out as floats.
NUMERIC = (
    "price_unit quantity_ordered quantity_shipped quantity_received quantity_returned quantity_consigned "
    "quantity_billed quantity_billed_draft quantity_cleared quantity_in_transit quantity_to_bill "
    "amount_to_bill variance_received variance_billed"
).split()


def basis_sql(day=None):
    """SELECT of one row per product line of a confirmed order.

    Quantities are summed exactly over units of measure and rounded once, so that four pieces thrice are one
    dozen. What counts as received, and what return lessens it, is Odoo's own rule for order lines.

    :param day: date; only what happened until its end, in the warehouse's time zone; None: everything
    """
    return SQL(
        """SELECT facts.*,
                  round(greatest(quantity_shipped - since_shipped, 0), places) AS quantity_in_transit,
                  quantity_received - quantity_consigned - quantity_billed - quantity_billed_draft
                      - quantity_cleared AS quantity_to_bill,
                  round(price_unit * (quantity_received - quantity_consigned - quantity_billed
                                      - quantity_billed_draft - quantity_cleared) / rounding) * rounding
                      AS amount_to_bill,
                  quantity_received - quantity_ordered AS variance_received,
                  quantity_billed - quantity_received AS variance_billed
             FROM (%(facts)s) facts""",
        facts=_facts(day),
    )


def _facts(day):
    return SQL(
        """SELECT l.id, l.id AS purchase_line_id, l.order_id, o.state, o.company_id,
                  p.commercial_partner_id AS partner_id, l.product_id, t.categ_id, o.currency_id,
                  l.product_uom_id AS uom_id, pt.warehouse_id, w.ecom_type AS warehouse_type,
                  w.ecom_shop_id AS shop_id, shop.platform_id, o.date_order, o.date_approve, l.date_planned,
                  zone.name AS timezone, c.rounding, digits.places, price.unit AS price_unit,
                  CASE o.state WHEN 'purchase' THEN round(l.product_qty::numeric, digits.places) ELSE 0 END
                      AS quantity_ordered,
                  round(coalesce(shipped.quantity, 0) / u.factor, digits.places) AS quantity_shipped,
                  CASE WHEN l.qty_received_method = 'stock_moves' AND NOT coalesce(moved.kit, false)
                       THEN round(coalesce(moved.net, 0) / u.factor, digits.places)
                       ELSE round(coalesce(kits.quantity, l.qty_received, 0)::numeric, digits.places) END
                      AS quantity_received,
                  round(coalesce(moved.returned, 0) / u.factor, digits.places) AS quantity_returned,
                  round(coalesce(moved.consigned, 0) / u.factor, digits.places) AS quantity_consigned,
                  CASE WHEN l.qty_received_method = 'stock_moves' AND NOT coalesce(moved.kit, false)
                       THEN coalesce(moved.since_shipped, 0) / u.factor
                       ELSE coalesce(kits.quantity, l.qty_received, 0)::numeric END AS since_shipped,
                  round(coalesce(billed.posted, 0) / u.factor, digits.places) AS quantity_billed,
                  round(coalesce(billed.draft, 0) / u.factor, digits.places) AS quantity_billed_draft,
                  round(coalesce(cleared.quantity, 0), digits.places) AS quantity_cleared
             FROM purchase_order_line l
             JOIN purchase_order o ON o.id = l.order_id
             JOIN res_company company ON company.id = o.company_id
             JOIN res_partner owner ON owner.id = company.partner_id
             JOIN res_partner p ON p.id = o.partner_id
             JOIN res_currency c ON c.id = o.currency_id
             JOIN uom_uom u ON u.id = l.product_uom_id
             JOIN product_product pp ON pp.id = l.product_id
             JOIN product_template t ON t.id = pp.product_tmpl_id
             LEFT JOIN stock_picking_type pt ON pt.id = o.picking_type_id
             LEFT JOIN stock_warehouse w ON w.id = pt.warehouse_id
             LEFT JOIN res_partner wp ON wp.id = w.partner_id
             LEFT JOIN ecom_shop shop ON shop.id = w.ecom_shop_id
             CROSS JOIN LATERAL (SELECT coalesce((SELECT digits FROM decimal_precision
                                                   WHERE name = 'Product Unit'), 2) AS places) digits
             CROSS JOIN LATERAL (SELECT coalesce(nullif(wp.tz, ''), nullif(owner.tz, ''),
                                                 (SELECT timezone FROM ecom_shop
                                                   WHERE company_id = o.company_id ORDER BY id LIMIT 1),
                                                 'UTC') AS name) zone
             CROSS JOIN LATERAL (%(price)s) price
             LEFT JOIN LATERAL (%(shipped)s) shipped ON true
             LEFT JOIN LATERAL (%(moved)s) moved ON true
             LEFT JOIN LATERAL (SELECT made.quantity FROM (%(kits)s) made WHERE moved.kit) kits ON true
             LEFT JOIN LATERAL (%(billed)s) billed ON true
             LEFT JOIN LATERAL (%(cleared)s) cleared ON true
            WHERE l.display_type IS NULL AND NOT coalesce(l.is_downpayment, false)
              AND (o.state = 'purchase' OR o.state = 'cancel'
                   AND (moved.net IS NOT NULL OR billed.posted IS NOT NULL OR billed.draft IS NOT NULL))
              AND %(ordered)s""",
        price=_price(),
        shipped=_shipped(day),
        moved=_moved(day),
        kits=kits(_direction(), _until("x.date", day)),
        billed=_billed(day),
        cleared=_cleared(day),
        ordered=_until("coalesce(o.date_approve, o.date_order)", day),
    )


def _until(moment, day):
    """Condition that a moment in UTC is not after the end of the day where the goods arrive."""
    if day is None:
        return SQL("TRUE")
    return SQL("%s <= %s", _local_day(moment), day)


def _local_day(moment):
    return SQL("((%s AT TIME ZONE 'UTC') AT TIME ZONE zone.name)::date", SQL(moment))


def _price():
    """Price after discount without tax. Where the two totals differ, tax is in the price and taken out."""
    return SQL(
        """SELECT CASE WHEN l.product_qty <> 0
                        AND abs(l.price_subtotal::numeric - net.price * l.product_qty::numeric) >= c.rounding
                       THEN l.price_subtotal::numeric / l.product_qty::numeric
                       ELSE net.price END AS unit
             FROM (SELECT l.price_unit::numeric * (1 - coalesce(l.discount, 0)::numeric / 100)
                          AS price) net"""
    )


def _shipped(day):
    """What supplier notices say has left, less what a person has declared missing; in reference units."""
    return SQL(
        """SELECT sum((n.quantity::numeric - coalesce(n.quantity_missing, 0)::numeric)
                      * coalesce(nu.factor, u.factor)) AS quantity,
                  min(d.shipped_day) AS first_day
             FROM ecom_delivery_notice_line n
             JOIN ecom_delivery_notice d ON d.id = n.notice_id
             LEFT JOIN uom_uom nu ON nu.id = n.uom_id
            WHERE n.purchase_line_id = l.id AND d.kind = 'ship' AND d.state <> 'cancel'
              AND %s""",
        SQL("TRUE") if day is None else SQL("d.shipped_day <= %s", day),
    )


def _moved(day):
    """Receipts and returns of the line in reference units; `since_shipped` only since the first notice."""
    return SQL(
        """SELECT sum(direction * amount) FILTER (WHERE same) AS net,
                  sum(amount) FILTER (WHERE same AND direction < 0) AS returned,
                  sum(direction * amount) FILTER (WHERE same AND consigned) AS consigned,
                  sum(amount) FILTER (WHERE same AND direction > 0 AND NOT again
                                        AND local_day >= shipped.first_day) AS since_shipped,
                  bool_or(NOT same) AS kit
             FROM (SELECT m.quantity::numeric * mu.factor AS amount,
                          m.product_id = l.product_id AS same,
                          m.origin_returned_move_id IS NOT NULL AS again,
                          coalesce(m.restrict_partner_id NOT IN (company.partner_id), false) AS consigned,
                          %(local_day)s AS local_day,
                          %(direction)s AS direction
                     FROM stock_move m
                     JOIN uom_uom mu ON mu.id = m.product_uom
                     JOIN stock_location src ON src.id = m.location_id
                     JOIN stock_location dst ON dst.id = m.location_dest_id
                     LEFT JOIN stock_move om ON om.id = m.origin_returned_move_id
                     LEFT JOIN stock_location osrc ON osrc.id = om.location_id
                     LEFT JOIN stock_location odst ON odst.id = om.location_dest_id
                     LEFT JOIN ir_model_data ic ON ic.module = 'stock'
                                               AND ic.name = 'stock_location_inter_company'
                    WHERE m.purchase_line_id = l.id AND m.state = 'done' AND %(until)s) moves""",
        local_day=_local_day("m.date"),
        until=_until("m.date", day),
        direction=_direction(),
    )


def _direction():
    """1, -1 or 0: what Odoo's purchase_stock adds to, or takes from, the received quantity for a move."""
    return SQL(
        """CASE WHEN dst.usage = 'supplier'
                  OR om.id IS NOT NULL AND m.location_dest_id IS NOT DISTINCT FROM ic.res_id
                THEN CASE WHEN om.id IS NULL OR coalesce(m.to_refund, false) THEN -1 ELSE 0 END
                WHEN (osrc.usage = 'supplier' OR osrc.usage = 'transit' AND osrc.company_id IS NULL)
                 AND (odst.usage = 'customer' OR odst.usage = 'transit' AND odst.company_id IS NULL)
                 AND NOT ((src.usage = 'customer' OR src.usage = 'transit' AND src.company_id IS NULL)
                          AND dst.usage = 'transit' AND dst.company_id IS NULL)
                THEN 0
                WHEN (odst.usage = 'supplier'
                      OR om.origin_returned_move_id IS NOT NULL
                         AND om.location_dest_id IS NOT DISTINCT FROM ic.res_id)
                 AND NOT coalesce(m.to_refund, false)
                THEN 0
                ELSE 1 END"""
    )


def _billed(day):
    """Vendor bills less refunds in reference units, posted and still in draft."""
    return SQL(
        """SELECT sum(signed) FILTER (WHERE state = 'posted') AS posted,
                  sum(signed) FILTER (WHERE state = 'draft') AS draft
             FROM (SELECT CASE b.move_type WHEN 'in_refund' THEN -1 ELSE 1 END
                          * a.quantity::numeric * coalesce(bu.factor, u.factor) AS signed, b.state
                     FROM account_move_line a
                     JOIN account_move b ON b.id = a.move_id
                     LEFT JOIN uom_uom bu ON bu.id = a.product_uom_id
                    WHERE a.purchase_line_id = l.id
                      AND b.move_type IN ('in_invoice', 'in_receipt', 'in_refund')
                      AND b.state IN ('posted', 'draft') AND %s) bills""",
        SQL("TRUE") if day is None else SQL("b.date <= %s", day),
    )


def _cleared(day):
    """What nobody waits for any more: + received and never billed, - billed and never received."""
    return SQL(
        """SELECT sum(k.quantity::numeric) AS quantity FROM ecom_purchase_clearing k
            WHERE k.purchase_line_id = l.id AND %s""",
        SQL("k.state = 'cleared'")
        if day is None
        else SQL("k.day <= %s AND (k.undone_day IS NULL OR k.undone_day > %s)", day, day),
    )
