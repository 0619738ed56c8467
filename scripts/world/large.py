"""A very large, almost clean world for speed tests: whole columns at a time, no objects.

Five days, so that the usual 500,000 lines are 100,000 a day. Each account gets one file a day, or one for
every few days. Every 200th order is paid 1.00 short; everything else
matches.

`orders.csv` and `refunds.csv` are our templates, of one row per order, so that they can be imported; nothing
in them is quoted, so that PostgreSQL's COPY takes them as well.

`expected.json` has per account and kind the lines, the sum, opening and closing, and the number of short
orders. A world may go on where another one of the same shops ended: its numbers and balances follow.
"""

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np

from . import large_bills
from .model import Account, ShopPlan, share, yuan
from .output import ORDER_HEAD, REFUND_HEAD, setup, write_json
from .plans import DOUYIN_CSV, PINDUODUO, TMALL_RANGE, WECHAT

SALE, SUBSIDY, FEE, EXTRA, REFUND = range(5)
MIX = {
    "alipay": (TMALL_RANGE, 16),
    "douyin": (DOUYIN_CSV, 10),
    "pinduoduo": (PINDUODUO, 8),
    "wechatpay": (WECHAT, 6),
}
PREFIX = {"alipay": "30", "douyin": "69", "wechatpay": "MINI", "pinduoduo": ""}
KINDS_EACH = {"wechatpay": 2}
OPENING = 5_000_000


@dataclass
class Ledger:
    """The movements of one account as columns, oldest first; `order` is a place in `order_nos`."""

    account: Account
    order_nos: list[str]
    order: np.ndarray
    word: np.ndarray
    amount: np.ndarray
    second: np.ndarray
    number: np.ndarray
    balance: np.ndarray
    moments: list[str]


def plans_of(count: int) -> list[ShopPlan]:
    """`count` shops, each with an account of its own, in the usual mix of platforms."""
    result = []
    weights = [weight for _plan, weight in MIX.values()]
    # Of equal claims the rarer platform's comes first, so that few shops still have all of them.
    names = np.repeat(list(MIX), share(count, weights[::-1])[::-1]).tolist()
    for number, platform in enumerate(names):
        plan, code = MIX[platform][0], f"{platform[:3].upper()}-{number:03d}"
        result.append(
            replace(
                plan,
                code=code,
                account=code,
                name=f"{plan.name} {number}",
                newest_first=False,
                period="day",
                fees=plan.fees[:1],
            )
        )
    return result


