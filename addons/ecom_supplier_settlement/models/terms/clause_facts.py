"""Terms stage: the lines of a period that a clause counts, one query for each of the things it may count.

Each selects doc_id, purchase_line_id, product_id, day, currency_id, quantity, amount: one row per line, in
the product's unit and the document's currency, returns negative.
"""

from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo.tools import SQL

from odoo.addons.ecom_connectors.models.kernel import days

from ..receipt.ecom_purchase_movement import kits_sql, price_sql


def moments(company, start, end):
    """The moments in UTC at which the period starts and is over, in the company's time zone."""
    zone = ZoneInfo(company._ecom_timezone())

    def utc(day):
        return datetime.combine(day, time(), zone).astimezone(timezone.utc).replace(tzinfo=None)

    return utc(start), utc(end + timedelta(days=1))


def _local_day(clause, moment):
    return days.local_day(moment, SQL("%s", clause.company_id._ecom_timezone()))


def product_condition(clause, column):
    """SQL: the column holds a product of the clause."""
    clause.ensure_one()
    parts = []
    if clause.product_ids:
        parts.append(SQL("%s = ANY(%s)", column, clause.product_ids.ids))
    if clause.categ_ids:
        below = clause.env["product.category"].search([("id", "child_of", clause.categ_ids.ids)])
        parts.append(
            SQL(
                """%s IN (SELECT fp.id FROM product_product fp
                          JOIN product_template ft ON ft.id = fp.product_tmpl_id
                         WHERE ft.categ_id = ANY(%s))""",
                column,
                below.ids,
            )
        )
    wanted = SQL("(%s)", SQL(" OR ").join(parts)) if parts else SQL("TRUE")
    if clause.except_product_ids:
        return SQL("(%s AND %s <> ALL(%s))", wanted, column, clause.except_product_ids.ids)
    return wanted


def _tax_factor(clause):
    """What an amount without tax is multiplied with; `l` is the order line."""
    if not clause.tax_included:
        return SQL("1")
    return SQL("CASE WHEN l.price_subtotal <> 0 THEN l.price_total / l.price_subtotal ELSE 1 END")


def _goods_only(clause):
    return SQL("TRUE") if clause.freight_included else SQL("t.type <> 'service'")


def ordered(clause, start, end):
    since, until = moments(clause.company_id, start, end)
    return SQL(
        """SELECT l.order_id AS doc_id, l.id AS purchase_line_id, l.product_id, %(day)s AS day,
                  o.currency_id,
                  l.product_qty::numeric * u.factor::numeric / pu.factor::numeric AS quantity,
                  (CASE WHEN %(taxed)s THEN l.price_total ELSE l.price_subtotal END)::numeric AS amount
             FROM purchase_order o
             JOIN res_partner p ON p.id = o.partner_id AND p.commercial_partner_id = %(partner)s
             JOIN purchase_order_line l ON l.order_id = o.id AND l.display_type IS NULL
                                       AND NOT coalesce(l.is_downpayment, false)
             JOIN product_product pp ON pp.id = l.product_id
             JOIN product_template t ON t.id = pp.product_tmpl_id
             JOIN uom_uom u ON u.id = l.product_uom_id
             JOIN uom_uom pu ON pu.id = t.uom_id
            WHERE o.company_id = %(company)s AND o.state = 'purchase'
              AND o.date_approve >= %(since)s AND o.date_approve < %(until)s
              AND %(goods)s AND %(products)s""",
        day=_local_day(clause, SQL("o.date_approve")),
        taxed=clause.tax_included,
        partner=clause.partner_id.id,
        company=clause.company_id.id,
        since=since,
        until=until,
        goods=_goods_only(clause),
        products=product_condition(clause, SQL("l.product_id")),
    )


