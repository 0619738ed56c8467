"""Receipt stage by hand: files of suppliers and warehouses, many at once."""

from odoo import fields, models


class EcomDeliveryImport(models.TransientModel):
    """Upload files, see per file what came of it."""

    _name = "ecom.delivery.import"
    _description = "Import Delivery Files"
    _inherit = ["ecom.upload"]

    partner_id = fields.Many2one("res.partner", "Supplier", help="Of delivery notes that do not name theirs.")
    warehouse_id = fields.Many2one("stock.warehouse", help="Of receipt reports that do not name theirs.")
    result_ids = fields.One2many("ecom.delivery.import.result", "import_id", readonly=True)

    def _results(self):
        results = self.env["ecom.delivery.file"].import_files(
            self._contents(),
            supplier=self.partner_id.commercial_partner_id.id,
            warehouse=self.warehouse_id.id,
        )
        return [self._result_values(result) for result in results]

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
            "message": self._problems_text(result["problems"]),
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
