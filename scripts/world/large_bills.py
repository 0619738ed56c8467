"""The bill files of the bulk mode: the same layouts as `bills`, written by whole columns."""

from datetime import timedelta
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .bills import alipay, douyin, pinduoduo, wechatpay
from .containers import zipped
from .model import yuan

if TYPE_CHECKING:
    from .large import Ledger

ALIPAY_WORDS = {0: alipay.WORDS["sale"], 2: alipay.WORDS["commission"], 3: alipay.WORDS["insurance"]} | {
    4: alipay.WORDS["refund"]
}
PDD_WORDS = {0: "sale", 2: "commission", 3: "affiliate", 4: "refund"}
FLOW_WORDS = {0: "交易,`交易", 2: "交易,`扣除交易手续费", 4: "退款,`退款"}
SALE, SUBSIDY, FEE, EXTRA, REFUND = range(5)


def write(place: Path, ledger: "Ledger", step: int = 1) -> None:
    """One file (two for WeChat) for every `step` days into `place`."""
    writer = {"alipay": _alipay, "douyin": _douyin, "pinduoduo": _pinduoduo, "wechatpay": _wechat}
    days = ledger.account.days
    cuts = np.searchsorted(ledger.second, [86400 * day for day in range(days + 1)])
    for day in range(0, days, step):
        after = min(day + step, days)
        first, last = (ledger.account.start + timedelta(days=number) for number in (day, after - 1))
        rows = slice(int(cuts[day]), int(cuts[after]))
        for name, content in writer[ledger.account.plan.account_platform](ledger, first, last, rows):
            (place / name).write_bytes(content)


def _totals(amounts: np.ndarray) -> tuple[int, int, int, int]:
    """(count and sum of income, count and sum of expense)."""
    plus, minus = amounts[amounts > 0], amounts[amounts < 0]
    return len(plus), int(plus.sum()), len(minus), int(minus.sum())


def _columns(ledger: "Ledger", rows: slice):
    return zip(
        ledger.number[rows].tolist(),
        ledger.order[rows].tolist(),
        ledger.word[rows].tolist(),
        ledger.amount[rows].tolist(),
        ledger.balance[rows].tolist(),
        ledger.moments[rows],
        strict=True,
    )


def _alipay(ledger: "Ledger", first, last, rows: slice):
    merchant = f"2088{ledger.account.serial}0156"
    nos, serial = ledger.order_nos, ledger.account.serial

    def line(number, order, word, amount, balance, moment) -> str:
        kind, text = ALIPAY_WORDS[word]
        plus, minus = (yuan(amount), "0.00") if amount > 0 else ("0.00", yuan(amount))
        return (
            f"{serial}{number:09d}\t,{serial}88{order:09d}\t,T200P{nos[order]}\t,家居用品\t,{moment},"
            f"* 客户(bu***@example.com)\t,{plus},{minus},{yuan(balance)},支付宝,{kind},,{text},商家经营,"
            f"{nos[order]}\t,{nos[order]}\t"
        )

    count_in, sum_in, count_out, sum_out = _totals(ledger.amount[rows])
    after = last + timedelta(days=1)
    head = [
        f"#账号：[{merchant}]",
        f"#起始日期：[{first:%Y年%m月%d日} 00:00:00]   终止日期：[{after:%Y年%m月%d日} 00:00:00]",
    ]
    detail = [
        "#支付宝账务明细查询",
        *head,
        f"#{'-' * 41}账务明细列表{'-' * 40}",
        alipay.HEAD,
        *starmap(line, _columns(ledger, rows)),
        f"#{'-' * 40}账务明细列表结束{'-' * 37}",
        f"#支出合计：{count_out}笔，共{yuan(sum_out)}元",
        f"#收入合计：{count_in}笔，共{yuan(sum_in)}元",
        f"#导出时间：[{after:%Y年%m月%d日} 09:31:07]",
        "",
    ]
    yield f"{merchant}_{first:%Y%m%d}_账务明细.csv", "\r\n".join(detail).encode("gb18030")


def _douyin(ledger: "Ledger", first, last, rows: slice):
    nos, serial = ledger.order_nos, ledger.account.serial
    groups: dict[tuple[int, bool], list] = {}
    for number, order, word, amount, _balance, moment in _columns(ledger, rows):
        groups.setdefault((order, word == REFUND), [number, moment, 0, 0, 0, 0])[
            {SALE: 2, SUBSIDY: 3, FEE: 4, REFUND: 5}[word]
        ] = amount
    lines = [",".join(douyin.HEAD)]
    for (order, back), (number, moment, sale, subsidy, fee, refund) in groups.items():
        net = sale + subsidy + fee + refund
        direction = "入账" if net >= 0 else "出账"
        scene = "退款-结算后退款-退用户" if back else "货款结算入账"
        after_sale = f"'1{serial[:8]}{order:07d}" if back else ""
        lines.append(
            f"{moment},'{serial}{number:09d},{direction},{yuan(abs(net))},聚合账户,{scene},小店自卖,'{nos[order]},"
            f"'{nos[order]},{after_sale},{moment},'3500017788990011,食品,,,普通订单,{yuan(sale)},0,0,"
            f"{yuan(subsidy)},0,0,0,0,0,0,0,{yuan(refund)},{yuan(fee)},0,0,0,0,0,0,否,,示例商贸有限公司,"
        )
    content = "\r\n".join([*lines, ""]).encode("utf-8-sig")
    yield f"资金账单_{serial}_{first:%Y%m%d}_{last:%Y%m%d}.csv", content


