"""Shopify Payments balance transactions (`payment_transactions_export`): charges and refunds with their fee.

From Finance › Payouts. UTF-8, ordinary CSV, decimal point, moments with the shop's offset. Amount is + for
a charge and - for a refund, Fee is positive = cost, and Net = Amount - Fee in every row. Two lines for each
row: the amount and, where there is one, the fee. Columns at the end differ by region. The file declares no
total; the payouts export does.

    Transaction Date,Type,Order,…,Payout Status,Payout Date,Payout ID,Available On,Amount,Fee,Net,…,Currency
    2026-08-24 22:01:24 +0400,charge,#3439,…,paid,2026-09-01,148156579998,2026-09-01,988.21,57.68,930.53,…,AED

A line is known by its moment, type, order, checkout and amounts, never by its payout: that is not known
while pending.
"""

from __future__ import annotations

import numpy as np

from ..bill import Context
from ..columns import mapped
from ..layout import Array, Cells, Draft, Layout, Part, Problems, Table, amount, ident, moment, text
from ..lines import row_hash

_FEE = "Fee"
FORMS = ("YYYY-MM-DD hh:mm:ss ±zzzz", "YYYY-MM-DD hh:mm:ss UTC")
DAYS = ("YYYY-MM-DD",)

_BASE = {
    "sale": "charge",
    "refund": "refund refund_failure",
    "dispute": "dispute chargeback chargeback_hold chargeback_hold_release dispute_withdrawal",
    "penalty": "chargeback_fee chargeback_fee_refund",
    "other": "adjustment debit credit",
    "reserve": "reserve reserved_funds reserved_funds_withdrawal reserved_funds_reversal",
    "payout": "payout payout_failure payout_cancellation collections_credit transfer transfer_cancel "
    "transfer_failure transfer_refund",
    "payment_fee": "stripe_fee",
    "commission": "marketplace_fee_credit referral_fee",
    "fulfil_fee": "shipping_label shipping_label_adjustment",
    "tax": "import_tax customs_duty vat_refund_credit referral_fee_tax marketplace_tax",
    "promo": "promotion_credit shop_cash_credit",
    "ads": "ads_publisher_credit",
    "subscription": "billing_debit",
    "loan": "advance advance_funding",
    "reimbursement": "seller_protection_credit",
}
_WORDS = {word: name for name, words in _BASE.items() for word in words.split()} | {_FEE: "payment_fee"}
_PREFIXES = (
    ("risk_", "reserve"),
    ("anomaly_", "reserve"),
    ("merchant_", "commission"),
    ("channel_", "commission"),
    ("shipping_label", "fulfil_fee"),
    ("tax_adjustment", "tax"),
    ("shop_cash", "promo"),
    ("lending_", "loan"),
    ("chargeback_protection", "reimbursement"),
)


def category(word: str) -> str:
    """A reversal belongs to what it reverses, an adjustment of a charge or refund to that."""
    base = word.removesuffix("_reversal").removesuffix("_adjustment")
    if base != word and base in _WORDS:
        return _WORDS[base]
    return next((name for prefix, name in _PREFIXES if word.startswith(prefix)), "")


def build(table: Table, cells: Cells, context: Context, problems: Problems) -> Draft:
    """Two lines for each row: the amount, and the fee where there is one."""
    words = mapped([text.lower().replace(" ", "_") for text in cells.text["type"]])
    money, fee = cells.amount["money"], -cells.amount["fee"]
    currencies = sorted(set(cells.text["currency"].tolist()) - {""})
    if len(currencies) > 1:
        problems.add("other_currency", ", ".join(currencies), 0, cells.titles["currency"])
    moments = cells.moment["booked_at"]
    return Draft(
        booked_at=moments,
        identity=row_hash(moments, words, cells.text["order_ref"], cells.text["transaction_ref"], money, fee),
        parts=[
            Part(title="", word=words, amount=money),
            Part(title=_FEE, word=np.full(len(cells), _FEE, dtype=object), amount=fee, there=fee != 0),
        ],
        net=cells.amount["net"],
        net_title=cells.titles["net"],
        fields={
            "order_ref": cells.text["order_ref"],
            "transaction_ref": cells.text["transaction_ref"],
            "payout_ref": shown_days(cells.moment["payout_day"]),
            "memo": _memos(cells),
        },
        currency=currencies[0] if currencies else "",
    )


def _memos(cells: Cells) -> Array:
    return mapped([f"payout {text}" if text else "" for text in cells.text["payout"]])


def shown_days(moments: Array) -> Array:
    """Days as ISO text, "" where there is none."""
    texts = np.datetime_as_string(moments.astype("datetime64[D]")).astype(object)
    return np.where(np.isnat(moments), "", texts)


LAYOUT = Layout(
    name="shopify_transactions",
    platform="shopify",
    kind="settlement",
    encodings=("utf-8",),
    quotes="always",
    columns=(
        moment("booked_at", "Transaction Date", forms=FORMS, hours=0),
        text("type", "Type", filled=True),
        ident("order_ref", "Order"),
        ident("transaction_ref", "Checkout", required=False),
        moment("payout_day", "Payout Date", forms=DAYS, hours=0, filled=False),
        ident("payout", "Payout ID", required=False),
        amount("money", "Amount", filled=True),
        amount("fee", "Fee", filled=True),
        amount("net", "Net", filled=True),
        ident("currency", "Currency", filled=True),
    ),
    words=_WORDS,
    category=category,
    build=build,
)
