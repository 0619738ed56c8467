"""Alipay account bills: 账务明细 (signcustomer, a zip with its summary) and 资金流水 of the merchant centre.

Both are GB18030 and list every change of the balance. 账务明细: ids end in a TAB, expense is negative, the
trailer sums both sides. 资金流水: blanks are one space, expense is positive, no trailer sums.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from ..containers import zipped
from ..model import Account, Move, yuan

HEAD = (
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,"
    "交易渠道,业务类型,备注,业务描述,业务账单来源,业务基础订单号,业务订单号"
)
FLOW_HEAD = (
    "序号,入账时间,支付宝交易号,支付宝流水号,商户订单号,账务类型,收入（+元）,支出（-元）,账户余额（元）,对方账户,"
    "对方名称,银行订单号,商品名称,备注,业务基础订单号,业务订单号,业务账单来源,业务描述,付款备注"
)
CATEGORY = {
    "sale": "order_payment",
    "refund": "refund",
    "commission": "commission",
    "payment_fee": "payment_fee",
    "affiliate": "marketing",
    "insurance": "insurance",
    "payout": "payout",
    "recharge": "topup",
    "donation": "donation",
    "unknown": "",
}
WORDS = {
    "sale": ("在线支付", "0010001|交易收款-交易收款"),
    "refund": ("交易退款", "0020011|交易退款-交易退款"),
    "commission": ("收费", "0030003|软件服务费-类目软件服务费"),
    "payment_fee": ("收费", "0030038|软件服务费-支付宝服务费"),
    "affiliate": ("交易分账", "0060011|营销支出-淘宝客佣金"),
    "insurance": ("保险", "0050005|保险支出-卖家版运费险"),
    "payout": ("提现", ""),
    "recharge": ("充值", ""),
    "donation": ("其它", "0110001|公益性捐赠支出-公益宝贝"),
    "unknown": ("其它", "0990099|新增支出-智能选品服务费"),
}


def kinds(account: Account) -> dict[str, list[tuple[str, int]]]:
    # 充值 fills our balance: the 资金流水 of an owner calls it a transfer.
    words = CATEGORY | ({"recharge": "transfer"} if account.plan.form == "fund_flow" else {})
    return {"fund_flow": [(words[move.word], move.amount) for move in account.delivered()]}


def bills(account: Account) -> Iterator[tuple[str, bytes]]:
    make = _flow_file if account.plan.form == "fund_flow" else _sign_file
    for first, after, moves in account.files():
        # A 资金流水 has no totals that could vouch for an empty file.
        if moves or make is _sign_file:
            yield make(account, first, after, moves[::-1] if account.plan.newest_first else moves)


def _texts(move: Move) -> tuple[str, str]:
    """(业务类型, 业务描述) of a movement, which also depend on its direction."""
    kind, text = WORDS[move.word]
    if move.word in ("commission", "payment_fee") and move.amount > 0:
        kind = "退费"
    if move.word == "sale" and int(move.id[-1]) < 3:
        kind = "交易付款"
    return kind, text


def references(move: Move) -> tuple[str, str, str]:
    """(商户订单号, 业务基础订单号, 备注): every way in which the order's number may be told."""
    if not move.order or not move.referenced:
        return "", "", ""
    way = int(move.id[-1])
    if move.word == "refund" and way < 2:
        return f"{move.trade}99", "", f"售后退款-{move.refund}-T200P{move.order}"
    if move.word == "affiliate" and way < 5:
        return f"CAE_POINT_{move.order}_{move.id[-4:]}", "", f"淘宝客佣金代扣款[{move.order}]"
    if move.word == "commission" and way < 2:
        return f"HJCOM=={move.id[-6:]}=={move.order}", "", ""
    if way == 9:
        return f"T200P{move.order}", "", ""
    return f"T200P{move.order}", move.order, ""


