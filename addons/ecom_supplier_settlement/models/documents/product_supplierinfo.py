"""Invoice stage: drafts that wait for a supplier's code find their product once somebody has entered it."""

from odoo import api, models

SUPPLIER_CODES = {"product_code", "product_name", "partner_id", "product_id", "product_tmpl_id", "company_id"}


class ProductSupplierinfo(models.Model):
    _inherit = "product.supplierinfo"

    @api.model_create_multi
    def create(self, vals_list):
        infos = super().create(vals_list)
        self.env["ecom.invoice.linker"]._relink_infos(infos)
        return infos

    def write(self, vals):
        result = super().write(vals)
        if not SUPPLIER_CODES.isdisjoint(vals):
            self.env["ecom.invoice.linker"]._relink_infos(self)
        return result
