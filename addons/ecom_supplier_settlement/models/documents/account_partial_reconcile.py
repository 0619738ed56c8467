"""Odoo's match of two journal items: none pays a blocked invoice, each moves the statements it settles."""

from odoo import api, models


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    # Matches across currencies are lines of statements, and few.
    _ecom_crossed = models.Index("(debit_move_id) WHERE debit_currency_id <> credit_currency_id")

    @api.model_create_multi
    def create(self, vals_list):
        self.env["ecom.payment.guard"]._partials_create(vals_list)
        partials = super().create(vals_list)
        self.env["ecom.statement.payer"]._matched((partials.debit_move_id | partials.credit_move_id).move_id)
        return partials

    def write(self, vals):
        result = super().write(vals)
        self.env["ecom.payment.guard"]._partials_changed(self, vals)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_not_on_statement(self):
        self.env["ecom.statement.guard"]._refuse_unmatch(self)

    def unlink(self):
        moves = (self.debit_move_id | self.credit_move_id).move_id
        result = super().unlink()
        self.env["ecom.statement.payer"]._matched(moves)
        return result
