"""Receipt stage: a notice as other systems send it in JSON, checked as strictly as a file.

    {"kind": "receipt", "number": "IB-7731", "day": "2026-09-05", "warehouse": "WH", "supplier": "",
     "expected_day": null, "carrier": "", "tracking_no": "",
     "lines": [{"sku": "K-1", "quantity": "100", "damaged": "2", "order_no": "P00012", "title": "Tea",
                "unit": "", "lot": ""}]}

`kind`, `number`, `day`, `lines`, and of a line `sku` and `quantity`, must be there. Quantities are decimal
texts or numbers. An unknown key is a problem, because its sender meant something by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from ..problem import Problem
from .notice import Notice, NoticeLine, checked

MAX_LINES = 10_000
MAX_TEXT = 200
MAX_QUANTITY = Decimal(10) ** 9
PLACES = 6
_TEXTS = ("number", "supplier", "warehouse", "carrier", "tracking_no")
_LINE_TEXTS = ("sku", "order_no", "title", "unit", "lot")


def notice_of(payload: object) -> tuple[Notice | None, list[Problem]]:
    """(notice, []) or (None, problems); a problem's row is the number of its line, the column its key."""
    found: list[Problem] = []
    if not isinstance(payload, Mapping):
        return None, [Problem(0, "", type(payload).__name__, "not_an_object")]
    _unknown(payload, {"kind", "day", "expected_day", "lines", *_TEXTS}, 0, found)
    head = {name: _text(payload, name, 0, found, needed=name == "number") for name in _TEXTS}
    kind = payload.get("kind")
    if kind not in ("ship", "receipt"):
        found.append(Problem(0, "kind", str(kind)[:80], "not_a_choice"))
    day = _day(payload, "day", found, needed=True)
    expected = _day(payload, "expected_day", found, needed=False)
    lines = _lines(payload.get("lines"), found)
    if found or day is None or kind not in ("ship", "receipt"):
        return None, found
    notice = Notice(kind=kind, day=day, expected_day=expected, lines=lines, **head)
    found = checked([notice])
    return (None, found) if found else (notice, [])


def _lines(payload: object, found: list[Problem]) -> tuple[NoticeLine, ...]:
    if not isinstance(payload, list) or not 0 < len(payload) <= MAX_LINES:
        found.append(Problem(0, "lines", "", "no_rows"))
        return ()
    lines = []
    for row, line in enumerate(payload, 1):
        if not isinstance(line, Mapping):
            found.append(Problem(row, "", type(line).__name__, "not_an_object"))
            continue
        _unknown(line, {"quantity", "damaged", *_LINE_TEXTS}, row, found)
        texts = {name: _text(line, name, row, found, needed=name == "sku") for name in _LINE_TEXTS}
        quantity = _number(line, "quantity", row, found, needed=True)
        damaged = _number(line, "damaged", row, found, needed=False)
        lines.append(NoticeLine(row=row, quantity=quantity, damaged=damaged, **texts))
    return tuple(lines)


def _unknown(payload: Mapping[str, Any], known: set[str], row: int, found: list[Problem]) -> None:
    found += [Problem(row, str(key)[:80], "", "unknown_key") for key in payload if key not in known]


def _text(payload: Mapping[str, Any], name: str, row: int, found: list[Problem], *, needed: bool) -> str:
    value = payload.get(name)
    value = "" if value is None else value
    if not isinstance(value, str) or len(value) > MAX_TEXT or not value.isprintable():
        found.append(Problem(row, name, repr(value)[:80], "not_a_text"))
        return ""
    if needed and not value.strip():
        found.append(Problem(row, name, "", "empty_required"))
    return value.strip()


def _day(payload: Mapping[str, Any], name: str, found: list[Problem], *, needed: bool) -> date | None:
    value = payload.get(name)
    if value in (None, "") and not needed:
        return None
    try:
        if not isinstance(value, str) or len(value) != len("2026-09-05"):
            raise ValueError(name)
        return date.fromisoformat(value)
    except ValueError:
        found.append(Problem(0, name, str(value)[:80], "not_a_moment"))
        return None


def _number(
    payload: Mapping[str, Any], name: str, row: int, found: list[Problem], *, needed: bool
) -> Decimal:
    value = payload.get(name)
    if value is None and not needed:
        return Decimal(0)
    try:
        if isinstance(value, bool):
            raise InvalidOperation
        number = Decimal(str(value))
        exponent = number.as_tuple().exponent
        if not number.is_finite() or number.copy_abs() > MAX_QUANTITY or not isinstance(exponent, int):
            raise InvalidOperation
        if exponent < -PLACES:
            found.append(Problem(row, name, str(value)[:80], "too_many_decimals"))
        return number
    except InvalidOperation:
        found.append(Problem(row, name, str(value)[:80], "not_an_amount"))
        return Decimal(0)
