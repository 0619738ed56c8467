"""Pinduoduo 账务明细: GB18030 csv in a zip, five preamble lines of which one is empty, totals at the end.

Expense is negative, the other side is a bare 0; there is no balance and no line number. The trailer counts
rows.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from ..containers import zipped
from ..model import Account, Move, yuan

HEAD = "商户订单号,发生时间,收入金额（+元）,支出金额（-元）,账务类型,备注,业务描述"
CATEGORY = {
    "sale": "order_payment",
    "subsidy": "subsidy",
    "refund": "refund",
    "commission": "commission",
    "affiliate": "marketing",
    "payout": "payout",
    "ads_topup": "topup",
    "penalty": "penalty",
    "freight_compensation": "shipping_fee",
    "unknown": "",
}
WORDS = {
    "sale": ("交易收入", "-", "0010002|交易收入-订单收入"),
    "subsidy": ("优惠券结算", "-", "0010005|交易收入-优惠券结算"),
    "refund": ("退款", "-", "0020002|交易退款-订单退款"),
    "commission": ("技术服务费", "基础技术服务费", "0030002|技术服务费-基础技术服务费"),
    "affiliate": ("多多进宝", "多多进宝推广佣金", "0060001|营销费用-多多进宝"),
    "payout": ("提现", "提现申请", "0080001|提现-提现申请"),
    "ads_topup": ("转账", "推广账户充值", "0070004|转账-广告账户"),
    "penalty": ("扣款", "延迟发货", "0040004|售后费用-延迟发货"),
    "freight_compensation": ("其他服务", "运费补偿", "0040009|售后费用-运费补偿"),
    "unknown": ("其他", "智能客服托管", "0990099|新增费用-智能客服托管"),
}


def kinds(account: Account) -> dict[str, list[tuple[str, int]]]:
    return {"fund_flow": [(CATEGORY[move.word], move.amount) for move in account.delivered()]}


def bills(account: Account) -> Iterator[tuple[str, bytes]]:
    for first, after, moves in account.files():
        stem = f"pdd-mall-bill-detail({account.serial[:9]})_{after:%Y-%m-%d}-09-15-20_1"
        yield f"{stem}.zip", zipped({f"{stem}.csv": _file(first, after, moves)})


def _file(first: date, after: date, moves: list[Move]) -> bytes:
    last = datetime.combine(after, time()) - timedelta(seconds=1)
    income = [move.amount for move in moves if move.amount > 0]
    expense = [move.amount for move in moves if move.amount < 0]
    lines = [
        "拼多多店铺账务明细查询",
        "",
        f"起始时间：{first} 00:00:00  终止时间：{last}",
        "----------交易记录明细列表---------",
        HEAD,
        *map(_row, moves),
        f"#支出合计：{len(expense)}笔{yuan(sum(expense))}元",
        f"#收入合计：{len(income)}笔{yuan(sum(income))}元",
    ]
    return "\n".join([*lines, ""]).encode("gb18030")


def _row(move: Move) -> str:
    kind, memo, text = WORDS[move.word]
    if move.word == "commission" and move.amount > 0:
        memo += "返还"
    order_no = move.order if move.referenced else ""
    if move.word == "affiliate" and int(move.id[-1]) < 3:
        order_no, memo = "", f"{memo}（订单{move.order}）"
    return ",".join(
        (
            order_no,
            f"{move.at:%Y-%m-%d %H:%M:%S}",
            yuan(move.amount) if move.amount > 0 else "0",
            yuan(move.amount) if move.amount < 0 else "0",
            kind,
            memo,
            text,
        )
    )