def _sign_row(move: Move) -> str:
    kind, text = _texts(move)
    merchant_no, order_no, memo = references(move)
    return ",".join(
        (
            f"{move.id}\t",
            f"{move.trade or move.id}\t",
            f"{merchant_no}\t",
            f"{move.text.replace(',', '，')}\t",
            f"{move.at:%Y-%m-%d %H:%M:%S}",
            f"* 客户(bu***{move.id[-2:]})\t" if move.order else "\t",
            yuan(max(move.amount, 0)),
            yuan(min(move.amount, 0)),
            yuan(move.balance),
            "支付宝",
            kind,
            memo,
            text,
            "商家经营" if move.order else "",
            f"{order_no}\t",
            f"{order_no and move.sub}\t",
        )
    )


def _moment(day: date) -> str:
    return f"{day:%Y年%m月%d日} 00:00:00"


def _sign_file(account: Account, first: date, after: date, moves: list[Move]) -> tuple[str, bytes]:
    merchant = f"2088{account.serial}0156"
    income = [move.amount for move in moves if move.amount > 0]
    expense = [move.amount for move in moves if move.amount < 0]
    head = [
        f"#账号：[{merchant}]",
        f"#起始日期：[{_moment(first)}]   终止日期：[{_moment(after)}]",
    ]
    detail = [
        "#支付宝账务明细查询",
        *head,
        f"#{'-' * 41}账务明细列表{'-' * 40}",
        HEAD,
        *map(_sign_row, moves),
        f"#{'-' * 40}账务明细列表结束{'-' * 37}",
        f"#支出合计：{len(expense)}笔，共{yuan(sum(expense))}元",
        f"#收入合计：{len(income)}笔，共{yuan(sum(income))}元",
        f"#导出时间：[{after:%Y年%m月%d日} 09:31:07]",
    ]
    summary = [
        "#支付宝账务汇总查询",
        *head,
        "类型,收入笔数,收入金额（+元）,支出笔数,支出金额（-元）,总金额（元）",
        f"合计,{len(income)},{yuan(sum(income))},{len(expense)},{yuan(sum(expense))},"
        f"{yuan(sum(income) + sum(expense))}",
    ]
    last = after - timedelta(days=1)
    span = f"{first:%Y%m%d}" if first == last else f"{first:%Y%m%d}_{last:%Y%m%d}"
    members = {
        f"{merchant}_{span}_账务明细.csv": "\r\n".join([*detail, ""]).encode("gb18030"),
        f"{merchant}_{span}_账务明细(汇总).csv": "\r\n".join([*summary, ""]).encode("gb18030"),
    }
    return f"{merchant}_{span}.csv.zip", zipped(members, gbk_names=True)


def _flow_row(number: int, move: Move) -> str:
    kind, text = _texts(move)
    kind = {"交易付款": "快捷支付", "交易退款": "退款"}.get(kind, kind)
    merchant_no, order_no, memo = references(move)
    cells = (
        str(number),
        f"{move.at:%Y-%m-%d %H:%M:%S}",
        move.trade,
        move.id,
        merchant_no,
        kind,
        yuan(move.amount) if move.amount > 0 else "",
        yuan(-move.amount) if move.amount < 0 else "",
        yuan(move.balance),
        f"bu***{move.id[-2:]}@example.com" if move.order else "",
        "客*" if move.order else "",
        "",
        move.text.replace(",", "，"),
        memo,
        order_no,
        order_no and move.sub,
        "商家经营" if move.order else "",
        text,
        "",
    )
    return ",".join(cell or " " for cell in cells)


def _flow_file(account: Account, first: date, after: date, moves: list[Move]) -> tuple[str, bytes]:
    last = datetime.combine(after, time()) - timedelta(seconds=1)
    lines = [
        f"#账号：shop***@example.com[2088{account.serial}]",
        f"#查询起始日期：{first} 00:00:00查询终止日期：{last}",
        FLOW_HEAD,
        *(_flow_row(number, move) for number, move in enumerate(moves, start=1)),
        f"#导出时间：{after} 10:02:33",
    ]
    name = f"资金流水_{first:%Y%m%d}_{last:%Y%m%d}.csv"
    return name, "\n".join([*lines, ""]).encode("gb18030")
