"""Statement stage: the supplier's own statement comes in."""

from odoo import fields, models


class EcomStatementUpload(models.TransientModel):
    _name = "ecom.statement.upload"
    _description = "Upload the Supplier's Statement"

    statement_id = fields.Many2one("ecom.statement", required=True, ondelete="cascade")
    content = fields.Binary("File", required=True, attachment=False)
    filename = fields.Char()

    def action_compare(self):
        """Compare, and show the result."""
        content = self.with_context(bin_size=False).content
        comparison = self.statement_id.compare_file(self.filename or "statement", content)
        return {
            "type": "ir.actions.act_window",
            "name": self.filename or "",
            "res_model": "ecom.statement.comparison",
            "res_id": comparison,
            "views": [(False, "form")],
        }
