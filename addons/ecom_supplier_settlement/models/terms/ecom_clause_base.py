"""Terms stage: what a clause counts in a period, by one grouped query, whatever the number of lines."""

from dataclasses import dataclass
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...lib.ecom_settle.terms import Base
from ...lib.ecom_settle.working import BaseRow, VersionPart
from .clause_facts import FACTS, moments

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


class EcomClauseBase(models.AbstractModel):
    """Counts for a clause and all its versions; each of them counts its own days by its own terms."""

    _name = "ecom.clause.base"
    _description = "Base of Clauses"

    _shown_documents = DOCUMENTS

    @api.model
    def _count(self, parts):
        """What each version counts of its own days, and the sum: no day and no goods are counted twice.

        Every document is converted at the rate of its day and rounded once, so rows sum to the base.

        :param parts: [(version, `Period`)]
        :return: `Counted`, in the contract's currency; its rows are documents, or months where there are
            more than `DOCUMENTS`
        :raises UserError: naming a currency without a rate
        """
        self.env.flush_all()
        found = [self._rows(clause, period.start, period.end) for clause, period in parts]
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

    def _rows(self, clause, start, end):
        """One `BaseRow` per document that this version counts, or per month."""
        model = DOCUMENT_OF[clause.base]
        rows = self.env.execute_query(
            SQL(
                """WITH docs AS (%(docs)s), many AS (SELECT count(*) > %(limit)s AS many FROM docs)
                   SELECT date_trunc('month', d.day)::date,
                          CASE WHEN NOT many THEN d.doc_id END, CASE WHEN NOT many THEN n.name END,
                          sum(d.quantity)::text, sum(d.amount)::text, bool_or(d.amount IS NULL),
                          min(d.currency_id) FILTER (WHERE d.amount IS NULL)
                     FROM docs d CROSS JOIN many LEFT JOIN (%(names)s) n ON n.id = d.doc_id
                    GROUP BY 1, 2, 3 ORDER BY 1, 3, 2""",
                docs=self._documents_sql(clause, start, end),
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
                    other=clause.currency_id.name,
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

    def _documents_sql(self, clause, start, end):
        """One row per document, day and currency; amount NULL where a rate is missing."""
        return SQL(
            """SELECT g.doc_id, g.day, g.currency_id, round(g.quantity, 6) AS quantity,
                      round(g.amount * %(rate)s, %(digits)s) AS amount
                 FROM (SELECT f.doc_id, f.day, f.currency_id, sum(f.quantity) AS quantity,
                              sum(f.amount) AS amount
                         FROM (%(facts)s) f GROUP BY 1, 2, 3) g""",
            facts=FACTS[clause.base](clause, start, end),
            rate=self._rate_sql(clause, SQL("g.currency_id"), SQL("g.day")),
            digits=clause.currency_id.decimal_places,
        )

    @api.model
    def _rate_sql(self, clause, currency, day):
        """Contract currency per unit of `currency` on the day; NULL without a rate."""
        company = clause.company_id

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
            **{"from": currency, "to": clause.currency_id.id},
            to_rate=rate(SQL("%s", clause.currency_id.id)),
            from_rate=rate(currency),
        )

    @api.model
    def _facts_sql(self, clause, start, end, base=None):
        """The lines that the clause counts from one day to the other, each version those of its own days.

        :param base: count this instead of what the clause counts
        """
        return SQL(" UNION ALL ").join(
            SQL("(%s)", FACTS[base or version.base](version, period.start, period.end))
            for version, period in clause._parts(start, end)
        )

    @api.model
    def _sold_part(self, clause, start, end, day=None):
        """(bought, sold): amounts that say which part of what was received in the period has left again.

        Per product the pieces on hand at the end of the period are taken as the latest received; what leaves
        after it, until the end of `day`, leaves the oldest first.
        """
        self.env.flush_all()
        company = clause.company_id
        _since, until = moments(company, start, end)
        _today, later = moments(company, start, max(end, day or end))
        [(bought, sold)] = self.env.execute_query(
            SQL(
                """WITH bought AS (
                       SELECT f.product_id, sum(f.quantity) AS quantity, sum(f.amount) AS amount
                         FROM (%(facts)s) f GROUP BY 1 HAVING sum(f.quantity) > 0)
                   SELECT coalesce(sum(b.amount), 0)::text,
                          coalesce(sum(b.amount * (b.quantity - least(greatest(coalesce(h.quantity, 0), 0),
                                                                      b.quantity)) / b.quantity), 0)::text
                     FROM bought b
                     LEFT JOIN (SELECT m.product_id,
                                       sum(m.quantity::numeric * mu.factor::numeric / pu.factor::numeric
                                           * ((dst.usage = 'internal' AND m.date < %(until)s)::int
                                              - (src.usage = 'internal')::int)) AS quantity
                                  FROM stock_move m
                                  JOIN bought ON bought.product_id = m.product_id
                                  JOIN product_product pp ON pp.id = m.product_id
                                  JOIN product_template t ON t.id = pp.product_tmpl_id
                                  JOIN uom_uom mu ON mu.id = m.product_uom
                                  JOIN uom_uom pu ON pu.id = t.uom_id
                                  JOIN stock_location src ON src.id = m.location_id
                                  JOIN stock_location dst ON dst.id = m.location_dest_id
                                 WHERE m.company_id = %(company)s AND m.state = 'done' AND m.date < %(later)s
                                   AND (m.date < %(until)s OR dst.usage <> 'internal')
                                 GROUP BY 1) h
                       ON h.product_id = b.product_id""",
                facts=self._facts_sql(clause, start, end, base="received"),
                company=company.id,
                until=until,
                later=later,
            )
        )
        return Decimal(bought), Decimal(sold)
