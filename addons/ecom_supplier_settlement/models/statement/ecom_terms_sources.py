"""Statement stage: what terms give, as lines of a statement with their working."""

from odoo import models
from odoo.tools import SQL

from .ecom_statement_sources import COLUMNS


class EcomStatement(models.Model):
    _inherit = "ecom.statement"

    def _sources(self):
        return [*super()._sources(), self._source_dues("ecom_rebate"), self._source_dues("ecom_claim")]

    def _source_bills(self):
        """Documents that settle a rebate or claim say so, and carry its working."""
        bills = super()._source_bills()
        kept = [
            SQL("b.%s", SQL.identifier(name)) for name, _type in COLUMNS if name not in ("origin", "working")
        ]
        # Origin is the first column and working the last.
        return SQL(
            """SELECT CASE WHEN r.id IS NOT NULL THEN 'rebate'
                           WHEN c.id IS NOT NULL AND c.kind = 'marketing_share' THEN 'share'
                           WHEN c.id IS NOT NULL THEN 'claim' ELSE b.origin END, %(kept)s,
                      coalesce(b.working, r.working, c.working)
                 FROM (%(bills)s) AS b (%(columns)s)
                 LEFT JOIN ecom_rebate r ON r.move_id = b.move_id
                 LEFT JOIN ecom_claim c ON c.move_id = b.move_id""",
            kept=SQL(", ").join(kept),
            bills=bills,
            columns=SQL(", ").join(SQL.identifier(name) for name, _type in COLUMNS),
        )

    def _source_dues(self, table):
        """What the supplier has accepted and no posted document settles yet: shown, not in the ledger."""
        origin = SQL("'rebate'")
        name = SQL("k.name || ' ' || d.date_from || ' – ' || d.date_to")
        join = SQL("JOIN ecom_clause k ON k.id = d.clause_id")
        if table == "ecom_claim":
            origin = SQL("CASE d.kind WHEN 'marketing_share' THEN 'share' ELSE 'claim' END")
            name, join = SQL("d.name || ' ' || d.title"), SQL("")
        return SQL(
            """SELECT %(origin)s, d.answered_on, %(model)s, d.id, NULL::int, NULL::int, NULL::int,
                      NULL::int, NULL::numeric, NULL::numeric, -d.amount_accepted, false, %(name)s, d.working
                 FROM %(table)s d %(join)s
                 LEFT JOIN account_move m ON m.id = d.move_id
                WHERE d.company_id = %(company)s AND d.partner_id = %(partner)s
                  AND d.currency_id = %(currency)s AND d.state IN ('accepted', 'partly')
                  AND d.settlement_mode <> 'goods' AND d.answered_on <= %(to)s
                  AND m.state IS DISTINCT FROM 'posted'""",
            origin=origin,
            model=table.replace("_", ".", 1),
            name=name,
            table=SQL.identifier(table),
            join=join,
            company=self.company_id.id,
            partner=self.partner_id.id,
            currency=self.currency_id.id,
            to=self.date_to,
        )
