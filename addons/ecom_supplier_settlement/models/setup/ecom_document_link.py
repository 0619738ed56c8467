"""Every stage: which document was made for which record."""

from odoo import api, fields, models


class EcomDocumentLink(models.Model):
    """The document stands on statements as what it was made for, with the working of that."""

    _name = "ecom.document.link"
    _description = "Document of a Record"
    _inherit = ["ecom.sealed"]

    move_id = fields.Many2one("account.move", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="move_id.company_id")
    res_model = fields.Char("Model", required=True, readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", required=True, readonly=True)
    origin = fields.Char(required=True, readonly=True)
    working = fields.Json(readonly=True)

    _once = models.UniqueIndex("(res_model, res_id, move_id)", "This document is linked already.")

    @api.model
    def _link(self, record, move, origin, working=None):
        """Say that a document was made for a record of a source."""
        # Whoever makes the document makes the link; nobody else can.
        self.sudo()._unseal().create(
            {
                "move_id": move.id,
                "res_model": record._name,
                "res_id": record.id,
                "origin": origin,
                "working": working,
            }
        )
        record.invalidate_recordset()

    @api.model
    def _moves(self, records):
        """{record id: documents made for it}"""
        # Whoever reads the record may know that it has a document.
        links = self.sudo().search([("res_model", "=", records._name), ("res_id", "in", records.ids)])
        return {res_id: found.move_id.with_env(self.env) for res_id, found in links.grouped("res_id").items()}

    @api.model
    def _records(self, moves):
        """The records that these documents were made for, one recordset for each model."""
        # Posting a document is what counts, whether or not the accountant may read what it is for.
        links = self.sudo().search([("move_id", "in", moves.ids)])
        return [
            links.env[model].browse(found.mapped("res_id"))
            for model, found in links.grouped("res_model").items()
        ]

    @api.model
    def _cut(self, moves):
        """These documents are no longer what they were made for: reversed, or replaced."""
        links = self.sudo().search([("move_id", "in", moves.ids)])  # as for the link itself
        records = self._records(moves)
        links.unlink()
        for found in records:
            found.invalidate_recordset()
