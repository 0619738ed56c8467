"""Douyin 资金账单 (动账明细): every change of a shop's account, with the components it is made of.

From the shop's back office (资金 › 账单中心) or its API. UTF-8 with a mark or GB18030, CSV or XLSX, often a
title row above the header; 39, 34 or 18 columns, or a short form of 11 without components. Ids carry a
backtick or an apostrophe. 动账方向 gives the sign; 动账金额 of money out is negative in some exports and
positive in others. Refund and fee components are negative, and the components add up to the row:

    动账时间,动帐流水号,动账方向,动账金额,动账账户,动账场景,计费类型,子订单号,订单号,…
    2026-09-10 08:00:00,'S1,入账,48.50,聚合账户,货款结算入账,巨量千川,'6930…1,'6930…1,…

One line for each component that is not zero; a row without components is one line. The file declares no
total.
"""

from __future__ import annotations

import numpy as np

from ..bill import Context
from ..layout import Array, Cells, Draft, Layout, Part, Problems, Table, amount, ident, moment, text
from ..lines import directed, joined

# Component columns and their categories.
_COMPONENTS = {
    "订单实付应结": "order_payment",
    "运费实付": "shipping",
    "实际平台补贴_运费": "subsidy",
    "实际平台补贴": "subsidy",
    "其他平台补贴": "subsidy",
    "以旧换新抵扣": "subsidy",
    "政府补贴平台垫资": "subsidy",
    "实际达人补贴": "subsidy",
    "实际抖音支付补贴": "subsidy",
    "实际抖音月付营销补贴": "subsidy",
    "银行补贴": "subsidy",
    "订单退款": "refund",
    "平台服务费": "commission",
    "佣金": "commission",
    "服务商佣金": "commission",
    "渠道分成": "commission",
    "招商服务费": "commission",
    "站外推广费": "marketing",
    "其他分成": "commission",
}

_SCENES = {
    "order_payment": "货款结算入账 福袋业务结算入账 订单结算 提前收款",
    "refund": (
        "退款 退款-结算后退款-退用户 退款-订单退款触发-退补贴 退款-价保补差 价保补差退回 "
        "退款-价保补差退回 退款-退转付扣减商家货款 退款-极速退 退款-商家赔付扣减商家货款 "
        "退款-退款失败资金退回 保证金垫付退款结算分账 小额打款 用户向商家打款"
    ),
    "commission": "退款-订单退款触发-分账 退款-订单退款触发-退分账 佣金入账 服务费返还 年框返点 平台服务费",
    "shipping_fee": "上门取件运费 偏远地区物流服务 在线寄件费 运费单结算 供应链QIC费用 BIC服务费",
    "insurance": "权益保险 退换货运费险 运费险扣减货款 上门取件保司理赔金",
    "marketing": (
        "营销费用-评价有礼 抖音支付与商家联合补贴营销活动 抖音月付补贴 抖音月付贴息 抖音月付营销补贴 站外推广"
    ),
    "subsidy": "平台激励金 平台改派补贴 平台补贴扣回",
    "penalty": "消费者赔付 判罚扣款 物流赔付 退款-赔付失败资金退回 欠票扣款-商家开票",
    "deposit": "充值保证金 货款充值保证金 保证金退款",
    "topup": "充值千川广告费 货款直投千川 货款充值云仓服务账户",
    "payout": "提现 提现退票",
    "transfer": "主体变更旧主体资金转入新主体",
    "loan": "放心借·贷款还款 放心借-贷款还款",
    "donation": "公益捐款",
    "other": "人工调账",
}
_WORDS = {word: category for category, words in _SCENES.items() for word in words.split()} | _COMPONENTS


def category(word: str) -> str:
    """Scenes that the platform words in several ways: 退款-极速退款退用户, 退款-极速退货款…"""
    return "refund" if word.startswith("退款-极速退") else ""


def build(table: Table, cells: Cells, context: Context, problems: Problems) -> Draft:
    """One line for each component, or one line for a row without components."""
    plus = np.isin(cells.text["direction"], ["入账", "收入"])
    cells.text["direction"] = np.where(
        plus, "入账", np.where(_goes_out(cells), "出账", cells.text["direction"])
    )
    net = directed(cells, "money", "direction", problems, "入账", "出账")
    parts: list[Part] = []
    some = np.zeros(len(cells), dtype=bool)
    for title in _COMPONENTS:
        there = cells.amount[title] != 0
        if there.any():
            word = np.full(len(cells), title, dtype=object)
            parts.append(Part(title=title, word=word, amount=cells.amount[title], there=there))
            some |= there
    parts.insert(0, Part(title="", word=cells.text["scene"], amount=net, there=~some))
    return Draft(
        booked_at=cells.moment["booked_at"],
        identity=joined(cells.text["line_ref"], cells.text["scene"]),
        parts=parts,
        net=net,
        net_title=cells.titles["money"],
        fields={
            name: cells.text[name]
            for name in ("line_ref", "order_ref", "sub_order_ref", "refund_ref", "sku", "memo")
        },
        currency="CNY",
    )


def _goes_out(cells: Cells) -> Array:
    return np.isin(cells.text["direction"], ["出账", "支出"])


LAYOUT = Layout(
    name="douyin_fund_statement",
    platform="douyin",
    kind="fund_flow",
    unique_lines=True,
    without=("账户余额(元)",),
    columns=(
        moment("booked_at", "动账时间"),
        ident("line_ref", "动账流水号", filled=True),
        text("direction", "动账方向", filled=True),
        amount("money", "动账金额", "动账金额(元)", filled=True),
        text("scene", "动账场景"),
        ident("sub_order_ref", "子订单号", "关联子订单号", required=False),
        ident("order_ref", "订单号", "关联订单号"),
        ident("refund_ref", "售后编号", required=False),
        ident("sku", "商品ID", required=False),
        text("memo", "备注", required=False),
        *(amount(title, title, required=False) for title in _COMPONENTS),
    ),
    words=_WORDS,
    category=category,
    build=build,
)
