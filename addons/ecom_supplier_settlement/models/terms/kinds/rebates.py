"""Terms stage: clauses that earn an amount every period, each with the arithmetic of its kind."""

from ....lib.ecom_settle import terms, working
from ..clause_words import counted, exact, level, money, percentage, tiers
from .kind import Kind


class Rebate(Kind):
    gives = "rebate"
    exclusive = True

    def earn(self, clause, base, period, whole):
        """What the clause gives for what was counted in a period.

        :param base: `Base`, in the contract's currency
        :param whole: the period is over
        :return: (`Earned`, more rows of the working)
        """
        raise NotImplementedError


class TierRebate(Rebate):
    code = "tier_rebate"
    label = "Tiered Rebate"
    uses = ("sold_at", "measure", "reward", "tier_mode", "tier_ids")

    def sentence(self, clause):
        if clause.tier_mode == "incremental":
            return clause.env._(
                "a rebate on what is %(base)s, each slice at its own tier: %(tiers)s.",
                base=counted(clause),
                tiers=tiers(clause, level),
            )
        return clause.env._(
            "a rebate on all that is %(base)s, at the reached tier: %(tiers)s.",
            base=counted(clause),
            tiers=tiers(clause, level),
        )

    def earn(self, clause, base, period, whole):
        earned = terms.tier_rebate(
            clause._tier_table(),
            base,
            measure=clause.measure,
            mode=clause.tier_mode,
            reward=clause.reward,
            digits=clause.currency_id.decimal_places,
            limits=clause._limits(),
        )
        return earned, ()


class GrowthRebate(Rebate):
    code = "growth_rebate"
    label = "Growth Rebate"
    uses = ("sold_at", "measure", "reward", "growth_on", "tier_ids")

    def sentence(self, clause):
        if clause.growth_on == "increase":
            return clause.env._(
                "a rebate on the yearly increase of what is %(base)s, by its growth: %(tiers)s.",
                base=counted(clause),
                tiers=tiers(clause, percentage),
            )
        return clause.env._(
            "a rebate on all that is %(base)s, by its growth over the year before: %(tiers)s.",
            base=counted(clause),
            tiers=tiers(clause, percentage),
        )

    def earn(self, clause, base, period, whole):
        past = clause._parts_before(period.start, period.end)
        before = clause.env["ecom.clause.base"]._count(past).base
        shown = working.BaseRow(
            code="year_before",
            values={"start": str(past[0][1].start), "end": str(past[-1][1].end)},
            amount=before.amount,
            quantity=before.quantity,
        )
        earned = terms.growth_rebate(
            clause._tier_table(),
            base,
            before,
            measure=clause.measure,
            reward=clause.reward,
            digits=clause.currency_id.decimal_places,
            on_increase=clause.growth_on == "increase",
            limits=clause._limits(),
        )
        return earned, (shown,)


class TargetRebate(Rebate):
    code = "target_rebate"
    label = "Target Rebate"
    uses = ("sold_at", "measure", "reward", "target", "tier_ids")
    needs = ("target",)

    def sentence(self, clause):
        return clause.env._(
            "a rebate on all that is %(base)s, by the reached part of the target %(target)s: %(tiers)s.",
            base=counted(clause),
            target=level(clause, clause.target),
            tiers=tiers(clause, percentage),
        )

    def earn(self, clause, base, period, whole):
        earned = terms.target_rebate(
            clause._tier_table(),
            base,
            exact(clause.target),
            measure=clause.measure,
            reward=clause.reward,
            digits=clause.currency_id.decimal_places,
            limits=clause._limits(),
        )
        return earned, ()


class Fixed(Rebate):
    """A fixed amount is earned when its period is over."""

    code = "fixed"
    label = "Fixed Amount"
    uses = ("amount",)
    needs = ("amount",)
    exclusive = False

    def sentence(self, clause):
        return clause.env._("%s for every period.", money(clause, clause.amount))

    def earn(self, clause, base, period, whole):
        digits = clause.currency_id.decimal_places
        if not whole:
            return _nothing(digits), ()
        return terms.fixed(base, exact(clause.amount), digits, clause._limits()), ()


class PerPiece(Rebate):
    """An amount per piece is that of the piece's day; all else looks at the whole period."""

    code = "per_piece"
    label = "Amount per Piece"
    uses = ("amount",)
    needs = ("amount",)
    amended = "restart"

    def sentence(self, clause):
        return clause.env._(
            "%(amount)s for every piece %(base)s.",
            amount=money(clause, clause.amount),
            base=counted(clause),
        )

    def earn(self, clause, base, period, whole):
        limits, digits = clause._limits(), clause.currency_id.decimal_places
        if limits.minimum is not None and base.quantity < limits.minimum:
            return _nothing(digits), ()
        return terms.per_piece(base, exact(clause.amount), digits, limits), ()


def _nothing(digits):
    return terms.Earned(amount=working.money(terms.Base().amount, digits), formula="0")
