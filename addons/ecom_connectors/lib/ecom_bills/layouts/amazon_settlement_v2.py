"""Amazon settlement report, Flat File V2: one settlement, one amount in each row.

Made by Amazon every one or two weeks (`GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2`). Tabs, no quotes,
UTF-8, older EU files cp1252. Amounts are written as in the country, `95.00` or `95,00`: one style in one
file. + is owed to us. The first row is the head: period, currency and total-amount, the control of all
other rows. posted-date may be MM/DD or DD/MM and is only used where posted-date-time is missing and
posted-date cannot be misread.

    settlement-id	…	total-amount	currency	transaction-type	…	amount-type	…	amount
    28471003921		2026-06-16 00:00:00 UTC	…	582.89	USD
    28471003921		…			USD	Order	…	ItemPrice	Principal	129.99
"""

from __future__ import annotations

import numpy as np

from ..amounts import exact_sum
from ..bill import Context
from ..layout import Cells, Draft, Layout, Part, Problems, Proof, Table, amount, ident, moment, text
from ..lines import joined, row_hash
from .amazon_common import FORMS, WORDS, HeadRow, category, order_refs, refund_refs


def build(table: Table, cells: Cells, context: Context, problems: Problems) -> Draft:
    """One line for each row but the head."""
    head = HeadRow(cells, problems)
    keep = ~head.mask
    net = cells.amount["money"]
    kinds = cells.text["kind"]
    words = joined(kinds, cells.text["group"], cells.text["said"])
    booked_at = cells.moment["booked_at"]
    booked_at = np.where(np.isnat(booked_at), cells.moment["posted_day"], booked_at)
    blank = cells.blank()
    title = cells.titles["money"]
    problems.at(np.flatnonzero(keep & ~cells.given["money"]), cells.rows, blank, title, "empty_required")
    without = keep & np.isnat(booked_at)
    problems.at(np.flatnonzero(without), cells.rows, blank, cells.titles["booked_at"], "not_a_moment")
    settlement = np.full(len(cells), head.settlement, dtype=object)
    row = row_hash(
        booked_at,
        net,
        *(
            cells.text[name]
            for name in ("order", "adjustment", "shipment", "adjustment_item", "sku", "promotion")
        ),
    )
    return Draft(
        booked_at=booked_at,
        identity=joined(settlement, cells.text["order"], cells.text["item"], words, row),
        parts=[Part(title="", word=words, amount=net)],
        net=net,
        net_title=title,
        keep=keep,
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


def totals(table: Table, cells: Cells, draft: Draft, context: Context) -> Proof:
    """total-amount of the head row is the sum of all other rows."""
    return HeadRow(cells, Problems()).prove(exact_sum(draft.net[~cells.given["total"]]))


LAYOUT = Layout(
    name="amazon_settlement_v2",
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
        text("group", "amount-type"),
        text("said", "amount-description"),
        amount("money", "amount"),
        moment("booked_at", "posted-date-time", forms=FORMS, hours=0, filled=False),
        moment("posted_day", "posted-date", forms=FORMS, hours=0, filled=False, lenient=True),
        ident("item", "order-item-code"),
        ident("adjustment_item", "merchant-adjustment-item-id", required=False),
        text("sku", "sku"),
        ident("promotion", "promotion-id", required=False),
    ),
    words=WORDS,
    category=category,
    build=build,
    totals=totals,
)
