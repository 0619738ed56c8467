"""First stage of reading: bytes become members (texts and sheets), told apart by content, never by extension.

Whatever is not a plain text, a spreadsheet, or one level of ZIP or GZIP around them is refused with the
reason a person needs: a login page, an error answer of the platform, an encrypted or damaged archive.
"""

from __future__ import annotations

import codecs
import json
import re
import zlib
from dataclasses import dataclass, field
from typing import Literal

from ..bill import RefusedError
from . import biff
from .budget import MIB, Budget, refuse
from .sheets import Sheet, read_xls, read_xlsx
from .zips import Entry, entries, inflated, stream

_ZIP = re.compile(rb"PK[\x00-\x08]{2}")
_GZIP = b"\x1f\x8b"
_FOREIGN = {
    b"%PDF": "PDF",
    b"\x89PNG": "image",
    b"\xff\xd8\xff": "image",
    b"GIF8": "image",
    b"RIFF": "image",
    b"II*\0": "image",
    b"MM\0*": "image",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
    b"BZh": "BZIP2",
    b"\xfd7zXZ": "XZ",
    b"\x28\xb5\x2f\xfd": "ZSTD",
    b"\x7fELF": "program",
    b"MZ\x90\0": "program",
    b"SQLite format 3": "database",
    b"PAR1": "Parquet",
}
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_XML = re.compile(r"<\?xml|<xml[\s>]|<[a-z_][\w.-]*_response[\s>]|<error", re.IGNORECASE)
_HTML = re.compile(
    r"<(!doctype\s+html|html|head|body|table|script|meta|title|div|br|p|h[1-6])\b", re.IGNORECASE
)
_CODE = re.compile(r'"(?:sub_code|errcode|error_code|err_no|code|error|status)"\s*:\s*("[^"]*"|-?\d+)')
_TAG = re.compile(r"<((?:return|err|error|result|sub)_?code|code|return_msg)>\s*(?:<!\[CDATA\[)?([^<\]]*)")
_SKIPPED = re.compile(r"(.*/)?(__MACOSX(/.*)?|\.DS_Store|Thumbs\.db|desktop\.ini)")
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x19\x1c-\x1f\x7f]")
_FEW = 3
_HEAD = 4096


@dataclass(frozen=True, slots=True)
class Member:
    """One readable thing in a file: a text, or one sheet of a workbook.

    `data` is the bytes of a text (its layout knows the encoding), or a sheet's cells as text, row 1 first.
    """

    name: str
    kind: Literal["text", "sheet"]
    data: bytes | list[list[str]] = field(repr=False)
    sheet: str = ""
    is_hidden: bool = False


def unpack(content: bytes, name: str, budget: Budget | None = None) -> list[Member]:
    """All members of a file, in the order of the file; raises RefusedError when any cannot be trusted."""
    budget = budget or Budget()
    if len(content) > budget.packed:
        refuse("too_large", f"{len(content)} bytes")
    if content.startswith(_GZIP):
        inner = name[:-3] if name.casefold().endswith(".gz") else name
        return _single(_gunzip(content, budget), inner, budget)
    if _ZIP.match(content):
        found = entries(content, budget)
        if not _is_workbook(found):
            return _members(content, found, budget)
    return _single(content, name, budget)


def _single(content: bytes, name: str, budget: Budget) -> list[Member]:
    """A workbook or a text; an archive here would be the second level."""
    if content.startswith(_GZIP):
        refuse("nested_archive", name)
    if _ZIP.match(content):
        found = entries(content, budget)
        if not _is_workbook(found):
            refuse("nested_archive", name)
        return _as_members(name, read_xlsx(content, found, budget))
    if content.startswith(biff.MAGIC):
        return _as_members(name, read_xls(content, budget))
    _check_text(content)
    return [Member(name, "text", content)]


def _as_members(name: str, sheets: list[Sheet]) -> list[Member]:
    return [Member(name, "sheet", sheet.rows, sheet.name, sheet.is_hidden) for sheet in sheets]


def _is_workbook(found: list[Entry]) -> bool:
    return any(entry.name.casefold() == "[content_types].xml" for entry in found)


