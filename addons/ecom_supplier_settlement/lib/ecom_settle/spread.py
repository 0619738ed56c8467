"""Invoice stage: which purchase order lines an invoiced quantity belongs to. Nothing is lost on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLine:
    """An order line, oldest first in a list; quantities are not invoiced yet, in the invoice's unit."""

    key: int
    received: Decimal
    ordered: Decimal


class LostQuantityError(Exception):
    """The parts do not add up to the whole."""


def spread(quantity: Decimal, lines: Sequence[OpenLine]) -> list[tuple[int, Decimal]]:
    """Parts of an invoiced quantity by order line; the parts add up to the quantity.

    What was received and not invoiced comes first, oldest order first; then what is only ordered; what
    exceeds all of it goes with the last part, where the match will name it.

    :param quantity: positive
    :return: (key, quantity > 0), one per order line used, in the order of the lines; empty without lines
    """
    if not lines or quantity <= 0:
        return []
    taken = {line.key: Decimal(0) for line in lines}
    left = quantity
    for limit in ("received", "ordered"):
        for line in lines:
            part = min(left, max(getattr(line, limit) - taken[line.key], Decimal(0)))
            taken[line.key] += part
            left -= part
    if left:
        used = [line.key for line in lines if taken[line.key]]
        taken[used[-1] if used else lines[-1].key] += left
    parts = [(line.key, taken[line.key]) for line in lines if taken[line.key]]
    if sum((part for _key, part in parts), Decimal(0)) != quantity:
        raise LostQuantityError(f"{parts} is not {quantity}")
    return parts
