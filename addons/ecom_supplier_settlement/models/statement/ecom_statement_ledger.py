"""Statement stage: what the payable accounts say about the supplier of a statement."""

from odoo import api, models
from odoo.tools import SQL


class EcomStatementLedger(models.AbstractModel):
    """Items and matches that sources make lines of, and that the proof adds up by itself."""

    _name = "ecom.statement.ledger"
    _description = "Ledger of a Statement"

    @api.model
    def _items(self, statement, *columns):
        """Posted payable items of the supplier, all its contacts and accounts, in the statement's currency.

        `day` is the cut-off day, `other_day` the one by the rule that does not count; `l` is the item and `m`
        its entry for further columns.
        """
        by_date, by_bill = SQL("l.date"), SQL("coalesce(m.invoice_date, l.date)")
        day, other = (by_bill, by_date) if statement.cutoff == "bill" else (by_date, by_bill)
        return SQL(
            """SELECT l.id, l.move_id, l.date, l.amount_currency,
                      %(day)s AS day, %(other)s AS other_day %(more)s
                 FROM account_move_line l
                 JOIN account_account a ON a.id = l.account_id AND a.account_type = 'liability_payable'
                 JOIN res_partner p ON p.id = l.partner_id AND p.commercial_partner_id = %(partner)s
                 JOIN account_move m ON m.id = l.move_id
                WHERE l.company_id = %(company)s AND l.currency_id = %(currency)s
                  AND l.parent_state = 'posted'""",
            day=day,
            other=other,
            more=SQL("").join(SQL(", %s", column) for column in columns),
            partner=statement.partner_id.id,
            company=statement.company_id.id,
            currency=statement.currency_id.id,
        )

    @api.model
    def _within(self, statement):
        """Which items `i` can be on this statement: those of the period, for information those that the other
        date puts into it, and of the days before only what is on no statement yet.

        Asked of each document before its lines are gathered: a statement costs what is new, whatever the
        supplier's history.
        """
        return SQL(
            """(i.day BETWEEN %(from)s AND %(to)s OR i.other_day BETWEEN %(from)s AND %(to)s
                OR i.day < %(from)s AND NOT EXISTS (
                   SELECT 1 FROM ecom_statement_line o
                    WHERE o.move_id = i.move_id AND o.partner_id = %(partner)s
                      AND o.currency_id = %(currency)s AND o.live AND o.in_ledger AND o.cutoff != 'after'
                      AND o.res_model != 'account.partial.reconcile' AND o.statement_id != %(id)s))
               AND NOT (i.id = ANY(%(opening)s))""",
            **{"from": statement.date_from, "to": statement.date_to},
            partner=statement.partner_id.id,
            currency=statement.currency_id.id,
            id=statement.id,
            opening=self._opening_ids(statement),
        )

    @api.model
    def _opening_ids(self, statement):
        """What the opening of the chain's first statement is made of (matches across currencies negated)."""
        first = statement.browse(statement._chain_ids()[-1])
        # The list is of use to this computation only, so it is hidden from everybody.
        return first.sudo().opening_item_ids or []

    @api.model
    def _crossings(self, statement):
        """Matches of an item in this currency with one in another: what left or entered this currency.

        An invoice in USD that was paid in CNY keeps its amount in USD for ever; the match is what settles it.
        """
        return SQL(
            """SELECT r.id, r.max_date AS day, s.amount, s.item_id, s.move_id
                 FROM account_partial_reconcile r
                 JOIN account_move_line d ON d.id = r.debit_move_id
                 JOIN account_move_line c ON c.id = r.credit_move_id
                 CROSS JOIN LATERAL (
                     VALUES (r.debit_amount_currency, d.id, d.move_id, d.currency_id, d.account_id,
                             d.partner_id),
                            (-r.credit_amount_currency, c.id, c.move_id, c.currency_id, c.account_id,
                             c.partner_id)
                 ) AS s (amount, item_id, move_id, currency_id, account_id, partner_id)
                 JOIN account_account a ON a.id = s.account_id AND a.account_type = 'liability_payable'
                 JOIN res_partner p ON p.id = s.partner_id AND p.commercial_partner_id = %s
                WHERE r.debit_currency_id != r.credit_currency_id AND s.currency_id = %s
                  AND d.company_id = %s
                  AND d.parent_state = 'posted' AND c.parent_state = 'posted' AND s.amount != 0""",
            statement.partner_id.id,
            statement.currency_id.id,
            statement.company_id.id,
        )

    @api.model
    def _sums(self, statement):
        """What the ledger owes: by accounting date, by cut-off day, before the period; and matches across
        currencies until the end, and before the period: five Decimals."""
        self.env.cr.execute(
            SQL(
                """SELECT coalesce(-sum(i.amount_currency) FILTER (WHERE i.date <= %(to)s), 0)::text,
                          coalesce(-sum(i.amount_currency) FILTER (WHERE i.day <= %(to)s), 0)::text,
                          coalesce(-sum(i.amount_currency) FILTER (WHERE i.day < %(from)s), 0)::text,
                          (SELECT coalesce(sum(x.amount), 0)::text FROM (%(crossings)s) x
                            WHERE x.day <= %(to)s),
                          (SELECT coalesce(sum(x.amount), 0)::text FROM (%(crossings)s) x
                            WHERE x.day < %(from)s)
                     FROM (%(items)s) i""",
                **{"from": statement.date_from, "to": statement.date_to},
                items=self._items(statement),
                crossings=self._crossings(statement),
            )
        )
        # As text, because Odoo has numeric read as float.
        return [statement._exact(amount) for amount in self.env.cr.fetchone()]
