"""All stages of the supplier side: what must always hold, each as one query that must find nothing."""

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.ecom_connectors.models.kernel.bulk_fields import BulkMany2one

QUERIES = {
    # The database refuses it, as long as its index is there.
    "statement_source_once": SQL(
        """SELECT min(l.company_id), l.res_model, l.res_id, l.part, string_agg(s.name, ' ')
             FROM ecom_statement_line l JOIN ecom_statement s ON s.id = l.statement_id
            WHERE (l.live AND l.cutoff <> 'after' AND NOT l.repeated)
            GROUP BY l.res_model, l.res_id, l.part, l.currency_id HAVING count(*) > 1"""
    ),
    "statement_live": SQL(
        """SELECT s.company_id, s.name FROM ecom_statement s
            WHERE EXISTS (SELECT 1 FROM ecom_statement_line l
                           WHERE l.statement_id = s.id AND l.live = (s.state = 'cancelled'))"""
    ),
    # Disputes wait, at the last due date of their document; money that was paid and not matched is no debt.
    "statement_paid": SQL(
        """WITH held AS (
               SELECT s.id, l.move_id, coalesce(sum(l.amount) FILTER (
                          WHERE l.state <> 'confirmed' OR c.state <> 'posted'), 0) AS amount
                 FROM ecom_statement s JOIN ecom_statement_line l ON l.statement_id = s.id
                 LEFT JOIN account_move c ON c.id = l.document_id
                WHERE s.state IN ('approved', 'paid') AND l.in_ledger AND l.live AND l.move_id IS NOT NULL
                GROUP BY s.id, l.move_id
           ), documents AS (
               SELECT * FROM held
               UNION
               SELECT s.id, l.document_id, 0 FROM ecom_statement s
                 JOIN ecom_statement_line l ON l.statement_id = s.id AND l.document_id IS NOT NULL
                WHERE s.state IN ('approved', 'paid') AND NOT EXISTS (
                      SELECT 1 FROM held WHERE held.id = s.id AND held.move_id = l.document_id)
           ), open AS (
               SELECT d.id, d.move_id, d.amount AS held, -sum(i.amount_residual_currency) AS amount,
                      bool_or(-i.amount_residual_currency * d.amount <= 0) AS beside
                 FROM documents d JOIN ecom_statement s ON s.id = d.id
                 JOIN account_move m ON m.id = d.move_id AND m.state = 'posted'
                  AND m.origin_payment_id IS NULL AND m.statement_line_id IS NULL
                 JOIN account_move_line i ON i.move_id = m.id AND i.currency_id = s.currency_id
                 JOIN account_account a ON a.id = i.account_id AND a.account_type = 'liability_payable'
                 JOIN res_partner p ON p.id = i.partner_id AND p.commercial_partner_id = s.partner_id
                WHERE i.amount_residual_currency <> 0
                GROUP BY d.id, d.move_id, d.amount
           )
           SELECT s.company_id, s.name, s.state FROM ecom_statement s
            WHERE s.state IN ('approved', 'paid') AND (s.state = 'paid') = (
                  EXISTS (SELECT 1 FROM open o
                           WHERE o.id = s.id AND (o.beside OR abs(o.amount) > abs(o.held)))
                  OR EXISTS (SELECT 1 FROM ecom_statement_line l JOIN account_move m ON m.id = l.document_id
                              WHERE l.statement_id = s.id AND m.state = 'draft'))"""
    ),
    # What was matched before the invoice was blocked stays matched.
    "blocked_is_unpaid": SQL(
        """SELECT m.company_id, m.name, other.name
             FROM account_move m JOIN account_move_line i ON i.move_id = m.id
             JOIN account_account a ON a.id = i.account_id AND a.account_type = 'liability_payable'
             CROSS JOIN LATERAL (
                  SELECT credit_move_id AS item_id, create_date FROM account_partial_reconcile
                   WHERE debit_move_id = i.id
                   UNION ALL
                  SELECT debit_move_id, create_date FROM account_partial_reconcile
                   WHERE credit_move_id = i.id) p
             JOIN account_move_line o ON o.id = p.item_id JOIN account_move other ON other.id = o.move_id
             JOIN res_company c ON c.id = m.company_id
            WHERE m.ecom_threeway_state = 'blocked' AND m.state = 'posted'
              AND m.move_type IN ('in_invoice', 'in_receipt')
              AND NOT (other.move_type = 'in_refund' AND other.reversed_entry_id = m.id)
              AND other.journal_id IS DISTINCT FROM c.currency_exchange_journal_id
              AND p.create_date > (SELECT max(r.matched_at) FROM ecom_threeway_result r
                                    WHERE r.move_id = m.id AND NOT r.superseded)"""
    ),
    # What is open is kept in the digits of units, what was taken back finer.
    "accrual_adds_up": SQL(
        """SELECT l.company_id, l.period_end, o.name
             FROM ecom_accrual_line l JOIN ecom_accrual a ON a.id = l.accrual_id
             JOIN purchase_order o ON o.id = l.order_id
             LEFT JOIN LATERAL (
                  SELECT coalesce(sum(quantity), 0) AS quantity, coalesce(sum(amount), 0) AS amount,
                         coalesce(sum(balance), 0) AS balance
                    FROM ecom_accrual_reversal WHERE line_id = l.id AND live) r ON true
            WHERE l.live AND l.kind = 'accrued' AND a.state = 'posted'
              AND (abs(l.quantity - r.quantity - l.quantity_open)
                   > 0.51 * (SELECT power(10, -digits) FROM decimal_precision WHERE name = 'Product Unit')
                   OR l.amount <> r.amount + l.amount_open OR l.balance <> r.balance + l.balance_open)"""
    ),
    "accrual_is_ledger": SQL(
        """SELECT l.company_id, l.period_end, o.name, l.balance_open, -coalesce(sum(i.balance), 0)
             FROM ecom_accrual_line l JOIN ecom_accrual a ON a.id = l.accrual_id AND a.state <> 'draft'
             JOIN purchase_order o ON o.id = l.order_id
             LEFT JOIN account_move_line i ON i.ecom_accrual_line_id = l.id AND i.parent_state = 'posted'
              AND i.account_id = l.accrued_ledger_id
            GROUP BY l.id, a.id, o.id
           HAVING l.balance_open <> -coalesce(sum(i.balance), 0)
               OR l.amount_open <> -coalesce(sum(i.amount_currency), 0)"""
    ),
    # A period without order lines to bear it has no shares.
    "rebate_shares": SQL(
        """SELECT r.company_id, c.name, r.date_from, r.number, sum(h.amount)
             FROM ecom_rebate r JOIN ecom_clause c ON c.id = r.clause_id
             JOIN ecom_rebate_share h ON h.rebate_id = r.id
            GROUP BY r.id, c.id
           HAVING sum(h.amount) <> CASE WHEN r.state IN ('accepted', 'partly', 'refused', 'settled')
                                        THEN r.amount_accepted ELSE r.amount END"""
    ),
}


