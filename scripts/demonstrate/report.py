"""What came of it: a table for people, a file for programs, a number for the shell."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

from client import show
from client.errors import FINE, REFUSED, WRONG
from client.stages import GOOD
from client.tables import Column, left, right, table

from . import suppliers
from .flow import Outcome

KEYS = ("code", "lines", "matched", "exceptions", "posted", "ledger_balance", "platform_closing")
_ACCOUNTS = [
    Column("code", "account"),
    *left("name", "currency"),
    Column("lines", "bill lines", right=True),
    *right("matched", "posted", "ledger_balance", "platform_closing", "difference"),
    *left("exceptions"),
]


def document(outcome: Outcome) -> dict[str, Any]:
    """The figures of each account and supplier as `--json` writes them."""
    return {
        "accounts": [{key: account[key] for key in KEYS} for account in outcome.figures],
        "suppliers": suppliers.document(outcome.suppliers),
    }


def write(path: Path, outcome: Outcome) -> None:
    path.write_text(json.dumps(document(outcome), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def text(outcome: Outcome) -> str:
    """The tables, and below them whatever is not as it should be."""
    kinds = Counter(exception["type"] for exception in outcome.exceptions)
    rows = [{"exception": kind, "open": count} for kind, count in sorted(kinds.items())]
    rows.append({"exception": "all", "open": kinds.total()})
    parts = [
        table(_ACCOUNTS, outcome.figures, "no accounts"),
        suppliers.text(outcome.suppliers),
        table([*left("exception"), *right("open")], rows),
        "".join(f"{problem}\n" for problem in problems(outcome)),
    ]
    return "\n".join(part for part in parts if part)


def problems(outcome: Outcome) -> list[str]:
    """One line for each thing that must not be."""
    found = [
        f"not imported: {show.problems([result]).strip() or result['file']}"
        for result in outcome.imports
        if result["state"] not in GOOD
    ]
    found += [f"refused {', '.join(part['accounts'])}: {part['message']}" for part in outcome.failed]
    found += [
        f"invariant {invariant['id']} is broken: {', '.join(invariant['offenders'])}"
        for invariant in outcome.check.get("invariants", ())
        if not invariant["holds"]
    ]
    found += [
        f"{account['code']}: ledger and platform differ by {account['difference']} {account['currency']}"
        for account in outcome.figures
        if Decimal(account["difference"])
    ]
    found += [f"not as planned: {surprise}" for surprise in outcome.surprises]
    found += [
        f"{row['supplier']}: statement and ledger differ by {row['difference']} {row['currency']}"
        for row in outcome.suppliers
        if Decimal(row["difference"] or 0)
    ]
    return found if outcome.figures else [*found, "there is no account"]


def verdict(outcome: Outcome) -> int:
    """The exit code."""
    if outcome.failed or any(result["state"] == "failed" for result in outcome.imports):
        return REFUSED
    return WRONG if problems(outcome) or not outcome.check.get("holds") else FINE
