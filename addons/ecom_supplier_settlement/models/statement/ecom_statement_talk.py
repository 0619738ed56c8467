"""Confirm stage: what both sides say about a statement, and the files they give, stay as they were."""

from odoo import api, models
from odoo.exceptions import UserError

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
