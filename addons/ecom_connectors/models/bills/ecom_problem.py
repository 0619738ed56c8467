"""Read and load stage: why a file was not accepted, cell by cell, and what to do."""

from odoo import api, fields, models

from .ecom_reader import problem_text


class EcomProblem(models.AbstractModel):
    """What problems of stored files share: place, text and reason."""

    _name = "ecom.problem"
    _description = "Problem of a File"
    _inherit = ["ecom.sealed"]

    row = fields.Integer(readonly=True)
    title = fields.Char("Column", readonly=True)
    text = fields.Char("Found", readonly=True)
    reason = fields.Char(required=True, readonly=True)
    message = fields.Char("What to Do", compute="_compute_message")

    @api.depends("reason")
    @api.depends_context("lang")
    def _compute_message(self):
        for problem in self:
            problem.message = self._reason_text(problem.reason)

    def _reason_text(self, reason):
        """What a reason code means and what to do, in the user's language."""
        return problem_text(self.env, reason)

    @api.model
    def _replaced_by(self, problems):
        """Commands that put these problems, as the reader tells them, in the place of all others."""
        return [(5, 0, 0)] + [
            (0, 0, {name: problem[name] for name in ("row", "text", "reason")} | {"title": problem["column"]})
            for problem in problems
        ]

    def _told(self):
        """The problems as imports report them."""
        return [
            {
                "row": problem.row,
                "column": problem.title or "",
                "text": problem.text or "",
                "reason": problem.reason,
                "message": problem.message,
            }
            for problem in self
        ]


def problems_text(env, problems, shown, name=""):
    """One line for each of the first problems: file, row, column, value, what to do."""
    lines = [
        " · ".join(
            part
            for part in (
                name,
                env._("row %s", problem["row"]) if problem["row"] else "",
                problem["column"],
                problem["text"],
                problem["message"],
            )
            if part
        )
        for problem in problems[:shown]
    ]
    if len(problems) > shown:
        lines.append(env._("… and %s more.", len(problems) - shown))
    return "\n".join(lines)
