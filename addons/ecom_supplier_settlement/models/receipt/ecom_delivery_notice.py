"""Receipt stage: what suppliers say they shipped and what warehouses say has arrived."""

from odoo import api, fields, models
from odoo.exceptions import UserError

TRANSITIONS = {
    "draft": {"open", "received", "difference", "cancel"},
    "open": {"draft", "received", "difference", "done", "cancel"},
    "received": {"open", "difference", "done"},
    "difference": {"open", "received", "done"},
    "done": set(),
    "cancel": set(),
}
CLOSED = ("done", "cancel")


class EcomDeliveryNotice(models.Model):
    """One delivery note of a supplier, or one receipt report of a warehouse that others run.

    A note (`ship`) makes goods in transit. A report (`receipt`) is compared with what is booked, and books
    the receipt if a person says so. Both keep the sender's words; what they mean is found by `_match`.
    """

    _name = "ecom.delivery.notice"
    _description = "Delivery Notice"
    _inherit = ["ecom.sealed", "mail.thread", "mail.activity.mixin"]
    _order = "day desc, id desc"
    _check_company_auto = True

    name = fields.Char("Number", required=True, readonly=True)
    kind = fields.Selection(
        [("ship", "Delivery Note"), ("receipt", "Receipt Report")], required=True, readonly=True, index=True
    )
    state = fields.Selection(
        [
            ("draft", "To Match"),
            ("open", "Open"),
            ("received", "Received"),
            ("difference", "Difference"),
            ("done", "Done"),
            ("cancel", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="draft",
        index=True,
        tracking=True,
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    partner_id = fields.Many2one(
        "res.partner", "Supplier", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse", readonly=True, index="btree_not_null", ondelete="restrict", check_company=True
    )
    warehouse_type = fields.Selection(related="warehouse_id.ecom_type")
    day = fields.Date(required=True, readonly=True, help="Day it was shipped, or day the goods arrived.")
    shipped_day = fields.Date(readonly=True)
    expected_day = fields.Date(readonly=True)
    received_day = fields.Date(readonly=True)
    carrier = fields.Char(readonly=True)
    tracking_no = fields.Char("Tracking No.", readonly=True)
    source = fields.Selection(
        [("file", "File"), ("api", "Interface")], required=True, readonly=True, default="api"
    )
    digest = fields.Char(required=True, readonly=True, help="SHA-256 of what the sender said.")
    line_ids = fields.One2many("ecom.delivery.notice.line", "notice_id", readonly=True)
    order_ids = fields.Many2many("purchase.order", compute="_compute_order_ids", string="Orders")
    picking_ids = fields.Many2many(
        "stock.picking", string="Booked Receipts", readonly=True, help="Receipts that this report has booked."
    )
    line_count = fields.Integer("Lines", compute="_compute_counts")
    open_count = fields.Integer("To Match", compute="_compute_counts")

    _number_once = models.UniqueIndex(
        "(company_id, kind, name, (CASE kind WHEN 'ship' THEN partner_id ELSE warehouse_id END)) "
        "WHERE state <> 'cancel'",
        "This number is stored already.",
    )
    _ship_has_supplier = models.Constraint(
        "CHECK(CASE kind WHEN 'ship' THEN partner_id IS NOT NULL AND shipped_day IS NOT NULL "
        "ELSE warehouse_id IS NOT NULL AND received_day IS NOT NULL END)",
        "A delivery note needs its supplier and a receipt report its warehouse.",
    )

    @api.depends("line_ids.order_id")
    def _compute_order_ids(self):
        for notice in self:
            notice.order_ids = notice.line_ids.order_id

    @api.depends("line_ids.match_state")
    def _compute_counts(self):
        counts = {
            (notice, state): count
            for notice, state, count in self.env["ecom.delivery.notice.line"]._read_group(
                [("notice_id", "in", self.ids)], ["notice_id", "match_state"], ["__count"]
            )
        }
        for notice in self:
            states = {state: count for (owner, state), count in counts.items() if owner == notice}
            notice.line_count = sum(states.values())
            notice.open_count = notice.line_count - states.get("matched", 0)

    def _go_to(self, state, **values):
        """The one door through which a notice changes its state."""
        moving = self.filtered(lambda notice: notice.state != state)
        for notice in moving:
            if state not in TRANSITIONS[notice.state]:
                raise UserError(
                    self.env._("%(notice)s is closed or has receipts: reload the page.", notice=notice.name)
                )
        moving._unseal().write({"state": state, **values})

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Delivery notices are evidence. Cancel those that are wrong."))


class EcomDeliveryNoticeLine(models.Model):
    """One product of a notice: the sender's words, what they mean, and what became of it."""

    _name = "ecom.delivery.notice.line"
    _description = "Delivery Notice Line"
    _inherit = ["ecom.sealed"]
    _sealed_as = "ecom.delivery.notice"
    _order = "notice_id, row, id"
    _rec_name = "sku"
    _check_company_auto = True

    notice_id = fields.Many2one(
        "ecom.delivery.notice", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="notice_id.company_id", store=True, index=True)
    kind = fields.Selection(related="notice_id.kind")
    state = fields.Selection(related="notice_id.state")
    partner_id = fields.Many2one(related="notice_id.partner_id")
    warehouse_id = fields.Many2one(related="notice_id.warehouse_id")
    row = fields.Integer(readonly=True)
    order_no = fields.Char("Their Order No.", readonly=True)
    sku = fields.Char("Their SKU", required=True, readonly=True)
    title = fields.Char("Their Name", readonly=True)
    lot = fields.Char(readonly=True)
    quantity = fields.Float(digits="Product Unit", required=True, readonly=True)
    quantity_damaged = fields.Float(
        "Damaged", digits="Product Unit", readonly=True, help="Of the quantity, what arrived damaged."
    )
    quantity_missing = fields.Float(
        "Missing", digits="Product Unit", readonly=True, help="What a person has given up waiting for."
    )
    unit = fields.Char("Their Unit", readonly=True)
    uom_id = fields.Many2one("uom.uom", "Unit", readonly=True, ondelete="restrict")
    product_id = fields.Many2one(
        "product.product", readonly=True, index="btree_not_null", ondelete="restrict", check_company=True
    )
    purchase_line_id = fields.Many2one(
        "purchase.order.line", "Order Line", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    order_id = fields.Many2one(related="purchase_line_id.order_id", string="Order")
    match_state = fields.Selection(
        [
            ("unmapped", "SKU Unknown"),
            ("unmatched", "No Order"),
            ("ambiguous", "Several Orders"),
            ("matched", "Matched"),
        ],
        required=True,
        readonly=True,
        default="unmapped",
        index=True,
    )
    rule = fields.Selection(
        [
            ("order_no", "Order Number"),
            ("only_open", "Only Open Order"),
            ("exact", "Exact Open Quantity"),
            ("person", "By Hand"),
        ],
        readonly=True,
    )
    candidate_ids = fields.Many2many("purchase.order.line", string="Candidates", readonly=True)
    quantity_done = fields.Float(
        "Received", digits="Product Unit", readonly=True, help="Booked in Odoo for this line, in its unit."
    )

    _quantities = models.Constraint(
        "CHECK(quantity >= 0 AND quantity_damaged >= 0 AND quantity_damaged <= quantity)",
        "Quantities of a notice are not negative, and no more is damaged than arrived.",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Delivery notices are evidence. Cancel those that are wrong."))
