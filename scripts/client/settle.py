"""`ecom settle …`: suppliers' invoices, notices, terms and statements over the facade `ecom.settle.api`."""

from __future__ import annotations

import argparse
import base64
from decimal import Decimal
from pathlib import Path
from typing import Any

from . import files, show_settle, stages
from .command import Command, Given
from .connection import Connection
from .errors import FINE, WRONG, UsageError

PAGE = 1000


def _suppliers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--supplier",
        metavar="NAME",
        nargs="+",
        action="extend",
        help="only these: name, reference or tax number",
    )


def _files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", metavar="FILE", nargs="+", help="files, archives, folders or quoted wildcards"
    )
    parser.add_argument("--supplier", metavar="NAME", help="whose they are, where the file does not say it")


# --- statements -----------------------------------------------------------------------


def _month(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--month", metavar="MONTH", required=True, help="as 2026-09")


def _statements_arguments(parser: argparse.ArgumentParser) -> None:
    _month(parser)
    _suppliers(parser)


def _statements(connection: Connection, given: Given) -> Any:
    return connection.settle("statements", given.month, given.supplier, what=f"statements of {given.month}")


def judge_statements(statements: list[dict[str, Any]]) -> int:
    """A statement that differs from the ledger is wrong."""
    return WRONG if any(Decimal(one["difference"]) for one in statements) else FINE


def _list_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", help="only statements in this state")
    parser.add_argument("--month", metavar="MONTH", help="only those that end in it, as 2026-09")
    _suppliers(parser)


def _list(connection: Connection, given: Given) -> Any:
    return connection.settle("settlements", given.state, given.supplier, given.month)


def _number(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("number", metavar="NUMBER", help="number of a statement")


def _show(connection: Connection, given: Given) -> Any:
    """The statement with all its lines, page after page."""
    document = dict(connection.settle("settlement", given.number, 0, PAGE))
    part = document["rows"]
    while len(part) == PAGE:
        at = len(document["rows"])
        part = connection.settle("settlement", given.number, at, PAGE, what=f"lines from {at} on")["rows"]
        document["rows"] = document["rows"] + part
        connection.progress.step(f"lines: {len(document['rows'])}")
    return document


def judge_statement(document: dict[str, Any]) -> int:
    return judge_statements([document])


def _pdf_arguments(parser: argparse.ArgumentParser) -> None:
    _number(parser)
    parser.add_argument("--out", metavar="FILE", required=True, help="where to write it, .pdf or .xlsx")


def _pdf_prepare(given: Given) -> None:
    """The place is looked at before the server is asked."""
    out = Path(given.out)
    given.form = out.suffix.lower().removeprefix(".")
    if given.form not in ("pdf", "xlsx"):
        raise UsageError(f"{given.out}: the name ends with .pdf or .xlsx")
    if not out.resolve().parent.is_dir():
        raise UsageError(f"{given.out}: there is no such folder")


def _pdf(connection: Connection, given: Given) -> Any:
    found = connection.settle("print_statement", given.number, given.form, what=f"printing {given.number}")
    content = base64.b64decode(found["content"])
    try:
        Path(given.out).write_bytes(content)
    except OSError as error:
        raise UsageError(f"{given.out}: {(error.strerror or str(error)).lower()}") from error
    return {"number": given.number, "file": given.out, "bytes": len(content)}


def _send_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("numbers", metavar="NUMBER", nargs="+", help="numbers of statements")


def _send(connection: Connection, given: Given) -> Any:
    return connection.settle("send", given.numbers, what="sending")


def _suppliers_figures(connection: Connection, given: Given) -> Any:
    return connection.settle("suppliers", given.month)


def judge_suppliers(rows: list[dict[str, Any]]) -> int:
    return judge_statements([row for row in rows if row["difference"] is not None])


# --- invoices ----------------------------------------------------------------------------


def _import(connection: Connection, given: Given) -> Any:
    return stages.send(connection, "import_bills", given.paths, given.supplier, connection.settle)


def _notices(connection: Connection, given: Given) -> Any:
    return stages.send(connection, "import_notices", given.paths, given.supplier, connection.settle)


def _bills(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "bills", metavar="BILL", nargs="*", help="number or reference; without one all that are not paid"
    )


def _match(connection: Connection, given: Given) -> Any:
    return connection.settle("match", given.bills or None, what="matching")


def _blocked(connection: Connection, _given: Given) -> Any:
    return connection.settle("blocked")


# --- terms and period end ---------------------------------------------------------------


def _rebates_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--until", metavar="DAY", help="facts up to this day, as 2026-09-30; default: today")
    _suppliers(parser)


def _rebates(connection: Connection, given: Given) -> Any:
    return connection.settle("rebates", given.until, given.supplier, what="computing rebates")


def _accrue(connection: Connection, given: Given) -> Any:
    return connection.settle("accrue", given.month, what=f"accrual of {given.month}")


PARTS = {
    "suppliers": Command(
        help="the month of each supplier: orders, goods, invoices, rebates, closing",
        arguments=_month,
        run=_suppliers_figures,
        show=show_settle.suppliers,
        judge=judge_suppliers,
    ),
    "notices": Command(
        help="read delivery notes and receipt reports",
        arguments=_files,
        prepare=files.find_given,
        run=_notices,
        show=show_settle.notices,
        judge=stages.judge_sent,
    ),
    "import": Command(
        help="make draft invoices of suppliers' files",
        arguments=_files,
        prepare=files.find_given,
        run=_import,
        show=show_settle.imported,
        judge=stages.judge_sent,
    ),
    "match": Command(
        help="match posted invoices with orders and receipts again",
        arguments=_bills,
        run=_match,
        show=show_settle.matched,
    ),
    "blocked": Command(help="invoices that may not be paid, and why", run=_blocked, show=show_settle.blocked),
    "rebates": Command(
        help="compute what clauses give, and show it",
        arguments=_rebates_arguments,
        run=_rebates,
        show=show_settle.rebates,
    ),
    "accrue": Command(
        help="book what was received and not invoiced when a month ended",
        arguments=_month,
        run=_accrue,
        show=show_settle.accrued,
    ),
    "statements": Command(
        help="create the statements of a month, compute drafts again",
        arguments=_statements_arguments,
        run=_statements,
        show=show_settle.statements,
        judge=judge_statements,
    ),
    "list": Command(
        help="statements, newest period first",
        arguments=_list_arguments,
        run=_list,
        show=show_settle.statements,
    ),
    "show": Command(
        help="one statement: its footing and its lines",
        arguments=_number,
        run=_show,
        show=show_settle.statement,
        judge=judge_statement,
    ),
    "send": Command(
        help="send statements; suppliers see them in the portal from then on",
        arguments=_send_arguments,
        run=_send,
        show=show_settle.statements,
    ),
    "pdf": Command(
        help="write a statement as its supplier gets it, PDF or XLSX",
        arguments=_pdf_arguments,
        prepare=_pdf_prepare,
        run=_pdf,
        show=show_settle.printed,
    ),
}
