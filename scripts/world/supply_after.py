"""What follows the goods and bills: claims, a promotion and who bears it, answers to statements, alerts.

Parts of the plan, see `suppliers`:

    claims    supplier, contract, clause, title, cost, from, to, evidence (name, text), until (the state it
              gets to), accepted, answer
    campaign  name, shops, from, to, budget, other, shares (party, percent, supplier, contract, clause);
              null when the shops sold nothing
    answers   supplier, currency, does: `dispute` a bill; confirm in the `portal`; confirm, approve and `pay`;
              dispute, `settle` it, confirm and approve
    nights    what the nightly jobs must tell: kind, order, position, day since when

and of `expected`: claims {title: [amount, accepted, state]}, campaign, states of the statements.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction
from typing import Any

from . import model
from .supply_expected import Ledger, money, unreceived
from .supply_model import half_up
from .supply_story import Story

CAMPAIGN = "Mid-Autumn week"
SHOPS = ("TB-HOME", "TM-FLAG")
OTHER_COST = 120000
"""Advertising that we pay for the campaign."""
PARTS = (("own", 60), ("supplier", 30), ("platform", 10))
"""Who bears which per cent of the discounts; ours is what is left."""
REACHED = {"dispute": "disputed", "portal": "confirmed", "pay": "paid", "settle": "approved"}


def claims(story: Story) -> tuple[list[dict[str, Any]], dict[str, list[str]]]:
    """Marketing that the second supplier bears half of: one claim goes all its way, one is a draft."""
    cost, accepted, other = 240101, 100000, 80000
    common = {"supplier": "textile", "contract": "C-TEX-2026", "clause": "Half of marketing"}
    days = {"from": story.start.isoformat(), "to": story.end.isoformat()}
    found = [
        {
            **common,
            **days,
            "title": "Autumn shop window",
            "cost": money(cost),
            "evidence": {"name": "agency-invoice.txt", "text": f"Agency Lumen, shop window: {money(cost)}"},
            "until": "partly",
            "accepted": money(accepted),
            "answer": "The second week was not agreed.",
        },
        {
            **common,
            **days,
            "title": "Live stream",
            "cost": money(other),
            "evidence": {"name": "stream.txt", "text": f"Two hours of live stream: {money(other)}"},
            "until": "draft",
            "accepted": "0.00",
            "answer": "",
        },
    ]
    expected = {
        "Autumn shop window": [money(half_up(cost, 2)), money(accepted), "partly"],
        "Live stream": [money(half_up(other, 2)), money(0), "draft"],
    }
    return found, expected


def campaign(
    story: Story, orders: Iterable[model.Order]
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """A week of discounts in two shops; the first supplier and the platform bear a part."""
    first, last = story.start + timedelta(days=13), story.start + timedelta(days=19)
    shops = [
        code for code in SHOPS if all(one.currency == "CNY" for one in _sold(orders, (code,), first, last))
    ]
    sold = _sold(orders, shops, first, last)
    if not sold:
        return None, None
    discount = sum(order.discount for order in sold)
    borne = dict(
        zip(
            (party for party, _percent in PARTS),
            model.share(discount, [percent for _party, percent in PARTS]),
            strict=True,
        )
    )
    sales, cost = sum(order.goods for order in sold), borne["own"] + OTHER_COST
    profit = sales - borne["own"]
    tea = {"supplier": "tea", "contract": "C-TEA-2026", "clause": "Part of promotions"}
    plan = {
        "name": CAMPAIGN,
        "shops": shops,
        "from": first.isoformat(),
        "to": last.isoformat(),
        "budget": money((cost // 10000 + 1) * 10000),
        "other": money(OTHER_COST),
        "shares": [
            {
                "party": party,
                "percent": 0 if party == "own" else percent,
                **(tea if party == "supplier" else {}),
            }
            for party, percent in PARTS
        ],
        "evidence": {"name": "campaign.txt", "text": f"Orders of the campaign: {len(sold)}"},
    }
    expected = {
        "orders": len(sold),
        "sales": money(sales),
        "discount": money(discount),
        "subsidy": money(sum(order.subsidy for order in sold)),
        "profit": money(profit),
        "roi": money(_percent(profit - OTHER_COST, cost)),
        "over_budget": False,
        "cost": {
            **{party: money(amount) for party, amount in borne.items()},
            "own": money(cost),
            "subsidy": money(sum(order.subsidy for order in sold)),
        },
        "claim": money(borne["supplier"]),
    }
    return plan, expected


def _sold(orders: Iterable[model.Order], shops: Iterable[str], first: Any, last: Any) -> list[model.Order]:
    return [
        order
        for order in orders
        if order.listed and order.shop.code in shops and first <= order.ordered.date() <= last
    ]


def _percent(part: int, whole: int) -> int:
    """In hundredths of a per cent."""
    exact = Fraction(10000 * part, whole)
    return half_up(exact.numerator, exact.denominator)


def answers(story: Story) -> list[dict[str, str]]:
    """What the first two suppliers say, and those who bill in dollars and once in yuan; others are silent."""
    first, second = story.suppliers[:2]
    found = [(first, first.currency, "dispute"), (second, second.currency, "portal")]
    for bill in story.bills:
        if bill.currency != bill.supplier.currency:
            found += [
                (bill.supplier, bill.currency, "pay"),
                (bill.supplier, bill.supplier.currency, "settle"),
            ]
    return [{"supplier": who.key, "currency": currency, "does": does} for who, currency, does in found]


def states(rows: list[dict[str, Any]], names: dict[str, str], said: list[dict[str, str]]) -> list[list[str]]:
    """[supplier, currency, state] of the statements when all is said."""
    does = {(names[one["supplier"]], one["currency"]): REACHED[one["does"]] for one in said}
    return [
        [row["supplier"], row["currency"], does.get((row["supplier"], row["currency"]), "sent")]
        for row in rows
    ]


def nights(story: Story) -> list[dict[str, Any]]:
    """Too much has come, or it has not come yet; on the way is what a delivery note told."""
    ledger = Ledger(story)
    found: list[dict[str, Any]] = []
    for order in story.orders:
        for position, (line, rest) in enumerate(zip(order.lines, unreceived(order, ledger), strict=True)):
            kinds = []
            if ledger.kept((order.number, position)) > line.quantity:
                kinds.append("over")
            if rest:
                kinds += ["late", "transit"] if order.role == "open" else ["late"]
            found += [
                {
                    "kind": kind,
                    "order": order.number,
                    "position": position,
                    "day": order.due.isoformat(),
                }
                for kind in kinds
            ]
    return found
