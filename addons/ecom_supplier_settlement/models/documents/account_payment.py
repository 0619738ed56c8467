"""Odoo's payments: none is made for a blocked invoice, by hand, in a batch or by the wizard."""

from odoo import api, models


class AccountPayment(models.Model):
    _inherit = "account.payment"

    @api.model_create_multi
    def create(self, vals_list):
        payments = super().create(vals_list)
        self.env["ecom.payment.guard"]._payments_created(payments)
        return payments

    def write(self, vals):
        concerned = self.env["ecom.payment.guard"]._payments_change(self, vals)
        result = super().write(vals)
        self.env["ecom.payment.guard"]._refuse(concerned.invoice_ids)
        return result


# It stands with what it makes.
class AccountPaymentRegister(models.TransientModel):  # pylint: disable=no-wizard-in-models
    _inherit = "account.payment.register"

    def _create_payments(self):
        self.env["ecom.payment.guard"]._refuse(self.line_ids.move_id)
        return super()._create_payments()
