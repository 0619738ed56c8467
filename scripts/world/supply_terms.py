"""What was agreed with the suppliers: a contract each, a clause of every kind, and what each gives."""

from __future__ import annotations

from fractions import Fraction

from .supply_model import Clause, Contract, Good, Supplier, half_up
from .supply_story import TEMPORARY, Story

RECEIVED = {"base": "received", "period": "month", "vat_treatment": "none", "settlement_mode": "deduction"}


def received(story: Story, supplier: Supplier, year: int, goods: tuple[Good, ...] = ()) -> tuple[int, int]:
    """(amount, pieces) that came less what went back in the month of a year, at the orders' prices."""
    amount = pieces = 0
    for receipt in story.receipts:
        if receipt.order.supplier != supplier or (receipt.day.year, receipt.day.month) != (
            year,
            story.start.month,
        ):
            continue
        for line, count in zip(receipt.order.lines, receipt.pieces, strict=True):
            if not goods or line.good in goods:
                signed = -count if receipt.back else count
                amount += signed * line.price
                pieces += signed
    return amount, pieces


def contracts(story: Story) -> list[tuple[Contract, dict[str, tuple[int, int]]]]:
    """Each supplier's contract, and what its clauses give in the month: {clause: (base, amount)}."""
    return [_MAKERS[supplier.key](story, supplier) for supplier in story.suppliers]


def _contract(supplier: Supplier, *clauses: Clause) -> Contract:
    return Contract(number=f"C-{supplier.ref[2:]}-2026", supplier=supplier, clauses=clauses)


def _units(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def _tiers(base: int, *parts: tuple[int, int]) -> list[tuple[int, int]]:
    """(start, per cent) whose starts are so many per cent of the base, in full hundreds."""
    return [(base * part // 100 // 10000 * 10000, rate) for part, rate in parts]


def _written(tiers: list[tuple[int, int]]) -> tuple[tuple[str, str], ...]:
    return tuple((_units(start), str(rate)) for start, rate in tiers)


def _tea(story: Story, supplier: Supplier):
    """The reached tier counts for all; a price by quantity, and a part of what promotions cost."""
    base, _pieces = received(story, supplier, story.start.year)
    tiers = [(0, 0), *_tiers(base, (40, 2), (80, 3))]
    third = supplier.goods[2]
    contract = _contract(
        supplier,
        Clause(name="Yearly volume", kind="tier_rebate", values=RECEIVED, tiers=_written(tiers)),
        Clause(
            name="Price from 1,000 pieces",
            kind="price_band",
            tiers=(("0", _units(third.price)), ("1000", _units(third.price - 300))),
            goods=(third,),
        ),
        Clause(
            name="Part of promotions", kind="promotion_share", values={"percent": 30, "vat_treatment": "none"}
        ),
    )
    return contract, {"Yearly volume": (base, half_up(base * tiers[-1][1], 100))}


def _textile(story: Story, supplier: Supplier):
    """Every slice has its tier; a price of a few days, and half of what marketing costs."""
    base, _pieces = received(story, supplier, story.start.year)
    tiers = [(0, 1), *_tiers(base, (30, 2), (60, 4))]
    ends = [start for start, _rate in tiers[1:]] + [base]
    exact = sum(
        (Fraction((end - start) * rate, 100) for (start, rate), end in zip(tiers, ends, strict=True)),
        Fraction(),
    )
    good = supplier.goods[1]
    first, last, price = TEMPORARY[good.code]
    contract = _contract(
        supplier,
        Clause(
            name="Steps",
            kind="tier_rebate",
            values={**RECEIVED, "tier_mode": "incremental"},
            tiers=_written(tiers),
        ),
        Clause(
            name="September price",
            kind="temporary_price",
            values={"amount": _units(price), "date_from": first.isoformat(), "date_to": last.isoformat()},
            goods=(good,),
        ),
        Clause(
            name="Half of marketing", kind="marketing_share", values={"percent": 50, "vat_treatment": "none"}
        ),
    )
    return contract, {"Steps": (base, half_up(exact.numerator, exact.denominator))}


def _tools(story: Story, supplier: Supplier):
    """Growth over the year before, and five cents for each piece of the first good."""
    base, _pieces = received(story, supplier, story.start.year)
    before, _count = received(story, supplier, story.start.year - 1)
    tiers = [(0, 1), (50, 2), (200, 5)]
    growth = Fraction((base - before) * 100, before)
    rate = max((rate for start, rate in tiers if start <= growth), default=0)
    first = supplier.goods[:1]
    part, pieces = received(story, supplier, story.start.year, first)
    contract = _contract(
        supplier,
        Clause(
            name="Growth",
            kind="growth_rebate",
            values=RECEIVED,
            tiers=tuple((str(start), str(rate)) for start, rate in tiers),
        ),
        Clause(
            name="Five cents a piece", kind="per_piece", values={**RECEIVED, "amount": "0.05"}, goods=first
        ),
    )
    return contract, {"Growth": (base, half_up(base * rate, 100)), "Five cents a piece": (part, pieces * 5)}


def _toys(story: Story, supplier: Supplier):
    """Nine tenths of the target are reached; a fixed bonus; prices that fall are made good."""
    base, _pieces = received(story, supplier, story.start.year)
    target = base * 10 // 9 // 10000 * 10000
    level = Fraction(base * 100, target)
    rate = max((rate for start, rate in ((0, 0), (80, 1), (100, 3)) if start <= level), default=0)
    bonus, minimum = 50000, base // 2 // 10000 * 10000
    contract = _contract(
        supplier,
        Clause(
            name="Target",
            kind="target_rebate",
            values={**RECEIVED, "target": _units(target)},
            tiers=(("0", "0"), ("80", "1"), ("100", "3")),
        ),
        Clause(
            name="Display bonus",
            kind="fixed",
            values={**RECEIVED, "amount": _units(bonus), "minimum": _units(minimum)},
        ),
        Clause(
            name="Price protection",
            kind="price_protection",
            values={"protect_days": 30, "vat_treatment": "none"},
        ),
    )
    return contract, {"Target": (base, half_up(base * rate, 100)), "Display bonus": (base, bonus)}


def _paper(story: Story, supplier: Supplier):
    """Three cents for every piece."""
    base, pieces = received(story, supplier, story.start.year)
    contract = _contract(
        supplier, Clause(name="Three cents a piece", kind="per_piece", values={**RECEIVED, "amount": "0.03"})
    )
    return contract, {"Three cents a piece": (base, pieces * 3)}


_MAKERS = {"tea": _tea, "textile": _textile, "tools": _tools, "toys": _toys, "paper": _paper}
