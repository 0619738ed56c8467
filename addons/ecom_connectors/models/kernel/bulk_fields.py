"""Fields of the bulk tables."""

from odoo import fields


class BulkMany2one(fields.Many2one):
    """A link that is checked as a set, not row by row.

    PostgreSQL checks a foreign key once per row and link: for the lines of a month that costs more
    than storing them. The bulk tables are only written by single statements that join the records
    they link to, those records cannot be deleted while lines exist, and the invariants look for
    links that lead nowhere.
    """

    def update_db_foreign_key(self, model, column):
        """Make no constraint."""
