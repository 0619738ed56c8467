"""Post stage: what stood on an account before its first bill."""

from datetime import timedelta

from odoo import api, models


class EcomPostOpening(models.AbstractModel):
    """Books opening balances, so that ledger and platform agree from the first bill on."""

    _name = "ecom.post.opening"
    _description = "Opening Balances"

    @api.model
    def _post(self, accounts, run):
        """Book what stood on the accounts before their first bills, so that ledger and platform agree.

        What the ledger account held before that day counts; if an older bill arrives later the
        entry is reversed and made anew.
        """
        plans = [plan for plan in map(self._opening, accounts) if plan]
        moves = self.env["ecom.books"]._book([values for _account, values in plans])
        booked = [(account, move, 0) for (account, _values), move in zip(plans, moves, strict=True)]
        self.env["ecom.posting"]._record(run, "opening", booked)
        return moves

    def _opening(self, account):
        """(account, values of its opening entry), or None if there is nothing to book."""
        bill = self._first_bill(account)
        if not bill:
            return None
        books, lookup = self.env["ecom.books"], self.env["ecom.role.map"]._lookup(account.company_id)
        nobody = self.env["ecom.shop"]
        ledger = lookup("platform_balance", account, nobody)
        old = self.env["ecom.posting"].search(
            [("account_id", "=", account.id), ("stage", "=", "opening"), ("state", "=", "posted")]
        )
        booked = sum(
            old.move_id.line_ids.filtered(lambda line: line.account_id == ledger).mapped("amount_currency")
        )
        before = bill.first_day - timedelta(days=1)
        date = books._open_day(account.company_id, before, account.journal_id)
        wanted = account.currency_id.round(
            bill.opening - self._ledger_before(account, ledger, bill.first_day)
        )
        if account.currency_id.is_zero(wanted - booked) and (not old or old.date <= date):
            return None
        self.env["ecom.reverser"]._reverse(old)
        if account.currency_id.is_zero(wanted):
            return None
        minor = round(wanted * 10**account.currency_id.decimal_places)
        label = self.env._("Opening balance of %s", account.name)
        ledgers = [ledger, lookup("opening", account, nobody)]
        return account, {
            "move_type": "entry",
            "journal_id": account.journal_id.id,
            "date": date,
            "ref": label,
            "line_ids": books._pair(
                account.company_id, account.currency_id, ledgers, minor, bill.first_day, name=label
            ),
        }

    def _first_bill(self, account):
        kind = "fund_flow" if account.takes_fund_flow else "settlement"
        return self.env["ecom.bill"].search(
            [
                ("account_id", "=", account.id),
                ("kind", "=", kind),
                ("has_balance", "=", True),
                ("state", "in", ("ready", "posted")),
                ("first_booked_at", "!=", False),
            ],
            order="first_booked_at, last_booked_at, first_day desc, id desc",
            limit=1,
        )

    def _ledger_before(self, account, ledger, day):
        """What the ledger account held before the first bill, without our own opening entries."""
        openings = self.env["ecom.posting"].search(
            [("account_id", "=", account.id), ("stage", "=", "opening")]
        )
        ours = openings.move_id | openings.reversal_id
        [[amount]] = self.env["account.move.line"]._read_group(
            [
                ("account_id", "=", ledger.id),
                ("parent_state", "=", "posted"),
                ("date", "<", day),
                ("move_id", "not in", ours.ids),
            ],
            aggregates=["amount_currency:sum"],
        )
        return amount or 0
