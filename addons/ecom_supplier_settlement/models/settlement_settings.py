"""Statement stage: by which date a document belongs to a period, and in which time zone goods arrive."""

from odoo import fields, models

from .ecom_settlement import CUTOFFS


class ResCompany(models.Model):
    _inherit = "res.company"

    ecom_cutoff = fields.Selection(
        CUTOFFS,
        "Statement Cut-off",
        default="accounting",
        required=True,
        help="The date that decides on which supplier statement a bill stands.",
    )

    def _ecom_timezone(self):
        """The zone in which a receipt's moment has its day."""
        self.ensure_one()
        return self.partner_id.tz or self.resource_calendar_id.tz or "UTC"


class ResPartner(models.Model):
    _inherit = "res.partner"

    ecom_cutoff = fields.Selection(
        CUTOFFS,
        "Statement Cut-off",
        company_dependent=True,
        help="Overrides the company's rule; a statement that follows another one keeps its rule.",
    )
