"""The nouns of the imaginary month: shops, orders, refunds and movements of money.

Money is an int of minor units (fen, cents). Moments are naive and local: an order's to its shop, a
movement's to its account.
"""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from zoneinfo import ZoneInfo

TIMING_DAYS = {
    "taobao": 2,
    "tmall": 2,
    "wechat_shop": 2,
    "douyin": 7,
    "pinduoduo": 7,
    "amazon": 7,
    "shopify": 3,
}
"""So many days after payment an order may wait for its bill line; no clean order waits longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """What the platform keeps of each payment: a rate plus a fixed part, within bounds."""

    category: str
    rate_percent: Decimal = Decimal(0)
    fixed: int = 0
    minimum: int | None = None
    maximum: int | None = None

    def of(self, gross: int) -> int:
        exact = gross * self.rate_percent / 100 + self.fixed
        if self.minimum is not None:
            exact = max(exact, Decimal(self.minimum))
        if self.maximum is not None:
            exact = min(exact, Decimal(self.maximum))
        return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopPlan:
    """One shop, the account that pays it and how that account's bills are delivered."""

    code: str
    platform: str
    name: str
    account: str
    account_platform: str
    fees: tuple[Fee, ...]
    currency: str = "CNY"
    timezone: str = "Asia/Shanghai"
    account_timezone: str = "Asia/Shanghai"
    form: str = ""
    """Variant of the bill, in the words of the account's writer, such as `fund_flow` or `xlsx`."""
    period: str = "day"
    """Days of one file: `day`, `half` (of a month) or `all`."""
    newest_first: bool = False
    orders: int | None = None


@dataclass(slots=True, kw_only=True)
class Item:
    sub_no: str
    sku: str
    product: str
    quantity: int
    price: int

    @property
    def total(self) -> int:
        return self.price * self.quantity


@dataclass(kw_only=True)
class Order:
    """A paid order. The fields from `listed` on are what a fault turns; their defaults are the clean case."""

    shop: ShopPlan
    no: str
    ordered: datetime
    paid: datetime
    shipped: datetime
    settled: datetime
    items: list[Item]
    freight: int
    discount: int
    subsidy: int
    listed: bool = True
    pays: bool = True
    delta: int = 0
    times: int = 1
    fee_factor: int = 1
    referenced: bool = True
    currency: str = ""

    @property
    def goods(self) -> int:
        return sum(item.total for item in self.items)

    @property
    def receivable(self) -> int:
        return self.goods + self.freight - self.discount

    @property
    def buyer_paid(self) -> int:
        return self.receivable - self.subsidy

    @property
    def gross(self) -> int:
        """What one payment of the bill says."""
        return self.receivable + self.delta


@dataclass(kw_only=True)
class Refund:
    no: str
    order: Order
    item: Item | None
    at: datetime
    amount: int
    reason: str
    returns_fee: bool = False
    listed: bool = True
    times: int = 1


@dataclass(kw_only=True)
class Move:
    """One canonical movement: one category, one amount. Moves of one `row` share a platform's row."""

    account: str
    at: datetime
    word: str
    amount: int
    row: str
    shop: str = ""
    order: str = ""
    sub: str = ""
    refund: str = ""
    sku: str = ""
    quantity: int = 0
    ordered: datetime | None = None
    trade: str = ""
    referenced: bool = True
    text: str = ""
    id: str = ""
    balance: int | None = None


@dataclass(kw_only=True)
class Account:
    """Where a platform keeps our money, with everything that moved in the window, oldest first."""

    plan: ShopPlan
    start: date
    days: int
    opening: int
    moves: list[Move] = field(default_factory=list)
    gap: date | None = None

    @property
    def code(self) -> str:
        return self.plan.account

    @property
    def end(self) -> date:
        """The first day after the window."""
        return self.start + timedelta(days=self.days)

    @cached_property
    def serial(self) -> str:
        """A merchant number of 12 digits that belongs to this account alone."""
        return f"{random.Random('merchant ' + self.code).randrange(10**11, 10**12)}"

    def delivered(self) -> list[Move]:
        return [move for move in self.moves if move.at.date() != self.gap]

    def files(self) -> list[tuple[date, date, list[Move]]]:
        """(first day, day after, moves) of each bill file that reaches us."""
        cut = [self.start]
        for number in range(1, self.days):
            day = self.start + timedelta(days=number)
            if self.plan.period == "day" or (self.plan.period == "half" and day.day in (1, 16)):
                cut.append(day)
        result = []
        for first, after in zip(cut, [*cut[1:], self.end], strict=True):
            if first != self.gap:
                moves = [move for move in self.moves if first <= move.at.date() < after]
                result.append((first, after, moves))
        return result


def yuan(amount: int) -> str:
    """Minor units as text with two decimals."""
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02d}"


def share(total: int, weights: list[int]) -> list[int]:
    """`total` split by weight; the remainder goes to the largest fractions, so the parts add up."""
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    parts = [total * weight // whole for weight in weights]
    left = total - sum(parts)
    ranked = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in ranked[:left]:
        parts[i] += 1
    return parts


def shifted(moment: datetime, zone_from: str, zone_to: str) -> datetime:
    """A naive moment of one zone as a naive moment of another."""
    if zone_from == zone_to:
        return moment
    return moment.replace(tzinfo=ZoneInfo(zone_from)).astimezone(ZoneInfo(zone_to)).replace(tzinfo=None)
