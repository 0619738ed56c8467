"""Invoice stage: how far an invoice may be off, for whom, and since which version."""

import json
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain
from odoo.tools import split_every

from ..setup.bills import BILLS_AND_CREDITS

# What a version is made of; every other field may change without one.
TERMS = ("receipts", "weigh_by_price", "small_amount", "limit_ids")
# For which lines a policy counts.
SCOPE = ("active", "company_id", "partner_id", "categ_id", "product_id")
CHUNK = 1000
NAMED = 5
# What comes by RPC cannot hold this object, so no caller says that a policy is being saved.
_SAVING = object()
MEASURES = [
    ("quantity", "Quantity"),
    ("price", "Price"),
    ("no_order", "Line Without Order"),
    ("with_order", "Line With Order"),
    ("charges", "Charges of the Invoice"),
    ("charge_unit", "Charges per Unit of Goods"),
    ("order", "All Invoices of the Order"),
    ("document", "Total of the Invoice"),
]


class EcomThreewayPolicy(models.Model):
    """Tolerances of the three-way match; the most specific policy of a line counts.

    Company < supplier < product category < product < supplier and product.
    """

    _name = "ecom.threeway.policy"
    _description = "Match Policy"
    _inherit = ["mail.thread"]
    _order = "company_id, partner_id nulls first, categ_id nulls first, product_id nulls first, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, ondelete="restrict"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(
        "res.partner",
        "Supplier",
        domain="[('parent_id', '=', False)]",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    categ_id = fields.Many2one("product.category", "Product Category", ondelete="restrict")
    product_id = fields.Many2one(
        "product.product", index="btree_not_null", ondelete="restrict", check_company=True
    )
    receipts = fields.Selection(
        [
            ("product", "By the Product's Control Policy"),
            ("required", "Goods Must Be Received"),
            ("first", "The Invoice May Come First"),
        ],
        default="product",
        required=True,
        tracking=True,
        help="Whether quantities are compared with what was received or with what was ordered.",
    )
    weigh_by_price = fields.Boolean(
        "Weigh Quantities by Price",
        tracking=True,
        help="Limits of quantities are amounts of money, so that cheap goods may vary more than dear ones.",
    )
    small_amount = fields.Monetary(
        "Small Difference",
        tracking=True,
        help="If an invoice adds up to something else than its supplier wrote below it, a difference of up "
        "to this amount is posted to the account of small differences. Company and supplier policies only.",
    )
    limit_ids = fields.One2many("ecom.threeway.limit", "policy_id", "Limits", copy=True)
    version = fields.Integer(readonly=True, default=0, copy=False)
    version_ids = fields.One2many("ecom.threeway.policy.version", "policy_id", "Versions", readonly=True)
    accountant_id = fields.Many2one(
        "res.users", "Payment Approver", ondelete="restrict", help="Otherwise the first accountant."
    )
    buyer_id = fields.Many2one(
        "res.users",
        "Price Differences Go To",
        ondelete="restrict",
        help="If the order has no buyer. Otherwise the first buyer.",
    )
    keeper_id = fields.Many2one(
        "res.users",
        "Quantity Differences Go To",
        ondelete="restrict",
        help="If the receipt has no responsible. Otherwise the first person of the warehouse.",
    )
    approve_days = fields.Integer("Days to Approve", default=3)
    price_days = fields.Integer("Days to Answer Prices", default=2)
    quantity_days = fields.Integer("Days to Answer Quantities", default=2)

    _scope_once = models.UniqueIndex(
        "(company_id, coalesce(partner_id, 0), coalesce(categ_id, 0), coalesce(product_id, 0)) WHERE active",
        "There is a policy for this company, supplier and product already.",
    )
    _one_scope = models.Constraint(
        "CHECK (categ_id IS NULL OR (product_id IS NULL AND partner_id IS NULL))",
        "A product category stands alone: choose a supplier, a category, a product, or supplier and product.",
    )
    _small_positive = models.Constraint("CHECK (small_amount >= 0)", "A limit cannot be negative.")

    @api.model_create_multi
    def create(self, vals_list):
        policies = super(EcomThreewayPolicy, self.with_context(ecom_policy_saving=_SAVING)).create(
            [self._of_supplier({**vals, "version": 0}) for vals in vals_list]
        )
        policies = policies.with_env(self.env)
        policies._keep_version()
        return policies

    def write(self, vals):
        vals = self._of_supplier({name: value for name, value in vals.items() if name != "version"})
        moved = set(SCOPE) & set(vals)
        bills = self._open_bills() if moved else self.env["account.move"]
        # The lines are saved one by one; one save is one version.
        result = super(EcomThreewayPolicy, self.with_context(ecom_policy_saving=_SAVING)).write(vals)
        if set(TERMS) & set(vals):
            self._keep_version()
        if moved:
            self._match_again(bills | self._open_bills())
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise ValidationError(self.env._("Archive the policy: matches refer to it."))

    def _of_supplier(self, vals):
        """The supplier is the company, whichever of its contacts was chosen."""
        if vals.get("partner_id"):
            partner = self.env["res.partner"].browse(vals["partner_id"])
            vals["partner_id"] = partner.commercial_partner_id.id
        return vals

    def _keep_version(self):
        """Store what counts from now on, if it is something else than before."""
        latest = {version.policy_id: version for version in self._versions()}
        made, changed = [], self.browse()
        for policy in self:
            terms = policy._terms()
            last = latest.get(policy)
            if last and json.dumps(last.terms, sort_keys=True) == json.dumps(terms, sort_keys=True):
                continue
            number = (last.number if last else 0) + 1
            changed |= policy
            made.append({"policy_id": policy.id, "number": number, "terms": terms})
            policy._number(number)
        # A manager may write the policy; its versions are evidence that only this method makes.
        self.env["ecom.threeway.policy.version"].sudo()._unseal().create(made)
        self._match_again(changed._open_bills())

    def _open_bills(self):
        """Posted invoices and credit notes to pay that these policies may be about, whoever may see them."""
        domains = []
        for policy in self:
            domain = Domain("company_id", "=", policy.company_id.id)
            if policy.partner_id:
                domain &= Domain("commercial_partner_id", "=", policy.partner_id.id)
            if policy.product_id:
                domain &= Domain("invoice_line_ids.product_id", "=", policy.product_id.id)
            if policy.categ_id:
                domain &= Domain("invoice_line_ids.product_id.categ_id", "child_of", policy.categ_id.id)
            domains.append(domain)
        waiting = [
            ("state", "=", "posted"),
            ("move_type", "in", BILLS_AND_CREDITS),
            ("payment_state", "in", ("not_paid", "partial", "blocked")),
        ]
        # Limits hold for all invoices, not for those that their author sees.
        return self.env["account.move"].sudo().search(Domain.OR(domains) & Domain(waiting))

    @api.model
    def _match_again(self, bills):
        """:raises AccessError: if that lets invoices pass that the user had a hand in"""
        matcher, hands = self.env["ecom.threeway.matcher"], self.env["ecom.invoice.hands"]
        passed = bills.browse()
        for chunk in split_every(CHUNK, bills.ids):
            said = matcher._match(bills.browse(chunk), "policy")
            passed |= bills.browse(
                move_id
                for move_id, one in said.items()
                if one["before"] == "blocked" and one["state"] != "blocked"
            )
        own = passed.filtered(lambda move: self.env.user in hands._of(move))
        if own and not self.env.su:
            raise AccessError(
                self.env._(
                    "You entered, changed or posted %s, which these limits would let pass. Somebody else "
                    "changes them, or releases the invoice.",
                    ", ".join(own[:NAMED].mapped("display_name")),
                )
            )

    def _number(self, number):
        """Write the number of the version, which nobody else may."""
        return super().write({"version": number})  # pylint: disable=super-method-mismatch

    def _limits_changed(self):
        """A limit was changed by itself, not with its policy."""
        if self.env.context.get("ecom_policy_saving") is not _SAVING:
            self._keep_version()

    def _versions(self):
        versions = self.env["ecom.threeway.policy.version"].search([("policy_id", "in", self.ids)])
        return versions.filtered(lambda version: version.number == version.policy_id.version)

    def _terms(self):
        """What a version says, as plain data with exact numbers."""
        self.ensure_one()
        digits = self.currency_id.decimal_places
        return {
            "receipts": self.receipts,
            "weigh": self.weigh_by_price,
            "small_amount": f"{self.small_amount:.{digits}f}",
            "limits": sorted(
                (limit._terms() for limit in self.limit_ids),
                key=lambda it: (it["measure"], it["side"], it["severity"]),
            ),
        }


