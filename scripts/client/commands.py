"""The subcommands: what each sends, how its answer reads, and whether it is a good one."""

from __future__ import annotations

import argparse
from typing import Any

from . import files, settle, show, stages
from .command import Command, Given
from .connection import Connection
from .errors import FINE, REFUSED, WRONG


def _accounts(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--account", metavar="CODE", nargs="+", action="extend", help="only these accounts")


def _account(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--account", metavar="CODE", help="only this account")


# --- set-up and import ----------------------------------------------------------


def _setup_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("setup", metavar="SETUP.json", help="accounts, shops and fees")


def _setup_prepare(given: Given) -> None:
    given.content = files.read_json(given.setup)


def _apply(connection: Connection, given: Given) -> Any:
    return connection.call("apply", given.content)


def _bill_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", metavar="FILE", nargs="+", help="bills, archives, folders or quoted wildcards"
    )
    parser.add_argument("--account", metavar="CODE", help="their account; else the one that fits each bill")


def _shop_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", metavar="FILE", nargs="+", help="files, archives, folders or quoted wildcards"
    )
    parser.add_argument("--shop", metavar="CODE", help="their shop, where the file does not name it")


def _import(connection: Connection, given: Given) -> Any:
    if given.account:
        connection.call("groups", [given.account])  # an unknown account is one error, not one per file
    return stages.send(connection, "import_bills", given.paths, given.account)


def _import_orders(connection: Connection, given: Given) -> Any:
    return stages.send(connection, "import_orders", given.paths, given.shop)


def _import_refunds(connection: Connection, given: Given) -> Any:
    return stages.send(connection, "import_refunds", given.paths, given.shop)


# --- flow -------------------------------------------------------------------------


def _match(connection: Connection, given: Given) -> Any:
    return stages.match(connection, given.account)


def _post_arguments(parser: argparse.ArgumentParser) -> None:
    _accounts(parser)
    parser.add_argument(
        "--when-locked",
        choices=("refuse", "first_open"),
        default="refuse",
        help="days in a locked period: refuse (default), or book them on the first open day",
    )


def _post(connection: Connection, given: Given) -> Any:
    return stages.post(connection, given.account, given.when_locked)


def _revalue_arguments(parser: argparse.ArgumentParser) -> None:
    _accounts(parser)
    parser.add_argument("--day", metavar="DAY", required=True, help="its closing rate counts, as 2026-09-30")
    parser.add_argument("--preview", action="store_true", help="show the differences, book nothing")


def _revalue(connection: Connection, given: Given) -> Any:
    return stages.revalue(connection, given.day, given.account, given.preview)


def judge_groups(document: dict[str, Any]) -> int:
    return REFUSED if document["failed"] else FINE


def _undo_arguments(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    _accounts(which)  # type: ignore[arg-type]
    which.add_argument("--bill", metavar="ID", help="only the lines of this bill (number or name)")
    which.add_argument("--all", action="store_true", help="everything that is posted")


def _undo(connection: Connection, given: Given) -> Any:
    return connection.call("undo", given.account or None, given.bill, given.all)


# --- questions --------------------------------------------------------------------


def _exceptions_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", choices=("open", "done", "all"), default="open")
    _account(parser)


def _exceptions(connection: Connection, given: Given) -> Any:
    return connection.call("exceptions", given.state, [given.account] if given.account else None)


def _bills(connection: Connection, given: Given) -> Any:
    return connection.call("bills", [given.account] if given.account else None)


def _lines_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bill", metavar="BILL", help="number or name")


def _lines(connection: Connection, given: Given) -> Any:
    return stages.lines(connection, given.bill)


def _check(connection: Connection, _given: Given) -> Any:
    return connection.call("check")


def judge_check(document: dict[str, Any]) -> int:
    return FINE if document["holds"] else WRONG


def _shops(connection: Connection, _given: Given) -> Any:
    return stages.shops(connection)


def _figures(connection: Connection, _given: Given) -> Any:
    return connection.call("figures", what="accounts")


COMMANDS = {
    "apply": Command(
        help="create or update company, accounts, shops and ledger",
        arguments=_setup_arguments,
        prepare=_setup_prepare,
        run=_apply,
        show=show.applied,
    ),
    "import": Command(
        help="read, prove and store bills",
        arguments=_bill_arguments,
        prepare=files.find_given,
        run=_import,
        show=show.imported,
        judge=stages.judge_sent,
    ),
    "import-orders": Command(
        help="create or refresh orders",
        arguments=_shop_arguments,
        prepare=files.find_given,
        run=_import_orders,
        show=show.orders,
        judge=stages.judge_sent,
    ),
    "import-refunds": Command(
        help="create or refresh refunds",
        arguments=_shop_arguments,
        prepare=files.find_given,
        run=_import_refunds,
        show=show.refunds,
        judge=stages.judge_sent,
    ),
    "match": Command(
        help="match what the bills say with orders and refunds",
        arguments=_accounts,
        run=_match,
        show=show.matched,
        judge=judge_groups,
    ),
    "post": Command(
        help="book what is not booked yet",
        arguments=_post_arguments,
        run=_post,
        show=show.posted,
        judge=judge_groups,
    ),
    "revalue": Command(
        help="bring balances in other currencies to the closing rate of a day",
        arguments=_revalue_arguments,
        run=_revalue,
        show=show.revalued,
        judge=judge_groups,
    ),
    "undo": Command(
        help="reverse postings; without a choice those of the last run",
        arguments=_undo_arguments,
        run=_undo,
        show=show.undone,
    ),
    "exceptions": Command(
        help="what nobody could explain yet",
        arguments=_exceptions_arguments,
        run=_exceptions,
        show=show.exceptions,
    ),
    "bills": Command(help="all bills, newest first", arguments=_account, run=_bills, show=show.bills),
    "lines": Command(help="the lines of one bill", arguments=_lines_arguments, run=_lines, show=show.lines),
    "check": Command(help="ask every invariant", run=_check, show=show.checked, judge=judge_check),
    "shops": Command(help="the shops and the accounts that pay them", run=_shops, show=show.shops),
    "accounts": Command(
        help="lines, exceptions and balances of each account", run=_figures, show=show.accounts
    ),
    "settle": Command(help="settle with suppliers: bills, terms, statements", parts=settle.PARTS),
}
