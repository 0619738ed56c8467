"""Confirm stage: what both sides say about a statement, and the files they give, stay as they were."""

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ..setup.changes import differs
from .ecom_statement import AGREED

# What a supplier's message consists of; everything else about it is for us to say.
SAID = ("body", "attachments", "attachment_ids")
# A message that was sent keeps these.
KEPT = {
    *("body", "attachment_ids", "author_id", "email_from", "date", "model", "res_id"),
    *("message_type", "subtype_id", "is_internal", "parent_id"),
}


class EcomStatement(models.Model):
    _inherit = "ecom.statement"
    # Whoever reads a statement may say something about it.
    _mail_post_access = "read"

    def write(self, vals):
        if "note" in vals and any(
            statement.state in AGREED and differs(statement, "note", vals["note"]) for statement in self
        ):
            raise UserError(self.env._("What was agreed is not changed: write a message instead."))
        return super().write(vals)

    @api.model
    def _get_thread_with_access(self, thread_id, *, mode="read", **kwargs):
        """The link of a mail shows the statement; what is said about it needs a login."""
        return super()._get_thread_with_access(thread_id, mode=mode)

    def message_post(self, **kwargs):
        """A supplier speaks in its own name, to us, visibly for both sides."""
        if self.env.user.share and not self.env.su:
            kwargs = {name: kwargs[name] for name in SAID if name in kwargs}
            kwargs |= {"message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
        return super().message_post(**kwargs)


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


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _check_no_evidence(self):  # pylint: disable=missing-return
        super()._check_no_evidence()
        # A file that the user may not see is evidence all the same.
        mine = self.sudo()
        files = mine.filtered(lambda it: it.res_model == "ecom.statement")
        said = [("attachment_ids", "in", files.ids), ("model", "=", "ecom.statement")]
        messages = mine.env["mail.message"]
        messages = messages.search(said) if files else messages
        statements = mine.env["ecom.statement"].browse(messages.mapped("res_id"))
        compared = mine.filtered(lambda it: it.res_model == "ecom.statement.comparison")
        comparisons = mine.env["ecom.statement.comparison"].browse(compared.mapped("res_id"))
        if any(statement.sent_at for statement in (statements | comparisons.exists().statement_id).exists()):
            raise UserError(self.env._("The files of a statement that was sent are kept as they are."))
