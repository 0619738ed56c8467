"""Read stage: which category each platform's own words mean."""

from odoo import api, fields, models
from odoo.tools import SQL

from ...lib.ecom_bills import vocabulary


class EcomVocabulary(models.Model):
    """One word of one bill layout and the category it means.

    The layouts bring a default vocabulary; a user's change wins and survives upgrades.
    A word that is not here is never guessed: its lines wait as `unknown_category`.
    """

    _name = "ecom.vocabulary"
    _description = "Platform Transaction Types"
    _order = "platform_id, layout, word"
    _rec_name = "word"

    platform_id = fields.Many2one("ecom.platform", required=True, ondelete="restrict", index=True)
    layout = fields.Char(required=True)
    word = fields.Char(required=True)
    category_id = fields.Many2one("ecom.category", required=True, ondelete="restrict", index=True)
    custom = fields.Boolean(
        readonly=True, help="Set or changed by a user: upgrades of the add-on leave it alone."
    )

    _word_once = models.UniqueIndex("(layout, word)", "This transaction type has a category already.")

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create([{**vals, "custom": True} for vals in vals_list])
        self.env["ecom.tally"]._reclassify(records)
        return records

    def write(self, vals):
        result = super().write({**vals, "custom": True})
        if "category_id" in vals:
            self.env["ecom.tally"]._reclassify(self)
        return result

    @api.model
    def _load_defaults(self):
        """Add the layouts' own words and refresh those no user has changed."""
        rows = [tuple(row) for row in vocabulary()]
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO ecom_vocabulary (platform_id, layout, word, category_id, custom)
                SELECT p.id, v.layout, v.word, c.id, false
                  FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[])
                       AS v(platform, layout, word, category)
                  JOIN ecom_platform p ON p.code = v.platform
                  JOIN ecom_category c ON c.code = v.category
                ON CONFLICT (layout, word) DO UPDATE SET category_id = EXCLUDED.category_id
                 WHERE NOT coalesce(ecom_vocabulary.custom, false)
                """,
                *[[row[position] for row in rows] for position in range(4)],
            )
        )
        self.invalidate_model()

    @api.model
    def _words(self):
        """{layout: {word: category code}} of what users set themselves."""
        words = {}
        for record in self.search([("custom", "=", True)]):
            words.setdefault(record.layout, {})[record.word] = record.category_id.code
        return words
