"""Splitting an amount so that the parts add up to it, to the last minor unit."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction


def split(
    total: int,
    weights: Sequence[int] | Sequence[Fraction],
    quantities: Sequence[int] | None = None,
) -> list[int]:
    """Split `total` minor units in proportion to `weights`, by largest remainder.

    Weights that are all zero fall back to the quantities, and those to equal parts. The sign of
    the total is kept. Of equal remainders the larger weight gets the unit, and of equal weights the
    earlier part: what a part gets does not depend on where it stands.

    :param total: signed minor units
    :param weights: one weight per part, all >= 0
    :param quantities: weights to fall back to
    :return: one part per weight; their sum is `total`
    :raises ValueError: if there is no part, or a weight is negative
    """
    if not weights:
        raise ValueError("there is nothing to split onto")
    base: list[int | Fraction] = list(weights)
    if not any(base):
        base = list(quantities or ())
    if not any(base):
        base = [1] * len(weights)
    if len(base) != len(weights) or min(base) < 0:
        raise ValueError("weights must be non-negative, one per part")
    sign, size, whole = (-1 if total < 0 else 1), abs(total), sum(base)
    parts = [int(size * weight // whole) for weight in base]
    rest = [size * weight % whole for weight in base]
    left = size - sum(parts)
    for position in sorted(range(len(base)), key=lambda index: (-rest[index], -base[index], index))[:left]:
        parts[position] += 1
    return [sign * part for part in parts]


def split_decimal(total: Decimal, weights: Sequence[int] | Sequence[Fraction], digits: int) -> list[Decimal]:
    """`split` for an amount in units with so many decimals, of which it has no more."""
    return [Decimal(part).scaleb(-digits) for part in split(int(total.scaleb(digits)), weights)]
