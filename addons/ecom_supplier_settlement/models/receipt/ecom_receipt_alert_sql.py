"""Receipt stage: the SQL that finds what is odd about receipts."""

from odoo.tools import SQL


def alerts_sql(company, today):
    """SELECT of one row for each cause: the columns of `ecom.receipt.alert` that say what it is.

    Limits are those of the warehouse; without one (dropshipping) nothing over or short is allowed, and one
    day is. Services are left out: they do not arrive.
    """
    return SQL(
        """WITH lines AS (
               SELECT b.*, b.quantity_received + b.quantity_returned AS arrived,
                      (b.date_planned AT TIME ZONE 'UTC' AT TIME ZONE b.timezone)::date AS planned,
                      coalesce(w.ecom_over_percent, 0)::numeric AS over_percent,
                      coalesce(w.ecom_short_percent, 0)::numeric AS short_percent,
                      coalesce(w.ecom_late_days, 1) AS late_days,
                      EXISTS (SELECT 1 FROM stock_move m
                               WHERE m.purchase_line_id = b.id AND m.state NOT IN ('done', 'cancel')) AS waits
                 FROM ecom_purchase_basis b
                 JOIN purchase_order_line l ON l.id = b.id AND l.qty_received_method = 'stock_moves'
                 LEFT JOIN stock_warehouse w ON w.id = b.warehouse_id
                WHERE b.company_id = %(company)s AND b.state = 'purchase'
           ), told AS (
               SELECT n.id, n.product_id, n.purchase_line_id, n.uom_id, n.quantity, n.quantity_done,
                      n.quantity_missing, d.id AS notice_id, d.kind, coalesce(d.expected_day, d.day) AS day,
                      coalesce(d.partner_id, b.partner_id) AS partner_id,
                      coalesce(d.warehouse_id, b.warehouse_id) AS warehouse_id,
                      coalesce(w.ecom_short_percent, 0)::numeric AS short_percent,
                      coalesce(w.ecom_late_days, 1) AS late_days
                 FROM ecom_delivery_notice_line n
                 JOIN ecom_delivery_notice d ON d.id = n.notice_id
                 JOIN ecom_purchase_basis b ON b.id = n.purchase_line_id
                 LEFT JOIN stock_warehouse w ON w.id = coalesce(d.warehouse_id, b.warehouse_id)
                WHERE d.company_id = %(company)s AND d.state NOT IN ('done', 'cancel')
           )
           SELECT 'over:' || id AS cause, 'over' AS kind, %(of_line)s,
                  quantity_ordered AS quantity_expected, quantity_received AS quantity_found,
                  round((quantity_received - quantity_ordered) * 100 / nullif(quantity_ordered, 0), 2)
                      AS percent, planned AS day
             FROM lines
            WHERE (quantity_received - quantity_ordered) * 100 > over_percent * quantity_ordered
           UNION ALL
           SELECT 'short:' || id, 'short', %(of_line)s, quantity_ordered, arrived,
                  round((arrived - quantity_ordered) * 100 / nullif(quantity_ordered, 0), 2), planned
             FROM lines
            WHERE NOT waits AND (quantity_ordered - arrived) * 100 > short_percent * quantity_ordered
           UNION ALL
           SELECT 'late:' || id, 'late', %(of_line)s, quantity_ordered, arrived,
                  round((arrived - quantity_ordered) * 100 / nullif(quantity_ordered, 0), 2), planned
             FROM lines
            WHERE waits AND arrived < quantity_ordered AND planned + late_days < %(today)s
           UNION ALL
           SELECT 'transit:' || id, 'transit', %(of_notice)s, quantity, quantity_done,
                  round((coalesce(quantity_done, 0) - quantity) * 100 / nullif(quantity, 0), 2), day
             FROM told
            WHERE kind = 'ship' AND day + late_days < %(today)s
              AND (quantity - coalesce(quantity_missing, 0) - coalesce(quantity_done, 0)) * 100
                  > short_percent * quantity
           UNION ALL
           SELECT 'report:' || id, 'report', %(of_notice)s, quantity, quantity_done,
                  round((coalesce(quantity_done, 0) - quantity) * 100 / nullif(quantity, 0), 2), day
             FROM told
            WHERE kind = 'receipt' AND day + late_days < %(today)s
              AND coalesce(quantity_done, 0) <> quantity""",
        company=company.id,
        today=today,
        of_line=SQL(
            "partner_id, warehouse_id, product_id, id AS purchase_line_id, NULL::integer AS notice_id, uom_id"
        ),
        of_notice=SQL("partner_id, warehouse_id, product_id, purchase_line_id, notice_id, uom_id"),
    )
