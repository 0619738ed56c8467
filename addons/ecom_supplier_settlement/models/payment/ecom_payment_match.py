"""Pay stage: items of a statement are matched to the unit, and a match moves the statement."""

from odoo import api, models
from odoo.tools import split_every

# Odoo compares every match of a round with every exchange difference of it, and each round looks again at all
# that the payment was matched with before.
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
        if not pairs:
            return
        item = self.env["account.move.line"].browse(pairs[0][0])
        # In the company's own currency there are no exchange differences, and one round costs the least.
        count = len(pairs) if item.currency_id == item.company_currency_id else MATCHED_AT_ONCE
        for some in split_every(count, pairs, list):
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
