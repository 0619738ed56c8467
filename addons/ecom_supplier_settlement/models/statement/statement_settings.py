"""Statement stage: by which date a document belongs to a period."""

from odoo import fields, models

from .ecom_statement import CUTOFFS


class ResCompany(models.Model):
    _inherit = "res.company"

    ecom_cutoff = fields.Selection(
        CUTOFFS,
        "Statement Cut-off",
        default="accounting",
        required=True,
        help="The date that decides on which supplier statement a bill stands.",
    )
    ecom_auto_statements = fields.Boolean(
        "Create Supplier Statements", help="Make the statements of the last month every month."
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    ecom_cutoff = fields.Selection(related="company_id.ecom_cutoff", readonly=False)
    ecom_auto_statements = fields.Boolean(related="company_id.ecom_auto_statements", readonly=False)


class ResPartner(models.Model):
    _inherit = "res.partner"

    ecom_cutoff = fields.Selection(
        CUTOFFS,
        "Statement Cut-off",
        company_dependent=True,
        groups="base.group_user",
        help="Overrides the company's rule; a statement that follows another one keeps its rule.",
    )
