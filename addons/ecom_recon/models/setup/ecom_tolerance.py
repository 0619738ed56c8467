"""Match stage: how large a difference may pass without a person."""

from decimal import Decimal

from odoo import fields, models

from ...lib.ecom_reconcile import Tolerance
from ...lib.ecom_reconcile.tolerance import PERCENT


class EcomTolerance(models.Model):
    """Limits of a difference: percent and amount, below and above; inside is inside every limit."""

    _name = "ecom.tolerance"
    _description = "Tolerance Profile"
    _order = "name"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, ondelete="cascade"
    )
    uses_percent = fields.Boolean("Limit by Percent")
    lower_percent = fields.Float("Lower Limit (%)", digits=(9, 4))
    upper_percent = fields.Float("Upper Limit (%)", digits=(9, 4))
    uses_amount = fields.Boolean("Limit by Amount", default=True)
    lower_amount = fields.Float("Lower Limit", digits=(16, 3), help="In the currency of the bill.")
    upper_amount = fields.Float("Upper Limit", digits=(16, 3), help="In the currency of the bill.")
    greater = fields.Boolean("The Larger Limit Counts", help="Percent or amount, whichever allows more.")

    def _limits(self, digits):
        """The profile for a currency with so many digits; without a profile nothing passes."""
        if not self:
            return Tolerance()
        self.ensure_one()

        def percent(value):
            return int(Decimal(str(value)) * PERCENT) if self.uses_percent else None

        def amount(value):
            return int(Decimal(str(value)).scaleb(digits)) if self.uses_amount else None

        return Tolerance(
            lower_percent=percent(self.lower_percent),
            upper_percent=percent(self.upper_percent),
            lower_amount=amount(self.lower_amount),
            upper_amount=amount(self.upper_amount),
            greater=self.greater,
        )
