"""Shopify Payments payouts export: what went from the Shopify balance to the bank.

From Finance › Payouts. UTF-8, ordinary CSV, decimal point, days without a
time (midnight where the account is).
Total is what the bank receives, so a line is -Total; Fees are negative here, and Charges + Refunds +
Adjustments + … = Total in every row. Only `paid` and `in_transit` payouts are lines: `scheduled` and
`pending` ones may still change, `failed` and `cancelled` ones moved nothing. They stay in the count of
rows.

    Payout Date,Status,Charges,Refunds,Adjustments,…,Fees,Retried Amount,Total,Currency,…
    2026-05-01,paid,100,0,0,…,0,-3,0,97,USD,REF-1
"""

from __future__ import annotations

import numpy as np

from ..bill import Context
from ..columns import mapped
from ..layout import Cells, Draft, Layout, Part, Problems, Table, amount, ident, moment, text
from ..lines import row_hash
from ..moments import from_local
from .shopify_transactions import DAYS, shown_days

_SUMMANDS = (
    "Charges",
    "Refunds",
    "Adjustments",
    "Marketplace Sales Tax",
    "Advances",
    "Reserved Funds",
    "Fees",
    "Retried Amount",
)
_MOVED = ("paid", "in_transit")
_STATES = (*_MOVED, "scheduled", "pending", "failed", "cancelled", "canceled")


def build(table: Table, cells: Cells, context: Context, problems: Problems) -> Draft:
    """One line for each payout that moved money."""
    states = mapped([text.lower().replace(" ", "_") for text in cells.text["status"]])
    strange = np.flatnonzero(~np.isin(states, _STATES))
    problems.at(strange, cells.rows, states, cells.titles["status"], "not_a_choice")
    total = cells.amount["total"]
    summed = np.sum([cells.amount[name] for name in _SUMMANDS], axis=0, dtype=np.int64)
    differ = np.flatnonzero(summed != total)
    problems.at(differ, cells.rows, total, cells.titles["total"], "parts_differ")
    currencies = sorted(set(cells.text["currency"].tolist()) - {""})
    if len(currencies) > 1:
        problems.add("other_currency", ", ".join(currencies), 0, cells.titles["currency"])
    moments = cells.moment["booked_at"]
    return Draft(
        booked_at=from_local(moments, context.timezone),
        identity=row_hash(
            np.full(len(cells), "payout", dtype=object), moments, total, cells.text["currency"]
        ),
        parts=[Part(title="", word=np.full(len(cells), "payout", dtype=object), amount=-total)],
        net=-total,
        net_title=cells.titles["total"],
        keep=np.isin(states, _MOVED),
        fields={"payout_ref": shown_days(moments), "transaction_ref": cells.text["reference"]},
        currency=currencies[0] if currencies else "",
    )


LAYOUT = Layout(
    name="shopify_payouts",
    platform="shopify",
    kind="settlement",
    encodings=("utf-8",),
    quotes="always",
    columns=(
        moment("booked_at", "Payout Date", forms=DAYS, hours=0),
        text("status", "Status", filled=True),
        *(amount(name, name, required=name in ("Charges", "Refunds", "Fees")) for name in _SUMMANDS),
        amount("total", "Total", filled=True),
        ident("currency", "Currency", filled=True),
        ident("reference", "Bank Reference", required=False),
    ),
    words={"payout": "payout"},
    build=build,
)