def received(clause, start, end):
    """Movements of order lines at the order's price; goods that stay the supplier's do not count.

    They are read once: what a kit counts is asked only of order lines whose components are among them.
    """
    since, until = moments(clause.company_id, start, end)
    return SQL(
        """WITH moved AS MATERIALIZED (
               SELECT v.picking_id, v.purchase_line_id, v.ordered_id, v.component, v.currency_id,
                      %(moment)s AS moment, v.direction * v.quantity AS quantity, v.factor,
                      %(price)s AS price
                 FROM ecom_purchase_movement v
                WHERE v.partner_id = %(partner)s AND v.company_id = %(company)s AND NOT v.consigned
                  AND %(moment)s >= %(since)s AND %(moment)s < %(until)s
                  AND (v.direction > 0 OR %(returns)s AND v.direction < 0) AND %(products)s)
           SELECT f.doc_id, f.purchase_line_id, f.product_id, %(day)s AS day, f.currency_id, f.quantity,
                  f.amount
             FROM (SELECT g.picking_id AS doc_id, g.purchase_line_id, g.ordered_id AS product_id,
                          g.moment, g.currency_id, g.quantity / pu.factor::numeric AS quantity,
                          g.quantity * g.price / g.factor AS amount
                     FROM moved g
                     JOIN product_product pp ON pp.id = g.ordered_id
                     JOIN product_template t ON t.id = pp.product_tmpl_id
                     JOIN uom_uom pu ON pu.id = t.uom_id
                    WHERE NOT g.component
                   UNION ALL %(kits)s) f""",
        moment=SQL("v.approved") if clause.date_by == "order" else SQL("v.moment"),
        price=SQL("v.price_unit * v.tax_factor") if clause.tax_included else SQL("v.price_unit"),
        partner=clause.partner_id.id,
        company=clause.company_id.id,
        since=since,
        until=until,
        returns=clause.net_of_returns,
        products=product_condition(clause, SQL("v.ordered_id")),
        day=_local_day(clause, SQL("f.moment")),
        kits=_kits(clause, since, until),
    )


def _kits(clause, since, until):
    """Per receipt or return the kits that it completes or breaks, of the order lines of `moved`."""
    counted = SQL("NOT x.consigned") if clause.net_of_returns else SQL("NOT x.consigned AND x.direction > 0")
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
        moment=SQL("o.date_approve") if clause.date_by == "order" else SQL("e.moment"),
        price=price_sql(),
        tax=_tax_factor(clause),
        kits=kits_sql(so_far),
        since=since,
        until=until,
    )


def billed(clause, start, end):
    """Posted vendor invoices less refunds; what settles a rebate is no purchase."""
    since, until = moments(clause.company_id, start, end)
    day = SQL("coalesce(b.invoice_date, b.date)")
    within = SQL("%(day)s BETWEEN %(start)s AND %(end)s", day=day, start=start, end=end)
    if clause.date_by == "order":
        within = SQL("o.date_approve >= %s AND o.date_approve < %s", since, until)
    return SQL(
        """SELECT b.id AS doc_id, a.purchase_line_id, a.product_id, %(day)s AS day, b.currency_id,
                  s.sign * a.quantity::numeric * coalesce(u.factor, pu.factor, 1)::numeric
                      / coalesce(pu.factor, 1)::numeric AS quantity,
                  s.sign * (CASE WHEN %(taxed)s THEN a.price_total ELSE a.price_subtotal END)::numeric
                      AS amount
             FROM account_move b
             CROSS JOIN LATERAL (SELECT CASE b.move_type WHEN 'in_refund' THEN -1 ELSE 1 END AS sign) s
             JOIN account_move_line a ON a.move_id = b.id AND a.display_type = 'product'
             LEFT JOIN purchase_order_line l ON l.id = a.purchase_line_id
             LEFT JOIN purchase_order o ON o.id = l.order_id
             LEFT JOIN product_product pp ON pp.id = a.product_id
             LEFT JOIN product_template t ON t.id = pp.product_tmpl_id
             LEFT JOIN uom_uom u ON u.id = a.product_uom_id
             LEFT JOIN uom_uom pu ON pu.id = t.uom_id
            WHERE b.company_id = %(company)s AND b.commercial_partner_id = %(partner)s
              AND b.state = 'posted' AND NOT coalesce(b.ecom_settles_terms, false)
              AND (b.move_type = 'in_invoice' OR %(returns)s AND b.move_type = 'in_refund')
              AND %(within)s AND %(goods)s AND %(products)s""",
        day=day,
        taxed=clause.tax_included,
        company=clause.company_id.id,
        partner=clause.partner_id.id,
        returns=clause.net_of_returns,
        within=within,
        goods=_goods_only(clause),
        products=product_condition(clause, SQL("a.product_id")),
    )


