"""Invoice stage: a difference between received and invoiced that stays is cleared, per order line."""

from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...lib.ecom_settle.accrual import reversal_parts


class EcomPurchaseClearing(models.Model):
    """A quantity of an order line that was received and will not be invoiced, or invoiced and will not come.

    From its day on nothing waits for it: it is not accrued, not proposed for a statement, and an invoice for
    it is over what may be invoiced. What was accrued for it is taken back. Undone, it waits again.
    """

    _name = "ecom.purchase.clearing"
    _description = "Cleared Quantity Difference"
    _inherit = ["mail.thread", "ecom.sealed"]
    _order = "day desc, id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    purchase_line_id = fields.Many2one(
        "purchase.order.line",
        "Order Line",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
        check_company=True,
    )
    order_id = fields.Many2one(related="purchase_line_id.order_id", store=True)
    partner_id = fields.Many2one(
        related="order_id.partner_id.commercial_partner_id", string="Supplier", store=True
    )
    product_id = fields.Many2one(related="purchase_line_id.product_id")
    uom_id = fields.Many2one(related="purchase_line_id.product_uom_id", string="Unit")
    day = fields.Date("Cleared On", required=True, readonly=True)
    quantity = fields.Float(
        digits="Product Unit",
        required=True,
        readonly=True,
        help="In the order's unit: + received and never invoiced, - invoiced and never received.",
    )
    currency_id = fields.Many2one(related="order_id.currency_id")
    amount = fields.Monetary(readonly=True, help="At the order's price without tax.")
    reason = fields.Char(required=True, readonly=True)
    user_id = fields.Many2one("res.users", "Cleared By", required=True, readonly=True, ondelete="restrict")
    state = fields.Selection(
        [("cleared", "Cleared"), ("undone", "Undone")],
        default="cleared",
        required=True,
        readonly=True,
        tracking=True,
    )
    undone_day = fields.Date("Undone On", readonly=True)
    reversal_ids = fields.One2many("ecom.accrual.reversal", "clearing_id", "Taken Back", readonly=True)

    _not_zero = models.Constraint("CHECK (quantity <> 0)", "Nothing is cleared by a quantity of zero.")

    @api.depends("purchase_line_id")
    def _compute_name(self):
        for clearing in self:
            clearing.name = f"{clearing.order_id.name} {clearing.product_id.display_name}"

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What was cleared is evidence. Undo it."))

    @api.model
    def _open(self, lines, day):
        """{order line id: Decimal} that may be cleared on a day: what is open then and still is.

        Goods in a draft invoice wait for it and may not be cleared; a draft alone is nothing invoiced.
        """
        found = {}
        for company, own in lines.grouped("company_id").items():
            basis = self.env["ecom.purchase.basis"]
            then, now = (basis._at_rows(until, company, own) for until in (day, None))
            for line in own:
                one, two = (_waiting(rows.get(line.id)) for rows in (then, now))
                found[line.id] = min(one, two, key=abs) if one * two > 0 else Decimal(0)
        return found

    @api.model
    def _clear(self, quantities, day, reason):
        """Clear quantities of order lines, each by its own document; return the documents.

        :param quantities: {purchase.order.line: Decimal}, order's unit, + received, - invoiced
        :param day: date, from which on nothing waits for them
        :raises UserError: nobody may; more than is open; the day is in an accrued period
        """
        self._check_may_clear()
        lines = self.env["purchase.order.line"].union(*quantities)
        lines.check_access("read")
        self.env["ecom.stage"]._take(lines)
        self._check_day(lines.company_id, day)
        waiting = self._open(lines, day)
        values = []
        for line, quantity in quantities.items():
            limit = waiting[line.id]
            if not quantity or quantity * limit <= 0 or abs(quantity) > abs(limit):
                raise UserError(
                    self.env._(
                        "%(order)s, %(product)s: %(quantity)s cannot be cleared on %(day)s, "
                        "%(open)s is open.",
                        order=line.order_id.name,
                        product=line.product_id.display_name,
                        quantity=f"{quantity.normalize():f}",
                        day=day,
                        open=f"{limit.normalize():f}",
                    )
                )
            values.append(self._values(line, quantity, day, reason))
        clearings = self._unseal().create(values)._seal()
        clearings._take_back()
        # Invoices of these lines are judged again: an invoice for what was cleared is over.
        self.env["ecom.threeway.matcher"]._match_bills_of(lines.ids, "order")
        return clearings

    def _values(self, line, quantity, day, reason):
        price = self.env["ecom.purchase.basis"]._at_rows(day, line.company_id, line)[line.id]["price_unit"]
        return {
            "company_id": line.company_id.id,
            "purchase_line_id": line.id,
            "day": day,
            "quantity": float(quantity),
            "amount": float(line.currency_id.round(float(price * quantity))),
            "reason": reason,
            "user_id": self.env.user.id,
        }

    def action_undo(self):
        """Let the quantities wait again from today on; what was taken back is accrued again."""
        self._check_may_clear()
        today = fields.Date.context_today(self)
        for clearing in self:
            if clearing.state == "undone":
                raise UserError(self.env._("%s is undone already.", clearing.name))
            clearing._unseal().write({"state": "undone", "undone_day": max(today, clearing.day)})
            # Accruals are evidence that only their own stage writes.
            self.env["ecom.accrual.ledger"]._accrue_again(
                clearing.reversal_ids.filtered("live"),
                lambda env, name=clearing.name: env._("Accrued again: %s is no longer cleared", name),
                clearing.undone_day,
            )
        self.env["ecom.threeway.matcher"]._match_bills_of(self.purchase_line_id.ids, "order")

    def _check_may_clear(self):
        if not self.env.su and not self.env.user.has_group("ecom_connectors.group_accountant"):
            raise UserError(self.env._("Only accountants clear quantity differences."))

    def _check_day(self, companies, day):
        if day > fields.Date.context_today(self):
            raise UserError(self.env._("%s is in the future.", day))
        accrued = self.env["ecom.accrual"].search(
            [("company_id", "in", companies.ids), ("period_end", ">=", day), ("state", "=", "posted")],
            limit=1,
        )
        if accrued:
            raise UserError(
                self.env._(
                    "%(accrual)s counts on what was open then. Choose a later day.", accrual=accrued.name
                )
            )

    def _take_back(self):
        """Book what accruals still hold of cleared goods, on the day they were cleared."""
        taker = self.env["ecom.accrual.taker"]
        outstanding = taker._outstanding(self.purchase_line_id.ids)
        for clearing in self.filtered(lambda it: it.state == "cleared" and it.quantity > 0):
            line = clearing.purchase_line_id
            held = outstanding.get(line.id, [])
            basis = self.env["ecom.purchase.basis"]._at_rows(None, clearing.company_id, line)[line.id]
            left = max(open_quantity(basis), Decimal(0))
            taken = sum((Decimal(str(it.quantity)) for it in clearing.reversal_ids if it.live), Decimal(0))
            quantity = min(
                Decimal(str(clearing.quantity)) - taken, sum(part.quantity for part in held) - left
            )
            if quantity > 0:
                taker._take_cleared(clearing, reversal_parts(quantity, held))
                outstanding = taker._outstanding(self.purchase_line_id.ids)


def open_quantity(row):
    """What of an order line waits for an invoice, or, below zero, for goods."""
    return (
        row["quantity_received"]
        - row["quantity_consigned"]
        - row["quantity_billed"]
        - row["quantity_cleared"]
    )


def _waiting(row):
    """What of an order line's difference no draft invoice is about to close."""
    if row is None:
        return Decimal(0)
    difference = open_quantity(row)
    return max(difference - row["quantity_billed_draft"], Decimal(0)) if difference > 0 else difference
