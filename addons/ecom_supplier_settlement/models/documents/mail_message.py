"""Odoo's messages: what was said about a statement is kept."""

from odoo import api, models


class MailMessage(models.Model):
    _inherit = "mail.message"

    def write(self, vals):
        self.env["ecom.statement.guard"]._messages_change(self, vals)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_not_of_statements(self):
        self.env["ecom.statement.guard"]._refuse_unlink_messages(self)
