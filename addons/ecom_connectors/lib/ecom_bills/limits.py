"""What a file may cost: it is read in a child process with limits, and no file can take the worker with it.

A spreadsheet of 1,675 bytes can make a library ask for 512 GiB and abort its process. So files are read in a
child process, one fork for each file: what dies is the fork, and its file is refused with the limit it met.
While the caller loads one result, the child already reads the next file.

The limits are memory, CPU time, wall time, the size of file and answer; the child writes no file. It gets
none of our environment, open files, connections and session, so that a mistake cannot reach them. That is
no sandbox: it is the same user on the same machine, with its network, and what it may read we may read. Code
that got to run in it could do what Odoo's user can do; a library with such a hole has to be updated.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from .bill import Bill, Context, problem
from .frames import FrameError, read_frame, write_frame

MIB = 1 << 20
_ROOT = str(Path(__file__).resolve().parent.parent)
_START = """
import sys
sys.path[:0] = sys.argv[1:2]
sys.path += sys.argv[2:]
from ecom_bills import child
sys.exit(child.main())
"""
_LIBRARIES = ("pandas", "numpy", "python_calamine", "olefile", "dateutil", "pytz", "six", "tzdata")
_GRACE = 30
_STARTING = 120
_SECOND = 1_000_000_000


class ChildError(Exception):
    """The child process cannot be started at all; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one file may cost."""

    memory: int = 1536 * MIB  # address space of the fork
    cpu: int = 60  # seconds
    wall: int = 120  # seconds
    content: int = 400 * MIB  # bytes of the file
    payload: int = 1024 * MIB  # bytes of the answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One file to read, and what is wanted of it."""

    content: bytes = field(repr=False)
    name: str
    context: Context
    want: Literal["lines", "raw_row", "orders", "refunds", "table"] = "lines"
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The answer to one job: facts as JSON gives them, and the bulk as bytes."""

    name: str
    meta: dict[str, Any]
    payload: bytes = field(repr=False)

    @property
    def bills(self) -> Iterator[tuple[dict[str, Any], bytes]]:
        """Each bill of the file: its facts, and its lines as COPY text."""
        for bill in self.meta["bills"]:
            start, stop = bill["payload"]
            yield bill, self.payload[start:stop]


def run(jobs: Iterable[Job], *, limits: Limits | None = None) -> Iterator[Result]:
    """One result for each job, in the order of the jobs. Close the iterator to stop early."""
    if sys.platform == "win32" or not hasattr(os, "fork") or importlib.util.find_spec("resource") is None:
        raise ChildError("limits on processes need Linux or another POSIX system")
    child = _SPARE.take(limits or Limits())
    try:
        yield from _serve(child, jobs)
    finally:
        _SPARE.give(child)


def _serve(child: _Child, jobs: Iterable[Job]) -> Iterator[Result]:
    waiting: Job | None = None
    for job in jobs:
        if waiting is not None:
            result = child.receive(waiting)
        child.send(job)
        if waiting is not None:
            yield result
        waiting = job
    if waiting is not None:
        yield child.receive(waiting)


class _Child:
    """The child process and its two pipes. It is started anew when it has died."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.process: subprocess.Popen[bytes] | None = None
        self.folder = tempfile.mkdtemp(prefix="ecom_bills_")
        self.owner = os.getpid()
        self.busy = False
        self.refusal = ""

    def close(self) -> None:
        """End the child and remove its folder."""
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def send(self, job: Job) -> None:
        """Hand over one job. The child reads it at once, because it has answered the one before."""
        self.refusal, self.busy = "", True
        if len(job.content) > self.limits.content:
            self.refusal = f"{len(job.content)} bytes"
            return
        facts = {
            "name": job.name,
            "want": job.want,
            "args": dict(job.args),
            "context": asdict(job.context)
            | {"words": {key: dict(job.context.words[key]) for key in job.context.words}},
        }
        for attempt in (1, 2):
            try:
                write_frame(
                    self._pipes()[0], facts, job.content, time.monotonic_ns() + self.limits.wall * _SECOND
                )
                return
            except (FrameError, OSError):
                self.end()
                if attempt == 2:
                    self.refusal = "the child process died"

    def receive(self, job: Job) -> Result:
        """The answer to the job sent last; whatever goes wrong is a problem of that job alone."""
        self.busy = False
        if self.refusal:
            reason = "too_large" if len(job.content) > self.limits.content else "limit_exceeded"
            return _refused(job, reason, self.refusal)
        try:
            deadline = time.monotonic_ns() + (self.limits.wall + _GRACE) * _SECOND
            answer = read_frame(self._pipes()[1], self.limits.payload, deadline)
            if answer is None:
                raise FrameError("the child process died")
            _check(*answer)
        except (FrameError, OSError) as error:
            self.end()
            return _refused(job, "limit_exceeded", str(error))
        return Result(name=job.name, meta=answer[0], payload=answer[1])

    def end(self) -> None:
        """Kill the child and everything it has started."""
        process, self.process = self.process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _pipes(self) -> tuple[int, int]:
        process = self.process or self._start()
        if process.stdin is None or process.stdout is None:
            raise ChildError("the child process has no pipes")
        return process.stdin.fileno(), process.stdout.fileno()

    def _start(self) -> subprocess.Popen[bytes]:
        if not sys.executable:
            raise ChildError("Python does not know its own program")
        complaints = Path(self.folder, "stderr")
        with complaints.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-I", "-X", "utf8", "-c", _START, _ROOT, *_library_folders()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                bufsize=0,
                close_fds=True,
                cwd=self.folder,
                env=_environment(),
                start_new_session=True,
            )
        self.process = process
        pipes = self._pipes()
        try:
            deadline = time.monotonic_ns() + _STARTING * _SECOND
            write_frame(pipes[0], asdict(self.limits), b"", deadline)
            hello = read_frame(pipes[1], 0, deadline)
        except (FrameError, OSError):
            hello = None
        if hello is None or not hello[0].get("ready"):
            self.end()
            last = complaints.read_text("utf-8", "replace").strip().splitlines()[-1:]
            raise ChildError(f"the child process does not start: {''.join(last)}")
        return process


