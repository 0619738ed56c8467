"""Read stage: the canonical categories of a movement of money."""

from odoo import fields, models

KINDS = [
    ("receivable", "Receivable"),
    ("refund", "Refund"),
    ("fee", "Fee"),
    ("tax", "Tax"),
    ("transfer", "Transfer"),
    ("reserve", "Reserve"),
    ("adjustment", "Adjustment"),
]


class EcomCategory(models.Model):
    """What a movement is for us, whatever the platform calls it.

    The kind decides which leg of an order it belongs to: receivable and tax are money
    received, refund is money returned, fee is what the platform keeps; the other kinds
    need no order.
    """

    _name = "ecom.category"
    _description = "Bill Category"
    _order = "sequence, code"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    sequence = fields.Integer(default=10)

    _code_once = models.Constraint("UNIQUE(code)", "A category with this code exists already.")
