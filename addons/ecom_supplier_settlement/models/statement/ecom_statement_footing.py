"""Statement stage: the proof that opening amount, lines and ledger agree, or what is missing."""

from decimal import Decimal

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, float_repr

SUMS = {
    "amount_purchases": ("bill",),
    "amount_credits": ("return", "credit"),
    "amount_payments": ("payment",),
}
MISSING_LIMIT = 200


class EcomStatement(models.Model):
    """Opening + lines in the ledger = closing = what the payable accounts say, to the minor unit."""

    _inherit = "ecom.statement"

    amount_opening = fields.Monetary("Opening", readonly=True)
    amount_purchases = fields.Monetary("Bills", readonly=True)
    amount_credits = fields.Monetary("Credit Notes", readonly=True)
    amount_payments = fields.Monetary("Payments", readonly=True)
    amount_adjustments = fields.Monetary("Adjustments", readonly=True)
    amount_closing = fields.Monetary("Closing", readonly=True)
    amount_ledger = fields.Monetary(
        "Ledger", readonly=True, help="What the payable accounts owe the supplier by accounting date."
    )
    amount_timing = fields.Monetary(
        "Cut-off Difference",
        readonly=True,
        help="Documents with one of their dates before the end and one after it.",
    )
    amount_crossed = fields.Monetary(
        "Settled in Other Currencies",
        readonly=True,
        help="Documents in this currency that were matched with documents in another one.",
    )
    amount_difference = fields.Monetary("Difference", readonly=True)
    amount_unbilled = fields.Monetary("Received, not Billed", readonly=True)
    amount_terms = fields.Monetary("Terms, not Booked", readonly=True, help="Rebates, shares and claims.")
    amount_expected = fields.Monetary(
        "Closing with what is not Booked",
        compute="_compute_amount_expected",
        help="Closing + not billed + terms.",
    )
    missing_html = fields.Html("Missing", compute="_compute_missing_html", groups="base.group_user")

    @api.depends("amount_closing", "amount_unbilled", "amount_terms")
    def _compute_amount_expected(self):
        for statement in self:
            parts = (statement.amount_closing, statement.amount_unbilled, statement.amount_terms)
            statement.amount_expected = sum(parts)

    def _exact(self, amount):
        """A stored amount, or one read as text, as a Decimal with the currency's decimals."""
        if isinstance(amount, str):
            return Decimal(amount).quantize(Decimal(1).scaleb(-self.currency_id.decimal_places))
        return Decimal(float_repr(amount or 0, self.currency_id.decimal_places))

    def _footing(self):
        """The values of the footing as of now: lines are summed here, the ledger by itself.

        :return: {field: Decimal}; `amount_difference` is zero when the statement foots
        """
        self.env.flush_all()
        ledger, by_day, opened, crossed, crossed_before = self._ledger_sums()
        opening = (
            self._exact(self.previous_id.amount_closing) if self.previous_id else opened + crossed_before
        )
        sums, count = self._line_sums()
        booked = {
            name: sum((sums.get((origin, True), Decimal()) for origin in origins), Decimal())
            for name, origins in SUMS.items()
        }
        total = sum((amount for (_origin, in_ledger), amount in sums.items() if in_ledger), Decimal())
        rest = total - sum(booked.values())
        closing = opening + total
        timing = by_day - ledger
        unbilled = sums.get(("receipt", False), Decimal())
        memo = sum(
            (amount for (origin, in_ledger), amount in sums.items() if not in_ledger and origin != "receipt"),
            Decimal(),
        )
        return {
            "amount_opening": opening,
            **booked,
            "amount_adjustments": rest,
            "amount_closing": closing,
            "amount_ledger": ledger,
            "amount_timing": timing,
            "amount_crossed": crossed,
            "amount_difference": closing - (ledger + timing + crossed),
            "amount_unbilled": unbilled,
            "amount_terms": memo,
            "line_count": count,
        }

    def _ledger_sums(self):
        """What the ledger owes: by accounting date, by cut-off day, before the period; and matches across
        currencies until the end, and before the period."""
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
                **{"from": self.date_from, "to": self.date_to},
                items=self._sql_items(),
                crossings=self._sql_crossings(),
            )
        )
        # As text, because Odoo has numeric read as float.
        return [self._exact(amount) for amount in self.env.cr.fetchone()]

    def _line_sums(self):
        """Exact sums of the lines until the end of the period by origin and booking; number of lines."""
        self.env.cr.execute(
            SQL(
                """SELECT origin, in_ledger, count(*),
                          coalesce(sum(amount) FILTER (WHERE cutoff != 'after'), 0)::text
                     FROM ecom_statement_line WHERE statement_id = %s GROUP BY origin, in_ledger""",
                self.id,
            )
        )
        found = self.env.cr.fetchall()
        sums = {(origin, booked): self._exact(amount) for origin, booked, _count, amount in found}
        return sums, sum(count for _origin, _booked, count, _amount in found)

    def _check_foots(self):
        """Look again at the ledger as it is now.

        :raise UserError: it differs from the statement; the text names the entries
        """
        self._lock()
        now = self._footing()
        if now["amount_difference"] or now["amount_opening"] != self._exact(self.amount_opening):
            self._unseal().write(now)
            entries = "\n".join(
                f"{row['name']} {row['date']}: {row['ledger']} / {row['statement']}"
                for row in self._missing()[:20]
            )
            raise UserError(
                self.env._(
                    "%(name)s differs from the ledger by %(amount)s. Compute it again, or correct these "
                    "entries (ledger / statement):\n%(entries)s",
                    name=self.name,
                    amount=now["amount_difference"],
                    entries=entries,
                )
            )

    def _check_current(self):
        """No document of the statement may have changed since it was sent; late ones go to the next one.

        :raise UserError: names the documents
        """
        self.env.flush_all()
        changed = [row["name"] or "?" for row in self._missing(here=True)]
        changed += self._changed_crossings()
        if self._opening_now() != self._exact(self.amount_opening):
            changed.append(self.env._("Opening"))
        if changed:
            raise UserError(
                self.env._(
                    "Documents of %(name)s have changed: %(documents)s. Take it back and compute it again.",
                    name=self.name,
                    documents=", ".join(changed[:20]),
                )
            )

    def _opening_now(self):
        """What the opening is made of, as it is now: the closing before, or the items a first one counted."""
        if self.previous_id:
            return self._exact(self.previous_id.amount_closing)
        known = self._opening_ids()
        self.env.cr.execute(
            SQL(
                """SELECT (coalesce((SELECT -sum(i.amount_currency) FROM (%s) i WHERE i.id = ANY(%s)), 0)
                           + coalesce((SELECT sum(x.amount) FROM (%s) x WHERE x.id = ANY(%s)), 0))::text""",
                self._sql_items(),
                [number for number in known if number > 0],
                self._sql_crossings(),
                [-number for number in known if number < 0],
            )
        )
        return self._exact(self.env.cr.fetchone()[0])

    def _changed_crossings(self):
        """Names of the lines whose match across currencies is gone or has another amount."""
        self.env.cr.execute(
            SQL(
                """SELECT l.name FROM ecom_statement_line l LEFT JOIN (%s) x ON x.id = l.res_id
                    WHERE l.statement_id = %s AND l.res_model = 'account.partial.reconcile' AND l.in_ledger
                      AND x.amount IS DISTINCT FROM l.amount ORDER BY l.id LIMIT 20""",
                self._sql_crossings(),
                self.id,
            )
        )
        return [name for (name,) in self.env.cr.fetchall()]

    def _missing(self, here=False):
        """Entries whose amount in the ledger is not the one on the statements of this chain.

        :param here: only those that are on this statement
        :return: list of {move_id, name, date, ledger, statement, difference}, amounts are what we owe
        """
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
                items=self._sql_items(),
                to=self.date_to,
                id=self.id,
                chain=self._chain_ids(),
                here=here,
                opening=self._opening_ids(),
                limit=MISSING_LIMIT,
            )
        )
        return [
            {
                "move_id": move_id,
                "name": name,
                "date": day,
                "ledger": self._exact(ledger),
                "statement": self._exact(statement),
                "difference": self._exact(ledger) - self._exact(statement),
            }
            for move_id, name, day, ledger, statement in self.env.cr.fetchall()
        ]

    @api.depends("amount_difference", "computed_at")
    def _compute_missing_html(self):
        for statement in self:
            if not statement.id or statement.currency_id.is_zero(statement.amount_difference):
                statement.missing_html = False
                continue
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
                for row in statement._missing()
            )
            titles = (
                self.env._("Date"),
                self.env._("Entry"),
                self.env._("Ledger"),
                self.env._("Statements"),
                self.env._("Difference"),
            )
            head = Markup("").join(Markup("<th>%s</th>") % title for title in titles)
            statement.missing_html = Markup(
                '<table class="table table-sm"><thead><tr>%s</tr></thead><tbody>%s</tbody></table>'
            ) % (head, rows)
