"""Pay stage: what falls due when, and how much of it is blocked or disputed."""

from odoo import fields, models, tools


class EcomPayableForecast(models.Model):
    """One row per open instalment of a posted vendor bill or credit note; what we owe is positive."""

    _name = "ecom.payable.forecast"
    _description = "Payables Forecast"
    _auto = False
    _log_access = False
    _order = "date_due, id"
    _rec_name = "move_id"
    _depends = {
        "account.move": ["state", "move_type", "ecom_match_state", "commercial_partner_id", "company_id"],
        "account.move.line": ["amount_residual", "amount_residual_currency", "date_maturity", "reconciled"],
    }

    move_id = fields.Many2one("account.move", "Bill", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", "Supplier", readonly=True)
    date_due = fields.Date("Due", readonly=True)
    currency_id = fields.Many2one("res.currency", "Bill Currency", readonly=True)
    company_currency_id = fields.Many2one("res.currency", readonly=True)
    state = fields.Selection(
        [("free", "Free to Pay"), ("blocked", "Blocked"), ("disputed", "Disputed")],
        "May Be Paid",
        readonly=True,
    )
    amount_currency = fields.Monetary("In Bill Currency", readonly=True, aggregator=None)
    amount = fields.Monetary("Due Amount", currency_field="company_currency_id", readonly=True)
    amount_free = fields.Monetary("Free", currency_field="company_currency_id", readonly=True)
    amount_blocked = fields.Monetary("Blocked", currency_field="company_currency_id", readonly=True)
    amount_disputed = fields.Monetary("Disputed", currency_field="company_currency_id", readonly=True)

    def init(self):
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            """
            CREATE VIEW ecom_payable_forecast AS
            SELECT due.*, CASE due.state WHEN 'free' THEN due.amount ELSE 0 END AS amount_free,
                   CASE due.state WHEN 'blocked' THEN due.amount ELSE 0 END AS amount_blocked,
                   CASE due.state WHEN 'disputed' THEN due.amount ELSE 0 END AS amount_disputed
              FROM (
                SELECT line.id, m.id AS move_id, m.company_id, m.commercial_partner_id AS partner_id,
                       coalesce(line.date_maturity, m.invoice_date_due, m.date) AS date_due,
                       line.currency_id, line.company_currency_id,
                       CASE WHEN m.move_type = 'in_refund' THEN 'free'
                            WHEN m.payment_state = 'blocked' THEN 'disputed'
                            WHEN m.ecom_match_state = 'blocked' THEN 'blocked'
                            ELSE 'free' END AS state,
                       -line.amount_residual_currency AS amount_currency, -line.amount_residual AS amount
                  FROM account_move_line line
                  JOIN account_move m ON m.id = line.move_id
                  JOIN account_account account ON account.id = line.account_id
                 WHERE m.state = 'posted' AND m.move_type IN ('in_invoice', 'in_receipt', 'in_refund')
                   AND account.account_type = 'liability_payable' AND line.amount_residual <> 0
              ) due
            """
        )

    def action_open_bill(self):
        self.ensure_one()
        return self.move_id._get_records_action()
