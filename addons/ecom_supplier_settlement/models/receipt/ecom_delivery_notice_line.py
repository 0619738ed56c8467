"""Receipt stage: one product of a notice and the order line that it belongs to."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from .ecom_delivery_keeper import PIECES
from .ecom_delivery_notice import CLOSED


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

    quantity_ordered = fields.Float("Ordered", digits="Product Unit", compute="_compute_basis")
    quantity_received = fields.Float("Received (Order)", digits="Product Unit", compute="_compute_basis")
    quantity_billed = fields.Float("Invoiced (Order)", digits="Product Unit", compute="_compute_basis")
    quantity_in_transit = fields.Float("In Transit", digits="Product Unit", compute="_compute_in_transit")
    difference = fields.Float(
        digits="Product Unit", compute="_compute_difference", help="Booked less what the notice says."
    )

    _quantities = models.Constraint(
        "CHECK(quantity >= 0 AND quantity_damaged >= 0 AND quantity_damaged <= quantity)",
        "Quantities of a notice are not negative, and no more is damaged than arrived.",
    )

    @api.depends("purchase_line_id")
    def _compute_basis(self):
        found = {row.id: row for row in self.env["ecom.purchase.basis"].browse(self.purchase_line_id.ids)}
        for line in self:
            row = found.get(line.purchase_line_id.id)
            line.quantity_ordered = row.quantity_ordered if row else 0
            line.quantity_received = row.quantity_received if row else 0
            line.quantity_billed = row.quantity_billed if row else 0

    @api.depends("quantity", "quantity_done", "quantity_missing", "kind", "state")
    def _compute_in_transit(self):
        for line in self:
            waiting = line.kind == "ship" and line.state not in CLOSED
            left = line.quantity - line.quantity_missing - line.quantity_done
            line.quantity_in_transit = max(left, 0) if waiting else 0

    @api.depends("quantity", "quantity_done")
    def _compute_difference(self):
        for line in self:
            line.difference = line.quantity_done - line.quantity

    def _differs(self):
        unit = self.uom_id or self.purchase_line_id.product_uom_id
        return unit.compare(self.quantity_done, self.quantity - self.quantity_missing) != 0

    def _take_product(self, product):
        """What a code means has become known; words for a piece mean the product's own unit."""
        for line in self:
            unit = line.uom_id
            if not unit and (line.unit or "").casefold() in PIECES:
                unit = product.uom_id
            fits = not unit or unit._has_common_reference(product.uom_id)
            line._unseal().write(
                {
                    "product_id": product.id if fits else False,
                    "uom_id": unit.id,
                    "match_state": "unmatched" if fits else "unmapped",
                }
            )

    def _set_order_line(self, order_line_id, rule):
        order_line = self.env["purchase.order.line"].browse(order_line_id)
        self._unseal().write(
            {
                "purchase_line_id": order_line.id,
                "match_state": "matched",
                "rule": rule,
                "candidate_ids": [(5, 0, 0)],
                "uom_id": self.uom_id.id or order_line.product_uom_id.id,
            }
        )

    def _choose(self, order_line):
        """A person says which order line it is; it must be of the same company, supplier and product."""
        self.ensure_one()
        self.notice_id._check_warehouse_person()
        if self.state in CLOSED or self.quantity_done:
            raise UserError(self.env._("The notice is closed or its goods are booked already."))
        partner = order_line.order_id.partner_id.commercial_partner_id
        if (
            order_line.company_id != self.company_id
            or order_line.product_id != self.product_id
            or order_line.order_id.state != "purchase"
            or (self.partner_id and self.partner_id != partner)
        ):
            raise UserError(self.env._("This order line is of another supplier, company or product."))
        before = self.purchase_line_id
        self._set_order_line(order_line.id, "person")
        self.notice_id._refresh()
        others = self.search([("purchase_line_id", "in", before.ids)])
        others.notice_id._refresh()

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Delivery notices are evidence. Cancel those that are wrong."))
