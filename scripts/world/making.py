"""Making a world: business first, then what goes wrong, then the money, then the books."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from .bills import WRITERS
from .books import keep_books, open_account, regular_moves
from .business import make_orders, make_refunds
from .faults import Scene, inject
from .model import Account, Move, Order, Refund, ShopPlan, shifted, yuan
from .output import (
    ORDER_HEAD,
    REFUND_HEAD,
    expected_account,
    order_rows,
    refund_row,
    setup,
    write_csv,
    write_json,
)
from .plans import DEFAULT_FAULTS, demo_plan
from .settle import Till


@dataclass(kw_only=True)
class World:
    """Everything that happened, and everything a perfect product reports about it."""

    seed: int
    plans: list[ShopPlan]
    orders: list[Order]
    refunds: list[Refund]
    accounts: list[Account]
    faults: list[dict[str, object]]

    @property
    def as_of(self) -> date:
        """The first day after the bills; orders are judged as of its midnight."""
        return self.accounts[0].end

    def expected(self) -> dict:
        return {
            "seed": self.seed,
            "as_of": self.as_of.isoformat(),
            "accounts": [expected_account(account) for account in self.accounts],
            "faults": self.faults,
            "timing": self._waiting_orders(),
            "timing_refunds": self._waiting_refunds(),
        }

    def _waiting_orders(self) -> list[dict[str, str]]:
        """Listed orders whose line comes after the last bill: not yet due, no exception."""
        return [
            {"shop": order.shop.code, "order": order.no, "amount": yuan(order.receivable)}
            for order in self.orders
            if order.listed and order.pays and self._after(order.shop, order.settled)
        ]

    def _waiting_refunds(self) -> list[dict[str, str]]:
        return [
            {"shop": refund.order.shop.code, "refund": refund.no, "order": refund.order.no}
            for refund in self.refunds
            if refund.listed and self._after(refund.order.shop, refund.at)
        ]

    def _after(self, shop: ShopPlan, moment) -> bool:
        return shifted(moment, shop.timezone, shop.account_timezone).date() >= self.as_of

    def write(self, folder: str | Path) -> None:
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / "setup.json", setup(self.plans, self.accounts))
        listed = [order for order in self.orders if order.listed]
        write_csv(
            folder / "orders.csv", [ORDER_HEAD, *(row for o in listed for row in order_rows(o, self.as_of))]
        )
        refunds = [refund_row(refund) for refund in self.refunds if refund.listed]
        write_csv(folder / "refunds.csv", [REFUND_HEAD, *refunds])
        for account in self.accounts:
            place = folder / "bills" / account.code
            place.mkdir(parents=True, exist_ok=True)
            for name, content in WRITERS[account.plan.account_platform].bills(account):
                (place / name).write_bytes(content)
        write_json(folder / "expected.json", self.expected())


def make(
    seed: int,
    *,
    start: date,
    days: int,
    shops: list[ShopPlan],
    faults: dict[str, int] | None = None,
    orders_per_shop: int = 200,
) -> World:
    """An imaginary `days` days of business from `start` on; the same for the same seed on every machine."""
    accounts: dict[str, Account] = {}
    orders: dict[str, list[Order]] = {}
    refunds: list[Refund] = []
    for plan in shops:
        random = Random(f"{seed} business {plan.code}")
        if plan.account not in accounts:
            accounts[plan.account] = open_account(plan, random, start, days)
        orders[plan.code] = make_orders(plan, random, start, days, plan.orders or orders_per_shop)
        refunds += make_refunds(plan, random, orders[plan.code])
    scene = Scene(Random(f"{seed} faults"), accounts, orders, refunds)
    inject(scene, faults or {})
    moves = scene.extra_moves
    for plan in shops:
        till = Till(plan, Random(f"{seed} money {plan.code}"))
        for order in orders[plan.code]:
            moves += till.pay(order)
        for refund in refunds:
            if refund.order.shop.code == plan.code:
                moves += till.refund(refund)
    for account in accounts.values():
        random = Random(f"{seed} books {account.code}")
        own = [move for move in moves if move.account == account.code]
        keep_books(account, own + regular_moves(account, random), random)
    _describe_gaps(scene)
    return World(
        seed=seed,
        plans=list(shops),
        orders=[order for plan in shops for order in orders[plan.code]],
        refunds=scene.refunds,
        accounts=list(accounts.values()),
        faults=scene.expected,
    )


def _describe_gaps(scene: Scene) -> None:
    """What a missing daily file took with it: the balance's jump, and the orders and refunds of that day."""
    for fault in scene.expected:
        if fault["kind"] == "chain_gap":
            account = scene.accounts[str(fault["account"])]
            lost: list[Move] = [move for move in account.moves if move.at.date() == account.gap]
            fault["amount"] = yuan(sum(move.amount for move in lost))
            fault["orders"] = sorted({move.order for move in lost if move.order and move.word == "sale"})
            fault["refunds"] = sorted({move.refund for move in lost if move.refund})


def demo(seed: int = 1, start: date = date(2026, 9, 1)) -> World:
    """About 1,500 orders of one month over the demo's shops, with some of each fault."""
    days = ((start.replace(day=28) + timedelta(days=4)).replace(day=1) - start).days
    return make(seed, start=start, days=days, shops=demo_plan(), faults=DEFAULT_FAULTS, orders_per_shop=215)
