"""Terms stage: what a clause gives for a base. All of it exact, rounded once, at the end.

Amounts are positive purchase amounts of one currency. A negative result is taken back (clawback).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from .working import grouped, money, plain

ZERO = Decimal(0)
MODES = ("retrospective", "incremental")
REWARDS = ("percent", "per_piece", "fixed")


class TermsError(ValueError):
    """Terms that contradict themselves; `code` says how, `values` names the place."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(f"{code}: {', '.join(f'{name}={value}' for name, value in values.items())}")
        self.code = code
        self.values = values


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """From `start`, included, to `end`, excluded; without `end` to where the next tier starts."""

    start: Decimal
    value: Decimal
    end: Decimal | None = None


class TierTable:
    """Tiers in order, without gap and overlap, from zero on.

    Below the first tier nothing is given. A tier's stated end must be the next one's start.

    :raises TermsError: `no_tier`, `tier_order`, `tier_gap`, `tier_overlap`, `tier_negative`; its `number`
        counts from 1
    """

    def __init__(self, tiers: Iterable[Tier]) -> None:
        self.tiers: tuple[Tier, ...] = tuple(tiers)
        if not self.tiers:
            raise TermsError("no_tier")
        for number, tier in enumerate(self.tiers, start=1):
            if tier.start < 0:
                raise TermsError("tier_negative", number=number, start=tier.start)
            if tier.end is not None and tier.end <= tier.start:
                raise TermsError("tier_order", number=number, start=tier.start)
        for number, (low, high) in enumerate(pairwise(self.tiers), start=2):
            if low.start >= high.start:
                raise TermsError("tier_order", number=number, start=high.start)
            if low.end is not None and low.end != high.start:
                code = "tier_gap" if low.end < high.start else "tier_overlap"
                raise TermsError(code, number=number, start=high.start)
        if self.tiers[-1].end is not None:
            raise TermsError("tier_gap", number=len(self.tiers), start=self.tiers[-1].end)
        if self.tiers[0].start > 0:
            self.tiers = (Tier(start=ZERO, value=ZERO), *self.tiers)

    def at(self, level: Decimal | Fraction) -> Tier:
        """The tier that holds the level; what is below zero is in the first one."""
        return next((tier for tier in reversed(self.tiers) if tier.start <= level), self.tiers[0])

    def slices(self, level: Fraction) -> list[tuple[Tier, Fraction]]:
        """How much of the level lies in each tier it reaches; the parts sum to the level."""
        if level <= 0:
            return [(self.tiers[0], level)]
        ends = [Fraction(tier.start) for tier in self.tiers[1:]]
        parts = []
        for tier, end in zip(self.tiers, [*ends, None], strict=True):
            start = Fraction(tier.start)
            if level <= start:
                break
            parts.append((tier, (level if end is None else min(level, end)) - start))
        return parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What a clause counts: amount without tax, quantity, both net of returns if agreed so."""

    amount: Decimal = ZERO
    quantity: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`minimum` of the level below which nothing is given, `cap` of what is given."""

    minimum: Decimal | None = None
    cap: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """An amount, the formula that gives it, and the tier that was reached (None: no tiers)."""

    amount: Decimal
    formula: str
    tier: Tier | None = None
    level: Decimal = ZERO


def tier_rebate(
    table: TierTable,
    base: Base,
    *,
    measure: str,
    mode: str,
    reward: str,
    digits: int,
    limits: Limits | None = None,
    level: Fraction | None = None,
) -> Earned:
    """What the tiers give.

    :param measure: `amount` or `quantity`: what of the base is compared with the starts
    :param mode: `retrospective`: the reached tier counts for all; `incremental`: each slice has its tier
    :param reward: `percent` of the amount, `per_piece` amount, `fixed` amount of a reached tier
    :param level: compared instead of the measure (attainment or growth in percent); retrospective only
    """
    if mode not in MODES or reward not in REWARDS or measure not in ("amount", "quantity"):
        raise TermsError("unknown_term", mode=mode, reward=reward, measure=measure)
    own = Fraction(base.amount if measure == "amount" else base.quantity)
    reached = own if level is None else level
    tier = table.at(Fraction(reached))
    limits = limits or Limits()
    if limits.minimum is not None and own < Fraction(limits.minimum):
        formula = f"{_of(own, measure, digits)} < {_of(Fraction(limits.minimum), measure, digits)} = 0"
        return Earned(amount=money(ZERO, digits), formula=formula, tier=None, level=_decimal(reached))
    if mode == "incremental" and level is None:
        pieces = [
            _slice(tier_, part, base, own, measure, reward, digits) for tier_, part in table.slices(own)
        ]
    else:
        pieces = [_whole(tier, base, Fraction(reached), reward, digits)]
    exact = sum((value for value, _text in pieces), Fraction(0))
    return capped(exact, " + ".join(text for _value, text in pieces), digits, limits, tier, _decimal(reached))


