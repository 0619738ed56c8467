"""Statement stage: the lines of a statement, gathered from all sources by one INSERT."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..setup.ecom_statement_source import COLUMNS

# What makes a line the one that it was, whoever wrote what on it.
KEY = SQL("res_id, res_model, part")
FACTS = ("origin", "repeated", "day", "cutoff", "move_id", "move_line_id", "purchase_line_id", "product_id")
FACTS += ("quantity", "price_unit", "amount", "in_ledger", "name", "working")


class EcomStatementComposer(models.AbstractModel):
    _name = "ecom.statement.composer"
    _description = "Composer of Statements"

    @api.model
    def _compose(self, statements):
        """Compute the lines and the footing of drafts. Doing it twice changes nothing.

        What people wrote stays by the line's source: confirmed lines are not touched, a disputed line keeps
        its dispute. A confirmed document cannot change, so nothing of it can get lost.
        """
        statements._lock()
        for statement in statements:
            if statement.state != "draft":
                raise UserError(self.env._("Only drafts are computed. Take %s back first.", statement.name))
            following = statement._next()
            if following and following.state != "draft":
                raise UserError(
                    self.env._(
                        "%(next)s begins with the closing amount of %(name)s and was sent already. What came "
                        "later is on the next statement.",
                        next=following.name,
                        name=statement.name,
                    )
                )
            self._keep_opening(statement)
            self._store_lines(statement)
            footing = self.env["ecom.statement.proof"]._footing(statement)
            statement._unseal().write(
                {"prepared_id": self.env.uid, "computed_at": fields.Datetime.now(), **footing}
            )
            if following:
                self._compose(following)

    def _keep_opening(self, statement):
        """A first statement remembers what its opening is made of (matches across currencies negated)."""
        if statement.previous_id:
            return
        ledger = self.env["ecom.statement.ledger"]
        self.env.cr.execute(
            SQL(
                """SELECT i.id FROM (%s) i WHERE i.day < %s
                    UNION ALL SELECT -x.id FROM (%s) x WHERE x.day < %s ORDER BY 1""",
                ledger._items(statement),
                statement.date_from,
                ledger._crossings(statement),
                statement.date_from,
            )
        )
        found = [number for (number,) in self.env.cr.fetchall()]
        # Hidden from everybody, so written for whoever computes.
        statement.sudo()._unseal().write({"opening_item_ids": found})
        self.env.flush_all()

    def _store_lines(self, statement):
        """What is gone goes, what is new comes, what changed is written; everything else is not touched."""
        self._find(statement)
        self._drop_vanished(statement)
        self.env.cr.execute(
            SQL(
                """INSERT INTO ecom_statement_line AS old
                       (statement_id, company_id, partner_id, currency_id, state, live, %(key)s, %(facts)s)
                   SELECT %(id)s, %(company)s, %(partner)s, %(currency)s, 'open', true, %(key)s, s.origin,
                          s.repeated, s.day,
                          CASE WHEN s.day < %(from)s THEN 'before'
                               WHEN s.day > %(to)s THEN 'after' ELSE 'in' END,
                          s.move_id, s.move_line_id, s.purchase_line_id, s.product_id, s.quantity,
                          s.price_unit, round(s.amount, %(digits)s), s.in_ledger AND s.day <= %(to)s, s.name,
                          s.working
                     FROM statement_found s
                   ON CONFLICT (statement_id, %(key)s)
                   DO UPDATE SET (%(facts)s) = ROW(%(fresh)s)
                   WHERE old.state != 'confirmed' AND (%(known)s) IS DISTINCT FROM (%(fresh)s)""",
                id=statement.id,
                company=statement.company_id.id,
                partner=statement.partner_id.id,
                currency=statement.currency_id.id,
                **{"from": statement.date_from, "to": statement.date_to},
                digits=statement.currency_id.decimal_places,
                key=KEY,
                facts=SQL(", ").join(map(SQL.identifier, FACTS)),
                fresh=SQL(", ").join(SQL.identifier("excluded", name) for name in FACTS),
                known=SQL(", ").join(SQL.identifier("old", name) for name in FACTS),
            )
        )
        self.env.cr.execute("DROP TABLE statement_found")
        self.env["ecom.statement.line"].invalidate_model()
        statement.invalidate_recordset()

    def _find(self, statement):
        """`statement_found`: what the sources give, less what is on another statement already.

        In a table with statistics: joined in one go, PostgreSQL would search the lines once for each row.
        """
        sources = self.env["ecom.statement.source"]
        repeated = [code for code, origin in sources._statement_all_origins().items() if origin.repeated]
        self.env.cr.execute(
            SQL(
                """CREATE TEMP TABLE statement_found ON COMMIT DROP AS
                   SELECT *, origin = ANY(%(repeated)s::text[]) AS repeated
                     FROM (%(sources)s) AS s (%(columns)s)""",
                columns=SQL(", ").join(SQL.identifier(name) for name, _type in COLUMNS),
                repeated=repeated,
                sources=sources._statement_sql(statement),
            )
        )
        self.env.cr.execute("ANALYZE statement_found (res_id)")
        self.env.cr.execute(
            SQL(
                """DELETE FROM statement_found s USING ecom_statement_line o
                    WHERE o.res_id = s.res_id AND o.res_model = s.res_model AND o.part = s.part
                      AND NOT s.repeated AND o.currency_id = %(currency)s AND o.live
                      AND o.statement_id != %(id)s AND o.cutoff != 'after' AND NOT o.repeated""",
                id=statement.id,
                currency=statement.currency_id.id,
            )
        )

    def _drop_vanished(self, statement):
        """Lines whose source is gone go too; what was written on them stays in the history."""
        self.env.cr.execute(
            SQL(
                """WITH gone AS (
                       DELETE FROM ecom_statement_line o
                        WHERE o.statement_id = %(id)s AND o.state != 'confirmed' AND NOT EXISTS (
                              SELECT 1 FROM statement_found s
                               WHERE s.res_id = o.res_id AND s.res_model = o.res_model AND s.part = o.part)
                       RETURNING name, amount, dispute_text, comment)
                   SELECT name, amount, coalesce(dispute_text, comment) FROM gone
                    WHERE dispute_text IS NOT NULL OR comment IS NOT NULL""",
                id=statement.id,
            )
        )
        for name, amount, text in self.env.cr.fetchall():
            statement.message_post(
                body=self.env._(
                    "Line “%(name)s” of %(amount)s is gone; it said: %(text)s",
                    name=name,
                    amount=statement.currency_id.format(amount),
                    text=text,
                )
            )
