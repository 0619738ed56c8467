"""WeChat Pay trade bill 交易账单: payments and refunds with their fee (ALL, SUCCESS and REFUND; old 24 and
26 columns).

From the merchant platform or the API. UTF-8, comma, every value starts with a backtick, no quotes. A
payment row has 应结订单金额, a REFUND or REVOKED row has 退款金额, both positive. 手续费 has five decimals,
positive = charged, negative = given back. Two lines for each row: the payment or refund, and the fee
rounded half away from zero to the cent. The last two lines are the platform's own totals, and they are
exact at five decimals:

    交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,…,交易状态,…,应结订单金额,…,手续费,费率,…
    `2021-01-28 17:07:11,`wx81…,`1601959334,`0,`,`4200000925202101284997714292,`S20210128170702357723,…
    总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额
    `3,`0.03,`0.00,`0.00,`0.00000,`0.03,`0.00
"""

from __future__ import annotations

import numpy as np

from ..amounts import exact_sum, to_minor
from ..bill import Context
from ..layout import Cells, Draft, Layout, Part, Problems, Proof, Table, amount, ident, moment, text
from ..lines import joined
from .wechat_common import FEE, check_summary, summary

_FEE_SCALE = 5
# Total in the summary (new words, old words) -> column of the details.
_TOTALS = (
    (("应结订单总金额", "总交易额"), "settled"),
    (("退款总金额", "总退款金额"), "refunded"),
    (("充值券退款总金额", "总企业红包退款金额", "总代金券或立减优惠退款金额"), "coupon_refunded"),
    (("手续费总金额",), "fee"),
    (("订单总金额",), "gross"),
    (("申请退款总金额",), "asked"),
)


def build(table: Table, cells: Cells, context: Context, problems: Problems) -> Draft:
    """Two lines for each row: the payment or refund, and its fee where there is one."""
    states = cells.text["state"]
    strange = np.flatnonzero(~np.isin(states, ["SUCCESS", "REFUND", "REVOKED"]))
    problems.at(strange, cells.rows, states, cells.titles["state"], "not_a_choice")
    is_refund = states != "SUCCESS"
    trade = cells.amount["settled"] - cells.amount["refunded"]
    fee = -to_minor(cells.amount["fee"], _FEE_SCALE, context.digits)
    refund_id = cells.text["refund_id"]
    transaction = np.where(is_refund & (refund_id != ""), refund_id, cells.text["transaction_id"])
    booked_at = cells.moment["booked_at"]
    if cells.has("refunded_at"):
        given = ~np.isnat(cells.moment["refunded_at"])
        booked_at = np.where(given, cells.moment["refunded_at"], booked_at)
    words = np.full(len(cells), FEE, dtype=object)
    currencies = sorted(set(cells.text["currency"].tolist()) - {""})
    if len(currencies) > 1:
        problems.add("other_currency", ", ".join(currencies))
    return Draft(
        booked_at=booked_at,
        identity=joined(transaction, states),
        parts=[
            Part(title="", word=states, amount=trade),
            Part(title=FEE, word=words, amount=fee, there=fee != 0),
        ],
        net=trade + fee,
        net_title=cells.titles["settled"],
        fields={
            "order_ref": cells.text["order_ref"],
            "transaction_ref": transaction,
            "refund_ref": np.where(is_refund, cells.text["refund_ref"], ""),
        },
        merchants=_merchants(cells),
        currency=currencies[0] if currencies else "CNY",
    )


def _merchants(cells: Cells) -> tuple[str, ...]:
    """The merchant and, in a service provider's bill, the merchants it serves."""
    served = set(cells.text["sub_merchant"].tolist())
    return (*sorted(set(cells.text["merchant"].tolist())), *sorted(served - {"", "0"}))


def totals(table: Table, cells: Cells, draft: Draft, context: Context) -> Proof:
    """The summary: number of rows, and sums that must agree exactly, the fee at its five decimals."""
    proof = Proof()
    row, figures = summary(table, proof)
    if not figures:
        return proof
    check_summary(proof, figures, "总交易单数", len(cells), row, 0)
    for titles, name in _TOTALS:
        scale = _FEE_SCALE if name == "fee" else context.digits
        if name in cells.titles:
            for title in titles:
                check_summary(proof, figures, title, exact_sum(cells.amount[name]), row, scale)
    if not proof.problems:
        # The platform's own figures agree; its fee is booked row by row to the cent.
        proof.control = exact_sum(draft.net)
    return proof


LAYOUT = Layout(
    name="wechat_trade",
    platform="wechatpay",
    kind="settlement",
    encodings=("utf-8", "gb18030"),
    backtick=True,
    trailer=("总交易单数",),
    trailer_needed=True,
    columns=(
        moment("booked_at", "交易时间"),
        ident("merchant", "商户号"),
        ident("sub_merchant", "特约商户号", "子商户号", required=False),
        ident("transaction_id", "微信订单号", filled=True),
        ident("order_ref", "商户订单号"),
        text("state", "交易状态", filled=True),
        text("currency", "货币种类"),
        amount("settled", "应结订单金额", "总金额"),
        moment("refunded_at", "退款成功时间", required=False, filled=False),
        ident("refund_id", "微信退款单号", required=False, blank=("0",)),
        ident("refund_ref", "商户退款单号", required=False, blank=("0",)),
        amount("refunded", "退款金额", required=False),
        amount(
            "coupon_refunded",
            "充值券退款金额",
            "企业红包退款金额",
            "代金券或立减优惠退款金额",
            required=False,
        ),
        amount("fee", "手续费", scale=_FEE_SCALE),
        amount("gross", "订单金额", required=False),
        amount("asked", "申请退款金额", required=False),
    ),
    words={"SUCCESS": "order_payment", "REFUND": "refund", "REVOKED": "refund", FEE: "payment_fee"},
    build=build,
    totals=totals,
)
