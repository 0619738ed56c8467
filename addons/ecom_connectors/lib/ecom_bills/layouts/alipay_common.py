"""What the merchant exports of Alipay have in common: the preamble, order numbers, the vocabulary.

Taobao and Tmall hide the order number (tid) in the merchant's order number or in the remark; elsewhere the
merchant's order number is the order number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import numpy as np

from ..columns import mapped
from ..layout import CHINA_HOURS, Array, Cells, Table
from ..moments import read_moment

_ACCOUNT = re.compile(r"账号[:：].*?\[?(\d{12,24})\]?")
_PERIOD = re.compile(
    r"(?:起始|终止)日期[:：]\s*\[?\s*(\d{4})[年/-](\d{1,2})[月/-](\d{1,2})日?\s+(\d{2}:\d{2}:\d{2})"
)

_TAOBAO = re.compile(
    r"(?<![A-Za-z\d])T\d+N?P(\d{10,20})|(?:HJ)?C(?:AE|OM)[A-Z\d]*(?:==|_).*?(\d{10,20})(?!\d)|GXFZ_.*?(\d{10,20})(?!\d)"
)
_REMARK = re.compile(
    r"(?<![A-Za-z\d])T\d+N?P(\d{10,20})|(?:关联)?订单号?[:：]?\s*(\d{15,20})(?!\d)|[{\[(（【](\d{15,20})[)}\]）】]"
)
_DIGITS = re.compile(r"(?<!\d)(\d{16,20})(?!\d)")

# Remarks of lines whose type says too little, most telling first.
KEYWORDS: dict[str, str] = {
    "淘宝客佣金": "marketing",
    "淘宝联盟佣金": "marketing",
    "淘宝客推广佣金": "marketing",
    "天猫佣金": "commission",
    "聚划算佣金": "commission",
    "淘抢购技术服务费": "commission",
    "基础软件服务费": "commission",
    "类目软件服务费": "commission",
    "代扣返点积分": "commission",
    "代扣交易退回积分": "commission",
    "技术年费": "commission",
    "消费者体验提升计划服务费": "commission",
    "花呗分期免息营销": "marketing",
    "买就返": "marketing",
    "权益红包": "marketing",
    "支付宝红包": "marketing",
    "花呗支付服务费": "payment_fee",
    "信用卡支付服务费": "payment_fee",
    "花呗分期服务费": "payment_fee",
    "运费险保费收取": "insurance",
    "价格保障保险": "insurance",
    "退保保费支付": "insurance",
    "保险保证金": "deposit",
    "保证金冻结": "deposit",
    "保证金解冻": "deposit",
    "保证金充值": "deposit",
    "天猫保证金": "deposit",
    "保证金理赔": "refund",
    "售后退款": "refund",
    "保证金退款": "refund",
    "售后支付": "refund",
    "支付宝转账小额打款": "refund",
    "公益宝贝": "donation",
    "转出到网商银行": "transfer",
    "余利宝": "transfer",
    "网商贷-放款": "loan",
    "网商贷-还款": "loan",
}
_KEYWORD = re.compile("|".join(re.escape(word) for word in KEYWORDS))

# 业务类型 / 账务类型. Those without a category of their own are told by their remark.
TYPES: dict[str, str] = {
    "在线支付": "order_payment",
    "交易付款": "order_payment",
    "交易退款": "refund",
    "收费": "payment_fee",
    "退费": "payment_fee",
    "提现": "payout",
    "充值": "topup",
    "转账": "transfer",
    "退款(保证金)": "refund",
    "贷款还款": "loan",
    "保险": "insurance",
}
AMBIGUOUS = ("收费", "退费", "转账", "交易分账", "其它", "其他", "退款(保证金)", "退款（保证金）", "保险")

# 业务描述: code|大类-小类
CODES: dict[str, str] = {
    "0010001|交易收款-交易收款": "order_payment",
    "0010002|交易收款-预售定金(买家责任不退还)": "order_payment",
    "0010022|交易收款-提前收款": "order_payment",
    "001002200001|交易收款-提前收款-花呗交易": "order_payment",
    "0020001|交易退款-余额退款": "refund",
    "0020002|交易退款-保证金退款": "refund",
    "0020005|交易退款-售中退款(极速回款)": "refund",
    "0020011|交易退款-交易退款": "refund",
    "064000200001|交易还款-提前收款-花呗交易": "refund",
    "064000200002|交易还款-提前收款-售中退款": "refund",
    "0030001|软件服务费-天猫返点积分": "commission",
    "0030002|天猫年费": "commission",
    "0030003|类目软件服务费(原天猫佣金)": "commission",
    "0030007|聚划算": "commission",
    "0030018|天猫返点积分(退款)": "commission",
    "0030038|支付宝服务费": "payment_fee",
    "0030039|每日必买": "commission",
    "0030129|热浪引擎第三方服务商服务费(平台开票)": "commission",
    "0030130|基础软件服务费": "commission",
    "0030153T|淘宝营销活动软件服务费": "commission",
    "0030162T|淘金币软件服务费": "commission",
    "0050005|保险支出-卖家版运费险": "insurance",
    "0060011|营销支出-淘宝客佣金": "marketing",
    "0060081T|食品生鲜美食多买多省商家红包出资": "marketing",
    "0060092T|消费券代付资金扣回": "marketing",
    "0060096T|淘特营销托管推广服务费": "marketing",
    "0060105T|商家加补券出资": "marketing",
    "0070023|其他支出-百亿补贴预收": "subsidy",
    "008000200003|保证金-天猫-扣除转移": "deposit",
    "008002800014|保证金-天猫-出账缴存": "deposit",
    "008002800015|保证金-淘宝-额度补齐缴存": "deposit",
    "0110001|公益性捐赠支出-公益宝贝": "donation",
    "0170125T|服务费-消费者体验提升计划服务费": "commission",
    "0170144T|天猫U先物流理赔费用": "penalty",
    "0170155T|天猫U先供应链管理服务费": "commission",
    "0240004T|其他收入-百亿补贴激励前返": "subsidy",
    "0530288T|技术&服务费-大服饰跨境服务增值费": "commission",
    "0530294T|限时红包代商家垫付扣回": "marketing",
}
_BY_CODE = {word.partition("|")[0]: category for word, category in CODES.items()}


def category(word: str) -> str:
    """A 业务描述 is known by its code: the platform words one code in several ways."""
    code, bar, _ = word.partition("|")
    return _BY_CODE.get(code, "") if bar else ""


def refined(types: Array, remarks: Array, ambiguous: Sequence[str]) -> Array:
    """Types that say too little, with the keyword of their remark: `收费|天猫佣金`."""
    vague = np.isin(types, list(ambiguous)) & (remarks != "")
    if not vague.any():
        return types
    words = types.copy()
    for place in np.flatnonzero(vague).tolist():
        found = _KEYWORD.search(remarks[place])
        if found:
            words[place] = f"{types[place]}|{found[0]}"
    return np.asarray(words)


def refined_words(ambiguous: Sequence[str]) -> dict[str, str]:
    """The vocabulary of refined words."""
    return {f"{kind}|{word}": category for kind in ambiguous for word, category in KEYWORDS.items()}


def order_refs(cells: Cells, base: str, merchant: str, remark: str) -> Array:
    """The number a shop order carries: the platform's base order, else the tid inside the merchant's
    number, else the tid in the remark, else the merchant's own number, else a long number in the remark.
    """
    refs = cells.text[base].copy()
    numbers = cells.text[merchant]
    open_ = np.flatnonzero(refs == "")
    if not len(open_):
        return np.asarray(refs)
    refs[open_] = _found(numbers[open_], _TAOBAO)
    if cells.has(remark):
        _fill(refs, cells.text[remark], _REMARK)
    still = refs == ""
    refs[still] = numbers[still]
    if cells.has(remark):
        _fill(refs, cells.text[remark], _DIGITS)
    return np.asarray(refs)


def _fill(refs: Array, remarks: Array, pattern: re.Pattern[str]) -> None:
    places = np.flatnonzero((refs == "") & (remarks != ""))
    refs[places] = _found(remarks[places], pattern)


def _found(texts: Array, pattern: re.Pattern[str]) -> Array:
    """The first group that a pattern finds in each text."""
    search = pattern.search
    return mapped(
        [match[match.lastindex or 0] if text and (match := search(text)) else "" for text in texts.tolist()]
    )


def merchants(table: Table) -> tuple[str, ...]:
    """The account number of the preamble."""
    found = _ACCOUNT.search("\n".join(table.preamble))
    return (found[1],) if found else ()


def period(table: Table) -> tuple[datetime | None, datetime | None]:
    """The declared period as naive UTC."""
    days = [
        read_moment(f"{year}-{month:0>2}-{day:0>2} {clock}", ("YYYY-MM-DD hh:mm:ss",), CHINA_HOURS)
        for year, month, day, clock in _PERIOD.findall("\n".join(table.preamble))
    ]
    return (days[0], days[1]) if len(days) > 1 else (None, None)
