"""Alipay 账务汇总: the summary that comes in the same ZIP as 账务明细. It repeats its totals and is skipped.

#支付宝账务汇总查询
类型,收入笔数,收入金额（+元）,支出笔数,支出金额（-元）,总金额（元）
合计,0,0.00,0,0.00,0.00
"""

from __future__ import annotations

from ..layout import Layout, amount, text

LAYOUT = Layout(
    name="alipay_signcustomer_summary",
    platform="alipay",
    kind="fund_flow",
    trailer=("#",),
    skip=True,
    columns=(
        text("type", "类型"),
        text("count_in", "收入笔数"),
        amount("income", "收入金额（+元）"),
        text("count_out", "支出笔数"),
        amount("outgo", "支出金额（-元）"),
    ),
)
