"""A strict reader of ZIP archives: every byte of the archive is accounted for, or it is refused.

The stock library trusts the central directory: it returns short data without an error, takes the last of
two members with one name, and lets a hundred members share one body. Here the central directory, the local
headers and the real data must agree, members must follow each other without gap or overlap, and sizes and
CRC are counted while unpacking.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from .budget import MIB, Budget, refuse

_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_EXTRA = struct.Struct("<2H")
_FULL16 = 0xFFFF
_FULL32 = 0xFFFFFFFF
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_STREAMED = 0x8
_UTF8 = 0x800
_STORED, _DEFLATED, _AES = 0, 8, 99
_UNIX = 3
_KIND, _LINK, _FILE, _FOLDER = 0xF000, 0xA000, 0x8000, 0x4000
_CHUNK = MIB
_FEED = 64 * 1024


class Inflate(Protocol):
    """What `zlib.decompressobj` returns; the library does not name its type."""

    @property
    def eof(self) -> bool: ...
    @property
    def unconsumed_tail(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One member: where its packed bytes are, and what they must unpack to."""

    name: str
    start: int
    packed: int
    size: int
    crc: int
    method: int

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")


@dataclass(slots=True, kw_only=True)
class _Header:
    """What the central directory says of one member."""

    raw: bytes
    name: str
    flags: int
    method: int
    when: tuple[int, int]
    crc: int
    packed: int
    size: int
    offset: int


def entries(content: bytes, budget: Budget) -> list[Entry]:
    """All members in the order of their data; the whole structure is checked, no member is unpacked yet."""
    directory, stop, count = _end(content)
    if count > budget.members:
        refuse("zip_bomb", f"{count} members")
    headers = list(_central(content, directory, stop, count))
    headers.sort(key=lambda header: header.offset)
    _check_names(headers)
    _check_sizes(headers, budget)
    if headers[0].offset if headers else directory:
        refuse("bad_archive", "data before the first member")
    ends = [*[header.offset for header in headers], directory][1:]
    return [_local(content, header, end) for header, end in zip(headers, ends, strict=True)]


def stream(content: bytes, entry: Entry) -> Iterator[bytes]:
    """The bytes of one member, piece by piece; raises at the end when size or CRC is not as declared."""
    crc = total = 0
    for piece in _pieces(content, entry):
        crc = zlib.crc32(piece, crc)
        total += len(piece)
        if total > entry.size:
            refuse("bad_archive", f"{entry.name}: more bytes than declared")
        yield piece
    if total != entry.size:
        refuse("bad_archive", f"{entry.name}: {total} of {entry.size} bytes")
    if crc != entry.crc:
        refuse("bad_archive", f"{entry.name}: checksum")


def _pieces(content: bytes, entry: Entry) -> Iterator[bytes]:
    view = memoryview(content)[entry.start : entry.start + entry.packed]
    if entry.method == _STORED:
        for at in range(0, len(view), _CHUNK):
            yield bytes(view[at : at + _CHUNK])
        return
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for at in range(0, len(view), _FEED):
            yield from inflated(inflate, bytes(view[at : at + _FEED]))
        yield inflate.flush()
    except zlib.error:
        refuse("bad_archive", f"{entry.name}: damaged")
    if inflate.unused_data or not inflate.eof:
        refuse("bad_archive", f"{entry.name}: cut off, or bytes after its end")


def inflated(inflate: Inflate, packed: bytes) -> Iterator[bytes]:
    """Unpack a little at a time, so that a bomb is seen before it fills the memory."""
    while packed and not inflate.eof:
        yield inflate.decompress(packed, _CHUNK)
        packed = inflate.unconsumed_tail
    if packed:
        raise zlib.error("bytes after the end")


