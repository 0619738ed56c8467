"""Match stage: what a platform may charge for an order of a shop."""

from odoo import fields, models


class EcomFeeRule(models.Model):
    """Expected fee of one category: rate of the order's money plus a fixed part, within bounds."""

    _name = "ecom.fee.rule"
    _description = "Fee Rule"
    _order = "shop_id, category_id, date_from desc"
    _check_company_auto = True

    shop_id = fields.Many2one("ecom.shop", required=True, ondelete="cascade", index=True, check_company=True)
    company_id = fields.Many2one(related="shop_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="shop_id.currency_id")
    category_id = fields.Many2one(
        "ecom.category", required=True, ondelete="restrict", domain=[("kind", "=", "fee")]
    )
    rate_percent = fields.Float("Rate (%)", digits=(9, 4))
    fixed = fields.Monetary()
    minimum = fields.Monetary(help="Charged at least; 0 means no minimum.")
    maximum = fields.Monetary(help="Charged at most; 0 means no maximum.")
    date_from = fields.Date("Valid From", help="By the day of the order. Empty: from ever.")
    date_to = fields.Date("Valid To", help="By the day of the order. Empty: until changed.")

    _rate_sign = models.Constraint("CHECK(rate_percent >= 0)", "A fee rate is never negative.")
