"""Pay stage: items of statements are matched to the unit, and a match moves the statement."""

from odoo import api, models
from odoo.tools import SQL, split_every

# Odoo compares every match of a batch with every exchange difference of it.
MATCHED_AT_ONCE = 100


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model
    def _ecom_reconcile_pairs(self, pairs):
        """Match items two by two, each for an amount of their currency and no more.

        :param pairs: list of (id, id, Decimal amount), positive, in the currency both items are in
        """
        for some in split_every(MATCHED_AT_ONCE, pairs, list):
            limits = {frozenset(ids): float(amount) for *ids, amount in some}
            items = self.with_context(ecom_limits=limits)
            items._reconcile_plan([items.browse(ids) for *ids, _amount in some])

    @api.model
    def _prepare_reconciliation_single_partial(self, debit_values, credit_values, shadowed_aml_values=None):
        limits = self.env.context.get("ecom_limits") or {}
        limit = limits.get(frozenset((debit_values["aml"].id, credit_values["aml"].id)))
        if limit is None:
            return super()._prepare_reconciliation_single_partial(
                debit_values, credit_values, shadowed_aml_values
            )
        part = _limited(debit_values, limit)
        before = {**part}
        result = super()._prepare_reconciliation_single_partial(part, credit_values, shadowed_aml_values)
        # What the next pair finds is what this one leaves.
        aml = debit_values["aml"]
        for name, currency in (
            ("amount_residual", aml.company_currency_id),
            ("amount_residual_currency", aml.currency_id),
        ):
            debit_values[name] = currency.round(debit_values[name] - (before[name] - part[name]))
        return {**result, "debit_values": None}


def _limited(values, limit):
    """The values of an item as if this were all that is left of it, at its own rate."""
    residual = values["amount_residual_currency"]
    if residual <= limit:
        return {**values}
    company_currency = values["aml"].company_currency_id
    return {
        **values,
        "amount_residual_currency": limit,
        "amount_residual": company_currency.round(values["amount_residual"] * limit / residual),
    }


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        partials._ecom_statements()._refresh_paid()
        return partials

    def unlink(self):
        statements = self._ecom_statements()
        done = super().unlink()
        statements._refresh_paid()
        return done

    def _ecom_statements(self):
        """The approved and paid statements that the matched documents are on."""
        # Whoever matches a payment moves the statement; its state follows the ledger and nobody's wish.
        statements = self.env["ecom.statement"].sudo()
        moves = (self.debit_move_id | self.credit_move_id).move_id
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
