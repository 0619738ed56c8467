"""Receipt stage: what kind of warehouse it is, who runs it, and when its receipts are odd."""

from odoo import fields, models


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    ecom_type = fields.Selection(
        [("central", "Central"), ("front", "Front"), ("third_party", "Third-Party")],
        "Type",
        required=True,
        default="central",
        help="Central: our own store of goods. Front: near the buyers. Third-party: run by somebody else.",
    )
    ecom_operator_id = fields.Many2one(
        "res.partner", "Operator", ondelete="restrict", help="Who runs a third-party warehouse."
    )
    ecom_shop_id = fields.Many2one(
        "ecom.shop", "Channel", ondelete="restrict", check_company=True, help="The one shop it works for."
    )
    ecom_over_percent = fields.Float(
        "Over (%)", help="More than ordered by more than this is told as an alert."
    )
    ecom_short_percent = fields.Float(
        "Short (%)", help="Less than ordered or shipped by more than this is told as an alert."
    )
    ecom_late_days = fields.Integer(
        "Late (Days)", default=1, help="Goods that are not here so many days after they were due are told."
    )

    _ecom_thresholds = models.Constraint(
        "CHECK(ecom_over_percent >= 0 AND ecom_short_percent >= 0 AND ecom_late_days >= 0)",
        "Limits of a warehouse cannot be negative.",
    )
