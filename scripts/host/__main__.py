"""The host: real Odoo 19 and PostgreSQL below .host, made when first needed.

scripts/host/run up               make everything ready (first time minutes, then a second)
scripts/host/run status           what is there
scripts/host/run odoo ARGS…       Odoo with the project's configuration; the same as scripts/odoo
scripts/host/run python ARGS…     Python of the environment, with the database server running
scripts/host/run psql ARGS…       the server's own psql
scripts/host/run createdb NAME    a database with the base modules, from the template (seconds)
scripts/host/run dropdb NAME      remove a database and its files
scripts/host/run stop             stop the embedded database server
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import databases
import environment
import odoo_source
import postgres
import settings
from odoo_source import Source
from places import ADDONS, HOST, PYTHON, HostError, only_one, say


def prepare(*, with_template: bool = False) -> tuple[postgres.Server, Source, str]:
    """Environment, Odoo, PostgreSQL, configuration and, when asked for, the template database."""
    with only_one():
        environment.ensure()
        source = odoo_source.ensure()
        server = postgres.ensure()
        settings.write(server)
        template = databases.template(server, source) if with_template else ""
    return server, source, template


def up(_arguments: list[str]) -> None:
    _server, source, template = prepare(with_template=True)
    say(f"ready: {source}, template database {template}")


def status(_arguments: list[str]) -> None:
    server, source, _template = prepare()
    print(f"Odoo        {source}")
    print(f"code        {source.path}")
    print(f"PostgreSQL  {server.sql('SHOW server_version')} at {server.host}")
    print(f"databases   {', '.join(databases.names(server))}")


def odoo(arguments: list[str]) -> None:
    prepare()
    _become([str(PYTHON), "-m", "odoo", *arguments], settings.env())


def python(arguments: list[str]) -> None:
    server, _source, _template = prepare()
    libraries = [str(path) for path in sorted(ADDONS.glob("*/lib"))]
    path = os.pathsep.join([str(Path(__file__).parent), *libraries])
    _become([str(PYTHON), *arguments], {**settings.env(), **server.env(), "PYTHONPATH": path})


def psql(arguments: list[str]) -> None:
    server, _source, _template = prepare()
    _become([str(server.programs / "psql"), *arguments], {"PGDATABASE": "postgres", **server.env()})


def createdb(arguments: list[str]) -> None:
    (name,) = _exactly(arguments, "NAME")
    server, _source, template = prepare(with_template=True)
    databases.create(server, name, template)
    say(f"database {name}: ready")


def dropdb(arguments: list[str]) -> None:
    (name,) = _exactly(arguments, "NAME")
    server, _source, _template = prepare()
    databases.drop(server, name)


def stop(_arguments: list[str]) -> None:
    if not HOST.exists():
        return
    with only_one():
        if not postgres.stop():
            say("postgresql: not running")


def _exactly(arguments: list[str], *wanted: str) -> list[str]:
    if len(arguments) != len(wanted):
        raise HostError(f"expected: {' '.join(wanted)}")
    return arguments


def _become(command: list[str], env: dict[str, str]) -> None:
    sys.stdout.flush()
    os.execve(command[0], command, env)


def check(arguments: list[str]) -> int:
    import checks

    return checks.main(arguments)


COMMANDS: dict[str, Callable[[list[str]], int | None]] = {
    "up": up,
    "status": status,
    "odoo": odoo,
    "python": python,
    "psql": psql,
    "createdb": createdb,
    "dropdb": dropdb,
    "stop": stop,
    "test": check,
}


def main() -> int:
    name = sys.argv[1] if len(sys.argv) > 1 else "help"
    command = COMMANDS.get(name)
    if command is None:
        print(__doc__, file=sys.stderr)
        return 0 if name in ("help", "-h", "--help") else 2
    try:
        return command(sys.argv[2:]) or 0
    except HostError as error:
        print(f"scripts/host: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
