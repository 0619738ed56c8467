"""Bills of private persons: recognised so that nobody takes them for a merchant's, and refused.

Alipay 交易明细, WeChat 微信支付账单明细 and JD 交易流水 come from the phone apps; some rows show payments
that never touch the merchant's balance.

    交易时间,交易分类,交易对方,对方账号,商品说明,收/支,金额,收/付款方式,交易状态,交易订单号,商家订单号,备注,
    交易时间,交易类型,交易对方,商品,收/支,金额(元),支付方式,当前状态,交易单号,商户单号,备注
"""

from __future__ import annotations

from ..layout import Layout, text

ALIPAY = Layout(
    name="alipay_consumer",
    platform="alipay",
    kind="fund_flow",
    refuse="consumer_bill",
    columns=(
        text("booked_at", "交易时间", "付款时间"),
        text("partner", "交易对方"),
        text("direction", "收/支"),
        text("method", "收/付款方式", "资金状态"),
        text("order_ref", "商家订单号"),
    ),
)

WECHAT = Layout(
    name="wechat_consumer",
    platform="wechatpay",
    kind="fund_flow",
    refuse="consumer_bill",
    columns=(
        text("booked_at", "交易时间"),
        text("partner", "交易对方"),
        text("direction", "收/支"),
        text("method", "支付方式"),
        text("order_ref", "商户单号"),
    ),
)

JD = Layout(
    name="jd_consumer",
    platform="jd",
    kind="fund_flow",
    refuse="consumer_bill",
    columns=(
        text("booked_at", "交易时间"),
        text("partner", "商户名称"),
        text("direction", "收/支"),
        text("method", "收/付款方式"),
        text("order_ref", "商家订单号"),
    ),
)
