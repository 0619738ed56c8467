"""Terms stage: what a clause counts in a period, by one grouped query, whatever the number of lines."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...lib.ecom_settle.terms import Base
from ...lib.ecom_settle.working import BaseRow, VersionPart
from ..receipt.ecom_purchase_movement import price_sql

# So many documents are shown one by one; of more, the months are.
DOCUMENTS = 200
DOCUMENT_OF = {
    "ordered": "purchase.order",
    "received": "stock.picking",
    "billed": "account.move",
    "sold": "stock.picking",
}
NAME_OF = {
    "purchase.order": SQL("SELECT id, name FROM purchase_order"),
    "stock.picking": SQL("SELECT id, name FROM stock_picking"),
    "account.move": SQL("SELECT id, name FROM account_move"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was found: the rows that are shown, and their sums."""

    rows: tuple[BaseRow, ...]
    base: Base
    parts: tuple[VersionPart, ...] = ()


class EcomClause(models.Model):
    _inherit = "ecom.clause"

    _shown_documents = DOCUMENTS

    def _count(self, start, end):
        """The base of the period, both days included, in the contract's currency, of all versions in it.

        Every document is converted at the rate of its day and rounded once, so rows sum to the base.

        :return: `Counted`; its rows are documents, or months where there are more than `DOCUMENTS`
        :raises UserError: naming a currency without a rate
        """
        self.ensure_one()
        self.env.flush_all()
        return self._count_parts(self._parts(start, end))

    def _count_parts(self, parts):
        """What each version counts of its own days, and the sum: no day and no goods are counted twice."""
        found = [clause._count_rows(period.start, period.end) for clause, period in parts]
        sums = [
            Base(
                amount=sum((row.amount for row in rows), Decimal(0)),
                quantity=sum((row.quantity for row in rows), Decimal(0)),
            )
            for rows in found
        ]
        shown = [
            VersionPart(
                version=clause.version,
                start=period.start,
                end=period.end,
                amount=base.amount,
                quantity=base.quantity,
            )
            for (clause, period), base in zip(parts, sums, strict=True)
        ]
        return Counted(
            rows=tuple(row for rows in found for row in rows),
            base=Base(
                amount=sum((base.amount for base in sums), Decimal(0)),
                quantity=sum((base.quantity for base in sums), Decimal(0)),
            ),
            parts=tuple(shown) if len(shown) > 1 else (),
        )

    def _count_rows(self, start, end):
        """One `BaseRow` per document that this version counts, or per month."""
        model = DOCUMENT_OF[self.base]
        rows = self.env.execute_query(
            SQL(
                """WITH docs AS (%(docs)s), many AS (SELECT count(*) > %(limit)s AS many FROM docs)
                   SELECT date_trunc('month', d.day)::date,
                          CASE WHEN NOT many THEN d.doc_id END, CASE WHEN NOT many THEN n.name END,
                          sum(d.quantity)::text, sum(d.amount)::text, bool_or(d.amount IS NULL),
                          min(d.currency_id) FILTER (WHERE d.amount IS NULL)
                     FROM docs d CROSS JOIN many LEFT JOIN (%(names)s) n ON n.id = d.doc_id
                    GROUP BY 1, 2, 3 ORDER BY 1, 3, 2""",
                docs=self._documents_sql(start, end),
                names=NAME_OF[model],
                limit=self._shown_documents,
            )
        )
        missing = next((row[6] for row in rows if row[5]), None)
        if missing:
            raise UserError(
                self.env._(
                    "There is no exchange rate of %(currency)s or %(other)s up to %(day)s. Enter it first.",
                    currency=self.env["res.currency"].browse(missing).name,
                    other=self.currency_id.name,
                    day=end,
                )
            )
        return tuple(
            BaseRow(
                label=name or f"{month:%Y-%m}",
                ref=f"{model},{doc_id}" if doc_id else f"{month:%Y-%m}",
                quantity=Decimal(quantity or 0).normalize() + 0,
                amount=Decimal(amount),
            )
            for month, doc_id, name, quantity, amount, _bad, _currency in rows
        )

    def _documents_sql(self, start, end):
        """One row per document, day and currency; amount NULL where a rate is missing."""
        return SQL(
            """SELECT g.doc_id, g.day, g.currency_id, round(g.quantity, 6) AS quantity,
                      round(g.amount * %(rate)s, %(digits)s) AS amount
                 FROM (SELECT f.doc_id, f.day, f.currency_id, sum(f.quantity) AS quantity,
                              sum(f.amount) AS amount
                         FROM (%(facts)s) f GROUP BY 1, 2, 3) g""",
            facts=getattr(self, f"_facts_{self.base}")(start, end),
            rate=self._rate_sql(SQL("g.currency_id"), SQL("g.day")),
            digits=self.currency_id.decimal_places,
        )

    def _rate_sql(self, currency, day):
        """Contract currency per unit of `currency` on the day; NULL without a rate."""
        company = self.company_id

        def rate(of):
            return SQL(
                """(SELECT CASE WHEN %(of)s = %(own)s THEN coalesce(max(found.rate), 1)
                               ELSE max(found.rate) END
                      FROM (SELECT r.rate FROM res_currency_rate r
                             WHERE r.currency_id = %(of)s AND r.name <= %(day)s
                               AND (r.company_id IS NULL OR r.company_id = %(root)s)
                             ORDER BY r.company_id, r.name DESC LIMIT 1) found)""",
                of=of,
                own=company.currency_id.id,
                day=day,
                root=company.root_id.id,
            )

        return SQL(
            "CASE WHEN %(from)s = %(to)s THEN 1 ELSE %(to_rate)s / %(from_rate)s END",
            **{"from": currency, "to": self.currency_id.id},
            to_rate=rate(SQL("%s", self.currency_id.id)),
            from_rate=rate(currency),
        )

    def _moments(self, start, end):
        """The moments in UTC at which the period starts and is over, in the company's time zone."""
        zone = ZoneInfo(self.company_id._ecom_timezone())

        def utc(day):
            return datetime.combine(day, time(), zone).astimezone(timezone.utc).replace(tzinfo=None)

        return utc(start), utc(end + timedelta(days=1))

    def _local_day(self, moment):
        return SQL(
            "((%s AT TIME ZONE 'UTC') AT TIME ZONE %s)::date", moment, self.company_id._ecom_timezone()
        )

    # --- facts: one row per line ---------------------------------------------------

    def _facts_sql(self, start, end, base=None):
        """Lines of the period: doc_id, purchase_line_id, product_id, day, currency_id, quantity, amount.

        Quantities are in the product's unit; amounts in the document's currency, returns negative. Each
        version of the clause counts its own days.
        """
        return SQL(" UNION ALL ").join(
            SQL("(%s)", getattr(clause, f"_facts_{base or clause.base}")(period.start, period.end))
            for clause, period in self._parts(start, end)
        )

    def _tax_factor(self):
        """What an amount without tax is multiplied with; `l` is the order line."""
        if not self.tax_included:
            return SQL("1")
        return SQL("CASE WHEN l.price_subtotal <> 0 THEN l.price_total / l.price_subtotal ELSE 1 END")

    def _goods_only(self):
        return SQL("TRUE") if self.freight_included else SQL("t.type <> 'service'")

    def _facts_ordered(self, start, end):
        since, until = self._moments(start, end)
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
            day=self._local_day(SQL("o.date_approve")),
            taxed=self.tax_included,
            partner=self.partner_id.id,
            company=self.company_id.id,
            since=since,
            until=until,
            goods=self._goods_only(),
            products=self._product_condition(SQL("l.product_id")),
        )

    def _facts_received(self, start, end):
        """Movements of order lines at the order's price; goods that stay the supplier's do not count.

        They are read once: what a kit counts is asked only of order lines whose components are among them.
        """
        since, until = self._moments(start, end)
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
            moment=self._movement_moment(),
            price=SQL("v.price_unit * v.tax_factor") if self.tax_included else SQL("v.price_unit"),
            partner=self.partner_id.id,
            company=self.company_id.id,
            since=since,
            until=until,
            returns=self.net_of_returns,
            products=self._product_condition(SQL("v.ordered_id")),
            day=self._local_day(SQL("f.moment")),
            kits=self._received_kits(since, until),
        )

    def _movement_moment(self):
        return SQL("v.approved") if self.date_by == "order" else SQL("v.moment")

    def _facts_billed(self, start, end):
        """Posted vendor bills less refunds; what settles a rebate is no purchase."""
        since, until = self._moments(start, end)
        day = SQL("coalesce(b.invoice_date, b.date)")
        within = SQL("%(day)s BETWEEN %(start)s AND %(end)s", day=day, start=start, end=end)
        if self.date_by == "order":
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
            taxed=self.tax_included,
            company=self.company_id.id,
            partner=self.partner_id.id,
            returns=self.net_of_returns,
            within=within,
            goods=self._goods_only(),
            products=self._product_condition(SQL("a.product_id")),
        )

    def _facts_sold(self, start, end):
        """Deliveries to customers less their returns, of what was bought from this supplier."""
        since, until = self._moments(start, end)
        sales = self.sold_at == "sales"
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
            day=self._local_day(SQL("m.date")),
            sales=sales,
            tax=self._tax_factor(),
            taxed=self.tax_included,
            company=self.company_id.id,
            partner=self.partner_id.id,
            price=price_sql(),
            since=since,
            until=until,
            returns=self.net_of_returns,
            products=self._product_condition(SQL("l.product_id")),
        )
