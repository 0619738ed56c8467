"""Explain stage: what does not fit becomes one exception per cause; what fits again closes it."""

from collections import defaultdict
from datetime import timedelta

import numpy as np
import pandas as pd

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.ecom_connectors.models.kernel.days import local_day

from ..match.ecom_awaited import REFUNDED
from ..match.ecom_match_facts import DUE_DAY, EXPECTED
from .exception_types import TYPES

# A line without an order number may pay an order that is up to so many days old.
WINDOW_DAYS = 30
# Lines of two bills of one account that belong together are booked a day apart at most.
CLEARING_DAYS = 1
# Files that declare no period are taken to follow each other over so many quiet days.
QUIET_DAYS = 2


class EcomExplainer(models.AbstractModel):
    """Finds the causes among what the matcher left; every cause has a key that a rerun finds again."""

    _name = "ecom.explainer"
    _description = "Explainer"

    @api.model
    def _explain(self, accounts, orders, verdict, torn, run):
        found = list(self._from_verdicts(orders, verdict))
        for kind in TYPES.values():
            if kind.finder:
                found += getattr(self, kind.finder)(accounts)
        unresolved, candidates = self._unresolved(accounts, torn)
        found += unresolved
        found += self._missing_bills(accounts, candidates)
        self.env["ecom.exception"]._sync(accounts, found, run)

    def _from_verdicts(self, orders, verdict):
        """Differences of orders that have bill lines."""
        if orders.empty:
            return
        odd = verdict["exception"] != ""
        for row in pd.concat([orders[odd], verdict[odd]], axis=1).to_dict("records"):
            yield {
                "cause": f"order:{row['comp']}",
                "type": row["exception"],
                "order_id": int(row["comp"]),
                "shop_id": int(row["shop_id"]),
                "currency_id": int(row["bill_currency"]),
                "amount": row["exception_amount"] / row["scale"],
                "day": row["last_day"],
            }

    def _unknown_words(self, _accounts):
        """One exception per word, whatever number of lines waits for it."""
        rows = self._rows(
            """SELECT r.id, r.account_id, r.kind, l.currency_id, l.word, sum(l.amount) AS amount,
                      min(l.day) AS day
                 FROM run_tally r JOIN ecom_bill_line l ON l.tally_id = r.id
                WHERE r.prefix = 'word' GROUP BY r.id, r.account_id, r.kind, l.currency_id, l.word"""
        )
        self._set_state([row["id"] for row in rows], "exception")
        for row in rows:
            yield {
                "cause": f"word:{row['account_id']}:{row['kind']}:{row['word']}",
                "type": "unknown_category",
                "account_id": row["account_id"],
                "tally_id": row["id"],
                "currency_id": row["currency_id"],
                "amount": row["amount"],
                "day": row["day"],
                "detail": row["word"],
            }

    def _chain_gaps(self, accounts):
        bills = self.env["ecom.bill"].search(
            [("account_id", "in", accounts.ids), ("chain_state", "=", "gap")]
        )
        for bill in bills:
            yield {
                "cause": f"chain:{bill.id}",
                "type": "chain_gap",
                "account_id": bill.account_id.id,
                "bill_id": bill.id,
                "currency_id": bill.currency_id.id,
                "amount": bill.chain_difference,
                "day": bill.first_day,
            }

    # --- lines that found no order -------------------------------------------

    def _unresolved(self, accounts, torn):
        """Exceptions of lines without an order, and the orders they might be for.

        :param torn: tallies that several orders claim
        """
        rows = self._rows(
            """SELECT r.id, r.account_id, r.name, r.prefix, min(l.currency_id) AS currency_id,
                      coalesce(sum(l.amount) FILTER (WHERE %(received)s), 0) AS received,
                      coalesce(sum(l.amount) FILTER (WHERE %(refunded)s OR %(subsidy)s), 0) AS refunded,
                      count(*) FILTER (WHERE c.kind IN ('receivable', 'refund')) AS movements,
                      min(l.day) AS day, max(l.refund_ref) AS refund_ref, max(l.order_ref) AS order_ref
                 FROM run_tally r JOIN ecom_bill_line l ON l.tally_id = r.id
                 LEFT JOIN ecom_category c ON c.id = l.category_id
                WHERE r.prefix IN ('', 'refund', 'transaction', 'line') AND NOT r.clears
                  AND NOT EXISTS (SELECT 1 FROM run_member m WHERE m.tally_id = r.id)
                GROUP BY r.id, r.account_id, r.name, r.prefix ORDER BY r.id""",
            **self.env["ecom.match.facts"]._legs(),
        )
        seen = self._orders_seen(accounts)
        alone = [row for row in rows if not row["movements"]]
        self._set_state([row["id"] for row in alone], "matched", "fee_alone")
        waiting, odd = [], []
        for row in rows:
            if row["movements"]:
                until = seen.get(row["account_id"])
                (odd if until and row["day"] <= until else waiting).append(row)
        self._set_state([row["id"] for row in waiting], "timing")
        self._set_state([row["id"] for row in odd], "exception")
        candidates = self._candidates(
            [row["id"] for row in odd if row["received"] > 0 and not row["order_ref"]]
        )
        found = [self._without_order(row, candidates.get(row["id"], []), row["id"] in torn) for row in odd]
        return found, {order for orders in candidates.values() for order in orders}

    def _without_order(self, row, candidates, torn):
        paid = row["received"] != 0
        if torn or len(candidates) > 1:
            kind = "ambiguous"
        else:
            kind = "missing_order" if paid else "refund_without_order"
        return {
            "cause": f"tally:{row['id']}",
            "type": kind,
            "account_id": row["account_id"],
            "tally_id": row["id"],
            "currency_id": row["currency_id"],
            "amount": row["received"] if paid else row["refunded"],
            "day": row["day"],
            "order_no": row["order_ref"] or (row["name"] if row["prefix"] == "" else None),
            "refund_no": row["refund_ref"],
            "candidate_ids": sorted(candidates),
        }

    def _orders_seen(self, accounts):
        """{account: last day up to which its shops' orders are here}."""
        last = SQL("(SELECT max(o.date_order) FROM sale_order o WHERE o.ecom_shop_id = s.id)")
        rows = self._rows(
            """SELECT r.ecom_account_id AS account_id, max(%s) AS day
                 FROM ecom_account_ecom_shop_rel r JOIN ecom_shop s ON s.id = r.ecom_shop_id
                WHERE r.ecom_account_id IN %s GROUP BY r.ecom_account_id""",
            local_day(last, SQL("s.timezone")),
            tuple(accounts.ids),
        )
        return {row["account_id"]: row["day"] for row in rows}

    def _candidates(self, tally_ids):
        """{tally: open orders of exactly the amount it brought, not older than the window}."""
        if not tally_ids:
            return {}
        rows = self._rows(
            """SELECT t.id, o.id AS order_id
                 FROM (SELECT l.tally_id AS id, min(l.account_id) AS account_id,
                              min(l.currency_id) AS currency_id,
                              sum(l.amount) AS amount, min(l.day) AS day
                         FROM ecom_bill_line l JOIN ecom_category c ON c.id = l.category_id
                        WHERE l.tally_id IN %s AND c.kind = 'receivable' GROUP BY l.tally_id) t
                 JOIN ecom_account_ecom_shop_rel r ON r.ecom_account_id = t.account_id
                 JOIN ecom_shop s ON s.id = r.ecom_shop_id
                 JOIN sale_order o ON o.ecom_shop_id = s.id AND o.currency_id = t.currency_id
                  AND %s = t.amount AND o.state <> 'cancel'
                  AND o.date_order >= t.day - %s AND o.date_order < t.day + 2
                WHERE NOT EXISTS (SELECT 1 FROM ecom_match_order m WHERE m.order_id = o.id)""",
            tuple(tally_ids),
            EXPECTED,
            WINDOW_DAYS,
        )
        found = defaultdict(list)
        for row in rows:
            found[row["id"]].append(row["order_id"])
        return found

    # --- orders that found no line -------------------------------------------

    def _missing_bills(self, accounts, candidates):
        """Orders that are due and covered by bills, and still without a line."""
        shops = accounts.shop_ids
        if not shops:
            return
        self.env["ecom.awaited"]._drop(shops)
        rows = self._rows(
            """SELECT x.* FROM (
                   SELECT o.id, o.ecom_shop_id AS shop_id, o.currency_id, %(due)s AS day,
                          %(refunded)s - %(expected)s AS amount
                     FROM ecom_awaited w JOIN sale_order o ON o.id = w.order_id
                     JOIN ecom_shop s ON s.id = o.ecom_shop_id
                    WHERE w.shop_id = ANY(%(shops)s)) x
                WHERE x.amount < 0 ORDER BY x.id""",
            due=DUE_DAY,
            expected=EXPECTED,
            refunded=REFUNDED,
            shops=shops.ids,
        )
        waits = self._waits(shops)
        waiting = waits([row["shop_id"] for row in rows], [row["day"] for row in rows])
        for row, wait in zip(rows, waiting, strict=True):
            if not wait and row["id"] not in candidates:
                yield {
                    "cause": f"order:{row['id']}",
                    "type": "missing_bill",
                    "order_id": row["id"],
                    "shop_id": row["shop_id"],
                    "currency_id": row["currency_id"],
                    "amount": row["amount"],
                    "day": row["day"],
                }

    def _waits(self, shops):
        """A function (shop ids, days) -> list of bool: whether the bill line may still come.

        It may while the bills that are here do not cover the day and the shop's waiting days
        after it. The waiting days are the shop's own, or longer if its orders are known to
        settle later: 99 of 100 matched ones within that time.
        """
        patience = self._patience(shops)

        def waits(shop_ids, days):
            # Many orders, few days of few shops: each pair is looked at once.
            day_codes, known = pd.factorize(pd.Series(list(days), dtype=object))
            shop_codes, known_shops = pd.factorize(pd.Series(list(shop_ids), dtype="int64"))
            if not len(known):
                return [True for _day in days]
            kinds = {account: account._kinds()[-1] for account in shops.account_ids}
            spans = self._covered([(account, kind) for account, kind in kinds.items()], min(known))
            covered = {
                shop.id: [spans[account, kinds[account]] for account in shop.account_ids] for shop in shops
            }

            def one(shop_id, day):
                until = day + timedelta(days=patience.get(shop_id, 0))
                return not covered.get(shop_id) or not all(
                    any(start <= day and until <= end for start, end in spans) for spans in covered[shop_id]
                )

            # A day that is not known has the number -1.
            pairs, place = np.unique(shop_codes * (len(known) + 1) + day_codes + 1, return_inverse=True)
            told = [
                not code % (len(known) + 1)
                or one(int(known_shops[code // (len(known) + 1)]), known[code % (len(known) + 1) - 1])
                for code in pairs.tolist()
            ]
            return np.array(told, dtype=bool)[place].tolist()

        return waits

    def _patience(self, shops):
        """{shop: days an order may wait after it was due}."""
        late = self.env["ecom.lag"]._within(shops)
        return {shop.id: max(shop.timing_days, late.get(shop.id) or 0) for shop in shops}

    def _covered(self, wanted, since):
        """The days that bills cover, as far as it matters from a day on.

        What ends before that day matters no more, but for the last of it: quiet days may follow.

        :param wanted: list of (account, kind)
        :return: {(account, kind): [(first day, last day)] without gaps between them}
        """
        if not wanted:
            return {}
        covers = SQL(
            """SELECT b.account_id, b.kind, b.first_day, b.last_day, b.has_balance, b.chain_state,
                      b.date_from IS NOT NULL AS declared
                 FROM ecom_bill b WHERE b.account_id = w.account_id AND b.kind = w.kind
                  AND b.state IN ('ready', 'posted') AND b.first_day IS NOT NULL"""
        )
        rows = self._rows(
            """SELECT x.* FROM unnest(%(accounts)s::int[], %(kinds)s::text[]) AS w (account_id, kind)
                 CROSS JOIN LATERAL (
                     (%(covers)s AND b.last_day < %(since)s ORDER BY b.last_day DESC LIMIT 1)
                     UNION ALL %(covers)s AND b.last_day >= %(since)s) x
                ORDER BY x.first_day, x.last_day""",
            accounts=[account.id for account, _kind in wanted],
            kinds=[kind for _account, kind in wanted],
            covers=covers,
            since=since,
        )
        spans = {pair: [] for pair in wanted}
        accounts = self.env["ecom.account"]
        for bill in rows:
            mine = spans[accounts.browse(bill["account_id"]), bill["kind"]]
            if mine and (
                bill["first_day"] <= mine[-1][1] + timedelta(days=1) or self._follows(bill, mine[-1][1])
            ):
                mine[-1] = (mine[-1][0], max(mine[-1][1], bill["last_day"]))
            else:
                mine.append((bill["first_day"], bill["last_day"]))
        return spans

    def _follows(self, bill, last_day):
        """Quiet days between two bills are covered if the balances say that nothing happened."""
        if bill["has_balance"]:
            return bill["chain_state"] in ("ok", "overlap")
        return not bill["declared"] and bill["first_day"] <= last_day + timedelta(days=1 + QUIET_DAYS)

    # --- settlement and fund flow --------------------------------------------

    def _clearing(self, _accounts):
        """Every transaction must be the same in both kinds of bill of its account."""
        rows = self._rows(
            """WITH fund AS (
                   SELECT r.id, r.account_id, r.name, r.prefix, coalesce(sum(l.amount), 0) AS amount,
                          max(l.day) AS day
                     FROM run_tally r LEFT JOIN ecom_bill_line l ON l.tally_id = r.id
                    WHERE r.clears AND r.prefix IN ('transaction', 'line') GROUP BY 1, 2, 3, 4
               ), settled AS (
                   SELECT l.account_id, l.transaction_ref AS name, sum(l.amount) AS amount, max(l.day) AS day
                     FROM ecom_bill_line l
                    WHERE l.kind = 'settlement' AND l.account_id IN (SELECT account_id FROM fund)
                      AND l.transaction_ref IN (SELECT name FROM fund WHERE prefix = 'transaction')
                    GROUP BY 1, 2
               )
               SELECT f.id, f.account_id, CASE WHEN f.prefix = 'transaction' THEN f.name END AS name,
                      f.amount - coalesce(s.amount, 0) AS amount, f.day AS fund_day, s.day AS settled_day
                 FROM fund f LEFT JOIN settled s USING (account_id, name) ORDER BY f.id"""
        )
        same = [row["id"] for row in rows if not row["amount"]]
        self._set_state(same, "matched", "clearing")
        different = [row for row in rows if row["amount"]]
        for row in different:
            row["day"] = max(filter(None, (row["fund_day"], row["settled_day"])))
        accounts = self.env["ecom.account"].browse({row["account_id"] for row in different})
        covered = self._covered(
            [(account, kind) for account in accounts for kind in ("settlement", "fund_flow")],
            min((row["day"] for row in different), default=None),
        )
        waiting, odd = [], []
        for row in different:
            (waiting if self._clearing_waits(row, covered) else odd).append(row)
        self._set_state([row["id"] for row in waiting], "timing")
        self._set_state([row["id"] for row in odd], "exception")
        for row in odd:
            account = self.env["ecom.account"].browse(row["account_id"])
            yield {
                "cause": f"clearing:{row['id']}",
                "type": "clearing_not_zero",
                "account_id": account.id,
                "tally_id": row["id"],
                "currency_id": account.currency_id.id,
                "amount": row["amount"],
                "day": row["fund_day"] or row["settled_day"],
                "detail": row["name"],
            }

    def _clearing_waits(self, row, covered):
        """Whether the other side may still come: its bills do not reach a day beyond this one."""
        account = self.env["ecom.account"].browse(row["account_id"])
        until = row["day"] + timedelta(days=CLEARING_DAYS)
        for kind in ("settlement", "fund_flow"):
            if not any(start <= row["day"] and until <= end for start, end in covered[account, kind]):
                return True
        return False

    # --- SQL ------------------------------------------------------------------

    def _rows(self, query, *args, **kwargs):
        self.env.cr.execute(SQL(query, *args, **kwargs))
        return self.env.cr.dictfetchall()

    def _set_state(self, tally_ids, state, rule=None):
        if tally_ids:
            self.env.cr.execute(
                SQL(
                    """UPDATE ecom_tally SET state = %s, rule = %s, dirty = false
                        WHERE id = ANY(%s) AND (state, rule, dirty) IS DISTINCT FROM (%s, %s, false)""",
                    state,
                    rule,
                    list(tally_ids),
                    state,
                    rule,
                )
            )
