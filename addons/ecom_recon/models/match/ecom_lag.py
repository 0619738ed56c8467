"""Match stage: how long after they were due the orders of a shop are paid."""

from collections import Counter

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.ecom_connectors.models.kernel.bulk_fields import BulkMany2one

PAID = ("exact", "net", "tolerance")


class EcomLag(models.Model):
    """So many matched orders of a shop were paid so many days after they were due.

    Kept with every match that comes, changes or goes, so that the time in which 99 of 100 are paid is told
    without reading all matches ever.
    """

    _name = "ecom.lag"
    _description = "Time to Payment"
    _log_access = False

    shop_id = BulkMany2one("ecom.shop", required=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one(related="shop_id.company_id")
    days = fields.Integer(readonly=True)
    order_count = fields.Integer("Orders", readonly=True)

    _once = models.UniqueIndex("(shop_id, days)", "These days are counted already.")

    @api.model
    def _count(self, matches):
        """Counter {(shop, days): orders} of some matches, a table or SELECT of `ecom_match`."""
        self.env.cr.execute(
            SQL(
                """SELECT shop_id, lag_days, count(*) FROM %s m WHERE state_received IN %s
                    GROUP BY shop_id, lag_days""",
                matches,
                PAID,
            )
        )
        return Counter({(shop_id, days): count for shop_id, days, count in self.env.cr.fetchall()})

    @api.model
    def _change(self, before, after):
        """Some matches counted so before, and so now."""
        changes = {key: after[key] - before[key] for key in {*before, *after} if after[key] != before[key]}
        if changes:
            shops, days = zip(*changes, strict=True)
            self.env.cr.execute(
                SQL(
                    """INSERT INTO ecom_lag (shop_id, days, order_count)
                       SELECT * FROM unnest(%s::int[], %s::int[], %s::int[])
                       ON CONFLICT (shop_id, days)
                       DO UPDATE SET order_count = ecom_lag.order_count + excluded.order_count""",
                    list(shops),
                    list(days),
                    list(changes.values()),
                )
            )
            self.invalidate_model()

    @api.model
    def _within(self, shops):
        """{shop id: days within which 99 of 100 of its matched orders are paid}"""
        self.env.cr.execute(
            SQL(
                """SELECT shop_id, min(days) FROM (
                       SELECT shop_id, days, sum(order_count) OVER up AS until,
                              sum(order_count) OVER whole AS orders
                         FROM ecom_lag WHERE shop_id = ANY(%s) AND order_count > 0
                       WINDOW whole AS (PARTITION BY shop_id), up AS (PARTITION BY shop_id ORDER BY days)) x
                    WHERE until >= 0.99 * orders GROUP BY shop_id""",
                shops.ids,
            )
        )
        return dict(self.env.cr.fetchall())
