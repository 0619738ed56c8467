"""Terms stage: a promotion in our shops, who bears its discounts, and what it brought."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from odoo.addons.ecom_connectors.lib.ecom_kernel import split_decimal

from ...lib.ecom_settle.shares import Share, share_discount, within
from ...lib.ecom_settle.terms import TermsError
from .clause_words import exact

PARTIES = [("own", "We"), ("supplier", "Supplier"), ("brand", "Brand"), ("platform", "Platform")]


class EcomCampaign(models.Model):
    """Days, shops and products; discounts of their orders are split among those who bear them."""

    _name = "ecom.campaign"
    _description = "Campaign"
    _inherit = ["ecom.stateful", "mail.thread", "mail.activity.mixin"]
    _order = "date_from desc, id desc"
    _check_company_auto = True
    _transitions = {"draft": {"running", "closed"}, "running": {"closed"}, "closed": set()}

    name = fields.Char(required=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, ondelete="restrict"
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id, ondelete="restrict"
    )
    date_from = fields.Date("From", required=True, tracking=True)
    date_to = fields.Date("To", required=True, tracking=True)
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("closed", "Closed")],
        required=True,
        readonly=True,
        default="draft",
        tracking=True,
        copy=False,
    )
    shop_ids = fields.Many2many("ecom.shop", string="Shops", check_company=True, required=True)
    product_ids = fields.Many2many(
        "product.product", string="Products", help="Empty: all goods of the orders."
    )
    budget = fields.Monetary(help="What we want to spend at most: our part of discounts and other costs.")
    amount_other = fields.Monetary(
        "Other Costs", help="Advertising and the like that we pay for the campaign."
    )
    share_ids = fields.One2many("ecom.campaign.share", "campaign_id", "Shares", copy=True)
    claim_ids = fields.One2many("ecom.claim", "campaign_id", "Claims")
    user_id = fields.Many2one("res.users", "Responsible", default=lambda self: self.env.user)
    order_count = fields.Integer("Orders", readonly=True, copy=False)
    amount_sales = fields.Monetary("Goods Sold", readonly=True, copy=False, help="At list price.")
    amount_discount = fields.Monetary("Discounts", readonly=True, copy=False)
    amount_subsidy = fields.Monetary(
        "Platform Subsidy", readonly=True, copy=False, help="The platform pays it to us: revenue, no cost."
    )
    amount_subsidy_billed = fields.Monetary(
        "Subsidy in Platform Bills",
        readonly=True,
        copy=False,
        help="What the platform's bills of these orders bring; from there it is booked.",
    )
    amount_goods_cost = fields.Monetary("Cost of Goods", readonly=True, copy=False)
    amount_own = fields.Monetary("Our Cost", compute="_compute_result", store=True)
    gross_profit = fields.Monetary(
        compute="_compute_result",
        store=True,
        help="Goods sold less our part of the discounts and the cost of the goods.",
    )
    roi = fields.Float(
        "ROI %",
        compute="_compute_result",
        store=True,
        aggregator=None,
        digits=(16, 2),
        help="Gross profit less other costs, in percent of our cost.",
    )
    over_budget = fields.Boolean(compute="_compute_result", store=True)

    _dates = models.Constraint("CHECK(date_from <= date_to)", "A campaign ends after it starts.")

    @api.depends(
        "share_ids.amount_borne",
        "share_ids.party",
        "amount_other",
        "amount_sales",
        "amount_goods_cost",
        "budget",
    )
    def _compute_result(self):
        for campaign in self:
            discount = sum(campaign.share_ids.filtered(lambda it: it.party == "own").mapped("amount_borne"))
            campaign.amount_own = discount + campaign.amount_other
            campaign.gross_profit = campaign.amount_sales - discount - campaign.amount_goods_cost
            profit = campaign.gross_profit - campaign.amount_other
            campaign.roi = 100 * profit / campaign.amount_own if campaign.amount_own else 0
            campaign.over_budget = bool(campaign.budget) and (
                campaign.currency_id.compare_amounts(campaign.amount_own, campaign.budget) > 0
            )

    @api.constrains("share_ids")
    def _check_shares(self):
        for campaign in self:
            campaign._split(
                exact(campaign.amount_discount, campaign.currency_id.decimal_places) or exact(1000000)
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        if any(campaign.state != "draft" for campaign in self):
            raise UserError(self.env._("Only draft campaigns can be deleted."))

    def _split(self, discount):
        """{share: its part of the discount}; :raises ValidationError: naming what does not add up"""
        shares = self.share_ids
        if not shares:
            return {}
        facts = [
            Share(party=row.party, percent=exact(row.percent, 4))
            if row.percent
            else Share(party=row.party, amount=exact(row.amount))
            if row.amount
            else Share(party=row.party)
            for row in shares
        ]
        try:
            digits = self.currency_id.decimal_places
            parts = share_discount(discount, within(discount, facts, digits), digits, split_decimal)
        except TermsError as bad:
            texts = {
                "two_rests": self.env._("Only one share can take the rest: leave only one without a number."),
                "not_covered": self.env._("The shares do not cover the whole discount."),
                "too_much": self.env._("The shares are more than the discount."),
            }
            text = f"{self.name}: {texts[bad.code]}"
            raise ValidationError(text) from bad
        return {shares[at]: part for at, part in parts.items()}

    # --- steps ------------------------------------------------------------------

    def _need_buyer(self):
        if not self.env.user.has_group("ecom_supplier_settlement.group_buyer"):
            raise AccessError(self.env._("Only buyers run campaigns."))

    def action_run(self):
        self._need_buyer()
        for campaign in self:
            if campaign.state != "draft" or not campaign.share_ids:
                raise UserError(self.env._("%s: say first who bears the discounts.", campaign.name))
        self._go_to("running")
        return self.action_compute()

    def action_close(self):
        self.action_compute()
        self._go_to("closed")
        return True

    @api.model_create_multi
    def create(self, vals_list):
        return super(EcomCampaign, self._unseal()).create(self._entered(vals_list))._seal()

    def write(self, vals):
        terms = {"date_from", "date_to", "shop_ids", "product_ids", "share_ids", "currency_id", "company_id"}
        if terms & set(vals) and any(campaign.state == "closed" for campaign in self):
            raise UserError(self.env._("A closed campaign does not change."))
        return super().write(vals)

    def action_compute(self):
        """Sum the orders of the campaign and split their discounts."""
        self._need_buyer()
        for campaign in self:
            if campaign.state == "closed":
                raise UserError(self.env._("%s is closed.", campaign.name))
            found = campaign._facts()
            campaign._unseal().write(found)
            digits = campaign.currency_id.decimal_places
            for share, part in campaign._split(exact(campaign.amount_discount, digits)).items():
                if exact(share.amount_borne, digits) != part:
                    share._unseal().amount_borne = float(part)
        return True

    def action_claim_shares(self):
        """Draft a claim for every share that is booked nowhere else and not asked for yet."""
        self._need_buyer()
        claims = self.env["ecom.claim"]
        for share in self.share_ids.filtered(lambda it: it._claimable() and it.amount_borne > 0):
            if not share.claim_ids.filtered(lambda it: it.state not in ("cancelled", "refused")):
                claims |= claims.create(share._claim_values())
        claims.action_compute()
        action = self.env["ir.actions.act_window"]._for_xml_id("ecom_supplier_settlement.ecom_claim_action")
        return {**action, "domain": [("campaign_id", "in", self.ids)], "context": {}}

    def action_open_orders(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("ecom_connectors.ecom_order_action")
        self.env.flush_all()
        rows = self.env.execute_query(SQL("SELECT order_id FROM (%s) f LIMIT 10000", self._orders_sql()))
        return {**action, "domain": [("id", "in", [row[0] for row in rows])], "context": {}}

    # --- facts --------------------------------------------------------------------

    def _facts(self):
        """Sums over the campaign's orders in two queries; every order is rounded once."""
        self.ensure_one()
        self.env.flush_all()
        [(orders, sales, discount, subsidy, cost, billed, foreign)] = self.env.execute_query(
            SQL(
                """SELECT count(*), coalesce(sum(f.sales), 0)::text, coalesce(sum(f.discount), 0)::text,
                          coalesce(sum(f.subsidy), 0)::text, coalesce(sum(f.cost), 0)::text,
                          coalesce(sum(round(b.amount * f.part, %s)), 0)::text,
                          min(f.name) FILTER (WHERE f.currency_id <> %s)
                     FROM (%s) f
                     LEFT JOIN LATERAL (
                         SELECT sum(i.amount)::numeric AS amount FROM ecom_match k
                           JOIN ecom_tally t ON t.match_id = k.id
                           JOIN ecom_bill_line i ON i.tally_id = t.id
                           JOIN ecom_category c ON c.id = i.category_id AND c.code = 'subsidy'
                          WHERE k.order_id = f.order_id) b ON true""",
                self.currency_id.decimal_places,
                self.currency_id.id,
                self._orders_sql(),
            )
        )
        if foreign:
            raise UserError(
                self.env._(
                    "Order %(order)s is not in %(currency)s: make a campaign for each currency.",
                    order=foreign,
                    currency=self.currency_id.name,
                )
            )
        return {
            "order_count": orders,
            "amount_sales": float(sales),
            "amount_discount": float(discount),
            "amount_subsidy": float(subsidy),
            "amount_subsidy_billed": float(billed),
            "amount_goods_cost": float(cost),
        }

    def _orders_sql(self):
        """One row per order with goods of the campaign; discounts fall on these goods by their value.

        Discounts are lines below zero and the discounts of lines; the platform's subsidy is apart.
        """
        digits = self.currency_id.decimal_places
        wanted = SQL("l.product_id = ANY(%s)", self.product_ids.ids) if self.product_ids else SQL("TRUE")
        return SQL(
            """SELECT g.order_id, g.name, g.currency_id, g.sales / g.goods AS part,
                      round(g.sales, %(digits)s) AS sales,
                      round(g.discount * g.sales / g.goods, %(digits)s) AS discount,
                      round(g.subsidy * g.sales / g.goods, %(digits)s) AS subsidy,
                      round(g.cost, %(digits)s) AS cost
                 FROM (SELECT o.id AS order_id, o.name, o.currency_id,
                              coalesce(o.ecom_subsidy, 0)::numeric AS subsidy,
                              sum(v.gross) FILTER (WHERE v.good AND v.mine) AS sales,
                              sum(v.gross) FILTER (WHERE v.good) AS goods,
                              sum(v.gross - v.net) FILTER (WHERE v.gross > 0)
                                  - coalesce(sum(v.net) FILTER (WHERE v.gross < 0), 0) AS discount,
                              coalesce(sum(c.cost) FILTER (WHERE v.good AND v.mine), 0) AS cost
                         FROM sale_order o
                         JOIN ecom_shop s ON s.id = o.ecom_shop_id
                         JOIN sale_order_line l ON l.order_id = o.id AND l.display_type IS NULL
                         JOIN product_product pp ON pp.id = l.product_id
                         JOIN product_template t ON t.id = pp.product_tmpl_id
                         CROSS JOIN LATERAL (
                             SELECT l.price_subtotal::numeric AS net,
                                    CASE WHEN l.discount BETWEEN 0.000001 AND 99.999999
                                         THEN l.price_subtotal::numeric / (1 - l.discount::numeric / 100)
                                         WHEN l.discount >= 100
                                         THEN l.price_unit::numeric * l.product_uom_qty::numeric
                                         ELSE l.price_subtotal::numeric END AS gross,
                                    t.type <> 'service' AND l.price_unit >= 0 AS good,
                                    %(wanted)s AS mine) v
                         LEFT JOIN LATERAL (
                             SELECT sum(CASE WHEN dst.usage = 'customer' THEN abs(m.value)
                                             ELSE -abs(m.value) END
                                        )::numeric AS cost
                               FROM stock_move m
                               JOIN stock_location dst ON dst.id = m.location_dest_id
                              WHERE m.sale_line_id = l.id AND m.state = 'done') c ON true
                        WHERE o.ecom_shop_id = ANY(%(shops)s) AND o.company_id = %(company)s
                          AND o.state = 'sale'
                          AND o.date_order >= %(start)s::date - 1 AND o.date_order < %(end)s::date + 2
                          AND ((o.date_order AT TIME ZONE 'UTC') AT TIME ZONE s.timezone)::date
                              BETWEEN %(start)s AND %(end)s
                        GROUP BY o.id
                       HAVING sum(v.gross) FILTER (WHERE v.good AND v.mine) > 0) g""",
            digits=digits,
            wanted=wanted,
            shops=self.shop_ids.ids,
            company=self.company_id.id,
            start=self.date_from,
            end=self.date_to,
        )
