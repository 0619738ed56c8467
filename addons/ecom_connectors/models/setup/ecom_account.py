"""Read stage: where a platform keeps our money."""

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..kernel.days import day_of

KINDS = [("fund_flow", "Fund flow"), ("settlement", "Settlement")]


class EcomAccount(models.Model):
    """A wallet, settlement account or payment merchant: one currency, one journal.

    With both kinds of bill the settlement explains the parts and the fund flow moves the
    money, through a clearing account; with one kind its bills post directly.
    """

    _name = "ecom.account"
    _description = "Platform Account"
    _inherit = ["mail.thread"]
    _order = "company_id, code"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    code = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    platform_id = fields.Many2one("ecom.platform", required=True, ondelete="restrict", index=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, ondelete="restrict"
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id, tracking=True
    )
    timezone = fields.Selection("_timezones", required=True, default="Asia/Shanghai", tracking=True)
    takes_settlement = fields.Boolean("Settlement Bills")
    takes_fund_flow = fields.Boolean("Fund Flow Bills", default=True)
    merchant = fields.Char(
        "Merchant No.", help="If set, a bill that names another merchant is refused.", tracking=True
    )
    journal_id = fields.Many2one(
        "account.journal",
        check_company=True,
        ondelete="restrict",
        domain="[('type', 'in', ('general', 'bank'))]",
        help="Entries of this account's bills. One journal per account keeps posting parallel.",
    )
    shop_ids = fields.Many2many("ecom.shop", string="Shops", check_company=True)
    bill_ids = fields.One2many("ecom.bill", "account_id")
    bill_count = fields.Integer(compute="_compute_bill_count")
    user_id = fields.Many2one("res.users", "Responsible", default=lambda self: self.env.user, tracking=True)

    _code_once = models.Constraint("UNIQUE(company_id, code)", "An account with this code exists already.")

    @api.model
    def _timezones(self):
        return [(zone, zone) for zone in pytz.common_timezones]

    @api.depends("bill_ids")
    def _compute_bill_count(self):
        counts = dict(
            self.env["ecom.bill"]._read_group([("account_id", "in", self.ids)], ["account_id"], ["__count"])
        )
        for account in self:
            account.bill_count = counts.get(account, 0)

    @api.constrains("takes_settlement", "takes_fund_flow")
    def _check_kinds(self):
        if any(not account.takes_settlement and not account.takes_fund_flow for account in self):
            raise ValidationError(self.env._("An account takes settlement bills, fund flow bills, or both."))

    @api.constrains("currency_id", "timezone", "takes_settlement", "takes_fund_flow")
    def _check_no_lines(self):
        """Stored amounts, days and references were read with these settings."""
        # Lines count whether or not the user may read them.
        if self.env["ecom.bill.line"].sudo().search_count([("account_id", "in", self.ids)], limit=1):
            raise ValidationError(
                self.env._("The account has bill lines: currency, time zone and kinds of bill are fixed.")
            )

    @api.onchange("platform_id")
    def _onchange_platform_id(self):
        self.takes_settlement = self.platform_id.kinds in ("settlement", "both")
        self.takes_fund_flow = self.platform_id.kinds != "settlement"

    def _kinds(self):
        """The kinds of bill the account takes, as the reader names them."""
        self.ensure_one()
        return tuple(kind for kind, _label in KINDS if self[f"takes_{kind}"])

    def _clears(self):
        """Whether settlement and fund flow meet on a clearing account."""
        self.ensure_one()
        return self.takes_settlement and self.takes_fund_flow

    def _day_of(self, moment):
        """Accounting day of a naive UTC moment in the account's zone."""
        self.ensure_one()
        return day_of(moment, self.timezone)

    @api.model
    def _by_code(self, code):
        account = self.search([("code", "=", code), ("company_id", "in", self.env.companies.ids)])
        if len(account) != 1:
            codes = ", ".join(self.search([("company_id", "in", self.env.companies.ids)]).mapped("code"))
            raise UserError(
                self.env._(
                    "There is no single account %(code)s. Accounts: %(codes)s.", code=code, codes=codes or "-"
                )
            )
        return account

    def action_open_bills(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("ecom_connectors.ecom_bill_action")
        return {**action, "domain": [("account_id", "in", self.ids)], "context": {}}
