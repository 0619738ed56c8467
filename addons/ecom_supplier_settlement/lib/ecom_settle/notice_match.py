"""Receipt stage: which order line a notice line means, and which receipts belong to which notice line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A notice line whose product is known.

    `factor`: reference units in one of its unit; None when it names no unit, then it means that of the order.
    """

    key: int
    product: int
    quantity: Decimal
    factor: Decimal | None = None
    order_no: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An order line that could be meant.

    `open`: what no notice of this kind speaks of yet, in reference units; `factor`: those in one order unit.
    """

    key: int
    product: int
    order_no: str
    order_day: date
    open: Decimal
    factor: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The order line of a notice line and the rule that found it, or those a person may choose from."""

    offer: Offer | None
    rule: str
    candidates: tuple[int, ...] = ()


def match_notices(
    lines: Iterable[Wanted], offers: Iterable[Offer], left: dict[int, Decimal]
) -> dict[int, Verdict]:
    """A verdict for each line, in their order; a line that is matched leaves less open for the next.

    `order_no`: the order that the line names has one line of the product, or one whose open quantity is
    exactly this. `only_open`: no order is named and one line of the product is open. `exact`: several are
    open and one of them for exactly this quantity. A tie is nobody's match. A line that names an order is
    never put on another one.

    :param left: offer -> what is open of it; used up by what is matched
    """
    by_product: dict[int, list[Offer]] = defaultdict(list)
    for offer in sorted(offers, key=lambda offer: (offer.order_day, offer.key)):
        by_product[offer.product].append(offer)
    verdicts = {}
    for line in lines:
        verdict = _verdict(line, by_product[line.product], left)
        if verdict.offer is not None:
            left[verdict.offer.key] -= _amount(line, verdict.offer)
        verdicts[line.key] = verdict
    return verdicts


def _amount(line: Wanted, offer: Offer) -> Decimal:
    """The quantity of a line in reference units, if this is its order line."""
    return line.quantity * (offer.factor if line.factor is None else line.factor)


def _verdict(line: Wanted, offers: Sequence[Offer], left: dict[int, Decimal]) -> Verdict:
    if line.order_no:
        named = [offer for offer in offers if offer.order_no.casefold() == line.order_no.casefold()]
        only = (
            named
            if len(named) == 1
            else [offer for offer in named if left[offer.key] == _amount(line, offer)]
        )
        rule = "order_no"
    else:
        named = [offer for offer in offers if left[offer.key] > 0]
        only, rule = named, "only_open"
        if len(named) > 1:
            only, rule = [offer for offer in named if left[offer.key] == _amount(line, offer)], "exact"
    if len(only) == 1:
        return Verdict(offer=only[0], rule=rule)
    return Verdict(offer=None, rule="", candidates=tuple(offer.key for offer in named))


def allocate_receipts(received: Decimal, quantities: Sequence[Decimal]) -> list[Decimal]:
    """What was received, given to notice lines in their order until each is full; the last takes the rest.

    The parts add up to what was received, so that nothing is in two places or in none.
    """
    parts = []
    for place, quantity in enumerate(quantities):
        last = place == len(quantities) - 1
        part = received if last else min(max(received, Decimal(0)), quantity)
        parts.append(part)
        received -= part
    return parts
