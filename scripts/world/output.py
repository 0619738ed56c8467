"""The world as files: set-up, orders, refunds, bills and what must be reported about them.

`expected.json`:

    accounts        per account lines, sum, opening, closing, by_category of the bills that move its
                    money, and under `kinds` the same per kind of bill; the category of a word nobody
                    knows is ""
    faults          what must be reported and nothing else: kind (what was planted), type (the exception;
                    "" with `state` timing for an order that merely waits), account, shop, order, refund,
                    amount (the variance seen from us, null where currencies differ), currency;
                    `candidates` of an ambiguous payment; `day`, `orders` and `refunds` that a missing
                    file took along (explained by the gap; a product may report them as well)
    timing          listed orders whose line comes after the last bill
    timing_refunds  listed refunds whose line comes after the last bill
    as_of           the first day after the bills
"""

import csv
import json
from datetime import date
from pathlib import Path

from .bills import WRITERS
from .model import TIMING_DAYS, Account, Fee, Item, Order, Refund, ShopPlan, yuan

ORDER_HEAD = (
    "shop,order_no,ordered_at,paid_at,shipped_at,currency,sku,product,quantity,unit_price,line_total,freight,"
    "shop_discount,platform_subsidy,buyer_paid,receivable"
).split(",")
REFUND_HEAD = "shop,refund_no,order_no,sub_order_no,refunded_at,currency,amount,sku,quantity,reason".split(
    ","
)
MOMENT = "%Y-%m-%d %H:%M:%S"
COMPANY = "Example Trading"


def order_rows(order: Order, as_of: date) -> list[list[str]]:
    """One row per order line; the whole order's amounts stand on each. A shipment still to come is blank."""
    moments = [order.ordered, order.paid, order.shipped]
    known = [moment.strftime(MOMENT) if moment.date() < as_of else "" for moment in moments]
    whole = (order.freight, order.discount, order.subsidy, order.buyer_paid, order.receivable)
    return [
        [order.shop.code, order.no, *known]
        + [order.currency, item.sku, item.product, str(item.quantity), yuan(item.price), yuan(item.total)]
        + [yuan(amount) for amount in whole]
        for item in order.items
    ]


def refund_row(refund: Refund) -> list[str]:
    order, item = refund.order, refund.item
    lines: list[Item] = [item] if item else order.items
    one = lines[0] if len(lines) == 1 else None
    return [
        order.shop.code,
        refund.no,
        order.no,
        one.sub_no if one else "",
        refund.at.strftime(MOMENT),
        order.shop.currency,
        yuan(refund.amount),
        one.sku if one else "",
        str(one.quantity) if one else "",
        refund.reason,
    ]


def _amount(value: int | None) -> str | None:
    return None if value is None else yuan(value)


def _fee(fee: Fee) -> dict:
    return {
        "category": fee.category,
        "rate_percent": str(fee.rate_percent),
        "fixed": yuan(fee.fixed),
        "minimum": _amount(fee.minimum),
        "maximum": _amount(fee.maximum),
    }


def setup(plans: list[ShopPlan], accounts: list[Account]) -> dict:
    return {
        "company": COMPANY,
        "accounts": [
            {
                "code": account.code,
                "platform": account.plan.account_platform,
                "name": account.plan.name,
                "currency": account.plan.currency,
                "timezone": account.plan.account_timezone,
                "kinds": list(WRITERS[account.plan.account_platform].kinds(account)),
            }
            for account in accounts
        ],
        "shops": [
            {
                "code": plan.code,
                "platform": plan.platform,
                "name": plan.name,
                "account": plan.account,
                "currency": plan.currency,
                "timezone": plan.timezone,
                "timing_days": TIMING_DAYS[plan.platform],
                "fees": [_fee(fee) for fee in plan.fees],
            }
            for plan in plans
        ],
    }


def expected_account(account: Account) -> dict:
    """The account's figures over all its bills: per kind of bill, and those that move the money."""
    kinds = {}
    for kind, lines in WRITERS[account.plan.account_platform].kinds(account).items():
        sums: dict[str, int] = {}
        for category, amount in lines:
            sums[category] = sums.get(category, 0) + amount
        balanced = kind == "fund_flow" and bool(account.moves) and account.moves[0].balance is not None
        kinds[kind] = {
            "lines": len(lines),
            "sum": yuan(sum(amount for _category, amount in lines)),
            "opening": yuan(account.opening) if balanced else None,
            "closing": yuan(account.moves[-1].balance or 0) if balanced else None,
            "by_category": {category: yuan(amount) for category, amount in sorted(sums.items())},
        }
    money = kinds.get("fund_flow") or kinds["settlement"]
    return {"code": account.code, **money, "kinds": kinds}


def write_csv(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def write_json(path: Path, facts: dict) -> None:
    path.write_text(json.dumps(facts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
