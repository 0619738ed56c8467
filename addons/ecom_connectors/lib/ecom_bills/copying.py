"""Lines as text in PostgreSQL's COPY format: tabs, `\\N` for nothing, backslash escapes."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from .bill import LINE_COLUMNS, LINE_TYPES, Bill

_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\b": "\\b", "\f": "\\f", "\v": "\\v"}
_STEP = 20_000
_SPECIAL = re.compile(r"[\\\t\n\r\x08\f\v]")


def to_copy(bill: Bill) -> bytes:
    """The LINE frame of a bill, columns in the order of LINE_COLUMNS."""
    if not len(bill.lines):
        return b""
    return b"".join(_block(bill.lines.iloc[at : at + _STEP]) for at in range(0, len(bill.lines), _STEP))


def _block(lines: pd.DataFrame) -> bytes:
    """Some lines; in blocks, so that the texts of all lines are never there at once."""
    columns = [_texts(lines[name], LINE_TYPES[name]) for name in LINE_COLUMNS]
    return ("\n".join(map("\t".join, zip(*columns, strict=True))) + "\n").encode()


def _texts(values: pd.Series, kind: str) -> list[str]:
    """One column as text."""
    if kind == "object":
        texts: list[str] = values.tolist()
        if _SPECIAL.search("\0".join(texts)):
            texts = [_SPECIAL.sub(lambda found: _ESCAPES[found[0]], text) for text in texts]
        return texts
    if kind == "Int64":
        missing = values.isna().to_numpy()
        if missing.all():
            return ["\\N"] * len(values)
        numbers = values.fillna(0).to_numpy(dtype=np.int64).tolist()
        return [
            "\\N" if gone else str(number) for number, gone in zip(numbers, missing.tolist(), strict=True)
        ]
    if kind.startswith("datetime"):
        codes, moments = pd.factorize(values)
        shown = [
            text.replace("T", " ") for text in np.datetime_as_string(np.asarray(moments), unit="s").tolist()
        ]
        return [shown[code] for code in codes.tolist()]
    return list(map(str, values.tolist()))
