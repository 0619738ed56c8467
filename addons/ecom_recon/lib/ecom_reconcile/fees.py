"""What a platform may charge for an order, by the shop's fee rules."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from .tolerance import WHOLE

Ints = npt.NDArray[np.int64]


def bands(fees: pd.DataFrame) -> tuple[Ints, Ints]:
    """Lowest and highest fee each row may show, in minor units, both <= 0 seen from us.

    A rate may be charged on what was owed, on what was paid, or on what was left after refunds:
    each of these is right for some platform, so the band spans them.

    :param fees: columns `rate` (1/10,000 percent), `fixed`, `minimum`, `maximum` (minor units, -1 =
        none), `expected`, `received`, `refunded` (minor units, refunded <= 0)
    :return: (largest charge, smallest charge) as signed amounts
    """
    bases = [fees["expected"], fees["received"], (fees["received"] + fees["refunded"]).clip(lower=0)]
    charges = [_charge(fees, base.clip(lower=0)) for base in bases]
    highest = np.maximum.reduce(charges)
    lowest = np.minimum.reduce(charges)
    # A sale that was taken back altogether may have its fee returned.
    gone = (fees["received"] > 0) & (fees["received"] + fees["refunded"] <= 0)
    return -highest, np.where(gone, 0, -lowest)


def _charge(fees: pd.DataFrame, base: "pd.Series[int]") -> Ints:
    """Rate times base plus the fixed part, half up, within minimum and maximum."""
    share = (base * fees["rate"] + WHOLE // 2) // WHOLE
    charge = (share + fees["fixed"]).to_numpy(dtype=np.int64)
    minimum, maximum = fees["minimum"].to_numpy(), fees["maximum"].to_numpy()
    charge = np.where(minimum >= 0, np.maximum(charge, minimum), charge)
    return np.where(maximum >= 0, np.minimum(charge, maximum), charge).astype(np.int64)
