"""Seconds of the stages: on the wall, and of processors.

On a machine that does other things as well the wall tells little. Processor seconds are those of this
process, of all its children and of its session in the database, if that runs on the same machine.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


class Clock:
    """Adds up by name what is done under it: `with clock("post"): …`."""

    def __init__(self, cursor=None) -> None:
        self.wall: dict[str, float] = {}
        self.cpu: dict[str, float] = {}
        self._session = cursor and _session(cursor)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        wall, cpu = time.perf_counter(), self._used()
        yield
        self.wall[name] = self.wall.get(name, 0) + time.perf_counter() - wall
        self.cpu[name] = self.cpu.get(name, 0) + self._used() - cpu

    def _used(self) -> float:
        me = psutil.Process()
        running = [me, *me.children(recursive=True), *([self._session] if self._session else [])]
        return sum(sum(process.cpu_times()[:4]) for process in running if process.is_running())


def _session(cursor) -> psutil.Process | None:
    """The process of the database that serves this cursor; none where that is another machine."""
    cursor.execute("SELECT pg_backend_pid()")
    [pid] = cursor.fetchone()
    try:
        process = psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None
    return process if process.name().startswith("postgres") else None


def peak_mb() -> float:
    """Peak memory of this process and of its largest child, together."""
    both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(resource.getrusage(who).ru_maxrss for who in both) / 1024
