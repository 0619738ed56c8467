"""Odoo's match of two journal items: none pays a blocked bill, and each moves the statements it settles."""

from odoo import api, models


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        self.env["ecom.payment.guard"]._partials_create(vals_list)
        partials = super().create(vals_list)
        self.env["ecom.payment.match"]._statements(partials)._refresh_paid()
        return partials

    def write(self, vals):
        result = super().write(vals)
        self.env["ecom.payment.guard"]._partials_changed(self, vals)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_not_on_statement(self):
        self.env["ecom.statement.guard"]._refuse_unmatch(self)

    def unlink(self):
        statements = self.env["ecom.payment.match"]._statements(self)
        result = super().unlink()
        statements._refresh_paid()
        return result
