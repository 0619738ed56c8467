"""What the company sold and gave back, before any platform says a word about it."""

from datetime import date, datetime, time, timedelta
from random import Random

from .model import Item, Order, Refund, ShopPlan

PRODUCTS = [
    ("SKU-1001", "纯棉四件套", 19900),
    ("SKU-1002", "保温杯 500ml", 5990),
    ("SKU-1003", "儿童雨衣", 4550),
    ("SKU-1004", "蓝牙耳机", 12900),
    ("SKU-1005", "不锈钢锅, 24cm", 8880),
    ("SKU-1006", "真丝眼罩", 3999),
    ("SKU-1007", "竹纤维毛巾 3条装", 2990),
    ("SKU-1008", "坚果礼盒", 13800),
    ("SKU-1009", "露营灯", 6750),
    ("SKU-1010", "机械键盘", 29900),
    ("SKU-1011", "手机支架", 1590),
    ("SKU-1012", "桌面收纳盒", 2390),
]
REASONS = ["七天无理由退货", "商品破损", "少件", "发错货", "协商一致退款", "尺码不合"]
SUBSIDISED = {"taobao", "tmall", "douyin", "pinduoduo"}
SETTLES_ON_PAYMENT = {"taobao", "tmall", "wechat_shop", "shopify"}


def order_number(plan: ShopPlan, random: Random, number: int, moment: datetime) -> str:
    """The number in the platform's own shape; `number` keeps it unique within the shop."""
    if plan.platform in ("taobao", "tmall"):
        return f"{random.randrange(25, 32)}{number:07d}{random.randrange(10**10):010d}"
    if plan.platform == "douyin":
        return f"69{number:07d}{random.randrange(10**9):09d}5"
    if plan.platform == "pinduoduo":
        return f"{moment:%y%m%d}-{number:06d}{random.randrange(10**9):09d}"
    if plan.platform == "amazon":
        return f"{random.randrange(111, 115)}-{number:07d}-{random.randrange(10**7):07d}"
    if plan.platform == "shopify":
        return f"#{1000 + number}"
    return f"MINI{moment:%Y%m%d}{number:06d}{random.randrange(10**4):04d}"


def sub_number(plan: ShopPlan, order_no: str, number: int, count: int) -> str:
    """The number of one order line; platforms without such numbers repeat the order's."""
    if count == 1 or plan.platform in ("shopify", "wechat_shop", "pinduoduo"):
        return order_no
    if plan.platform == "amazon":
        return f"{order_no[4:11]}{number:04d}"
    return f"{int(order_no) + number}"


def make_order(plan: ShopPlan, random: Random, number: int, paid: datetime) -> Order:
    order_no = order_number(plan, random, number, paid)
    chosen = random.sample(PRODUCTS, random.choice([1, 1, 1, 2, 2, 3]))
    items = [
        Item(
            sub_no=sub_number(plan, order_no, position, len(chosen)),
            sku=sku,
            product=product,
            quantity=random.choice([1, 1, 1, 2, 3]),
            price=price + random.randrange(0, 800),
        )
        for position, (sku, product, price) in enumerate(chosen)
    ]
    goods = sum(item.total for item in items)
    subsidised = plan.platform in SUBSIDISED and random.randrange(10) < 3
    shipped = paid + timedelta(seconds=random.randrange(2 * 3600, 47 * 3600))
    return Order(
        shop=plan,
        no=order_no,
        ordered=paid - timedelta(seconds=random.randrange(5, 1500)),
        paid=paid,
        shipped=shipped,
        settled=_settled(plan, random, paid, shipped),
        items=items,
        freight=random.choice([0, 0, 0, 600, 800, 1250]),
        discount=random.choice([0, 0, 1, goods // 20, goods // 10]),
        subsidy=goods * random.randrange(1, 16) // 100 if subsidised else 0,
        currency=plan.currency,
    )


def _settled(plan: ShopPlan, random: Random, paid: datetime, shipped: datetime) -> datetime:
    """When the money moves: at payment, at shipment, or one to five days after it."""
    if plan.platform in SETTLES_ON_PAYMENT:
        return paid + timedelta(seconds=random.randrange(1, 6))
    if plan.platform == "amazon":
        return shipped + timedelta(seconds=random.randrange(60, 7200))
    return shipped + timedelta(seconds=random.randrange(86400, 5 * 86400))


def make_orders(plan: ShopPlan, random: Random, start: date, days: int, count: int) -> list[Order]:
    """`count` paid orders, spread over the days, most of them in the evening."""
    orders = []
    hours = [0, *range(8, 24), *range(19, 24)]
    for number in range(1, count + 1):
        day = datetime.combine(start, time()) + timedelta(days=random.randrange(days))
        moment = day + timedelta(hours=random.choice(hours), seconds=random.randrange(3600))
        orders.append(make_order(plan, random, number, moment))
    return sorted(orders, key=lambda order: (order.paid, order.no))


def refund_number(plan: ShopPlan, random: Random, number: int) -> str:
    prefix = {"amazon": "", "shopify": "R", "wechat_shop": "RF"}.get(plan.platform, "1")
    return f"{prefix}{number:06d}{random.randrange(10**9):09d}"


def make_refunds(plan: ShopPlan, random: Random, orders: list[Order]) -> list[Refund]:
    """One refund for 5 to 8 per cent of the orders; some come after the window."""
    count = len(orders) * random.randrange(50, 81) // 1000
    refunds = []
    for number, order in enumerate(random.sample(orders, count), start=1):
        full = order.subsidy == 0 and random.randrange(2) == 0
        refunds.append(make_refund(order, random, number, full=full))
    return refunds


def make_refund(order: Order, random: Random, number: int, *, full: bool) -> Refund:
    item = None if full else random.choice(order.items)
    # The buyer's part of one line, so that a partial refund can never exceed what was paid for it.
    most = order.buyer_paid if item is None else order.buyer_paid * item.total // max(order.goods, 1)
    return Refund(
        no=refund_number(order.shop, random, number),
        order=order,
        item=item,
        at=order.settled + timedelta(seconds=random.randrange(3600, 9 * 86400)),
        amount=most if full else max(1, most * random.randrange(10, 91) // 100),
        reason=random.choice(REASONS),
        returns_fee=random.randrange(10) < 6,
    )
