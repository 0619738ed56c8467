"""Post stage: opening balances, small differences, and the receivables that bills clear."""

from collections import defaultdict
from datetime import timedelta

from odoo import models
from odoo.tools import SQL


class EcomPoster(models.AbstractModel):
    _inherit = "ecom.poster"

    # --- opening balance -------------------------------------------------------

    def _openings(self, accounts, run):
        """Book what stood on the accounts before their first bills, so that ledger and platform agree.

        What the ledger account held before that day counts; if an older bill arrives later the
        entry is reversed and made anew.
        """
        plans = [plan for plan in map(self._opening, accounts) if plan]
        moves = self._create_moves([values for _account, values in plans])
        for (account, _values), move in zip(plans, moves, strict=True):
            self._record(account, run, "opening", move)
        return moves

    def _opening(self, account):
        """(account, values of its opening entry), or None if there is nothing to book."""
        bill = self._first_bill(account)
        if not bill:
            return None
        lookup = self.env["ecom.role.map"]._lookup(account.company_id)
        nobody = self.env["ecom.shop"]
        ledger = lookup("platform_balance", account, nobody)
        old = self.env["ecom.posting"].search(
            [("account_id", "=", account.id), ("stage", "=", "opening"), ("state", "=", "posted")]
        )
        booked = sum(
            old.move_id.line_ids.filtered(lambda line: line.account_id == ledger).mapped("amount_currency")
        )
        date = self._open_after(account, bill.first_day - timedelta(days=1))
        wanted = account.currency_id.round(
            bill.opening - self._ledger_before(account, ledger, bill.first_day)
        )
        if account.currency_id.is_zero(wanted - booked) and (not old or old.date <= date):
            return None
        self._reverse(old)
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
            "line_ids": self._plain_items(account, bill.first_day, ledgers, [minor, -minor], label),
        }

    def _plain_items(self, account, day, ledgers, amounts, label):
        """Journal items of minor units on ledger accounts, at the rate of a day."""
        scale = 10**account.currency_id.decimal_places
        own = 10**account.company_id.currency_id.decimal_places
        return [
            (
                0,
                0,
                {
                    "account_id": ledger.id,
                    "name": label,
                    "currency_id": account.currency_id.id,
                    "amount_currency": amount / scale,
                    "balance": balance / own,
                },
            )
            for ledger, amount, balance in zip(
                ledgers, amounts, self._balances(account, amounts, day), strict=True
            )
        ]

    def _first_bill(self, account):
        kind = "fund_flow" if account.takes_fund_flow else "settlement"
        bills = self.env["ecom.bill"].search(
            [
                ("account_id", "=", account.id),
                ("kind", "=", kind),
                ("has_balance", "=", True),
                ("state", "in", ("ready", "posted")),
                ("first_booked_at", "!=", False),
            ]
        )
        return bills.sorted(lambda bill: (bill.first_booked_at, bill.last_booked_at))[:1]

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

    def _record(self, account, run, stage, move, lines=0):
        # As in `_link`.
        return (
            self.env["ecom.posting"]
            .sudo()
            .create(
                {
                    "account_id": account.id,
                    "company_id": account.company_id.id,
                    "run_id": run.id,
                    "date": move.date,
                    "stage": stage,
                    "move_id": move.id,
                    "line_count": lines,
                }
            )
        )

    # --- small differences -----------------------------------------------------

    def _post_differences(self, account, run, when_locked):
        """Book what matches within tolerance (or accepted ones) have too much or too little, by sign."""
        self._reverse(self._stale_differences(account))
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """SELECT m.id, m.order_id, m.shop_id, m.last_day, m.variance_received AS amount
                     FROM ecom_match m
                    WHERE m.state_received = 'tolerance' AND m.variance_received <> 0
                      AND (SELECT min(t.account_id) FROM ecom_tally t WHERE t.match_id = m.id) = %s
                      AND NOT EXISTS (SELECT 1 FROM ecom_posting_difference d
                                       WHERE d.order_id = m.order_id AND NOT d.reversed)
                    ORDER BY m.last_day, m.id""",
                account.id,
            )
        )
        by_day = defaultdict(list)
        for row in self.env.cr.dictfetchall():
            by_day[row["last_day"]].append(row)
        moves = self.env["account.move"]
        plans = [{"account": account, "items": [{"day": day}]} for day in by_day]
        self._date(plans, when_locked)
        for plan in plans:
            moves |= self._post_difference(account, run, plan["date"], plan["day"], by_day[plan["day"]])
        return moves

    def _stale_differences(self, account):
        """Postings whose match has changed since."""
        self.env.cr.execute(
            SQL(
                """SELECT DISTINCT d.posting_id FROM ecom_posting_difference d
                     JOIN ecom_posting p ON p.id = d.posting_id
                     LEFT JOIN ecom_match m ON m.order_id = d.order_id
                    WHERE NOT d.reversed AND p.account_id = %s
                      AND (m.id IS NULL OR m.state_received <> 'tolerance'
                           OR m.variance_received <> d.amount)""",
                account.id,
            )
        )
        return self.env["ecom.posting"].browse([posting_id for [posting_id] in self.env.cr.fetchall()])

    def _post_difference(self, account, run, date, day, rows):
        """One entry for all differences of one day."""
        lookup = self.env["ecom.role.map"]._lookup(account.company_id)
        table = self.env["ecom.voucher.template"]._by_category(account.company_id)
        sale = self.env.ref("ecom_connectors.category_order_payment")
        items = []
        for row in rows:
            shop = self.env["ecom.shop"].browse(row["shop_id"])
            order = self.env["sale.order"].browse(row["order_id"])
            minor = round(row["amount"] * 10**account.currency_id.decimal_places)
            counter = table[sale, shop.posting_mode][0]
            small = "small_gain" if minor > 0 else "small_loss"
            ledgers = [lookup(role, account, shop) for role in (counter.role_id.code, small)]
            label = self.env._("Difference of %s", order.ecom_order_no)
            pair = self._plain_items(account, day, ledgers, [minor, -minor], label)
            if counter.partner == "order":
                partner = order.partner_invoice_id.commercial_partner_id
                pair[0][2].update(partner_id=partner.id, ecom_order_id=order.id)
            items += pair
        values = {
            "move_type": "entry",
            "journal_id": account.journal_id.id,
            "date": date,
            "ref": self.env._("%(account)s %(day)s small differences", account=account.name, day=day),
            "line_ids": items,
        }
        move = self._create_moves([values])
        posting = self._record(account, run, "difference", move, len(rows))
        # As in `_link`.
        self.env["ecom.posting.difference"].sudo().create(
            [
                {
                    "posting_id": posting.id,
                    "match_id": row["id"],
                    "order_id": row["order_id"],
                    "amount": row["amount"],
                }
                for row in rows
            ]
        )
        return move

    # --- receivables -------------------------------------------------------------

    def _reconcile_orders(self, accounts):
        """Clear the receivable of every invoiced order with what its bill lines brought.

        Money for several orders paid together carries the first of them and clears the invoices of all.
        """
        self.env.flush_all()
        # `+ 0`: an invoice has few entries, a receivable account nearly all. Without statistics of the
        # entries just made, PostgreSQL may look them up by the account.
        self.env.cr.execute(
            SQL(
                """WITH ours AS (
                       SELECT l.id, l.ecom_order_id AS order_id, l.account_id
                         FROM account_move_line l JOIN account_account a ON a.id = l.account_id
                        WHERE l.journal_id IN %s AND l.ecom_order_id IS NOT NULL AND l.parent_state = 'posted'
                          AND NOT coalesce(l.reconciled, false) AND a.reconcile
                   ), paid AS (
                       SELECT o.order_id, o.account_id, coalesce(other.order_id, o.order_id) AS member_id
                         FROM (SELECT DISTINCT order_id, account_id FROM ours) o
                         LEFT JOIN ecom_match_order mine ON mine.order_id = o.order_id
                         LEFT JOIN ecom_match_order other ON other.match_id = mine.match_id
                   ), invoiced AS (
                       SELECT DISTINCT o.order_id, r.id, o.account_id
                         FROM paid o JOIN sale_order_line s ON s.order_id = o.member_id
                         JOIN sale_order_line_invoice_rel x ON x.order_line_id = s.id
                         JOIN account_move_line i ON i.id = x.invoice_line_id AND i.parent_state = 'posted'
                         JOIN account_move_line r ON r.move_id = i.move_id AND r.account_id + 0 = o.account_id
                          AND NOT coalesce(r.reconciled, false)
                   )
                   SELECT order_id, account_id, array_agg(id) FROM (
                       SELECT order_id, account_id, id FROM invoiced
                       UNION ALL
                       SELECT o.order_id, o.account_id, o.id FROM ours o
                        WHERE EXISTS (SELECT 1 FROM invoiced i WHERE i.order_id = o.order_id)
                   ) x GROUP BY order_id, account_id ORDER BY order_id""",
                tuple(accounts.journal_id.ids),
            )
        )
        lines = self.env["account.move.line"]
        plan = [lines.browse(ids) for _order, _ledger, ids in self.env.cr.fetchall()]
        if plan:
            lines._reconcile_plan(plan)