def sold(clause, start, end):
    """Deliveries to customers less their returns, of what was bought from this supplier."""
    since, until = moments(clause.company_id, start, end)
    sales = clause.sold_at == "sales"
    return SQL(
        """SELECT m.picking_id AS doc_id, bought.line_id AS purchase_line_id, m.product_id,
                  %(day)s AS day,
                  CASE WHEN %(sales)s THEN so.currency_id ELSE bought.currency_id END AS currency_id,
                  d.sign * m.quantity::numeric * mu.factor::numeric / pu.factor::numeric AS quantity,
                  d.sign * m.quantity::numeric * mu.factor::numeric
                      * (CASE WHEN %(sales)s THEN sold.price ELSE bought.price END) AS amount
             FROM stock_move m
             JOIN stock_location src ON src.id = m.location_id
             JOIN stock_location dst ON dst.id = m.location_dest_id
             CROSS JOIN LATERAL (SELECT CASE WHEN dst.usage = 'customer' THEN 1 ELSE -1 END AS sign) d
             JOIN product_product pp ON pp.id = m.product_id
             JOIN product_template t ON t.id = pp.product_tmpl_id
             JOIN uom_uom mu ON mu.id = m.product_uom
             JOIN uom_uom pu ON pu.id = t.uom_id
             JOIN (SELECT DISTINCT ON (l.product_id) l.product_id, l.id AS line_id, o.currency_id,
                          %(price)s / lu.factor::numeric * %(tax)s AS price
                     FROM purchase_order_line l
                     JOIN purchase_order o ON o.id = l.order_id AND o.state = 'purchase'
                                          AND o.company_id = %(company)s
                     JOIN res_partner p ON p.id = o.partner_id AND p.commercial_partner_id = %(partner)s
                     JOIN res_currency c ON c.id = o.currency_id
                     JOIN uom_uom lu ON lu.id = l.product_uom_id
                    WHERE o.date_approve < %(until)s AND %(products)s
                    ORDER BY l.product_id, o.date_approve DESC, l.id DESC) bought
               ON bought.product_id = m.product_id
             LEFT JOIN sale_order_line sl ON sl.id = m.sale_line_id
             LEFT JOIN sale_order so ON so.id = sl.order_id
             LEFT JOIN uom_uom su ON su.id = sl.product_uom_id
             CROSS JOIN LATERAL (SELECT CASE WHEN sl.product_uom_qty <> 0 THEN
                  (CASE WHEN %(taxed)s THEN sl.price_total ELSE sl.price_subtotal END)::numeric
                  / sl.product_uom_qty::numeric / su.factor::numeric ELSE 0 END AS price) sold
            WHERE m.company_id = %(company)s AND m.state = 'done'
              AND m.date >= %(since)s AND m.date < %(until)s
              AND (dst.usage = 'customer' AND src.usage <> 'customer'
                   OR %(returns)s AND src.usage = 'customer' AND dst.usage <> 'customer')
              AND (NOT %(sales)s OR so.id IS NOT NULL)""",
        day=_local_day(clause, SQL("m.date")),
        sales=sales,
        tax=_tax_factor(clause),
        taxed=clause.tax_included,
        company=clause.company_id.id,
        partner=clause.partner_id.id,
        price=price_sql(),
        since=since,
        until=until,
        returns=clause.net_of_returns,
        products=product_condition(clause, SQL("l.product_id")),
    )


FACTS = {"ordered": ordered, "received": received, "billed": billed, "sold": sold}
