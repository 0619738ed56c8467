"""Post stage: what a revaluation has found and booked, one row for each ledger account and currency."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class EcomPostingRevaluation(models.Model):
    """A balance in another currency, the closing rate, and the difference that was booked for it."""

    _name = "ecom.posting.revaluation"
    _description = "Revalued Balance"
    _order = "posting_id desc, id"
    _rec_name = "ledger_id"
    _check_company_auto = True

    posting_id = fields.Many2one(
        "ecom.posting", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    company_currency_id = fields.Many2one(string="Company Currency", related="company_id.currency_id")
    ledger_id = fields.Many2one(
        "account.account", "Ledger Account", required=True, readonly=True, ondelete="restrict"
    )
    currency_id = fields.Many2one("res.currency", required=True, readonly=True, ondelete="restrict")
    number = fields.Integer(required=True, readonly=True, help="Counts the revaluations of a ledger account.")
    entry_id = fields.Many2one("account.move.line", "Journal Item", readonly=True, ondelete="restrict")
    amount_currency = fields.Monetary("Balance", readonly=True)
    # A number without fixed decimals: the rate exactly as it was used.
    rate = fields.Float(
        digits=0, readonly=True, help="Company currency for one unit; none for a zero balance."
    )
    balance_before = fields.Monetary("Booked", currency_field="company_currency_id", readonly=True)
    balance_after = fields.Monetary("At Closing Rate", currency_field="company_currency_id", readonly=True)
    difference = fields.Monetary(currency_field="company_currency_id", readonly=True)

    # Two at the same time would both book the whole difference: the second one is refused.
    _number_once = models.UniqueIndex(
        "(company_id, ledger_id, currency_id, number)",
        "This ledger account was revalued a moment ago. Please try again.",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Postings are undone by reversal, never deleted."))
