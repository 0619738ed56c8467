"""Pinduoduo 账务明细: every change of a shop's account.

From the back office (对账中心), a ZIP with CSV. GB18030, comma; a preamble of four lines, one of them
empty; users append columns of their own. Money out is negative, the other side is 0. There is no line id
and no balance: a line is known by a hash of its values and its count among equal rows. The trailer with the
totals is not always there:

    拼多多店铺账务明细查询
    (empty)
    起始时间：2026-06-01 00:00:00  终止时间：2026-06-30 23:59:59
    ----------交易记录明细列表---------
    商户订单号,发生时间,收入金额（+元）,支出金额（-元）,账务类型,备注,业务描述
    260620-1,2026-06-30 23:30:43,61.80,0,交易收入,-,0010002|交易收入-订单收入
    #支出合计：3485笔-59276.09元
"""

from __future__ import annotations

import re
from datetime import datetime

import numpy as np

from ..bill import Context
from ..columns import mapped
from ..layout import (
    CHINA_FORMS,
    CHINA_HOURS,
    Array,
    Cells,
    Draft,
    Layout,
    Part,
    Problems,
    Table,
    amount,
    ident,
    moment,
    text,
)
from ..lines import in_out, row_hash
from ..moments import read_moment
from ..proof import in_out_totals

_PERIOD = re.compile(r"(?:起始|终止)时间[:：]\s*(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})")
_ORDER = re.compile(r"(\d{6}-\d{15})")

# 业务描述: code|大类-小类. 账务类型 stands in where there is no 业务描述.
_WORDS = {
    "0010002|交易收入-订单收入": "order_payment",
    "0010005|交易收入-优惠券结算": "subsidy",
    "0020002|交易退款-订单退款": "refund",
    "0020005|交易退款-优惠券结算": "subsidy",
    "0030001|技术服务费-技术服务费": "commission",
    "0030002|技术服务费-基础技术服务费": "commission",
    "0030003|技术服务费-百亿补贴技术服务费": "commission",
    "0040002|售后费用-售后补偿消费者": "penalty",
    "0040004|售后费用-延迟发货": "penalty",
    "0040005|售后费用-虚假发货": "penalty",
    "售后费用-欺诈发货": "penalty",
    "售后费用-缺货": "penalty",
    "售后费用-小额打款": "refund",
    "售后费用-运费补偿": "shipping_fee",
    "0050002|服务支出-消费者体验提升计划": "commission",
    "0060001|营销费用-多多进宝": "marketing",
    "0060002|营销费用-跨店满返": "marketing",
    "0070004|转账-广告账户": "topup",
    "0080001|提现-提现申请": "payout",
    "0140028|其他支出-合作费追回": "penalty",
    "其他收入-申诉补回": "penalty",
    "店铺保证金": "deposit",
    "活动保证金": "deposit",
    "交易收入": "order_payment",
    "优惠券结算": "subsidy",
    "退款": "refund",
    "交易退款": "refund",
    "技术服务费": "commission",
    "转账": "topup",
    "提现": "payout",
    "多多进宝": "marketing",
}
_BY_TEXT = {word.rpartition("|")[2]: category for word, category in _WORDS.items()}
_BY_CODE = {word.partition("|")[0]: category for word, category in _WORDS.items() if "|" in word}


def category(word: str) -> str:
    """The text behind the bar decides, then its first part, then the code before the bar."""
    code, _, said = word.rpartition("|")
    known = _BY_TEXT.get(said)
    if known is None and "保证金" in said:
        known = "deposit"
    return known if known is not None else _BY_CODE.get(code, "")


def build(table: Table, cells: Cells, context: Context, problems: Problems) -> Draft:
    """One line for each row."""
    net = in_out(cells, "income", "outgo", problems)
    described, types = cells.text["described"], cells.text["type"]
    words = np.where(described == "", types, described)
    moments = cells.moment["booked_at"]
    identity = row_hash(moments, cells.text["order_ref"], net, types, described, cells.text["memo"])
    date_from, date_to = _period(table)
    return Draft(
        booked_at=moments,
        identity=identity,
        parts=[Part(title="", word=words, amount=net)],
        net=net,
        net_title=cells.titles["income"],
        fields={"order_ref": _order_refs(cells), "memo": cells.text["memo"]},
        currency="CNY",
        date_from=date_from,
        date_to=date_to,
    )


def _order_refs(cells: Cells) -> Array:
    """The order number, for fees without one the order number in their remark."""
    refs, remarks = cells.text["order_ref"].copy(), cells.text["memo"]
    places = np.flatnonzero((refs == "") & (remarks != ""))
    found = [_ORDER.search(remark) for remark in remarks[places]]
    refs[places] = mapped([match[1] if match else "" for match in found])
    return np.asarray(refs)


def _period(table: Table) -> tuple[datetime | None, datetime | None]:
    days = [read_moment(day, CHINA_FORMS, CHINA_HOURS) for day in _PERIOD.findall("\n".join(table.preamble))]
    return (days[0], days[1]) if len(days) > 1 else (None, None)


LAYOUT = Layout(
    name="pinduoduo_account",
    platform="pinduoduo",
    kind="fund_flow",
    trailer=("#",),
    without=("账务流水号", "账户余额（元）"),
    columns=(
        ident("order_ref", "商户订单号"),
        moment("booked_at", "发生时间"),
        amount("income", "收入金额（+元）"),
        amount("outgo", "支出金额（-元）"),
        text("type", "账务类型"),
        text("memo", "备注"),
        text("described", "业务描述"),
    ),
    words=_WORDS,
    category=category,
    build=build,
    totals=in_out_totals("income", "outgo", loose=True),
)
