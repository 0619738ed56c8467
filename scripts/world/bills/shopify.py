"""Shopify Payments: the transactions export and the payouts export, csv, UTF-8.

Times carry the shop's offset; Fee is positive when charged and Net = Amount - Fee; a payout's Total is the
sum of Net over its transactions. While a payout is pending its id is empty. In the payouts file fees are
negative.
"""

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from ..model import Account, Move, yuan

HEAD = (
    "Transaction Date,Type,Order,Card Brand,Card Source,Payout Status,Payout Date,Payout ID,Available On,"
    "Amount,Fee,Net,Checkout,Payment Method Name,Presentment Amount,Presentment Currency,Currency"
).split(",")
PAYOUT_HEAD = (
    "Payout Date,Status,Charges,Refunds,Adjustments,Marketplace Sales Tax,Advances,Reserved Funds,Fees,"
    "Retried Amount,Total,Currency,Bank Reference"
).split(",")
CATEGORY = {"sale": "sale", "refund": "refund", "payment_fee": "payment_fee", "adjustment": "other"}
TYPES = {"sale": "charge", "refund": "refund", "adjustment": "adjustment"}
BRANDS = ["visa", "master", "american_express", "discover"]


def kinds(account: Account) -> dict[str, list[tuple[str, int]]]:
    """The transactions, and the payouts that take their sums to the bank."""
    lines = [(CATEGORY[move.word], move.amount) for move in account.delivered()]
    return {"settlement": lines + [("payout", -total) for _day, _payout, _parts, total in payouts(account)]}


def bills(account: Account) -> Iterator[tuple[str, bytes]]:
    for first, after, moves in account.files():
        if not moves:
            continue
        groups = list(_groups(moves).values())
        if account.plan.newest_first:
            groups.reverse()
        last = after - timedelta(days=1)
        rows = [_row(account, group) for group in groups]
        yield f"payment_transactions_export_{first}_{last}.csv", _csv([HEAD, *rows])
    yield f"payouts_export_{account.end}.csv", _csv([PAYOUT_HEAD, *_payout_rows(account)])


def _groups(moves: list[Move]) -> dict[str, list[Move]]:
    groups: dict[str, list[Move]] = {}
    for move in moves:
        groups.setdefault(move.row, []).append(move)
    return groups


def _csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def payout_of(account: Account, move: Move) -> tuple[date, str]:
    """(day, id) of the payout: every third day, two days after its last transaction; no id while pending."""
    number = (move.at.date() - account.start).days // 3
    day = account.start + timedelta(days=3 * number + 4)
    return day, f"{account.serial}{number:02d}" if day < account.end else ""


def _row(account: Account, group: list[Move]) -> list[str]:
    main = group[0]
    fee = -sum(move.amount for move in group[1:])
    day, payout = payout_of(account, main)
    zoned = main.at.replace(tzinfo=ZoneInfo(account.plan.timezone))
    return [
        f"{zoned:%Y-%m-%d %H:%M:%S %z}",
        TYPES[main.word],
        main.order,
        BRANDS[int(main.id[-1]) % 4] if main.order else "",
        "online" if main.order else "",
        "paid" if payout else "pending",
        day.isoformat(),
        payout,
        day.isoformat(),
        yuan(main.amount),
        yuan(fee),
        yuan(main.amount - fee),
        f"#43{main.trade[-12:]}" if main.order else "",
        "card" if main.order else "",
        yuan(abs(main.amount)),
        account.plan.currency,
        account.plan.currency,
    ]


def payouts(account: Account) -> list[tuple[date, str, list[int], int]]:
    """(day, id, the parts as the export lists them, total) of payouts inside the window, newest first."""
    by_payout: dict[tuple[date, str], list[Move]] = {}
    for move in account.delivered():
        by_payout.setdefault(payout_of(account, move), []).append(move)
    rows = []
    for (day, payout), moves in sorted(by_payout.items(), reverse=True):
        if payout:
            sums = dict.fromkeys(("sale", "refund", "adjustment", "payment_fee"), 0)
            for move in moves:
                sums[move.word] += move.amount
            parts = [sums["sale"], sums["refund"], sums["adjustment"], 0, 0, 0, sums["payment_fee"], 0]
            rows.append((day, payout, parts, sum(parts)))
    return rows


def _payout_rows(account: Account) -> list[list[str]]:
    return [
        [day.isoformat(), "paid", *map(yuan, parts), yuan(total), account.plan.currency, f"BR{payout}"]
        for day, payout, parts, total in payouts(account)
    ]
