"""How much one file may cost before it is refused. Counted while reading, never believed from a header."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from ..bill import RefusedError, problem

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Bounds of one file. A bill of a million lines and 12 columns fits; a bomb does not."""

    packed: int = 400 * MIB  # bytes as received
    total: int = 400 * MIB  # bytes of all members after unpacking
    members: int = 1000
    ratio: int = 200  # unpacked bytes for one packed byte
    ratio_free: int = 4 * MIB  # small members may pack as well as they like
    rows: int = 1_048_576
    columns: int = 512
    cells: int = 15_000_000  # of the rectangle a sheet fills, as this is what a reader allocates
    sparse: int = 1_000_000  # a rectangle above this size must really be filled to 1/20
    cell_text: int = 32_767  # characters, the limit of the format
    tag: int = 64 * 1024  # bytes of one XML tag


def refuse(reason: str, text: str = "", row: int = 0, column: str = "") -> NoReturn:
    """The whole file is refused for one reason."""
    raise RefusedError([problem(reason, text, row, column)])
