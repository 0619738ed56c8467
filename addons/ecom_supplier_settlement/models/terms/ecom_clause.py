"""Terms stage: one clause of a contract: what is counted, what it gives, when and how it is settled."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ...lib.ecom_settle.periods import Period, periods, years_before
from ...lib.ecom_settle.terms import Limits, TermsError, Tier, TierTable
from ...lib.ecom_settle.working import Working
from .clause_facts import product_condition
from .clause_words import exact, sentence
from .kinds import KINDS, REBATES

# What the sentence tells.
SAID = (
    "kind date_from date_to valid_from valid_to product_ids categ_ids except_product_ids base date_by "
    "measure reward tier_mode tier_ids.start tier_ids.value amount percent target growth_on protect_days "
    "minimum cap net_of_returns freight_included tax_included sold_at period interim settlement_mode "
    "vat_treatment tax_id currency_id previous_id amended"
).split()
# What must be alike for a period to go on: other things than before would be added up.
SAME = (
    "company_id partner_id currency_id kind base date_by measure period net_of_returns freight_included "
    "tax_included sold_at"
).split()


class EcomClause(models.Model):
    """One agreed rule. Its kind (`KINDS`) decides which of the fields count, and says it in words."""

    _name = "ecom.clause"
    _description = "Contract Clause"
    _inherit = ["ecom.sealed"]
    _order = "contract_id, sequence, id"
    _check_company_auto = True

    contract_id = fields.Many2one(
        "ecom.contract", required=True, index=True, ondelete="cascade", check_company=True
    )
    sequence = fields.Integer(default=10)
    name = fields.Char("Title", required=True)
    kind = fields.Selection(
        [(code, kind.label) for code, kind in KINDS.items()], required=True, default="tier_rebate", index=True
    )
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
        [("ordered", "Ordered"), ("received", "Received"), ("billed", "Invoiced"), ("sold", "Sold")],
        default="received",
        required=True,
    )
    date_by = fields.Selection(
        [("event", "Its Own Day"), ("order", "Day of the Order")],
        "Period by",
        default="event",
        required=True,
        help="Own day: of the receipt, of the invoice or of the delivery to the customer.",
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
    previous_id = fields.Many2one(
        "ecom.clause", "Amends", readonly=True, index="btree_not_null", ondelete="restrict", copy=False
    )
    origin_id = fields.Many2one(
        "ecom.clause",
        "First Version",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        help="The version with which the periods of this clause began; written when it is signed.",
    )
    amended = fields.Selection(
        [("continue", "Goes on by These Terms"), ("restart", "Starts Anew")],
        "Period under Way",
        compute="_compute_amended",
        store=True,
        readonly=False,
        precompute=True,
        help="Goes on: what the version before counted and settled in the period belongs to it, and the "
        "terms valid at its end count for all of it. Starts anew: each version counts its own days by its "
        "own terms.",
    )
    shown = fields.Char(
        "Shown Fields", compute="_compute_shown", help="What the kind gives, and the fields that it uses."
    )
    sentence = fields.Text(compute="_compute_sentence", compute_sudo=True)

    @api.depends("kind")
    def _compute_shown(self):
        for clause in self:
            kind = KINDS.get(clause.kind)
            clause.shown = " ".join([kind.gives, *kind.uses]) if kind else ""

    @api.depends("kind")
    def _compute_amended(self):
        for clause in self:
            clause.amended = KINDS[clause.kind].amended if clause.kind else "continue"

    @api.depends("date_from", "date_to", "contract_id.date_from", "contract_id.date_to")
    def _compute_validity(self):
        for clause in self:
            contract = clause.contract_id
            clause.valid_from = max(filter(None, [clause.date_from, contract.date_from]), default=False)
            clause.valid_to = min(filter(None, [clause.date_to, contract.date_to]), default=False)

    @api.depends_context("lang")
    @api.depends(*SAID)
    def _compute_sentence(self):
        for clause in self:
            clause.sentence = sentence(clause, KINDS[clause.kind])

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

    # --- what it gives ------------------------------------------------------------

    def _count(self, start, end):
        """The base of a period, both days included, of all versions in it."""
        return self.env["ecom.clause.base"]._count(self._parts(start, end))

    def _earn(self, start, end, whole=True):
        """What the clause gives for a period, both days included.

        :param whole: the period is over
        :return: (`Counted`, `Earned`, working as stored); amounts of the contract's currency
        """
        self.ensure_one()
        counted = self._count(start, end)
        earned, more = KINDS[self.kind].earn(self, counted.base, Period(start, end), whole)
        working = Working(
            rule=f"{self.kind}/{self.id}",
            version=self.contract_id.version,
            title=self.name,
            base=(*counted.rows, *more),
            base_total=counted.base.amount,
            formula=earned.formula,
            result=earned.amount,
            currency=self.currency_id.name,
            digits=self.currency_id.decimal_places,
            parts=counted.parts,
        ).as_json()
        return counted, earned, working

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
            kind = KINDS[clause.kind]
            if "tier_ids" in kind.uses:
                clause._tier_table()
            missing = None
            if kind.needs and not any(clause[name] for name in kind.needs):
                missing = clause._label(kind.needs[0])
            elif kind.gives != "price" and clause.vat_treatment != "none" and not clause.tax_id:
                missing = clause._label("tax_id")
            if missing:
                raise UserError(
                    self.env._("%(clause)s: “%(field)s” is missing.", clause=clause.name, field=missing)
                )

    def _label(self, name):
        return self._fields[name]._description_string(self.env)

    def _refuse_overlaps(self):
        """Two clauses of one kind for the same goods on the same day contradict each other."""
        for clause in self.filtered(lambda it: KINDS[it.kind].exclusive):
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
            SQL("SELECT p.id FROM product_product p WHERE %s", product_condition(self, SQL("p.id")))
        )
        return {product_id for [product_id] in rows}

    @api.model_create_multi
    def create(self, vals_list):
        contracts = self.env["ecom.contract"].browse([vals.get("contract_id") for vals in vals_list])
        contracts._refuse_signed()
        return super(EcomClause, self._unseal()).create(self._entered(vals_list))._seal()

    def write(self, vals):
        self.contract_id._refuse_signed()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        self.contract_id._refuse_signed()

    # --- versions ---------------------------------------------------------------

    def _fix_origin(self):
        """Say which clauses go on with the periods of the version before; signing does it once."""
        for clause in self:
            before = clause.previous_id
            goes_on = (
                before.origin_id
                and clause.kind in REBATES
                and clause.amended == "continue"
                and before.contract_id == clause.contract_id.previous_id
                and all(before[name] == clause[name] for name in SAME)
            )
            clause._unseal().origin_id = before.origin_id if goes_on else clause

    def _versions(self):
        """This clause and its other versions whose periods are the same, oldest first; a draft is alone."""
        self.ensure_one()
        if not self.origin_id:
            return self
        found = self.search([("origin_id", "=", self.origin_id.id)])
        alive = found.filtered(lambda it: it.valid_from <= it.valid_to)
        return alive.sorted(lambda it: (it.valid_from, it.version, it.id)) or self

    def _parts(self, start, end):
        """[(version, `Period`)]: which version counts which days from one day to the other.

        What lies before the first version is counted by it, what lies after the last by that one.
        """
        versions = self._versions()
        parts = []
        for at, clause in enumerate(versions):
            first = max(start, clause.valid_from) if at else start
            last = end
            if at + 1 < len(versions):
                last = min(end, clause.valid_to, versions[at + 1].valid_from - timedelta(days=1))
            if first <= last:
                parts.append((clause, Period(first, last)))
        return parts

    def _parts_before(self, start, end):
        """The same versions with the same days of the year before."""
        parts = self._parts(start, end)
        earlier = years_before([period for _clause, period in parts])
        return [(clause, period) for (clause, _period), period in zip(parts, earlier, strict=True)]

    def _owned_periods(self):
        """[(version, `Period`)] of all versions: the one valid at the end of a period decides about it."""
        versions = self._versions()
        last = max(versions.mapped("valid_to"))
        found = []
        for period in periods(versions[0].valid_from, last, self.period):
            alive = versions.filtered(
                lambda it, period=period: it.valid_from <= period.end and it.valid_to >= period.start
            )
            if alive:
                found.append((alive[-1], Period(period.start, min(period.end, alive[-1].valid_to))))
        return found
