"""Post stage by hand, at a month end: look at the exchange differences, then book them."""

from datetime import timedelta

from odoo import api, fields, models


class EcomRevalue(models.TransientModel):
    """Revalue the accounts in other currencies at the closing rate of a day."""

    _name = "ecom.revalue"
    _description = "Revaluation"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    company_currency_id = fields.Many2one(related="company_id.currency_id")
    day = fields.Date(required=True, default=lambda self: self._month_end(), help="Its closing rate counts.")
    account_ids = fields.Many2many(
        "ecom.account",
        string="Accounts",
        help="Empty: all in other currencies.",
        domain="[('company_id', '=', company_id), ('currency_id', '!=', company_currency_id)]",
    )
    line_ids = fields.One2many(
        "ecom.revalue.line", "wizard_id", "Differences", compute="_compute_preview", store=True, readonly=True
    )
    total = fields.Monetary(
        "Exchange Gain or Loss",
        currency_field="company_currency_id",
        compute="_compute_preview",
        store=True,
        readonly=True,
    )
    warning = fields.Text(compute="_compute_preview", store=True, readonly=True)
    later = fields.Char("Revalued Later", compute="_compute_preview", store=True, readonly=True)

    @api.model
    def _month_end(self):
        """The last day of the month before."""
        return fields.Date.context_today(self).replace(day=1) - timedelta(days=1)

    @api.depends("company_id", "day", "account_ids")
    def _compute_preview(self):
        for wizard in self:
            accounts = wizard._accounts()
            found, errors = accounts._revaluation(wizard.day) if wizard.day else ([], {})
            found = [fact for fact in found if fact[2].difference]
            scale = 10**wizard.company_id.currency_id.decimal_places
            wizard.line_ids = [(5, 0, 0)] + [
                (
                    0,
                    0,
                    {
                        "account_id": account.id,
                        "ledger_id": ledger.id,
                        "amount_currency": valuation.amount / 10**account.currency_id.decimal_places,
                        "rate": float(valuation.rate or 0),
                        "balance_before": valuation.booked / scale,
                        "balance_after": valuation.worth / scale,
                        "difference": valuation.difference / scale,
                    },
                )
                for account, ledger, valuation in found
            ]
            wizard.total = sum(valuation.difference for _account, _ledger, valuation in found) / scale
            wizard.warning = "\n".join(f"{code}: {text}" for code, text in errors.items())
            days = accounts._revalued_after(wizard.day) if found else []
            wizard.later = ", ".join(str(day) for day in days)

    def _accounts(self):
        """The chosen accounts, or all of the company; what is left on one that is archived counts as well."""
        accounts = self.env["ecom.account"].with_context(active_test=False)
        return self.account_ids._origin or accounts.search([("company_id", "=", self.company_id.id)])

    def action_revalue(self):
        """Book the differences; open what was posted, or say why nothing was."""
        run = self._accounts()._run_revalue(self.day)
        if run.move_count and not run.errors:
            action = self.env["ir.actions.act_window"]._for_xml_id("ecom_recon.ecom_posting_action")
            return {**action, "domain": [("run_id", "=", run.id)], "context": {}}
        message = self.env._("Nothing to book: every balance stands at the rate of the day.")
        if run.errors:
            message = "\n".join([self.env._("%s entries were posted.", run.move_count), run.error_text])
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if run.errors else "success",
                "sticky": bool(run.errors),
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }


class EcomRevalueLine(models.TransientModel):
    """One balance in the preview of a revaluation."""

    _name = "ecom.revalue.line"
    _description = "Revaluation Preview"

    wizard_id = fields.Many2one("ecom.revalue", ondelete="cascade")
    account_id = fields.Many2one("ecom.account", readonly=True)
    ledger_id = fields.Many2one("account.account", "Ledger Account", readonly=True)
    currency_id = fields.Many2one(related="account_id.currency_id")
    company_currency_id = fields.Many2one(
        string="Company Currency", related="account_id.company_id.currency_id"
    )
    amount_currency = fields.Monetary("Balance", readonly=True)
    rate = fields.Float(digits=0, readonly=True)
    balance_before = fields.Monetary("Booked", currency_field="company_currency_id", readonly=True)
    balance_after = fields.Monetary("At Closing Rate", currency_field="company_currency_id", readonly=True)
    difference = fields.Monetary(currency_field="company_currency_id", readonly=True)
