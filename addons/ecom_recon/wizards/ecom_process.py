"""Match and post stage by hand: one button for everything that is waiting."""

from odoo import fields, models


class EcomProcess(models.TransientModel):
    """Match and, for accountants, post all accounts or some."""

    _name = "ecom.process"
    _description = "Match and Post"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    account_ids = fields.Many2many(
        "ecom.account", string="Accounts", help="Empty: all.", domain="[('company_id', '=', company_id)]"
    )
    post = fields.Boolean(
        "Post As Well", default=lambda self: self.env.user.has_group("ecom_connectors.group_accountant")
    )
    when_locked = fields.Selection(
        [("refuse", "Refuse and tell"), ("first_open", "Book on the first open day")],
        "Days in a Locked Period",
        default="refuse",
        required=True,
    )

    def action_run(self):
        accounts = self.account_ids or self.env["ecom.account"].search(
            [("company_id", "=", self.company_id.id)]
        )
        return accounts._process(post=self.post, when_locked=self.when_locked)
