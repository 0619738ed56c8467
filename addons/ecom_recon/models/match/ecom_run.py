"""Match and post stage: what the runs of these stages count."""

from odoo import api, fields, models


class EcomRun(models.Model):
    _inherit = "ecom.run"

    name = fields.Selection(
        selection_add=[("match", "Match"), ("post", "Post"), ("revalue", "Revalue"), ("undo", "Undo")],
        ondelete={stage: "cascade" for stage in ("match", "post", "revalue", "undo")},
    )
    tally_count = fields.Integer("Tallies", readonly=True)
    matched_count = fields.Integer("Matched", readonly=True)
    exception_count = fields.Integer("New Exceptions", readonly=True)
    move_count = fields.Integer("Entries", readonly=True)
    undone = fields.Boolean(readonly=True)
    automatic_share = fields.Float("Matched (%)", compute="_compute_automatic_share", digits=(5, 1))

    @api.depends("matched_count", "tally_count")
    def _compute_automatic_share(self):
        for run in self:
            run.automatic_share = 100 * run.matched_count / run.tally_count if run.tally_count else 0
