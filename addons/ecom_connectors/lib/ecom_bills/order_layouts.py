"""Layouts of order and refund exports: what a column means, how amounts are spread over rows.

Order exports carry names, addresses and phones. Only the columns listed here are read; nothing else is kept.
Amounts are read at a fixed scale and checked against the digits of their currency later, because one file may
hold several shops. Moments stay local: the shop's time zone is applied when the orders are stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .layout import Column, Layout, amount, ident, moment, text

SCALE = 6
LOCAL_FORMS = (
    "YYYY-MM-DD hh:mm:ss",
    "YYYY/MM/DD hh:mm:ss",
    "YYYY-MM-DDThh:mm:ss",
    "YYYY-MM-DD hh:mm",
    "YYYY/MM/DD hh:mm",
    "YYYY-MM-DD",
)


def money(name: str, *titles: str, required: bool = True, filled: bool = False) -> Column:
    """An amount in major units, also a quantity, at the scale of all order files."""
    return amount(name, *titles, required=required, filled=filled, scale=SCALE)


def local(name: str, *titles: str, required: bool = True, filled: bool = False) -> Column:
    """A moment as the platform writes it, in the time of the shop."""
    return moment(name, *titles, required=required, filled=filled, forms=LOCAL_FORMS, hours=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLayout:
    """A layout of orders or refunds.

    `level` says what an amount of an order on several rows means: "order", the same amount repeated or given
    once; "line", the part of this row, so that the parts are added. `sums` gives a canonical amount as the
    sum of columns, a leading minus subtracts. `single`: a second row with one order number is a mistake.
    """

    layout: Layout
    currency: str = ""
    level: Literal["order", "line"] = "order"
    sums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    single: bool = False


# One row for each order line; amounts of the order stand on every row of it, or on its first only.
#   shop,order_no,ordered_at,...,sku,product,quantity,unit_price,line_total,freight,shop_discount,...
#   S1,A1,2026-09-01 10:00:00,...,K1,Tea,2,10.00,20.00,5.00,3.00,2.00,20.00,22.00
TEMPLATE = OrderLayout(
    layout=Layout(
        name="orders_template",
        platform="",
        kind="orders",
        encodings=("utf-8", "gb18030"),
        quotes="always",
        columns=(
            ident("shop", "shop", filled=True),
            ident("order_no", "order_no", filled=True),
            ident("sub_order_no", "sub_order_no", required=False),
            ident("payment_ref", "payment_no", required=False),
            local("ordered_at", "ordered_at"),
            local("paid_at", "paid_at"),
            local("shipped_at", "shipped_at"),
            local("signed_at", "signed_at", required=False),
            text("status", "status", required=False),
            text("currency", "currency"),
            ident("sku", "sku"),
            text("product", "product"),
            money("quantity", "quantity", filled=True),
            money("unit_price", "unit_price"),
            money("line_total", "line_total", filled=True),
            money("freight", "freight"),
            money("shop_discount", "shop_discount"),
            money("platform_subsidy", "platform_subsidy"),
            money("buyer_paid", "buyer_paid"),
            money("receivable", "receivable"),
        ),
    ),
)

# Taobao and Tmall, both exports of 已卖出的宝贝: one row per order, ids as ="…", some titles end in a blank.
# 买家应付货款 is net of all discounts, so it is the line total and there is no shop discount of its own;
# 总金额 = goods + freight, what the platform owes us before fees. Subsidies are not in the file.
TAOBAO = OrderLayout(
    currency="CNY",
    single=True,
    layout=Layout(
        name="orders_taobao",
        platform="taobao",
        kind="orders",
        encodings=("gb18030", "utf-8"),
        quotes="always",
        columns=(
            ident("order_no", "订单编号", filled=True),
            ident("payment_ref", "支付单号", required=False, blank=("null",)),
            ident("shop", "店铺名称", required=False),
            local("ordered_at", "订单创建时间", filled=True),
            local("paid_at", "订单付款时间"),
            local("signed_at", "确认收货时间", required=False),
            text("status", "订单状态", required=False),
            text("product", "宝贝标题", "商品标题"),
            ident("sku", "商品属性SKU", required=False),
            money("quantity", "宝贝总数量", required=False),
            money("line_total", "买家应付货款", filled=True),
            money("freight", "买家应付邮费"),
            money("buyer_paid", "买家实际支付金额", "买家实付金额"),
            money("receivable", "总金额"),
        ),
    ),
)

# Douyin: one row for each sub-order, cells as "<TAB>…"; every amount belongs to its row.
#   订单应付金额 = goods + freight - all discounts, so the goods at list price are that minus freight plus the
#   discounts; a discount paid by an influencer comes to us like one paid by the platform.
DOUYIN = OrderLayout(
    currency="CNY",
    level="line",
    sums={
        "line_total": ("buyer_paid", "-freight", "shop_discount", "platform_discount", "influencer_discount"),
        "platform_subsidy": ("platform_discount", "influencer_discount"),
    },
    layout=Layout(
        name="orders_douyin",
        platform="douyin",
        kind="orders",
        columns=(
            ident("order_no", "主订单编号", filled=True),
            ident("sub_order_no", "子订单编号", filled=True),
            ident("sku", "商家编码"),
            text("product", "选购商品"),
            text("status", "订单状态"),
            local("ordered_at", "订单提交时间", filled=True),
            local("paid_at", "支付完成时间", "支付时间", required=False),
            local("shipped_at", "发货时间"),
            local("signed_at", "订单完成时间", required=False),
            money("quantity", "商品数量", filled=True),
            money("buyer_paid", "订单应付金额", filled=True),
            money("freight", "运费", filled=True),
            money("shop_discount", "商家实际承担优惠金额", filled=True),
            money("platform_discount", "平台实际承担优惠金额", filled=True),
            money("influencer_discount", "达人实际承担优惠金额"),
        ),
    ),
)

# Pinduoduo: one row for each order. 商家实收金额 = goods + freight - shop discount; the discounts of the
# platform and of its payment are paid to us.
PINDUODUO = OrderLayout(
    currency="CNY",
    single=True,
    sums={"platform_subsidy": ("platform_discount", "payment_discount")},
    layout=Layout(
        name="orders_pinduoduo",
        platform="pinduoduo",
        kind="orders",
        columns=(
            ident("order_no", "订单号", filled=True),
            text("product", "商品"),
            ident("sku", "商家编码-规格维度", required=False),
            text("status", "订单状态"),
            local("ordered_at", "订单成交时间"),
            local("paid_at", "订单成交时间"),
            local("shipped_at", "发货时间"),
            local("signed_at", "确认收货时间"),
            money("quantity", "商品数量(件)", filled=True),
            money("line_total", "商品总价(元)", filled=True),
            money("freight", "邮费(元)"),
            money("shop_discount", "店铺优惠折扣(元)"),
            money("platform_discount", "平台优惠折扣(元)"),
            money("payment_discount", "多多支付立减金额(元)", required=False),
            money("buyer_paid", "用户实付金额(元)", filled=True),
            money("receivable", "商家实收金额(元)"),
        ),
    ),
)

# One row for each refund, or for each refunded line of it; the amount goes back to the buyer and is positive.
REFUNDS = OrderLayout(
    layout=Layout(
        name="refunds_template",
        platform="",
        kind="refunds",
        quotes="always",
        columns=(
            ident("shop", "shop", filled=True),
            ident("refund_no", "refund_no", filled=True),
            ident("order_no", "order_no", filled=True),
            ident("sub_order_no", "sub_order_no"),
            local("refunded_at", "refunded_at", filled=True),
            text("currency", "currency", filled=True),
            money("amount", "amount", filled=True),
            ident("sku", "sku"),
            money("quantity", "quantity"),
            text("reason", "reason"),
        ),
    ),
)

ORDER_LAYOUTS = (TEMPLATE, TAOBAO, DOUYIN, PINDUODUO)
REFUND_LAYOUTS = (REFUNDS,)
