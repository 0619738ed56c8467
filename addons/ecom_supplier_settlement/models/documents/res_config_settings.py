"""Statement stage: what a company sets about statements, on the page of settings."""

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    ecom_cutoff = fields.Selection(related="company_id.ecom_cutoff", readonly=False)
    ecom_auto_statements = fields.Boolean(related="company_id.ecom_auto_statements", readonly=False)