class EcomThreewayLimit(models.Model):
    """One bound of a policy: of what, above or below, and what happens beyond it. Bounds are inside."""

    _name = "ecom.threeway.limit"
    _description = "Match Limit"
    _order = "policy_id, measure, side, severity"

    policy_id = fields.Many2one("ecom.threeway.policy", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="policy_id.company_id", store=True)
    measure = fields.Selection(MEASURES, "Of", required=True, default="quantity")
    side = fields.Selection(
        [("above", "More Than Expected"), ("below", "Less Than Expected")], required=True, default="above"
    )
    severity = fields.Selection(
        [("warn", "Warns"), ("block", "Blocks Payment")], "When Exceeded", required=True, default="block"
    )
    uses_percent = fields.Boolean("By Percent", default=True)
    percent = fields.Float(digits=(9, 4))
    uses_amount = fields.Boolean("By Amount")
    amount = fields.Float(
        digits=(16, 6),
        help="Quantities in the unit of the order, or in money if they are weighed by price. Money is in "
        "the company's currency and is converted to the invoice's at the rate of the invoice.",
    )
    greater = fields.Boolean("The Larger Counts", help="Percent or amount, whichever allows more.")

    _bound_once = models.UniqueIndex(
        "(policy_id, measure, side, severity)", "There is a limit of this kind already."
    )
    _positive = models.Constraint(
        "CHECK (percent >= 0 AND amount >= 0 AND percent < 100000)", "A limit cannot be negative."
    )
    _says_something = models.Constraint(
        "CHECK (uses_percent OR uses_amount)", "A limit needs a percentage or an amount."
    )
    _amount_alone = models.Constraint(
        "CHECK (measure NOT IN ('no_order', 'with_order', 'charge_unit') "
        "OR (uses_amount AND NOT uses_percent))",
        "Lines and charges per unit can only be limited by an amount.",
    )
    _above_alone = models.Constraint(
        "CHECK (measure NOT IN ('no_order', 'with_order', 'charges', 'charge_unit', 'order') "
        "OR side = 'above')",
        "Only quantities, prices and totals of invoices can be limited below.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        limits = super().create(vals_list)
        limits.policy_id._limits_changed()
        return limits

    def write(self, vals):
        policies = self.policy_id
        result = super().write(vals)
        (policies | self.policy_id)._limits_changed()
        return result

    def unlink(self):
        policies = self.policy_id
        result = super().unlink()
        policies._limits_changed()
        return result

    def _terms(self):
        return {
            "measure": self.measure,
            "side": self.side,
            "severity": self.severity,
            "percent": str(Decimal(str(self.percent))) if self.uses_percent else None,
            "amount": str(Decimal(str(self.amount))) if self.uses_amount else None,
            "greater": self.greater,
        }


class EcomThreewayPolicyVersion(models.Model):
    """What a policy said at a time. Matches are decided by this record and refer to it."""

    _name = "ecom.threeway.policy.version"
    _description = "Version of a Match Policy"
    _inherit = ["ecom.sealed"]
    _order = "policy_id, number desc"

    policy_id = fields.Many2one(
        "ecom.threeway.policy", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(related="policy_id.company_id", store=True)
    number = fields.Integer("Version", required=True, readonly=True)
    terms = fields.Json(required=True, readonly=True)
    text = fields.Text("Terms in Words", compute="_compute_text")

    _number_once = models.UniqueIndex("(policy_id, number)", "This version exists already.")

    @api.depends("policy_id.name", "number")
    def _compute_display_name(self):
        for version in self:
            version.display_name = self.env._(
                "%(policy)s, version %(number)s", policy=version.policy_id.name, number=version.number
            )

    @api.depends("terms")
    @api.depends_context("lang")
    def _compute_text(self):
        for version in self:
            version.text = version._written() if version.terms else ""

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise ValidationError(self.env._("Versions of a policy are evidence and cannot be deleted."))

    def _written(self):
        """The terms as people read them, a line for each."""
        limits = self.env["ecom.threeway.limit"]
        words = {
            name: dict(limits._fields[name]._description_selection(self.env))
            for name in ("measure", "side", "severity")
        }
        receipts = dict(self.policy_id._fields["receipts"]._description_selection(self.env))
        lines = [receipts[self.terms["receipts"]]]
        if self.terms["weigh"]:
            lines.append(self.env._("Quantities are weighed by price."))
        for limit in self.terms["limits"]:
            bounds = [f"{limit['percent']} %"] if limit["percent"] is not None else []
            bounds += [limit["amount"]] if limit["amount"] is not None else []
            join = self.env._(" or ") if limit["greater"] else self.env._(" and ")
            kind = ", ".join(words[name][limit[name]] for name in ("measure", "side", "severity"))
            lines.append(f"{kind}: {join.join(bounds)}")
        if Decimal(self.terms["small_amount"]):
            lines.append(self.env._("Small differences up to %s are posted.", self.terms["small_amount"]))
        return "\n".join(lines)
