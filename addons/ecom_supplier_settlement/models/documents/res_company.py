"""Every stage: how a company accrues, settles terms and cuts off its statements."""

from odoo import fields, models
from odoo.exceptions import UserError

from ..accrual.ecom_accrual import DEBITS, REVERSALS
from ..statement.ecom_statement import CUTOFFS


class ResCompany(models.Model):
    _inherit = "res.company"

    ecom_accrual_reversal = fields.Selection(
        REVERSALS,
        "Accrual Is Reversed",
        default="next_day",
        required=True,
        help="All of it on the first day of the next period, or each order line's when its invoice "
        "is posted.",
    )
    ecom_accrual_debit = fields.Selection(
        DEBITS,
        "Accrual Debits",
        default="bill",
        required=True,
        help="With the account that the invoice will debit, cost and stock stand where they will stay.",
    )
    ecom_accrual_journal_id = fields.Many2one(
        "account.journal", "Accrual Journal", domain="[('type', '=', 'general')]", check_company=True
    )
    ecom_accrual_propose = fields.Boolean("Propose the Accrual Every Month")
    ecom_terms_journal_id = fields.Many2one(
        "account.journal", "Journal of Supplier Terms", check_company=True, domain=[("type", "=", "general")]
    )
    ecom_cutoff = fields.Selection(
        CUTOFFS,
        "Statement Cut-off",
        default="accounting",
        required=True,
        help="The date that decides on which supplier statement an invoice stands.",
    )
    ecom_auto_statements = fields.Boolean(
        "Create Supplier Statements", help="Make the statements of the last month every month."
    )

    def _ecom_accrual_journal(self):
        """The journal of accruals: the one set, else the first general one that is no platform's."""
        self.ensure_one()
        if self.ecom_accrual_journal_id:
            return self.ecom_accrual_journal_id
        # Which journals belong to platforms is asked for everybody who posts an invoice.
        taken = self.env["ecom.account"].sudo().search([("company_id", "=", self.id)]).journal_id
        journal = self.env["account.journal"].search(
            [("company_id", "=", self.id), ("type", "=", "general"), ("id", "not in", taken.ids)], limit=1
        )
        if not journal:
            raise UserError(self.env._("%s has no general journal for accruals.", self.name))
        return journal

    def _ecom_timezone(self):
        """The zone in which a moment has its day: of the company, else of its first shop."""
        self.ensure_one()
        if self.partner_id.tz:
            return self.partner_id.tz
        # A shop's zone is no secret, whether or not the user works with shops.
        shop = self.env["ecom.shop"].sudo().search([("company_id", "=", self.id)], limit=1, order="id")
        return shop.timezone or "UTC"

    def _ecom_terms_journal(self):
        """The journal of accruals; opened once."""
        self.ensure_one()
        # Whoever is the first to need the journal may not be allowed to open one.
        company = self.sudo()
        if not company.ecom_terms_journal_id:
            # Two who need it first take turns; the second one finds it.
            self.env["ecom.stage"]._take(self)
            journals = company.env["account.journal"].with_context(active_test=False)
            code, number = "TERM", 1
            while journals.search_count([("code", "=", code), ("company_id", "=", company.id)], limit=1):
                code, number = f"TER{number}", number + 1
            company.ecom_terms_journal_id = journals.create(
                {
                    "name": self.env["ecom.books"]._words(self)._("Supplier Terms"),
                    "code": code,
                    "type": "general",
                    "company_id": company.id,
                    "show_on_dashboard": False,
                }
            )
        return company.ecom_terms_journal_id
