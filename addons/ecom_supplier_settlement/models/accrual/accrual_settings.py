"""Invoice stage, at the end of a period: how a company accrues."""

from odoo import fields, models
from odoo.exceptions import UserError

from .ecom_accrual import REVERSALS

DEBITS = [("bill", "The account the bill will debit"), ("role", "Goods received, bill awaited")]


class ResCompany(models.Model):
    _inherit = "res.company"

    ecom_accrual_reversal = fields.Selection(
        REVERSALS,
        "Accrual Is Reversed",
        default="next_day",
        required=True,
        help="All of it on the first day of the next period, or each order line's when its bill is posted.",
    )
    ecom_accrual_debit = fields.Selection(
        DEBITS,
        "Accrual Debits",
        default="bill",
        required=True,
        help="With the account that the bill will debit, cost and stock stand where they will stay.",
    )
    ecom_accrual_journal_id = fields.Many2one(
        "account.journal", "Accrual Journal", domain="[('type', '=', 'general')]", check_company=True
    )
    ecom_accrual_propose = fields.Boolean("Propose the Accrual Every Month")

    def _ecom_accrual_journal(self):
        """The journal of accruals: the one set, else the first general one that is no platform's."""
        self.ensure_one()
        if self.ecom_accrual_journal_id:
            return self.ecom_accrual_journal_id
        # Which journals belong to platforms is asked for everybody who posts a bill.
        taken = self.env["ecom.account"].sudo().search([("company_id", "=", self.id)]).journal_id
        journal = self.env["account.journal"].search(
            [("company_id", "=", self.id), ("type", "=", "general"), ("id", "not in", taken.ids)], limit=1
        )
        if not journal:
            raise UserError(self.env._("%s has no general journal for accruals.", self.name))
        return journal


class EcomLedgerSetup(models.AbstractModel):
    _inherit = "ecom.ledger.setup"

    def _parent(self, role, company):
        """What is accrued for suppliers stands beside payables, but is no open item of a supplier."""
        if role.code != "goods_accrued":
            return super()._parent(role, company)
        return self.env["account.account"].search(
            [
                ("code", "=like", f"{role.parent_code}%"),
                ("account_type", "in", ("liability_payable", "liability_current")),
                ("company_ids", "in", company.id),
            ],
            order="code",
            limit=1,
        )
