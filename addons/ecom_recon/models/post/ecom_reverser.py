"""Post stage, backwards: entries are reversed, matches opened, nothing is erased."""

from collections import Counter

from odoo import api, models
from odoo.tools import SQL


class EcomReverser(models.AbstractModel):
    """Undoes postings: entries by reversal, verdicts by opening the tallies again."""

    _name = "ecom.reverser"
    _description = "Reverser"

    @api.model
    def _undo(self, postings):
        """Reverse postings with all that builds on them and open the matches of their lines.

        In an open period the reversal carries the date of the entry; in a locked one it is dated
        on the first open day and the locked month stays as it was.

        :return: the run that logs it
        """
        postings = postings.filtered(lambda posting: posting.state == "posted")
        with self.env["ecom.stage"]._stage("undo", postings.account_id) as run:
            self.env.flush_all()
            postings |= self._built_upon(postings)
            tallies = self._tallies(postings)
            for account, group in postings.grouped("account_id").items():
                # The context is replaced, not added to: nothing of the caller may reach the checks.
                own = self.env["ecom.books"]._context(account.company_id)
                reverser = self.with_context(own)  # pylint: disable=context-overridden
                reverser._reverse(group.with_env(reverser.env))
            self._open_tallies(tallies)
            self._bills(postings)._refresh_posted(postings.account_id)
            empty = postings.run_id.filtered(
                lambda done: (
                    not self.env["ecom.posting"].search_count(
                        [("run_id", "=", done.id), ("state", "=", "posted")], limit=1
                    )
                )
            )
            empty._write_log(undone=True)
            run._count(move_count=len(postings), line_count=sum(postings.mapped("line_count")))
        return run

    def _built_upon(self, postings):
        """Re-classifications and differences of the same lines must go first."""
        self.env.cr.execute(
            SQL(
                """SELECT DISTINCT other.posting_id FROM ecom_posting_line mine
                     JOIN ecom_posting_line other ON other.line_id = mine.line_id AND NOT other.reversed
                    WHERE mine.posting_id = ANY(%s) AND mine.stage = 'money' AND other.stage = 'reclass'
                    UNION
                   SELECT DISTINCT d.posting_id FROM ecom_posting_line mine
                     JOIN ecom_bill_line l ON l.id = mine.line_id JOIN ecom_tally t ON t.id = l.tally_id
                     JOIN ecom_match_order mo ON mo.match_id = t.match_id
                     JOIN ecom_posting_difference d ON d.order_id = mo.order_id AND NOT d.reversed
                    WHERE mine.posting_id = ANY(%s)""",
                postings.ids,
                postings.ids,
            )
        )
        return self.env["ecom.posting"].browse([posting_id for [posting_id] in self.env.cr.fetchall()])

    def _tallies(self, postings):
        self.env.cr.execute(
            SQL(
                """SELECT DISTINCT l.tally_id FROM ecom_posting_line p
                     JOIN ecom_bill_line l ON l.id = p.line_id WHERE p.posting_id = ANY(%s)""",
                postings.ids,
            )
        )
        return [tally_id for [tally_id] in self.env.cr.fetchall()]

    def _bills(self, postings):
        self.env.cr.execute(
            SQL(
                """SELECT DISTINCT l.bill_id FROM ecom_posting_line p
                     JOIN ecom_bill_line l ON l.id = p.line_id WHERE p.posting_id = ANY(%s)""",
                postings.ids,
            )
        )
        return self.env["ecom.bill"].browse([bill_id for [bill_id] in self.env.cr.fetchall()])

    def _reverse(self, postings):
        """Reverse the entries, latest first; keep both, linked."""
        ordered = postings.sorted("id", reverse=True)
        reversals = self.env["ecom.books"]._reverse(ordered.move_id)
        for posting, reversal in zip(ordered, reversals, strict=True):
            # Nobody writes a posting but the stage.
            posting.sudo().write({"state": "reversed", "reversal_id": reversal.id})
        # At once: the database allows one posting of a kind that is not reversed.
        postings.flush_recordset(["state", "reversal_id"])
        if postings:
            self.env.cr.execute(
                SQL("UPDATE ecom_posting_line SET reversed = true WHERE posting_id = ANY(%s)", postings.ids)
            )
            self.env.cr.execute(
                SQL(
                    "UPDATE ecom_posting_difference SET reversed = true WHERE posting_id = ANY(%s)",
                    postings.ids,
                )
            )
            self.env.cr.execute(
                SQL(
                    """UPDATE ecom_match m SET difference_booked = 0 FROM ecom_posting_difference d
                        WHERE d.posting_id = ANY(%s) AND m.order_id = d.order_id""",
                    postings.ids,
                )
            )
            # What a re-classification took off suspense stands there again, unless its own entry goes too.
            self.env.cr.execute(
                SQL(
                    """UPDATE ecom_posting_line m SET suspense = true FROM ecom_posting_line r
                        WHERE r.posting_id = ANY(%s) AND r.stage = 'reclass'
                          AND m.line_id = r.line_id AND m.stage = 'money' AND NOT m.reversed""",
                    postings.ids,
                )
            )
            for name in ("ecom.posting.line", "ecom.posting.difference", "ecom.match"):
                self.env[name].invalidate_model()

    def _open_tallies(self, tally_ids):
        """As before the match: no verdict, to be looked at again. What a person has decided stays."""
        cr = self.env.cr
        cr.execute(
            SQL(
                "SELECT DISTINCT match_id FROM ecom_tally WHERE id = ANY(%s) AND match_id IS NOT NULL",
                tally_ids,
            )
        )
        matches = [match_id for [match_id] in cr.fetchall()]
        cr.execute(
            SQL(
                """UPDATE ecom_tally
                      SET state = 'open', rule = NULL, match_id = NULL, how = NULL, dirty = true
                    WHERE (id = ANY(%s) OR match_id = ANY(%s)) AND state <> 'ignored'""",
                tally_ids,
                matches,
            )
        )
        gone = SQL(
            """(SELECT * FROM ecom_match m WHERE id = ANY(%s)
                  AND NOT EXISTS (SELECT 1 FROM ecom_tally t WHERE t.match_id = m.id))""",
            matches,
        )
        lags = self.env["ecom.lag"]
        lags._change(lags._count(gone), Counter())
        cr.execute(
            SQL(
                """WITH gone AS (DELETE FROM ecom_match WHERE id IN (SELECT id FROM %s x) RETURNING id)
                   DELETE FROM ecom_match_order o USING gone WHERE o.match_id = gone.id
                   RETURNING o.order_id""",
                gone,
            )
        )
        orders = [order_id for [order_id] in cr.fetchall()]
        self.env["ecom.awaited"]._add(SQL("SELECT unnest(%s::int[])", orders))
        self.env.invalidate_all()
