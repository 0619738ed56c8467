"""Every stage: where the lines of a supplier's statement come from, and what they are called."""

from dataclasses import dataclass
from operator import attrgetter

from odoo import api, models
from odoo.tools import SQL
from odoo.tools.translate import LazyGettext

# What every source selects, in this order and of these types.
COLUMNS = (
    ("origin", "text"),
    ("day", "date"),
    ("res_model", "text"),
    ("res_id", "int"),
    ("part", "text"),
    ("move_id", "int"),
    ("move_line_id", "int"),
    ("purchase_line_id", "int"),
    ("product_id", "int"),
    ("quantity", "numeric"),
    ("price_unit", "numeric"),
    ("amount", "numeric"),
    ("in_ledger", "boolean"),
    ("name", "text"),
    ("working", "jsonb"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A kind of line, declared once by the source that gives it.

    code: what a line stores
    name: its word on the screen, on paper, in the workbook and in the portal
    place: where it stands among the others, in the order of the flow
    sign: 1 adds to what we owe, -1 takes from it, 0 may do either
    booked: amount of the statement that its lines in the ledger are summed up in
    memo: amount of the statement for those that are not in the ledger
    repeated: it is on every statement until it is booked, not on one only
    """

    code: str
    name: LazyGettext
    place: int
    sign: int
    booked: str = "amount_adjustments"
    memo: str = "amount_terms"
    repeated: bool = False


class EcomStatementSource(models.AbstractModel):
    """A model that gives lines inherits this, names its origins and selects the lines: that is all."""

    _name = "ecom.statement.source"
    _description = "Source of Statement Lines"

    _statement_origins = ()

    @api.model
    def _statement_rows(self, statement):
        """The lines for this statement: company, supplier, currency, until its `date_to`.

        `amount` is what we owe (invoices +, payments -); `in_ledger` says that it is booked on a payable
        account of the supplier. A record gives one line, or several with a `part` each. What is on another
        statement is left out by whoever asks.

        :return: `SQL` that selects `COLUMNS`
        """
        raise NotImplementedError

    @api.model
    def _statement_settle(self, statement, lines):
        """Book what was confirmed and is not in the ledger: write `document_id` of the lines that got one.

        :param lines: confirmed lines of this source's origins without a document; asked again, those that
            are left
        """

    # --- documents ----------------------------------------------------------------

    def _statement_posted(self):
        """A document that was made for these records is posted."""

    def _statement_unposted(self):
        """It is in draft again, or was reversed."""

    # --- the registry ---------------------------------------------------------------

    @api.model
    def _statement_sources(self):
        """The models that give lines."""
        names = self.env.registry.descendants(["ecom.statement.source"], "_inherit")
        return [self.env[name] for name in names if self.env[name]._statement_origins]

    @api.model
    def _statement_all_origins(self):
        """{code: origin}, in the order of the flow."""
        found = [origin for source in self._statement_sources() for origin in source._statement_origins]
        return {origin.code: origin for origin in sorted(found, key=attrgetter("place"))}

    @api.model
    def _statement_sql(self, statement):
        """The lines of all sources, cast, so that a NULL in one makes no text of a number in another."""
        return SQL(" UNION ALL ").join(
            SQL(
                "SELECT %s FROM (%s) AS x (%s)",
                SQL(", ").join(SQL("x.%s::%s", SQL.identifier(name), SQL(kind)) for name, kind in COLUMNS),
                source._statement_rows(statement),
                SQL(", ").join(SQL.identifier(name) for name, _kind in COLUMNS),
            )
            for source in self._statement_sources()
        )
