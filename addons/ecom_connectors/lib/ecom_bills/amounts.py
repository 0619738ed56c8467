"""Amounts: text to integers, exactly, column by column.

The good path works on the bytes of all cells at once; only cells that are not plain digits, sign and point
are looked at one by one, and only once per distinct text. Nothing passes through a float.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from .layout import Array

BLANKS = frozenset({"", "-", "--", "/", "\N{EM DASH}", "\N{EM DASH}\N{EM DASH}"})
DECORATION = " \t'`\N{FULLWIDTH GRAVE ACCENT}"
MAX_DIGITS = 18
MAX_WIDTH = 40
_POINT = re.compile(r"([-+]?)[¥\N{FULLWIDTH YEN SIGN}]?([-+]?)(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d+))?")
_COMMA = re.compile(r"([-+]?)[€]?([-+]?)(\d+|\d{1,3}(?:[.\N{NO-BREAK SPACE}]\d{3})+)(?:,(\d+))?")


class Amounts:
    """A column of amounts: integers at a scale, where a cell was given, and where it could not be read."""

    def __init__(self, count: int) -> None:
        self.values: Array = np.zeros(count, dtype=np.int64)
        self.given: Array = np.ones(count, dtype=bool)
        self.bad: Array = np.zeros(count, dtype=bool)
        self.fine: Array = np.zeros(count, dtype=bool)


def read_amounts(texts: Array, scale: int, decimal: str = ".") -> Amounts:
    """Amounts at `scale` decimals; `bad` cells are no amounts, `fine` ones have too many decimals."""
    found = Amounts(len(texts))
    if not len(texts):
        return found
    block = as_bytes(texts, MAX_WIDTH)
    if block is None or decimal != ".":
        _one_by_one(found, texts, np.arange(len(texts)), scale, decimal)
        return found
    matrix = np.ascontiguousarray(block.view(np.uint8).reshape(len(texts), block.itemsize).T)
    odd = _by_column(found, matrix, scale)
    if len(odd):
        _one_by_one(found, texts, odd, scale, decimal)
    return found


def as_bytes(texts: Array, widest: int) -> Array | None:
    """Texts as bytes of a fixed width, None if they are too wide or not ASCII. Bytes stay as they are."""
    if texts.dtype.kind == "S":
        return texts
    width = max(1, max(map(len, texts.tolist())))
    try:
        return texts.astype(f"S{width}") if width <= widest else None
    except UnicodeEncodeError:
        return None


def _by_column(found: Amounts, matrix: Array, scale: int) -> Array:
    """Read plain amounts (sign, digits, point) for all cells at once; returns the cells that are something
    else.
    """
    count = matrix.shape[1]
    value = found.values
    decimals = np.zeros(count, dtype=np.int8)
    digits = np.zeros(count, dtype=np.int8)
    pointed = np.zeros(count, dtype=bool)
    negative = matrix[0] == 45
    odd = np.zeros(count, dtype=bool)
    for place, column in enumerate(matrix):
        digit = column - np.uint8(48)
        is_digit = digit < 10
        np.multiply(value, 10, out=value, where=is_digit)
        np.add(value, digit, out=value, where=is_digit, casting="unsafe")
        digits += is_digit
        decimals += is_digit & pointed
        point = column == 46
        odd |= point & (pointed | (digits == 0))
        pointed |= point
        odd |= ~(is_digit | point | (column == 0) | ((column == 45) & (place == 0)))
    odd |= (digits == 0) | (digits > MAX_DIGITS - scale) | (pointed & (decimals == 0))
    value[odd] = 0
    decimals[odd] = 0
    fits = _scaled(value, decimals, scale)
    found.fine |= ~fits & ~odd
    np.negative(value, out=value, where=negative)
    return np.flatnonzero(odd)


def _scaled(value: Array, decimals: Array, scale: int) -> Array:
    """Bring values with their own number of decimals to one scale, in place; False where digits would be
    lost.
    """
    fits = np.ones(len(value), dtype=bool)
    for number in np.unique(decimals).tolist():
        where = decimals == number
        if number <= scale:
            np.multiply(value, 10 ** (scale - number), out=value, where=where)
            continue
        step = 10 ** (number - scale)
        fits &= ~where | (value % step == 0)
        np.floor_divide(value, step, out=value, where=where)
    return fits


def _one_by_one(found: Amounts, texts: Array, places: Array, scale: int, decimal: str) -> None:
    """Read the odd cells, once per distinct text."""
    known: dict[str, tuple[int, str]] = {}
    for place in places.tolist():
        text = texts[place]
        text = text.decode() if isinstance(text, bytes) else text
        result = known.get(text)
        if result is None:
            result = known[text] = read_amount(text, scale, decimal)
        found.values[place], state = result
        found.given[place] = state != "blank"
        found.bad[place] = state == "bad"
        found.fine[place] = state == "fine"


def read_amount(text: str, scale: int, decimal: str = ".") -> tuple[int, str]:
    """One amount: (integer, "") or (0, "blank" | "bad" | "fine")."""
    plain = text.strip(DECORATION)
    if plain in BLANKS:
        return 0, "blank"
    match = (_POINT if decimal == "." else _COMMA).fullmatch(plain)
    if match is None or not plain.translate(_MONEY).isascii() or (match[1] and match[2]):
        return 0, "bad"
    whole = re.sub(r"\D", "", match[3])
    fraction = (match[4] or "").rstrip("0")
    if len(fraction) > scale:
        return 0, "fine"
    if len(whole.lstrip("0")) + scale > MAX_DIGITS:
        return 0, "bad"
    value = int(whole + fraction.ljust(scale, "0"))
    return (-value if "-" in (match[1], match[2]) else value), ""


_MONEY = {ord(char): "" for char in "¥€\N{FULLWIDTH YEN SIGN}\N{NO-BREAK SPACE}"}


def decimal_style(columns: Sequence[Array], scale: int) -> str:
    """How a file writes decimals: "." or ",", "" if its cells do not agree or can be read both ways."""
    texts = {text for column in columns for text in column.tolist()}
    reads = {style: [read_amount(text, scale, style) for text in sorted(texts)] for style in (".", ",")}
    sound = [style for style, cells in reads.items() if all(state in ("", "blank") for _, state in cells)]
    if len(sound) == 2 and reads["."] != reads[","]:
        return ""
    return sound[0] if sound else ""


def to_minor(values: Array, scale: int, digits: int) -> Array:
    """Amounts at a finer scale rounded to the minor unit, half away from zero, each by itself."""
    step = 10 ** (scale - digits)
    if step == 1:
        return np.asarray(values)
    half = (np.abs(values) + step // 2) // step
    return np.asarray(np.where(values < 0, -half, half))


def exact_sum(values: Array) -> int:
    """The sum of integers without overflow."""
    if not len(values):
        return 0
    biggest = max(abs(int(values.max())), abs(int(values.min())))
    if biggest * len(values) < 2**62:
        return int(values.sum())
    return sum(values.tolist())
