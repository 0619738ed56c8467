"""Terms stage: what we demand from a supplier beside rebates: marketing, promotions, falling prices."""

from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, LazyTranslate

from ...lib.ecom_settle.shares import Purchase
from ...lib.ecom_settle.working import Working
from ..setup.ecom_statement_source import Origin
from .clause_facts import moments
from .kinds import KINDS, giving

_lt = LazyTranslate(__name__)
# What people enter while a claim is a draft; everything else is written by steps.
ENTERED = (
    "partner_id company_id currency_id clause_id kind title date_from date_to campaign_share_id product_id "
    "price_old price_new base_amount settlement_mode vat_treatment tax_id offset attachment_ids note user_id"
).split()


class EcomClaim(models.Model):
    """A claim with evidence, approved by another person than who drafted it."""

    _name = "ecom.claim"
    _description = "Claim on a Supplier"
    _inherit = ["ecom.supplier.due"]
    _order = "date_to desc, id desc"
    _statement_origins = (
        Origin(code="share", name=_lt("Cost Share"), place=60, sign=-1),
        Origin(code="claim", name=_lt("Claim"), place=70, sign=-1),
    )

    name = fields.Char("Number", readonly=True, copy=False, default=lambda self: self.env._("New"))
    title = fields.Char(required=True)
    kind = fields.Selection(
        [(code, kind.claim_label) for code, kind in giving("claim").items()],
        required=True,
        default="marketing_share",
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("approved", "Approved"),
            ("claimed", "Claimed"),
            ("accepted", "Accepted"),
            ("partly", "Partly Accepted"),
            ("refused", "Refused"),
            ("settled", "Settled"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="draft",
        index=True,
        tracking=True,
    )
    partner_id = fields.Many2one(readonly=False)
    company_id = fields.Many2one(readonly=False, default=lambda self: self.env.company)
    currency_id = fields.Many2one(readonly=False, default=lambda self: self.env.company.currency_id)
    clause_id = fields.Many2one(
        readonly=False,
        domain="[('kind', '=', kind), ('partner_id', '=', partner_id), "
        "('contract_state', 'in', ('signed', 'ended'))]",
    )
    settlement_mode = fields.Selection(readonly=False)
    vat_treatment = fields.Selection(readonly=False)
    tax_id = fields.Many2one(readonly=False)
    offset = fields.Selection(readonly=False, default="expense")
    date_from = fields.Date("From", required=True, default=fields.Date.context_today)
    date_to = fields.Date("To", required=True, default=fields.Date.context_today)
    base_amount = fields.Monetary(
        "Cost", help="What the supplier shares: cost of the campaign, or the discount."
    )
    product_id = fields.Many2one("product.product", ondelete="restrict")
    price_old = fields.Float("Old Price", digits=(16, 6))
    price_new = fields.Float("New Price", digits=(16, 6))
    campaign_share_id = fields.Many2one("ecom.campaign.share", ondelete="restrict", index="btree_not_null")
    campaign_id = fields.Many2one(related="campaign_share_id.campaign_id", store=True, index="btree_not_null")
    attachment_ids = fields.Many2many(
        "ir.attachment",
        "ecom_claim_attachment_rel",
        string="Evidence",
        bypass_search_access=True,
        help="Invoices, photos, screenshots: what proves the cost. Needed for approval.",
    )
    drafted_id = fields.Many2one(
        "res.users", "Drafted by", readonly=True, default=lambda self: self.env.user, copy=False
    )
    approved_id = fields.Many2one("res.users", "Approved by", readonly=True, copy=False)
    user_id = fields.Many2one("res.users", "Responsible", default=lambda self: self.env.user)
    note = fields.Html()

    _share_once = models.UniqueIndex(
        "(campaign_share_id) WHERE campaign_share_id IS NOT NULL AND state NOT IN ('cancelled', 'refused')",
        "This share of the campaign is claimed already.",
    )
    _dates = models.Constraint("CHECK(date_from <= date_to)", "A claim ends after it starts.")

    def _statement_origin(self):
        return "share" if self.kind == "marketing_share" else "claim"

    def _statement_rows(self, statement):
        origin = SQL("CASE d.kind WHEN 'marketing_share' THEN 'share' ELSE 'claim' END")
        return self._sql_due_rows(statement, origin, SQL("d.name || ' ' || d.title"))

    @api.depends("name", "title")
    def _compute_display_name(self):
        for claim in self:
            claim.display_name = f"{claim.name} {claim.title or ''}".strip()

    @api.onchange("clause_id")
    def _onchange_clause_id(self):
        for name in ("settlement_mode", "vat_treatment", "tax_id", "offset", "currency_id"):
            if self.clause_id:
                self[name] = self.clause_id[name]

    @api.model_create_multi
    def create(self, vals_list):
        partners = self.env["res.partner"].browse([vals.get("partner_id") or False for vals in vals_list])
        clean = []
        for vals, partner in zip(vals_list, partners, strict=True):
            kept = {name: value for name, value in vals.items() if name in ENTERED}
            # Numbers are drawn by everybody who may draft a claim.
            number = self.env["ir.sequence"].sudo().next_by_code("ecom.claim")
            clean.append({**kept, "partner_id": partner.commercial_partner_id.id, "name": number})
        claims = super(EcomClaim, self._unseal()).create(clean)._seal()
        for claim in claims:
            claim.attachment_ids._ecom_adopt(claim)
        return claims

    def write(self, vals):
        entered = set(vals) & set(ENTERED) - {"attachment_ids", "note", "user_id"}
        if entered and self._is_sealed() and any(claim.state != "draft" for claim in self):
            raise UserError(self.env._("Only drafts are edited; cancel the claim and draft a new one."))
        if "attachment_ids" in vals and any(claim.state not in ("draft", "approved") for claim in self):
            raise UserError(self.env._("The evidence of a claim that was made is kept as it is."))
        result = super().write(vals)
        if "attachment_ids" in vals:
            self.attachment_ids._ecom_adopt(self)
        return result

    # --- steps ------------------------------------------------------------------

    def action_compute(self):
        """Compute the amounts of drafts by their clauses."""
        self._need("ecom_supplier_settlement.group_buyer", self.env._("Only buyers compute claims."))
        self._compute_due()

    def _compute_due(self):
        for claim in self:
            if claim.state != "draft":
                raise UserError(self.env._("%s is not a draft any more.", claim.display_name))
            earned, rows = KINDS[claim.kind].due(claim)
            working = Working(
                rule=f"{claim.kind}/{claim.clause_id.id or claim.campaign_share_id.id or 0}",
                version=claim.clause_id.version or 1,
                title=claim.title,
                base=rows,
                base_total=sum((row.amount or Decimal(0) for row in rows), Decimal(0)),
                formula=earned.formula,
                result=earned.amount,
                currency=claim.currency_id.name,
                digits=claim.currency_id.decimal_places,
            )
            claim._unseal().write({"amount": float(earned.amount), "working": working.as_json()})
        return True

    def action_approve(self):
        """Say that the claim may be made; by another person than its drafter, and not without evidence."""
        self._need("ecom_supplier_settlement.group_buyer", self.env._("Only buyers approve claims."))
        for claim in self:
            if claim.drafted_id == self.env.user:
                raise UserError(self.env._("%s: who drafted it does not approve it.", claim.display_name))
            if not claim.attachment_ids:
                raise UserError(self.env._("%s has no evidence attached.", claim.display_name))
            claim._compute_due()
            claim._check_claimable()
            claim._go_to("approved", approved_id=self.env.uid)
        return True

    def action_cancel(self):
        self._need("ecom_supplier_settlement.group_buyer", self.env._("Only buyers cancel claims."))
        for claim in self:
            claim._go_to("cancelled")
            # Whoever cancels may not post entries; what it reverses is our own accrual.
            claim.sudo()._accrue_to_target()
        return True

    def _accrues(self):
        return self.clause_id.accrue if self.clause_id else self.state != "draft"

    def _cost_role(self):
        """What the platform bears of our discounts is revenue from it, like the subsidies in its bills."""
        if self.campaign_share_id.party == "platform":
            return "subsidy"
        return super()._cost_role()

    def _accrual_target(self):
        return Decimal(0) if self.state == "draft" else super()._accrual_target()

    def _due_day(self):
        return min(self.date_to, fields.Date.context_today(self))

    # --- facts for its kind -------------------------------------------------------

    def _clause_needed(self):
        clause = self.clause_id
        if not clause or clause.kind != self.kind or clause.contract_id.state not in ("signed", "ended"):
            raise UserError(
                self.env._("%s needs a signed clause that says what the supplier bears.", self.display_name)
            )
        if clause.partner_id != self.partner_id or clause.currency_id != self.currency_id:
            raise UserError(
                self.env._("%s: the clause is of another supplier or currency.", self.display_name)
            )
        if not clause.valid_from <= self.date_to <= clause.valid_to:
            raise UserError(
                self.env._(
                    "%(claim)s: the clause holds from %(start)s to %(end)s.",
                    claim=self.display_name,
                    start=clause.valid_from,
                    end=clause.valid_to,
                )
            )
        return clause

    def _stock_before(self, clause):
        """(pieces on hand when the day begins, `Purchase` per day from this supplier before it)."""
        if not self.product_id:
            raise UserError(self.env._("%s: which product became cheaper?", self.display_name))
        self.env.flush_all()
        since = fields.Date.subtract(self.date_to, days=clause.protect_days)
        before = fields.Date.subtract(self.date_to, days=1)
        rows = self.env.execute_query(
            SQL(
                """SELECT f.day, sum(f.quantity)::text FROM (%s) f WHERE f.product_id = %s
                    GROUP BY 1 HAVING sum(f.quantity) <> 0 ORDER BY 1""",
                self.env["ecom.clause.base"]._facts_sql(clause, since, before, base="received"),
                self.product_id.id,
            )
        )
        [(on_hand,)] = self.env.execute_query(
            SQL(
                """SELECT coalesce(sum(m.quantity::numeric * mu.factor::numeric / pu.factor::numeric
                                  * ((dst.usage = 'internal')::int - (src.usage = 'internal')::int)), 0)::text
                     FROM stock_move m
                     JOIN product_product pp ON pp.id = m.product_id
                     JOIN product_template t ON t.id = pp.product_tmpl_id
                     JOIN uom_uom mu ON mu.id = m.product_uom
                     JOIN uom_uom pu ON pu.id = t.uom_id
                     JOIN stock_location src ON src.id = m.location_id
                     JOIN stock_location dst ON dst.id = m.location_dest_id
                    WHERE m.company_id = %s AND m.product_id = %s AND m.state = 'done' AND m.date < %s""",
                self.company_id.id,
                self.product_id.id,
                moments(clause.company_id, self.date_to, self.date_to)[0],
            )
        )
        bought = [Purchase(day=day, quantity=Decimal(quantity).normalize() + 0) for day, quantity in rows]
        return Decimal(on_hand).normalize() + 0, bought
