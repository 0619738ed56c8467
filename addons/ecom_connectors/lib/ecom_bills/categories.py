"""What a movement of money is about: canonical categories and the kind each belongs to.

China's order money is `order_payment`, an item's principal (Amazon, Shopify) is `sale`. `shipping` is
freight received from the buyer, `shipping_fee` is freight we are charged. `topup` moves money into a
prepaid account and is no expense before it is consumed. An unknown platform word has the category "" and is
listed, never guessed.
"""

from __future__ import annotations

_KINDS: dict[str, str] = {
    "receivable": "order_payment sale shipping promo subsidy gift_card",
    "refund": "refund dispute",
    "fee": (
        "commission payment_fee fulfil_fee shipping_fee insurance marketing ads subscription penalty "
        "donation other_fee"
    ),
    "tax": "tax withholding",
    "transfer": "payout topup transfer fx",
    "reserve": "reserve deposit",
    "adjustment": "reimbursement loan other",
}

CATEGORIES: dict[str, str] = {code: kind for kind, codes in _KINDS.items() for code in codes.split()}
