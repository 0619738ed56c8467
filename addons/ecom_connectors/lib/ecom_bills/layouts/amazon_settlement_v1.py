"""Amazon settlement report, Flat File V1: up to one amount in each of ten amount columns of a row.

No longer made since 25 March 2026, but still on people's disks. Tabs, no quotes, UTF-8, decimal point, ISO
moments. The first row is the head with total-amount, the control of all amount columns of all other rows.
The three promotion columns are missing where the period had no promotion; rows that only repeat the
quantity have no amount and give no line. Words are written as in V2, `Order|ItemPrice|Principal`.

    settlement-id	…	total-amount	currency	transaction-type	…	price-amount	…
    23874396421	2025-06-05T22:07:18+00:00	…	-321.69	CAD
    23874396421						Subscription Fee	…	-32.09
"""

from __future__ import annotations

import numpy as np

from ..amounts import exact_sum
from ..bill import Context
from ..layout import Array, Cells, Draft, Layout, Part, Problems, Proof, Table, amount, ident, moment, text
from ..lines import joined, row_hash
from .amazon_common import FORMS, WORDS, HeadRow, category, order_refs, refund_refs

# Amount column -> (column that names it, the amount-type of V2).
_AMOUNTS = {
    "shipment-fee-amount": ("shipment-fee-type", "Shipment-Fees"),
    "order-fee-amount": ("order-fee-type", "Order-Fees"),
    "price-amount": ("price-type", "ItemPrice"),
    "item-related-fee-amount": ("item-related-fee-type", "ItemFees"),
    "misc-fee-amount": ("", "misc-fee"),
    "other-fee-amount": ("other-fee-reason-description", "other-fee"),
    "promotion-amount": ("promotion-type", "Promotion"),
    "direct-payment-amount": ("direct-payment-type", "direct-payment"),
    "other-amount": ("", "other-transaction"),
}
_TYPES = tuple(name for name, _ in _AMOUNTS.values() if name)


def build(table: Table, cells: Cells, context: Context, problems: Problems) -> Draft:
    """One line for each amount of each row but the head."""
    head = HeadRow(cells, problems)
    net = np.zeros(len(cells), dtype=np.int64)
    parts: list[Part] = []
    some = np.zeros(len(cells), dtype=bool)
    for title in _AMOUNTS:
        there = cells.given[title] & ~head.mask
        if there.any():
            parts.append(
                Part(title=title, word=_words(cells, title), amount=cells.amount[title], there=there)
            )
            net += np.where(there, cells.amount[title], 0)
            some |= there
    booked_at = cells.moment["booked_at"]
    without = some & np.isnat(booked_at)
    problems.at(
        np.flatnonzero(without), cells.rows, cells.blank(), cells.titles["booked_at"], "empty_required"
    )
    settlement = np.full(len(cells), head.settlement, dtype=object)
    names = ("kind", "order", "adjustment", "shipment", "adjustment_item", "sku", "promotion", *_TYPES)
    row = row_hash(booked_at, net, *(cells.text[name] for name in names))
    return Draft(
        booked_at=booked_at,
        identity=joined(settlement, cells.text["order"], cells.text["item"], row),
        parts=parts,
        net=net,
        net_title=cells.titles["total"],
        keep=~head.mask,
        fields={
            "order_ref": order_refs(cells.text["order"]),
            "sub_order_ref": cells.text["item"],
            "refund_ref": refund_refs(cells),
            "payout_ref": settlement,
            "sku": cells.text["sku"],
        },
        currency=head.currency,
        date_from=head.date_from,
        date_to=head.date_to,
    )


def _words(cells: Cells, title: str) -> Array:
    """The words of one amount column, as V2 writes them."""
    name, group = _AMOUNTS[title]
    kinds = cells.text["kind"]
    said = cells.text[name] if name else kinds
    groups = np.full(len(cells), group, dtype=object)
    # V1 says "Cost of Advertising" where V2 has the amount type of that name.
    groups[said == "Cost of Advertising"] = "Cost of Advertising"
    first = kinds if name else groups
    return joined(first, groups, said)


def totals(table: Table, cells: Cells, draft: Draft, context: Context) -> Proof:
    """total-amount of the head row is the sum of all amount columns of all other rows."""
    return HeadRow(cells, Problems()).prove(exact_sum(draft.net))


LAYOUT = Layout(
    name="amazon_settlement_v1",
    platform="amazon",
    kind="settlement",
    encodings=("utf-8", "cp1252"),
    separator="\t",
    quotes="never",
    one_decimal_style=True,
    columns=(
        ident("settlement", "settlement-id", filled=True),
        moment("date_from", "settlement-start-date", forms=FORMS, hours=0, filled=False),
        moment("date_to", "settlement-end-date", forms=FORMS, hours=0, filled=False),
        amount("total", "total-amount"),
        ident("currency", "currency"),
        text("kind", "transaction-type"),
        ident("order", "order-id"),
        ident("adjustment", "adjustment-id"),
        ident("shipment", "shipment-id"),
        moment("booked_at", "posted-date", forms=FORMS, hours=0, filled=False),
        ident("item", "order-item-code"),
        ident("adjustment_item", "merchant-adjustment-item-id", required=False),
        text("sku", "sku"),
        ident("promotion", "promotion-id", required=False),
        *(text(name, name, required=name == "price-type") for name in _TYPES),
        *(amount(name, name, required=name in ("price-amount", "other-amount")) for name in _AMOUNTS),
    ),
    words=WORDS,
    category=category,
    build=build,
    totals=totals,
)
