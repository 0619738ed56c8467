"""Post stage: roles of money, and the ledger account each role means."""

from odoo import api, fields, models
from odoo.exceptions import UserError

# Roles of money that we hold or owe. Receivables are Odoo's to value when they are reconciled; an exchange
# of currency leaves its two sides on `transfer` for good; prepayments are not money.
MONETARY = ("platform_balance", "clearing", "in_transit", "deposit", "reserve", "loan", "suspense")


class EcomRole(models.Model):
    """What an amount is for the ledger; the chart of accounts decides where that stands."""

    _name = "ecom.role"
    _description = "Posting Role"
    _order = "sequence, code"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    per_account = fields.Boolean(help="Every platform account has a ledger account of its own.")
    account_type = fields.Selection(
        selection=lambda self: (
            self.env["account.account"]._fields["account_type"]._description_selection(self.env)
        ),
        required=True,
    )
    parent_code = fields.Char(help="Code on the Chinese chart below which the set-up opens a sub-account.")
    company_account = fields.Char(help="Field of the company that names the account already.")
    reconcile = fields.Boolean()
    revalued = fields.Boolean(
        compute="_compute_revalued",
        store=True,
        readonly=False,
        help="What stands there in another currency is valued at the closing rate of a revaluation.",
    )
    map_ids = fields.One2many("ecom.role.map", "role_id")

    _code_once = models.Constraint("UNIQUE(code)", "A role with this code exists already.")

    @api.depends("code")
    def _compute_revalued(self):
        for role in self:
            role.revalued = role.code in MONETARY


class EcomRoleMap(models.Model):
    """Ledger account of a role; the most specific line wins: account, shop, platform, company."""

    _name = "ecom.role.map"
    _description = "Ledger Account of a Role"
    _order = "role_id, company_id, id"
    _check_company_auto = True

    role_id = fields.Many2one("ecom.role", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, ondelete="cascade"
    )
    platform_id = fields.Many2one("ecom.platform", ondelete="cascade")
    shop_id = fields.Many2one("ecom.shop", ondelete="cascade", check_company=True)
    account_id = fields.Many2one("ecom.account", "Platform Account", ondelete="cascade", check_company=True)
    ledger_id = fields.Many2one(
        "account.account", "Ledger Account", required=True, ondelete="restrict", check_company=True
    )

    _map_once = models.UniqueIndex(
        "(role_id, company_id, coalesce(platform_id, 0), coalesce(shop_id, 0), coalesce(account_id, 0))",
        "This role has a ledger account here already.",
    )

    @api.model
    def _lookup(self, company):
        """A function (role code, platform account, shop) -> ledger account."""
        rows = self.search([("company_id", "=", company.id)])
        table = {
            (row.role_id.code, row.platform_id.id, row.shop_id.id, row.account_id.id): row.ledger_id
            for row in rows
        }

        def ledger(role, account, shop):
            for key in (
                (role, False, False, account.id),
                (role, False, shop.id, False),
                (role, account.platform_id.id, False, False),
                (role, False, False, False),
            ):
                if key in table:
                    return table[key]
            raise UserError(
                self.env._(
                    "The role %(role)s has no ledger account for %(account)s. "
                    "Run the ledger set-up or map it.",
                    role=self.env["ecom.role"].search([("code", "=", role)]).name or role,
                    account=account.display_name,
                )
            )

        return ledger

    @api.model
    def _company_ledger(self, company, code):
        """The ledger account of a role that is the same for the whole company.

        :raises UserError: names the role that has none
        """
        found = self.search(
            [
                ("role_id.code", "=", code),
                ("company_id", "=", company.id),
                ("platform_id", "=", False),
                ("shop_id", "=", False),
                ("account_id", "=", False),
            ]
        )
        if not found:
            role = self.env["ecom.role"].search([("code", "=", code)])
            raise UserError(
                self.env._(
                    "The role %(role)s has no ledger account in %(company)s. Run the ledger set-up.",
                    role=role.name or code,
                    company=company.name,
                )
            )
        return found.ledger_id
