"""Receipt stage by hand: files of suppliers and warehouses, many at once."""

from odoo import fields, models
from odoo.exceptions import UserError


class EcomDeliveryImport(models.TransientModel):
    """Upload files, see per file what came of it."""

    _name = "ecom.delivery.import"
    _description = "Import Delivery Files"

    attachment_ids = fields.Many2many("ir.attachment", string="Files")
    partner_id = fields.Many2one("res.partner", "Supplier", help="Of delivery notes that do not name theirs.")
    warehouse_id = fields.Many2one("stock.warehouse", help="Of receipt reports that do not name theirs.")
    state = fields.Selection([("choose", "Choose"), ("done", "Done")], default="choose")
    result_ids = fields.One2many("ecom.delivery.import.result", "import_id", readonly=True)

    def action_import(self):
        self.ensure_one()
        if not self.attachment_ids:
            raise UserError(self.env._("Choose at least one file."))
        results = self.env["ecom.delivery.file"].import_files(
            [{"name": attachment.name, "content": attachment.datas} for attachment in self.attachment_ids],
            supplier=self.partner_id.commercial_partner_id.id,
            warehouse=self.warehouse_id.id,
        )
        self.result_ids = [(5, 0, 0)] + [(0, 0, self._result_values(result)) for result in results]
        self.state = "done"
        # The delivery files keep the bytes themselves.
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

    def _result_values(self, result):
        return {
            "name": result["file"],
            "file_id": result["id"],
            "notice_ids": [(6, 0, result["notices"])],
            "state": result["state"],
            "line_count": result["lines"],
            "new_count": result["new"],
            "known_count": result["known"],
            "problem_count": len(result["problems"]),
            "message": "\n".join(
                " · ".join(
                    str(part)
                    for part in (
                        self.env._("row %s", problem["row"]) if problem["row"] else "",
                        problem["column"],
                        problem["text"],
                        problem["message"],
                    )
                    if part
                )
                for problem in result["problems"][:5]
            ),
        }

    def action_open_notices(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_supplier_settlement.ecom_delivery_notice_action"
        )
        return {**action, "domain": [("id", "in", self.result_ids.notice_ids.ids)], "context": {}}


class EcomDeliveryImportResult(models.TransientModel):
    """What came of one file."""

    _name = "ecom.delivery.import.result"
    _description = "Delivery Import Result"

    import_id = fields.Many2one("ecom.delivery.import", required=True, ondelete="cascade")
    file_id = fields.Many2one("ecom.delivery.file", "Stored File", readonly=True)
    notice_ids = fields.Many2many("ecom.delivery.notice", readonly=True)
    name = fields.Char("File", readonly=True)
    state = fields.Selection([("refused", "Refused"), ("stored", "Stored")], readonly=True)
    line_count = fields.Integer("Lines", readonly=True)
    new_count = fields.Integer("New", readonly=True)
    known_count = fields.Integer("Known", readonly=True)
    problem_count = fields.Integer("Problems", readonly=True)
    message = fields.Text("What to Do", readonly=True)
