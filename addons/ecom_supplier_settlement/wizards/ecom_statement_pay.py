"""Pay stage: what is due of an approved statement, seen before it is paid."""

from odoo import api, fields, models
from odoo.tools import format_date


class EcomStatementPay(models.TransientModel):
    _name = "ecom.statement.pay"
    _description = "Pay a Statement"

    statement_id = fields.Many2one("ecom.statement", required=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="statement_id.company_id")
    currency_id = fields.Many2one(related="statement_id.currency_id")
    journal_id = fields.Many2one(
        "account.journal",
        domain="[('type', 'in', ('bank', 'cash')), ('company_id', '=', company_id)]",
        compute="_compute_journal_id",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    day = fields.Date("Payment Date", required=True, default=fields.Date.context_today)
    until = fields.Date("Due until", help="Empty: everything.")
    net_credits = fields.Boolean("Net Credit Notes", default=True)
    line_ids = fields.One2many("ecom.statement.pay.line", "wizard_id", compute="_compute_line_ids")
    amount = fields.Monetary("To Pay", compute="_compute_line_ids")

    @api.depends("statement_id")
    def _compute_journal_id(self):
        for wizard in self:
            domain = [("type", "in", ("bank", "cash")), ("company_id", "=", wizard.company_id.id)]
            wizard.journal_id = self.env["account.journal"].search(domain, limit=1)

    @api.depends("statement_id", "until", "net_credits")
    def _compute_line_ids(self):
        for wizard in self:
            statement = wizard.statement_id
            rows = self.env["ecom.statement.payer"]._proposal(statement) if statement else []
            chosen = [wizard._counts(row) for row in rows]
            wizard.line_ids = [(5, 0, 0)] + [
                (
                    0,
                    0,
                    {
                        "currency_id": wizard.currency_id.id,
                        "move_id": row["move_id"],
                        "due": row["due"],
                        **{name: float(row[name]) for name in ("residual", "disputed", "blocked")},
                        "to_pay": float(row["to_pay"]) if counts else 0,
                    },
                )
                for row, counts in zip(rows, chosen, strict=True)
            ]
            wizard.amount = float(
                sum(row["to_pay"] for row, counts in zip(rows, chosen, strict=True) if counts)
            )

    def _counts(self, row):
        if row["to_pay"] < 0:
            return self.net_credits
        return not self.until or row["due"] <= self.until

    def action_pay(self):
        """Make, post and match the payment."""
        payments = self.env["ecom.statement.payer"]._pay(
            self.statement_id, self.journal_id, self.day, self.until, self.net_credits
        )
        if len(payments) != 1:
            return {"type": "ir.actions.act_window_close"}
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Payment of %s", format_date(self.env, self.day)),
            "res_model": "account.payment",
            "res_id": payments.id,
            "views": [(False, "form")],
        }


class EcomStatementPayLine(models.TransientModel):
    _name = "ecom.statement.pay.line"
    _description = "Due Amount of a Statement"

    wizard_id = fields.Many2one("ecom.statement.pay", required=True, ondelete="cascade")
    currency_id = fields.Many2one("res.currency", readonly=True)
    move_id = fields.Many2one("account.move", "Document", readonly=True)
    due = fields.Date(readonly=True)
    residual = fields.Monetary("Open", readonly=True)
    disputed = fields.Monetary(readonly=True)
    blocked = fields.Monetary(readonly=True)
    to_pay = fields.Monetary(readonly=True)
