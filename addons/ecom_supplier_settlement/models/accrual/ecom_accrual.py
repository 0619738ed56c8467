"""Invoice stage, at a period's end: what was received and not invoiced is booked at the order's price."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

REVERSALS = [("next_day", "First day of the next period"), ("on_bill", "When the invoice comes")]
DEBITS = [("bill", "The account the invoice will debit"), ("role", "Goods received, invoice awaited")]


class EcomAccrual(models.Model):
    """The accrual of one company and period end; its figures are those of the purchase basis of that day."""

    _name = "ecom.accrual"
    _description = "Period-End Accrual"
    _inherit = ["ecom.stateful", "mail.thread", "mail.activity.mixin"]
    _order = "period_end desc, id desc"
    _check_company_auto = True
    _transitions = {"draft": {"posted"}, "posted": {"undone"}, "undone": set()}

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    currency_id = fields.Many2one(related="company_id.currency_id")
    period_end = fields.Date(required=True, readonly=True)
    reversal = fields.Selection(REVERSALS, "Reversed", required=True, readonly=True)
    state = fields.Selection(
        [("draft", "Draft"), ("posted", "Posted"), ("undone", "Undone")],
        default="draft",
        required=True,
        readonly=True,
        tracking=True,
    )
    line_ids = fields.One2many("ecom.accrual.line", "accrual_id", "Lines", readonly=True)
    move_id = fields.Many2one("account.move", "Entry", readonly=True, ondelete="restrict", check_company=True)
    reversal_move_id = fields.Many2one(
        "account.move", "Reversal", readonly=True, ondelete="restrict", check_company=True
    )
    line_count = fields.Integer("Order Lines", compute="_compute_totals")
    amount_total = fields.Monetary("Accrued", compute="_compute_totals")
    amount_open = fields.Monetary("Still Accrued", compute="_compute_totals")

    _period_once = models.UniqueIndex(
        "(company_id, period_end) WHERE state != 'undone'", "This period has an accrual already."
    )

    @api.depends("period_end", "company_id")
    @api.depends_context("lang")
    def _compute_name(self):
        for accrual in self:
            accrual.name = self.env._("Accrual %s", accrual.period_end or "")

    @api.depends("line_ids.balance", "line_ids.balance_open", "line_ids.kind")
    def _compute_totals(self):
        rows = self.env["ecom.accrual.line"]._read_group(
            [("accrual_id", "in", self.ids), ("kind", "in", ("accrued", "reduced"))],
            ["accrual_id"],
            ["__count", "balance:sum", "balance_open:sum"],
        )
        found = {accrual: values for accrual, *values in rows}
        for accrual in self:
            count, total, still = found.get(accrual, (0, 0, 0))
            accrual.line_count, accrual.amount_total = count, total
            accrual.amount_open = still if accrual.state == "posted" else 0

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        if any(accrual.state != "draft" for accrual in self):
            raise UserError(self.env._("A posted accrual is undone, never deleted."))

    # --- preparing -------------------------------------------------------------------------

    @api.model
    def _prepare(self, company, period_end):
        """The accrual of a period end: a new or refreshed draft; a posted one is left as it is.

        :param company: res.company, one
        :param period_end: date, the last day of the period
        :raises UserError: the period is locked, a rate or a ledger account is missing
        """
        accrual = self.search(
            [
                ("company_id", "=", company.id),
                ("period_end", "=", period_end),
                ("state", "!=", "undone"),
            ]
        )
        if accrual.state == "posted":
            return accrual
        if not accrual:
            accrual = (
                self._unseal()
                .create(
                    {
                        "company_id": company.id,
                        "period_end": period_end,
                        "reversal": company.ecom_accrual_reversal,
                    }
                )
                ._seal()
            )
        accrual._refresh()
        return accrual

    def _refresh(self):
        """Compute the lines of a draft anew; return whether anything changed."""
        self.ensure_one()
        if self.state != "draft":
            raise UserError(self.env._("%s is posted. Undo it first.", self.name))
        before = self.line_ids._figures()
        values = self.env["ecom.accrual.line"].with_company(self.company_id)._values(self)
        lines = self.line_ids._unseal()
        lines.unlink()
        self.env["ecom.accrual.line"]._unseal().create(values)
        self.invalidate_recordset(["line_ids"])
        return before != self.line_ids._figures()

    def action_refresh(self):
        self._check_may_post()
        for accrual in self:
            accrual._refresh()

    def action_post(self):
        """Book the draft. What changed since it was prepared is shown first, never booked unseen."""
        self._check_may_post()
        for accrual in self.sorted("period_end"):
            if accrual._refresh():
                # Nothing is booked, and the new figures stay for the user to see.
                accrual.message_post(
                    body=self.env._(
                        "Receipts, invoices or rates changed since the preview. Check the lines again."
                    )
                )
            else:
                self.env["ecom.accrual.ledger"]._book_accrual(accrual)

    def action_undo(self):
        """Reverse the accrual and what took it back, each on its day or on the first open one."""
        self._check_may_post()
        for accrual in self.sorted("period_end", reverse=True):
            self.env["ecom.accrual.ledger"]._undo(accrual)

    def _check_may_post(self):
        if not self.env.su and not self.env.user.has_group("ecom_connectors.group_accountant"):
            raise UserError(self.env._("Only accountants book accruals."))

    def action_open_entries(self):
        self.ensure_one()
        moves = self.line_ids.item_ids.move_id
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Entries"),
            "res_model": "account.move",
            "view_mode": "list,form",
            "domain": [("id", "in", moves.ids)],
            "context": {"create": False},
        }

    # --- every month -------------------------------------------------------------------------

    @api.model
    def _propose(self):
        """Prepare the accrual of last month, once, where the company wants that; a person posts it."""
        for company in self.env["res.company"].search([("ecom_accrual_propose", "=", True)]):
            last = fields.Date.context_today(self).replace(day=1) - timedelta(days=1)
            known = self.search_count([("company_id", "=", company.id), ("period_end", "=", last)], limit=1)
            if known or company._get_violated_lock_dates(last, False, company._ecom_accrual_journal()):
                continue
            accrual = self.with_company(company)._prepare(company, last)
            group = self.env.ref("ecom_connectors.group_accountant")
            people = group.all_user_ids.filtered(
                lambda user, company=company: user.active and company in user.company_ids
            )
            if people:
                accrual.activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=self.env["ecom.books"]._words(company)._("Check and post the accrual"),
                    user_id=people[0].id,
                )
