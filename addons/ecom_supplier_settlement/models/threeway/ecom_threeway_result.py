"""Invoice stage: what the match said of every invoice line, kept as evidence."""

from odoo import api, fields, models
from odoo.exceptions import UserError

# Of an invoice; empty as long as it was never matched.
THREEWAY_STATES = [
    ("none", "Not Matched"),
    ("ready", "Ready to Pay"),
    ("warning", "Ready to Pay, With Warning"),
    ("blocked", "Blocked for Payment"),
    ("released", "Released"),
]
VERDICTS = [("inside", "Right"), ("warn", "Warning"), ("block", "Blocked")]
CAUSES = [
    ("post", "Invoice Posted"),
    ("manual", "On Request"),
    ("receipt", "Goods Received or Returned"),
    ("order", "Order Changed"),
    ("agreement", "Price Agreed"),
    ("policy", "Limits Changed"),
    ("bill", "Another Invoice or Credit Note"),
    ("lines", "Invoice Changed"),
    ("release", "Released"),
    ("payment", "Payment Requested"),
]


class EcomThreewayResult(models.Model):
    """The verdict on one invoice line, or on the total of an invoice, with everything it was made from.

    Written by the match alone, never changed, never deleted: a new verdict supersedes the old one.
    """

    _name = "ecom.threeway.result"
    _description = "Match Result"
    _inherit = ["ecom.sealed"]
    _order = "superseded, move_id desc, id"
    _log_access = False

    move_id = fields.Many2one("account.move", "Invoice", readonly=True, ondelete="cascade", index=True)
    move_line_id = fields.Many2one(
        "account.move.line", "Invoice Line", readonly=True, ondelete="set null", index="btree_not_null"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    partner_id = fields.Many2one("res.partner", "Supplier", readonly=True, ondelete="restrict")
    currency_id = fields.Many2one("res.currency", readonly=True, ondelete="restrict")
    company_currency_id = fields.Many2one("res.currency", readonly=True, ondelete="restrict")
    kind = fields.Selection([("line", "Line"), ("document", "Total")], required=True, readonly=True)
    purchase_line_id = fields.Many2one(
        "purchase.order.line", "Order Line", readonly=True, ondelete="set null", index="btree_not_null"
    )
    order_id = fields.Many2one("purchase.order", readonly=True, ondelete="set null")
    product_id = fields.Many2one("product.product", readonly=True, ondelete="restrict")
    uom_id = fields.Many2one("uom.uom", "Unit", readonly=True, ondelete="restrict")
    agreement_id = fields.Many2one(
        "ecom.price.agreement", "Price Agreement", readonly=True, ondelete="restrict", help="Else the order."
    )
    clause_id = fields.Many2one(
        "ecom.clause",
        "Price by Contract",
        readonly=True,
        ondelete="restrict",
        help="A contract's price counts before any other.",
    )
    policy_version_id = fields.Many2one(
        "ecom.threeway.policy.version",
        "Policy",
        readonly=True,
        ondelete="restrict",
        help="Empty: no policy fits, so nothing more than was agreed may be invoiced.",
    )
    rule_version = fields.Integer(readonly=True, help="Version of the rules that decided.")
    quantity_ordered = fields.Float("Ordered", digits="Product Unit", readonly=True)
    quantity_received = fields.Float("Received", digits="Product Unit", readonly=True)
    quantity_billed_before = fields.Float("Invoiced Before", digits="Product Unit", readonly=True)
    quantity_expected = fields.Float("May Be Invoiced", digits="Product Unit", readonly=True)
    quantity_billed = fields.Float("Invoiced", digits="Product Unit", readonly=True)
    variance_quantity = fields.Float("Quantity Difference", digits="Product Unit", readonly=True)
    variance_ordered = fields.Float("Against the Order", digits="Product Unit", readonly=True)
    price_agreed = fields.Float(
        "Agreed Price",
        digits=(24, 8),
        readonly=True,
        help="Of one unit of the order, in the order's currency.",
    )
    amount_expected = fields.Monetary("Expected", readonly=True)
    amount_billed = fields.Monetary("Amount Invoiced", readonly=True)
    variance_price = fields.Monetary("Price Difference", readonly=True)
    variance_rate = fields.Monetary(
        "Rate Difference", readonly=True, help="Ordered in another currency: what the rate alone explains."
    )
    variance_exchange = fields.Monetary(
        "Exchange Difference",
        readonly=True,
        currency_field="company_currency_id",
        help="In the company's currency, between order and invoice.",
    )
    variance_document = fields.Monetary("Total Difference", readonly=True)
    verdict = fields.Selection(VERDICTS, readonly=True, required=True)
    reasons = fields.Char(readonly=True)
    reason_text = fields.Char("Why", compute="_compute_reason_text")
    cause = fields.Selection(CAUSES, "Matched Because", readonly=True)
    user_id = fields.Many2one("res.users", "By", readonly=True, ondelete="restrict")
    matched_at = fields.Datetime(readonly=True)
    superseded = fields.Boolean(readonly=True)
    inputs = fields.Json(readonly=True, help="All that was compared, as whole numbers.")
    digest = fields.Char(readonly=True)

    _line_once = models.UniqueIndex(
        "(move_line_id) WHERE NOT superseded AND move_line_id IS NOT NULL", "A line has one verdict."
    )
    _document_once = models.UniqueIndex(
        "(move_id) WHERE NOT superseded AND kind = 'document'", "An invoice has one verdict on its total."
    )
    _current = models.Index("(move_id) WHERE NOT superseded")

    @api.depends("move_id", "product_id")
    def _compute_display_name(self):
        for result in self:
            # Warehouse people answer for quantities and may not open invoices; a number says no amount.
            names = (result.move_id.sudo().name, result.product_id.display_name)
            result.display_name = " · ".join(name for name in names if name)

    @api.depends("reasons")
    @api.depends_context("lang")
    def _compute_reason_text(self):
        texts = reason_texts(self.env)
        for result in self:
            codes = (result.reasons or "").split(",")
            result.reason_text = " ".join(texts[code] for code in codes if code in texts)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Results of a match are evidence and cannot be deleted."))

    def action_open_bill(self):
        self.ensure_one()
        return self.move_id._get_records_action()


def reason_texts(env):
    """{reason: what it says}, in the user's language."""
    return {
        "wrong_item": env._("The product is not the one ordered."),
        "wrong_supplier": env._("The order is of another supplier or company."),
        "not_linked": env._("The product was ordered, but this line names no order line."),
        "unit_unknown": env._("The unit does not convert into the unit of the order."),
        "no_order": env._("The line has no order and is over the limit."),
        "line_over": env._("The line costs more than one line of an order may."),
        "charges_over": env._("All charges without order together are over the limit."),
        "charge_unit_over": env._("The charges for each unit of goods are over the limit."),
        "quantity_over": env._("More is invoiced than may be invoiced now."),
        "quantity_under": env._("Less is invoiced than may be invoiced now."),
        "ordered_over": env._("All invoices together are over the quantity ordered."),
        "order_over": env._("All invoices of the order together are over what it comes to."),
        "price_over": env._("The price is higher than agreed."),
        "price_under": env._("The price is lower than agreed."),
        "document_over": env._("The invoice adds up to more than its supplier wrote below it."),
        "document_under": env._("The invoice adds up to less than its supplier wrote below it."),
    }