class _Spare:
    """The one child that stays for the next call, because loading pandas takes longer than most bills.

    It ends after a minute without work, and with the process that owns it: its pipes are closed then.
    """

    IDLE = 60  # seconds

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.child: _Child | None = None
        self.timer: threading.Timer | None = None

    def take(self, limits: Limits) -> _Child:
        """The spare child if it fits, else a new one."""
        with self.lock:
            child, self.child = self.child, None
            if self.timer is not None:
                self.timer.cancel()
        if child is not None and child.owner == os.getpid() and child.limits == limits:
            return child
        if child is not None and child.owner == os.getpid():
            child.close()
        return _Child(limits)

    def give(self, child: _Child) -> None:
        """Keep the child, unless it owes an answer or another one is kept already."""
        with self.lock:
            if self.child is None and not child.busy and child.process is not None:
                self.child = child
                self.timer = threading.Timer(self.IDLE, self.drop)
                self.timer.daemon = True
                self.timer.start()
                return
        child.close()

    def drop(self) -> None:
        """End the spare child."""
        with self.lock:
            child, self.child = self.child, None
        if child is not None and child.owner == os.getpid():
            child.close()


_SPARE = _Spare()
atexit.register(_SPARE.drop)


def _environment() -> dict[str, str]:
    """Nothing of ours: no password, no proxy, no time zone; and no thread that would ask for memory."""
    one = dict.fromkeys(
        ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
    )
    return {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC", "MALLOC_ARENA_MAX": "2", **one}


def _library_folders() -> list[str]:
    """Where this process finds its libraries, for an interpreter that is told nothing by its environment."""
    specs = (importlib.util.find_spec(name) for name in _LIBRARIES)
    return sorted({str(Path(spec.origin).parent.parent) for spec in specs if spec and spec.origin})


def _check(meta: dict[str, Any], payload: bytes) -> None:
    """An answer is used as it is, so its shape is checked: each bill has its own part of the payload."""
    bills = meta.get("bills")
    if not isinstance(bills, list) or not isinstance(meta.get("problems"), list):
        raise FrameError("no answer")
    end = 0
    for bill in bills:
        part = bill.get("payload") if isinstance(bill, dict) else None
        if (
            not isinstance(part, list)
            or len(part) != 2
            or part[0] != end
            or not end <= part[1] <= len(payload)
        ):
            raise FrameError("no answer")
        end = part[1]
    if bills and end != len(payload):
        raise FrameError("no answer")


def _refused(job: Job, reason: str, text: str) -> Result:
    found = problem(reason, text)
    bill = Bill(member=job.name, problems=(found,)).meta() | {"payload": [0, 0]}
    return Result(name=job.name, meta={"bills": [bill], "problems": [found._asdict()]}, payload=b"")
