"""Match stage: verdicts into the database, in sets."""

import io

import pandas as pd

from odoo import models
from odoo.tools import SQL

from ...lib.ecom_reconcile import VERSION

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
    _inherit = "ecom.matcher"

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
        self._run(
            """UPDATE ecom_tally t
                  SET match_id = m.id, state = m.state, rule = nullif(m.rule, ''), how = x.how,
                      shop_id = m.shop_id, dirty = false
                 FROM run_member x JOIN ecom_match m ON m.order_id = x.comp
                WHERE t.id = x.tally_id
                  AND (t.match_id, t.state, t.rule, t.dirty)
                      IS DISTINCT FROM (m.id, m.state, nullif(m.rule, ''), false)"""
        )
