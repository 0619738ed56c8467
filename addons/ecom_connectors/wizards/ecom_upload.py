"""Every stage by hand: many files at once, and what came of each."""

from odoo import fields, models
from odoo.exceptions import UserError

from ..models.bills.ecom_problem import problems_text

# More problems than this tell nobody more; all of them are on the record.
SHOWN = 5


class EcomUpload(models.AbstractModel):
    """What upload dialogs share. A dialog has `result_ids` and says in `_results` what came of its files."""

    _name = "ecom.upload"
    _description = "Upload Files"

    attachment_ids = fields.Many2many("ir.attachment", string="Files")
    state = fields.Selection([("choose", "Choose"), ("done", "Done")], default="choose")

    def _results(self):
        """Import the files; return the values of one result each."""
        raise NotImplementedError

    def action_import(self):
        self.ensure_one()
        if not self.attachment_ids:
            raise UserError(self.env._("Choose at least one file."))
        self.result_ids = [(5, 0, 0)] + [(0, 0, values) for values in self._results()]
        self.state = "done"
        # What was imported keeps the bytes itself.
        self.attachment_ids.unlink()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Imported Files"),
            "context": {"dialog_size": "extra-large"},
        }

    def _contents(self):
        """The files as the public import methods take them."""
        return [{"name": attachment.name, "content": attachment.datas} for attachment in self.attachment_ids]

    def _problems_text(self, problems):
        return problems_text(self.env, problems, SHOWN)
