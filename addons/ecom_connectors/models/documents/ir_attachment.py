"""Load stage: the bytes of a bill stay as the platform sent them."""

from odoo import api, models
from odoo.exceptions import UserError

_OF_THE_FILE = {
    "raw",
    "datas",
    "db_datas",
    "store_fname",
    "checksum",
    "type",
    "url",
    "res_model",
    "res_id",
    "public",
}


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _check_no_evidence(self):
        candidates = self.filtered(lambda attachment: attachment.res_model == "ecom.bill")
        # A file that the user may not see is evidence all the same.
        bills = self.env["ecom.bill"].sudo()
        if candidates and bills.search_count([("attachment_id", "in", candidates.ids)], limit=1):
            raise UserError(self.env._("The file of a bill is evidence and cannot be changed or deleted."))

    def write(self, vals):
        if _OF_THE_FILE & set(vals):
            self._check_no_evidence()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_no_evidence(self):
        self._check_no_evidence()
