"""Statement stage: the proof that opening amount, lines and ledger agree, or what is missing."""

from decimal import Decimal

from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

MISSING_LIMIT = 200


class EcomStatementProof(models.AbstractModel):
    """Opening + lines in the ledger = closing = what the payable accounts say, to the minor unit."""

    _name = "ecom.statement.proof"
    _description = "Proof of a Statement"

    @api.model
    def _footing(self, statement):
        """The values of the footing as of now: lines are summed here, the ledger by itself.

        :return: {field: Decimal}; `amount_difference` is zero when the statement foots
        """
        self.env.flush_all()
        ledger, by_day, opened, crossed, crossed_before = self.env["ecom.statement.ledger"]._sums(statement)
        opening = opened + crossed_before
        if statement.previous_id:
            opening = statement._exact(statement.previous_id.amount_closing)
        booked, memo = self._groups()
        sums, count = self._line_sums(statement)
        totals = dict.fromkeys((*booked, *memo), Decimal())
        origins = self.env["ecom.statement.source"]._statement_all_origins()
        for (code, in_ledger), amount in sums.items():
            totals[origins[code].booked if in_ledger else origins[code].memo] += amount
        closing = opening + sum(totals[name] for name in booked)
        timing = by_day - ledger
        return {
            "amount_opening": opening,
            **totals,
            "amount_closing": closing,
            "amount_ledger": ledger,
            "amount_timing": timing,
            "amount_crossed": crossed,
            "amount_difference": closing - (ledger + timing + crossed),
            "line_count": count,
        }

    @api.model
    def _groups(self):
        """Amounts of a statement that its lines are summed up in, in the order of the flow: those of the
        ledger, and those beside it."""
        origins = self.env["ecom.statement.source"]._statement_all_origins().values()
        booked = list(dict.fromkeys(origin.booked for origin in origins))
        return booked, list(dict.fromkeys(origin.memo for origin in origins))

    def _line_sums(self, statement):
        """Exact sums of the lines until the end of the period by origin and booking; number of lines."""
        self.env.cr.execute(
            SQL(
                """SELECT origin, in_ledger, count(*),
                          coalesce(sum(amount) FILTER (WHERE cutoff != 'after'), 0)::text
                     FROM ecom_statement_line WHERE statement_id = %s GROUP BY origin, in_ledger""",
                statement.id,
            )
        )
        found = self.env.cr.fetchall()
        sums = {(origin, booked): statement._exact(amount) for origin, booked, _count, amount in found}
        return sums, sum(count for _origin, _booked, count, _amount in found)

    @api.model
    def _check_foots(self, statement):
        """Look again at the ledger as it is now.

        :raise UserError: it differs from the statement; the text names the entries
        """
        statement._lock()
        now = self._footing(statement)
        if now["amount_difference"] or now["amount_opening"] != statement._exact(statement.amount_opening):
            statement._unseal().write(now)
            entries = "\n".join(
                f"{row['name']} {row['date']}: {row['ledger']} / {row['statement']}"
                for row in self._missing(statement)[:20]
            )
            raise UserError(
                self.env._(
                    "%(name)s differs from the ledger by %(amount)s. Compute it again, or correct these "
                    "entries (ledger / statement):\n%(entries)s",
                    name=statement.name,
                    amount=now["amount_difference"],
                    entries=entries,
                )
            )

    @api.model
    def _check_current(self, statement):
        """No document of the statement may have changed since it was sent; late ones go to the next one.

        :raise UserError: names the documents
        """
        self.env.flush_all()
        changed = [row["name"] or "?" for row in self._missing(statement, here=True)]
        changed += self._changed_crossings(statement)
        if self._opening_now(statement) != statement._exact(statement.amount_opening):
            changed.append(self.env._("Opening"))
        if changed:
            raise UserError(
                self.env._(
                    "Documents of %(name)s have changed: %(documents)s. Take it back and compute it again.",
                    name=statement.name,
                    documents=", ".join(changed[:20]),
                )
            )

    def _opening_now(self, statement):
        """What the opening is made of, as it is now: the closing before, or the items a first one counted."""
        if statement.previous_id:
            return statement._exact(statement.previous_id.amount_closing)
        ledger = self.env["ecom.statement.ledger"]
        known = ledger._opening_ids(statement)
        self.env.cr.execute(
            SQL(
                """SELECT (coalesce((SELECT -sum(i.amount_currency) FROM (%s) i WHERE i.id = ANY(%s)), 0)
                           + coalesce((SELECT sum(x.amount) FROM (%s) x WHERE x.id = ANY(%s)), 0))::text""",
                ledger._items(statement),
                [number for number in known if number > 0],
                ledger._crossings(statement),
                [-number for number in known if number < 0],
            )
        )
        return statement._exact(self.env.cr.fetchone()[0])

    def _changed_crossings(self, statement):
        """Names of the lines whose match across currencies is gone or has another amount."""
        self.env.cr.execute(
            SQL(
                """SELECT l.name FROM ecom_statement_line l LEFT JOIN (%s) x ON x.id = l.res_id
                    WHERE l.statement_id = %s AND l.res_model = 'account.partial.reconcile' AND l.in_ledger
                      AND x.amount IS DISTINCT FROM l.amount ORDER BY l.id LIMIT 20""",
                self.env["ecom.statement.ledger"]._crossings(statement),
                statement.id,
            )
        )
        return [name for (name,) in self.env.cr.fetchall()]

    @api.model
    def _missing(self, statement, here=False):
        """Entries whose amount in the ledger is not the one on the statements of this chain.

        :param here: only those that are on this statement
        :return: list of {move_id, name, date, ledger, statement, difference}, amounts are what we owe
        """
        ledger = self.env["ecom.statement.ledger"]
        self.env.cr.execute(
            SQL(
                """SELECT coalesce(b.move_id, t.move_id), m.name, m.date, coalesce(b.amount, 0)::text,
                          coalesce(t.amount, 0)::text
                     FROM (SELECT i.move_id, -sum(i.amount_currency) AS amount FROM (%(items)s) i
                            WHERE i.day <= %(to)s AND NOT (i.id = ANY(%(opening)s)) GROUP BY i.move_id) b
                     FULL JOIN (SELECT move_id, sum(amount) AS amount, bool_or(statement_id = %(id)s) AS here
                                  FROM ecom_statement_line
                                 WHERE statement_id = ANY(%(chain)s) AND in_ledger
                                   AND res_model != 'account.partial.reconcile' GROUP BY move_id) t
                       ON t.move_id = b.move_id
                     LEFT JOIN account_move m ON m.id = coalesce(b.move_id, t.move_id)
                    WHERE coalesce(b.amount, 0) != coalesce(t.amount, 0) AND (t.here OR NOT %(here)s)
                    ORDER BY m.date, 1 LIMIT %(limit)s""",
                items=ledger._items(statement),
                to=statement.date_to,
                id=statement.id,
                chain=statement._chain_ids(),
                here=here,
                opening=ledger._opening_ids(statement),
                limit=MISSING_LIMIT,
            )
        )
        return [
            {
                "move_id": move_id,
                "name": name,
                "date": day,
                "ledger": statement._exact(booked),
                "statement": statement._exact(stated),
                "difference": statement._exact(booked) - statement._exact(stated),
            }
            for move_id, name, day, booked, stated in self.env.cr.fetchall()
        ]

    @api.model
    def _missing_html(self, statement):
        """These entries as a table for our own people."""
        rows = Markup("").join(
            Markup(
                '<tr><td>%s</td><td><a href="/odoo/account.move/%s">%s</a></td>'
                '<td class="text-end">%s</td>'
                '<td class="text-end">%s</td>'
                '<td class="text-end">%s</td></tr>'
            )
            % (
                *(row["date"] or "", row["move_id"], row["name"] or "?"),
                *(row["ledger"], row["statement"], row["difference"]),
            )
            for row in self._missing(statement)
        )
        titles = (
            self.env._("Date"),
            self.env._("Entry"),
            self.env._("Ledger"),
            self.env._("Statements"),
            self.env._("Difference"),
        )
        head = Markup("").join(Markup("<th>%s</th>") % title for title in titles)
        return Markup('<table class="table table-sm"><thead><tr>%s</tr></thead><tbody>%s</tbody></table>') % (
            head,
            rows,
        )
