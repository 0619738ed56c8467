"""Invoice stage: goods received and not invoiced, or the other way round, with their age, on any day."""

from odoo import fields, models
from odoo.tools import SQL

AGES = [("0", "0-30 days"), ("31", "31-60 days"), ("61", "61-90 days"), ("91", "Over 90 days")]


class EcomPurchaseOpen(models.Model):
    """One row per order line and receipt (or invoice) that is open at the end of a day.

    The day is the context's `ecom_as_of`, else today; whoever asks for two days in one transaction
    invalidates the cache between. Invoices take the oldest receipts first, so the youngest are open.
    `balance_accrued` is what stands for the order line on the account of goods received and not invoiced, on
    its first row only: the column's total is the account's balance.
    """

    _name = "ecom.purchase.open"
    _description = "Open Goods"
    _auto = False
    _log_access = False
    _order = "partner_id, day, id"
    _rec_name = "purchase_line_id"

    kind = fields.Selection(
        [
            ("to_bill", "Received, Not Invoiced"),
            ("prepaid", "Invoiced, Not Received"),
            ("settled", "Settled"),
        ],
        readonly=True,
    )
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", "Supplier", readonly=True)
    order_id = fields.Many2one("purchase.order", readonly=True)
    purchase_line_id = fields.Many2one("purchase.order.line", "Order Line", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    categ_id = fields.Many2one("product.category", "Product Category", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    day = fields.Date("Since", readonly=True, help="Day of the receipt, or of the invoice.")
    age = fields.Integer("Days", readonly=True, aggregator="max")
    bucket = fields.Selection(AGES, "Age", readonly=True)
    uom_id = fields.Many2one("uom.uom", "Unit", readonly=True)
    quantity = fields.Float(digits="Product Unit", readonly=True)
    price_unit = fields.Float("Price", min_display_digits="Product Price", readonly=True, aggregator=None)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(
        readonly=True, help="At the order's price without tax; what is prepaid is negative."
    )
    company_currency_id = fields.Many2one("res.currency", readonly=True)
    balance = fields.Monetary(
        "In Company Currency",
        currency_field="company_currency_id",
        readonly=True,
        help="At the rate of the day; empty without a rate.",
    )
    balance_accrued = fields.Monetary(
        "On the Ledger",
        currency_field="company_currency_id",
        readonly=True,
        help="Accrued and not taken back.",
    )

    def action_clear(self):
        """Ask which of these differences stay, for each order line once."""
        lines = self.filtered(lambda row: row.kind != "settled").purchase_line_id
        return self.env["ecom.purchase.clear"]._ask(lines)

    @property
    def _table_query(self):
        day = fields.Date.to_date(self.env.context.get("ecom_as_of")) or fields.Date.context_today(self)
        basis = SQL(" UNION ALL ").join(
            SQL("(%s)", self.env["ecom.purchase.basis"]._at(day, company)) for company in self.env.companies
        )
        self.env["account.move"].flush_model(["state", "date"])
        self.env["account.move.line"].flush_model(["ecom_accrual_line_id", "balance", "account_id"])
        self.env["ecom.accrual.line"].flush_model(["purchase_line_id", "accrued_ledger_id"])
        return SQL(
            """WITH basis AS MATERIALIZED (
                   SELECT b.*, b.quantity_received - b.quantity_consigned - b.quantity_billed
                          - b.quantity_cleared AS open
                     FROM (%(basis)s) b
               ), ledger AS (
                   SELECT al.purchase_line_id, -sum(i.balance) AS balance
                     FROM account_move_line i
                     JOIN account_move m ON m.id = i.move_id AND m.state = 'posted' AND m.date <= %(day)s
                     JOIN ecom_accrual_line al ON al.id = i.ecom_accrual_line_id
                                              AND al.accrued_ledger_id = i.account_id
                    WHERE i.company_id = ANY(%(companies)s) GROUP BY al.purchase_line_id
               ), event AS (%(events)s
               ), part AS (
                   SELECT id, day, event,
                          greatest(least(quantity, size - newer), 0) AS quantity, least(newer, size) AS newer
                     FROM (SELECT e.*, coalesce(sum(e.quantity) OVER (PARTITION BY e.id
                                      ORDER BY e.day DESC, e.event DESC
                                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS newer
                             FROM event e) ordered
               ), row AS (
                   SELECT id, day, event, quantity, newer FROM part WHERE quantity > 0
                   UNION ALL
                   SELECT b.id, (coalesce(b.date_approve, b.date_order) AT TIME ZONE 'UTC')::date, 0,
                          abs(b.open) - coalesce(sum(p.quantity), 0), coalesce(sum(p.quantity), 0)
                     FROM basis b LEFT JOIN part p ON p.id = b.id
                     LEFT JOIN ledger l ON l.purchase_line_id = b.id
                    GROUP BY b.id, b.open, b.date_approve, b.date_order, l.balance
                   HAVING abs(b.open) > coalesce(sum(p.quantity), 0)
                       OR b.open = 0 AND coalesce(l.balance, 0) <> 0
               ), valued AS (
                   SELECT b.*, r.day, r.event, r.quantity AS part, sign(b.open) AS sign,
                          row_number() OVER (PARTITION BY b.id ORDER BY r.day, r.event) = 1 AS is_first,
                          (round(b.price_unit * (r.newer + r.quantity) / c.rounding)
                           - round(b.price_unit * r.newer / c.rounding)) * c.rounding AS amount
                     FROM row r JOIN basis b ON b.id = r.id JOIN res_currency c ON c.id = b.currency_id
               )
               SELECT (row_number() OVER (ORDER BY v.id, v.day, v.event))::int AS id,
                      CASE v.sign WHEN 1 THEN 'to_bill' WHEN -1 THEN 'prepaid' ELSE 'settled' END AS kind,
                      v.company_id, v.partner_id, v.order_id, v.purchase_line_id, v.product_id, v.categ_id,
                      v.warehouse_id, v.day, %(day)s - v.day AS age,
                      CASE WHEN %(day)s - v.day <= 30 THEN '0' WHEN %(day)s - v.day <= 60 THEN '31'
                           WHEN %(day)s - v.day <= 90 THEN '61' ELSE '91' END AS bucket,
                      v.uom_id, v.sign * v.part AS quantity, v.price_unit, v.currency_id,
                      v.sign * v.amount AS amount, company.currency_id AS company_currency_id,
                      round(v.sign * v.amount * rate.rate, own.decimal_places) AS balance,
                      CASE WHEN v.is_first THEN l.balance ELSE 0 END AS balance_accrued
                 FROM valued v
                 JOIN res_company company ON company.id = v.company_id
                 JOIN res_currency own ON own.id = company.currency_id
                 LEFT JOIN (%(rates)s) rate (company_id, currency_id, rate)
                        ON rate.company_id = v.company_id AND rate.currency_id = v.currency_id
                 LEFT JOIN ledger l ON l.purchase_line_id = v.id""",
            basis=basis,
            day=day,
            companies=self.env.companies.ids,
            events=self._events(day),
            rates=self._rates(day),
        )

    def _events(self, day):
        """Receipts of lines that wait for an invoice, invoices of lines that wait for goods, up to the
        day."""
        return SQL(
            """SELECT b.id, v.id AS event, abs(b.open) AS size,
                      ((v.moment AT TIME ZONE 'UTC') AT TIME ZONE b.timezone)::date AS day,
                      v.quantity / v.factor AS quantity
                 FROM basis b
                 JOIN ecom_purchase_movement v ON v.purchase_line_id = b.id AND NOT v.component
                                              AND v.direction > 0 AND NOT v.consigned
                WHERE b.open > 0
                  AND ((v.moment AT TIME ZONE 'UTC') AT TIME ZONE b.timezone)::date <= %(day)s
               UNION ALL
               SELECT b.id, i.id, abs(b.open), i.date,
                      i.quantity::numeric * coalesce(iu.factor, u.factor)::numeric / u.factor::numeric
                 FROM basis b
                 JOIN account_move_line i ON i.purchase_line_id = b.id AND i.parent_state = 'posted'
                 JOIN account_move m ON m.id = i.move_id AND m.move_type IN ('in_invoice', 'in_receipt')
                 JOIN uom_uom u ON u.id = b.uom_id
                 LEFT JOIN uom_uom iu ON iu.id = i.product_uom_id
                WHERE b.open < 0 AND i.date <= %(day)s AND i.quantity > 0""",
            day=day,
        )

    def _rates(self, day):
        """VALUES of (company, currency, company units per unit) on the day; none where no rate is known."""
        found = []
        currencies = self.env["res.currency"].search([])  # pylint: disable=no-search-all
        for company in self.env.companies:
            known = {
                currency.id
                for [currency] in self.env["res.currency.rate"]._read_group(
                    [("name", "<=", day), ("company_id", "in", [company.root_id.id, False])], ["currency_id"]
                )
            } | {company.currency_id.id}
            for currency in currencies.filtered(lambda it, known=known: it.id in known):
                rate = currency._get_conversion_rate(currency, company.currency_id, company, day)
                found.append(SQL("(%s, %s, %s::numeric)", company.id, currency.id, repr(rate)))
        return SQL("VALUES %s", SQL(", ").join(found))
