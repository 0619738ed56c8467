"""When a difference is small enough."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

# Percentages are kept in millionths, so that 0.0001 % is exact.
PERCENT = 10_000
WHOLE = 100 * PERCENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """Limits of a variance; None switches a limit off, bounds belong to the inside.

    Amounts are minor units, percentages are of the expected amount, in 1/10,000 percent. Inside is
    inside every active limit; with `greater` the larger of percent and amount counts per side.
    Where nothing is expected a percentage means nothing, so only amounts count.
    """

    lower_percent: int | None = None
    upper_percent: int | None = None
    lower_amount: int | None = 0
    upper_amount: int | None = 0
    greater: bool = False

    def inside(self, variance: Ints, expected: Ints) -> Bools:
        """Whether each variance (actual minus expected) may pass."""
        low = self._side(-variance, expected, self.lower_percent, self.lower_amount)
        high = self._side(variance, expected, self.upper_percent, self.upper_amount)
        return np.where(variance < 0, low, high).astype(bool)

    def _side(self, size: Ints, expected: Ints, percent: int | None, amount: int | None) -> Bools:
        by_amount = np.full(len(size), True) if amount is None else size <= amount
        if percent is None:
            return by_amount
        # Integers only: size / |expected| <= percent without a division.
        by_percent = size * WHOLE <= percent * np.abs(expected)
        nothing = expected == 0
        if self.greater and amount is not None:
            both = by_percent | by_amount
        else:
            both = by_percent & by_amount
        return np.where(nothing, by_amount & (np.full(len(size), amount is not None)), both).astype(bool)
