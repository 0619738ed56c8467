"""Statement stage: every origin is one SELECT, and one INSERT puts all of them into the statement."""

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# What every source selects, in this order and of these types.
COLUMNS = (
    ("origin", "text"),
    ("day", "date"),
    ("res_model", "text"),
    ("res_id", "int"),
    ("move_id", "int"),
    ("move_line_id", "int"),
    ("purchase_line_id", "int"),
    ("product_id", "int"),
    ("quantity", "numeric"),
    ("price_unit", "numeric"),
    ("amount", "numeric"),
    ("in_ledger", "boolean"),
    ("name", "text"),
    ("working", "jsonb"),
)


class EcomStatement(models.Model):
    _inherit = "ecom.statement"

    # The items that the opening amount of a first statement is made of: what comes late is told from them.
    opening_item_ids = fields.Json(readonly=True, prefetch=False, groups="base.group_system")

    def _sources(self):
        """The SELECTs whose rows become lines; other parts add theirs to the list.

        Each gives `COLUMNS` for this statement's company, supplier, currency, until `date_to`: `amount` is
        what we owe (bills +, payments -), `in_ledger` says that it is booked on a payable account of the
        supplier. (`res_model`, `res_id`) may come once, also if two sources know it. Rows that are on another
        statement are left out here, so a source need not care.

        :return: list of `SQL`
        """
        self.ensure_one()
        return [
            self._source_bills(),
            self._source_entries(),
            self._source_crossings(),
            self._source_receipts(),
        ]

    def _sql_day(self):
        """The day by which an item belongs to a period; `l` is the item, `m` its entry."""
        return SQL("coalesce(m.invoice_date, l.date)") if self.cutoff == "bill" else SQL("l.date")

    def _sql_items(self, *columns):
        """Posted payable items of the supplier, all its contacts and accounts, in the statement's currency.

        `day` is the cut-off day, `other_day` the one by the rule that does not count.
        """
        day, other = self._sql_day(), SQL("l.date")
        if self.cutoff == "accounting":
            other = SQL("coalesce(m.invoice_date, l.date)")
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
            partner=self.partner_id.id,
            company=self.company_id.id,
            currency=self.currency_id.id,
        )

    def _sql_within(self):
        """Items of this period, late ones, and for information what the other date puts into it."""
        opening = self._opening_ids()
        return SQL(
            """(i.day <= %(to)s OR i.other_day BETWEEN %(from)s AND %(to)s)
               AND NOT (i.id = ANY(%(opening)s))""",
            **{"from": self.date_from, "to": self.date_to},
            opening=opening,
        )

    def _opening_ids(self):
        first = self.browse(self._chain_ids()[-1])
        # The list is of use to this computation only, so it is hidden from everybody.
        return first.sudo().opening_item_ids or []

    def _source_bills(self):
        """Bills and credit notes: each line without tax, and one line for tax and rounding."""
        return SQL(
            """SELECT b.* FROM (
                WITH moves AS (
                    SELECT i.move_id, min(i.day) AS day, -sum(i.amount_currency) AS owed, i.move_type,
                           i.move_name
                      FROM (%(items)s) i
                     WHERE i.move_type IN ('in_invoice', 'in_refund', 'in_receipt')
                       AND i.commercial_partner_id = %(partner)s AND %(within)s
                     GROUP BY i.move_id, i.move_type, i.move_name
                ), goods AS (
                    SELECT g.move_id, g.id, g.purchase_line_id, g.product_id, g.quantity, g.price_unit,
                           g.name, g.amount_currency
                      FROM moves v
                      JOIN account_move_line g ON g.move_id = v.move_id AND g.display_type = 'product'
                      JOIN account_account a ON a.id = g.account_id AND a.account_type != 'liability_payable'
                )
                SELECT CASE WHEN v.move_type != 'in_refund' THEN 'bill'
                            WHEN g.purchase_line_id IS NOT NULL THEN 'return' ELSE 'credit' END,
                       v.day, 'account.move.line', g.id, g.move_id, g.id, g.purchase_line_id, g.product_id,
                       CASE WHEN v.move_type = 'in_refund' THEN -g.quantity ELSE g.quantity END,
                       g.price_unit, g.amount_currency, true, coalesce(g.name, v.move_name), NULL::jsonb
                  FROM moves v JOIN goods g ON g.move_id = v.move_id
                UNION ALL
                SELECT CASE WHEN v.move_type = 'in_refund' THEN 'credit' ELSE 'bill' END,
                       v.day, 'account.move', v.move_id, v.move_id, NULL, NULL, NULL, NULL, NULL,
                       v.owed - coalesce(t.amount, 0), true, %(tax)s || ' ' || v.move_name, NULL::jsonb
                  FROM moves v
                  LEFT JOIN (SELECT move_id, sum(amount_currency) AS amount FROM goods GROUP BY move_id) t
                    ON t.move_id = v.move_id
                 WHERE v.owed != coalesce(t.amount, 0)
            ) AS b (%(columns)s)""",
            items=self._sql_items(
                SQL("m.move_type"), SQL("m.name AS move_name"), SQL("m.commercial_partner_id")
            ),
            within=self._sql_within(),
            partner=self.partner_id.id,
            tax=self.env._("Tax"),
            columns=SQL(", ").join(SQL.identifier(name) for name, _type in COLUMNS),
        )

    def _source_entries(self):
        """Payments and manual entries: one line for each payable item."""
        return SQL(
            """SELECT CASE WHEN i.paid THEN 'payment' ELSE 'adjustment' END, i.day, 'account.move.line', i.id,
                      i.move_id, i.id, NULL::int, NULL::int, NULL::numeric, NULL::numeric,
                      -i.amount_currency, true, coalesce(nullif(i.label, ''), i.move_name), NULL::jsonb
                 FROM (%(items)s) i
                WHERE i.amount_currency != 0 AND %(within)s
                  AND NOT (i.move_type IN ('in_invoice', 'in_refund', 'in_receipt')
                           AND i.commercial_partner_id = %(partner)s)""",
            items=self._sql_items(
                SQL("m.move_type"),
                SQL("m.name AS move_name"),
                SQL("m.commercial_partner_id"),
                SQL("l.name AS label"),
                SQL("(m.origin_payment_id IS NOT NULL OR m.statement_line_id IS NOT NULL) AS paid"),
            ),
            within=self._sql_within(),
            partner=self.partner_id.id,
        )

    def _sql_crossings(self):
        """Matches of an item in this currency with one in another: what left or entered this currency.

        A bill in USD that was paid in CNY keeps its amount in USD for ever; the match is what settles it.
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
                WHERE d.currency_id != c.currency_id AND s.currency_id = %s AND d.company_id = %s
                  AND d.parent_state = 'posted' AND c.parent_state = 'posted' AND s.amount != 0""",
            self.partner_id.id,
            self.currency_id.id,
            self.company_id.id,
        )

    def _source_crossings(self):
        return SQL(
            """SELECT 'payment', x.day, 'account.partial.reconcile', x.id, x.move_id, x.item_id,
                      NULL::int, NULL::int, NULL::numeric, NULL::numeric, x.amount, true,
                      %(name)s || ' ' || m.name, NULL::jsonb
                 FROM (%(crossings)s) x JOIN account_move m ON m.id = x.move_id
                WHERE x.day <= %(to)s AND NOT (x.id = ANY(%(opening)s))""",
            name=self.env._("Settled in another currency:"),
            crossings=self._sql_crossings(),
            opening=[-number for number in self._opening_ids() if number < 0],
            to=self.date_to,
        )

    def _source_receipts(self):
        """Goods that came and are not billed when the period ends, or went back and are not credited.

        What was billed ahead of its goods is no claim of ours; only returned quantities are.
        """
        return SQL(
            """SELECT 'receipt', %(to)s, 'purchase.order.line', r.purchase_line_id, NULL::int,
                      NULL::int, r.purchase_line_id, r.product_id, r.quantity, r.price_unit, r.amount, false,
                      o.name || ' ' || coalesce(l.name, ''),
                      jsonb_build_object(
                          'rule', 'received_not_billed', 'version', 1, 'code', 'received_not_billed',
                          'base', jsonb_build_array(
                              jsonb_build_object('code', 'received', 'quantity', r.quantity_received::text,
                                                 'ref', o.name),
                              jsonb_build_object('code', 'billed', 'quantity',
                                                 (r.quantity_billed + r.quantity_billed_draft)::text)),
                          'formula', r.quantity::text || ' x ' || r.price_unit::text,
                          'result', r.amount::text, 'currency', %(currency_name)s)
                 FROM (SELECT b.*, q.quantity, round(q.quantity * b.price_unit, %(digits)s) AS amount
                         FROM (%(basis)s) b
                         CROSS JOIN LATERAL (SELECT CASE WHEN b.quantity_to_bill >= 0 THEN b.quantity_to_bill
                             ELSE -least(-b.quantity_to_bill, b.quantity_returned) END AS quantity) q
                        WHERE b.partner_id = %(partner)s AND b.currency_id = %(currency)s
                          AND q.quantity != 0) r
                 JOIN purchase_order_line l ON l.id = r.purchase_line_id
                 JOIN purchase_order o ON o.id = r.order_id""",
            to=self.date_to,
            currency_name=self.currency_id.name,
            digits=self.currency_id.decimal_places,
            basis=self.env["ecom.purchase.basis"]._at(self.date_to, self.company_id),
            partner=self.partner_id.id,
            currency=self.currency_id.id,
        )

    # --- filling ------------------------------------------------------------

    def _fill(self):
        """Compute the lines and the footing of drafts. Doing it twice changes nothing.

        What people wrote stays by the line's source: confirmed lines are not touched, a disputed line keeps
        its dispute. A confirmed document cannot change, so nothing of it can get lost.
        """
        self._lock()
        for statement in self:
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
            statement._keep_opening()
            statement._store_lines()
            statement._unseal().write(
                {"prepared_id": self.env.uid, "computed_at": fields.Datetime.now(), **statement._footing()}
            )
            if following:
                following._fill()

    def _keep_opening(self):
        """A first statement remembers what its opening is made of (matches across currencies negated)."""
        if self.previous_id:
            return
        self.env.cr.execute(
            SQL(
                """SELECT i.id FROM (%s) i WHERE i.day < %s
                    UNION ALL SELECT -x.id FROM (%s) x WHERE x.day < %s ORDER BY 1""",
                self._sql_items(),
                self.date_from,
                self._sql_crossings(),
                self.date_from,
            )
        )
        found = [number for (number,) in self.env.cr.fetchall()]
        # Hidden from everybody, so written for whoever computes.
        self.sudo()._unseal().write({"opening_item_ids": found})
        self.env.flush_all()

    def _store_lines(self):
        """What is gone goes, what is new comes, what changed is written; everything else is not touched."""
        self._find()
        self._drop_vanished()
        facts = (
            "origin",
            "day",
            "cutoff",
            "move_id",
            "move_line_id",
            "purchase_line_id",
            "product_id",
            "quantity",
        )
        facts += ("price_unit", "amount", "in_ledger", "name", "working")
        self.env.cr.execute(
            SQL(
                """INSERT INTO ecom_statement_line AS old
                       (statement_id, company_id, partner_id, currency_id, state, live, res_model, res_id,
                        %(facts)s)
                   SELECT %(id)s, %(company)s, %(partner)s, %(currency)s, 'open', true, s.res_model, s.res_id,
                          s.origin, s.day,
                          CASE WHEN s.day < %(from)s THEN 'before'
                               WHEN s.day > %(to)s THEN 'after' ELSE 'in' END,
                          s.move_id, s.move_line_id, s.purchase_line_id, s.product_id, s.quantity,
                          s.price_unit, round(s.amount, %(digits)s), s.in_ledger AND s.day <= %(to)s, s.name,
                          s.working
                     FROM statement_found s
                   ON CONFLICT (statement_id, res_id, res_model)
                   DO UPDATE SET (%(facts)s) = ROW(%(fresh)s)
                   WHERE old.state != 'confirmed' AND (%(known)s) IS DISTINCT FROM (%(fresh)s)""",
                id=self.id,
                company=self.company_id.id,
                partner=self.partner_id.id,
                currency=self.currency_id.id,
                **{"from": self.date_from, "to": self.date_to},
                digits=self.currency_id.decimal_places,
                facts=SQL(", ").join(map(SQL.identifier, facts)),
                fresh=SQL(", ").join(SQL.identifier("excluded", name) for name in facts),
                known=SQL(", ").join(SQL.identifier("old", name) for name in facts),
            )
        )
        self.env.cr.execute("DROP TABLE statement_found")
        self.env["ecom.statement.line"].invalidate_model()
        self.invalidate_recordset()

    def _find(self):
        """`statement_found`: what the sources give, less what is on another statement already.

        In a table with statistics: joined in one go, PostgreSQL would search the lines once for each row.
        """
        self.env.cr.execute(
            SQL(
                """CREATE TEMP TABLE statement_found ON COMMIT DROP AS
                   SELECT * FROM (%(sources)s) AS s (%(columns)s)""",
                columns=SQL(", ").join(SQL.identifier(name) for name, _type in COLUMNS),
                sources=SQL(" UNION ALL ").join(self._typed(source) for source in self._sources()),
            )
        )
        self.env.cr.execute("ANALYZE statement_found (res_id)")
        self.env.cr.execute(
            SQL(
                """DELETE FROM statement_found s USING ecom_statement_line o
                    WHERE o.res_id = s.res_id AND o.res_model = s.res_model AND s.origin != 'receipt'
                      AND o.currency_id = %(currency)s AND o.live AND o.statement_id != %(id)s
                      AND o.cutoff != 'after' AND o.origin != 'receipt'""",
                id=self.id,
                currency=self.currency_id.id,
            )
        )

    def _typed(self, source):
        """A source with its columns cast, so that a NULL in one does not make text of a number in another."""
        return SQL(
            "SELECT %s FROM (%s) AS x (%s)",
            SQL(", ").join(SQL("x.%s::%s", SQL.identifier(name), SQL(kind)) for name, kind in COLUMNS),
            source,
            SQL(", ").join(SQL.identifier(name) for name, _kind in COLUMNS),
        )

    def _drop_vanished(self):
        """Lines whose source is gone go too; what was written on them stays in the history."""
        self.env.cr.execute(
            SQL(
                """WITH gone AS (
                       DELETE FROM ecom_statement_line o
                        WHERE o.statement_id = %(id)s AND o.state != 'confirmed' AND NOT EXISTS (
                              SELECT 1 FROM statement_found s
                               WHERE s.res_id = o.res_id AND s.res_model = o.res_model)
                       RETURNING name, amount, dispute_text, comment)
                   SELECT name, amount, coalesce(dispute_text, comment) FROM gone
                    WHERE dispute_text IS NOT NULL OR comment IS NOT NULL""",
                id=self.id,
            )
        )
        for name, amount, text in self.env.cr.fetchall():
            self.message_post(
                body=self.env._(
                    "Line “%(name)s” of %(amount)s is gone; it said: %(text)s",
                    name=name,
                    amount=self.currency_id.format(amount),
                    text=text,
                )
            )
