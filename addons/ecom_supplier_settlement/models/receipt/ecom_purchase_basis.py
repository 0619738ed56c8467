"""Receipt stage: what was ordered, shipped, received and invoiced, per purchase order line."""

from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL, drop_view_if_exists

from .ecom_purchase_movement import MOVED, kits_sql, price_sql

# Columns that are exact numbers; the database driver would hand them out as floats.
NUMERIC = (
    "price_unit quantity_ordered quantity_shipped quantity_received quantity_returned quantity_consigned "
    "quantity_billed quantity_billed_draft quantity_cleared quantity_in_transit quantity_to_bill "
    "amount_to_bill variance_received variance_billed"
).split()


class EcomPurchaseBasis(models.Model):
    """The one payable basis: statement, accrual and match all read their quantities here.

    One row per product line of a confirmed order; its id is that of the order line. Quantities are in the
    unit of the order line, prices in the order's currency without tax. What came and went back are the sums
    of `ecom.purchase.movement`.
    """

    _name = "ecom.purchase.basis"
    _description = "Purchase Basis"
    _auto = False
    _log_access = False
    _order = "date_order desc, id desc"
    _rec_name = "purchase_line_id"
    _depends = {
        "purchase.order": [
            "state",
            "date_order",
            "date_approve",
            "partner_id",
            "currency_id",
            "picking_type_id",
        ],
        "purchase.order.line": [
            *("product_qty", "price_unit", "discount", "price_subtotal", "product_id", "product_uom_id"),
            *("date_planned", "qty_received", "qty_received_method"),
        ],
        "stock.move.line": MOVED["stock.move.line"],
        "stock.move": [*MOVED["stock.move"], "product_uom_qty", "product_uom"],
        "account.move": ["state", "move_type", "date"],
        "account.move.line": ["quantity", "purchase_line_id", "product_uom_id", "parent_state"],
        "ecom.delivery.notice": ["state", "kind", "shipped_day"],
        "ecom.delivery.notice.line": ["quantity", "quantity_missing", "uom_id", "purchase_line_id"],
        "ecom.purchase.clearing": ["quantity", "state", "day", "undone_day", "purchase_line_id"],
        "stock.warehouse": ["ecom_type", "ecom_shop_id"],
        "res.partner": ["commercial_partner_id", "tz"],
        "product.template": ["categ_id"],
    }

    purchase_line_id = fields.Many2one("purchase.order.line", "Order Line", readonly=True)
    order_id = fields.Many2one("purchase.order", readonly=True)
    state = fields.Selection(
        [("purchase", "Purchase Order"), ("cancel", "Cancelled")], "Order Status", readonly=True
    )
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", "Supplier", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    categ_id = fields.Many2one("product.category", "Product Category", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    uom_id = fields.Many2one("uom.uom", "Unit", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    warehouse_type = fields.Selection(
        [("central", "Central"), ("front", "Front"), ("third_party", "Third-Party")], readonly=True
    )
    shop_id = fields.Many2one("ecom.shop", "Channel", readonly=True)
    platform_id = fields.Many2one("ecom.platform", readonly=True)
    date_order = fields.Datetime("Order Date", readonly=True)
    date_approve = fields.Datetime("Confirmed", readonly=True)
    date_planned = fields.Datetime("Expected", readonly=True)
    timezone = fields.Char(readonly=True, help="Zone whose midnight ends the days of this line.")
    price_unit = fields.Float(
        "Price", digits="Product Price", readonly=True, aggregator=None, help="After discount, without tax."
    )
    quantity_ordered = fields.Float("Ordered", digits="Product Unit", readonly=True)
    quantity_shipped = fields.Float("Shipped", digits="Product Unit", readonly=True)
    quantity_received = fields.Float(
        "Received", digits="Product Unit", readonly=True, help="Less what went back."
    )
    quantity_returned = fields.Float("Returned", digits="Product Unit", readonly=True)
    quantity_consigned = fields.Float(
        "Consigned",
        digits="Product Unit",
        readonly=True,
        help="Of the received quantity, what still belongs to somebody else. It cannot be invoiced.",
    )
    quantity_billed = fields.Float(
        "Invoiced", digits="Product Unit", readonly=True, help="Posted, less refunds."
    )
    quantity_billed_draft = fields.Float("In Draft Invoices", digits="Product Unit", readonly=True)
    quantity_cleared = fields.Float(
        "Cleared",
        digits="Product Unit",
        readonly=True,
        help="Received and never invoiced; negative: invoiced and never received.",
    )
    quantity_in_transit = fields.Float(
        "In Transit", digits="Product Unit", readonly=True, help="Shipped and not received yet."
    )
    quantity_to_bill = fields.Float(
        "To Invoice",
        digits="Product Unit",
        readonly=True,
        help="Received less invoiced, in draft invoices and cleared.",
    )
    amount_to_bill = fields.Monetary("Amount to Invoice", readonly=True)
    variance_received = fields.Float(
        "Received - Ordered", digits="Product Unit", readonly=True, help="Received less ordered."
    )
    variance_billed = fields.Float(
        "Invoiced - Received", digits="Product Unit", readonly=True, help="Invoiced less received."
    )

    def init(self):
        # What the view reads is there when all models have their columns.
        self.pool.post_init(self._create_view)

    def _create_view(self):
        drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(SQL("CREATE VIEW %s AS (%s)", SQL.identifier(self._table), _basis()))

    def action_open_movements(self):
        """Button: the receipts and returns behind the quantities."""
        return {
            "type": "ir.actions.act_window",
            "res_model": "ecom.purchase.movement",
            "view_mode": "list",
            "domain": [("purchase_line_id", "in", self.ids)],
            "name": self.env._("Movements"),
        }

    @api.model
    def _at(self, day, company, lines=None):
        """SQL of the same rows as they stood when `day` ended, for a FROM clause.

        A receipt counts on the day of its move in the warehouse's time zone, an invoice on its accounting
        date, a notice on the day it was shipped, an order on the day it was confirmed. Draft invoices are
        those of today that carry a date up to the day; received quantities typed by hand (services) have no
        date.

        :param day: date
        :param company: res.company, one
        :param lines: purchase.order.line that matter; None means all of the company
        :return: SQL of a SELECT with all columns of this view
        """
        for model, names in self._depends.items():
            self.env[model].flush_model(names)
        return SQL(
            "SELECT * FROM (%s) basis WHERE company_id = %s AND %s",
            _basis(day),
            company.id,
            SQL("TRUE") if lines is None else SQL("id = ANY(%s)", lines.ids),
        )

    @api.model
    def _at_rows(self, day, company, lines=None):
        """{purchase line id: {column: value}} of `_at`; prices, quantities and amounts are Decimal."""
        columns = [name for name in self._fields if name not in ("display_name", *NUMERIC)]
        exact = [SQL("%s::text", SQL.identifier(name)) for name in NUMERIC]
        self.env.cr.execute(
            SQL(
                "SELECT %s FROM (%s) basis ORDER BY id",
                SQL(", ").join([*map(SQL.identifier, columns), *exact]),
                self._at(day, company, lines),
            )
        )
        found = {}
        for row in self.env.cr.fetchall():
            values = dict(zip(columns, row, strict=False))
            numbers = zip(NUMERIC, map(Decimal, row[len(columns) :]), strict=True)
            found[values["id"]] = values | dict(numbers)
        return found


