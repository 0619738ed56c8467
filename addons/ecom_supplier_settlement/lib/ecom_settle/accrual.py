"""Invoice stage: goods received and not billed, valued at the order's price, and taken back singly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAt:
    """One order line at the end of a day. `subtotal` is the order's amount without tax for `ordered`."""

    key: int
    ordered: Decimal
    subtotal: Decimal
    price: Decimal
    received: Decimal
    billed: Decimal
    accrued: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What is left of an accrual, oldest first in a list.

    `amount` is minor units of the order's currency, `balance` of the company's.
    """

    key: int
    quantity: Decimal
    amount: int
    balance: int


def open_quantity(line: LineAt) -> Decimal:
    """Received and not billed; negative when more is billed than received."""
    return line.received - line.billed


def value(line: LineAt, quantity: Decimal, digits: int) -> int:
    """Minor units of a quantity at the order's price, half up. The whole order gives its subtotal exactly."""
    exact = line.subtotal * quantity / line.ordered if line.ordered else line.price * quantity
    return int(exact.scaleb(digits).to_integral_value(ROUND_HALF_UP))


def in_company(amount: int, rate: Decimal, digits: int, company_digits: int) -> int:
    """Minor units of the company's currency at a rate (company units per unit), half up."""
    return int((Decimal(amount) * rate.scaleb(company_digits - digits)).to_integral_value(ROUND_HALF_UP))


def release(quantity: Decimal, accruals: Sequence[Open]) -> list[Open]:
    """Parts of accruals that a billed quantity takes back, oldest first.

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


def age(days: int) -> str:
    """The bucket of an open item by its days since the receipt."""
    return "0" if days <= 30 else "31" if days <= 60 else "61" if days <= 90 else "91"