def bulk(
    folder: str | Path,
    *,
    orders: int = 160_000,
    lines: int = 500_000,
    shops: int = 40,
    seed: int = 1,
    start: date = date(2026, 9, 1),
    days: int = 5,
    days_per_file: int = 1,
    after: str | Path | None = None,
) -> None:
    """Write `orders` orders and exactly `lines` canonical bill lines into `folder`.

    :param after: a folder that this wrote for the same shops, of the days before `start`
    """
    folder = Path(folder)
    before = json.loads((Path(after) / "expected.json").read_text())["accounts"] if after else [{}] * shops
    (folder / "bills").mkdir(parents=True, exist_ok=True)
    plans = plans_of(shops)
    sizes = share(orders, [1] * shops)
    kinds = [KINDS_EACH.get(plan.account_platform, 1) for plan in plans]
    refunds = [size * 6 // 100 for size in sizes]
    base = sum((2 * size + refund) * kind for size, refund, kind in zip(sizes, refunds, kinds, strict=True))
    room = [size if kind == 1 else 0 for size, kind in zip(sizes, kinds, strict=True)]
    if not 0 <= lines - base <= sum(room):
        raise ValueError(f"{orders} orders give {base} to {base + sum(room)} lines")
    extras = share(lines - base, room)
    accounts, expected = [], []
    with (
        (folder / "orders.csv").open("w", encoding="utf-8") as order_file,
        (folder / "refunds.csv").open("w", encoding="utf-8") as refund_file,
    ):
        order_file.write(",".join(ORDER_HEAD) + "\n")
        refund_file.write(",".join(REFUND_HEAD) + "\n")
        for n, plan in enumerate(plans):
            opening = before[n].get("closing")
            opening = int(Decimal(opening).scaleb(2)) if opening else OPENING
            account = Account(plan=plan, start=start, days=days, opening=opening)
            random = np.random.Generator(np.random.PCG64([seed, n]))
            first = before[n].get("next", 0)
            ledger, order_text, refund_text = _shop(account, random, sizes[n], extras[n], refunds[n], first)
            order_file.write(order_text)
            refund_file.write(refund_text)
            place = folder / "bills" / account.code
            place.mkdir(exist_ok=True)
            large_bills.write(place, ledger, days_per_file)
            accounts.append(account)
            expected.append(_expected(ledger, kinds[n]))
    write_json(folder / "setup.json", setup(plans, accounts))
    short = sum(-(-size // 200) for size in sizes)
    write_json(
        folder / "expected.json",
        {"seed": seed, "orders": orders, "lines": lines, "amount_mismatch": short, "accounts": expected},
    )


def _fee(amount: np.ndarray, plan: ShopPlan) -> np.ndarray:
    """The plan's rate in whole numbers, half up."""
    points = int(plan.fees[0].rate_percent * 100)
    return (amount * points + 5000) // 10000


def _shop(
    account: Account, random: np.random.Generator, size: int, extras: int, refunds: int, first: int
) -> tuple[Ledger, str, str]:
    """`first`: the number its orders and movements start with."""
    plan = account.plan
    paid = random.integers(0, account.days, size) * 86400 + random.integers(8 * 3600, 22 * 3600, size)
    paid.sort()
    due = random.integers(990, 50000, size)
    short = np.zeros(size, dtype=np.int64)
    short[::200] = 100
    gross = due - short
    chosen = np.sort(random.permutation(size)[:extras])
    back = np.sort(random.permutation(size)[:refunds])
    subsidised = plan.account_platform == "douyin"
    extra = gross[chosen] // 20 + 1
    sale = gross.copy()
    if subsidised:
        sale[chosen] -= extra
    everyone = np.arange(size)
    refund = np.maximum(gross[back] // 3, 1)
    order = np.concatenate([everyone, chosen, everyone, back])
    word = np.repeat([SALE, SUBSIDY if subsidised else EXTRA, FEE, REFUND], [size, extras, size, refunds])
    amount = np.concatenate([sale, extra if subsidised else -extra, -_fee(gross, plan), -refund])
    second = paid[order] + np.where(word == REFUND, 3600, 0)
    place = np.lexsort((word, order, second))
    order, word, amount, second = order[place], word[place], amount[place], second[place]
    days = [account.start + timedelta(days=day) for day in range(account.days + 2)]
    clock = [f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(86400)]

    def moments(seconds: np.ndarray) -> list[str]:
        return [f"{days[s // 86400]} {clock[s % 86400]}" for s in seconds.tolist()]

    nos = _order_numbers(account, random, paid, first)
    ledger = Ledger(
        account=account,
        order_nos=[""] * first + nos,
        order=first + order,
        word=word,
        amount=amount,
        second=second,
        number=first + np.arange(len(order)),
        balance=account.opening + np.cumsum(amount),
        moments=moments(second),
    )
    subsidy = np.zeros(size, dtype=np.int64)
    if subsidised:
        subsidy[chosen] = extra
    at, sent = moments(paid), moments(paid + 5 * 3600)
    order_text = "".join(
        f"{plan.code},{no},{t},{t},{s},CNY,,,1,{yuan(want)},{yuan(want)},,,{yuan(sub)},{yuan(want - sub)},"
        f"{yuan(want)}\n"
        for no, t, s, sub, want in zip(nos, at, sent, subsidy.tolist(), due.tolist(), strict=True)
    )
    refund_text = "".join(
        f"{plan.code},{refund_number(account, first + n)},{nos[n]},,{t},CNY,{yuan(value)},,,\n"
        for n, t, value in zip(back.tolist(), moments(paid[back] + 3600), refund.tolist(), strict=True)
    )
    return ledger, order_text, refund_text


def refund_number(account: Account, order: int) -> str:
    return f"1{account.serial[:8]}{order:07d}"


def _order_numbers(account: Account, random: np.random.Generator, paid: np.ndarray, first: int) -> list[str]:
    tails = list(enumerate(random.integers(0, 10**8, len(paid)).tolist(), start=first))
    if account.plan.account_platform == "pinduoduo":
        start = datetime.combine(account.start, time())
        days = [f"{start + timedelta(days=day):%y%m%d}" for day in range(account.days)]
        pairs = zip(tails, (paid // 86400).tolist(), strict=True)
        return [f"{days[day]}-{n:07d}{tail:08d}" for (n, tail), day in pairs]
    # 2 + 9 + 8 digits make the 19 of a Taobao or Douyin order.
    prefix, shop = PREFIX[account.plan.account_platform], account.serial[:3]
    return [f"{prefix}{shop}{n:06d}{tail:08d}" for n, tail in tails]


def _expected(ledger: Ledger, kinds: int) -> dict:
    total = yuan(int(ledger.amount.sum()))
    balanced = ledger.account.plan.account_platform in ("alipay", "wechatpay")
    figures = {"lines": len(ledger.order), "sum": total}
    money = figures | {
        "opening": yuan(ledger.account.opening) if balanced else None,
        "closing": yuan(int(ledger.balance[-1])) if balanced else None,
    }
    by_kind = {"fund_flow": money} | ({"settlement": figures} if kinds == 2 else {})
    after = int(ledger.number[-1]) + 1
    return {"code": ledger.account.code, **money, "kinds": by_kind, "next": after}
