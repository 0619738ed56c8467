"""What goes wrong, and exactly what a perfect product reports about it.

Every fault takes orders that are otherwise clean: paid, settled inside the window, without a refund, used
once. Its amount is the variance seen from us: what the bill says minus what was due.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from random import Random

from .business import SETTLES_ON_PAYMENT, make_order, make_refund, refund_number
from .model import TIMING_DAYS, Account, Move, Order, Refund, ShopPlan, shifted, yuan

UNREFERENCED = {"alipay", "pinduoduo"}
"""Account platforms whose bills can hold a payment without any reference."""

UNKNOWN = {"alipay", "douyin", "pinduoduo", "amazon"}
"""Account platforms whose writers have a word nobody knows."""


@dataclass
class Scene:
    """The facts a fault may turn, and the expectations it writes down."""

    random: Random
    accounts: dict[str, Account]
    orders: dict[str, list[Order]]
    refunds: list[Refund]
    used: set[str] = field(default_factory=set)
    expected: list[dict[str, object]] = field(default_factory=list)
    extra_moves: list[Move] = field(default_factory=list)
    _numbers: int = 900_000

    def number(self) -> int:
        """A serial that no ordinary order or refund has."""
        self._numbers += 1
        return self._numbers

    def account(self, order: Order) -> Account:
        return self.accounts[order.shop.account]

    def settles_inside(self, order: Order, later: timedelta = timedelta()) -> bool:
        account = self.account(order)
        at = shifted(order.settled + later, order.shop.timezone, account.plan.account_timezone)
        return account.start <= at.date() < account.end

    def overdue(self, order: Order) -> bool:
        """Due while bills were there already, and so early that by their end nobody waits for its line."""
        others = [other for other in self.orders[order.shop.code] if other is not order and other.pays]
        first = min((other.settled for other in others), default=order.settled).date()
        age = self.account(order).end - order.paid.date()
        return order.paid.date() >= first and age > timedelta(days=TIMING_DAYS[order.shop.platform] + 5)

    def surrounded(self, order: Order) -> bool:
        """Settled while later orders were known already, so that its own should be known, too."""
        last = max(other.ordered for other in self.orders[order.shop.code]).date()
        at = shifted(order.settled, order.shop.timezone, order.shop.account_timezone)
        return at.date() < last

    def clean(self, wanted: Callable[[Order], bool] = lambda order: True) -> list[Order]:
        refunded = {refund.order.no for refund in self.refunds}
        return [
            order
            for orders in self.orders.values()
            for order in orders
            if order.no not in self.used and order.no not in refunded
            if order.listed and self.settles_inside(order) and wanted(order)
        ]

    def take(self, turn: int, wanted: Callable[[Order], bool] = lambda order: True) -> Order | None:
        """A clean order: at first from an edge of its shop's month, later from anywhere."""
        found = self.clean(wanted)
        if not found:
            return None
        if turn == 0:
            shop = self.random.choice(sorted({order.shop.code for order in found}))
            found = [order for order in found if order.shop.code == shop]
            found = found[:2] + found[-2:]
        order = self.random.choice(found)
        self.used.add(order.no)
        return order

    def expect(self, kind: str, type_: str, order: Order, amount: int | None, **more: str) -> None:
        self.expected.append(
            {
                "kind": kind,
                "type": type_,
                "account": order.shop.account,
                "shop": order.shop.code,
                "order": order.no,
                "refund": None,
                "amount": None if amount is None else yuan(amount),
                "currency": order.shop.currency,
                **more,
            }
        )


