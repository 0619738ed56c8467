"""Invoice stage: drafts that wait for a supplier's code find their product once somebody has entered it."""

from odoo import api, models

SUPPLIER_CODES = {"product_code", "product_name", "partner_id", "product_id", "product_tmpl_id", "company_id"}


class ProductSupplierinfo(models.Model):
    _inherit = "product.supplierinfo"

    @api.model_create_multi
    def create(self, vals_list):
        infos = super().create(vals_list)
        infos._ecom_relink()
        return infos

    def write(self, vals):
        result = super().write(vals)
        if SUPPLIER_CODES & set(vals):
            self._ecom_relink()
        return result

    def _ecom_relink(self):
        for supplier, infos in self.grouped("partner_id").items():
            codes = {code for info in infos for code in (info.product_code, info.product_name) if code}
            if codes:
                self.env["ecom.invoice.linker"]._relink(codes, supplier=supplier)
