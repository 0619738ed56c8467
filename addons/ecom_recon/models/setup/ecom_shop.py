"""Match and post stage: what a shop's reconciliation follows."""

from odoo import fields, models

MODES = [
    ("summary", "Summary: the bill posts revenue"),
    ("order", "Order: the bill clears the receivable of invoiced orders"),
]


class EcomShop(models.Model):
    _inherit = "ecom.shop"

    posting_mode = fields.Selection(
        MODES,
        required=True,
        default="summary",
        tracking=True,
        help="One order can never be in both: its revenue would count twice.",
    )
    fee_rule_ids = fields.One2many("ecom.fee.rule", "shop_id", "Fee Rules")
    tolerance_id = fields.Many2one(
        "ecom.tolerance", "Tolerance of Payments and Refunds", check_company=True, ondelete="restrict"
    )
    fee_tolerance_id = fields.Many2one(
        "ecom.tolerance", "Tolerance of Fees", check_company=True, ondelete="restrict"
    )
