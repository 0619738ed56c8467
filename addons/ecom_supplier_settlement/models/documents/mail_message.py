"""Statement stage: what was said about a statement is kept."""

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ..setup.changes import differs
from ..statement.ecom_statement_talk import KEPT


class MailMessage(models.Model):
    _inherit = "mail.message"

    def write(self, vals):
        kept = KEPT & set(vals)
        # The mail of a message writes down again what the message says.
        changed = self._ecom_of_statements().filtered(
            lambda message: any(differs(message, name, vals[name]) for name in kept)
        )
        if changed and self.env.user.share:
            raise AccessError(self.env._("Messages of a statement are kept as they are."))
        if any(message.author_id.partner_share for message in changed):
            raise UserError(self.env._("What a supplier said about a statement is kept as it is."))
        return super().write(vals)

    def _ecom_of_statements(self):
        # Whoever may see the message or not: it is kept.
        return self.sudo().filtered(lambda message: message.model == "ecom.statement" and message.res_id)

    @api.ondelete(at_uninstall=False)
    def _unlink_not_of_statements(self):
        messages = self._ecom_of_statements()
        # The messages of a draft that was never sent go with it.
        statements = messages.env["ecom.statement"].browse(messages.mapped("res_id")).exists()
        if any(statement.sent_at for statement in statements):
            raise UserError(self.env._("Messages of a statement are kept as they are."))
