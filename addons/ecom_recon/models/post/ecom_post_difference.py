"""Post stage: what matched orders have too much or too little, within tolerance or accepted."""

from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL

from ..match.ecom_match import TO_BOOK


class EcomPostDifference(models.AbstractModel):
    """Books small differences, one entry a day, and takes them back when the match has changed."""

    _name = "ecom.post.difference"
    _description = "Small Differences"

    @api.model
    def _post(self, account, run, when_locked):
        """Book what matches within tolerance (or accepted ones) have too much or too little, by sign."""
        self.env["ecom.reverser"]._reverse(self._stale(account))
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """SELECT m.id, m.order_id, m.shop_id, m.last_day, m.variance_received AS amount
                     FROM (SELECT * FROM ecom_match WHERE %s) m
                    WHERE m.state_received = 'tolerance'
                      AND (SELECT min(t.account_id) FROM ecom_tally t WHERE t.match_id = m.id) = %s
                    ORDER BY m.last_day, m.id""",
                SQL(TO_BOOK),
                account.id,
            )
        )
        by_day = defaultdict(list)
        for row in self.env.cr.dictfetchall():
            by_day[row["last_day"]].append(row)
        moves = self.env["account.move"]
        plans = [{"account": account, "items": [{"day": day}]} for day in by_day]
        self.env["ecom.poster"]._date(plans, when_locked)
        for plan in plans:
            moves |= self._post_day(account, run, plan["date"], plan["day"], by_day[plan["day"]])
        return moves

    def _stale(self, account):
        """Postings whose match has changed since, or is gone."""
        self.env.cr.execute(
            SQL(
                """WITH changed AS MATERIALIZED (SELECT order_id FROM ecom_match WHERE %s)
                   SELECT p.id FROM ecom_posting p JOIN (
                       SELECT posting_id FROM ecom_posting_difference
                        WHERE match_id IS NULL AND NOT reversed
                       UNION
                       SELECT d.posting_id FROM changed
                         JOIN ecom_posting_difference d ON d.order_id = changed.order_id AND NOT d.reversed
                   ) stale ON stale.posting_id = p.id
                    WHERE p.account_id = %s""",
                SQL(TO_BOOK),
                account.id,
            )
        )
        return self.env["ecom.posting"].browse([posting_id for [posting_id] in self.env.cr.fetchall()])

    def _post_day(self, account, run, date, day, rows):
        """One entry for all differences of one day."""
        books, lookup = self.env["ecom.books"], self.env["ecom.role.map"]._lookup(account.company_id)
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
            pair = books._pair(account.company_id, account.currency_id, ledgers, minor, day, name=label)
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
        move = books._book([values])
        posting = self.env["ecom.posting"]._record(run, "difference", [(account, move, len(rows))])
        # Nobody writes a posting but the stage.
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
        self.env.cr.execute(
            SQL(
                "UPDATE ecom_match SET difference_booked = variance_received WHERE id = ANY(%s)",
                [row["id"] for row in rows],
            )
        )
        self.env["ecom.match"].invalidate_model(["difference_booked"])
        return move
