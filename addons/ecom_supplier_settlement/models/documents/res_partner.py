"""Every stage: a supplier is one company, whichever contact a document names."""

from odoo import models


class ResPartner(models.Model):
    _inherit = "res.partner"
