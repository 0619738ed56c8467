"""Read stage by hand: many files at once, bills, orders or refunds."""

from odoo import api, fields, models


class EcomImport(models.TransientModel):
    """Upload files, see per file what came of it."""

    _name = "ecom.import"
    _description = "Import Files"
    _inherit = ["ecom.upload"]

    what = fields.Selection(
        [("bills", "Bills"), ("orders", "Orders"), ("refunds", "Refunds")], required=True, default="bills"
    )
    account_id = fields.Many2one("ecom.account", help="Empty: every bill goes to the one account it fits.")
    shop_id = fields.Many2one("ecom.shop", help="For order exports that do not name their shop.")
    result_ids = fields.One2many("ecom.import.result", "import_id", readonly=True)

    def _results(self):
        if self.what == "bills":
            results = self.env["ecom.bill"].import_files(self._contents(), self.account_id.code or None)
        else:
            importer = self.env["ecom.order.import"]
            results = getattr(importer, f"import_{self.what}")(self._contents(), self.shop_id.code or None)
        return [self._result_values(result) for result in results]

    @api.model
    def _result_values(self, result):
        problems = [problem for problem in result["problems"] if problem["reason"] != "unknown_word"]
        shown = problems or result["problems"]
        return {
            "name": result["file"],
            "bill_id": result.get("bill"),
            "state": result["state"],
            "line_count": result.get("lines") or result.get("orders") or result.get("refunds") or 0,
            "new_count": result["new"],
            "updated_count": result.get("updated", 0),
            "known_count": result["known"],
            "total": result.get("sum"),
            "problem_count": len(result["problems"]),
            "message": self._problems_text(shown),
        }

    def action_open_bills(self):
        bills = self.result_ids.bill_id
        action = self.env["ir.actions.act_window"]._for_xml_id("ecom_connectors.ecom_bill_action")
        return {**action, "domain": [("id", "in", bills.ids)], "context": {}}


class EcomImportResult(models.TransientModel):
    """What came of one file."""

    _name = "ecom.import.result"
    _description = "Import Result"

    import_id = fields.Many2one("ecom.import", required=True, ondelete="cascade")
    name = fields.Char("File", readonly=True)
    bill_id = fields.Many2one("ecom.bill", readonly=True)
    state = fields.Selection(
        [
            ("ready", "Ready"),
            ("posted", "Posted"),
            ("inconsistent", "Inconsistent"),
            ("refused", "Refused"),
            ("skipped", "Skipped"),
        ],
        readonly=True,
    )
    line_count = fields.Integer("Lines", readonly=True)
    new_count = fields.Integer("New", readonly=True)
    updated_count = fields.Integer("Updated", readonly=True)
    known_count = fields.Integer("Known", readonly=True)
    total = fields.Char("Sum", readonly=True)
    problem_count = fields.Integer("Problems", readonly=True)
    message = fields.Text("What to Do", readonly=True)
