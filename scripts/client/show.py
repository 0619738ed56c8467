"""Answers as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .tables import Column, left, right, table

PROBLEMS_SHOWN = 10
Row = Mapping[str, Any]

_IMPORTED = [
    *left("file", "account", "layout", "state"),
    *right("lines", "new", "known", "sum", "opening", "closing", "control"),
]
_ORDERS = [*left("file", "layout", "state"), *right("orders", "lines", "new", "updated", "known")]
_REFUNDS = [*left("file", "layout", "state"), *right("refunds", "new", "updated", "known")]
_EXCEPTIONS = [
    *left("type", "state", "account", "shop", "order", "refund", "day"),
    *right("amount"),
    *left("currency", "reason"),
]
_DIFFERENCES = [
    *left("account", "ledger", "currency"),
    *right("balance", "rate", "booked", "worth", "difference"),
]
_BILLS = [
    *right("bill"),
    *left("file", "account", "kind", "state"),
    Column("first_day"),
    Column("last_day"),
    *right("lines", "sum", "opening", "closing"),
    *left("chain"),
    Column("chain_difference", "missing", right=True),
]
_LINES = [
    *right("row"),
    *left("booked_at", "order", "refund", "word", "category"),
    *right("amount", "balance"),
    *left("state", "rule", "entries"),
]
_SHOPS = [
    *left("code", "name", "platform", "accounts", "currency", "timezone"),
    *right("timing_days", "orders"),
]
_ACCOUNTS = [
    *left("code", "name", "currency"),
    Column("lines", "bill lines", right=True),
    *right("matched", "posted", "ledger_balance", "platform_closing", "difference"),
    *left("exceptions"),
]


def applied(document: Row) -> str:
    rows = [{"what": kind, **document[kind]} for kind in ("accounts", "shops")]
    text = table([*left("what"), *right("created", "updated", "unchanged")], rows)
    made = ", ".join(f"{name} {count}" for name, count in document["ledger"].items())
    return f"{document['company']}\n{text}ledger, newly opened: {made}\n"


def imported(results: Sequence[Row]) -> str:
    return table(_IMPORTED, results) + problems(results)


def orders(results: Sequence[Row]) -> str:
    return table(_ORDERS, results) + problems(results)


def refunds(results: Sequence[Row]) -> str:
    return table(_REFUNDS, results) + problems(results)


def problems(results: Sequence[Row]) -> str:
    """The first problems of each file, with their place."""
    parts = []
    for result in results:
        found = result["problems"]
        if not found:
            continue
        parts.append(
            f"\n{result['file']}: {result['state']}, {len(found)} problem{'s' if len(found) > 1 else ''}\n"
        )
        parts += [f"  {_problem(problem)}\n" for problem in found[:PROBLEMS_SHOWN]]
        if len(found) > PROBLEMS_SHOWN:
            parts.append(f"  … and {len(found) - PROBLEMS_SHOWN} more (--json lists all)\n")
    return "".join(parts)


def _problem(problem: Row) -> str:
    place = [f"row {problem['row']}"] if problem["row"] else []
    place += [str(problem["column"])] if problem["column"] else []
    found = f"“{problem['text']}”" if problem["text"] else ""
    text = problem.get("message") or problem["reason"]
    return " ".join(part for part in (", ".join(place) + ":" if place else "", found, text) if part)


def matched(document: Row) -> str:
    text = (
        f"{document['matched']} of {document['tallies']} tallies matched, "
        f"{document['exceptions']} new exceptions\n"
    )
    states = [{"state": state, "tallies": count} for state, count in sorted(document["states"].items())]
    return text + table([*left("state"), *right("tallies")], states) + failed(document)


def posted(document: Row) -> str:
    balances = [{"account": code, "ledger": balance} for code, balance in document["accounts"].items()]
    text = f"{document['moves']} entries for {document['lines']} lines\n"
    return text + table([*left("account"), *right("ledger")], balances, "no accounts") + failed(document)


def revalued(document: Row) -> str:
    """The differences, how many entries book them, and the days that must follow."""
    what = "nothing was booked" if document["preview"] else f"{document['moves']} entries"
    later = document["later"]
    text = table(_DIFFERENCES, document["differences"], "no differences")
    text += f"{document['day']}: {what}\n"
    if later:
        text += f"revalued already, revalue again: {', '.join(later)}\n"
    return text + failed(document)


def failed(document: Row) -> str:
    """The groups of accounts that the server refused."""
    return "".join(
        f"refused {', '.join(part['accounts'])}: {part['message']}\n" for part in document["failed"]
    )


def undone(document: Row) -> str:
    return f"{document['moves']} entries reversed, {document['lines']} lines open again\n"


def exceptions(found: Sequence[Row]) -> str:
    return table(_EXCEPTIONS, found, "no exceptions") + counted(found, "exception")


def bills(found: Sequence[Row]) -> str:
    return table(_BILLS, found, "no bills") + counted(found, "bill")


def lines(found: Sequence[Row]) -> str:
    return table(_LINES, found, "no lines") + counted(found, "line")


def counted(rows: Sequence[Row], word: str) -> str:
    return f"{len(rows)} {word}{'s' if len(rows) > 1 else ''}\n" if rows else ""


def checked(document: Row) -> str:
    columns = left("id", "holds", "offenders")
    verdict = "every invariant holds" if document["holds"] else "an invariant is broken"
    return table(columns, document["invariants"]) + verdict + "\n"


def shops(found: Sequence[Row]) -> str:
    return table(_SHOPS, found, "no shops")


def accounts(document: Row) -> str:
    return table(_ACCOUNTS, document["accounts"], "no accounts")
