"""Terms stage: shares of a campaign's discounts, and what campaigns brought by funder."""

from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.ecom_connectors.lib.ecom_kernel import split_decimal

from ...lib.ecom_settle.terms import rounded
from ...lib.ecom_settle.working import grouped, plain
from .clause_words import exact
from .ecom_campaign import PARTIES


class EcomCampaignShare(models.Model):
    """Who bears which part of the discounts: percent, an amount, or the rest."""

    _name = "ecom.campaign.share"
    _description = "Share of a Campaign"
    _inherit = ["ecom.sealed"]
    _order = "campaign_id, id"
    _check_company_auto = True

    campaign_id = fields.Many2one("ecom.campaign", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="campaign_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="campaign_id.currency_id")
    party = fields.Selection(PARTIES, required=True, default="own")
    partner_id = fields.Many2one("res.partner", "Who", ondelete="restrict", help="Whom we ask for the money.")
    clause_id = fields.Many2one(
        "ecom.clause",
        domain="[('kind', '=', 'promotion_share'), ('partner_id', '=', partner_id)]",
        ondelete="restrict",
        check_company=True,
    )
    percent = fields.Float(digits=(9, 4), help="Of all discounts; empty with no amount: the rest.")
    amount = fields.Monetary(help="Instead of a percentage.")
    amount_borne = fields.Monetary("Bears", readonly=True, copy=False)
    effect = fields.Selection(
        [
            ("reduces_revenue", "Reduces our Revenue"),
            ("claim", "Claim on Supplier"),
            ("platform", "Claim on Platform"),
        ],
        compute="_compute_effect",
        store=True,
    )
    claim_ids = fields.One2many("ecom.claim", "campaign_share_id")
    amount_shown = fields.Monetary(
        "Documented",
        compute="_compute_documented",
        compute_sudo=True,
        help="Supplier and brand: what is claimed. Platform: the subsidies that its orders name. We: our "
        "part, which the invoices of the orders hold.",
    )
    amount_difference = fields.Monetary(
        "Difference", compute="_compute_documented", compute_sudo=True, help="Borne less documented."
    )
    booked_by = fields.Char(compute="_compute_documented", compute_sudo=True)

    _one_way = models.Constraint(
        "CHECK(coalesce(percent, 0) = 0 OR coalesce(amount, 0) = 0)", "A share is a percentage or an amount."
    )
    _positive = models.Constraint(
        "CHECK(coalesce(percent, 0) >= 0 AND coalesce(amount, 0) >= 0)", "A share is not negative."
    )
    _known = models.Constraint(
        "CHECK(party NOT IN ('supplier', 'brand') OR partner_id IS NOT NULL)",
        "Say which supplier or brand bears it.",
    )

    @api.depends("campaign_id.name", "party", "partner_id.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        parties = dict(self._fields["party"]._description_selection(self.env))
        for share in self:
            who = share.partner_id.name or parties.get(share.party, "")
            share.display_name = f"{share.campaign_id.name or ''}: {who}"

    @api.depends("party")
    def _compute_effect(self):
        for share in self:
            share.effect = {"own": "reduces_revenue", "platform": "platform"}.get(share.party, "claim")

    # --- where each share is booked -------------------------------------------------

    @api.depends_context("lang")
    @api.depends(
        "party",
        "partner_id",
        "amount_borne",
        "claim_ids.state",
        "claim_ids.amount",
        "claim_ids.move_id.name",
        "claim_ids.accrual_ids",
        "campaign_id.amount_subsidy",
        "campaign_id.amount_subsidy_billed",
        "campaign_id.share_ids.amount_borne",
    )
    def _compute_documented(self):
        # Names of accounts and documents only; whoever runs campaigns may know where their money stands.
        for share in self:
            digits = share.currency_id.decimal_places
            shown = share._documented(digits)
            share.amount_shown = float(shown)
            share.amount_difference = float(exact(share.amount_borne, digits) - shown)
            share.booked_by = share._booked_by()

    def _live_claims(self):
        return self.claim_ids.filtered(lambda it: it.state not in ("cancelled", "refused"))

    def _documented(self, digits):
        if self.party == "own":
            return exact(self.amount_borne, digits)
        claims = self._live_claims()
        if claims or self.party != "platform":
            return sum((exact(claim.amount, digits) for claim in claims), exact(0))
        platforms = self.campaign_id.share_ids.filtered(lambda it: it.party == "platform")
        weights = [Fraction(exact(share.amount_borne, digits)) for share in platforms]
        parts = split_decimal(exact(self.campaign_id.amount_subsidy, digits), weights, digits)
        return dict(zip(platforms.ids, parts, strict=True)).get(self.id, exact(0))

    def _claimable(self):
        """Supplier and brand are asked; the platform only if no order and no bill of it names one."""
        if self.party != "platform":
            return self.party != "own"
        campaign = self.campaign_id
        return bool(self.partner_id) and not (campaign.amount_subsidy or campaign.amount_subsidy_billed)

    def _booked_by(self):
        """In words: the claim and its documents, or the account that orders or platform bills bring it to."""
        claims = self._live_claims()
        if claims:
            claim = claims[0]
            states = dict(claim._fields["state"]._description_selection(self.env))
            moves = [move.name for move in claim.move_id or claim.accrual_ids if move.name]
            return ", ".join([f"{claim.name} ({states[claim.state]})", *moves])
        if self.party == "own":
            return self.env._("Invoices of the orders: %s", self._account_name("revenue"))
        if self.party == "platform" and not self._claimable():
            if not self.partner_id and not self.campaign_id.amount_subsidy:
                return self.env._(
                    "Nowhere: neither orders nor platform bills name a subsidy. "
                    "To claim it, enter who pays it."
                )
            return self.env._(
                "Bills of the platform: %(account)s, or the invoices they pay",
                account=self._account_name("subsidy"),
            )
        return self.env._("To be claimed: %s", self._account_name("rebate_receivable"))

    def _account_name(self, role):
        company = self.company_id
        mapped = self.env["ecom.role.map"].search(
            [("company_id", "=", company.id), ("role_id.code", "=", role)], order="id", limit=1
        )
        known = self.env["ecom.role"].search([("code", "=", role)], limit=1)
        return mapped.ledger_id.with_company(company).display_name or known.name or role

    def _claim_values(self):
        """A claim of this share; the platform's is revenue, as its subsidies are."""
        campaign, clause = self.campaign_id, self.clause_id
        platform = self.party == "platform"
        return {
            "title": campaign.name,
            "kind": "promotion_share",
            "partner_id": self.partner_id.id,
            "company_id": campaign.company_id.id,
            "currency_id": campaign.currency_id.id,
            "date_from": campaign.date_from,
            "date_to": campaign.date_to,
            "campaign_share_id": self.id,
            "clause_id": clause.id,
            "settlement_mode": clause.settlement_mode or "credit_note",
            "vat_treatment": "service" if platform else clause.vat_treatment or "none",
            "tax_id": clause.tax_id.id,
            "offset": "goods",
        }

    # --- rows -----------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        return super(EcomCampaignShare, self._unseal()).create(self._entered(vals_list))._seal()

    def write(self, vals):
        if set(vals) - {"amount_borne"} and any(share.claim_ids for share in self):
            raise UserError(self.env._("A share that was claimed does not change."))
        return super().write(vals)

    @api.constrains("percent", "amount", "party")
    def _check_sum(self):
        self.campaign_id._check_shares()

    def _formula(self):
        """The part as text, for the working of a claim."""
        digits = self.currency_id.decimal_places
        discount = exact(self.campaign_id.amount_discount, digits)
        if self.percent:
            rate = exact(self.percent, 4)
            value = rounded(Fraction(discount) * Fraction(rate) / 100, digits)
            return f"{grouped(discount, digits)} x {plain(rate)}% = {grouped(value, digits)}"
        return grouped(exact(self.amount_borne, digits), digits)


class EcomCampaignReport(models.Model):
    """Cost by funder; sales and profit stand on our own row, so that columns sum."""

    _name = "ecom.campaign.report"
    _description = "Campaign Results"
    _auto = False
    _order = "date_from desc, campaign_id, id"
    _depends = {
        "ecom.campaign": [
            "company_id",
            "currency_id",
            "date_from",
            "amount_other",
            "amount_sales",
            "amount_subsidy",
            "gross_profit",
        ],
        "ecom.campaign.share": ["campaign_id", "party", "partner_id", "amount_borne"],
    }

    campaign_id = fields.Many2one("ecom.campaign", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    date_from = fields.Date("From", readonly=True)
    funder = fields.Selection([*PARTIES, ("subsidy", "Platform Subsidy")], readonly=True)
    partner_id = fields.Many2one("res.partner", "Who", readonly=True)
    amount_cost = fields.Monetary("Cost", readonly=True)
    amount_sales = fields.Monetary("Goods Sold", readonly=True)
    gross_profit = fields.Monetary(readonly=True)
    roi = fields.Float("ROI %", related="campaign_id.roi", aggregator=None)

    @property
    def _table_query(self):
        return SQL(
            """SELECT s.id * 2 AS id, s.campaign_id, c.company_id, c.currency_id, c.date_from,
                      s.party AS funder, s.partner_id,
                      s.amount_borne + CASE WHEN own.first THEN coalesce(c.amount_other, 0) ELSE 0 END
                          AS amount_cost,
                      CASE WHEN own.first THEN c.amount_sales ELSE 0 END AS amount_sales,
                      CASE WHEN own.first THEN c.gross_profit ELSE 0 END AS gross_profit
                 FROM ecom_campaign_share s
                 JOIN ecom_campaign c ON c.id = s.campaign_id
                 CROSS JOIN LATERAL (SELECT s.id = (SELECT x.id FROM ecom_campaign_share x
                                                     WHERE x.campaign_id = c.id
                                                     ORDER BY x.party <> 'own', x.id LIMIT 1) AS first) own
               UNION ALL
               SELECT c.id * 2 + 1, c.id, c.company_id, c.currency_id, c.date_from, 'subsidy', NULL,
                      c.amount_subsidy, 0, 0
                 FROM ecom_campaign c WHERE c.amount_subsidy <> 0"""
        )
