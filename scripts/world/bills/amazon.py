"""Amazon settlement report, flat file V2: a TSV of 24 columns, a head row, then one row per amount.

Times are UTC. Europe writes decimals with a comma and days as DD.MM.YYYY; the head row's total-amount is
the sum of all other rows; a settlement starts when the one before it ends.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from ..model import Account, Move, yuan

HEAD = (
    "settlement-id settlement-start-date settlement-end-date deposit-date total-amount currency "
    "transaction-type order-id merchant-order-id adjustment-id shipment-id marketplace-name amount-type "
    "amount-description amount fulfillment-id posted-date posted-date-time order-item-code "
    "merchant-order-item-id merchant-adjustment-item-id sku quantity-purchased promotion-id"
).split()
CATEGORY = {
    "sale": "sale",
    "freight": "shipping",
    "promotion": "promo",
    "refund": "refund",
    "commission": "commission",
    "tax": "tax",
    "tax_withheld": "withholding",
    "subscription": "subscription",
    "storage": "fulfil_fee",
    "ads": "ads",
    "reserve_held": "reserve",
    "reserve_released": "reserve",
    "unknown": "",
}
WORDS = {
    "sale": ("Order", "ItemPrice", "Principal"),
    "freight": ("Order", "ItemPrice", "Shipping"),
    "promotion": ("Order", "Promotion", "Principal"),
    "tax": ("Order", "ItemPrice", "Tax"),
    "tax_withheld": ("Order", "ItemWithheldTax", "MarketplaceFacilitatorTax-Principal"),
    "commission": ("Order", "ItemFees", "Commission"),
    "refund": ("Refund", "ItemPrice", "Principal"),
    "subscription": ("other-transaction", "other-transaction", "Subscription Fee"),
    "storage": ("other-transaction", "other-transaction", "Storage Fee"),
    "ads": ("ServiceFee", "Cost of Advertising", "TransactionTotalAmount"),
    "reserve_held": ("other-transaction", "other-transaction", "Current Reserve Amount"),
    "reserve_released": ("other-transaction", "other-transaction", "Previous Reserve Amount Balance"),
    "unknown": ("other-transaction", "other-transaction", "Smart Shelf Placement Fee"),
}
MARKETPLACE = {"us": "Amazon.com", "eu": "Amazon.de"}


def kinds(account: Account) -> dict[str, list[tuple[str, int]]]:
    return {"settlement": [(CATEGORY[move.word], move.amount) for move in account.delivered()]}


def bills(account: Account) -> Iterator[tuple[str, bytes]]:
    for number, (first, after, moves) in enumerate(account.files()):
        settlement = str(int(account.serial[:10]) * 10 + number)
        yield f"{settlement}.txt", _file(account, settlement, first, after, moves)


def _file(account: Account, settlement: str, first: date, after: date, moves: list[Move]) -> bytes:
    local = account.plan.form == "eu"

    def day(moment: date) -> str:
        return f"{moment:%d.%m.%Y}" if local else f"{moment:%Y-%m-%d}"

    def number(amount: int) -> str:
        return yuan(amount).replace(".", ",") if local else yuan(amount)

    start, end = datetime.combine(first, time()), datetime.combine(after, time())
    head = dict.fromkeys(HEAD, "") | {
        "settlement-id": settlement,
        "settlement-start-date": f"{day(start)} 00:00:00 UTC",
        "settlement-end-date": f"{day(end)} 00:00:00 UTC",
        "deposit-date": f"{day(end + timedelta(days=2))} 00:00:00 UTC",
        "total-amount": number(sum(move.amount for move in moves)),
        "currency": account.plan.currency,
    }
    lines = ["\t".join(HEAD), "\t".join(head.values())]
    for move in moves:
        transaction, kind, text = WORDS[move.word]
        cells = dict.fromkeys(HEAD, "") | {
            "settlement-id": settlement,
            "currency": account.plan.currency,
            "transaction-type": "Refund" if move.refund else transaction,
            "marketplace-name": MARKETPLACE[account.plan.form],
            "amount-type": kind,
            "amount-description": text,
            "amount": number(move.amount),
            "posted-date": day(move.at) if local else f"{move.at:%m/%d/%y}",
            "posted-date-time": f"{day(move.at)} {move.at:%H:%M:%S} UTC",
        }
        if move.order:
            cells |= {
                "order-id": move.order,
                "merchant-order-id": move.order,
                "adjustment-id": move.refund,
                "shipment-id": f"D{move.trade[-9:]}",
                "fulfillment-id": "MFN",
                "order-item-code": move.sub.replace("-", "")[-11:],
                "sku": move.sku,
                "quantity-purchased": str(move.quantity or 1),
            }
        lines.append("\t".join(cells.values()))
    return "\n".join([*lines, ""]).encode()
