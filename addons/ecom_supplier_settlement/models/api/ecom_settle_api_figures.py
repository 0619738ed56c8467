"""Ways in, all stages: the month of each supplier in one table; see `ecom_settle_api`."""

from datetime import timedelta
from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL


class EcomSettleApi(models.AbstractModel):
    _inherit = "ecom.settle.api"

    @api.model
    def suppliers(self, month):
        """What a month brought with each supplier, one row per supplier and currency.

        :param month: as 2026-09
        :return: `[{supplier, currency, orders, received, billed, blocked, amount_blocked, rebates, statement,
            state, unbilled, closing, ledger, difference}]`. `orders` were confirmed in the month, `received`
            is net of returns at the orders' prices, `billed` without tax and net of credit notes, `blocked`
            counts bills that may not be paid now, `rebates` is what clauses give for periods that reach into
            the month; the rest is from the statement that ends with the month, null without one
        :raises AccessError: for others than buyers and accountants
        """
        self._staff()
        first, last = self._month(month)
        self.env.flush_all()
        rows = self.env.execute_query_dict(self._suppliers_sql(first, last))
        statements = {
            (one.partner_id.id, one.currency_id.id): row
            for one, row in self._statements_of(first, last).items()
        }
        partners = self.env["res.partner"].browse([row["partner_id"] for row in rows])
        names = {partner.id: partner.name for partner in partners}
        currencies = {
            it.id: it for it in self.env["res.currency"].browse({row["currency_id"] for row in rows})
        }
        found = [
            self._supplier_figures(row, names, currencies[row["currency_id"]], statements) for row in rows
        ]
        return sorted(found, key=lambda row: (row["supplier"], row["currency"]))

    def _statements_of(self, first, last):
        found = self.env["ecom.statement"].search(
            [
                ("company_id", "=", self.env.company.id),
                ("date_to", "=", last),
                ("state", "!=", "cancelled"),
            ]
        )
        return dict(zip(found, self._statement_rows(found), strict=True))

    def _supplier_figures(self, row, names, currency, statements):
        statement = statements.get((row["partner_id"], row["currency_id"]), {})
        digits = currency.decimal_places
        money = {
            name: f"{Decimal(row[name]):.{digits}f}"
            for name in ("received", "billed", "amount_blocked", "rebates")
        }
        return {
            "supplier": names[row["partner_id"]],
            "currency": currency.name,
            "orders": row["orders"],
            **money,
            "blocked": row["blocked"],
            "statement": statement.get("number"),
            **{
                name: statement.get(name) for name in ("state", "unbilled", "closing", "ledger", "difference")
            },
        }

    def _suppliers_sql(self, first, last):
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
                    self._received_sql(first, last),
                    self._billed_sql(first, last),
                    self._rebates_sql(first, last),
                    SQL(
                        """SELECT partner_id, currency_id, 0, 0::numeric, 0::numeric, 0, 0::numeric,
                                  0::numeric
                             FROM ecom_statement
                            WHERE company_id = %s AND date_to = %s AND state != 'cancelled'""",
                        self.env.company.id,
                        last,
                    ),
                ]
            ),
        )

    def _received_sql(self, first, last):
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
            end=basis._at(last, self.env.company),
            before=basis._at(before, self.env.company),
        )

    def _billed_sql(self, first, last):
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
            company=self.env.company.id,
        )

    def _rebates_sql(self, first, last):
        return SQL(
            """SELECT partner_id, currency_id, 0, 0::numeric, 0::numeric, 0, 0::numeric, sum(amount)
                 FROM ecom_rebate
                WHERE company_id = %s AND date_from <= %s AND date_to >= %s AND state != 'refused'
                GROUP BY 1, 2""",
            self.env.company.id,
            last,
            first,
        )
