"""Receipt stage: what was ordered, shipped, received and billed, per purchase order line."""

from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL, drop_view_if_exists

from .ecom_purchase_basis_sql import NUMERIC, basis_sql


class EcomPurchaseBasis(models.Model):
    """The one payable basis: statement, accrual and match all read their quantities here.

    One row per product line of a confirmed order; its id is that of the order line. Quantities are in the
    unit of the order line, prices in the order's currency without tax.
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
        "stock.move": [
            *("state", "quantity", "product_uom", "purchase_line_id", "date", "product_id", "to_refund"),
            *("location_id", "location_dest_id", "origin_returned_move_id", "restrict_partner_id"),
        ],
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
        help="Of the received quantity, what still belongs to somebody else. It cannot be billed.",
    )
    quantity_billed = fields.Float(
        "Billed", digits="Product Unit", readonly=True, help="Posted, less refunds."
    )
    quantity_billed_draft = fields.Float("In Draft Bills", digits="Product Unit", readonly=True)
    quantity_cleared = fields.Float(
        "Cleared",
        digits="Product Unit",
        readonly=True,
        help="Received and never billed; negative: billed and never received.",
    )
    quantity_in_transit = fields.Float(
        "In Transit", digits="Product Unit", readonly=True, help="Shipped and not received yet."
    )
    quantity_to_bill = fields.Float(
        "To Bill",
        digits="Product Unit",
        readonly=True,
        help="Received less billed, in draft bills and cleared.",
    )
    amount_to_bill = fields.Monetary("Amount to Bill", readonly=True)
    variance_received = fields.Float(
        "Received - Ordered", digits="Product Unit", readonly=True, help="Received less ordered."
    )
    variance_billed = fields.Float(
        "Billed - Received", digits="Product Unit", readonly=True, help="Billed less received."
    )

    def init(self):
        # What the view reads is there when all models have their columns.
        self.pool.post_init(self._create_view)

    def _create_view(self):
        drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(SQL("CREATE VIEW %s AS (%s)", SQL.identifier(self._table), basis_sql()))

    @api.model
    def _at(self, day, company, lines=None):
        """SQL of the same rows as they stood when `day` ended, for a FROM clause.

        A receipt counts on the day of its move in the warehouse's time zone, a bill on its accounting date,
        a notice on the day it was shipped, an order on the day it was confirmed. Draft bills are those of
        today that carry a date up to the day; received quantities typed by hand (services) have no date.

        :param day: date
        :param company: res.company, one
        :param lines: purchase.order.line that matter; None means all of the company
        :return: SQL of a SELECT with all columns of this view
        """
        for model, names in self._depends.items():
            self.env[model].flush_model(names)
        return SQL(
            "SELECT * FROM (%s) basis WHERE company_id = %s AND %s",
            basis_sql(day),
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
