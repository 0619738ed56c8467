"""What the parent and the reading child say to each other: two lengths, some JSON, some bytes. Nothing else.

Neither side trusts the other's lengths beyond a cap, and nothing is ever unpickled. Deadlines are nanoseconds
of the monotonic clock.
"""

from __future__ import annotations

import json
import os
import select
import struct
import time
from typing import Any

_HEADER = struct.Struct(">IQ")
_PIECE = 1 << 20
META_LIMIT = 64 << 20


class FrameError(Exception):
    """The other side is gone, silent for too long, or talks nonsense."""


def pack(meta: dict[str, Any], payload: bytes = b"") -> bytes:
    """Header and meta of a frame; the payload follows as it is, so that it need not be copied."""
    text = json.dumps(meta, ensure_ascii=False, separators=(",", ":")).encode()
    return _HEADER.pack(len(text), len(payload)) + text


def write_frame(fd: int, meta: dict[str, Any], payload: bytes = b"", deadline: int | None = None) -> None:
    """Send one frame."""
    _write(fd, pack(meta, payload), deadline)
    _write(fd, payload, deadline)


def read_frame(fd: int, limit: int, deadline: int | None = None) -> tuple[dict[str, Any], bytes] | None:
    """Receive one frame; None when the other side has closed the pipe between two frames."""
    head = _read(fd, _HEADER.size, deadline)
    if not head:
        return None
    sizes = lengths(head, limit)
    text = _read(fd, sizes[0], deadline)
    payload = _read(fd, sizes[1], deadline)
    if len(head) + len(text) + len(payload) != _HEADER.size + sum(sizes):
        raise FrameError("cut off")
    return _meta(text), bytes(payload)


def split_frame(data: bytes, limit: int) -> tuple[dict[str, Any], bytes]:
    """The meta and payload of exactly one frame."""
    text, payload = lengths(data, limit)
    if len(data) != _HEADER.size + text + payload:
        raise FrameError("cut off")
    return _meta(data[_HEADER.size : _HEADER.size + text]), data[_HEADER.size + text :]


def lengths(data: bytes | bytearray, limit: int) -> tuple[int, int]:
    """The two lengths of a frame, within their caps."""
    if len(data) < _HEADER.size:
        raise FrameError("cut off")
    text, payload = _HEADER.unpack_from(data)
    if text > META_LIMIT or payload > limit:
        raise FrameError("too long")
    return text, payload


def _meta(text: bytes | bytearray) -> dict[str, Any]:
    try:
        meta = json.loads(text)
    except ValueError as error:
        raise FrameError("no JSON") from error
    if not isinstance(meta, dict):
        raise FrameError("no object")
    return meta


def _wait(fd: int, event: int, deadline: int | None) -> None:
    if deadline is None:
        return
    poll = select.poll()
    poll.register(fd, event)
    if not poll.poll(max(0, deadline - time.monotonic_ns()) // 1_000_000):
        raise FrameError("time")


def _read(fd: int, size: int, deadline: int | None) -> bytearray:
    data = bytearray()
    while len(data) < size:
        _wait(fd, select.POLLIN, deadline)
        piece = os.read(fd, min(size - len(data), _PIECE))
        if not piece:
            break
        data += piece
    return data


def _write(fd: int, data: bytes, deadline: int | None) -> None:
    view = memoryview(data)
    while view:
        _wait(fd, select.POLLOUT, deadline)
        # A pipe that is ready takes at least this much without blocking.
        size = _PIECE if deadline is None else select.PIPE_BUF
        view = view[os.write(fd, view[:size]) :]
