"""Statement stage: what the ledger gives to a statement: invoices, credit notes, payments, entries."""

from odoo import api, models
from odoo.tools import SQL, LazyTranslate

from ..setup.ecom_statement_source import COLUMNS, Origin

_lt = LazyTranslate(__name__)
# What is an invoice to its supplier; on a contact of somebody else it is an entry like any other.
BILLS = SQL("('in_invoice', 'in_refund', 'in_receipt')")


class EcomStatementBills(models.AbstractModel):
    _name = "ecom.statement.bills"
    _description = "Invoices on Statements"
    _inherit = ["ecom.statement.source"]
    _statement_origins = (
        Origin(code="bill", name=_lt("Invoice"), place=10, sign=1, booked="amount_purchases"),
        Origin(code="return", name=_lt("Return"), place=20, sign=-1, booked="amount_credits"),
        Origin(code="credit", name=_lt("Credit Note"), place=30, sign=-1, booked="amount_credits"),
    )

    @api.model
    def _statement_rows(self, statement):
        """Invoices and credit notes: each line without tax, and one line for tax and rounding.

        What was made for a record of another source stands here as that, with its working.
        """
        ledger = self.env["ecom.statement.ledger"]
        return SQL(
            """SELECT b.* FROM (
                WITH moves AS (
                    SELECT i.move_id, min(i.day) AS day, -sum(i.amount_currency) AS owed, i.move_type,
                           i.move_name
                      FROM (%(items)s) i
                     WHERE i.move_type IN %(bills)s AND i.commercial_partner_id = %(partner)s AND %(within)s
                     GROUP BY i.move_id, i.move_type, i.move_name
                ), documents AS (
                    SELECT v.*, k.origin, k.working FROM moves v CROSS JOIN LATERAL (
                        SELECT min(k.origin) AS origin,
                               CASE WHEN count(*) = 1 THEN (array_agg(k.working))[1] END AS working
                          FROM ecom_document_link k WHERE k.move_id = v.move_id) k
                ), goods AS (
                    SELECT g.move_id, g.id, g.purchase_line_id, g.product_id, g.quantity, g.price_unit,
                           g.name, g.amount_currency
                      FROM moves v
                      JOIN account_move_line g ON g.move_id = v.move_id AND g.display_type = 'product'
                      JOIN account_account a ON a.id = g.account_id AND a.account_type != 'liability_payable'
                )
                SELECT coalesce(v.origin, CASE WHEN v.move_type != 'in_refund' THEN 'bill'
                            WHEN g.purchase_line_id IS NOT NULL THEN 'return' ELSE 'credit' END),
                       v.day, 'account.move.line', g.id, '', g.move_id, g.id, g.purchase_line_id,
                       g.product_id, CASE WHEN v.move_type = 'in_refund' THEN -g.quantity ELSE g.quantity END,
                       g.price_unit, g.amount_currency, true, coalesce(g.name, v.move_name), v.working
                  FROM documents v JOIN goods g ON g.move_id = v.move_id
                UNION ALL
                SELECT coalesce(v.origin, CASE WHEN v.move_type = 'in_refund' THEN 'credit' ELSE 'bill' END),
                       v.day, 'account.move', v.move_id, '', v.move_id, NULL, NULL, NULL, NULL, NULL,
                       v.owed - coalesce(t.amount, 0), true, %(tax)s || ' ' || v.move_name, v.working
                  FROM documents v
                  LEFT JOIN (SELECT move_id, sum(amount_currency) AS amount FROM goods GROUP BY move_id) t
                    ON t.move_id = v.move_id
                 WHERE v.owed != coalesce(t.amount, 0)
            ) AS b (%(columns)s)""",
            items=ledger._items(
                statement, SQL("m.move_type"), SQL("m.name AS move_name"), SQL("m.commercial_partner_id")
            ),
            bills=BILLS,
            within=ledger._within(statement),
            partner=statement.partner_id.id,
            tax=self.env._("Tax"),
            columns=SQL(", ").join(SQL.identifier(name) for name, _type in COLUMNS),
        )


class EcomStatementEntries(models.AbstractModel):
    _name = "ecom.statement.entries"
    _description = "Payments and Entries on Statements"
    _inherit = ["ecom.statement.source"]
    _statement_origins = (
        Origin(code="adjustment", name=_lt("Adjustment"), place=80, sign=0),
        Origin(code="payment", name=_lt("Payment"), place=90, sign=-1, booked="amount_payments"),
    )

    @api.model
    def _statement_rows(self, statement):
        """Payments and manual entries, one line for each payable item; and matches across currencies."""
        ledger = self.env["ecom.statement.ledger"]
        return SQL(
            """SELECT CASE WHEN i.paid THEN 'payment' ELSE 'adjustment' END, i.day, 'account.move.line', i.id,
                      '', i.move_id, i.id, NULL::int, NULL::int, NULL::numeric, NULL::numeric,
                      -i.amount_currency, true, coalesce(nullif(i.label, ''), i.move_name), NULL::jsonb
                 FROM (%(items)s) i
                WHERE i.amount_currency != 0 AND %(within)s
                  AND NOT (i.move_type IN %(bills)s AND i.commercial_partner_id = %(partner)s)
                UNION ALL
               SELECT 'payment', x.day, 'account.partial.reconcile', x.id, '', x.move_id, x.item_id,
                      NULL, NULL, NULL, NULL, x.amount, true, %(crossed)s || ' ' || m.name, NULL
                 FROM (%(crossings)s) x JOIN account_move m ON m.id = x.move_id
                WHERE x.day <= %(to)s AND NOT (x.id = ANY(%(opening)s))""",
            items=ledger._items(
                statement,
                SQL("m.move_type"),
                SQL("m.name AS move_name"),
                SQL("m.commercial_partner_id"),
                SQL("l.name AS label"),
                SQL("(m.origin_payment_id IS NOT NULL OR m.statement_line_id IS NOT NULL) AS paid"),
            ),
            bills=BILLS,
            within=ledger._within(statement),
            partner=statement.partner_id.id,
            crossed=self.env._("Settled in another currency:"),
            crossings=ledger._crossings(statement),
            opening=[-number for number in ledger._opening_ids(statement) if number < 0],
            to=statement.date_to,
        )
