"""Invoice stage: a bill line keeps the words of the supplier's invoice."""

from odoo import fields, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    ecom_supplier_sku = fields.Char("Supplier SKU", copy=True, help="The supplier's code on the invoice.")
