"""Statement stage: the statements of all suppliers with activity in a period."""

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..models.statement.ecom_statement import ACCOUNTANT, BUYER

LIMIT = 2000


class EcomStatementBatch(models.TransientModel):
    """Makes what is missing, computes what is a draft, and leaves the rest alone."""

    _name = "ecom.statement.batch"
    _description = "Create Statements"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    date_from = fields.Date("From", required=True, default=lambda self: self._last_month()[0])
    date_to = fields.Date("To", required=True, default=lambda self: self._last_month()[1])
    partner_ids = fields.Many2many(
        "res.partner", string="Suppliers", help="Empty: all with invoices, payments or receipts."
    )

    @api.model
    def _last_month(self):
        end = fields.Date.context_today(self).replace(day=1) - relativedelta(days=1)
        return end.replace(day=1), end

    def action_create(self):
        """Create the statements and show them."""
        self.ensure_one()
        user = self.env.user
        if not (user.has_group(BUYER) or user.has_group(ACCOUNTANT)):
            raise AccessError(self.env._("Only buyers and accountants work on statements."))
        if self.date_from > self.date_to:
            raise UserError(self.env._("The period ends before it begins."))
        statements = self._create_statements()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_supplier_settlement.ecom_statement_action"
        )
        return {**action, "domain": [("id", "in", statements.ids)], "context": {}}

    def _create_statements(self):
        """The statements of the period; one that a later statement has overtaken is left out.

        :return: ecom.statement, new and known
        """
        model = self.env["ecom.statement"].with_company(self.company_id)
        found = model
        for partner_id, currency_id in self._active()[:LIMIT]:
            partner = self.env["res.partner"].browse(partner_id)
            currency = self.env["res.currency"].browse(currency_id)
            last = model.search(
                [
                    ("company_id", "=", self.company_id.id),
                    ("partner_id", "=", partner.id),
                    ("currency_id", "=", currency.id),
                    ("state", "!=", "cancelled"),
                ],
                order="date_to desc",
                limit=1,
            )
            if last and last.date_to > self.date_to:
                continue
            known = last and last.date_to == self.date_to
            statement = model._open(self.company_id, partner, currency, self.date_from, self.date_to)
            if known and statement.state == "draft":
                statement._compose()
            found |= statement
        return found

    def _active(self):
        """[(supplier, currency)] with posted payables until the end that are in the period or still open, or
        goods received and not invoiced."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """SELECT p.commercial_partner_id, l.currency_id
                     FROM account_move_line l
                     JOIN account_account a ON a.id = l.account_id AND a.account_type = 'liability_payable'
                     JOIN res_partner p ON p.id = l.partner_id
                     JOIN account_move m ON m.id = l.move_id
                    WHERE l.company_id = %(company)s AND l.parent_state = 'posted' AND l.date <= %(to)s
                      AND (l.date >= %(from)s OR m.invoice_date BETWEEN %(from)s AND %(to)s
                           OR l.amount_residual_currency != 0)
                      AND l.amount_currency != 0 AND (%(all)s OR p.commercial_partner_id = ANY(%(partners)s))
                    UNION
                   SELECT b.partner_id, b.currency_id FROM (%(basis)s) b
                    WHERE b.quantity_to_bill > 0 AND (%(all)s OR b.partner_id = ANY(%(partners)s))
                    ORDER BY 1, 2""",
                company=self.company_id.id,
                **{"from": self.date_from, "to": self.date_to},
                all=not self.partner_ids,
                partners=self.partner_ids.commercial_partner_id.ids,
                basis=self.env["ecom.purchase.basis"]._at(self.date_to, self.company_id),
            )
        )
        return self.env.cr.fetchall()

    @api.model
    def _cron_create(self):
        """Once a month has ended, make its statements in every company that wants it."""
        start, end = self._last_month()
        for company in self.env["res.company"].search([("ecom_auto_statements", "=", True)]):
            values = {"company_id": company.id, "date_from": start, "date_to": end}
            self.with_company(company).create(values)._create_statements()
