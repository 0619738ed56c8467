"""Match stage: which lines meet which orders, and what became of it."""

import io

import pandas as pd

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.ecom_connectors.models.bills.ecom_tally import REFUND, TRANSACTION

from ...lib.ecom_reconcile import VERSION

# More in one call would only need more memory.
TALLIES_PER_GROUP = 100_000

VERDICT_COLUMNS = {
    "order_id": "int",
    "shop_id": "int",
    "currency_id": "int",
    "state": "text",
    "rule": "text",
    "order_count": "int",
    "expected_total": "bigint",
    "expected_received": "bigint",
    "expected_refund": "bigint",
    "amount_received": "bigint",
    "amount_refund": "bigint",
    "amount_fee": "bigint",
    "variance_order": "bigint",
    "variance_received": "bigint",
    "variance_refund": "bigint",
    "variance_fee": "bigint",
    "state_order": "text",
    "state_received": "text",
    "state_refund": "text",
    "state_fee": "text",
    "lag_days": "int",
    "first_day": "date",
    "last_day": "date",
}
AMOUNTS = [name for name, kind in VERDICT_COLUMNS.items() if kind == "bigint"]
PLAIN = [name for name in VERDICT_COLUMNS if name not in AMOUNTS]


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
        self.env.flush_all()
        self._collect(accounts)
        self._settle_without_order(accounts)
        torn = self._pair()
        facts = self.env["ecom.match.facts"]
        orders = facts._gather()
        verdict = facts._decide(orders)
        self._store(orders, verdict)
        self.env.invalidate_all()
        self.env["ecom.explainer"]._explain(accounts, orders, verdict, torn, run)
        self.env.cr.execute(
            SQL(
                """SELECT (SELECT count(*) FROM run_tally), count(*) FROM ecom_tally
                    WHERE account_id = ANY(%s) AND state <> 'ignored'
                      AND (dirty OR state IN ('open', 'timing', 'exception'))""",
                accounts.ids,
            )
        )
        looked_at, left = self.env.cr.fetchone()
        run._count(tally_count=looked_at, matched_count=looked_at - left)
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
        self._pair_weaker()
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

    def _pair_weaker(self):
        """Look for orders of the tallies that no order number has found: most runs have few, or none."""
        self._run(
            """CREATE TEMP TABLE run_alone ON COMMIT DROP AS
               SELECT r.id, r.account_id, r.name FROM run_tally r
                WHERE r.prefix IN ('', 'refund', 'transaction') AND NOT r.clears
                  AND NOT EXISTS (SELECT 1 FROM run_pair p WHERE p.tally_id = r.id)"""
        )
        left = self.env.cr.rowcount
        self._run("ANALYZE run_alone")
        for how, source in self._weaker():
            if not left:
                break
            self._run(
                """WITH found AS (
                       INSERT INTO run_pair
                       SELECT DISTINCT r.id, x.order_id, %s FROM run_alone r
                         JOIN ecom_account_ecom_shop_rel s ON s.ecom_account_id = r.account_id
                         JOIN %s ON x.shop_id = s.ecom_shop_id AND x.name = r.name
                       RETURNING tally_id)
                   DELETE FROM run_alone WHERE id IN (SELECT tally_id FROM found)""",
                how,
                source,
            )
            left -= self.env.cr.rowcount
        self._run("DROP TABLE run_alone")

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

    # --- verdicts into the database ------------------------------------------

    def _store(self, orders, verdict):
        """Verdicts into `ecom_match`, their state into the tallies. Unchanged rows are not touched."""
        if orders.empty:
            return
        table = pd.DataFrame(
            {
                "order_id": orders["comp"],
                "shop_id": orders["shop_id"],
                "currency_id": orders["bill_currency"],
                "order_count": orders["order_count"],
                "expected_total": orders["order_total"],
                "expected_received": orders["expected"],
                "expected_refund": orders["recorded"],
                "amount_received": orders["received"],
                "amount_refund": orders["refunded"] + orders["subsidy_back"],
                "amount_fee": orders["fee"],
                "lag_days": (pd.to_datetime(orders["first_day"]) - pd.to_datetime(orders["due_day"]))
                .dt.days.fillna(0)
                .astype("int64"),
                "first_day": orders["first_day"],
                "last_day": orders["last_day"],
            }
        )
        table = pd.concat([table, verdict.drop(columns=["exception", "exception_amount"])], axis=1)
        self._stage(table[list(VERDICT_COLUMNS)])
        self._upsert()
        self.env.cr.execute("DROP TABLE run_verdict")

    def _stage(self, table):
        """Copy verdicts into `run_verdict`."""
        columns = ", ".join(f"{name} {kind}" for name, kind in VERDICT_COLUMNS.items())
        # Column names and types are constants of ours.
        self.env.cr.execute(f"CREATE TEMP TABLE run_verdict ({columns}) ON COMMIT DROP")  # pylint: disable=sql-injection
        # Numbers, days and words of ours: nothing in them needs an escape.
        columns = [map(str, table[name].tolist()) for name in VERDICT_COLUMNS]
        buffer = io.StringIO("".join(line + "\n" for line in map("\t".join, zip(*columns, strict=True))))
        with self.env.cr._cnx.cursor() as cursor:
            cursor.copy_expert("COPY run_verdict FROM STDIN", buffer)
        self._run("CREATE UNIQUE INDEX ON run_verdict (order_id)")
        self._run("ANALYZE run_verdict (order_id)")

    def _upsert(self):
        columns = SQL(", ").join(SQL.identifier(name) for name in (*PLAIN, *AMOUNTS))
        values = SQL(", ").join(
            [
                *(SQL.identifier("v", name) for name in PLAIN),
                *(SQL("%s * u.unit", SQL.identifier("v", name)) for name in AMOUNTS),
            ]
        )
        changed = SQL(", ").join(SQL.identifier("ecom_match", name) for name in (*PLAIN, *AMOUNTS))
        excluded = SQL(", ").join(SQL.identifier("excluded", name) for name in (*PLAIN, *AMOUNTS))
        lags, mine = (
            self.env["ecom.lag"],
            SQL("(SELECT m.* FROM run_order r JOIN ecom_match m USING (order_id))"),
        )
        before = lags._count(mine)
        # An order that has joined a batch gives up the match of its own.
        self._run(
            """DELETE FROM ecom_match m USING run_order r
                WHERE m.order_id = r.order_id AND r.comp <> r.order_id"""
        )
        self._run(
            """INSERT INTO ecom_match (company_id, rule_version, %s)
               SELECT s.company_id, %s, %s FROM run_verdict v JOIN ecom_shop s ON s.id = v.shop_id
                 JOIN (SELECT id, round(power(0.1, decimal_places), decimal_places) AS unit
                         FROM res_currency OFFSET 0) u ON u.id = v.currency_id
                ORDER BY v.order_id
               ON CONFLICT (order_id) DO UPDATE SET (rule_version, %s) = (excluded.rule_version, %s)
                WHERE (ecom_match.rule_version, %s) IS DISTINCT FROM (excluded.rule_version, %s)""",
            columns,
            VERSION,
            values,
            columns,
            excluded,
            changed,
            excluded,
        )
        self._run(
            """INSERT INTO ecom_match_order (match_id, order_id)
               SELECT m.id, r.order_id FROM run_order r
                 JOIN run_verdict v ON v.order_id = r.comp JOIN ecom_match m ON m.order_id = r.comp
               ON CONFLICT (order_id) DO UPDATE SET match_id = excluded.match_id
                WHERE ecom_match_order.match_id <> excluded.match_id"""
        )
        lags._change(before, lags._count(mine))
        self._run(
            """UPDATE ecom_tally t
                  SET match_id = m.id, state = m.state, rule = nullif(m.rule, ''), how = x.how,
                      shop_id = m.shop_id, dirty = false
                 FROM run_member x JOIN ecom_match m ON m.order_id = x.comp
                WHERE t.id = x.tally_id
                  AND (t.match_id, t.state, t.rule, t.dirty)
                      IS DISTINCT FROM (m.id, m.state, nullif(m.rule, ''), false)"""
        )

    # --- SQL ----------------------------------------------------------------

    def _run(self, query, *args, **kwargs):
        self.env.cr.execute(SQL(query, *args, **kwargs))
