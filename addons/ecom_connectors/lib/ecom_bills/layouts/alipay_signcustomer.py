"""Alipay 账务明细 (`signcustomer`): every change of the balance of a merchant account.

From the bill download of the open platform or the merchant centre: a ZIP with this CSV and a summary.
GB18030, comma, no quotes, ids end in a TAB. 12, 13 or 16 columns in any order; money out is negative in its
own column (0.00 in old files); the balance runs. The trailer gives number and sum of money in and out:

    账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,…
    54632446537371	,2012122923922029	,3226563	,机票	,2012-12-29 21:02:06,陈*	,2274.00,…
    #支出合计：0笔，共0.00元
    #收入合计：18笔，共14989.00元
"""

from __future__ import annotations

from ..bill import Context
from ..layout import Cells, Draft, Layout, Part, Problems, Table, amount, ident, moment, text
from ..lines import in_out, joined
from ..proof import in_out_totals
from .alipay_common import (
    AMBIGUOUS,
    CODES,
    TYPES,
    category,
    merchants,
    order_refs,
    period,
    refined,
    refined_words,
)

_POINTS = "转账|CAE"  # Taobao debits its fees as transfers with this order number


def build(table: Table, cells: Cells, context: Context, problems: Problems) -> Draft:
    """One line for each row."""
    net = in_out(cells, "income", "outgo", problems)
    types, described = cells.text["type"], cells.text["described"]
    words = refined(types, cells.text["memo"], AMBIGUOUS)
    fees = (words == "转账") & cells.text["merchant_order"].astype("U3").__eq__("CAE")
    words = words.copy()
    words[fees] = _POINTS
    given = described != ""
    words[given] = described[given]
    date_from, date_to = period(table)
    return Draft(
        booked_at=cells.moment["booked_at"],
        identity=joined(cells.text["line_ref"], cells.text["transaction_ref"], types),
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


LAYOUT = Layout(
    name="alipay_signcustomer",
    platform="alipay",
    kind="fund_flow",
    trailer=("#",),
    trailer_needed=True,
    trailer_end=r"导出时间[:：]\s*\[?[^\[\]]*\d{2}:\d{2}:\d{2}(?!\d)\]",
    columns=(
        ident("line_ref", "账务流水号", filled=True),
        ident("transaction_ref", "业务流水号"),
        ident("merchant_order", "商户订单号"),
        moment("booked_at", "发生时间"),
        amount("income", "收入金额（+元）"),
        amount("outgo", "支出金额（-元）"),
        amount("balance", "账户余额（元）", filled=True),
        text("type", "业务类型", required=False),
        text("described", "业务描述", required=False),
        ident("base_order", "业务基础订单号", required=False),
        ident("sub_order_ref", "业务订单号", required=False),
        text("memo", "备注", required=False),
    ),
    words=TYPES | refined_words(AMBIGUOUS) | {_POINTS: "commission"} | CODES,
    category=category,
    build=build,
    totals=in_out_totals("income", "outgo"),
)
