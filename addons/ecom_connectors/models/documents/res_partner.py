"""Master data: one supplier, one record."""

import re

from odoo import api, models
from odoo.exceptions import ValidationError


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.constrains("vat", "supplier_rank", "company_id", "parent_id")
    def _check_supplier_once(self):
        """Two suppliers with one tax number would split their payables."""
        suppliers = self.filtered(
            lambda partner: partner.vat and partner.supplier_rank and not partner.parent_id
        )
        for partner in suppliers:
            plain = re.sub(r"\W", "", partner.vat).upper()
            twins = self.sudo().search(  # a twin that the user may not see is a twin all the same
                [
                    ("vat", "!=", False),
                    ("supplier_rank", ">", 0),
                    ("parent_id", "=", False),
                    ("id", "!=", partner.id),
                    ("company_id", "in", [partner.company_id.id, False] if partner.company_id else [False]),
                ]
            )
            twin = twins.filtered(lambda other, plain=plain: re.sub(r"\W", "", other.vat).upper() == plain)
            if twin:
                raise ValidationError(
                    self.env._(
                        "%(partner)s has the tax number %(vat)s of the supplier %(twin)s. Use that one.",
                        partner=partner.name,
                        vat=partner.vat,
                        twin=twin[0].name,
                    )
                )