def _end(content: bytes) -> tuple[int, int, int]:
    """Start and stop of the central directory, and the number of members."""
    at = content.rfind(b"PK\x05\x06", max(0, len(content) - _END.size - _FULL16))
    if at < 0 or at + _END.size > len(content):
        refuse("truncated", "no end of archive")
    _, disk, first, here, count, size, start, comment = _END.unpack_from(content, at)
    if at + _END.size + comment != len(content):
        refuse("bad_archive", "data after the archive")
    stop = at
    values = (disk, first, here, count, size, start)
    locator = at - _LOCATOR64.size
    if locator >= 0 and content[locator : locator + 4] == b"PK\x06\x07":
        stop, wide = _end64(content, locator)
        full = (_FULL16, _FULL16, _FULL16, _FULL16, _FULL32, _FULL32)
        if any(low not in (big, top) for low, big, top in zip(values, wide, full, strict=True)):
            refuse("bad_archive", "two ends differ")
        disk, first, here, count, size, start = wide
    if disk or first or here != count:
        refuse("bad_archive", "several volumes")
    if start + size != stop:
        refuse("bad_archive", "place of the directory")
    return start, stop, count


def _end64(content: bytes, locator: int) -> tuple[int, tuple[int, int, int, int, int, int]]:
    _, disk, at, disks = _LOCATOR64.unpack_from(content, locator)
    if disk or disks > 1 or at + _END64.size > locator or content[at : at + 4] != b"PK\x06\x06":
        refuse("bad_archive", "wide end of archive")
    _, length, _, _, this, first, here, count, size, start = _END64.unpack_from(content, at)
    if at + 12 + length != locator:
        refuse("bad_archive", "wide end of archive")
    return at, (this, first, here, count, size, start)


def _central(content: bytes, at: int, stop: int, count: int) -> Iterator[_Header]:
    for _ in range(count):
        if at + _CENTRAL.size > stop or content[at : at + 4] != b"PK\x01\x02":
            refuse("bad_archive", "directory of members")
        fields = _CENTRAL.unpack_from(content, at)
        _, made, _, flags, method, time, date, crc, packed, size, names, extras, notes = fields[:13]
        disk, attributes, offset = fields[13], fields[15], fields[16]
        at += _CENTRAL.size
        raw = content[at : at + names]
        extra = _extras(content[at + names : at + names + extras])
        at += names + extras + notes
        if at > stop:
            refuse("bad_archive", "directory of members")
        name = _name(raw, flags, extra)
        if flags & _ENCRYPTED or method == _AES:
            refuse("encrypted", name)
        if method not in (_STORED, _DEFLATED):
            refuse("bad_archive", f"{name}: method {method}")
        mode = attributes >> 16 & _KIND
        if made >> 8 == _UNIX and mode not in (0, _FILE, _FOLDER):
            refuse("unsafe_name", f"{name}: {'link' if mode == _LINK else 'special file'}")
        size, packed, offset, disk = _wide(extra, size, packed, offset, disk)
        if disk:
            refuse("bad_archive", "several volumes")
        yield _Header(
            raw=raw, name=name, flags=flags, method=method, when=(time, date),
            crc=crc, packed=packed, size=size, offset=offset,
        )  # fmt: skip
    if at != stop:
        refuse("bad_archive", "number of members")