class EcomInvariant(models.AbstractModel):
    _inherit = "ecom.invariant"

    @api.model
    def _queries(self):
        return {
            **super()._queries(),
            **QUERIES,
            "statement_foots": self._statement_foots(),
            "statement_line_parents": self._line_parents(),
            **self._dues(),
        }

    def _statement_foots(self):
        """Statements that do not begin with the closing before, or are not what their lines add up to."""
        origins = self.env["ecom.statement.source"]._statement_all_origins().values()
        sums = {}
        for origin in origins:
            sums.setdefault(origin.booked, []).append((origin.code, True))
            sums.setdefault(origin.memo, []).append((origin.code, False))
        columns = {
            name: SQL("coalesce(sum(l.amount) FILTER (WHERE (l.origin, l.in_ledger) IN %s), 0)", tuple(kinds))
            for name, kinds in sums.items()
        }
        booked = {origin.booked for origin in origins}
        return SQL(
            """SELECT s.company_id, s.name FROM ecom_statement s
                 LEFT JOIN ecom_statement b ON b.id = s.previous_id
                 LEFT JOIN ecom_statement_line l ON l.statement_id = s.id AND l.cutoff <> 'after'
                WHERE s.state <> 'cancelled'
                GROUP BY s.id, b.id
               HAVING %(groups)s OR s.amount_opening + %(booked)s <> s.amount_closing
                   OR b.id IS NOT NULL AND s.amount_opening <> b.amount_closing
                   OR s.state <> 'draft' AND s.amount_difference <> 0
                   OR s.amount_closing <> s.amount_ledger + s.amount_timing + s.amount_crossed
                                          + s.amount_difference""",
            groups=SQL(" OR ").join(
                SQL("%s <> %s", SQL.identifier("s", name), column) for name, column in columns.items()
            ),
            booked=SQL(" + ").join(SQL.identifier("s", name) for name in sorted(booked)),
        )

    def _line_parents(self):
        """Lines with a link that leads nowhere; the bulk table has no foreign keys."""
        lines = self.env["ecom.statement.line"]
        links = [
            SQL(
                "l.%(name)s IS NOT NULL AND NOT EXISTS (SELECT 1 FROM %(table)s x WHERE x.id = l.%(name)s)",
                name=SQL.identifier(name),
                table=SQL.identifier(self.env[field.comodel_name]._table),
            )
            for name, field in lines._fields.items()
            if isinstance(field, BulkMany2one)
        ]
        return SQL(
            "SELECT l.company_id, l.statement_id, l.name FROM ecom_statement_line l WHERE %s",
            SQL(" OR ").join(SQL("(%s)", link) for link in links),
        )

    def _dues(self):
        """What stands as receivable from a supplier, for each due and in all; and documents of nothing."""
        dues = self.env["ecom.supplier.due"]._models()
        receivable = SQL(
            """SELECT DISTINCT m.company_id, m.ledger_id FROM ecom_role_map m
                 JOIN ecom_role r ON r.id = m.role_id WHERE r.code = 'rebate_receivable'"""
        )
        accrued = SQL(" UNION ALL ").join(map(self._accrued, dues))
        return {
            "due_is_ledger": SQL(
                """WITH receivable AS (%(receivable)s)
                   SELECT d.company_id, d.res_model, d.res_id, d.amount, b.amount
                     FROM (%(accrued)s) d
                     CROSS JOIN LATERAL (
                          SELECT coalesce(sum(i.amount_currency), 0) AS amount
                            FROM account_move_line i
                            JOIN receivable r ON r.company_id = i.company_id AND r.ledger_id = i.account_id
                           WHERE i.move_id = ANY(d.moves) AND i.parent_state = 'posted') b
                    WHERE d.amount <> b.amount""",
                receivable=receivable,
                accrued=accrued,
            ),
            "rebate_is_ledger": SQL(
                """WITH receivable AS (%(receivable)s)
                   SELECT company_id, c.name, sum(accrued), sum(booked) FROM (
                       SELECT d.company_id, d.currency_id, d.amount AS accrued, 0 AS booked
                         FROM (%(accrued)s) d
                        UNION ALL
                       SELECT i.company_id, i.currency_id, 0, i.amount_currency FROM account_move_line i
                         JOIN receivable r ON r.company_id = i.company_id AND r.ledger_id = i.account_id
                        WHERE i.parent_state = 'posted') sides
                     JOIN res_currency c ON c.id = sides.currency_id
                    GROUP BY company_id, c.id HAVING sum(accrued) <> sum(booked)""",
                receivable=receivable,
                accrued=accrued,
            ),
            "document_link_parents": SQL(
                """SELECT m.company_id, m.name, k.res_model, k.res_id FROM ecom_document_link k
                     JOIN account_move m ON m.id = k.move_id
                    WHERE NOT EXISTS (SELECT 1 FROM (%s) d
                                       WHERE d.res_model = k.res_model AND d.res_id = k.res_id)""",
                SQL(" UNION ALL ").join(
                    SQL(
                        "SELECT %s AS res_model, id AS res_id FROM %s",
                        source._name,
                        SQL.identifier(source._table),
                    )
                    for source in self.env["ecom.statement.source"]._statement_sources()
                    if not source._abstract
                ),
            ),
        }

    def _accrued(self, due):
        """(company_id, currency_id, res_model, res_id, amount, moves): what is accrued and not settled."""
        accruals = due._fields["accrual_ids"]
        return SQL(
            """SELECT d.company_id, d.currency_id, %(model)s AS res_model, d.id AS res_id,
                      CASE d.state WHEN 'settled' THEN 0 ELSE coalesce(d.amount_accrued, 0) END AS amount,
                      ARRAY(SELECT a.%(move)s FROM %(relation)s a WHERE a.%(due)s = d.id
                             UNION SELECT k.move_id FROM ecom_document_link k
                                    WHERE k.res_model = %(model)s AND k.res_id = d.id) AS moves
                 FROM %(table)s d
                WHERE d.amount_accrued <> 0
                   OR EXISTS (SELECT 1 FROM %(relation)s a WHERE a.%(due)s = d.id)""",
            model=due._name,
            table=SQL.identifier(due._table),
            relation=SQL.identifier(accruals.relation),
            due=SQL.identifier(accruals.column1),
            move=SQL.identifier(accruals.column2),
        )
