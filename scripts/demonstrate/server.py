"""Odoo itself, in the background for as long as the demo needs it."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

from client.progress import Progress

HOST = "127.0.0.1"
FIRST_PORT = 8069
_PORTS = 100
_START_SECONDS = 180
_STOP_SECONDS = 30
_TAIL = 20


class ServerError(Exception):
    """Odoo did not start, or ended on its own; the message holds the end of its log."""


def free_port(wanted: int | None = None) -> int:
    """The wanted port, or the first free one from Odoo's usual one on."""
    ports = [wanted] if wanted else range(FIRST_PORT, FIRST_PORT + _PORTS)
    for port in ports:
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return port
    raise ServerError(f"port {wanted} is taken" if wanted else f"no port from {FIRST_PORT} on is free")


class Server:
    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        self.process = process
        self.url = url
        self.log = log

    def wait_until_ready(self, progress: Progress) -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + _START_SECONDS
        with progress.waiting("Odoo starts"):
            while time.monotonic() < deadline:
                self.check()
                with contextlib.suppress(OSError, urllib.error.URLError):
                    opener.open(f"{self.url}/web/health", timeout=5).close()
                    return
                time.sleep(0.2)
        raise ServerError(f"Odoo did not answer within {_START_SECONDS} seconds\n{self._end_of_log()}")

    def check(self) -> None:
        """Raise if it is not running any more."""
        code = self.process.poll()
        if code is not None:
            raise ServerError(f"Odoo ended with code {code}\n{self._end_of_log()}")

    def serve(self) -> None:
        """Until it ends; a key press or a signal comes as an exception."""
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=60)
            self.check()

    def stop(self) -> None:
        if self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _end_of_log(self) -> str:
        if not self.log.is_file():
            return ""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL:])


@contextlib.contextmanager
def running(command: Sequence[str], env: dict[str, str], port: int, log: Path) -> Iterator[Server]:
    """The server's process, ended with the block whatever happens in it."""
    log.parent.mkdir(exist_ok=True)
    with log.open("wb") as output:
        # A session of its own: Ctrl-C reaches the demo alone, which then ends the server in order.
        process = subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(process, f"http://{HOST}:{port}", log)
    try:
        yield server
    finally:
        server.stop()
