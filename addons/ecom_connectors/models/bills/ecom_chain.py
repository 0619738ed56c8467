"""Load stage: how the bills of one account follow each other."""

from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL


class EcomChain(models.AbstractModel):
    """Compares every bill of an account with the one before it."""

    _name = "ecom.chain"
    _description = "Chain of Bills"

    @api.model
    def _follow(self, account, kind):
        """Say of every bill whether it continues the one before it.

        With balances: the opening balance must be the closing balance before it; bills that
        overlap are compared through the sum of the distinct lines up to their ends. Without
        balances only declared periods can show a missing day.
        """
        bills = self.env["ecom.bill"].search(
            [
                ("account_id", "=", account.id),
                ("kind", "=", kind),
                ("state", "in", ("ready", "posted")),
                ("first_day", "!=", False),
            ]
        )
        chained = bills.filtered(lambda bill: bill.has_balance and bill.last_booked_at)
        if chained:
            self._chain_balances(chained.sorted(lambda bill: (bill.last_booked_at, bill.first_booked_at)))
        else:
            self._chain_days(bills.filtered("date_from").sorted(lambda bill: (bill.first_day, bill.last_day)))

    def _chain_balances(self, bills):
        """`bills` in the order of their ends: what each one's end should be, and is."""
        overlapping = any(bill.known_count for bill in bills)
        sums = self._sums_until(bills) if overlapping else {}
        before, offset = None, 0
        for bill in bills:
            if overlapping:
                # Closing minus the sum of all lines until then is one constant while nothing is missing.
                base = bill.closing - sums[bill]
                difference, offset = base - offset, base
            else:
                difference = bill.opening - before.closing if before else 0
            overlaps = before and bill.first_booked_at < before.last_booked_at
            difference = bill.currency_id.round(difference) if before else 0
            self._set_chain(bill, before, difference, "overlap" if overlaps else "ok")
            before = bill

    def _sums_until(self, bills):
        """{bill: sum of all stored lines of the account and kind up to its last moment}."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """WITH ends AS (
                       SELECT id, last_booked_at FROM ecom_bill WHERE id IN %s
                   ), cut AS (
                       SELECT l.amount, (SELECT min(last_booked_at) FROM ends
                                          WHERE last_booked_at >= l.booked_at) AS until
                         FROM ecom_bill_line l WHERE l.account_id = %s AND l.kind = %s
                   ), slices AS (
                       SELECT until, sum(amount) AS amount FROM cut WHERE until IS NOT NULL GROUP BY until
                   )
                   SELECT e.id, coalesce(
                              (SELECT sum(amount) FROM slices s WHERE s.until <= e.last_booked_at), 0)
                     FROM ends e""",
                tuple(bills.ids),
                bills.account_id.id,
                bills[0].kind,
            )
        )
        sums = dict(self.env.cr.fetchall())
        return {bill: float(sums[bill.id]) for bill in bills}

    def _chain_days(self, bills):
        """Bills with declared periods and no balances: every day between them must be covered."""
        before = None
        for bill in bills:
            gap = before and bill.first_day > before.last_day + timedelta(days=1)
            overlaps = before and bill.first_day <= before.last_day
            self._set_chain(bill, before, 0, "gap" if gap else "overlap" if overlaps else "ok")
            if not before or bill.last_day > before.last_day:
                before = bill

    def _set_chain(self, bill, before, difference, state):
        values = {
            "chain_state": "first" if not before else "gap" if difference else state,
            "chain_difference": difference,
            "previous_id": before.id if before else False,
        }
        if any(
            (bill[name].id if name == "previous_id" else bill[name]) != value
            for name, value in values.items()
        ):
            bill._unseal().with_context(tracking_disable=True).write(values)