def _members(content: bytes, found: list[Entry], budget: Budget) -> list[Member]:
    """What a ZIP holds. One member that cannot be read refuses the whole archive: nothing enters unseen."""
    members: list[Member] = []
    for entry in found:
        data = b"".join(stream(content, entry))
        if entry.is_folder or not data or _SKIPPED.fullmatch(entry.name):
            continue
        try:
            members += _single(data, entry.name, budget)
        except RefusedError as refused:
            raise RefusedError(
                [
                    item._replace(text=f"{entry.name}: {item.text}"[-80:]) if not item.row else item
                    for item in refused.problems
                ]
            ) from None
    if not members:
        refuse("empty_file", "no member with data")
    return members


def _gunzip(content: bytes, budget: Budget) -> bytes:
    """One GZIP stream; its own checksum and length are verified by the library at its end."""
    limit = min(budget.total, max(budget.ratio_free, budget.ratio * len(content)))
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
    pieces: list[bytes] = []
    total = 0
    try:
        for at in range(0, len(content), MIB):
            for piece in inflated(inflate, content[at : at + MIB]):
                pieces.append(piece)
                total += len(piece)
                if total > limit:
                    refuse("zip_bomb", f"more than {limit} bytes")
    except zlib.error:
        refuse("bad_archive", "damaged GZIP")
    if not inflate.eof:
        refuse("truncated", "GZIP cut off")
    if inflate.unused_data:
        refuse("bad_archive", "data after the GZIP")
    return b"".join(pieces)


def _check_text(content: bytes) -> None:
    """Refuse what is certainly not a table of text; anything else is the layout's business."""
    head = _head(content)
    if not head.strip("\0 \t\r\n\ufeff"):
        if not content.strip(b"\0 \t\r\n\xfe\xff\xef\xbb\xbf"):
            refuse("empty_file")
        return
    for magic, kind in _FOREIGN.items():
        if content.startswith(magic):
            refuse("not_a_bill", kind)
    if _is_binary(content[:_HEAD]):
        refuse("not_a_bill", "binary")
    text = head.lstrip("\0 \t\r\n\ufeff")
    if _XML.match(text):
        if _HTML.search(text) and "<html" in text.casefold():
            refuse("html_page", _title(text))
        code = " ".join(value for _, value in _TAG.findall(text))
        refuse("json_error" if code else "not_a_bill", code or "XML")
    if _HTML.match(text) or text.startswith("<!"):
        refuse("html_page", _title(text))
    if text.startswith("<"):
        refuse("not_a_bill", text)
    if text[0] in "{[" and _is_json(text):
        refuse("json_error", _error(text))


def _is_binary(head: bytes) -> bool:
    """Control characters in a text that is not two or four bytes wide."""
    is_marked = head.startswith(tuple(mark for mark, _ in _MARKS))
    is_wide = (head[::2].count(0) == 0) != (head[1::2].count(0) == 0)
    count = len(_CONTROL.findall(head))
    return not is_marked and not is_wide and (count > _FEW or (count > 1 and count * 50 > len(head)))


def _head(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[:_HEAD].decode(encoding, "ignore")
    head = content[:_HEAD]
    if b"\0<" in head[:64] or b"<\0" in head[:64]:
        head = head.replace(b"\0", b"")
    return head.decode("utf-8", "replace")


def _title(text: str) -> str:
    title = re.search(r"<title[^>]*>([^<]*)", text, re.IGNORECASE)
    return title[1].strip() if title else re.sub(r"<[^>]*>|\s+", " ", text).strip()


def _is_json(text: str) -> bool:
    """The start of a JSON value; a CSV cell may start with a bracket, but not go on like this."""
    if len(text) < _HEAD // 2:
        try:
            json.loads(text)
        except ValueError:
            return False
        return True
    return bool(re.match(r'\{\s*"[^"]*"\s*:|\[\s*[\[{"]', text))


def _error(text: str) -> str:
    """The platform's own code and words, as a person needs them."""
    words = re.findall(r'"(?:sub_msg|msg|message|errmsg|error_description|err_msg)"\s*:\s*"([^"]*)"', text)
    found = [value.strip('"') for value in _CODE.findall(text)]
    return " ".join([*found, *words]) or text