def _basis(day=None):
    """SELECT of one row per product line of a confirmed order.

    Quantities are summed exactly over units of measure and rounded once, so that four pieces thrice are one
    dozen. What counts as received, and what return lessens it, is Odoo's own rule for order lines.

    :param day: date; only what happened until its end, in the warehouse's time zone; None: everything
    """
    return SQL(
        """SELECT facts.*,
                  round(greatest(quantity_shipped - since_shipped, 0), places) AS quantity_in_transit,
                  quantity_received - quantity_consigned - quantity_billed - quantity_billed_draft
                      - quantity_cleared AS quantity_to_bill,
                  round(price_unit * (quantity_received - quantity_consigned - quantity_billed
                                      - quantity_billed_draft - quantity_cleared) / rounding) * rounding
                      AS amount_to_bill,
                  quantity_received - quantity_ordered AS variance_received,
                  quantity_billed - quantity_received AS variance_billed
             FROM (%(facts)s) facts""",
        facts=_facts(day),
    )


def _facts(day):
    return SQL(
        """SELECT l.id, l.id AS purchase_line_id, l.order_id, o.state, o.company_id,
                  p.commercial_partner_id AS partner_id, l.product_id, t.categ_id, o.currency_id,
                  l.product_uom_id AS uom_id, pt.warehouse_id, w.ecom_type AS warehouse_type,
                  w.ecom_shop_id AS shop_id, shop.platform_id, o.date_order, o.date_approve, l.date_planned,
                  zone.name AS timezone, c.rounding, digits.places, price.unit AS price_unit,
                  CASE o.state WHEN 'purchase' THEN round(l.product_qty::numeric, digits.places) ELSE 0 END
                      AS quantity_ordered,
                  round(coalesce(shipped.quantity, 0) / u.factor, digits.places) AS quantity_shipped,
                  CASE WHEN by_moves.net THEN round(coalesce(moved.net, 0) / u.factor, digits.places)
                       ELSE round(coalesce(kits.quantity, l.qty_received, 0)::numeric, digits.places) END
                      AS quantity_received,
                  round(coalesce(moved.returned, 0) / u.factor, digits.places) AS quantity_returned,
                  CASE WHEN by_moves.net THEN round(coalesce(moved.consigned, 0) / u.factor, digits.places)
                       ELSE round(coalesce(kits.quantity - own.quantity, 0), digits.places) END
                      AS quantity_consigned,
                  CASE WHEN by_moves.net THEN coalesce(moved.since_shipped, 0) / u.factor
                       ELSE coalesce(kits.quantity, l.qty_received, 0)::numeric END AS since_shipped,
                  round(coalesce(billed.posted, 0) / u.factor, digits.places) AS quantity_billed,
                  round(coalesce(billed.draft, 0) / u.factor, digits.places) AS quantity_billed_draft,
                  round(coalesce(cleared.quantity, 0), digits.places) AS quantity_cleared
             FROM purchase_order_line l
             JOIN purchase_order o ON o.id = l.order_id
             JOIN res_company company ON company.id = o.company_id
             JOIN res_partner owner ON owner.id = company.partner_id
             JOIN res_partner p ON p.id = o.partner_id
             JOIN res_currency c ON c.id = o.currency_id
             JOIN uom_uom u ON u.id = l.product_uom_id
             JOIN product_product pp ON pp.id = l.product_id
             JOIN product_template t ON t.id = pp.product_tmpl_id
             LEFT JOIN stock_picking_type pt ON pt.id = o.picking_type_id
             LEFT JOIN stock_warehouse w ON w.id = pt.warehouse_id
             LEFT JOIN res_partner wp ON wp.id = w.partner_id
             LEFT JOIN ecom_shop shop ON shop.id = w.ecom_shop_id
             CROSS JOIN LATERAL (SELECT coalesce((SELECT digits FROM decimal_precision
                                                   WHERE name = 'Product Unit'), 2) AS places) digits
             CROSS JOIN LATERAL (SELECT coalesce(nullif(wp.tz, ''), nullif(owner.tz, ''),
                                                 (SELECT timezone FROM ecom_shop
                                                   WHERE company_id = o.company_id ORDER BY id LIMIT 1),
                                                 'UTC') AS name) zone
             CROSS JOIN LATERAL (SELECT %(price)s AS unit) price
             LEFT JOIN LATERAL (%(shipped)s) shipped ON true
             LEFT JOIN LATERAL (%(moved)s) moved ON true
             CROSS JOIN LATERAL (SELECT l.qty_received_method = 'stock_moves'
                                        AND NOT coalesce(moved.kit, false) AS net) by_moves
             LEFT JOIN LATERAL (SELECT made.quantity FROM (%(kits)s) made WHERE moved.kit) kits ON true
             LEFT JOIN LATERAL (SELECT made.quantity FROM (%(own)s) made
                                 WHERE moved.kit_consigned) own ON true
             LEFT JOIN LATERAL (%(billed)s) billed ON true
             LEFT JOIN LATERAL (%(cleared)s) cleared ON true
            WHERE l.display_type IS NULL AND NOT coalesce(l.is_downpayment, false)
              AND (o.state = 'purchase' OR o.state = 'cancel'
                   AND (moved.net IS NOT NULL OR billed.posted IS NOT NULL OR billed.draft IS NOT NULL))
              AND %(ordered)s""",
        price=price_sql(),
        shipped=_shipped(day),
        moved=_moved(day),
        kits=kits_sql(_until("x.moment", day)),
        own=kits_sql(SQL("(%s AND NOT x.consigned)", _until("x.moment", day))),
        billed=_billed(day),
        cleared=_cleared(day),
        ordered=_until("coalesce(o.date_approve, o.date_order)", day),
    )


