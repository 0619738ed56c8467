"""An imaginary month of business: orders, refunds and the platforms' bills about them, with planted faults.

Independent of the reader and of the matcher: nothing here may import from `addons`, so that both can be
checked against it. `make` makes a world, `World.write` writes it, `bulk` writes a very large one for speed
tests.
"""

from pathlib import Path

from .making import World, demo, make
from .model import Fee, ShopPlan
from .plans import DEFAULT_FAULTS, demo_plan, full_plan


def bulk(folder: str | Path, **options) -> None:
    """See `large.bulk`. Only this needs numpy, so only this imports it."""
    from .large import bulk as write

    write(folder, **options)


__all__ = ["DEFAULT_FAULTS", "Fee", "ShopPlan", "World", "bulk", "demo", "demo_plan", "full_plan", "make"]
