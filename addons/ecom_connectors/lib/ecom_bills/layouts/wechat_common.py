"""The summary below the rows of WeChat Pay's bills: a row of titles and a row of figures."""

from __future__ import annotations

import re

from ..amounts import read_amount
from ..bill import problem
from ..layout import Proof, Table, normal

FEE = "手续费"
_TICKS = "`\N{FULLWIDTH GRAVE ACCENT} \t'\""
_ENDS_WELL = re.compile(r"`?\d*\.\d{2,5}|[^`].*")


def summary(table: Table, proof: Proof) -> tuple[int, dict[str, str]]:
    """Row of the figures, and title -> figure. Titles without their figures mean that the file was cut."""
    rows = [(row, cells) for row, cells in table.trailer if any(cell.strip(_TICKS) for cell in cells)]
    if not rows:
        return 0, {}
    titles = [cell for cell in rows[0][1] if cell.strip()]
    figures = [cell.strip() for cell in rows[1][1]][: len(titles)] if len(rows) > 1 else []
    last = rows[-1][0]
    if len(figures) < len(titles) or not all(figures) or not _ENDS_WELL.fullmatch(figures[-1]):
        proof.problems.append(problem("trailer_missing", ",".join(rows[-1][1]), last))
        return 0, {}
    for row, cells in rows[2:]:
        proof.problems.append(problem("rows_after_trailer", ",".join(cells), row))
    pairs = zip(titles, figures, strict=False)
    return rows[1][0], {normal(title): figure.strip(_TICKS) for title, figure in pairs}


def check_summary(
    proof: Proof, figures: dict[str, str], title: str, counted: int, row: int, scale: int
) -> None:
    """Compare one figure of the summary, if the file has it. Counts may be printed as `20.0`."""
    shown = figures.get(normal(title))
    if shown is None:
        return
    declared, state = read_amount(shown, scale)
    if state:
        proof.problems.append(problem("not_an_amount", shown, row, title))
        return
    name = f"{title}/0.00001" if scale > 3 else title
    proof.check(name, declared, counted, row, "total_differs" if scale else "count_differs")
