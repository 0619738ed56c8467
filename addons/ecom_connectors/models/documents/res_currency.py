"""Read stage: currencies as files name them."""

from odoo import api, models
from odoo.exceptions import UserError


class ResCurrency(models.Model):
    _inherit = "res.currency"

    @api.model
    def _ecom_by_name(self, name):
        """The currency with this ISO code; a currency that is switched off is switched on."""
        currency = self.with_context(active_test=False).search([("name", "=", (name or "").upper())])
        if not currency:
            raise UserError(self.env._("There is no currency %(name)s.", name=name))
        if not currency.active:
            # Only the flag is set, and only because a document in this currency has come.
            currency.sudo().active = True
        return currency
