"""Terms stage: parts of an amount that sum to it: promotion shares, tax within, accrual, price protection."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from .terms import Earned, TermsError, rounded
from .working import grouped, money, plain

# (amount, weights, digits) -> parts that sum to it.
Split = Callable[[Decimal, Sequence[Fraction], int], list[Decimal]]
PARTIES = ("supplier", "platform", "brand", "own")


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Who bears which part of a discount: percent of all of it, or an amount, or both None: the rest."""

    party: str
    percent: Decimal | None = None
    amount: Decimal | None = None


def share_discount(
    discount: Decimal, shares: Sequence[Share], digits: int, split: Split
) -> dict[int, Decimal]:
    """{position in `shares`: part}; the parts sum to the discount to the last unit.

    Amounts come first, percentages are of the whole discount, one share may take the rest. Without
    one the shares must cover the discount.

    :raises TermsError: `two_rests`, `not_covered`, `too_much`
    """
    discount = money(discount, digits)
    rests = [at for at, share in enumerate(shares) if share.percent is None and share.amount is None]
    if len(rests) > 1:
        raise TermsError("two_rests", number=rests[1] + 1)
    size = abs(discount)
    taken = sum((money(share.amount, digits) for share in shares if share.amount is not None), Decimal(0))
    weights = [Fraction(share.percent or 0) * Fraction(size) / 100 for share in shares]
    free = Fraction(size) - Fraction(taken) - sum(weights)
    if free < 0:
        raise TermsError("too_much", excess=rounded(-free, digits))
    if not rests and free:
        raise TermsError("not_covered", rest=rounded(free, digits))
    if rests:
        weights[rests[0]] = free
    open_parts = [at for at, share in enumerate(shares) if share.amount is None]
    parts = {at: money(share.amount, digits) for at, share in enumerate(shares) if share.amount is not None}
    left = money(size - taken, digits)
    if open_parts and left:
        parts.update(zip(open_parts, split(left, [weights[at] for at in open_parts], digits), strict=True))
    return {at: (-1 if discount < 0 else 1) * parts.get(at, Decimal(0)) for at in range(len(shares))}


def within(discount: Decimal, shares: Sequence[Share], digits: int) -> list[Share]:
    """The same shares, with agreed amounts that bear at most what percentages leave of a small discount."""
    free = Fraction(abs(discount)) * (100 - sum(Fraction(share.percent or 0) for share in shares)) / 100
    left = max(free, Fraction(0))
    found = []
    for share in shares:
        if share.amount is not None:
            whole = Decimal(int(left * 10**digits)).scaleb(-digits)
            amount = min(share.amount, whole)
            share = replace(share, amount=amount)
            left -= Fraction(amount)
        found.append(share)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxed:
    """An amount with tax inside: net + tax = amount."""

    net: Decimal
    tax: Decimal


def tax_inside(amount: Decimal, rate: Decimal, digits: int) -> Taxed:
    """The input tax that a payment tied to purchases takes back: amount / (1 + rate) x rate.

    :param rate: percent
    """
    tax = rounded(Fraction(amount) * Fraction(rate) / (100 + Fraction(rate)), digits)
    return Taxed(net=money(amount, digits) - tax, tax=tax)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrual:
    """What a rebate takes off cost of sales and off stock; both negative for a rebate we get."""

    cogs: Decimal
    inventory: Decimal


def accrual(amount: Decimal, bought: Decimal, sold: Decimal, digits: int) -> Accrual:
    """Split by the share of the bought quantity that is sold; all sold where nothing was bought."""
    share = (
        Fraction(1) if bought <= 0 else min(max(Fraction(sold) / Fraction(bought), Fraction(0)), Fraction(1))
    )
    amount = money(amount, digits)
    cogs = rounded(Fraction(amount) * share, digits)
    return Accrual(cogs=-cogs + 0, inventory=-(amount - cogs) + 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """A quantity that came on a day."""

    day: date
    quantity: Decimal


def price_protection(
    old: Decimal,
    new: Decimal,
    on_hand: Decimal,
    purchases: Sequence[Purchase],
    *,
    day: date,
    days: int,
    digits: int,
    cap: Decimal | None = None,
) -> Earned:
    """The drop in price times what is still on hand of what was bought in the `days` before `day`.

    What is sold is sold first in, first out: the pieces on hand are the latest bought.
    """
    since = day - timedelta(days=days)
    recent = sum((one.quantity for one in purchases if since <= one.day < day), Decimal(0))
    covered = max(min(on_hand, recent), Decimal(0))
    drop = max(old - new, Decimal(0))
    formula = f"({plain(old)} - {plain(new)}) x {plain(covered)}"
    amount = rounded(Fraction(drop) * Fraction(covered), digits)
    if cap is not None and amount > cap:
        amount, formula = money(cap, digits), f"min({formula}; {grouped(cap, digits)})"
    return Earned(amount=amount, formula=formula, level=covered)