def _pinduoduo(ledger: "Ledger", first, last, rows: slice):
    nos = ledger.order_nos
    texts = {word: ",".join(pinduoduo.WORDS[name]) for word, name in PDD_WORDS.items()}

    def line(_number, order, word, amount, _balance, moment) -> str:
        plus, minus = (yuan(amount), "0") if amount > 0 else ("0", yuan(amount))
        return f"{nos[order]},{moment},{plus},{minus},{texts[word]}"

    count_in, sum_in, count_out, sum_out = _totals(ledger.amount[rows])
    lines = [
        "拼多多店铺账务明细查询",
        "",
        f"起始时间：{first} 00:00:00  终止时间：{last} 23:59:59",
        "----------交易记录明细列表---------",
        pinduoduo.HEAD,
        *starmap(line, _columns(ledger, rows)),
        f"#支出合计：{count_out}笔{yuan(sum_out)}元",
        f"#收入合计：{count_in}笔{yuan(sum_in)}元",
        "",
    ]
    stem = f"pdd-mall-bill-detail({ledger.account.serial[:9]})_{first}-09-15-20_1"
    yield f"{stem}.zip", zipped({f"{stem}.csv": "\n".join(lines).encode("gb18030")})


def _wechat(ledger: "Ledger", first, last, rows: slice):
    nos, serial = ledger.order_nos, ledger.account.serial
    merchant = f"16{serial[:8]}"
    rate = f"{ledger.account.plan.fees[0].rate_percent:.2f}%"
    flow, trade, fees = [wechatpay.FLOW_HEAD], [wechatpay.TRADE_HEAD], {}
    gross = refunded = 0
    for number, order, word, amount, balance, moment in _columns(ledger, rows):
        paid_no = f"42000{serial}{order:011d}"
        refund_no = f"1{serial[:8]}{order:07d}"
        back = word == REFUND
        business = f"50300{serial}{order:011d}" if back else paid_no
        memo = f"退款总金额{yuan(-amount)}元;含手续费0.00元" if back else ""
        flow.append(
            f"`{moment},`{business},`{serial}{number:016d},`{FLOW_WORDS[word]},"
            f"`{'收入' if amount > 0 else '支出'},`{yuan(abs(amount))},`{yuan(balance)},`{merchant}API,"
            f"`{memo},`{refund_no if back else nos[order]}"
        )
        common = f"`{moment},`wx{serial}abcd,`{merchant},`0,`,`{paid_no},`{nos[order]},`o{order:012d},`JSAPI"
        if back:
            refunded -= amount
            trade.append(
                f"{common},`REFUND,`OTHERS,`CNY,`0.00,`0.00,`{business},`{refund_no},`{yuan(-amount)},`0.00,"
                f"`ORIGINAL,`SUCCESS,`日用品,`,`0.00000,`{rate},`0.00,`{yuan(-amount)},`"
            )
        elif word == SALE:
            gross += amount
            fees[order] = len(trade)
            trade.append(
                f"{common},`SUCCESS,`OTHERS,`CNY,`{yuan(amount)},`0.00,`0,`0,`0.00,`0.00,`,`,`日用品,`,`@FEE@,"
                f"`{rate},`{yuan(amount)},`0.00,`"
            )
        else:
            trade[fees[order]] = trade[fees[order]].replace("@FEE@", f"{yuan(-amount)}000")
    fee_sum = -int(ledger.amount[rows][ledger.word[rows] == FEE].sum())
    count_in, sum_in, count_out, sum_out = _totals(ledger.amount[rows])
    sums = f"`{count_in + count_out},`{count_in},`{yuan(sum_in)},`{count_out},`{yuan(-sum_out)}"
    content = "\n".join([*flow, wechatpay.FLOW_SUMS, sums, ""]).encode()
    yield f"{merchant}_fundflow_{first:%Y%m%d}.csv", content
    sums = f"`{len(trade) - 1},`{yuan(gross)},`{yuan(refunded)},`0.00,`{yuan(fee_sum)}000,`{yuan(gross)}"
    content = "\n".join([*trade, wechatpay.TRADE_SUMS, f"{sums},`{yuan(refunded)}", ""]).encode()
    yield f"{merchant}_tradebill_{first:%Y%m%d}.csv", content
