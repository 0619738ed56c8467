"""Ready plans: which shops exist, how they are paid and what they are charged."""

from decimal import Decimal

from .model import Fee, ShopPlan


def _rate(category: str, percent: str) -> Fee:
    return Fee(category=category, rate_percent=Decimal(percent))


TAOBAO = ShopPlan(
    code="TB-HOME",
    platform="taobao",
    name="淘宝家居店",
    account="ALI-HOME",
    account_platform="alipay",
    form="signcustomer",
    newest_first=True,
    fees=(_rate("commission", "0.6"), _rate("payment_fee", "0.1")),
)
TMALL = ShopPlan(
    code="TM-FLAG",
    platform="tmall",
    name="天猫旗舰店",
    account="ALI-FLAG",
    account_platform="alipay",
    form="fund_flow",
    period="half",
    newest_first=True,
    fees=(_rate("commission", "5"),),
)
TMALL_RANGE = ShopPlan(
    code="TM-KIDS",
    platform="tmall",
    name="天猫童装店",
    account="ALI-KIDS",
    account_platform="alipay",
    form="signcustomer",
    period="half",
    fees=(_rate("commission", "4"), Fee(category="payment_fee", fixed=10)),
)
WECHAT = ShopPlan(
    code="WX-MINI",
    platform="wechat_shop",
    name="微信小程序商城",
    account="WXP-MINI",
    account_platform="wechatpay",
    fees=(_rate("payment_fee", "0.6"),),
)
DOUYIN = ShopPlan(
    code="DY-LIVE",
    platform="douyin",
    name="抖音直播间",
    account="DY-LIVE",
    account_platform="douyin",
    form="xlsx",
    period="half",
    fees=(_rate("commission", "5"),),
)
DOUYIN_CSV = ShopPlan(
    code="DY-FOOD",
    platform="douyin",
    name="抖音食品店",
    account="DY-FOOD",
    account_platform="douyin",
    form="csv",
    fees=(_rate("commission", "2"),),
)
PINDUODUO = ShopPlan(
    code="PDD-DEAL",
    platform="pinduoduo",
    name="拼多多百货店",
    account="PDD-DEAL",
    account_platform="pinduoduo",
    period="half",
    fees=(_rate("commission", "0.6"),),
)
AMAZON_US = ShopPlan(
    code="AMZ-US",
    platform="amazon",
    name="Amazon US",
    account="AMZ-US",
    account_platform="amazon",
    currency="USD",
    timezone="America/Los_Angeles",
    account_timezone="UTC",
    form="us",
    period="half",
    fees=(Fee(category="commission", rate_percent=Decimal(15), minimum=30),),
)
AMAZON_DE = ShopPlan(
    code="AMZ-DE",
    platform="amazon",
    name="Amazon Deutschland",
    account="AMZ-DE",
    account_platform="amazon",
    currency="EUR",
    timezone="Europe/Berlin",
    account_timezone="UTC",
    form="eu",
    period="half",
    fees=(Fee(category="commission", rate_percent=Decimal(15), minimum=30),),
)
SHOPIFY = ShopPlan(
    code="SPF-US",
    platform="shopify",
    name="Brand Store US",
    account="SPF-US",
    account_platform="shopify",
    currency="USD",
    timezone="America/New_York",
    account_timezone="America/New_York",
    period="half",
    newest_first=True,
    fees=(Fee(category="payment_fee", rate_percent=Decimal("2.9"), fixed=30),),
)

DEFAULT_FAULTS = {
    "short_payment": 3,
    "missing_bill_line": 2,
    "missing_order": 2,
    "duplicate_payment": 2,
    "refund_twice": 2,
    "refund_without_order": 2,
    "swapped_amounts": 1,
    "equal_amounts_without_reference": 1,
    "wrong_fee": 2,
    "next_day_cut": 1,
    "other_currency": 1,
    "unknown_word": 1,
}


def demo_plan() -> list[ShopPlan]:
    """Seven shops on five platforms, one of them in dollars."""
    return [TAOBAO, TMALL, WECHAT, DOUYIN, DOUYIN_CSV, PINDUODUO, SHOPIFY]


def full_plan() -> list[ShopPlan]:
    """Every platform and every variant of bill."""
    return [*demo_plan(), TMALL_RANGE, AMAZON_US, AMAZON_DE]
