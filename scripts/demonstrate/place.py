"""Where the demo happens: its database, made anew when the code it shows has changed, and its files."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
from collections.abc import Iterator
from pathlib import Path

import databases
import odoo_source
import postgres
import settings
from places import ADDONS, HOST, ROOT, HostError, digest, only_one, say, set_stamp, stamp_is, write_if_changed
from world import demo, suppliers
from world.making import World

DATABASE = "ecom_demo"
ADDON_NAMES = ("ecom_connectors", "ecom_recon", "ecom_supplier_settlement")
FILES = HOST / "demo"
RECORD = HOST / "demo.json"
_STAMP = "demo"


@contextlib.contextmanager
def ready(fresh: bool) -> Iterator[World]:
    """The database and the files are there, and nobody makes them anew while they are in use."""
    HOST.mkdir(exist_ok=True)
    with (HOST / "demo.lock").open("w") as handle:
        alone = _alone(handle.fileno())
        with only_one():
            source = odoo_source.ensure()
            server = postgres.ensure()
            settings.write(server)
            template = databases.template(server, source)
        identity = digest(template, str(FILES), *_sources())
        if fresh or not _is_current(server, identity):
            if not alone:
                raise HostError("the demo runs in another terminal already; stop it there first")
            _make(server, template, identity)
        else:
            say(f"database {DATABASE}: there already and current")
        world = demo()
        if alone:
            _write(world, identity)
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield world


def _alone(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("the demo runs in another terminal, too")
        fcntl.flock(handle, fcntl.LOCK_SH)  # waits only while the other one is making it
        return False
    return True


def _sources() -> list[str | Path]:
    """Names and contents of all files that decide what the demo shows."""
    places = [*(ADDONS / name for name in ADDON_NAMES), ROOT / "scripts" / "world"]
    files = [
        path
        for place in places
        for path in sorted(place.rglob("*"))
        if path.is_file()
        and "__pycache__" not in path.parts
        and path.relative_to(place).parts[0] not in ("tests", "readme")
    ]
    return [part for path in files for part in (str(path.relative_to(ROOT)), path)]


def _is_current(server: postgres.Server, identity: str) -> bool:
    return stamp_is(_STAMP, identity) and databases.exists(server, DATABASE) and databases.has_files(DATABASE)


def _make(server: postgres.Server, template: str, identity: str) -> None:
    there = databases.exists(server, DATABASE)
    if there and not server.embedded and not databases.has_files(DATABASE):
        raise HostError(f"the database {DATABASE} on this server is somebody else's")
    set_stamp(_STAMP, "")
    if there:
        say(f"database {DATABASE}: removing it, the code is newer")
    databases.drop(server, DATABASE)
    say(f"database {DATABASE}: installing {', '.join(ADDON_NAMES)}")
    databases.create(server, DATABASE, template)
    databases.odoo("-d", DATABASE, "-i", ",".join(ADDON_NAMES), what="installing the add-ons")
    set_stamp(_STAMP, identity)


def _write(world: World, identity: str) -> None:
    mark = FILES / ".identity"
    if mark.is_file() and mark.read_text() == identity:
        return
    say("files: writing an imaginary month")
    shutil.rmtree(FILES, ignore_errors=True)
    world.write(FILES)
    suppliers.make(sold=world.orders).write(FILES / "suppliers")
    write_if_changed(mark, identity)
