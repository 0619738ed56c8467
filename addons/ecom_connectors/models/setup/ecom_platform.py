"""Read stage: the platforms that sell for us or keep our money."""

import re

from odoo import api, fields, models


class EcomPlatform(models.Model):
    """A marketplace or payment channel. Data, so that users can add their own."""

    _name = "ecom.platform"
    _description = "E-commerce Platform"
    _order = "sequence, name"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Stable short name, used in files and by the layouts.")
    aliases = fields.Char(help="Other names of the same platform in set-up files, separated by commas.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kinds = fields.Selection(
        [
            ("fund_flow", "Fund flow"),
            ("settlement", "Settlement"),
            ("both", "Settlement and fund flow"),
        ],
        default="fund_flow",
        required=True,
        help="Which bills a new account of this platform gets.",
    )
    timing_days = fields.Integer(
        default=3,
        help="So many days after it was due an order may wait for its bill line before it is an exception.",
    )
    shop_ids = fields.One2many("ecom.shop", "platform_id")

    _code_once = models.Constraint("UNIQUE(code)", "A platform with this code exists already.")

    @api.model
    def _find(self, text):
        """The platform that `text` names by code, name or alias, else an empty set."""

        def plain(word):
            return re.sub(r"[\W_]+", "", (word or "").lower())

        wanted = plain(text)
        # There are a few dozen platforms, and their names are compared without blanks and marks.
        for platform in self.with_context(active_test=False).search([]):  # pylint: disable=no-search-all
            names = [platform.code, platform.name, *(platform.aliases or "").split(",")]
            if wanted and wanted in map(plain, names):
                return platform
        return self.browse()
