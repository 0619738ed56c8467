"""Every stage: suppliers that are merged keep their records, or are not merged."""

import psycopg2

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL, mute_logger

from odoo.addons.ecom_connectors.models.kernel.bulk_fields import BulkMany2one


class PartnerMerge(models.TransientModel):
    """Odoo deletes what both partners have and only one may have; evidence must not go that way."""

    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        for model, column in self._ecom_partner_columns():
            query = SQL(
                "UPDATE %s SET %s = %s WHERE %s = ANY(%s)",
                SQL.identifier(self.env[model]._table),
                SQL.identifier(column),
                dst_partner.id,
                SQL.identifier(column),
                src_partners.ids,
            )
            try:
                with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                    self.env.cr.execute(query)
            except psycopg2.IntegrityError as bad:
                raise UserError(
                    self.env._(
                        "%(names)s cannot be merged: each has records of “%(model)s” of its own. Archive the "
                        "one that is no longer used instead.",
                        names=", ".join((src_partners | dst_partner).mapped("display_name")),
                        model=self.env["ir.model"]._get(model).name,
                    )
                ) from bad
        return super()._update_foreign_keys(src_partners, dst_partner)

    def _ecom_partner_columns(self):
        """[(model, column)] of ours that name a partner, with those that have no foreign key."""
        tables = {
            model._table: name
            for name, model in self.env.registry.items()
            if name.startswith("ecom.") and model._auto and not model._transient
        }
        keyed = [
            (tables[table], column) for table, column in self._get_fk_on("res_partner") if table in tables
        ]
        bulk = [
            (name, field.name)
            for name in tables.values()
            for field in self.env[name]._fields.values()
            if isinstance(field, BulkMany2one) and field.comodel_name == "res.partner"
        ]
        return sorted({*keyed, *bulk})
