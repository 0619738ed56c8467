"""Terms stage: one method per kind of clause that says what it gives for a period."""

from odoo import models

from ...lib.ecom_settle.periods import Period
from ...lib.ecom_settle.terms import Base, Earned, fixed, growth_rebate, per_piece, target_rebate, tier_rebate
from ...lib.ecom_settle.working import BaseRow, Working, money
from .ecom_clause import exact


class EcomClause(models.Model):
    _inherit = "ecom.clause"

    def _earn(self, start, end, whole=True):
        """What the clause gives for a period, both days included.

        :param whole: the period is over
        :return: (`Counted`, `Earned`, working as stored); amounts of the contract's currency
        """
        self.ensure_one()
        counted = self._count(start, end)
        earned, more = getattr(self, f"_earn_{self.kind}")(counted.base, Period(start, end), whole)
        digits = self.currency_id.decimal_places
        working = Working(
            rule=f"{self.kind}/{self.id}",
            version=self.contract_id.version,
            title=self.name,
            base=(*counted.rows, *more),
            base_total=counted.base.amount,
            formula=earned.formula,
            result=earned.amount,
            currency=self.currency_id.name,
            digits=digits,
            parts=counted.parts,
        ).as_json()
        return counted, earned, working

    def _digits(self):
        return self.currency_id.decimal_places

    def _earn_tier_rebate(self, base, _period, _whole):
        return (
            tier_rebate(
                self._tier_table(),
                base,
                measure=self.measure,
                mode=self.tier_mode,
                reward=self.reward,
                digits=self._digits(),
                limits=self._limits(),
            ),
            (),
        )

    def _earn_target_rebate(self, base, _period, _whole):
        return (
            target_rebate(
                self._tier_table(),
                base,
                exact(self.target),
                measure=self.measure,
                reward=self.reward,
                digits=self._digits(),
                limits=self._limits(),
            ),
            (),
        )

    def _earn_growth_rebate(self, base, period, _whole):
        past = self._parts_before(period.start, period.end)
        before = self._count_parts(past).base
        shown = BaseRow(
            code="year_before",
            values={"start": str(past[0][1].start), "end": str(past[-1][1].end)},
            amount=before.amount,
            quantity=before.quantity,
        )
        earned = growth_rebate(
            self._tier_table(),
            base,
            before,
            measure=self.measure,
            reward=self.reward,
            digits=self._digits(),
            on_increase=self.growth_on == "increase",
            limits=self._limits(),
        )
        return earned, (shown,)

    def _earn_fixed(self, base, _period, whole):
        """A fixed amount is earned when its period is over."""
        if not whole:
            return Earned(amount=money(Base().amount, self._digits()), formula="0"), ()
        return fixed(base, exact(self.amount), self._digits(), self._limits()), ()

    def _earn_per_piece(self, base, _period, _whole):
        limits = self._limits()
        if limits.minimum is not None and base.quantity < limits.minimum:
            return Earned(amount=money(Base().amount, self._digits()), formula="0"), ()
        return per_piece(base, exact(self.amount), self._digits(), limits), ()
