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
        self.env["ecom.statement.guard"]._refuse_files(self)

    def _ecom_adopt(self, records):
        """Files that the user has just uploaded belong to the one record: who may read it may read them."""
        if len(records) != 1:
            return
        fresh = self.filtered(lambda it: not it.res_id and it.create_uid == self.env.user)
        # Only the uploader's own files are adopted, so nobody gets at those of others this way.
        fresh.sudo().write({"res_model": records._name, "res_id": records.id})
