"""Where things are, and the few helpers every part of the host uses. Standard library only."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOST = ROOT / ".host"
VENV = HOST / "venv"
ADDONS = ROOT / "addons"
CONFIG = HOST / "odoo.conf"
DATA = HOST / "data"
LOGS = HOST / "logs"
PYTHON = VENV / "bin" / "python"

_STARTED = time.monotonic()
_ADDRESS = re.compile(r"\b[a-z]+://\S+|\b[\w.-]+\.(?:org|com|net|io|dev|cn|local)\b(?::\d+)?")


class HostError(Exception):
    """Something the person at the keyboard can mend; the message says how."""


def say(text: str) -> None:
    """One line of progress with the time since the command began."""
    print(f"[{time.monotonic() - _STARTED:6.1f}s] {text}", file=sys.stderr, flush=True)


def scrubbed(text: str) -> str:
    """The text without addresses: which mirror a machine uses is nobody's business in a log."""
    return _ADDRESS.sub("(address)", text)


def run(
    command: Sequence[str | Path],
    *,
    what: str,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    timeout: float | None = None,
    stdin: str | None = None,
) -> str:
    """Run a tool quietly; raise HostError with the end of its (scrubbed) output when it fails."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env=env,
            input=stdin or "",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except FileNotFoundError as error:
        raise HostError(f"{what}: {command[0]} is not on this machine") from error
    except subprocess.TimeoutExpired as error:
        raise HostError(f"{what}: no answer within {timeout:.0f} s") from error
    if done.returncode:
        tail = "\n".join(scrubbed(done.stdout).strip().splitlines()[-25:])
        raise HostError(f"{what} failed (exit {done.returncode}):\n{tail}")
    return done.stdout


def digest(*parts: str | bytes | Path) -> str:
    """A short hash of texts and of the files' contents."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            part = part.read_bytes()
        elif isinstance(part, str):
            part = part.encode()
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()[:16]


def stamp_is(name: str, value: str) -> bool:
    """Whether the step called `name` was finished with exactly these inputs."""
    path = HOST / "stamps" / name
    return path.is_file() and path.read_text() == value


def set_stamp(name: str, value: str) -> None:
    write_if_changed(HOST / "stamps" / name, value)


def write_if_changed(path: Path, text: str, mode: int = 0o644) -> bool:
    """Replace a file in one step, so that nobody ever reads half of it."""
    if path.is_file() and path.read_text() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.touch(mode=mode)
    fresh.chmod(mode)
    fresh.write_text(text)
    fresh.replace(path)
    return True


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Two commands at once: the second waits until the first has the host ready."""
    HOST.mkdir(exist_ok=True)
    with (HOST / "lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another command that prepares the host")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
