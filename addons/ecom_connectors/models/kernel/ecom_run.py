"""Kernel: who ran what, how far it got and what it did."""

from odoo import api, fields, models
from odoo.tools import format_datetime


class EcomRun(models.Model):
    """One run of a stage, with its counts. Kept as the log of automatic and manual work."""

    _name = "ecom.run"
    _description = "Run"
    _inherit = ["ecom.sealed"]
    _order = "id desc"

    name = fields.Selection([("import", "Import")], "Stage", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", required=True, readonly=True)
    started_at = fields.Datetime(required=True, readonly=True)
    ended_at = fields.Datetime(readonly=True)
    account_ids = fields.Many2many("ecom.account", readonly=True)
    line_count = fields.Integer("Lines", readonly=True)
    session = fields.Char(readonly=True, index=True, help="Runs of one call or click belong together.")
    errors = fields.Json(readonly=True, help="What could not be done, and why.")
    error_text = fields.Text("Not Done", compute="_compute_error_text")

    @api.depends("errors")
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

    @api.model
    def _open(self, name, records, session=None):
        """The run of a stage that begins now."""
        accounts = records if records._name == "ecom.account" else self.env["ecom.account"]
        companies = records.company_id if "company_id" in records else self.env["res.company"]
        # Whoever may start a stage is in the log, whether or not he may read it.
        runs = self.sudo()._unseal()
        run = runs.create(
            {
                "name": name,
                "company_id": (companies[:1] or self.env.company).id,
                "user_id": self.env.uid,
                "started_at": fields.Datetime.now(),
                "account_ids": [(6, 0, accounts.ids)],
                "session": session,
            }
        )
        return run._seal().sudo(self.env.su)  # back to the user's rights

    def _write_log(self, **values):
        """Write facts of the run."""
        # Only stages write in the log, whoever started them.
        self.sudo()._unseal().write(values)

    def _count(self, **numbers):
        """Add to the counts of the run."""
        own = self.sudo()  # as in `_write_log`
        self._write_log(**{name: own[name] + number for name, number in numbers.items()})

    def _fail(self, errors):
        """Name what could not be done: {code: why}."""
        self._write_log(errors={**(self.sudo().errors or {}), **errors})  # as in `_write_log`

    def _close(self):
        self._write_log(ended_at=fields.Datetime.now())
        self.env.flush_all()

    def _counts(self):
        """{name: number} of all counts that are not zero."""
        own = self.sudo()  # as in `_write_log`
        return {name: own[name] for name in self._fields if name.endswith("_count") and own[name]}
