"""Invoice stage: a bill line keeps the words of the supplier's invoice."""

from odoo import fields, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    ecom_supplier_sku = fields.Char("Supplier SKU", copy=True, help="The supplier's code on the invoice.")

    _ecom_waiting = models.Index(
        "(ecom_supplier_sku) WHERE ecom_supplier_sku IS NOT NULL AND product_id IS NULL"
    )
