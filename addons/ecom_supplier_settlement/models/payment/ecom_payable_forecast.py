"""Pay stage: what falls due when, and how much of it is blocked or disputed."""

from odoo import fields, models, tools

# What is disputed on statements waits at the last due date of its document, as when statements are paid; what
# was accepted waits until the document that corrects it is posted.
# An invoice whose payment is stopped is disputed wholly. Parts add up to the instalment in both currencies.
VIEW = """
    CREATE VIEW ecom_payable_forecast AS
    WITH disputed AS (
        SELECT l.move_id, l.currency_id, sum(l.amount) AS amount
          FROM ecom_statement_line l
          LEFT JOIN account_move c ON c.id = l.document_id
         WHERE (l.state = 'disputed' OR c.state != 'posted') AND l.live AND l.in_ledger
           AND l.cutoff <> 'after' AND l.move_id IS NOT NULL
         GROUP BY 1, 2
    ), due AS (
        SELECT line.id, m.id AS move_id, m.company_id, m.commercial_partner_id AS partner_id,
               coalesce(line.date_maturity, m.invoice_date_due, m.date) AS date_due,
               line.currency_id, line.company_currency_id,
               CASE WHEN m.move_type = 'in_refund' THEN 'free'
                    WHEN m.payment_state = 'blocked' THEN 'disputed'
                    WHEN m.ecom_threeway_state = 'blocked' THEN 'blocked'
                    ELSE 'free' END AS state,
               -line.amount_residual_currency AS amount_currency, -line.amount_residual AS amount,
               sign(-line.amount_residual_currency) AS side
          FROM account_move_line line
          JOIN account_move m ON m.id = line.move_id
          JOIN account_account account ON account.id = line.account_id
         WHERE m.state = 'posted' AND m.move_type IN ('in_invoice', 'in_receipt', 'in_refund')
           AND account.account_type = 'liability_payable' AND line.amount_residual <> 0
    ), held AS (
        SELECT due.*, CASE WHEN due.state = 'disputed' THEN due.amount_currency ELSE
                   due.side * greatest(0, least(due.side * due.amount_currency,
                       due.side * coalesce(disputed.amount, 0) - coalesce(sum(due.side * due.amount_currency)
                       OVER (PARTITION BY due.move_id, due.currency_id, due.side
                             ORDER BY due.date_due DESC, due.id DESC
                             ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))) END AS disputed_currency
          FROM due LEFT JOIN disputed
            ON disputed.move_id = due.move_id AND disputed.currency_id = due.currency_id
    ), split AS (
        SELECT held.*, CASE WHEN held.state = 'disputed' OR held.disputed_currency = held.amount_currency
                            THEN held.amount
                            ELSE round(held.amount * held.disputed_currency
                                       / nullif(held.amount_currency, 0), home.decimal_places) END AS disputed
          FROM held JOIN res_currency home ON home.id = held.company_currency_id
    ), part AS (
        SELECT id::bigint * 2 AS id, move_id, company_id, partner_id, date_due, currency_id,
               company_currency_id, state, amount_currency - disputed_currency AS amount_currency,
               amount - coalesce(disputed, 0) AS amount
          FROM split
        UNION ALL
        SELECT id::bigint * 2 + 1, move_id, company_id, partner_id, date_due, currency_id,
               company_currency_id, 'disputed', disputed_currency, coalesce(disputed, 0)
          FROM split
    )
    SELECT part.*, CASE state WHEN 'free' THEN amount ELSE 0 END AS amount_free,
           CASE state WHEN 'blocked' THEN amount ELSE 0 END AS amount_blocked,
           CASE state WHEN 'disputed' THEN amount ELSE 0 END AS amount_disputed
      FROM part WHERE amount <> 0 OR amount_currency <> 0
"""


class EcomPayableForecast(models.Model):
    """Open instalments of posted vendor invoices and credit notes; what we owe is positive.

    What the supplier and we dispute on a statement is a row of its own, beside the rest of the instalment.
    """

    _name = "ecom.payable.forecast"
    _description = "Payables Forecast"
    _auto = False
    _log_access = False
    _order = "date_due, id"
    _rec_name = "move_id"
    _depends = {
        "account.move": ["state", "move_type", "ecom_threeway_state", "commercial_partner_id", "company_id"],
        "account.move.line": ["amount_residual", "amount_residual_currency", "date_maturity", "reconciled"],
        "ecom.statement.line": ["amount", "cutoff", "in_ledger", "live", "move_id", "state"],
    }

    move_id = fields.Many2one("account.move", "Invoice", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    partner_id = fields.Many2one("res.partner", "Supplier", readonly=True)
    date_due = fields.Date("Due", readonly=True)
    currency_id = fields.Many2one("res.currency", "Invoice Currency", readonly=True)
    company_currency_id = fields.Many2one("res.currency", readonly=True)
    state = fields.Selection(
        [("free", "Free to Pay"), ("blocked", "Blocked"), ("disputed", "Disputed")],
        "May Be Paid",
        readonly=True,
    )
    amount_currency = fields.Monetary("In Invoice Currency", readonly=True, aggregator=None)
    amount = fields.Monetary("Due Amount", currency_field="company_currency_id", readonly=True)
    amount_free = fields.Monetary("Free", currency_field="company_currency_id", readonly=True)
    amount_blocked = fields.Monetary("Blocked", currency_field="company_currency_id", readonly=True)
    amount_disputed = fields.Monetary("Disputed", currency_field="company_currency_id", readonly=True)

    def init(self):
        # What the view reads is there when all models have their columns.
        self.pool.post_init(self._create_view)

    def _create_view(self):
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(VIEW)

    def action_open_bill(self):
        self.ensure_one()
        return self.move_id._get_records_action()
