"""Invoice stage: goods received and not invoiced, valued at the order's price, and taken back singly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What is left of an accrual, oldest first in a list.

    `amount` is minor units of the order's currency, `balance` of the company's.
    """

    key: int
    quantity: Decimal
    amount: int
    balance: int


def value(quantity: Decimal, price: Decimal, digits: int) -> int:
    """Minor units of a quantity at a price, half up."""
    return int((quantity * price).scaleb(digits).to_integral_value(ROUND_HALF_UP))


def in_company(amount: int, rate: Decimal, digits: int, company_digits: int) -> int:
    """Minor units of the company's currency at a rate (company units per unit), half up."""
    return int((amount * rate.scaleb(company_digits - digits)).to_integral_value(ROUND_HALF_UP))


def reversal_parts(quantity: Decimal, accruals: Sequence[Open]) -> list[Open]:
    """Parts of accruals that an invoiced quantity takes back, oldest first.

    Taking back all of an accrual, in however many parts, takes back its amounts to the last unit.

    :param quantity: positive; more than is open takes back what is open
    """
    parts: list[Open] = []
    left = quantity
    for accrual in accruals:
        taken = min(left, accrual.quantity)
        if taken <= 0:
            continue
        left -= taken
        parts.append(
            Open(
                key=accrual.key,
                quantity=taken,
                amount=_share(accrual.amount, taken, accrual.quantity),
                balance=_share(accrual.balance, taken, accrual.quantity),
            )
        )
    return parts


def _share(units: int, part: Decimal, whole: Decimal) -> int:
    return int((units * part / whole).to_integral_value(ROUND_HALF_UP))
