"""Receipt stage: how well a supplier delivers, month by month."""

from odoo import fields, models
from odoo.tools import SQL, drop_view_if_exists

# Percentage -> (part, whole): of many rows, the sums are compared, never the percentages averaged.
RATES = {
    "fill_rate": ("amount_filled", "amount_ordered"),
    "on_time_rate": ("amount_on_time", "amount_ordered"),
    "quantity_variance": ("amount_off", "amount_ordered"),
    "price_variance": ("amount_price", "amount_agreed"),
    "defect_rate": ("amount_returned", "amount_arrived"),
}


class EcomSupplierScore(models.Model):
    """One row per supplier, warehouse and month in which goods were due.

    Everything is weighed by the order price without tax, in the company's currency at the order's own rate,
    so that pieces and pallets can be added up and a rate that moved is no price variance.
    """

    _name = "ecom.supplier.score"
    _description = "Supplier Scorecard"
    _auto = False
    _log_access = False
    _order = "month desc, partner_id"
    _rec_name = "partner_id"
    _depends = {
        "ecom.purchase.basis": ["quantity_ordered", "quantity_received", "quantity_returned", "price_unit"],
        "purchase.order": ["currency_rate"],
        "account.move.line": ["price_subtotal", "currency_id"],
    }

    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    partner_id = fields.Many2one("res.partner", "Supplier", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    warehouse_type = fields.Selection(
        [("central", "Central"), ("front", "Front"), ("third_party", "Third-Party")], readonly=True
    )
    shop_id = fields.Many2one("ecom.shop", "Channel", readonly=True)
    month = fields.Date("Due Month", readonly=True)
    line_count = fields.Integer("Lines", readonly=True)
    amount_ordered = fields.Monetary("Ordered", readonly=True)
    amount_filled = fields.Monetary("Delivered", readonly=True, help="Arrived, up to what was ordered.")
    amount_on_time = fields.Monetary(
        "On Time", readonly=True, help="Arrived until the day it was due, up to what was ordered."
    )
    amount_off = fields.Monetary("Over or Short", readonly=True)
    amount_arrived = fields.Monetary("Arrived", readonly=True)
    amount_returned = fields.Monetary("Returned", readonly=True)
    amount_agreed = fields.Monetary("Invoiced at Order Price", readonly=True)
    amount_price = fields.Monetary("Price Difference", readonly=True, help="Invoiced less the order price.")
    fill_rate = fields.Float("Fill Rate (%)", digits=(16, 2), readonly=True, aggregator="avg")
    on_time_rate = fields.Float("On Time (%)", digits=(16, 2), readonly=True, aggregator="avg")
    quantity_variance = fields.Float("Quantity Variance (%)", digits=(16, 2), readonly=True, aggregator="avg")
    price_variance = fields.Float("Price Variance (%)", digits=(16, 2), readonly=True, aggregator="avg")
    defect_rate = fields.Float("Returned (%)", digits=(16, 2), readonly=True, aggregator="avg")

    def _read_group_select(self, aggregate_spec, query):
        name = aggregate_spec.partition(":")[0]
        if name not in RATES or not aggregate_spec.endswith(":avg"):
            return super()._read_group_select(aggregate_spec, query)
        part, whole = (self._field_to_sql(self._table, field, query) for field in RATES[name])
        return SQL("round(sum(%s) * 100 / nullif(sum(%s), 0), 2)", part, whole)

    def init(self):
        # What the view reads is there when all models have their columns.
        self.pool.post_init(self._create_view)

    def _create_view(self):
        drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(SQL("CREATE VIEW %s AS (%s)", SQL.identifier(self._table), _score_sql()))


def _score_sql():
    rates = SQL(", ").join(
        SQL(
            "round(%s * 100 / nullif(%s, 0), 2) AS %s",
            SQL.identifier(part),
            SQL.identifier(whole),
            SQL.identifier(name),
        )
        for name, (part, whole) in RATES.items()
    )
    return SQL("SELECT sums.*, %s FROM (%s) sums", rates, _sums())


def _sums():
    """Lines that were due until today, by supplier, warehouse and month."""
    return SQL(
        """SELECT min(id) AS id, company_id, currency_id, partner_id, warehouse_id, warehouse_type, shop_id,
                  date_trunc('month', planned)::date AS month, count(*) AS line_count,
                  sum(ordered * price) AS amount_ordered,
                  sum(least(arrived, ordered) * price) AS amount_filled,
                  sum(least(in_time, ordered) * price) AS amount_on_time,
                  sum(abs(arrived - ordered) * price) AS amount_off,
                  sum(arrived * price) AS amount_arrived,
                  sum(returned * price) AS amount_returned,
                  sum(billed * price) AS amount_agreed,
                  sum(amount_billed / rate - billed * price) AS amount_price
             FROM (%s) lines
            WHERE planned <= (now() AT TIME ZONE timezone)::date
            GROUP BY company_id, currency_id, partner_id, warehouse_id, warehouse_type, shop_id,
                     date_trunc('month', planned)""",
        _lines(),
    )


def _lines():
    return SQL(
        """SELECT b.id, b.company_id, company.currency_id, b.partner_id, b.warehouse_id, b.warehouse_type,
                  b.shop_id, b.timezone, b.planned, rate.rate, b.price_unit / rate.rate AS price,
                  b.quantity_ordered AS ordered, b.quantity_received + b.quantity_returned AS arrived,
                  b.quantity_returned AS returned, coalesce(early.quantity / u.factor, 0) AS in_time,
                  coalesce(bills.quantity / u.factor, 0) AS billed, coalesce(bills.amount, 0) AS amount_billed
             FROM (SELECT basis.*, (date_planned AT TIME ZONE 'UTC' AT TIME ZONE timezone)::date AS planned
                     FROM ecom_purchase_basis basis) b
             JOIN purchase_order o ON o.id = b.order_id
             JOIN purchase_order_line l ON l.id = b.id AND l.qty_received_method = 'stock_moves'
             JOIN res_company company ON company.id = b.company_id
             JOIN uom_uom u ON u.id = b.uom_id
             CROSS JOIN LATERAL (SELECT coalesce(nullif(o.currency_rate::numeric, 0), 1) AS rate) rate
             LEFT JOIN LATERAL (
                   SELECT sum(v.quantity) AS quantity FROM ecom_purchase_movement v
                    WHERE v.purchase_line_id = b.id AND NOT v.component AND v.direction > 0 AND NOT v.again
                      AND (v.moment AT TIME ZONE 'UTC' AT TIME ZONE b.timezone)::date <= b.planned
                   ) early ON true
             LEFT JOIN LATERAL (
                   SELECT sum(sign * a.quantity::numeric * coalesce(bu.factor, u.factor)) AS quantity,
                          sum(sign * a.price_subtotal::numeric) AS amount
                     FROM account_move_line a
                     JOIN account_move m ON m.id = a.move_id
                     LEFT JOIN uom_uom bu ON bu.id = a.product_uom_id
                     CROSS JOIN LATERAL (SELECT CASE m.move_type WHEN 'in_refund' THEN -1 ELSE 1 END) s (sign)
                    WHERE a.purchase_line_id = b.id AND m.state = 'posted' AND a.currency_id = b.currency_id
                      AND m.move_type IN ('in_invoice', 'in_refund')) bills ON true
            WHERE b.state = 'purchase'"""
    )
