"""Statement stage: one line of a statement, whatever it comes from, with its working."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.ecom_connectors.models.kernel.bulk_fields import BulkMany2one

from ..terms.working_words import working_html

ORIGINS = [
    ("bill", "Bill"),
    ("return", "Return"),
    ("credit", "Credit Note"),
    ("receipt", "Received, not Billed"),
    ("rebate", "Rebate"),
    ("share", "Cost Share"),
    ("claim", "Claim"),
    ("adjustment", "Adjustment"),
    ("payment", "Payment"),
]
REASONS = [
    ("price", "Price"),
    ("quantity", "Quantity"),
    ("goods", "Wrong or defective goods"),
    ("terms", "Terms not as agreed"),
    ("double", "Counted twice"),
    ("paid", "Paid already"),
    ("unknown", "Not known to us"),
    ("other", "Other"),
]


class EcomStatementLine(models.Model):
    """Written by one statement of SQL; people confirm, dispute or comment it and change nothing else."""

    _name = "ecom.statement.line"
    _description = "Statement Line"
    _inherit = ["ecom.evidence"]
    _order = "statement_id, day, id"
    _check_company_auto = True
    _log_access = False  # the statement says who computed it and when

    # Deleting a statement deletes its lines, deleting a draft document empties their link to it.
    statement_id = BulkMany2one("ecom.statement", required=True, readonly=True, ondelete="cascade")
    # These cannot be deleted while the documents that the lines come from exist.
    company_id = BulkMany2one("res.company", required=True, readonly=True, ondelete="restrict")
    partner_id = BulkMany2one("res.partner", "Supplier", required=True, readonly=True, ondelete="restrict")
    currency_id = BulkMany2one("res.currency", required=True, readonly=True, ondelete="restrict")
    origin = fields.Selection(ORIGINS, required=True, readonly=True)
    day = fields.Date("Date", required=True, readonly=True)
    cutoff = fields.Selection(
        [("before", "Before the period"), ("in", "In the period"), ("after", "After the period")],
        "Cut-off",
        required=True,
        readonly=True,
    )
    res_model = fields.Char("Source Model", required=True, readonly=True)
    res_id = fields.Many2oneReference("Source", model_field="res_model", required=True, readonly=True)
    move_id = BulkMany2one(
        "account.move", "Document", readonly=True, index="btree_not_null", ondelete="set null"
    )
    move_line_id = BulkMany2one("account.move.line", "Journal Item", readonly=True, ondelete="set null")
    purchase_line_id = BulkMany2one("purchase.order.line", "Order Line", readonly=True, ondelete="restrict")
    order_id = fields.Many2one(related="purchase_line_id.order_id")
    product_id = BulkMany2one("product.product", readonly=True, ondelete="restrict")
    quantity = fields.Float(digits="Product Unit", readonly=True)
    price_unit = fields.Float("Price", digits="Product Price", readonly=True)
    amount = fields.Monetary(required=True, readonly=True, help="What we owe: bills +, payments -.")
    in_ledger = fields.Boolean("Booked", required=True, readonly=True)
    live = fields.Boolean(required=True, readonly=True, default=True)
    name = fields.Char("Description", required=True, readonly=True)
    working = fields.Json("Working (Data)", readonly=True)
    working_html = fields.Html("Working", compute="_compute_working_html", sanitize=False)
    comment = fields.Char("Our Note", groups="base.group_user")
    state = fields.Selection(
        [("open", "Open"), ("confirmed", "Confirmed"), ("disputed", "Disputed")],
        required=True,
        readonly=True,
        default="open",
    )
    dispute_reason = fields.Selection(REASONS, readonly=True)
    dispute_text = fields.Text(readonly=True)
    disputed_id = fields.Many2one("res.users", "Disputed by", readonly=True, ondelete="restrict")
    disputed_at = fields.Datetime("Disputed on", readonly=True)
    confirmed_id = fields.Many2one("res.users", "Confirmed by", readonly=True, ondelete="restrict")
    confirmed_at = fields.Datetime("Confirmed on", readonly=True)
    document_id = fields.Many2one(
        "account.move", "Made or Matched", readonly=True, index="btree_not_null", ondelete="restrict"
    )

    # The law: a document is on one statement only. Goods without a bill are on every one until it comes.
    _source_once = models.UniqueIndex(
        "(res_id, res_model, currency_id) WHERE live AND cutoff != 'after' AND origin != 'receipt'",
        "This document is on another statement already.",
    )
    _key = models.UniqueIndex(
        "(statement_id, res_id, res_model)", "This document is on the statement already."
    )

    @api.depends("working", "quantity", "price_unit", "amount")
    @api.depends_context("lang")
    def _compute_working_html(self):
        for line in self:
            line.working_html = working_html(self.env, line.working) if line.working else False

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Statement lines are made by computing and never deleted by hand."))

    def write(self, vals):
        if self._is_sealed() and any(line.state == "confirmed" for line in self):
            raise UserError(self.env._("Confirmed lines cannot be changed."))
        return super().write(vals)

    def action_open_source(self):
        """The bill, payment, order or terms record this line comes from."""
        self.ensure_one()
        model, res_id = self.res_model, self.res_id
        if self.move_id:
            model, res_id = "account.move", self.move_id.id
        elif self.purchase_line_id:
            model, res_id = "purchase.order", self.order_id.id
        return {
            "type": "ir.actions.act_window",
            "res_model": model,
            "res_id": res_id,
            "views": [(False, "form")],
        }

    def action_show_working(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": self._name,
            "res_id": self.id,
            "views": [(self.env.ref("ecom_supplier_settlement.ecom_statement_line_form").id, "form")],
            "target": "new",
        }
