"""Closing rates: what a balance in another currency is worth, and what is left to book."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

# Enough for every digit of an amount times every digit of a rate, so that only the last step rounds.
_EXACT = Context(prec=60)
# Odoo keeps rates as floats and their inverse; what is behind this many digits is noise to a reader.
_READABLE = Context(prec=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Valuation:
    """A balance at a closing rate. Debit is positive, so an asset that gains is a positive difference.

    `amount` is minor units of its own currency, `booked` minor units of the company's currency; `rate` is
    company units per unit of the currency, and nobody needs one for nothing.
    """

    amount: int
    booked: int
    rate: Decimal | None
    digits_from: int
    digits_to: int

    def __post_init__(self) -> None:
        if self.amount and (self.rate is None or self.rate <= 0):
            raise ValueError("a balance has no worth without a rate")

    @property
    def worth(self) -> int:
        """Minor units of the company's currency, rounded once, half up."""
        if not self.amount or self.rate is None:
            return 0
        with localcontext(_EXACT):
            exact = self.amount * self.rate.scaleb(self.digits_to - self.digits_from)
            return int(exact.to_integral_value(ROUND_HALF_UP))

    @property
    def rate_text(self) -> str:
        """The rate as people read it, empty without one."""
        return f"{self.rate.normalize(_READABLE):f}" if self.rate else ""

    @property
    def difference(self) -> int:
        """What is to be booked now. What was booked before is in `booked`, so nothing counts twice."""
        return self.worth - self.booked
