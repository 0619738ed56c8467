"""Master data: one supplier, one record."""

import re

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL


class ResPartner(models.Model):
    _inherit = "res.partner"

    # Without signs and in capitals, as two of them are compared.
    _ecom_vat_idx = models.Index(
        "(upper(regexp_replace(vat, '[^0-9A-Za-z]', '', 'g'))) WHERE vat IS NOT NULL AND parent_id IS NULL"
    )

    @api.constrains("vat", "supplier_rank", "company_id", "parent_id")
    def _check_supplier_once(self):
        """Two suppliers with one tax number would split their payables."""
        suppliers = self.filtered(
            lambda partner: partner.vat and partner.supplier_rank and not partner.parent_id
        )
        for partner in suppliers:
            companies = partner.company_id.ids or [False]
            twin = (partner._ecom_same_vat() - partner).filtered(
                lambda other, companies=companies: other.company_id.id in [*companies, False]
            )
            if twin:
                raise ValidationError(
                    self.env._(
                        "%(partner)s has the tax number %(vat)s of the supplier %(twin)s. Use that one.",
                        partner=partner.name,
                        vat=partner.vat,
                        twin=twin[0].name,
                    )
                )

    def _ecom_same_vat(self):
        """The suppliers with this one's tax number, however it is written; an index finds them."""
        self.ensure_one()
        self.flush_model(["vat", "parent_id", "supplier_rank", "active", "company_id"])
        self.env.cr.execute(
            SQL(
                """SELECT id FROM res_partner
                    WHERE vat IS NOT NULL AND parent_id IS NULL AND supplier_rank > 0 AND active
                      AND upper(regexp_replace(vat, '[^0-9A-Za-z]', '', 'g'))
                        = upper(regexp_replace(%s, '[^0-9A-Za-z]', '', 'g'))""",
                self.vat,
            )
        )
        # A twin that the user may not see is a twin all the same.
        found = self.sudo().browse([number for (number,) in self.env.cr.fetchall()])
        plain = _plain(self.vat)
        return found.filtered(lambda other: _plain(other.vat) == plain)


def _plain(vat):
    return re.sub(r"\W", "", vat).upper()
