"""Terms stage: shares of a campaign's discounts, and what campaigns brought by funder."""

from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.ecom_connectors.models.ecom_evidence import without_defaults

from ..lib.ecom_settle.terms import rounded
from ..lib.ecom_settle.working import grouped, plain
from .ecom_campaign import PARTIES, STEP
from .ecom_clause import exact


class EcomCampaignShare(models.Model):
    """Who bears which part of the discounts: percent, an amount, or the rest."""

    _name = "ecom.campaign.share"
    _description = "Share of a Campaign"
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

    @api.model_create_multi
    def create(self, vals_list):
        entered = [
            {name: value for name, value in vals.items() if name != "amount_borne"} for vals in vals_list
        ]
        return super(EcomCampaignShare, without_defaults(self)).create(entered)

    def write(self, vals):
        if "amount_borne" in vals and self.env.context.get("ecom_campaign_step") is not STEP:
            raise UserError(self.env._("Results of a campaign are computed, not entered."))
        if set(vals) - {"amount_borne"} and any(share.claim_ids for share in self):
            raise UserError(self.env._("A share that was claimed does not change."))
        return super().write(vals)

    def _unchecked_write(self, vals):
        return self.with_context(ecom_campaign_step=STEP).write(vals)

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