def short_payment(scene: Scene, turn: int) -> None:
    order = scene.take(turn, lambda order: order.items[0].total > 200 and order.buyer_paid > 200)
    if order:
        most = min(5000, order.items[0].total // 2, order.buyer_paid // 2)
        order.delta = -(1 if turn == 0 else scene.random.randrange(1, most + 1))
        scene.expect("short_payment", "amount_mismatch", order, order.delta)


def missing_bill_line(scene: Scene, turn: int) -> None:
    order = scene.take(turn, scene.overdue)
    if order:
        order.pays = False
        scene.expect("missing_bill_line", "missing_bill", order, -order.receivable)


def missing_order(scene: Scene, turn: int) -> None:
    order = scene.take(turn, scene.surrounded)
    if order:
        order.listed = False
        scene.expect("missing_order", "missing_order", order, order.receivable)


def _one_line(order: Order) -> bool:
    """Whether the bill shows the payment of this order in a single line."""
    platform = order.shop.account_platform
    if platform in ("douyin", "amazon") and len(order.items) > 1:
        return False
    apart = {"pinduoduo": order.subsidy, "amazon": order.freight or order.discount}
    return not apart.get(platform)


def _fee_doubles(order: Order) -> bool:
    """Both payments are charged; where that is not the fee of the doubled amount, it would be wrong too."""
    return all(fee.of(2 * order.gross) == 2 * fee.of(order.gross) for fee in order.shop.fees)


def duplicate_payment(scene: Scene, turn: int) -> None:
    def fits(order: Order) -> bool:
        return _one_line(order) and _fee_doubles(order) and scene.settles_inside(order, timedelta(hours=1))

    order = scene.take(turn, fits)
    if order:
        order.times = 2
        scene.expect("duplicate_payment", "duplicate_payment", order, order.gross)


def refund_twice(scene: Scene, turn: int) -> None:
    def early(order: Order) -> bool:
        age = scene.account(order).end - order.settled.date()
        return order.subsidy == 0 and age > timedelta(days=3)

    order = scene.take(turn, early)
    if order:
        refund = make_refund(order, scene.random, scene.number(), full=True)
        refund.at = order.settled + timedelta(seconds=scene.random.randrange(600, 86400))
        refund.times = 2
        refund.returns_fee = False
        scene.refunds.append(refund)
        scene.expect("refund_twice", "refund_exceeds_order", order, -refund.amount, refund=refund.no)


def refund_without_order(scene: Scene, turn: int) -> None:
    like = scene.take(turn, scene.surrounded)
    if like:
        stranger = make_order(like.shop, scene.random, scene.number(), like.paid)
        stranger.settled, stranger.subsidy = like.settled, 0
        refund = make_refund(stranger, scene.random, scene.number(), full=False)
        refund.no = refund_number(like.shop, scene.random, scene.number())
        refund.at, refund.listed, refund.returns_fee = like.settled, False, False
        scene.refunds.append(refund)
        scene.expect(
            "refund_without_order", "refund_without_order", stranger, -refund.amount, refund=refund.no
        )


def swapped_amounts(scene: Scene, turn: int) -> None:
    one = scene.take(turn, lambda order: order.subsidy == 0)
    if one is None:
        return

    def partner(two: Order) -> bool:
        gap = two.receivable - one.receivable
        small = abs(gap) < min(one.items[0].total, two.items[0].total, one.buyer_paid, two.buyer_paid)
        return two.shop is one.shop and two.subsidy == 0 and gap != 0 and small

    two = scene.take(1, partner)
    if two:
        one.delta = two.receivable - one.receivable
        two.delta = -one.delta
        for order in (one, two):
            scene.expect("swapped_amounts", "amount_mismatch", order, order.delta)


def equal_amounts_without_reference(scene: Scene, turn: int) -> None:
    one = scene.take(turn, lambda order: order.shop.account_platform in UNREFERENCED and order.subsidy == 0)
    if one is None:
        return

    def partner(two: Order) -> bool:
        return two.shop is one.shop and abs(two.paid - one.paid) < timedelta(days=3)

    two = scene.take(1, partner)
    if two:
        one.items = [replace(one.items[0], sub_no=one.no)]
        two.items = [replace(one.items[0], sub_no=two.no)]
        one.discount = two.discount = min(one.discount, one.goods // 2)
        two.freight, two.subsidy = one.freight, 0
        two.pays, one.referenced = False, False
        scene.expect("equal_amounts_without_reference", "ambiguous", one, one.receivable)
        scene.expected[-1] |= {"order": None, "candidates": [one.no, two.no]}


def wrong_fee(scene: Scene, turn: int) -> None:
    order = scene.take(turn, lambda order: order.shop.fees[0].of(order.gross) >= 10)
    if order:
        order.fee_factor = 2
        extra = order.shop.fees[0].of(order.gross)
        scene.expect("wrong_fee", "fee_out_of_band", order, -extra, category=order.shop.fees[0].category)


def next_day_cut(scene: Scene, turn: int) -> None:
    shops = [orders for orders in scene.orders.values() if orders[0].shop.platform in SETTLES_ON_PAYMENT]
    if not shops:
        return
    orders = scene.random.choice(shops)
    account = scene.account(orders[0])
    last = datetime.combine(account.end, time()) - timedelta(seconds=scene.random.randrange(1, 10))
    order = make_order(orders[0].shop, scene.random, scene.number(), last)
    order.settled = datetime.combine(account.end, time()) + timedelta(seconds=scene.random.randrange(1, 8))
    scene.used.add(order.no)
    orders.append(order)
    scene.expect("next_day_cut", "", order, None, state="timing")


def other_currency(scene: Scene, turn: int) -> None:
    order = scene.take(turn)
    if order:
        order.currency = "EUR" if order.shop.currency == "USD" else "USD"
        scene.expect("other_currency", "currency_mismatch", order, None)


def unknown_word(scene: Scene, turn: int) -> None:
    # One word of one account is one cause, however many lines wait for it.
    told = {move.account for move in scene.extra_moves}
    like = scene.take(
        turn, lambda order: order.shop.account_platform in UNKNOWN and order.shop.account not in told
    )
    if like:
        amount = -scene.random.randrange(100, 9900)
        at = shifted(like.settled, like.shop.timezone, like.shop.account_timezone)
        row = f"unknown {scene.number()}"
        scene.extra_moves.append(
            Move(
                account=like.shop.account, shop=like.shop.code, at=at, word="unknown", amount=amount, row=row
            )
        )
        scene.expect("unknown_word", "unknown_category", like, amount)
        scene.expected[-1]["order"] = None


def chain_gap(scene: Scene, turn: int) -> None:
    """Needs bills of one day each and a running balance; what fell into the gap is listed with it."""
    free = [
        (account, account.start + timedelta(days=number))
        for account in scene.accounts.values()
        if account.plan.account_platform == "alipay" and account.plan.period == "day" and account.gap is None
        for number in range(1, account.days - 1)
    ]
    # A day on which nothing else goes wrong, so that every other expectation stays as it is.
    touched = {move.at.date() for move in scene.extra_moves}
    touched |= {
        order.settled.date() for orders in scene.orders.values() for order in orders if order.no in scene.used
    }
    touched |= {
        refund.at.date() + timedelta(days=late)
        for refund in scene.refunds
        for late in (0, 1)
        if refund.times > 1 or not refund.listed
    }
    free = [(account, day) for account, day in free if day not in touched]
    if free:
        account, account.gap = scene.random.choice(free)
        shop: ShopPlan = account.plan
        scene.expected.append(
            {
                "kind": "chain_gap",
                "type": "chain_gap",
                "account": account.code,
                "shop": shop.code,
                "order": None,
                "refund": None,
                "amount": None,
                "currency": shop.currency,
                "day": account.gap.isoformat(),
            }
        )


FAULTS = {
    fault.__name__: fault
    for fault in (
        equal_amounts_without_reference,
        swapped_amounts,
        refund_twice,
        missing_bill_line,
        short_payment,
        missing_order,
        duplicate_payment,
        refund_without_order,
        wrong_fee,
        next_day_cut,
        other_currency,
        unknown_word,
        chain_gap,
    )
}


def inject(scene: Scene, wanted: dict[str, int]) -> None:
    """Each wanted fault so many times, the choosiest first; a small world may have room for fewer."""
    unknown = set(wanted) - set(FAULTS)
    if unknown:
        raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")
    for name, fault in FAULTS.items():
        for turn in range(wanted.get(name, 0)):
            fault(scene, turn)
