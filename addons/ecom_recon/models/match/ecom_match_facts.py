"""Match stage: facts in, verdicts out."""

from decimal import Decimal

import pandas as pd

from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.ecom_connectors.models.kernel.days import local_day
from odoo.addons.ecom_connectors.models.kernel.ecom_books import SCALES

from ...lib.ecom_reconcile import FEE_COLUMNS, decide

# What the platform owes for order `o`, and the day (of shop `s`) from which it may be asked for.
EXPECTED = SQL("CASE WHEN coalesce(o.ecom_receivable, 0) <> 0 THEN o.ecom_receivable ELSE o.amount_total END")
DUE_DAY = local_day(SQL("coalesce(o.ecom_signed_at, o.ecom_shipped_at, o.ecom_paid_at)"), SQL("s.timezone"))
# No difference is that large.
NEVER = -(2**62)


class EcomMatchFacts(models.AbstractModel):
    """Gathers what is known of the orders of a run, in its tables `run_…`, and has the library decide."""

    _name = "ecom.match.facts"
    _description = "Facts of a Match"

    def _gather(self):
        """One row per component: its orders, its lines, its granted refunds; amounts in minor units."""
        sums = self._frame(
            """SELECT m.comp,
                      min(array_position(ARRAY['batch', 'manual', 'order', 'payment', 'refund', 'sub_order'],
                                         m.how)) AS how,
                      min(l.currency_id) AS bill_currency, max(l.currency_id) AS bill_currency_max,
                      max(u.scale)::bigint AS scale,
                      %(sum)s FILTER (WHERE %(received)s), 0) * max(u.scale))::bigint AS received,
                      %(sum)s FILTER (WHERE %(refunded)s), 0) * max(u.scale))::bigint AS refunded,
                      %(sum)s FILTER (WHERE %(subsidy)s), 0) * max(u.scale))::bigint AS subsidy_back,
                      %(sum)s FILTER (WHERE c.kind = 'fee'), 0) * max(u.scale))::bigint AS fee,
                      count(*) FILTER (WHERE c.kind = 'receivable' AND l.amount > 0) AS payments,
                      count(*) FILTER (WHERE %(refunded)s) AS refunds,
                      coalesce(min(l.day) FILTER (WHERE c.kind = 'receivable'), min(l.day)) AS first_day,
                      max(l.day) AS last_day
                 FROM run_member m JOIN ecom_bill_line l ON l.tally_id = m.tally_id
                 JOIN ecom_category c ON c.id = l.category_id
                 JOIN %(scales)s u ON u.id = l.currency_id
                GROUP BY m.comp""",
            sum=SQL("(coalesce(sum(l.amount)"),
            scales=SCALES,
            **self._legs(),
        )
        facts = self._frame(
            """SELECT r.comp, count(*) AS order_count, min(o.ecom_shop_id) AS shop_id,
                      min(o.currency_id) AS currency_id, max(o.currency_id) AS currency_max,
                      (sum(o.amount_total) * max(u.scale))::bigint AS order_total,
                      (sum(%(expected)s) * max(u.scale))::bigint AS expected,
                      min(%(due)s) AS due_day, min(o.date_order)::date AS order_day
                 FROM run_order r JOIN sale_order o ON o.id = r.order_id
                 JOIN ecom_shop s ON s.id = o.ecom_shop_id JOIN %(scales)s u ON u.id = o.currency_id
                GROUP BY r.comp""",
            expected=EXPECTED,
            due=DUE_DAY,
            scales=SCALES,
        )
        granted = self._frame(
            """SELECT r.comp, (sum(f.amount) * max(u.scale))::bigint AS recorded,
                      max((f.refunded_at AT TIME ZONE 'UTC' AT TIME ZONE s.timezone)::date) AS refund_day
                 FROM run_order r JOIN ecom_refund f ON f.order_id = r.order_id
                 JOIN ecom_shop s ON s.id = f.shop_id JOIN %s u ON u.id = f.currency_id GROUP BY r.comp""",
            SCALES,
        )
        orders = facts.merge(sums, on="comp", how="inner").merge(granted, on="comp", how="left")
        orders["recorded"] = pd.to_numeric(orders["recorded"]).fillna(0).astype("int64")
        return self._flags(orders.sort_values("comp", ignore_index=True))

    def _legs(self):
        """Which lines are money received, returned, or a subsidy taken back."""
        # A tax line or a subsidy that goes out with a refund belongs to the refund.
        subsidy = SQL("c.code = 'subsidy' AND l.amount < 0")
        tax_back = SQL("c.kind = 'tax' AND l.refund_ref IS NOT NULL")
        return {
            "received": SQL("c.kind IN ('receivable', 'tax') AND NOT (%s) AND NOT (%s)", subsidy, tax_back),
            "refunded": SQL("c.kind = 'refund' OR (%s)", tax_back),
            "subsidy": subsidy,
        }

    def _keep_refunds(self, shops):
        """Ids of the shops whose refunds are here; one of each is enough to know."""
        self.env["ecom.refund"].flush_model(["shop_id"])
        rows = self.env.execute_query(
            SQL(
                """SELECT s.id FROM unnest(%s::int[]) AS s (id)
                    CROSS JOIN LATERAL (SELECT 1 FROM ecom_refund WHERE shop_id = s.id LIMIT 1) one""",
                shops.ids,
            )
        )
        return {shop_id for (shop_id,) in rows}

    def _flags(self, orders):
        """Add what is not a sum: which rule found the order, one currency or not, what may still come."""
        orders["how"] = orders["how"].map(
            dict(enumerate(("batch", "manual", "order", "payment", "refund", "sub_order"), start=1))
        )
        orders["same_currency"] = (
            (orders["bill_currency"] == orders["bill_currency_max"])
            & (orders["currency_id"] == orders["currency_max"])
            & (orders["currency_id"] == orders["bill_currency"])
        )
        shops = self.env["ecom.shop"].browse([int(shop) for shop in orders["shop_id"].unique()])
        keeps = self._keep_refunds(shops)
        orders["checks_refunds"] = orders["shop_id"].isin(keeps)
        orders["largest_excess"] = self._excess(orders)
        waits = self.env["ecom.explainer"]._waits(shops)
        orders["fee_waits"] = waits(orders["shop_id"], orders["first_day"])
        # Whether money may still come matters only where it has not come.
        for name, missing, day in (
            ("refund_waits", (orders["refunded"] == 0) & (orders["recorded"] > 0), "refund_day"),
            ("payment_waits", orders["payments"] == 0, "due_day"),
        ):
            orders[name] = False
            some = orders[missing]
            orders.loc[missing, name] = pd.Series(waits(some["shop_id"], some[day]), some.index, dtype=bool)
        return orders

    def _excess(self, orders):
        """Whether one single payment is exactly what an order received too much."""
        over = orders[orders["received"] > orders["expected"]]
        result = pd.Series(False, index=orders.index)
        if over.empty:
            return result
        payments = self._frame(
            """SELECT m.comp, (sum(l.amount) * max(u.scale))::bigint AS amount FROM run_member m
                 JOIN ecom_bill_line l ON l.tally_id = m.tally_id
                 JOIN ecom_category c ON c.id = l.category_id JOIN %(scales)s u ON u.id = l.currency_id
                WHERE m.comp IN %(comps)s AND %(received)s
                GROUP BY m.comp, l.bill_id, l.row, l.tally_id""",
            comps=tuple(int(comp) for comp in over["comp"]),
            received=self._legs()["received"],
            scales=SCALES,
        )
        paid = payments.groupby("comp")["amount"].agg(list)
        for position, comp, excess in zip(
            over.index, over["comp"], over["received"] - over["expected"], strict=True
        ):
            result[position] = len(paid.get(comp, [])) > 1 and excess in paid[comp]
        return result

    def _decide(self, orders):
        """Verdicts of the library, by tolerance profile because that is the shops'."""
        self._accepted(orders)
        fees = self._fees(orders)
        groups = {}
        for (shop_id, scale), part in orders.groupby(["shop_id", "scale"], sort=True):
            shop = self.env["ecom.shop"].browse(int(shop_id))
            digits = len(str(int(scale))) - 1
            groups.setdefault((shop.tolerance_id, shop.fee_tolerance_id, digits), []).append(part)
        verdicts = []
        for (tolerance, fee_tolerance, digits), parts in groups.items():
            part = pd.concat(parts)
            place = pd.Series(range(len(part)), index=part.index)
            mine = fees[fees["position"].isin(part.index)]
            mine = mine.assign(position=place.reindex(mine["position"]).to_numpy())
            verdicts.append(decide(part, mine, tolerance._limits(digits), fee_tolerance._limits(digits)))
        return pd.concat(verdicts).reindex(orders.index) if verdicts else pd.DataFrame()

    def _accepted(self, orders):
        """Add `accepted_<leg>`, in minor units, where a person has accepted a difference of an order."""
        place = {int(comp): index for index, comp in zip(orders.index, orders["comp"], strict=True)}
        self.env.cr.execute(
            """SELECT e.order_id, e.accepted FROM run_order r JOIN ecom_exception e ON e.order_id = r.comp
                WHERE r.order_id = r.comp AND e.state = 'done' AND e.resolution = 'accepted'"""
        )
        for order_id, accepted in self.env.cr.fetchall():
            index = place.get(order_id)
            for leg, amount in (accepted or {}).items() if index is not None else ():
                name = f"accepted_{leg}"
                if name not in orders:
                    orders[name] = pd.Series(pd.NA, index=orders.index, dtype="Int64")
                orders.loc[index, name] = int(Decimal(amount) * int(orders.at[index, "scale"]))
        for name in [column for column in orders if column.startswith("accepted_")]:
            # What nobody has accepted equals no difference at all.
            orders[name] = orders[name].fillna(NEVER).astype("int64")

    def _fees(self, orders):
        """FEE_COLUMNS for every order and fee rule of its shop, `position` being the index of `orders`."""
        empty = pd.DataFrame({name: pd.Series(dtype="int64") for name in FEE_COLUMNS})
        shops = [int(shop) for shop in orders["shop_id"].unique()]
        rules = self.env["ecom.fee.rule"].search([("shop_id", "in", shops)])
        if not rules:
            return empty
        table = pd.DataFrame(
            [
                {
                    "shop_id": rule.shop_id.id,
                    "category_id": rule.category_id.id,
                    "rate": round(rule.rate_percent * 10_000),
                    "fixed": rule.fixed,
                    "minimum": rule.minimum or None,
                    "maximum": rule.maximum or None,
                    "date_from": rule.date_from or fields.Date.to_date("1900-01-01"),
                    "date_to": rule.date_to or fields.Date.to_date("9999-12-31"),
                }
                for rule in rules
            ]
        )
        charged = self._frame(
            """SELECT m.comp, l.category_id, (sum(l.amount) * max(u.scale))::bigint AS fee FROM run_member m
                 JOIN ecom_bill_line l ON l.tally_id = m.tally_id JOIN %(scales)s u ON u.id = l.currency_id
                WHERE l.category_id IN %(categories)s GROUP BY m.comp, l.category_id""",
            categories=tuple(rules.category_id.ids),
            scales=SCALES,
        )
        base = orders[["comp", "shop_id", "scale", "order_day", "fee_waits"]].reset_index(names="position")
        merged = base.merge(table, on="shop_id").merge(charged, on=["comp", "category_id"], how="left")
        merged = merged[
            (merged["order_day"] >= merged["date_from"]) & (merged["order_day"] <= merged["date_to"])
        ]
        if merged.empty:
            return empty
        merged["fee"] = pd.to_numeric(merged["fee"]).fillna(0).astype("int64")
        for name, nothing in (("fixed", 0), ("minimum", -1), ("maximum", -1)):
            minor = (pd.to_numeric(merged[name]) * merged["scale"]).round()
            merged[name] = minor.fillna(nothing).astype("int64")
        return merged.rename(columns={"fee_waits": "waits"})[list(FEE_COLUMNS)]

    def _frame(self, query, *args, **kwargs):
        """Rows of a query as a frame."""
        self.env.cr.execute(SQL(query, *args, **kwargs))
        names = [column.name for column in self.env.cr.description]
        return pd.DataFrame(self.env.cr.fetchall(), columns=names)