def capped(
    exact: Fraction,
    formula: str,
    digits: int,
    limits: Limits | None = None,
    tier: Tier | None = None,
    level: Decimal = ZERO,
) -> Earned:
    """The exact value rounded, and no more than the cap."""
    amount = rounded(exact, digits)
    cap = limits.cap if limits else None
    if cap is not None and amount > cap:
        formula = f"min({formula}; {grouped(cap, digits)})"
        amount = money(cap, digits)
    return Earned(amount=amount, formula=formula, tier=tier, level=level)


def _whole(tier: Tier, base: Base, level: Fraction, reward: str, digits: int) -> tuple[Fraction, str]:
    value = Fraction(tier.value)
    if reward == "percent":
        text = f"{grouped(base.amount, digits)} x {plain(tier.value)}%"
        return Fraction(base.amount) * value / 100, text
    if reward == "per_piece":
        return Fraction(base.quantity) * value, f"{plain(base.quantity)} x {plain(tier.value)}"
    return _reached_amount(tier, level)


def _reached_amount(tier: Tier, level: Fraction) -> tuple[Fraction, str]:
    """A fixed amount is for reaching the tier: more returned than bought reaches none."""
    return (Fraction(0), "0") if level < Fraction(tier.start) else (Fraction(tier.value), plain(tier.value))


def _slice(
    tier: Tier, part: Fraction, base: Base, own: Fraction, measure: str, reward: str, digits: int
) -> tuple[Fraction, str]:
    """One slice: of the amount, or of the quantity; the other side of the base follows in proportion."""
    value = Fraction(tier.value)
    if reward == "fixed":
        return _reached_amount(tier, own)
    wanted = "amount" if reward == "percent" else "quantity"
    other = Fraction(base.amount if wanted == "amount" else base.quantity)
    size = part if wanted == measure else (other * part / own if own else other)
    if reward == "percent":
        return size * value / 100, f"{_of(size, 'amount', digits)} x {plain(tier.value)}%"
    return size * value, f"{plain(_decimal(size))} x {plain(tier.value)}"


def per_piece(base: Base, amount: Decimal, digits: int, limits: Limits | None = None) -> Earned:
    """An amount for every piece."""
    table = TierTable([Tier(start=ZERO, value=amount)])
    return tier_rebate(
        table,
        base,
        measure="quantity",
        mode="retrospective",
        reward="per_piece",
        digits=digits,
        limits=limits,
    )


def fixed(base: Base, amount: Decimal, digits: int, limits: Limits | None = None) -> Earned:
    """The same amount every period, if the base reaches the minimum."""
    table = TierTable([Tier(start=ZERO, value=amount)])
    return tier_rebate(
        table,
        base,
        measure="amount",
        mode="retrospective",
        reward="fixed",
        digits=digits,
        limits=limits,
        level=Fraction(0),
    )


def target_rebate(
    table: TierTable,
    base: Base,
    target: Decimal,
    *,
    measure: str,
    reward: str,
    digits: int,
    limits: Limits | None = None,
) -> Earned:
    """The reached percentage of the target chooses the tier; its rate counts for the whole base."""
    if target <= 0:
        raise TermsError("no_target", target=target)
    own = Fraction(base.amount if measure == "amount" else base.quantity)
    level = own * 100 / Fraction(target)
    earned = tier_rebate(
        table,
        base,
        measure=measure,
        mode="retrospective",
        reward=reward,
        digits=digits,
        limits=limits,
        level=level,
    )
    reached = f"{_of(own, measure, digits)} / {_of(Fraction(target), measure, digits)} = {percent(level)}%"
    return Earned(
        amount=earned.amount, formula=f"{reached}; {earned.formula}", tier=earned.tier, level=earned.level
    )


