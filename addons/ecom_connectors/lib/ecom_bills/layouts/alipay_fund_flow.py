"""Alipay 资金流水 of the merchant centre: every change of the balance, newest line first.

GB18030, comma, blanks are one space. Two lines of preamble, 19 columns or 22 (服务费, 支付渠道, 签约产品).
Money out is positive although its title says minus; the column decides. The balance runs; there are no
totals:

    序号,入账时间,支付宝交易号,支付宝流水号,商户订单号,账务类型,收入（+元）,支出（-元）,账户余额（元）,…
    1,2026-06-22 15:22:09,7712…,7571553117014466363, ,理财申购, ,600.57,652.07,…
    2,2026-06-22 15:22:08,0163…,7159823907631817904,9677…,在线支付,51.59, ,537.85,…
"""

from __future__ import annotations

import numpy as np

from ..bill import Context
from ..layout import Cells, Draft, Layout, Part, Problems, Table, amount, ident, moment, text
from ..lines import in_out, joined
from .alipay_common import AMBIGUOUS, CODES, TYPES, merchants, order_refs, period, refined, refined_words
from .alipay_common import category as by_code

_AMBIGUOUS = (*AMBIGUOUS, "红包")
# What the other direction of a payment means: we bought something.
_SPENT = ("在线支付", "扫码付款", "快捷支付")
_TYPES = {
    "扫码付款": "order_payment",
    "快捷支付": "order_payment",
    "退款": "refund",
    "理财申购": "transfer",
    "理财赎回": "transfer",
    "余额宝-转入": "transfer",
    "余额宝-转出": "transfer",
    "余额宝-自动转入": "transfer",
    "充值": "transfer",
    "信用卡还款": "transfer",
    "花呗还款": "transfer",
    "消费": "other",
    "生活缴费": "other",
    **{f"{word}|支出": "other" for word in _SPENT},
}


def build(table: Table, cells: Cells, context: Context, problems: Problems) -> Draft:
    """One line for each row."""
    net = in_out(cells, "income", "outgo", problems)
    types, described = cells.text["type"], cells.text["described"]
    words = refined(types, cells.text["memo"], _AMBIGUOUS).copy()
    spent = np.isin(types, _SPENT) & (net < 0)
    words[spent] = types[spent] + "|支出"
    given = (described != "") & ~spent
    words[given] = described[given]
    date_from, date_to = period(table)
    return Draft(
        booked_at=cells.moment["booked_at"],
        identity=joined(cells.text["line_ref"], types),
        parts=[Part(title="", word=words, amount=net)],
        net=net,
        net_title=cells.titles["income"],
        fields={
            "line_ref": cells.text["line_ref"],
            "transaction_ref": cells.text["transaction_ref"],
            "order_ref": order_refs(cells, "base_order", "merchant_order", "memo"),
            "sub_order_ref": cells.text["sub_order_ref"],
            "memo": cells.text["memo"],
        },
        balance=cells.amount["balance"],
        merchants=merchants(table),
        currency="CNY",
        date_from=date_from,
        date_to=date_to,
    )


def category(word: str) -> str:
    """A transfer or a red packet may be the owner's own money: only its remark can tell."""
    return by_code(word)


LAYOUT = Layout(
    name="alipay_fund_flow",
    platform="alipay",
    kind="fund_flow",
    trailer=("#",),
    trailer_needed=True,
    trailer_end=r"导出时间[:：]\s*\[?[^\[\]]*\d{2}:\d{2}:\d{2}(?!\d)",
    columns=(
        ident("line_ref", "支付宝流水号", filled=True),
        ident("transaction_ref", "支付宝交易号"),
        ident("merchant_order", "商户订单号"),
        moment("booked_at", "入账时间"),
        text("type", "账务类型"),
        amount("income", "收入（+元）"),
        amount("outgo", "支出（-元）"),
        amount("balance", "账户余额（元）", filled=True),
        text("described", "业务描述", required=False),
        ident("base_order", "业务基础订单号", required=False),
        ident("sub_order_ref", "业务订单号", required=False),
        text("memo", "备注", required=False),
    ),
    words={word: value for word, value in TYPES.items() if word != "转账"}
    | _TYPES
    | refined_words(_AMBIGUOUS)
    | CODES,
    category=category,
    build=build,
)
