"""Pay stage: items of a statement are matched to the unit, and a match moves the statement."""

from odoo import api, models
from odoo.tools import SQL, split_every

# Odoo compares every match of a batch with every exchange difference of it.
MATCHED_AT_ONCE = 100


class EcomPaymentMatch(models.AbstractModel):
    """Matches journal items two by two, each for an amount and no more."""

    _name = "ecom.payment.match"
    _description = "Match of Payments to the Unit"

    @api.model
    def _reconcile_pairs(self, pairs):
        """Match items two by two, each for an amount of their currency and no more.

        :param pairs: list of (id, id, Decimal amount), positive, in the currency both items are in
        """
        for some in split_every(MATCHED_AT_ONCE, pairs, list):
            limits = {frozenset(ids): float(amount) for *ids, amount in some}
            items = self.env["account.move.line"].with_context(ecom_limits=limits)
            items._reconcile_plan([items.browse(ids) for *ids, _amount in some])

    @api.model
    def _part(self, debit_values, credit_values):
        """The values of a debit item as if its pair's amount were all that is left of it, at its own rate.

        :return: None where the pair has no amount of its own
        """
        limits = self.env.context.get("ecom_limits") or {}
        limit = limits.get(frozenset((debit_values["aml"].id, credit_values["aml"].id)))
        if limit is None:
            return None
        residual = debit_values["amount_residual_currency"]
        if residual <= limit:
            return {**debit_values}
        company_currency = debit_values["aml"].company_currency_id
        return {
            **debit_values,
            "amount_residual_currency": limit,
            "amount_residual": company_currency.round(debit_values["amount_residual"] * limit / residual),
        }

    @api.model
    def _take(self, debit_values, before, part):
        """What the next pair finds of a debit item is what this one leaves."""
        item = debit_values["aml"]
        for name, currency in (
            ("amount_residual", item.company_currency_id),
            ("amount_residual_currency", item.currency_id),
        ):
            debit_values[name] = currency.round(debit_values[name] - (before[name] - part[name]))

    @api.model
    def _statements(self, partials):
        """The approved and paid statements that the matched documents are on."""
        # Whoever matches a payment moves the statement; its state follows the ledger and nobody's wish.
        statements = self.env["ecom.statement"].sudo()
        moves = (partials.debit_move_id | partials.credit_move_id).move_id
        if not moves:
            return statements
        self.env["ecom.statement"].flush_model(["state"])
        self.env["ecom.statement.line"].flush_model(["move_id", "document_id", "live"])
        self.env.cr.execute(
            SQL(
                """SELECT DISTINCT s.id
                     FROM ecom_statement_line l JOIN ecom_statement s ON s.id = l.statement_id
                    WHERE l.live AND (l.move_id = ANY(%(moves)s) OR l.document_id = ANY(%(moves)s))
                      AND s.state IN ('approved', 'paid')""",
                moves=moves.ids,
            )
        )
        return statements.browse([number for (number,) in self.env.cr.fetchall()])
