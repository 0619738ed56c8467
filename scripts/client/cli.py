"""The command line: global options before or after the subcommand, one document out, one number back."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .command import Command
from .commands import COMMANDS
from .connection import Address, Connection
from .errors import EXIT_CODES, FINE, ClientError, UsageError
from .progress import Progress

HOST = Path(__file__).resolve().parents[2] / ".host"
DEMO = "demo.json"

_EPILOG = f"""Without --url, --db, --user and --password the variables ECOM_URL, ECOM_DB, ECOM_USER and
ECOM_PASSWORD count, and without those the demo that scripts/demo serves. Results go to stdout,
progress and errors to stderr.

{EXIT_CODES}"""


def main(argv: Sequence[str], env: Mapping[str, str] = os.environ) -> int:
    """Run one command; the exit code."""
    given = parser().parse_args(argv)
    try:
        return _run(given, env)
    except ClientError as error:
        print(f"ecom: {error}", file=sys.stderr)
        return error.code
    except BrokenPipeError:
        # The reader of stdout has seen enough; Python must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """Every default is absent, so that an option before the subcommand is not overwritten after it."""
    shared = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    for name, text in (
        ("url", "address of the server, such as http://127.0.0.1:8069"),
        ("db", "database"),
        ("user", "login"),
        ("password", "password or API key; better in ECOM_PASSWORD, where no process list shows it"),
    ):
        shared.add_argument(f"--{name}", help=text)
    shared.add_argument("--json", action="store_true", help="print one JSON document")
    top = argparse.ArgumentParser(
        prog="ecom",
        description="Import, match and post platform bills, settle with suppliers, and ask about both.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[shared],
        allow_abbrev=False,
    )
    _add(top, COMMANDS, shared, "command", "COMMAND")
    return top


def _add(
    parser: argparse.ArgumentParser,
    commands: Mapping[str, Command],
    shared: argparse.ArgumentParser,
    dest: str,
    metavar: str,
) -> None:
    """One subparser for each command, and below it one for each of its parts."""
    subs = parser.add_subparsers(dest=dest, metavar=metavar, required=True)
    for name, command in commands.items():
        sub = subs.add_parser(
            name,
            help=command.help,
            description=command.help.capitalize() + ".",
            epilog=EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            parents=[shared],
            allow_abbrev=False,
        )
        command.arguments(sub)
        if command.parts:
            _add(sub, command.parts, shared, "part", "WHAT")


def _run(given: argparse.Namespace, env: Mapping[str, str]) -> int:
    command = COMMANDS[given.command]
    if command.parts:
        command = command.parts[given.part]
    progress = Progress()
    command.prepare(given)
    connection = Connection(address(given, env), progress)
    document = command.run(connection, given)
    write(dumps(document) if getattr(given, "json", False) else command.show(document))
    return command.judge(document)


def address(given: argparse.Namespace, env: Mapping[str, str]) -> Address:
    """Each part from the command line, else the environment, else the demo."""
    demo = _demo(Path(env.get("ECOM_HOST") or HOST) / DEMO)
    parts = {}
    for name in ("url", "db", "user", "password"):
        value = getattr(given, name, None) or env.get(f"ECOM_{name.upper()}") or demo.get(name)
        if not value:
            places = f"give --{name} or ECOM_{name.upper()}, or start the demo with scripts/demo"
            raise UsageError(f"no {name} is known: {places}")
        parts[name] = value
    return Address(**parts)


def _demo(path: Path) -> dict[str, str]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def dumps(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def write(text: str) -> None:
    """To stdout in UTF-8, whatever the terminal's language."""
    sys.stdout.flush()
    stream = getattr(sys.stdout, "buffer", None)
    if stream is None:
        sys.stdout.write(text)
    else:
        stream.write(text.encode("utf-8"))
    sys.stdout.flush()