def _until(moment, day):
    """Condition that a moment in UTC is not after the end of the day where the goods arrive."""
    if day is None:
        return SQL("TRUE")
    return SQL("%s <= %s", _local_day(moment), day)


def _local_day(moment):
    return SQL("((%s AT TIME ZONE 'UTC') AT TIME ZONE zone.name)::date", SQL(moment))


def _shipped(day):
    """What supplier notices say has left, less what a person has declared missing; in reference units."""
    return SQL(
        """SELECT sum((n.quantity::numeric - coalesce(n.quantity_missing, 0)::numeric)
                      * coalesce(nu.factor, u.factor)) AS quantity,
                  min(d.shipped_day) AS first_day
             FROM ecom_delivery_notice_line n
             JOIN ecom_delivery_notice d ON d.id = n.notice_id
             LEFT JOIN uom_uom nu ON nu.id = n.uom_id
            WHERE n.purchase_line_id = l.id AND d.kind = 'ship' AND d.state <> 'cancel'
              AND %s""",
        SQL("TRUE") if day is None else SQL("d.shipped_day <= %s", day),
    )


def _moved(day):
    """Receipts and returns of the line in reference units; `since_shipped` only since the first notice."""
    return SQL(
        """SELECT sum(v.direction * v.quantity) FILTER (WHERE NOT v.component) AS net,
                  sum(v.quantity) FILTER (WHERE NOT v.component AND v.direction < 0) AS returned,
                  sum(v.direction * v.quantity) FILTER (WHERE NOT v.component AND v.consigned) AS consigned,
                  sum(v.quantity) FILTER (WHERE NOT v.component AND v.direction > 0 AND NOT v.again
                                            AND %(local_day)s >= shipped.first_day) AS since_shipped,
                  bool_or(v.component) AS kit,
                  bool_or(v.component AND v.consigned) AS kit_consigned
             FROM ecom_purchase_movement v
            WHERE v.purchase_line_id = l.id AND %(until)s""",
        local_day=_local_day("v.moment"),
        until=_until("v.moment", day),
    )


