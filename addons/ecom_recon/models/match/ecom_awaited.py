"""Match stage: the orders that no bill line has named yet."""

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.ecom_connectors.models.kernel.bulk_fields import BulkMany2one

from .ecom_match_facts import EXPECTED

# What was refunded of order `o`.
REFUNDED = SQL("coalesce((SELECT sum(f.amount) FROM ecom_refund f WHERE f.order_id = o.id), 0)")


class EcomAwaited(models.Model):
    """An order comes onto this list when it or a refund of it comes or changes, and leaves it with its match.

    So a run reads the orders that wait, and not all orders ever.
    """

    _name = "ecom.awaited"
    _description = "Order Without Bill Line"
    _log_access = False

    order_id = fields.Many2one("sale.order", required=True, readonly=True, ondelete="cascade")
    shop_id = BulkMany2one("ecom.shop", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="shop_id.company_id")

    _order_once = models.UniqueIndex("(order_id)", "This order is awaited already.")

    @api.model
    def _add(self, orders):
        """Await bill lines of those orders that have no match.

        :param orders: SQL that selects ids of orders
        """
        # A row that is there is written again, so that a run that is about to drop it starts anew.
        self.env.cr.execute(
            SQL(
                """INSERT INTO ecom_awaited (order_id, shop_id)
                   SELECT o.id, o.ecom_shop_id FROM sale_order o
                    WHERE o.id IN (%s) AND o.ecom_shop_id IS NOT NULL
                      AND NOT EXISTS (SELECT 1 FROM ecom_match_order m WHERE m.order_id = o.id)
                   ON CONFLICT (order_id) DO UPDATE SET shop_id = excluded.shop_id""",
                orders,
            )
        )
        self.invalidate_model()

    @api.model
    def _drop(self, shops):
        """Forget orders that have a match now, and those that will not be paid unless they change."""
        self.env.cr.execute(
            SQL(
                """DELETE FROM ecom_awaited w USING ecom_match_order m
                    WHERE m.order_id = w.order_id AND w.shop_id = ANY(%s)""",
                shops.ids,
            )
        )
        self.env.cr.execute(
            SQL(
                """DELETE FROM ecom_awaited w USING sale_order o
                    WHERE o.id = w.order_id AND w.shop_id = ANY(%(shops)s) AND (
                          o.ecom_order_no IS NULL OR o.state = 'cancel'
                       OR coalesce(o.ecom_signed_at, o.ecom_shipped_at, o.ecom_paid_at) IS NULL
                       OR %(refunded)s >= %(expected)s AND %(refunded)s > 0)""",
                shops=shops.ids,
                refunded=REFUNDED,
                expected=EXPECTED,
            )
        )
        self.invalidate_model()
