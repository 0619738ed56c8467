"""Read stage: the stores we sell in."""

from odoo import api, fields, models

from .ecom_account import EcomAccount

CYCLES = [
    ("day", "Daily"),
    ("week", "Weekly"),
    ("half_month", "Twice a month"),
    ("month", "Monthly"),
    ("days", "Every N days"),
    ("order", "Per order, N days after signing"),
]


class EcomShop(models.Model):
    """A store on a platform: the zone that decides its days, the accounts that pay it."""

    _name = "ecom.shop"
    _description = "E-commerce Shop"
    _inherit = ["mail.thread"]
    _order = "platform_id, code"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    code = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    platform_id = fields.Many2one("ecom.platform", required=True, ondelete="restrict", index=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, ondelete="restrict"
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id
    )
    timezone = fields.Selection("_timezones", required=True, default="Asia/Shanghai")
    account_ids = fields.Many2many(
        "ecom.account", string="Paid Through", check_company=True, help="Accounts whose bills pay its orders."
    )
    partner_id = fields.Many2one(
        "res.partner", "Customer", ondelete="restrict", help="Customer of orders that the shop imports."
    )
    warehouse_id = fields.Many2one("stock.warehouse", check_company=True, ondelete="restrict")
    cycle = fields.Selection(CYCLES, default="day", required=True, string="Settlement Cycle")
    cycle_days = fields.Integer("N", default=1)
    timing_days = fields.Integer(
        "Waiting Days",
        compute="_compute_timing_days",
        store=True,
        readonly=False,
        help="So many days after it was due an order may wait for its bill line before it is an exception. "
        "If the shop's orders are known to settle later than that, the longer time counts.",
    )
    user_id = fields.Many2one("res.users", "Responsible", default=lambda self: self.env.user, tracking=True)
    order_count = fields.Integer(compute="_compute_order_count")

    _code_once = models.Constraint("UNIQUE(company_id, code)", "A shop with this code exists already.")

    _timezones = EcomAccount._timezones

    @api.depends("platform_id")
    def _compute_timing_days(self):
        for shop in self:
            shop.timing_days = shop.platform_id.timing_days

    def _compute_order_count(self):
        counts = dict(
            self.env["sale.order"]._read_group(
                [("ecom_shop_id", "in", self.ids)], ["ecom_shop_id"], ["__count"]
            )
        )
        for shop in self:
            shop.order_count = counts.get(shop, 0)

    @api.model_create_multi
    def create(self, vals_list):
        shops = super().create(vals_list)
        for shop in shops.filtered(lambda shop: not shop.partner_id):
            # Who may open a shop may name its customer, whether or not he keeps contacts.
            partner = (
                self.env["res.partner"]
                .sudo()
                .create({"name": shop.name, "company_id": shop.company_id.id, "customer_rank": 1})
            )
            shop.partner_id = partner.sudo(False)  # back to the rights of the user
        return shops

    def action_open_orders(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("ecom_connectors.ecom_order_action")
        return {**action, "domain": [("ecom_shop_id", "in", self.ids)], "context": {}}
