"""Receipt stage: what suppliers say they shipped and what warehouses say has arrived."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...lib.ecom_settle.notices import notice_of
from .ecom_delivery_words import notice_problem_text
from .supplier_file import told_problems

MAX_NOTICES = 500
CLOSED = ("done", "cancel")


class EcomDeliveryNotice(models.Model):
    """One delivery note of a supplier, or one receipt report of a warehouse that others run.

    A note (`ship`) makes goods in transit. A report (`receipt`) is compared with what is booked, and books
    the receipt if a person says so. Both keep the sender's words; what they mean is found by `_match`.
    """

    _name = "ecom.delivery.notice"
    _description = "Delivery Notice"
    _inherit = ["ecom.stateful", "mail.thread", "mail.activity.mixin"]
    _order = "day desc, id desc"
    _check_company_auto = True
    _transitions = {
        "draft": {"open", "received", "difference", "cancel"},
        "open": {"draft", "received", "difference", "done", "cancel"},
        "received": {"open", "difference", "done"},
        "difference": {"open", "received", "done"},
        "done": set(),
        "cancel": set(),
    }

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
    file_id = fields.Many2one(
        "ecom.delivery.file", readonly=True, index="btree_not_null", ondelete="restrict"
    )
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

    def _refused_move(self, state):
        return UserError(
            self.env._("%(notice)s is closed or has receipts: reload the page.", notice=self.name)
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Delivery notices are evidence. Cancel those that are wrong."))

    # --- ways in ---------------------------------------------------------------

    @api.model
    def receive(self, payload):
        """Public interface: store delivery notes and receipt reports that another system sends.

        Each notice is stored or refused by itself; sending it twice changes nothing.

        :param payload: one notice or a list of them, as `lib/ecom_settle/notices/payload.py` describes
        :return: per notice `number, id, state, new, problems: [{row, column, text, reason, message}]`;
            `id` is False and `state` "refused" when there are problems
        :raises AccessError: for users without the warehouse role
        :raises UserError: for more than 500 notices at once
        """
        if not self.env.user.has_group("ecom_supplier_settlement.group_warehouse"):
            raise AccessError(self.env._("Only warehouse people and buyers store delivery notes."))
        payloads = payload if isinstance(payload, list) else [payload]
        if len(payloads) > MAX_NOTICES:
            raise UserError(self.env._("Send at most %s notices at once.", MAX_NOTICES))
        return [self._receive_one(item) for item in payloads]

    def _receive_one(self, payload):
        notice, problems = notice_of(payload)
        record, new = self.browse(), 0
        if notice:
            with self.env.cr.savepoint():
                record, new, problems = self.env["ecom.delivery.keeper"]._keep([notice], source="api")
        number = payload.get("number") if isinstance(payload, dict) else ""
        return {
            "number": number if isinstance(number, str) else "",
            "id": record.id,
            "state": record.state or "refused",
            "new": bool(new),
            "problems": told_problems(self.env, problems, notice_problem_text),
        }

    # --- what it meets ---------------------------------------------------------

    def _match(self):
        """Find the order lines of lines that have none; then look at receipts again."""
        for company, notices in (
            self.filtered(lambda it: it.state not in CLOSED).grouped("company_id").items()
        ):
            for kind in ("ship", "receipt"):
                lines = notices.filtered(lambda it, kind=kind: it.kind == kind).line_ids
                self.env["ecom.delivery.matcher"]._match(lines.filtered("product_id"), company)
        self._refresh()

    def _refresh(self):
        """Count the receipts of all notices that share order lines with these, and move their states."""
        lines = self.line_ids.purchase_line_id
        shared = self.env["ecom.delivery.notice.line"].search(
            [("purchase_line_id", "in", lines.ids), ("notice_id.state", "!=", "cancel")]
        )
        for kind in ("ship", "receipt"):
            of_kind = shared.filtered(lambda it, kind=kind: it.notice_id.kind == kind)
            self.env["ecom.delivery.matcher"]._count_receipts(of_kind, kind)
        for notice in (self | shared.notice_id).filtered(lambda it: it.state not in CLOSED):
            notice._go_to(notice._state_now())

    def _state_now(self):
        lines = self.line_ids
        if any(line.match_state != "matched" for line in lines):
            return "draft" if self.state in ("draft", "open") else self.state
        if not any(line.quantity_done for line in lines):
            return "open"
        return "difference" if any(line._differs() for line in lines) else "received"

    # --- buttons ---------------------------------------------------------------

    def action_match(self):
        """Button: look for order lines again."""
        self._check_warehouse_person()
        self._match()

    def action_receive(self):
        """Button: validate the open receipts of the orders with what the warehouse says has arrived.

        What the report does not name stays open in a backorder. Doing it twice books nothing twice: a report
        books once, and only what no receipt since its day has booked.

        :raises UserError: if a line is not matched, the report has booked already, nothing is left to book,
            no receipt is open for an order line, or a product needs serial numbers
        """
        for notice in self:
            notice._check_warehouse_person()
            self.env["ecom.delivery.receiver"]._receive(notice)

    def action_done(self):
        """Button: what has not arrived by now is not waited for any more."""
        self._check_warehouse_person()
        if any(notice.state == "draft" for notice in self):
            raise UserError(self.env._("Match all lines with orders first, or cancel the notice."))
        self._refresh()
        for line in self.line_ids:
            missing = max(line.quantity - line.quantity_done, 0)
            if missing:
                line._unseal().write({"quantity_missing": missing})
        self._go_to("done")

    def action_cancel(self):
        """Button: it was wrong. It counts for nothing any more, and its number may come again."""
        self._check_warehouse_person()
        if self.picking_ids:
            raise UserError(self.env._("This report has booked receipts. Return the goods instead."))
        lines = self.line_ids.purchase_line_id
        for notice in self.filtered(lambda it: it.state in ("received", "difference")):
            notice._go_to("open")
        self._go_to("cancel")
        others = self.env["ecom.delivery.notice.line"].search([("purchase_line_id", "in", lines.ids)])
        (others.notice_id - self)._refresh()

    def _check_warehouse_person(self):
        if not self.env.user.has_group("ecom_supplier_settlement.group_warehouse") and not self.env.su:
            raise AccessError(self.env._("Only warehouse people and buyers work on delivery notices."))
        self.check_access("write")

    def action_open_pickings(self):
        """Button: the receipts of the orders of this notice."""
        pickings = self.order_ids.picking_ids
        action = self.env["ir.actions.act_window"]._for_xml_id("stock.action_picking_tree_all")
        return {**action, "domain": [("id", "in", pickings.ids)], "context": {}}

    def action_open_basis(self):
        """Button: ordered, shipped, received and invoiced, side by side."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_supplier_settlement.ecom_purchase_basis_action"
        )
        return {**action, "domain": [("id", "in", self.line_ids.purchase_line_id.ids)], "context": {}}
