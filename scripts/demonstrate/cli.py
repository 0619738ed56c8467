"""One command from a fresh clone to a month of reconciled bills in the browser."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from types import FrameType

from client.connection import Address, Connection
from client.errors import EXIT_CODES, USAGE, WRONG, ClientError
from client.progress import Progress

from . import flow, report, server

USER = PASSWORD = "admin"


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="demo",
        description="Show a month of shops and suppliers in a real Odoo; a second time changes nothing.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--exit", action="store_true", help="end after the table instead of serving")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write the figures of accounts and suppliers there"
    )
    parser.add_argument("--port", type=_port, help=f"default: {server.FIRST_PORT} or the next free one")
    parser.add_argument("--fresh", action="store_true", help="make the database and the files anew")
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65536:
        raise ValueError
    return port


def main(argv: Sequence[str]) -> int:
    given = parser().parse_args(argv)
    if given.json and not given.json.resolve().parent.is_dir():
        print(f"demo: {given.json}: there is no such folder", file=sys.stderr)
        return USAGE
    from places import HostError  # the host's own modules are there only below scripts/host/run

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        return _demo(given)
    except ClientError as error:
        print(f"demo: {error}", file=sys.stderr)
        return error.code
    except (HostError, server.ServerError, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        print("demo: stopped", file=sys.stderr)
        return 130


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _demo(given: argparse.Namespace) -> int:
    import settings
    from places import LOGS, PYTHON

    from . import place

    progress = Progress()
    with place.ready(given.fresh) as world:
        port = server.free_port(given.port)
        command = [str(PYTHON), *odoo_arguments(place.DATABASE, port)]
        with server.running(command, settings.env(), port, LOGS / "demo.log") as odoo:
            odoo.wait_until_ready(progress)
            address = Address(url=odoo.url, db=place.DATABASE, user=USER, password=PASSWORD)
            with _recorded(place.RECORD, address):
                connection = Connection(address, progress)
                first = min(order.ordered.date() for order in world.orders)
                outcome = flow.run(connection, place.FILES, first - timedelta(days=1))
                flow.run_suppliers(connection, place.FILES, outcome)
                print(report.text(outcome), flush=True)
                if given.json:
                    report.write(given.json, outcome)
                if not given.exit:
                    print(welcome(odoo.url), flush=True)
                    with contextlib.suppress(KeyboardInterrupt):
                        odoo.serve()
                progress.say("stopping Odoo")
    return report.verdict(outcome)


def odoo_arguments(database: str, port: int) -> list[str]:
    """For one database, on this machine only, with the job runner; the client's old protocol is known."""
    return [
        *("-m", "odoo", "-d", database, "--db-filter", f"^{database}$", "--no-database-list"),
        *("--http-interface", server.HOST, "--http-port", str(port), "--load", "base,rpc,web,queue_job"),
        *("--log-level=warn", "--log-handler", "odoo.addons.rpc.controllers.jsonrpc:ERROR"),
    ]


@contextlib.contextmanager
def _recorded(path: Path, address: Address) -> Iterator[None]:
    """Tell `scripts/ecom` where the demo is; an earlier one that still runs gets its word back."""
    before = path.read_text(encoding="utf-8") if path.is_file() else ""
    ours = json.dumps({name: getattr(address, name) for name in ("url", "db", "user", "password")}) + "\n"
    path.write_text(ours, encoding="utf-8")
    try:
        yield
    finally:
        if before and path.read_text(encoding="utf-8") == ours:
            path.write_text(before, encoding="utf-8")


def welcome(url: str) -> str:
    named = [(person.login, person.password) for person in (*flow.PEOPLE, flow.VENDOR)]
    people = [(USER, PASSWORD), *named]
    logins = "\n".join(f"  {login:<12} password {password}" for login, password in people)
    return f"""Odoo serves the demo at {url}
{logins}

Ask it from another terminal: scripts/ecom exceptions, scripts/ecom settle blocked, scripts/ecom --help
Ctrl-C ends it."""
