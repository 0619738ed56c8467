"""The reading child: loads pandas once, then forks for every file, so that no file can hurt another.

Started by `limits.run` and by nobody else. The forked process is given no file, socket or pipe but the one
for its answer; memory, CPU time and file size are limited by the kernel, wall time and the size of the answer
by this process.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

from .bill import Bill, Context, Problem, problem
from .copying import to_copy
from .frames import META_LIMIT, FrameError, lengths, pack, read_frame, split_frame, write_frame
from .orders import read_orders, read_refunds
from .reader import raw_row, read_bills
from .tables import read_table

_PIECE = 1 << 20
_SLACK = 4096
_FILES = 64
_EXIT = 2  # seconds a fork has to end after its answer
_SECOND = 1_000_000_000
_BILL = """商户订单号,发生时间,收入金额（+元）,支出金额（-元）,账务类型,备注,业务描述
260531-662941284701219,2026-06-01 10:00:00,1.00,0,交易收入,,0010002|交易收入-订单收入
"""
Answer = tuple[dict[str, Any], bytes]


def main() -> int:
    """Answer jobs from stdin on stdout until stdin is closed."""
    started = read_frame(0, 0)
    if started is None:
        return 1
    limits = started[0]
    _warm_up()
    gc.freeze()  # What is loaded now is shared by all forks; collecting it would copy it.
    write_frame(1, {"ready": True})
    while True:
        job = read_frame(0, limits["content"])
        if job is None:
            return 0
        meta, payload = _in_fork(job[0], job[1], limits)
        del job
        write_frame(1, meta, payload)


def _warm_up() -> None:
    """Read a bill of ours once, so that no fork has to import codecs, time zones and the like again."""
    context = Context(currency="CNY", digits=2, timezone="Asia/Shanghai")
    for bill in read_bills(_BILL.encode("gb18030"), "warm", context):
        to_copy(bill)


def _in_fork(job: dict[str, Any], content: bytes, limits: dict[str, int]) -> Answer:
    """Run one job in a process of its own."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _run_fork(writer, job, content, limits)
    os.close(writer)
    try:
        data, limit = _receive(reader, limits)
    finally:
        os.close(reader)
    status = _wait(pid, kill=bool(limit))
    if not limit and status == 0:
        try:
            return split_frame(data, limits["payload"])
        except FrameError as error:
            limit = str(error)
    return failure(job, problem("limit_exceeded", limit or _cause(status)))


def _receive(reader: int, limits: dict[str, int]) -> tuple[bytes, str]:
    """The whole answer of the fork, or the limit that cut it short."""
    deadline = time.monotonic_ns() + limits["wall"] * _SECOND
    cap = limits["payload"] + META_LIMIT + _SLACK
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    data = bytearray()
    while True:
        left = (deadline - time.monotonic_ns()) // 1_000_000
        if left <= 0 or not poll.poll(left):
            return b"", f"time {limits['wall']} s"
        piece = os.read(reader, _PIECE)
        if not piece:
            return bytes(data), ""
        data += piece
        if len(data) > cap:
            return b"", f"answer {cap} bytes"


def _wait(pid: int, *, kill: bool) -> int:
    """The exit status of the fork; one that does not end by itself is ended."""
    deadline = time.monotonic_ns() + _EXIT * _SECOND
    while not kill and time.monotonic_ns() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return status
        time.sleep(1 / 2000)
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def _cause(status: int) -> str:
    """Which limit a dead fork has met."""
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if number == signal.SIGXCPU:
        return "CPU time"
    # A library that gets no memory aborts; the kernel that has none kills.
    if number in (signal.SIGABRT, signal.SIGKILL):
        return "memory"
    return f"signal {number}" if number else f"status {os.WEXITSTATUS(status)}"


def _run_fork(writer: int, job: dict[str, Any], content: bytes, limits: dict[str, int]) -> None:
    """The forked process; it answers and never returns."""
    status = 1
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(nothing, fd)
        _limit(limits)
        meta, payload = _answer(job, content)
        if len(payload) > limits["payload"]:
            meta, payload = failure(job, problem("limit_exceeded", f"answer {len(payload)} bytes"))
        head = pack(meta, payload)
        lengths(head, limits["payload"])
        for data in (head, payload):
            view = memoryview(data)
            while view:
                view = view[os.write(writer, view[:_PIECE]) :]
        status = 0
    finally:
        os._exit(status)


def _limit(limits: dict[str, int]) -> None:
    """The kernel's limits of this process; a hard limit that is lower already stays."""
    wanted = {
        resource.RLIMIT_AS: limits["memory"],
        resource.RLIMIT_CPU: limits["cpu"],
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: _FILES,
    }
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(
            kind, (value, value + 1 if kind == resource.RLIMIT_CPU and hard != value else value)
        )


def _answer(job: dict[str, Any], content: bytes) -> Answer:
    """The work itself. A mistake of ours must not stop the other files: it becomes a problem without data."""
    try:
        return WORK[job["want"]](job, content)
    except MemoryError:
        return failure(job, problem("limit_exceeded", "memory"))
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__} {os.path.basename(place.filename)}:{place.lineno}"
        return failure(job, problem("internal_error", text))


def failure(job: dict[str, Any], *problems: Problem) -> Answer:
    """The answer when there is none: one refused bill, so that nobody has to ask twice."""
    bill = Bill(member=job["name"], problems=problems)
    return {
        "bills": [bill.meta() | {"payload": [0, 0]}],
        "problems": [item._asdict() for item in problems],
    }, b""


def _context(job: dict[str, Any]) -> Context:
    facts = dict(job["context"])
    facts["kinds"] = tuple(facts.get("kinds", ()))
    return Context(**facts)


def _lines(job: dict[str, Any], content: bytes) -> Answer:
    metas: list[dict[str, Any]] = []
    pieces: list[bytes] = []
    total = 0
    for bill in read_bills(content, job["name"], _context(job)):
        piece = to_copy(bill)
        metas.append(bill.meta() | {"payload": [total, total + len(piece)]})
        pieces.append(piece)
        total += len(piece)
    return {"bills": metas, "problems": []}, b"".join(pieces)


def _raw_row(job: dict[str, Any], content: bytes) -> Answer:
    args = job["args"]
    cells = raw_row(content, job["name"], args["member"], int(args["row"]))
    return {"bills": [], "problems": [], "cells": cells}, b""


def _orders(job: dict[str, Any], content: bytes) -> Answer:
    file = READ[job["want"]](content, job["name"], _context(job))
    text = json.dumps(file.frames(), ensure_ascii=False, separators=(",", ":")).encode()
    return {"bills": [], **file.meta()}, text


def _table(job: dict[str, Any], content: bytes) -> Answer:
    file = read_table(content, job["name"], _context(job), job["args"]["shapes"])
    found = {"columns": file.columns, "titles": file.titles}
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()
    problems = [item._asdict() for item in file.problems]
    return {"bills": [], "layout": file.layout, "problems": problems}, text


READ = {"orders": read_orders, "refunds": read_refunds}
WORK: dict[str, Callable[[dict[str, Any], bytes], Answer]] = {
    "lines": _lines,
    "raw_row": _raw_row,
    "orders": _orders,
    "refunds": _orders,
    "table": _table,
}


if __name__ == "__main__":
    sys.exit(main())
