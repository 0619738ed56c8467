"""Every stage: who ran what, how far it got and what it did."""

from odoo import api, fields, models
from odoo.tools import format_datetime


class EcomRun(models.Model):
    """One run of a stage, with its counts. Kept as the log of automatic and manual work."""

    _name = "ecom.run"
    _description = "Run"
    _inherit = ["ecom.evidence"]
    _order = "id desc"

    name = fields.Selection(
        [("match", "Match"), ("post", "Post"), ("revalue", "Revalue"), ("undo", "Undo")],
        "Stage",
        required=True,
        readonly=True,
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", required=True, readonly=True, default=lambda self: self.env.user)
    started_at = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    ended_at = fields.Datetime(readonly=True)
    account_ids = fields.Many2many("ecom.account", readonly=True)
    tally_count = fields.Integer("Tallies", readonly=True)
    matched_count = fields.Integer("Matched", readonly=True)
    exception_count = fields.Integer("New Exceptions", readonly=True)
    move_count = fields.Integer("Entries", readonly=True)
    line_count = fields.Integer("Lines", readonly=True)
    session = fields.Char(readonly=True, index=True, help="Runs of one call or click belong together.")
    errors = fields.Json(readonly=True, help="Accounts that could not be posted, and why.")
    error_text = fields.Text("Not Posted", compute="_compute_error_text")
    undone = fields.Boolean(readonly=True)
    automatic_share = fields.Float("Matched (%)", compute="_compute_automatic_share", digits=(5, 1))

    def _compute_automatic_share(self):
        for run in self:
            run.automatic_share = 100 * run.matched_count / run.tally_count if run.tally_count else 0

    def _compute_error_text(self):
        for run in self:
            run.error_text = "\n".join(f"{code}: {text}" for code, text in (run.errors or {}).items())

    @api.depends("name", "started_at")
    @api.depends_context("lang", "tz")
    def _compute_display_name(self):
        stages = dict(self._fields["name"]._description_selection(self.env))
        for run in self:
            moment = format_datetime(self.env, run.started_at, dt_format="short")
            run.display_name = f"{stages.get(run.name, '')} {moment}"
