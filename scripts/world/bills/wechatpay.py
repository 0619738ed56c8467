"""WeChat Pay: the trade bill (ALL, one row per payment or refund with its fee) and the fund flow (every
movement).

UTF-8; every value of detail and summary starts with a backtick, header names do not; nothing is quoted, so
a comma inside a product's name stays bare. The fee is positive when charged. Fund flow amounts are
positive, 收支类型 tells the direction.
"""

from collections.abc import Iterator
from datetime import date

from ..model import Account, Move, yuan

TRADE_HEAD = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
TRADE_SUMS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
FLOW_HEAD = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,"
    "业务凭证号"
)
FLOW_SUMS = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
CATEGORY = {
    "sale": "order_payment",
    "refund": "refund",
    "payment_fee": "payment_fee",
    "payout": "payout",
    "recharge": "topup",
}
WORDS = {
    "sale": ("交易", "交易"),
    "refund": ("退款", "退款"),
    "payout": ("充值/提现", "提现"),
    "recharge": ("充值/提现", "充值"),
}


def kinds(account: Account) -> dict[str, list[tuple[str, int]]]:
    lines = [(CATEGORY[move.word], move.amount) for move in account.delivered()]
    traded = [(CATEGORY[move.word], move.amount) for move in account.delivered() if move.order]
    return {"settlement": traded, "fund_flow": lines}


def bills(account: Account) -> Iterator[tuple[str, bytes]]:
    """No file for a day without rows: the platform answers that no bill exists."""
    merchant = f"16{account.serial[:8]}"
    for first, _after, moves in account.files():
        if any(move.order for move in moves):
            yield f"{merchant}_tradebill_{first:%Y%m%d}.csv", _trade_file(account, merchant, moves)
        if moves:
            yield f"{merchant}_fundflow_{first:%Y%m%d}.csv", _flow_file(merchant, first, moves)


def _ticked(cells: list[str]) -> str:
    return ",".join("`" + cell for cell in cells)


def _transaction(move: Move) -> str:
    return f"42000{move.trade[-13:-11]}{move.trade}"[:28]


def _refund_id(move: Move) -> str:
    return f"503{move.refund[-15:]}{move.row[-7:]}000"


def _trade_file(account: Account, merchant: str, moves: list[Move]) -> bytes:
    rows: dict[str, list[Move]] = {}
    for move in moves:
        if move.order:
            rows.setdefault(move.row, []).append(move)
    lines, gross, refunded, fees = [], 0, 0, 0
    rate = f"{account.plan.fees[0].rate_percent:.2f}%"
    for group in rows.values():
        main = group[0]
        fee = -sum(move.amount for move in group[1:])
        paid, back = max(main.amount, 0), max(-main.amount, 0)
        gross, refunded, fees = gross + paid, refunded + back, fees + fee
        refund = [_refund_id(main), main.refund] if back else ["0", "0"]
        state = ["ORIGINAL", "SUCCESS"] if back else ["", ""]
        lines.append(
            _ticked(
                [f"{main.at:%Y-%m-%d %H:%M:%S}", f"wx{account.serial}abcd", merchant, "0", ""]
                + [_transaction(main), main.order, f"o{main.trade[-12:]}", "JSAPI"]
                + ["REFUND" if back else "SUCCESS", "OTHERS", "CNY", yuan(paid), "0.00", *refund]
                + [yuan(back), "0.00", *state, main.text, "", f"{yuan(fee)}000", rate]
                + [yuan(paid), yuan(back), ""]
            )
        )
    sums = [str(len(rows)), yuan(gross), yuan(refunded), "0.00", f"{yuan(fees)}000", yuan(gross)]
    return "\n".join([TRADE_HEAD, *lines, TRADE_SUMS, _ticked([*sums, yuan(refunded)]), ""]).encode()


def _flow_words(move: Move) -> tuple[str, str]:
    if move.word == "payment_fee":
        return ("交易", "扣除交易手续费") if move.amount < 0 else ("退款", "退还交易手续费")
    return WORDS[move.word]


def _flow_file(merchant: str, day: date, moves: list[Move]) -> bytes:
    lines = []
    for move in moves:
        business = _refund_id(move) if move.refund else _transaction(move)
        memo = f"退款总金额{yuan(-move.amount)}元;含手续费0.00元" if move.word == "refund" else ""
        lines.append(
            _ticked(
                [f"{move.at:%Y-%m-%d %H:%M:%S}", business, move.id, *_flow_words(move)]
                + ["收入" if move.amount > 0 else "支出", yuan(abs(move.amount)), yuan(move.balance)]
                + [f"{merchant}API", memo, move.refund or move.order or move.id]
            )
        )
    income = [move.amount for move in moves if move.amount > 0]
    expense = [-move.amount for move in moves if move.amount < 0]
    sums = [str(len(moves)), str(len(income)), yuan(sum(income)), str(len(expense)), yuan(sum(expense))]
    return "\n".join([FLOW_HEAD, *lines, FLOW_SUMS, _ticked(sums), ""]).encode()
