"""Invoice stage by hand: many files of suppliers at once, and what came of each."""

from odoo import fields, models
from odoo.exceptions import UserError


class EcomInvoiceImport(models.TransientModel):
    """Upload invoices, see per file which draft invoices were made, or why none was."""

    _name = "ecom.invoice.import"
    _description = "Import Invoices"
    _inherit = ["ecom.upload"]

    partner_id = fields.Many2one(
        "res.partner", "Supplier", help="Of files that do not name the supplier's tax number."
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    result_ids = fields.One2many("ecom.invoice.import.result", "import_id", readonly=True)

    def _results(self):
        """Read each file by itself: one that is refused does not stop the others."""
        return [self._import(attachment) for attachment in self.attachment_ids.sorted("id")]

    def _import(self, attachment):
        try:
            moves = self.env["ecom.invoice.intake"]._from_file(
                attachment.name, attachment.raw or b"", self.partner_id, self.company_id
            )
        except UserError as bad:
            return {"name": attachment.name, "state": "refused", "message": str(bad)}
        lines = moves.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        unlinked = lines.filtered(lambda line: not line.purchase_line_id)
        return {
            "name": attachment.name,
            "state": "open" if unlinked or not lines else "ready",
            "move_ids": [(6, 0, moves.ids)],
            "line_count": len(lines),
            "unlinked_count": len(unlinked),
            "message": "\n".join(
                " ".join(
                    filter(
                        None,
                        (move.partner_id.display_name, move.ref, move.currency_id.format(move.amount_total)),
                    )
                )
                for move in moves
            ),
        }

    def action_open_bills(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Imported Invoices"),
            "res_model": "account.move",
            "view_mode": "list,form",
            "views": [(self.env.ref("account.view_in_invoice_bill_tree").id, "list"), (False, "form")],
            "domain": [("id", "in", self.result_ids.move_ids.ids)],
            "context": {"default_move_type": "in_invoice"},
        }


class EcomInvoiceImportResult(models.TransientModel):
    """What came of one file."""

    _name = "ecom.invoice.import.result"
    _description = "Invoice Import Result"

    import_id = fields.Many2one("ecom.invoice.import", required=True, ondelete="cascade")
    name = fields.Char("File", readonly=True)
    state = fields.Selection(
        [("ready", "All Lines Linked"), ("open", "To Finish"), ("refused", "Refused")], readonly=True
    )
    move_ids = fields.Many2many("account.move", string="Invoices", readonly=True)
    line_count = fields.Integer("Lines", readonly=True)
    unlinked_count = fields.Integer("Without Order", readonly=True)
    message = fields.Text("Result", readonly=True)