def _billed(day):
    """Vendor invoices less refunds in reference units, posted and still in draft."""
    return SQL(
        """SELECT sum(signed) FILTER (WHERE state = 'posted') AS posted,
                  sum(signed) FILTER (WHERE state = 'draft') AS draft
             FROM (SELECT CASE b.move_type WHEN 'in_refund' THEN -1 ELSE 1 END
                          * a.quantity::numeric * coalesce(bu.factor, u.factor) AS signed, b.state
                     FROM account_move_line a
                     JOIN account_move b ON b.id = a.move_id
                     LEFT JOIN uom_uom bu ON bu.id = a.product_uom_id
                    WHERE a.purchase_line_id = l.id
                      AND b.move_type IN ('in_invoice', 'in_receipt', 'in_refund')
                      AND b.state IN ('posted', 'draft') AND %s) bills""",
        SQL("TRUE") if day is None else SQL("b.date <= %s", day),
    )


def _cleared(day):
    """What nobody waits for any more: + received and never invoiced, - invoiced and never received."""
    return SQL(
        """SELECT sum(k.quantity::numeric) AS quantity FROM ecom_purchase_clearing k
            WHERE k.purchase_line_id = l.id AND %s""",
        SQL("k.state = 'cleared'")
        if day is None
        else SQL("k.day <= %s AND (k.undone_day IS NULL OR k.undone_day > %s)", day, day),
    )
