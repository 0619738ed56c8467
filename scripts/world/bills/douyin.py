"""Douyin 资金账单, 39 columns: composite rows whose parts add up to 动账金额, and simple rows without any.

xlsx: one title row above the header, amounts signed, empty components. csv: utf-8 with BOM, ids start with an
apostrophe, outgoing amounts positive (动账方向 decides), empty components are 0. No file without rows.
"""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta

from ..containers import sheet
from ..model import Account, Move, yuan

HEAD = (
    "动账时间,动帐流水号,动账方向,动账金额,动账账户,动账场景,计费类型,子订单号,订单号,售后编号,下单时间,商品ID,商品名称,"
    "达人ID,达人名称,订单类型,订单实付应结,运费实付,实际平台补贴_运费,实际平台补贴,其他平台补贴,以旧换新抵扣,"
    "政府补贴平台垫资,实际达人补贴,实际抖音支付补贴,实际抖音月付营销补贴,银行补贴,订单退款,平台服务费,佣金,服务商佣金,"
    "渠道分成,招商服务费,站外推广费,其他分成,是否免佣,免佣金额,商户主体名称,备注"
).split(",")
CATEGORY = {
    "sale": "order_payment",
    "freight": "shipping",
    "subsidy": "subsidy",
    "refund": "refund",
    "commission": "commission",
    "outside_ads": "marketing",
    "payout": "payout",
    "ads_topup": "topup",
    "insurance": "insurance",
    "penalty": "penalty",
    "deposit": "deposit",
    "unknown": "",
}
COMPONENT = {
    "sale": "订单实付应结",
    "freight": "运费实付",
    "subsidy": "实际平台补贴",
    "refund": "订单退款",
    "commission": "平台服务费",
    "outside_ads": "站外推广费",
}
SCENE = {
    "payout": "提现",
    "ads_topup": "充值千川广告费",
    "insurance": "退换货运费险",
    "penalty": "消费者赔付",
    "deposit": "充值保证金",
    "unknown": "智能托管服务扣款",
}
SOURCES = ["小店自卖", "精选联盟", "巨量千川"]


def kinds(account: Account) -> dict[str, list[tuple[str, int]]]:
    return {"fund_flow": [(CATEGORY[move.word], move.amount) for move in account.delivered()]}


def bills(account: Account) -> Iterator[tuple[str, bytes]]:
    for first, after, moves in account.files():
        if not moves:
            continue
        rows: dict[str, list[Move]] = {}
        for move in moves:
            rows.setdefault(move.row, []).append(move)
        last = after - timedelta(days=1)
        name = f"资金账单_{account.serial}_{first:%Y%m%d}_{last:%Y%m%d}"
        if account.plan.form == "xlsx":
            body = [_row(group, signed=True, tick="", nought="") for group in rows.values()]
            yield f"{name}.xlsx", sheet([["名称：资金账单"], HEAD, *body])
        else:
            body = [_row(group, signed=False, tick="'", nought="0") for group in rows.values()]
            text = io.StringIO()
            csv.writer(text, lineterminator="\r\n").writerows([HEAD, *body])
            yield f"{name}.csv", text.getvalue().encode("utf-8-sig")


def _row(group: list[Move], *, signed: bool, tick: str, nought: str) -> list[str]:
    main = group[0]
    net = sum(move.amount for move in group)
    cells = dict.fromkeys(HEAD, "")
    cells |= {
        "动账时间": f"{main.at:%Y-%m-%d %H:%M:%S}",
        "动帐流水号": f"{tick}{main.id}",
        "动账方向": "入账" if net >= 0 else "出账",
        "动账金额": yuan(net if signed else abs(net)),
        "动账账户": "聚合账户",
        "商户主体名称": "示例商贸有限公司",
    }
    cells |= dict.fromkeys(HEAD[HEAD.index("订单实付应结") : HEAD.index("是否免佣")], nought)
    if main.word in SCENE:
        return list((cells | {"动账场景": SCENE[main.word]}).values())
    for move in group:
        cells[COMPONENT[move.word]] = yuan(move.amount)
    back = main.word == "refund"
    cells |= {
        "动账场景": "退款-结算后退款-退用户" if back else "货款结算入账",
        "计费类型": SOURCES[int(main.id[-1]) % 3],
        "子订单号": f"{tick}{main.sub}",
        "订单号": f"{tick}{main.order}",
        "售后编号": f"{tick}{main.refund}" if back else "",
        "下单时间": f"{main.ordered:%Y-%m-%d %H:%M:%S}",
        "商品ID": f"{tick}35{main.sku[-4:]}7788990011",
        "商品名称": main.text,
        "订单类型": "普通订单",
        "是否免佣": "否",
        "备注": "订单结算" if not back else "售后退款",
    }
    return list(cells.values())
