"""Invoice stage: what takes an accrual back, part by part."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class EcomAccrualReversal(models.Model):
    """A part of an accrual taken back: by an invoice, by clearing, or because the goods went back."""

    _name = "ecom.accrual.reversal"
    _description = "Accrual Reversal"
    _inherit = "ecom.sealed"
    _sealed_as = "ecom.accrual"
    _order = "day, id"

    line_id = fields.Many2one(
        "ecom.accrual.line", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    bill_id = fields.Many2one(
        "account.move", "Invoice", readonly=True, ondelete="set null", index="btree_not_null"
    )
    bill_line_id = fields.Many2one(
        "account.move.line", "Invoice Line", readonly=True, ondelete="set null", index="btree_not_null"
    )
    clearing_id = fields.Many2one(
        "ecom.purchase.clearing", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    # Goods that cost nothing are taken back without an entry.
    move_id = fields.Many2one("account.move", "Entry", readonly=True, ondelete="restrict")
    day = fields.Date(required=True, readonly=True)
    live = fields.Boolean(default=True, readonly=True)
    # Finer than units are counted: four pieces thrice are one dozen.
    quantity = fields.Float(digits=(16, 6), min_display_digits="Product Unit", readonly=True)
    currency_id = fields.Many2one(related="line_id.currency_id")
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    amount = fields.Monetary(readonly=True)
    balance = fields.Monetary(currency_field="company_currency_id", readonly=True)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What was taken back is evidence and stays."))