def growth_rebate(
    table: TierTable,
    base: Base,
    before: Base,
    *,
    measure: str,
    reward: str,
    digits: int,
    on_increase: bool = False,
    limits: Limits | None = None,
) -> Earned:
    """Growth over the base of a year before, in percent, chooses the tier.

    Its rate counts for the whole base or only for the increase. Where there was nothing a year
    before, growth cannot be measured and nothing is given.
    """
    now = Fraction(base.amount if measure == "amount" else base.quantity)
    then = Fraction(before.amount if measure == "amount" else before.quantity)
    compared = f"{_of(now, measure, digits)} / {_of(then, measure, digits)}"
    if then <= 0:
        return Earned(amount=money(ZERO, digits), formula=f"{compared}: 0")
    level = (now - then) * 100 / then
    if level < 0:
        return Earned(
            amount=money(ZERO, digits),
            formula=f"{compared} - 1 = {percent(level)}% < 0 = 0",
            level=_decimal(level),
        )
    counted = base
    if on_increase:
        counted = Base(amount=base.amount - before.amount, quantity=base.quantity - before.quantity)
    earned = tier_rebate(
        table,
        counted,
        measure=measure,
        mode="retrospective",
        reward=reward,
        digits=digits,
        level=level,
        limits=Limits(cap=limits.cap if limits else None),
    )
    if limits and limits.minimum is not None and now < Fraction(limits.minimum):
        formula = f"{_of(now, measure, digits)} < {_of(Fraction(limits.minimum), measure, digits)} = 0"
        return Earned(amount=money(ZERO, digits), formula=formula, level=_decimal(level))
    formula = f"{compared} - 1 = {percent(level)}%; {earned.formula}"
    return Earned(amount=earned.amount, formula=formula, tier=earned.tier, level=earned.level)


def to_settle(
    earned: Decimal, claimed: Sequence[Decimal], digits: int, *, accepted: Sequence[Decimal] | None = None
) -> Earned:
    """What is due now of all that is earned to date; negative is taken back.

    What was refused is not claimed again, and what was never accepted is not given back: between all that
    was accepted and all that was claimed nothing is due.

    :param accepted: of each claim, the claim itself as long as it is not answered; by default all of it
    """
    asked = sum(claimed, ZERO)
    given = asked if accepted is None else sum(accepted, ZERO)
    low, high = sorted((asked, given))
    settled = min(max(earned, low), high)
    amount = money(earned - settled, digits)
    return Earned(amount=amount, formula=f"{grouped(earned, digits)} - {grouped(settled, digits)}")


def best_price(bands: TierTable | None, quantity: Decimal, price: Decimal) -> Decimal:
    """The price of the band the quantity is in, or `price` where no band has one (below the first)."""
    if bands is None:
        return price
    return bands.at(quantity).value or price


def rounded(exact: Fraction, digits: int) -> Decimal:
    """Half up, away from zero, of an exact fraction."""
    scale = 10**digits
    size = abs(exact) * scale
    whole, rest = divmod(size.numerator, size.denominator)
    whole += 2 * rest >= size.denominator
    value = Decimal(whole).scaleb(-digits)
    return -value if exact < 0 and whole else value


def percent(level: Fraction) -> str:
    """For reading only: two decimals, cut and not rounded, so that 99.999 never reads as 100."""
    cut = int(level * 100)
    return plain(Decimal(cut).scaleb(-2))


def _decimal(value: Decimal | Fraction) -> Decimal:
    """For showing only: decisions use the exact fraction."""
    if isinstance(value, Decimal):
        return value
    return Decimal(value.numerator) / Decimal(value.denominator)


def _of(value: Fraction, measure: str, digits: int) -> str:
    return grouped(rounded(value, digits), digits) if measure == "amount" else plain(_decimal(value))
