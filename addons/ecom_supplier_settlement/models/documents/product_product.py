"""Invoice stage: drafts that wait for a code of ours find their product once somebody has entered it."""

from odoo import api, models

OUR_CODES = {"default_code", "barcode", "active", "company_id"}


class ProductProduct(models.Model):
    _inherit = "product.product"

    @api.model_create_multi
    def create(self, vals_list):
        products = super().create(vals_list)
        products._ecom_relink()
        return products

    def write(self, vals):
        result = super().write(vals)
        if OUR_CODES & set(vals):
            self._ecom_relink()
        return result

    def _ecom_relink(self):
        codes = {code for product in self for code in (product.default_code, product.barcode) if code}
        if codes:
            self.env["ecom.invoice.linker"]._relink(codes)
