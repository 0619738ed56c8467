"""Terms stage: what a clause would have given, before anybody signs it. Nothing of it is kept."""

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..lib.ecom_settle.periods import periods
from ..models.terms.kinds import REBATES

PERIODS = 60


class EcomWhatIf(models.TransientModel):
    """A clause, signed or not, computed on the facts of past periods."""

    _name = "ecom.what.if"
    _description = "Clause on Past Periods"

    clause_id = fields.Many2one("ecom.clause", required=True, domain=[("kind", "in", REBATES)])
    currency_id = fields.Many2one(related="clause_id.currency_id")
    sentence = fields.Text(related="clause_id.sentence", related_sudo=False)
    date_from = fields.Date("From", required=True, default=lambda self: self._year_ago())
    date_to = fields.Date("To", required=True, default=fields.Date.context_today)
    line_ids = fields.One2many("ecom.what.if.line", "wizard_id")
    total = fields.Monetary(compute="_compute_total")

    def _year_ago(self):
        return fields.Date.subtract(fields.Date.context_today(self), years=1, day=1)

    @api.depends("line_ids.amount")
    def _compute_total(self):
        for wizard in self:
            wizard.total = sum(wizard.line_ids.mapped("amount"))

    def action_compute(self):
        """Base, reached tier and result of every period; the dialog stays open."""
        self.ensure_one()
        clause = self.clause_id
        if clause.kind not in REBATES:
            raise UserError(self.env._("Only clauses that earn an amount every period can be tried."))
        if self.date_from > self.date_to:
            raise UserError(self.env._("The last day lies before the first."))
        clause._check_complete()
        found = list(periods(self.date_from, self.date_to, clause.period))
        if len(found) > PERIODS:
            raise UserError(self.env._("These are more than %s periods.", PERIODS))
        self.line_ids = [Command.clear(), *(Command.create(self._line(period)) for period in found)]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What If"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def _line(self, period):
        counted, earned, working = self.clause_id._earn(period.start, period.end)
        return {
            "date_from": period.start,
            "date_to": period.end,
            "base_amount": float(counted.base.amount),
            "base_quantity": float(counted.base.quantity),
            "tier": f"{earned.tier.start:,f} → {earned.tier.value:,f}" if earned.tier else "",
            "formula": working["formula"],
            "amount": float(earned.amount),
        }


class EcomWhatIfLine(models.TransientModel):
    _name = "ecom.what.if.line"
    _description = "Past Period of a Clause"
    _order = "date_from"

    wizard_id = fields.Many2one("ecom.what.if", required=True, ondelete="cascade")
    currency_id = fields.Many2one(related="wizard_id.currency_id")
    date_from = fields.Date("From")
    date_to = fields.Date("To")
    base_amount = fields.Monetary("Base")
    base_quantity = fields.Float("Quantity", digits="Product Unit")
    tier = fields.Char("Reached Tier")
    formula = fields.Char()
    amount = fields.Monetary("Result")
