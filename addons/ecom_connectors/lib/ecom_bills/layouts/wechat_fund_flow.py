"""WeChat Pay fund flow 资金账单: every change of a merchant account's balance (BASIC, OPERATION or FEES).

From the merchant platform or the API. UTF-8, comma, every value starts with a backtick. 收支金额 is
positive, 收支类型 says in or out; the balance runs. 业务凭证号 is the merchant's order number on payments
and their fees, the merchant's refund number on refunds, something else elsewhere. The last two lines are
the platform's own totals; counts may be printed as `20.0`:

    记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),…
    `2021-02-01 13:54:01,`5030…,`4200…,`退款,`退款,`支出,`0.01,`0.22,`1601959334API,`…
    资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额
    `3,`1,`0.01,`2,`0.02
"""

from __future__ import annotations

import numpy as np

from ..amounts import exact_sum
from ..bill import Context
from ..layout import Array, Cells, Draft, Layout, Part, Problems, Proof, Table, amount, ident, moment, text
from ..lines import directed, joined
from .wechat_common import check_summary, summary

_WORDS = {
    "交易": "order_payment",
    "扣除交易手续费": "payment_fee",
    "退还交易手续费": "payment_fee",
    "退款": "refund",
    "退款关闭": "refund",
    "交易退款": "refund",
    "提现": "payout",
    "提现撤销": "payout",
    "充值": "topup",
    "企业付款": "transfer",
    "商家转账": "transfer",
    "企业付款到零钱": "transfer",
    "分账": "commission",
    "分账回退": "commission",
    "代金券": "marketing",
    "立减与折扣": "marketing",
    "企业红包": "marketing",
    "现金红包": "marketing",
}


def build(table: Table, cells: Cells, context: Context, problems: Problems) -> Draft:
    """One line for each row."""
    net = directed(cells, "money", "direction", problems, "收入", "支出")
    words = np.where(cells.text["type"] == "", cells.text["business"], cells.text["type"])
    is_refund = _has(words, "退款") | _has(words, "退还")
    is_order = (_has(words, "交易") | _has(words, "分账")) & ~is_refund
    voucher = cells.text["voucher"]
    return Draft(
        booked_at=cells.moment["booked_at"],
        identity=joined(cells.text["line_ref"], cells.text["transaction_ref"], words),
        parts=[Part(title="", word=words, amount=net)],
        net=net,
        net_title=cells.titles["money"],
        fields={
            "line_ref": cells.text["line_ref"],
            "transaction_ref": cells.text["transaction_ref"],
            "order_ref": np.where(is_order, voucher, ""),
            "refund_ref": np.where(is_refund, voucher, ""),
            "memo": cells.text["memo"],
        },
        balance=cells.amount["balance"],
        currency="CNY",
    )


def _has(words: Array, part: str) -> Array:
    """Which words contain a part, looked up once per word."""
    known, codes = np.unique(words.astype(str), return_inverse=True)
    return np.array([part in word for word in known.tolist()], dtype=bool)[codes]


def totals(table: Table, cells: Cells, draft: Draft, context: Context) -> Proof:
    """The summary: rows, rows and sum of money in, rows and sum of money out."""
    proof = Proof()
    row, figures = summary(table, proof)
    if not figures:
        return proof
    money_in = cells.text["direction"] == "收入"
    came, went = draft.net[money_in], draft.net[~money_in]
    check_summary(proof, figures, "资金流水总笔数", len(cells), row, 0)
    check_summary(proof, figures, "收入笔数", len(came), row, 0)
    check_summary(proof, figures, "收入金额", exact_sum(came), row, context.digits)
    check_summary(proof, figures, "支出笔数", len(went), row, 0)
    check_summary(proof, figures, "支出金额", -exact_sum(went), row, context.digits)
    if {item.name for item in proof.controls} >= {"收入金额", "支出金额"}:
        declared = {item.name: item.declared for item in proof.controls}
        proof.control = declared["收入金额"] - declared["支出金额"]
    return proof


LAYOUT = Layout(
    name="wechat_fund_flow",
    platform="wechatpay",
    kind="fund_flow",
    backtick=True,
    trailer=("资金流水总笔数",),
    trailer_needed=True,
    columns=(
        moment("booked_at", "记账时间"),
        ident("transaction_ref", "微信支付业务单号"),
        ident("line_ref", "资金流水单号", filled=True),
        text("business", "业务名称"),
        text("type", "业务类型"),
        text("direction", "收支类型", filled=True),
        amount("money", "收支金额(元)", filled=True),
        amount("balance", "账户结余(元)", filled=True),
        text("memo", "备注"),
        ident("voucher", "业务凭证号"),
    ),
    words=_WORDS,
    build=build,
    totals=totals,
)
