"""Every stage: files that are evidence stay as they came."""

from odoo import models
from odoo.exceptions import UserError


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _check_no_evidence(self):  # pylint: disable=missing-return
        super()._check_no_evidence()
        candidates = self.filtered(lambda attachment: attachment.res_model == "ecom.delivery.file")
        # A file that the user may not see is evidence all the same.
        files = self.env["ecom.delivery.file"].sudo()
        if candidates and files.search_count([("attachment_id", "in", candidates.ids)], limit=1):
            raise UserError(
                self.env._("The file of a delivery is evidence and cannot be changed or deleted.")
            )
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

    def _ecom_adopt(self, records):
        """Files that the user has just uploaded belong to the one record: who may read it may read them."""
        if len(records) != 1:
            return
        fresh = self.filtered(lambda it: not it.res_id and it.create_uid == self.env.user)
        # Only the uploader's own files are adopted, so nobody gets at those of others this way.
        fresh.sudo().write({"res_model": records._name, "res_id": records.id})
