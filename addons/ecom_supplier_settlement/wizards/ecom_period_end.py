"""Invoice stage, at the end of a period: choose the day, see what would be booked, and how."""

from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..models.accrual.ecom_accrual import DEBITS, REVERSALS


class EcomPeriodEnd(models.TransientModel):
    """Prepares the accrual of a period end as a draft, or opens the list of open items of any day."""

    _name = "ecom.period.end"
    _description = "Period End"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    period_end = fields.Date(
        "End of Period",
        required=True,
        default=lambda self: fields.Date.context_today(self).replace(day=1) - timedelta(days=1),
    )

    def action_prepare(self):
        """Open the draft with its lines; nothing is booked before somebody posts it."""
        self.ensure_one()
        self.env["ecom.accrual"]._check_may_post()
        if self.period_end > fields.Date.context_today(self):
            raise UserError(self.env._("%s has not ended yet.", self.period_end))
        accrual = (
            self.env["ecom.accrual"].with_company(self.company_id)._prepare(self.company_id, self.period_end)
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": "ecom.accrual",
            "res_id": accrual.id,
            "view_mode": "form",
            "name": accrual.name,
        }

    def action_open_items(self):
        """The open items as they stood when the day ended."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_supplier_settlement.ecom_purchase_open_action"
        )
        return {
            **action,
            "name": self.env._("Open Goods on %s", self.period_end),
            "context": {"ecom_as_of": str(self.period_end), "search_default_by_partner": 1},
        }


class EcomAccrualSettings(models.TransientModel):
    """How a company accrues; managers decide."""

    _name = "ecom.accrual.settings"
    _description = "Period-End Settings"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    reversal = fields.Selection(
        REVERSALS, "Reversed", required=True, default=lambda self: self.env.company.ecom_accrual_reversal
    )
    debit = fields.Selection(
        DEBITS, "Debit Account", required=True, default=lambda self: self.env.company.ecom_accrual_debit
    )
    journal_id = fields.Many2one(
        "account.journal",
        domain="[('type', '=', 'general'), ('company_id', '=', company_id)]",
        default=lambda self: self.env.company.ecom_accrual_journal_id,
    )
    propose = fields.Boolean(
        "Propose Every Month", default=lambda self: self.env.company.ecom_accrual_propose
    )

    def action_apply(self):
        self.ensure_one()
        if not self.env.user.has_group("ecom_connectors.group_manager"):
            raise AccessError(self.env._("Only managers change how a company accrues."))
        if self.company_id not in self.env.companies:
            raise AccessError(self.env._("This company is not yours."))
        waiting = self.env["ecom.accrual"].search_count(
            [("company_id", "=", self.company_id.id), ("state", "=", "draft")], limit=1
        )
        if waiting and self.reversal != self.company_id.ecom_accrual_reversal:
            raise UserError(self.env._("An accrual is in draft. Post or delete it first."))
        # Managers decide about accruals without being administrators of companies.
        self.company_id.sudo().write(
            {
                "ecom_accrual_reversal": self.reversal,
                "ecom_accrual_debit": self.debit,
                "ecom_accrual_journal_id": self.journal_id.id,
                "ecom_accrual_propose": self.propose,
            }
        )
        return {"type": "ir.actions.act_window_close"}
