"""Invoice stage: drafts that wait for a code of ours find their product once somebody has entered it."""

from odoo import api, models

OUR_CODES = {"default_code", "barcode", "active", "company_id"}


class ProductProduct(models.Model):
    _inherit = "product.product"

    @api.model_create_multi
    def create(self, vals_list):
        products = super().create(vals_list)
        self.env["ecom.invoice.linker"]._relink_products(products)
        return products

    def write(self, vals):
        result = super().write(vals)
        if not OUR_CODES.isdisjoint(vals):
            self.env["ecom.invoice.linker"]._relink_products(self)
        return result
