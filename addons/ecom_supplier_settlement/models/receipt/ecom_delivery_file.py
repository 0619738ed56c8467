"""Receipt stage: files of suppliers and warehouses, read where they can do no harm, stored once."""

import base64
import hashlib

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...lib.ecom_settle.notices import LAYOUTS, notices_of
from ...lib.ecom_settle.problem import Problem, titled
from .ecom_delivery_words import notice_problem_text
from .supplier_file import told_problems

LAYOUT_NAMES = [
    ("ship_delivery_note", "Delivery Note"),
    ("receipt_rukudan", "Chinese Receipt (CSV)"),
    ("receipt_inbound_report", "Inbound Report"),
    ("receipt_wareneingang", "German Receipt (Semicolons)"),
]
SHAPES = [layout.shape() for layout in LAYOUTS]
KINDS = {layout.name: layout.kind for layout in LAYOUTS}


class EcomDeliveryFile(models.Model):
    """One file of delivery notes or receipt reports; of a refused one only bytes and problems are kept."""

    _name = "ecom.delivery.file"
    _description = "Delivery File"
    _inherit = ["ecom.sealed"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    sha256 = fields.Char("SHA-256", required=True, readonly=True)
    attachment_id = fields.Many2one("ir.attachment", "File", readonly=True, ondelete="restrict")
    layout = fields.Selection(LAYOUT_NAMES, readonly=True)
    state = fields.Selection(
        [("refused", "Refused"), ("stored", "Stored")], required=True, readonly=True, index=True
    )
    partner_id = fields.Many2one("res.partner", "Supplier", readonly=True, ondelete="restrict")
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True, ondelete="restrict", check_company=True)
    notice_ids = fields.One2many("ecom.delivery.notice", "file_id", readonly=True)
    problem_ids = fields.One2many("ecom.delivery.problem", "file_id", readonly=True)
    problem_count = fields.Integer("Problems", compute="_compute_problem_count")

    _file_once = models.UniqueIndex("(company_id, sha256)", "This file is stored already.")

    @api.depends("problem_ids")
    def _compute_problem_count(self):
        for file in self:
            file.problem_count = len(file.problem_ids)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        if any(file.state == "stored" for file in self):
            raise UserError(self.env._("A file with delivery notices is evidence and cannot be deleted."))

    @api.model
    def import_files(self, files, supplier=None, warehouse=None):
        """Read and store delivery notes and receipt reports; doing it twice changes nothing.

        :param files: list of `{"name", "content"}`, content in base64
        :param supplier: reference, tax number or id of the supplier, for files that do not name it
        :param warehouse: code or id of the warehouse, for files that do not name it
        :return: per file `file, id, layout, state, notices, lines, new, known, problems: [{row, column,
            text, reason, message}]`
        :raises AccessError: for people without the warehouse role
        """
        if not self.env.user.has_group("ecom_supplier_settlement.group_warehouse"):
            raise AccessError(self.env._("Only warehouse people and buyers import delivery notes."))
        keeper = self.env["ecom.delivery.keeper"]
        given = {
            "supplier": keeper._supplier_of(supplier) if supplier else None,
            "warehouse": keeper._warehouse_of(warehouse) if warehouse else None,
        }
        return [self._import_one(file["name"], base64.b64decode(file["content"]), given) for file in files]

    def _import_one(self, name, content, given):
        sha256 = hashlib.sha256(content).hexdigest()
        known = self.search([("company_id", "=", self.env.company.id), ("sha256", "=", sha256)])
        # A file whose notices were cancelled, or came another way, is read again: its numbers may come again.
        if known.notice_ids and all(notice.state != "cancel" for notice in known.notice_ids):
            return known._result(name, new=0)
        given = {
            "supplier": given["supplier"] or known.partner_id or None,
            "warehouse": given["warehouse"] or known.warehouse_id or None,
        }
        found = self.env["ecom.reader"]._read_table(content, name, SHAPES)
        problems, notices = [Problem(**problem) for problem in found["problems"]], []
        if not problems:
            notices, odd = notices_of(KINDS[found["layout"]], found["rows"])
            problems = titled(odd, found["titles"])
        values = {
            "name": name,
            "company_id": self.env.company.id,
            "sha256": sha256,
            "layout": found["layout"] or False,
            "partner_id": given["supplier"] and given["supplier"].id,
            "warehouse_id": given["warehouse"] and given["warehouse"].id,
        }
        with self.env.cr.savepoint():
            stored, new = self.env["ecom.delivery.notice"], 0
            if not problems:
                keeper = self.env["ecom.delivery.keeper"]
                stored, new, odd = keeper._keep(notices, source="file", **given)
                problems = titled(odd, found["titles"])
            problems = told_problems(self.env, problems, notice_problem_text)
            if problems and known.notice_ids:
                # What is stored of the file stays; only this try has failed.
                return {**known._result(name, new=0), "state": "refused", "problems": problems}
            file = known._store(values, content, problems)
            stored.filtered(lambda notice: not notice.file_id)._unseal().write({"file_id": file.id})
        return file._result(name, new=new, notices=stored)

    def _store(self, values, content, problems):
        """Write what came of the file; the bytes are stored once and never changed."""
        values |= {
            "state": "refused" if problems else "stored",
            "problem_ids": self.env["ecom.delivery.problem"]._replaced_by(problems),
        }
        file = self._unseal()
        if self:
            file.write(values)
            return self
        file = file.create(values)
        # The file record's own access was checked; its bytes follow it.
        attachments = self.env["ir.attachment"].sudo()
        attachment = attachments.create(
            {"name": file.name, "raw": content, "res_model": self._name, "res_id": file.id}
        )
        file.attachment_id = attachment.id
        return file._seal()

    def _result(self, name, new, notices=None):
        """What the import reports of one file."""
        notices = self.notice_ids if notices is None else notices
        return {
            "file": name,
            "id": self.id,
            "layout": self.layout or "",
            "state": self.state,
            "notices": notices.ids,
            "lines": len(notices.line_ids),
            "new": new,
            "known": len(notices) - new,
            "problems": self.problem_ids._told(),
        }

    def action_read_again(self):
        """Button: read the stored bytes once more, after what was missing has been set up."""
        self.check_access("write")
        for file in self.filtered(lambda file: file.state == "refused"):
            # The file record's own access was checked; its bytes follow it.
            content = file.attachment_id.sudo().with_context(bin_size=False).raw
            given = {"supplier": file.partner_id or None, "warehouse": file.warehouse_id or None}
            file.with_company(file.company_id)._import_one(file.name, content, given)


class EcomDeliveryProblem(models.Model):
    """Why a file was refused: place, text and reason."""

    _name = "ecom.delivery.problem"
    _description = "Delivery File Problem"
    _inherit = ["ecom.problem"]
    _sealed_as = "ecom.delivery.file"
    _order = "file_id, row, id"

    file_id = fields.Many2one(
        "ecom.delivery.file", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="file_id.company_id", store=True, index=True)

    def _reason_text(self, reason):
        return notice_problem_text(self.env, reason)
