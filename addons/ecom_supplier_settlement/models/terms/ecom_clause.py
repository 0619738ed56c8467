"""Terms stage: one clause of a contract: what is counted, what it gives, when and how it is settled."""

from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ...lib.ecom_settle.terms import Limits, TermsError, Tier, TierTable

KINDS = [
    ("price_band", "Price by Quantity"),
    ("temporary_price", "Temporary Price"),
    ("tier_rebate", "Tiered Rebate"),
    ("growth_rebate", "Growth Rebate"),
    ("target_rebate", "Target Rebate"),
    ("fixed", "Fixed Amount"),
    ("per_piece", "Amount per Piece"),
    ("promotion_share", "Promotion Share"),
    ("marketing_share", "Marketing Share"),
    ("price_protection", "Price Protection"),
]
# Clauses that earn an amount every period.
REBATES = ("tier_rebate", "growth_rebate", "target_rebate", "fixed", "per_piece")
TIERED = ("price_band", "tier_rebate", "growth_rebate", "target_rebate")


def exact(value, digits=6):
    """A number of the database as the Decimal it was stored as."""
    return Decimal(f"{value or 0:.{digits}f}").normalize() + 0


class EcomClause(models.Model):
    """One agreed rule. Its kind decides which of the fields count; `_sentence` says it in words."""

    _name = "ecom.clause"
    _description = "Contract Clause"
    _order = "contract_id, sequence, id"
    _check_company_auto = True

    contract_id = fields.Many2one(
        "ecom.contract", required=True, index=True, ondelete="cascade", check_company=True
    )
    sequence = fields.Integer(default=10)
    name = fields.Char("Title", required=True)
    kind = fields.Selection(KINDS, required=True, default="tier_rebate", index=True)
    company_id = fields.Many2one(related="contract_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="contract_id.partner_id", store=True, index=True)
    currency_id = fields.Many2one(related="contract_id.currency_id")
    contract_state = fields.Selection(related="contract_id.state", string="Contract State")
    version = fields.Integer(related="contract_id.version")
    date_from = fields.Date("From", help="Empty: the contract's first day.")
    date_to = fields.Date("To", help="Empty: the contract's last day.")
    valid_from = fields.Date(compute="_compute_validity", store=True)
    valid_to = fields.Date(compute="_compute_validity", store=True)
    product_ids = fields.Many2many("product.product", string="Products", help="Empty with no category: all.")
    categ_ids = fields.Many2many(
        "product.category", string="Categories", help="Brands and ranges; what is below them counts too."
    )
    except_product_ids = fields.Many2many(
        "product.product", "ecom_clause_except_product_rel", string="Except Products"
    )
    base = fields.Selection(
        [("ordered", "Ordered"), ("received", "Received"), ("billed", "Billed"), ("sold", "Sold")],
        default="received",
        required=True,
    )
    date_by = fields.Selection(
        [("event", "Its Own Day"), ("order", "Day of the Order")],
        "Period by",
        default="event",
        required=True,
        help="Own day: of the receipt, of the bill or of the delivery to the customer.",
    )
    measure = fields.Selection(
        [("amount", "Amount"), ("quantity", "Quantity")], "Tiers by", default="amount", required=True
    )
    reward = fields.Selection(
        [("percent", "Percent"), ("per_piece", "Amount per Piece"), ("fixed", "Fixed Amount")],
        default="percent",
        required=True,
    )
    tier_mode = fields.Selection(
        [("retrospective", "Whole Base at the Reached Tier"), ("incremental", "Each Slice at Its Own Tier")],
        default="retrospective",
        required=True,
    )
    tier_ids = fields.One2many("ecom.clause.tier", "clause_id", "Tiers", copy=True)
    amount = fields.Float(digits=(16, 6), help="Fixed amount, amount per piece, or temporary price.")
    percent = fields.Float(digits=(9, 4), help="Supplier's part of a discount or cost.")
    target = fields.Float(digits=(16, 4))
    growth_on = fields.Selection(
        [("base", "All"), ("increase", "The Increase")], "Growth Counts for", default="base", required=True
    )
    protect_days = fields.Integer("Protected Days", help="Goods bought within so many days are protected.")
    minimum = fields.Float(digits=(16, 4), help="Below this base nothing is given.")
    cap = fields.Monetary(help="No more than this for one period; zero: no limit.")
    net_of_returns = fields.Boolean("Net of Returns", default=True)
    freight_included = fields.Boolean("With Freight and Services")
    tax_included = fields.Boolean("With Tax")
    sold_at = fields.Selection(
        [("purchase", "Purchase Price"), ("sales", "Sales Price")],
        "Sold at",
        default="purchase",
        required=True,
    )
    period = fields.Selection(
        [("month", "Month"), ("quarter", "Quarter"), ("half", "Half-Year"), ("year", "Year")],
        "Settled per",
        default="year",
        required=True,
    )
    interim = fields.Boolean("Interim Settlement", help="May be settled before its period is over.")
    settlement_mode = fields.Selection(
        [("credit_note", "Supplier's Credit Note"), ("deduction", "Deducted"), ("goods", "Goods")],
        default="credit_note",
        required=True,
    )
    vat_treatment = fields.Selection(
        [("input_vat", "Reduces Input Tax"), ("service", "Income from Services"), ("none", "No Tax")],
        "VAT Treatment",
        default="input_vat",
        required=True,
        help="What depends on the quantity or amount bought takes input tax back; other fees are services.",
    )
    tax_id = fields.Many2one("account.tax", check_company=True, ondelete="restrict")
    accrue = fields.Boolean(
        default=True, help="Probable and measurable: what is earned is booked before it is settled."
    )
    offset = fields.Selection(
        [("goods", "Cost of Goods"), ("expense", "Selling Expenses")],
        "Reduces",
        default="goods",
        required=True,
        help="A refund of our own selling expenses reduces these; every other rebate the cost of the goods.",
    )
    sentence = fields.Text(compute="_compute_sentence", compute_sudo=True)

    @api.depends("date_from", "date_to", "contract_id.date_from", "contract_id.date_to")
    def _compute_validity(self):
        for clause in self:
            contract = clause.contract_id
            clause.valid_from = max(filter(None, [clause.date_from, contract.date_from]), default=False)
            clause.valid_to = min(filter(None, [clause.date_to, contract.date_to]), default=False)

    @api.depends_context("lang")
    @api.depends(lambda self: [name for name in SAID if name.partition(".")[0] in self._fields])
    def _compute_sentence(self):
        for clause in self:
            clause.sentence = clause._sentence()

    # --- facts for lib ----------------------------------------------------------

    def _tier_table(self):
        """The tiers as lib knows them; :raises UserError: naming the wrong tier"""
        self.ensure_one()
        rows = self.tier_ids.sorted("start")
        try:
            return TierTable(Tier(start=exact(row.start), value=exact(row.value)) for row in rows)
        except TermsError as bad:
            raise UserError(self._wrong_tier(bad)) from bad

    def _wrong_tier(self, bad):
        texts = {
            "no_tier": self.env._("%(clause)s needs at least one tier.", clause=self.name),
            "tier_order": self.env._(
                "%(clause)s: two tiers start at %(start)s.", clause=self.name, start=bad.values.get("start")
            ),
            "tier_negative": self.env._(
                "%(clause)s: the tier from %(start)s starts below zero.",
                clause=self.name,
                start=bad.values.get("start"),
            ),
        }
        return texts.get(bad.code, f"{self.name}: {bad}")

    def _limits(self):
        self.ensure_one()
        return Limits(minimum=exact(self.minimum) or None, cap=exact(self.cap) or None)

    # --- checks -----------------------------------------------------------------

    @api.constrains("date_from", "date_to")
    def _check_within_contract(self):
        for clause in self:
            contract = clause.contract_id
            early = clause.date_from and clause.date_from < contract.date_from and contract.state == "draft"
            if early or (
                clause.valid_from
                and clause.valid_to
                and clause.valid_from > clause.valid_to
                and contract.state == "draft"
            ):
                raise ValidationError(
                    self.env._(
                        "%(clause)s: its days lie outside of %(contract)s.",
                        clause=clause.name,
                        contract=contract.display_name,
                    )
                )

    @api.constrains("percent", "amount", "target", "minimum", "cap", "protect_days")
    def _check_signs(self):
        for clause in self:
            if (
                min(
                    clause.percent,
                    clause.amount,
                    clause.target,
                    clause.minimum,
                    clause.cap,
                    clause.protect_days,
                )
                < 0
            ):
                raise ValidationError(self.env._("%s: terms are not negative.", clause.name))

    def _check_complete(self):
        """What signing needs; :raises UserError: naming the clause"""
        for clause in self:
            if clause.kind in TIERED:
                clause._tier_table()
            missing = {
                "target_rebate": not clause.target and clause._label("target"),
                "temporary_price": not clause.amount and clause._label("amount"),
                "fixed": not clause.amount and clause._label("amount"),
                "per_piece": not clause.amount and clause._label("amount"),
                "promotion_share": not (clause.percent or clause.amount) and clause._label("percent"),
                "marketing_share": not (clause.percent or clause.amount) and clause._label("percent"),
                "price_protection": not clause.protect_days and clause._label("protect_days"),
            }.get(clause.kind)
            if not missing and clause.vat_treatment != "none" and not clause.tax_id and clause.kind in PAID:
                missing = clause._label("tax_id")
            if missing:
                raise UserError(
                    self.env._("%(clause)s: “%(field)s” is missing.", clause=clause.name, field=missing)
                )

    def _label(self, name):
        return self._fields[name]._description_string(self.env)

    def _refuse_overlaps(self):
        """Two clauses of one kind for the same goods on the same day contradict each other."""
        for clause in self.filtered(lambda it: it.kind in EXCLUSIVE):
            other = clause._overlapping()[:1]
            if other:
                raise UserError(
                    self.env._(
                        "%(one)s (%(contract)s) and %(two)s (%(other)s) hold for the same goods and days.",
                        one=clause.name,
                        contract=clause.contract_id.display_name,
                        two=other.name,
                        other=other.contract_id.display_name,
                    )
                )

    def _overlapping(self):
        """Signed clauses of the supplier, or of this contract, that meet this one."""
        self.ensure_one()
        contract = self.contract_id
        last = {contract.previous_id.id: contract.date_from} if contract.previous_id else {}
        others = self.search(
            [
                ("id", "!=", self.id),
                ("kind", "=", self.kind),
                ("partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("contract_id.currency_id", "=", self.currency_id.id),
                "|",
                ("contract_id", "=", contract.id),
                ("contract_id.state", "in", ("signed", "ended")),
                ("valid_from", "<=", self.valid_to),
                ("valid_to", ">=", self.valid_from),
            ]
        )
        # The version that this one replaces ends the day before.
        others = others.filtered(
            lambda it: not last.get(it.contract_id.id) or it.valid_from >= contract.date_from
        )
        mine = self._product_ids()
        return others.filtered(lambda other: mine & other._product_ids())

    def _product_ids(self):
        """Ids of the products the clause is about, in one query."""
        rows = self.env.execute_query(
            SQL("SELECT p.id FROM product_product p WHERE %s", self._product_condition(SQL("p.id")))
        )
        return {product_id for [product_id] in rows}

    def _product_condition(self, column):
        """SQL: the column holds a product of the clause."""
        self.ensure_one()
        parts = []
        if self.product_ids:
            parts.append(SQL("%s = ANY(%s)", column, self.product_ids.ids))
        if self.categ_ids:
            below = self.env["product.category"].search([("id", "child_of", self.categ_ids.ids)])
            parts.append(
                SQL(
                    """%s IN (SELECT fp.id FROM product_product fp
                              JOIN product_template ft ON ft.id = fp.product_tmpl_id
                             WHERE ft.categ_id = ANY(%s))""",
                    column,
                    below.ids,
                )
            )
        wanted = SQL("(%s)", SQL(" OR ").join(parts)) if parts else SQL("TRUE")
        if self.except_product_ids:
            return SQL("(%s AND %s <> ALL(%s))", wanted, column, self.except_product_ids.ids)
        return wanted

    @api.model_create_multi
    def create(self, vals_list):
        contracts = self.env["ecom.contract"].browse([vals.get("contract_id") for vals in vals_list])
        contracts._refuse_signed()
        return super().create(vals_list)

    def write(self, vals):
        self.contract_id._refuse_signed()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        self.contract_id._refuse_signed()


# Only one of these may speak about a product on a day.
EXCLUSIVE = ("price_band", "temporary_price", "tier_rebate", "growth_rebate", "target_rebate", "per_piece")
# These end in money from the supplier.
PAID = (*REBATES, "promotion_share", "marketing_share", "price_protection")
# What the sentence tells.
SAID = (
    "kind date_from date_to valid_from valid_to product_ids categ_ids except_product_ids base date_by "
    "measure reward tier_mode tier_ids.start tier_ids.value amount percent target growth_on protect_days "
    "minimum cap net_of_returns freight_included tax_included sold_at period interim settlement_mode "
    "vat_treatment tax_id currency_id previous_id amended"
).split()


class EcomContract(models.Model):
    _inherit = "ecom.contract"

    def _refuse_signed(self):
        for contract in self:
            if contract.state != "draft":
                raise UserError(
                    self.env._(
                        "%s is signed: amend it, and the new version replaces it from a day on.",
                        contract.display_name,
                    )
                )


class EcomClauseTier(models.Model):
    """From a start, included, to the start of the next tier, excluded: no gap, no overlap."""

    _name = "ecom.clause.tier"
    _description = "Clause Tier"
    _order = "clause_id, start"

    clause_id = fields.Many2one("ecom.clause", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="clause_id.company_id", store=True, index=True)
    start = fields.Float("From", digits=(16, 4), required=True)
    end = fields.Float("To (Excluded)", compute="_compute_end", digits=(16, 4))
    value = fields.Float("Rate, Amount or Price", digits=(16, 6), required=True)

    _start_once = models.UniqueIndex("(clause_id, start)", "Two tiers of a clause start alike.")
    _start_positive = models.Constraint("CHECK(start >= 0)", "A tier starts at zero or above.")
    _value_positive = models.Constraint("CHECK(value >= 0)", "Terms are not negative.")

    @api.depends("start", "clause_id.tier_ids.start")
    def _compute_end(self):
        for tier in self:
            higher = [row.start for row in tier.clause_id.tier_ids if row.start > tier.start]
            tier.end = min(higher, default=0)

    @api.model_create_multi
    def create(self, vals_list):
        tiers = super().create(vals_list)
        tiers.clause_id.contract_id._refuse_signed()
        return tiers

    def write(self, vals):
        self.clause_id.contract_id._refuse_signed()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        self.clause_id.contract_id._refuse_signed()
