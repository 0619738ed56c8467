"""Load stage: how the bills of one account follow each other."""

from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL


class EcomChain(models.AbstractModel):
    """Compares every bill of an account with the one before it."""

    _name = "ecom.chain"
    _description = "Chain of Bills"

    @api.model
    def _follow(self, fresh):
        """Say of the bills of one account and kind whether each continues the one before it.

        With balances: the opening balance must be the closing balance before it; bills that
        overlap are compared through the sum of the distinct lines up to their ends. Without
        balances only declared periods can show a missing day.

        :param fresh: the bills that have just come in; only they and what ends after they begin can have
            got another neighbour, so what is long since told is not read again
        """
        bills = Domain(
            [
                ("account_id", "=", fresh.account_id.id),
                ("kind", "=", fresh[0].kind),
                ("state", "in", ("ready", "posted")),
                ("first_day", "!=", False),
            ]
        )
        balanced = bills & Domain([("has_balance", "=", True), ("last_booked_at", "!=", False)])
        if self.env["ecom.bill"].search_count(balanced, limit=1):
            self._chain_balances(balanced, fresh)
        else:
            self._chain_days(bills & Domain("date_from", "!=", False), fresh.filtered("date_from"))

    def _chain_balances(self, domain, fresh):
        """In the order of their ends: what each one's end should be, and is."""
        bills = self.env["ecom.bill"]
        since = min(fresh.filtered("first_booked_at").mapped("first_booked_at"), default=None)
        if since is None:
            return
        before = bills.search(
            domain & Domain("last_booked_at", "<", since),
            order="last_booked_at desc, first_booked_at desc, first_day, id",
            limit=1,
        )
        overlapping = bool(bills.search_count(domain & Domain("known_count", ">", 0), limit=1))
        if overlapping and before and not before.has_lines_until:
            # The first file that overlaps: from now on every bill knows the sum of all lines until its end.
            before = bills.browse()
        tail = bills.search(
            domain & Domain("last_booked_at", ">", before.last_booked_at) if before else domain
        )
        tail = tail.sorted(lambda bill: (bill.last_booked_at, bill.first_booked_at))
        if overlapping:
            self._keep_sums(tail, before)
        for bill in tail:
            if overlapping:
                # Closing minus the sum of all lines until then is one constant while nothing is missing.
                difference = (bill.closing - bill.lines_until) - (before.closing - before.lines_until)
            else:
                difference = bill.opening - before.closing
            overlaps = before and bill.first_booked_at < before.last_booked_at
            difference = bill.currency_id.round(difference) if before else 0
            self._set_chain(bill, before, difference, "overlap" if overlaps else "ok")
            before = bill

    def _keep_sums(self, bills, before):
        """Write to each of `bills` the sum of all stored lines of the account and kind up to its last moment.

        :param before: the last bill that ends before all of them and knows its sum, or none: from the start
        """
        self.env.flush_all()
        later = SQL("AND l.booked_at > %s", before.last_booked_at) if before else SQL()
        # A line is in the bill that brought it, which does not end before it.
        of_later = SQL("AND b.last_booked_at > %s", before.last_booked_at) if before else SQL()
        self.env.cr.execute(
            SQL(
                """WITH moments AS (
                       SELECT l.booked_at AS at, sum(l.amount) AS amount
                         FROM ecom_bill b JOIN ecom_bill_line l ON l.bill_id = b.id %(later)s
                        WHERE b.account_id = %(account)s AND b.kind = %(kind)s %(of_later)s GROUP BY 1
                       UNION ALL
                       SELECT last_booked_at, 0 FROM ecom_bill WHERE id = ANY(%(bills)s)
                   ), sums AS (
                       SELECT at, sum(sum(amount)) OVER (ORDER BY at) AS amount FROM moments GROUP BY at
                   )
                   UPDATE ecom_bill b SET has_lines_until = true, lines_until = s.amount + %(start)s
                     FROM sums s WHERE b.id = ANY(%(bills)s) AND s.at = b.last_booked_at""",
                later=later,
                of_later=of_later,
                account=bills.account_id.id,
                kind=bills[0].kind,
                bills=bills.ids,
                start=SQL(
                    "coalesce((SELECT lines_until FROM ecom_bill WHERE id = %s), 0)", before.id or None
                ),
            )
        )
        bills.invalidate_recordset(["has_lines_until", "lines_until"])

    def _chain_days(self, domain, fresh):
        """Bills with declared periods and no balances: every day between them must be covered."""
        if not fresh:
            return
        bills = self.env["ecom.bill"]
        first, last = min((bill.first_day, bill.last_day) for bill in fresh)
        earlier = Domain("first_day", "<", first) | Domain(
            [("first_day", "=", first), ("last_day", "<", last)]
        )
        before = bills.search(domain & earlier, order="last_day desc, first_day, id desc", limit=1)
        tail = bills.search(domain & ~earlier)
        for bill in tail.sorted(lambda bill: (bill.first_day, bill.last_day)):
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
