"""Postings in roles: balanced first, booked second."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


class ImbalanceError(Exception):
    """The postings of one voucher do not add up to zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One line of a voucher. `amount` is minor units, debit positive; `key` says what it is of."""

    role: str
    amount: int
    key: int = 0


def balanced(postings: Iterable[Posting]) -> tuple[Posting, ...]:
    """The postings that are not zero, or an error if they do not add up to zero.

    :raises ImbalanceError: names the difference in minor units
    """
    kept = tuple(posting for posting in postings if posting.amount)
    difference = sum(posting.amount for posting in kept)
    if difference:
        raise ImbalanceError(f"the voucher is out of balance by {difference}")
    return kept


def convert(amounts: list[int], rate: Decimal, digits_from: int, digits_to: int) -> list[int]:
    """Convert the lines of one balanced voucher so that they still add up to zero.

    The amounts are converted one by one, half up; what rounding leaves goes to the largest line.

    :param amounts: minor units of the foreign currency, sum zero
    :param rate: company units per foreign unit
    :return: minor units of the company currency, sum zero
    :raises ImbalanceError: if the amounts do not add up to zero
    """
    if sum(amounts):
        raise ImbalanceError(f"the voucher is out of balance by {sum(amounts)}")
    scale = rate.scaleb(digits_to - digits_from)
    converted = [int((amount * scale).to_integral_value(ROUND_HALF_UP)) for amount in map(Decimal, amounts)]
    if converted:
        largest = max(range(len(amounts)), key=lambda index: (abs(amounts[index]), -index))
        converted[largest] -= sum(converted)
    return converted
