"""Load stage: the canonical movement, never edited."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..kernel.bulk_fields import BulkMany2one
from ..setup.ecom_account import KINDS


class EcomBillLine(models.Model):
    """One movement of money as the platform told it, seen from us: + in, - out.

    Written once by the loader. What becomes of it (state, order, entry) is said by its
    tally, so the line itself never changes.
    """

    _name = "ecom.bill.line"
    _description = "Bill Line"
    _order = "day desc, id desc"
    _rec_name = "line_ref"
    _log_access = False

    bill_id = BulkMany2one("ecom.bill", required=True, readonly=True, ondelete="restrict")
    account_id = BulkMany2one("ecom.account", required=True, readonly=True, ondelete="restrict")
    company_id = BulkMany2one("res.company", required=True, readonly=True, ondelete="restrict")
    currency_id = BulkMany2one("res.currency", required=True, readonly=True)
    tally_id = BulkMany2one("ecom.tally", required=True, readonly=True, ondelete="restrict", index=True)
    category_id = BulkMany2one("ecom.category", readonly=True, ondelete="restrict")
    row = fields.Integer(readonly=True)
    day = fields.Date(readonly=True, help="Accounting day in the account's time zone.")
    booked_at = fields.Datetime("Booked", readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    key = fields.Char(required=True, readonly=True)
    part = fields.Char(readonly=True, help="Column of a composite row that this line is.")
    line_ref = fields.Char("Line No.", readonly=True)
    order_ref = fields.Char("Order No.", readonly=True)
    sub_order_ref = fields.Char("Sub-order No.", readonly=True)
    transaction_ref = fields.Char("Transaction No.", readonly=True)
    refund_ref = fields.Char("Refund No.", readonly=True)
    payout_ref = fields.Char("Payout", readonly=True)
    sku = fields.Char("SKU", readonly=True)
    word = fields.Char("Platform's Transaction Type", readonly=True)
    amount = fields.Monetary(readonly=True)
    balance = fields.Float("Balance After", digits=(20, 3), readonly=True, aggregator=None)
    memo = fields.Char("Remark", readonly=True)
    state = fields.Selection(related="tally_id.state", string="State")
    rule = fields.Char(related="tally_id.rule", string="Rule")
    shop_id = fields.Many2one(related="tally_id.shop_id", string="Shop")
    platform_id = fields.Many2one(related="account_id.platform_id", string="Platform")
    raw_row = fields.Json("Row in the File", compute="_compute_raw_row")
    raw_html = fields.Html("Source Row", compute="_compute_raw_row")

    _key_once = models.UniqueIndex("(account_id, kind, key)", "This line is stored already.")
    # Lines of a bill are stored together, so a block range index finds them at no cost per insert.
    _bill_idx = models.Index("USING brin (bill_id) WITH (pages_per_range = 16)")

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("Bill lines are evidence and cannot be changed."))

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        raise UserError(self.env._("Bill lines come from bills only."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Bill lines are evidence and cannot be deleted."))

    def _compute_raw_row(self):
        """Read the row again from the stored bytes: the evidence is the file itself."""
        for line in self:
            bill = line.bill_id
            cells = self.env["ecom.reader"]._raw_row(bill, line.row)
            line.raw_row = cells
            line.raw_html = line._raw_table(cells)

    def _raw_table(self, cells):
        return self.env["ir.qweb"]._render("ecom_connectors.raw_row", {"cells": cells})

    def action_open_source(self):
        """The line with its source row."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "name": self.env._("Bill Line"),
        }
