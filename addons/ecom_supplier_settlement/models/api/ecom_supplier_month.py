"""Ways in: what a month brought with each supplier, added up from orders, receipts, invoices and rebates."""

from datetime import timedelta
from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL


class EcomSupplierMonth(models.AbstractModel):
    _name = "ecom.supplier.month"
    _description = "Month of a Supplier"

    @api.model
    def _figures(self, company, first, last):
        """One dict per supplier and currency with anything in the month, or a statement that ends with it:
        partner, currency, orders, received, billed, blocked, amount_blocked, rebates; amounts are Decimals.
        """
        self.env.flush_all()
        rows = self.env.execute_query_dict(self._sql(company, first, last))
        # Browsed at once, so that their names are read at once.
        partners = self.env["res.partner"].browse([row["partner_id"] for row in rows])
        currencies = self.env["res.currency"].browse([row["currency_id"] for row in rows])
        amounts = ("received", "billed", "amount_blocked", "rebates")
        return [
            {
                **row,
                **{name: Decimal(row[name]) for name in amounts},
                "partner": partner,
                "currency": currency,
            }
            for row, partner, currency in zip(rows, partners, currencies, strict=True)
        ]

    def _sql(self, company, first, last):
        """One row per supplier and currency with anything in the month, or a statement that ends with it."""
        return SQL(
            """SELECT partner_id, currency_id, sum(orders)::int AS orders, sum(received)::text AS received,
                      sum(billed)::text AS billed, sum(blocked)::int AS blocked,
                      sum(amount_blocked)::text AS amount_blocked, sum(rebates)::text AS rebates
                 FROM (%s) parts (partner_id, currency_id, orders, received, billed, blocked, amount_blocked,
                                  rebates)
                GROUP BY 1, 2""",
            SQL(" UNION ALL ").join(
                [
                    self._received_sql(company, first, last),
                    self._billed_sql(company, first, last),
                    self._rebates_sql(company, first, last),
                    SQL(
                        """SELECT partner_id, currency_id, 0, 0::numeric, 0::numeric, 0, 0::numeric,
                                  0::numeric
                             FROM ecom_statement
                            WHERE company_id = %s AND date_to = %s AND state != 'cancelled'""",
                        company.id,
                        last,
                    ),
                ]
            ),
        )

    def _received_sql(self, company, first, last):
        """Orders of the month; goods at the end of the month less those before it, per order line rounded."""
        basis = self.env["ecom.purchase.basis"]
        before = first - timedelta(days=1)
        return SQL(
            """SELECT e.partner_id, e.currency_id,
                      count(DISTINCT e.order_id) FILTER (WHERE e.day >= %(first)s),
                      sum(round(e.quantity_received * e.price_unit / e.rounding) * e.rounding
                          - coalesce(round(b.quantity_received * b.price_unit / b.rounding) * b.rounding, 0)),
                      0::numeric, 0, 0::numeric, 0::numeric
                 FROM (SELECT *, ((date_approve AT TIME ZONE 'UTC') AT TIME ZONE timezone)::date AS day
                         FROM (%(end)s) ends) e
                 LEFT JOIN (%(before)s) b ON b.id = e.id
                GROUP BY 1, 2
               HAVING bool_or(e.quantity_received != coalesce(b.quantity_received, 0)
                              OR e.day >= %(first)s)""",
            first=first,
            end=basis._at(last, company),
            before=basis._at(before, company),
        )

    def _billed_sql(self, company, first, last):
        return SQL(
            """SELECT m.commercial_partner_id, m.currency_id, 0, 0::numeric,
                      coalesce(sum(CASE m.move_type WHEN 'in_refund' THEN -m.amount_untaxed
                                   ELSE m.amount_untaxed END)
                          FILTER (WHERE m.date BETWEEN %(first)s AND %(last)s), 0),
                      count(*) FILTER (WHERE m.ecom_threeway_state = 'blocked'),
                      coalesce(sum(m.amount_total) FILTER (WHERE m.ecom_threeway_state = 'blocked'), 0),
                      0::numeric
                 FROM account_move m
                WHERE m.company_id = %(company)s AND m.state = 'posted'
                  AND m.move_type IN ('in_invoice', 'in_receipt', 'in_refund')
                  AND (m.date BETWEEN %(first)s AND %(last)s OR m.ecom_threeway_state = 'blocked')
                GROUP BY 1, 2""",
            first=first,
            last=last,
            company=company.id,
        )

    def _rebates_sql(self, company, first, last):
        return SQL(
            """SELECT partner_id, currency_id, 0, 0::numeric, 0::numeric, 0, 0::numeric, sum(amount)
                 FROM ecom_rebate
                WHERE company_id = %s AND date_from <= %s AND date_to >= %s AND state != 'refused'
                GROUP BY 1, 2""",
            company.id,
            last,
            first,
        )