def _extras(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        if at + _EXTRA.size > len(data):
            refuse("bad_archive", "extra field")
        kind, length = _EXTRA.unpack_from(data, at)
        at += _EXTRA.size
        if at + length > len(data):
            refuse("bad_archive", "extra field")
        found[kind] = data[at : at + length]
        at += length
    return found


def _wide(
    extra: dict[int, bytes], size: int, packed: int, offset: int, disk: int
) -> tuple[int, int, int, int]:
    """Sizes beyond 32 bits stand in an extra field, in this order and only where the short field is full."""
    data = extra.get(1, b"")
    values = []
    for value, full, form in ((size, _FULL32, "<Q"), (packed, _FULL32, "<Q"), (offset, _FULL32, "<Q"),
                              (disk, _FULL16, "<L")):  # fmt: skip
        if value == full:
            if len(data) < struct.calcsize(form):
                refuse("bad_archive", "wide sizes")
            value = struct.unpack_from(form, data)[0]
            data = data[struct.calcsize(form) :]
        values.append(value)
    return values[0], values[1], values[2], values[3]


def _name(raw: bytes, flags: int, extra: dict[int, bytes]) -> str:
    """The name as the sender meant it: flagged UTF-8, UTF-8 in an extra field, else UTF-8 or GBK by form."""
    path = extra.get(0x7075, b"")
    if len(path) > 5 and path[0] == 1 and struct.unpack_from("<L", path, 1)[0] == zlib.crc32(raw):
        raw, flags = path[5:], flags | _UTF8
    if not raw:
        refuse("unsafe_name", "a member without name")
    if flags & _UTF8:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            refuse("unsafe_name", raw.decode("utf-8", "replace"))
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("cp437")


def _check_names(headers: list[_Header]) -> None:
    seen: set[str] = set()
    for header in headers:
        name = header.name
        parts = name.split("/")
        is_drive = len(name) > 1 and name[1] == ":"
        if "\0" in name or "\\" in name or name[0] in "/~" or is_drive or {".", ".."} & set(parts):
            refuse("unsafe_name", name)
        key = name.casefold()
        if key in seen:
            refuse("duplicate_member", name)
        seen.add(key)


def _check_sizes(headers: list[_Header], budget: Budget) -> None:
    """Declared sizes are safe to judge by, because unpacking stops as soon as one is exceeded."""
    if any(one.offset == two.offset for one, two in pairwise(headers)):
        refuse("zip_bomb", "members overlap")
    if sum(header.size for header in headers) > budget.total:
        refuse("zip_bomb", f"{sum(header.size for header in headers)} bytes")
    for header in headers:
        if header.size > budget.ratio_free and header.size > budget.ratio * header.packed:
            refuse("zip_bomb", f"{header.name}: {header.size} bytes")


def _local(content: bytes, header: _Header, end: int) -> Entry:
    """The local header must say what the directory says, and its data must end where the next one starts."""
    at = header.offset
    if at + _LOCAL.size > end or content[at : at + 4] != b"PK\x03\x04":
        refuse("bad_archive", f"{header.name}: header")
    _, _, flags, method, time, date, crc, packed, size, names, extras = _LOCAL.unpack_from(content, at)
    at += _LOCAL.size
    raw = content[at : at + names]
    start = at + names + extras
    stop = start + header.packed
    if stop > end:
        refuse("bad_archive", f"{header.name}: cut off or overlapping")
    streamed = bool(header.flags & _STREAMED)
    if raw != header.raw or (flags ^ header.flags) & (_ENCRYPTED | _STREAMED):
        refuse("bad_archive", f"{header.name}: two names or flags")
    if method != header.method or (time, date) != header.when:
        refuse("bad_archive", f"{header.name}: two methods or dates")
    extra = _extras(content[at + names : start])
    if 1 in extra and _FULL32 in (size, packed):
        size, packed, _, _ = _wide(extra, size, packed, 0, 0)
    told, real = (crc, packed, size), (header.crc, header.packed, header.size)
    if told != real and not (streamed and all(one in (0, two) for one, two in zip(told, real, strict=True))):
        refuse("bad_archive", f"{header.name}: two sizes or checksums")
    if not _is_tail(content[stop:end], real, streamed):
        refuse("bad_archive", f"{header.name}: data between members")
    if header.name.endswith("/") and header.size:
        refuse("bad_archive", f"{header.name}: a folder with data")
    if header.method == _STORED and header.packed != header.size:
        refuse("bad_archive", f"{header.name}: two sizes")
    return Entry(
        name=header.name,
        start=start,
        packed=header.packed,
        size=header.size,
        crc=header.crc,
        method=header.method,
    )


def _is_tail(tail: bytes, real: tuple[int, int, int], streamed: bool) -> bool:
    """After a streamed member its checksum and sizes are repeated in one of four forms; else nothing."""
    if not tail or not streamed:
        return not tail
    tail = tail.removeprefix(b"PK\x07\x08") if len(tail) in (16, 24) else tail
    forms = {12: "<3L", 20: "<L2Q"}
    return len(tail) in forms and struct.unpack(forms[len(tail)], tail) == real
