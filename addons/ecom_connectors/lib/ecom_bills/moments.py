"""Moments: text to naive UTC, strictly by the forms a layout lists, all cells of a column at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from .amounts import as_bytes
from .layout import Array

_LETTERS = "YMDhms"
_FIRST = np.datetime64("2000-01-01T00:00:00", "s")
_WIDTH = 32


def read_moments(texts: Array, forms: Sequence[str], hours: int) -> tuple[Array, Array]:
    """Naive UTC moments, and which cells were read.

    In a form, YMDhms stand for digits, `±zzzz` or `±zz:zz` for an offset from UTC, every other sign for
    itself. A text without an offset is local time, `hours` ahead of UTC.
    """
    moments = np.full(len(texts), np.datetime64("NaT", "s"), dtype="datetime64[s]")
    read = np.zeros(len(texts), dtype=bool)
    if not len(texts):
        return moments, read
    block = _bytes(texts)
    matrix = block.view(np.uint8).reshape(len(texts), block.itemsize)
    lengths = (matrix != 0).sum(axis=1)
    for form in forms:
        there = ~read & (lengths == len(form))
        whole = bool(there.all())
        where = slice(None) if whole else np.flatnonzero(there)
        part = matrix[where]
        if len(part):
            moments[where], read[where] = _by_form(part, form, hours)
    return moments, read


def _bytes(texts: Array) -> Array:
    """Cells as fixed-width bytes, blanks around them removed; what cannot be a moment becomes empty."""
    block = as_bytes(texts, _WIDTH)
    if block is not None:
        edge = block.view(np.uint8).reshape(len(texts), block.itemsize)
        if not ((edge[:, 0] <= 32) | (edge[:, 0] == 96) | (edge[:, 0] > 126)).any() and not (edge == 9).any():
            return block
    shown = (text.decode() if isinstance(text, bytes) else text for text in texts.tolist())
    plain = (text.strip(" \t`'") for text in shown)
    return np.array(
        [text if text.isascii() and len(text) < _WIDTH else "" for text in plain], dtype=f"S{_WIDTH}"
    )


def _by_form(matrix: Array, form: str, hours: int) -> tuple[Array, Array]:
    """Read the cells that have the length of a form."""
    good = np.ones(len(matrix), dtype=bool)
    numbers = {letter: np.zeros(len(matrix), dtype=np.int32) for letter in _LETTERS + "z"}
    sign = np.ones(len(matrix), dtype=np.int32)
    for place, letter in enumerate(form):
        column = matrix[:, place]
        if letter in numbers and letter != "z" or (letter == "z" and "±" in form):
            digit = column - np.uint8(48)
            good &= digit < 10
            numbers[letter] = numbers[letter] * 10 + digit
        elif letter == "±":
            good &= (column == 43) | (column == 45)
            sign = np.where(column == 45, -1, 1)
        else:
            good &= column == ord(letter)
    month, day = numbers["M"], numbers["D"]
    good &= (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    good &= (numbers["h"] < 24) & (numbers["m"] < 60) & (numbers["s"] < 60)
    months = ((numbers["Y"] - 1970) * 12 + np.clip(month, 1, 12) - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1)
    good &= days.astype("datetime64[M]") == months
    seconds = numbers["h"] * 3600 + numbers["m"] * 60 + numbers["s"]
    if "±" in form:
        seconds = seconds - sign * (numbers["z"] // 100 * 3600 + numbers["z"] % 100 * 60)
    elif not form.endswith(("Z", "UTC")):
        seconds = seconds - hours * 3600
    moments = days.astype("datetime64[s]") + seconds.astype("timedelta64[s]")
    return moments, good & (moments >= _FIRST - np.timedelta64(1, "D"))


def day_of(moments: Array, timezone: str) -> Array:
    """Midnight of the accounting day in a time zone, naive."""
    local = pd.DatetimeIndex(moments).tz_localize("UTC").tz_convert(timezone).tz_localize(None)
    days: Array = local.normalize().to_numpy().astype("datetime64[s]")
    return days


def from_local(moments: Array, timezone: str) -> Array:
    """Local time of a zone as naive UTC; a midnight that the zone skips is the first moment of its day."""
    local = pd.DatetimeIndex(moments).tz_localize(
        timezone, ambiguous=np.ones(len(moments), dtype=bool), nonexistent="shift_forward"
    )
    utc: Array = local.tz_convert(None).to_numpy().astype("datetime64[s]")
    return utc


def read_moment(text: str, forms: Sequence[str], hours: int) -> datetime | None:
    """One moment of a preamble as naive UTC."""
    found, read = read_moments(np.array([text], dtype=object), forms, hours)
    return datetime(1970, 1, 1) + timedelta(seconds=int(found[0].astype(np.int64))) if read[0] else None
