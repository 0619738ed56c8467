"""Match stage: gather facts in sets, let the library decide, store the verdicts."""

import pandas as pd

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.ecom_connectors.models.bills.ecom_tally import REFUND, TRANSACTION

# More in one call would only need more memory.
TALLIES_PER_GROUP = 100_000
# Minor units per unit of every currency; worked out once, not for every line it is joined to.
SCALES = SQL("(SELECT id, power(10::numeric, decimal_places) AS scale FROM res_currency OFFSET 0)")
# What the platform owes for order `o`, and the day (of shop `s`) from which it may be asked for.
EXPECTED = SQL("CASE WHEN coalesce(o.ecom_receivable, 0) <> 0 THEN o.ecom_receivable ELSE o.amount_total END")
DUE_DAY = SQL(
    """(coalesce(o.ecom_signed_at, o.ecom_shipped_at, o.ecom_paid_at)
        AT TIME ZONE 'UTC' AT TIME ZONE s.timezone)::date"""
)


class EcomMatcher(models.AbstractModel):
    """Matches every tally of some accounts that is not settled yet. Same facts, same verdicts."""

    _name = "ecom.matcher"
    _description = "Matcher"

    @api.model
    def _groups(self, accounts):
        """Accounts in groups that one call takes: those whose shops are paid through several of them
        stay together, and small ones share a group, because every call has its price."""
        self.env.cr.execute(
            SQL(
                """SELECT account_id, count(*) FROM ecom_tally
                    WHERE account_id = ANY(%s) AND (dirty OR state IN ('open', 'timing', 'exception'))
                    GROUP BY account_id""",
                accounts.ids,
            )
        )
        open_tallies = dict(self.env.cr.fetchall())
        groups, size, seen = [], 0, self.env["ecom.account"]
        for account in accounts.sorted(lambda account: (account.company_id.id, account.id)):
            if account in seen:
                continue
            together = account
            while (wider := together | together.shop_ids.account_ids) != together:
                together = wider
            seen |= together
            mine = sum(open_tallies.get(member.id, 0) for member in together)
            if groups and groups[-1].company_id == account.company_id and size + mine <= TALLIES_PER_GROUP:
                groups[-1] |= together
                size += mine
            else:
                groups.append(together)
                size = mine
        return groups

    @api.model
    def _match(self, accounts, run):
        """Match `accounts` (closed under shared shops) and write down what does not fit."""
        accounts._lock_for_import()
        self.env.flush_all()
        self._collect(accounts)
        self._settle_without_order(accounts)
        torn = self._pair()
        orders = self._facts()
        verdict = self._decide(orders)
        self._store(orders, verdict)
        self.env.invalidate_all()
        self.env["ecom.explainer"]._explain(accounts, orders, verdict, torn, run)
        self.env.cr.execute("DROP TABLE run_tally, run_pair, run_order, run_member")
        self.env.invalidate_all()

    # --- which tallies, which orders ---------------------------------------

    def _collect(self, accounts):
        """`run_tally`: what is not settled yet; `clears`: it only moves money a settlement explains."""
        self._run(
            """CREATE TEMP TABLE run_tally ON COMMIT DROP AS
               SELECT t.id, t.account_id, t.kind, t.ref, t.manual_order_id,
                      a.takes_settlement AND a.takes_fund_flow AND t.kind = 'fund_flow' AS clears,
                      CASE WHEN t.ref LIKE '::%%' THEN split_part(t.ref, ':', 3) ELSE '' END AS prefix,
                      CASE WHEN t.ref LIKE %s THEN substr(t.ref, %s)
                           WHEN t.ref LIKE %s THEN substr(t.ref, %s) ELSE t.ref END AS name
                 FROM ecom_tally t JOIN ecom_account a ON a.id = t.account_id
                WHERE t.account_id IN %s AND (t.dirty OR t.state IN ('open', 'timing', 'exception'))
                  AND t.state <> 'ignored'""",
            f"{REFUND}%",
            len(REFUND) + 1,
            f"{TRANSACTION}%",
            len(TRANSACTION) + 1,
            tuple(accounts.ids),
        )
        self._run("CREATE UNIQUE INDEX ON run_tally (id)")
        self._run("ANALYZE run_tally")

    def _settle_without_order(self, accounts):
        """Payouts, top-ups, fees of the shop: their category says all there is to say."""
        self._run(
            """UPDATE ecom_tally t SET state = 'matched', rule = 'no_order_needed', dirty = false
                 FROM run_tally r WHERE r.id = t.id AND r.prefix = 'category'"""
        )

    def _pair(self):
        """`run_pair`: the orders each tally may belong to, by the strictest reference that finds any;
        `run_order`: orders in one component with those paid together; `run_member`: all tallies of it.

        :return: tallies that several orders claim
        """
        self._run(
            """CREATE TEMP TABLE run_pair ON COMMIT DROP AS
               SELECT r.id AS tally_id, o.id AS order_id, 'order' AS how
                 FROM run_tally r
                 JOIN ecom_account_ecom_shop_rel s ON s.ecom_account_id = r.account_id
                 JOIN sale_order o ON o.ecom_shop_id = s.ecom_shop_id AND o.ecom_order_no = r.name
                WHERE r.prefix = '' AND NOT r.clears AND r.manual_order_id IS NULL
               UNION ALL
               SELECT id, manual_order_id, 'manual' FROM run_tally WHERE manual_order_id IS NOT NULL"""
        )
        for how, source in self._weaker():
            self._run(
                """INSERT INTO run_pair
                   SELECT DISTINCT r.id, x.order_id, %s FROM run_tally r
                     JOIN ecom_account_ecom_shop_rel s ON s.ecom_account_id = r.account_id
                     JOIN %s ON x.shop_id = s.ecom_shop_id AND x.name = r.name
                    WHERE r.prefix IN ('', 'refund', 'transaction') AND NOT r.clears
                      AND NOT EXISTS (SELECT 1 FROM run_pair p WHERE p.tally_id = r.id)""",
                how,
                source,
            )
        # Several orders of one payment are a batch; several of anything else are nobody's match.
        self._run(
            """DELETE FROM run_pair WHERE how <> 'payment' AND tally_id IN (
                   SELECT tally_id FROM run_pair GROUP BY tally_id HAVING count(*) > 1)
               RETURNING tally_id"""
        )
        torn = {tally_id for [tally_id] in self.env.cr.fetchall()}
        self._run(
            """CREATE TEMP TABLE run_order ON COMMIT DROP AS
               SELECT DISTINCT order_id, order_id AS comp FROM run_pair"""
        )
        self._run("CREATE UNIQUE INDEX ON run_order (order_id)")
        self._run("ANALYZE run_order")
        self._join_batches()
        self._run(
            """CREATE TEMP TABLE run_member ON COMMIT DROP AS
               WITH one AS (
                   SELECT tally_id, min(order_id) AS order_id, min(how) AS how, count(*) AS n
                     FROM run_pair GROUP BY tally_id
               )
               SELECT one.tally_id, o.comp, CASE WHEN one.n > 1 THEN 'batch' ELSE one.how END AS how
                 FROM one JOIN run_order o ON o.order_id = one.order_id
               UNION ALL
               SELECT DISTINCT t.id, o.comp, coalesce(t.how, 'order')
                 FROM run_order o JOIN ecom_match_order mo ON mo.order_id = o.order_id
                 JOIN ecom_tally t ON t.match_id = mo.match_id
                WHERE NOT EXISTS (SELECT 1 FROM run_tally r WHERE r.id = t.id)"""
        )
        self._run("CREATE INDEX ON run_member (tally_id)")
        self._run("ANALYZE run_member")
        return torn

    def _join_batches(self):
        """Give orders that were paid together, now or before, one component: the smallest number."""
        self._run(
            """SELECT p.order_id, b.order_id FROM run_pair p
                 JOIN (SELECT tally_id, min(order_id) AS order_id FROM run_pair
                        GROUP BY tally_id HAVING count(*) > 1) b USING (tally_id)
                UNION
               SELECT mine.order_id, other.order_id FROM ecom_match m
                 JOIN ecom_match_order mine ON mine.match_id = m.id
                 JOIN ecom_match_order other ON other.match_id = m.id
                WHERE m.order_count > 1 AND EXISTS (
                      SELECT 1 FROM run_order r WHERE r.order_id = mine.order_id)"""
        )
        parent = {}

        def smallest(order):
            while parent.setdefault(order, order) != order:
                parent[order] = order = parent[parent[order]]
            return order

        for left, right in self.env.cr.fetchall():
            low, high = sorted((smallest(left), smallest(right)))
            parent[high] = low
        component = {order: smallest(order) for order in list(parent)}
        if component:
            self._run(
                """INSERT INTO run_order SELECT * FROM unnest(%s::int[], %s::int[])
                   ON CONFLICT (order_id) DO UPDATE SET comp = excluded.comp""",
                list(component),
                list(component.values()),
            )

    def _weaker(self):
        """(name of the rule, SQL of shop_id, name, order_id) of the references that may stand in."""
        return [
            (
                "payment",
                SQL(
                    """(SELECT ecom_shop_id AS shop_id, ecom_payment_ref AS name, id AS order_id
                          FROM sale_order WHERE ecom_payment_ref IS NOT NULL) x"""
                ),
            ),
            (
                "refund",
                SQL(
                    "(SELECT shop_id, refund_no AS name, order_id FROM ecom_refund"
                    " WHERE order_id IS NOT NULL) x"
                ),
            ),
            (
                "sub_order",
                SQL(
                    """(SELECT o.ecom_shop_id AS shop_id, l.ecom_sub_order_no AS name, o.id AS order_id
                          FROM sale_order_line l JOIN sale_order o ON o.id = l.order_id
                         WHERE l.ecom_sub_order_no IS NOT NULL) x"""
                ),
            ),
        ]

    # --- SQL ----------------------------------------------------------------

    def _run(self, query, *args, **kwargs):
        self.env.cr.execute(SQL(query, *args, **kwargs))

    def _frame(self, query, *args, **kwargs):
        """Rows of a query as a frame."""
        self.env.cr.execute(SQL(query, *args, **kwargs))
        names = [column.name for column in self.env.cr.description]
        return pd.DataFrame(self.env.cr.fetchall(), columns=names)
