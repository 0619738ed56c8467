"""Answers about suppliers as people read them."""

from __future__ import annotations

from collections.abc import Sequence

from .show import Row, counted, problems
from .tables import Column, left, right, table

_BILLS = [
    *left("file", "state", "reference", "supplier", "day", "currency"),
    *right("net", "tax", "total", "linked", "lines"),
]
_NOTICES = [*left("file", "layout", "state"), *right("lines", "new", "known")]
_BLOCKED = [
    *left("bill", "reference", "supplier", "day", "due"),
    *right("total", "residual"),
    *left("currency", "why"),
]
_REBATES = [
    *left("supplier", "contract", "clause", "from", "to", "state"),
    *right("base", "earned", "before", "amount"),
    *left("currency", "formula"),
]
_ACCRUED = [
    *left("supplier", "order", "product", "kind"),
    *right("quantity", "amount"),
    *left("currency"),
    *right("balance"),
]
_STATEMENTS = [
    *left("number", "supplier", "currency", "from", "to", "state"),
    *right("opening", "bills", "credits", "payments", "adjustments", "closing", "ledger", "difference"),
    *right("unbilled", "terms", "lines", "open", "disputed"),
]
_ROWS = [
    *left("day", "origin", "document", "name"),
    *right("quantity", "price", "amount"),
    *left("booked", "state", "reason"),
]
_MISSING = [*left("entry", "day"), *right("ledger", "statement", "difference")]
SUPPLIERS = [
    *left("supplier", "currency"),
    *right("orders", "received", "billed", "blocked"),
    Column("amount_blocked", "blocked amount", right=True),
    *right("rebates", "unbilled", "closing", "ledger", "difference"),
]
# From the first to the second is what the third says; the last proves it.
_FOOTING = (
    *("opening", "bills", "credits", "payments", "adjustments", "closing"),
    *("ledger", "timing", "crossed", "difference", "unbilled", "terms"),
)


def imported(results: Sequence[Row]) -> str:
    """A row for each bill that a file holds, and what was refused."""
    rows = [
        {**bill, "file": result["file"], "state": result["state"]}
        for result in results
        for bill in result.get("bills") or [{}]
    ]
    return table(_BILLS, rows) + problems(results)


def notices(results: Sequence[Row]) -> str:
    return table(_NOTICES, results) + problems(results)


def matched(document: Row) -> str:
    states = [{"state": state, "bills": count} for state, count in document["states"].items()]
    columns = left("bill", "reference", "before", "state")
    changed = table(columns, document["changed"]) if document["changed"] else ""
    return table([*left("state"), *right("bills")], states, "no bills") + changed


def blocked(found: Sequence[Row]) -> str:
    return table(_BLOCKED, found, "nothing is blocked") + counted(found, "bill")


def rebates(found: Sequence[Row]) -> str:
    return table(_REBATES, found, "no rebates") + counted(found, "rebate")


def accrued(document: Row) -> str:
    text = table(_ACCRUED, document["lines"], "nothing is open")
    entry = f", {document['entry']}" if document["entry"] else ""
    return (
        f"{text}{document['name']}: {document['state']}{entry}, {document['total']} {document['currency']}\n"
    )


def statements(found: Sequence[Row]) -> str:
    return table(_STATEMENTS, found, "no statements") + counted(found, "statement")


def statement(document: Row) -> str:
    """Head, footing, what keeps it from footing, lines."""
    head = (
        f"{document['number']}  {document['supplier']}  {document['from']} to {document['to']}  "
        f"{document['currency']}  {document['state']}\n"
    )
    footing = [{"footing": name, "amount": document[name]} for name in _FOOTING]
    missing = table(_MISSING, document["missing"]) + "\n" if document["missing"] else ""
    return (
        f"{head}\n{table([*left('footing'), *right('amount')], footing)}\n{missing}"
        f"{table(_ROWS, document['rows'], 'no lines')}{counted(document['rows'], 'line')}"
    )


def printed(document: Row) -> str:
    return f"{document['file']}: {document['bytes']} bytes\n"


def suppliers(found: Sequence[Row]) -> str:
    return table(SUPPLIERS, found, "no suppliers")
