"""Invoice stage: what a supplier's invoice says, whichever file it came in, proven against its own totals.

Amounts are in major units of the invoice's currency with exactly its decimals. An invoice that takes back an
earlier one (red-letter) has negative amounts here, as the supplier writes it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation

_NUMBER = re.compile(r"[-+]?\d{1,15}(\.\d{1,15})?")
_ZERO_RATES = ("免税", "不征税", "出口零税率", "普通零税率", "exempt", "***", "*")


class UnreadableError(Exception):
    """One value cannot be read; the text is the reason's code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One line: `amount` without tax, `rate` in percent; no quantity means the line counts nothing."""

    row: int
    name: str
    amount: Decimal
    tax: Decimal
    rate: Decimal = Decimal(0)
    quantity: Decimal | None = None
    sku: str = ""
    spec: str = ""
    unit: str = ""
    order_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """One invoice of a supplier. Tax numbers are as written; `remark` may name purchase orders."""

    number: str
    day: date
    currency: str
    lines: tuple[InvoiceLine, ...]
    seller_vat: str = ""
    seller_name: str = ""
    buyer_vat: str = ""
    buyer_name: str = ""
    remark: str = ""
    is_einvoice: bool = False

    @property
    def amount(self) -> Decimal:
        """Sum of the lines without tax."""
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def tax(self) -> Decimal:
        """Sum of the lines' tax."""
        return sum((line.tax for line in self.lines), Decimal(0))

    @property
    def total(self) -> Decimal:
        """What is to be paid."""
        return self.amount + self.tax

    @property
    def is_refund(self) -> bool:
        """Whether it takes back more than it invoices."""
        return self.total < 0


def plain_vat(text: str) -> str:
    """A tax number as it is compared: letters and digits only, upper case, without China's country code."""
    vat = re.sub(r"[^0-9A-Za-z]", "", text).upper()
    return vat.removeprefix("CN") if len(vat) == len("CN") + 18 else vat


def same_vat(one: str, two: str) -> bool:
    """Whether two tax numbers are one, written with or without the country before them."""
    short, long = sorted((plain_vat(one), plain_vat(two)), key=len)
    return bool(short) and (short == long or long[:2].isalpha() and long[2:] == short)


def parse_number(text: str) -> Decimal:
    """An exact decimal; thousands separators, currency signs and exponents are refused, not guessed.

    :raises UnreadableError: "not_an_amount"
    """
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        raise UnreadableError("not_an_amount")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise UnreadableError("not_an_amount") from None


def parse_amount(text: str, digits: int) -> Decimal:
    """An amount with the decimals of its currency.

    :raises UnreadableError: "not_an_amount" or "too_many_decimals"
    """
    value = parse_number(text)
    unit = Decimal(1).scaleb(-digits)
    rounded = value.quantize(unit)
    if rounded != value:
        raise UnreadableError("too_many_decimals")
    return rounded


def parse_rate(text: str) -> Decimal:
    """A tax rate in percent: 0.13, 13% and 13 are one rate; words for "no tax" are 0.

    :raises UnreadableError: "not_a_rate"
    """
    text = text.strip()
    if not text or text in _ZERO_RATES:
        return Decimal(0)
    try:
        value = parse_number(text.removesuffix("%"))
    except UnreadableError:
        raise UnreadableError("not_a_rate") from None
    if not text.endswith("%") and value < 1:
        value *= 100
    if not 0 <= value < 100:
        raise UnreadableError("not_a_rate")
    return value.normalize() if value else Decimal(0)


def merge_discounts(lines: Sequence[InvoiceLine]) -> tuple[InvoiceLine, ...]:
    """Put a discount line into the line it follows, so that a line's amount is its net price.

    A discount line has the name and rate of the line above, an amount of the other sign and no quantity.
    """
    kept: list[InvoiceLine] = []
    for line in lines:
        above = kept[-1] if kept else None
        is_discount = (
            above is not None
            and line.quantity is None
            and above.quantity is not None
            and (line.name, line.rate) == (above.name, above.rate)
            and line.amount * above.amount < 0
            and abs(line.amount) <= abs(above.amount)
        )
        if is_discount and above is not None:
            kept[-1] = replace(above, amount=above.amount + line.amount, tax=above.tax + line.tax)
        else:
            kept.append(line)
    return tuple(kept)


def turned(invoice: Invoice) -> Invoice:
    """A refund as our books write it: all signs turned."""
    return replace(
        invoice,
        lines=tuple(
            replace(
                line,
                amount=-line.amount,
                tax=-line.tax,
                quantity=None if line.quantity is None else -line.quantity,
            )
            for line in invoice.lines
        ),
    )
