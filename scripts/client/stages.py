"""Import, match and post in small requests; what one refusal leaves undone is told, not lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from . import files
from .connection import Connection
from .errors import FINE, REFUSED, WRONG, RefusedError

GOOD = ("ready", "posted", "skipped", "stored")


def send(
    connection: Connection,
    method: str,
    paths: Sequence[Path],
    code: str | None,
    call: Callable[..., Any] | None = None,
) -> list[dict[str, Any]]:
    """Import files with `method`; one result per bill, or per file of orders or refunds.

    :param call: the facade that has the method; without it the one of bills
    """
    call = call or connection.call
    results: list[dict[str, Any]] = []
    done = 0
    for batch in files.batches(paths):
        what = f"{method.replace('_', ' ')} {done + 1}-{done + len(batch)} of {len(paths)}"
        results += _send_batch(call, method, batch, code, what)
        done += len(batch)
        connection.progress.step(f"{method.replace('_', ' ')}: {done} of {len(paths)} files")
    return results


def judge_sent(results: list[dict[str, Any]]) -> int:
    """The exit code for what came of files."""
    states = {result["state"] for result in results}
    if "failed" in states:
        return REFUSED
    return FINE if states <= set(GOOD) else WRONG


def _send_batch(
    call: Callable[..., Any], method: str, batch: list[dict[str, str]], code: str | None, what: str
) -> list[dict[str, Any]]:
    """A batch is one transaction; if the server cannot take it, one file after the other tells which."""
    try:
        return call(method, batch, code, what=what)  # type: ignore[no-any-return]
    except RefusedError as error:
        if error.lasting:
            raise
        if len(batch) == 1:
            return [_failed(batch[0]["name"], str(error))]
    return [result for file in batch for result in _send_batch(call, method, [file], code, file["name"])]


def _failed(name: str, text: str) -> dict[str, Any]:
    problem = {"row": 0, "column": "", "text": "", "reason": "server_refused", "message": text}
    return {
        "file": name,
        "account": None,
        "layout": None,
        "state": "failed",
        "lines": 0,
        "new": 0,
        "known": 0,
        "sum": "0",
        "opening": None,
        "closing": None,
        "control": None,
        "by_category": {},
        "problems": [problem],
    }


def match(connection: Connection, accounts: Sequence[str] | None) -> dict[str, Any]:
    """Match group by group; as the facade's `match`, and `failed` with what was refused."""
    total: dict[str, Any] = {"tallies": 0, "matched": 0, "exceptions": 0}
    states: Counter[str] = Counter()
    parts, failed = _by_groups(connection, "match", accounts)
    for part in parts:
        for key in total:
            total[key] += part[key]
        states.update(part["states"])
    return {**total, "states": dict(states), "failed": failed}


def post(connection: Connection, accounts: Sequence[str] | None, when_locked: str) -> dict[str, Any]:
    """Post group by group in one session; as the facade's `post`, but `failed` tells what was refused."""
    parts, failed = _by_groups(connection, "post", accounts, when_locked, str(uuid4()))
    for code, message in [pair for part in parts for pair in part["errors"].items()]:
        failed.append({"accounts": [code], "message": message})
        connection.progress.say(f"post {code}: {message}")
    balances = {code: balance for part in parts for code, balance in part["accounts"].items()}
    return {
        "moves": sum(part["moves"] for part in parts),
        "lines": sum(part["lines"] for part in parts),
        "accounts": dict(sorted(balances.items())),
        "failed": failed,
    }


def revalue(
    connection: Connection, day: str, accounts: Sequence[str] | None, preview: bool
) -> dict[str, Any]:
    """Revalue all at once; as the facade's `revalue`, but `failed` tells what was refused."""
    document = dict(connection.call("revalue", day, list(accounts or []) or None, preview))
    failed = [{"accounts": [code], "message": text} for code, text in document.pop("errors").items()]
    return {**document, "preview": preview, "failed": failed}


def _by_groups(
    connection: Connection, method: str, accounts: Sequence[str] | None, *more: Any
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The results of the groups that went well, and `accounts` and `message` of those that did not."""
    groups = connection.call("groups", list(accounts or []) or None)
    parts, failed = [], []
    for number, group in enumerate(groups, start=1):
        names = ", ".join(group)
        try:
            parts.append(connection.call(method, group, *more, what=f"{method} {names}"))
        except RefusedError as error:
            if error.lasting:
                raise
            failed.append({"accounts": group, "message": str(error)})
            connection.progress.say(f"{method} {names}: {error}")
            continue
        connection.progress.step(f"{method} {names}: {number} of {len(groups)} groups")
    return parts, failed


def lines(connection: Connection, bill: str, page: int = 1000) -> list[dict[str, Any]]:
    """All lines of a bill, page after page."""
    found: list[dict[str, Any]] = []
    while True:
        part = connection.call("lines", bill, len(found), page, what=f"lines from {len(found)} on")
        found += part
        if len(part) < page:
            return found
        connection.progress.step(f"lines: {len(found)}")


def shops(connection: Connection) -> list[dict[str, Any]]:
    """The shops with their codes, as the facade would name things."""
    found = connection.execute(
        "ecom.shop",
        "search_read",
        [],
        [
            "code",
            "name",
            "platform_id",
            "account_ids",
            "currency_id",
            "timezone",
            "timing_days",
            "order_count",
        ],
        what="shops",
    )
    accounts = connection.execute("ecom.account", "search_read", [], ["code"], what="accounts")
    codes = {account["id"]: account["code"] for account in accounts}
    return [
        {
            "code": shop["code"],
            "name": shop["name"],
            "platform": shop["platform_id"][1],
            "accounts": [codes[number] for number in shop["account_ids"] if number in codes],
            "currency": shop["currency_id"][1],
            "timezone": shop["timezone"],
            "timing_days": shop["timing_days"],
            "orders": shop["order_count"],
        }
        for shop in found
    ]
