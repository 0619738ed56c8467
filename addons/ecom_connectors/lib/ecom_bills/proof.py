"""Proves that a bill is whole: declared totals and counts, the running balance, parts that add up to their
row.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from .amounts import exact_sum, read_amount
from .bill import Context, Problem, problem
from .layout import Array, Cells, Draft, Proof, Table, Totals

_IN_OUT = re.compile(r"(支出|收入)合计\s*[:：]\s*(\d+)\s*笔,?\s*共?\s*(-?[\d,]+(?:\.\d+)?)\s*元")


def in_out_totals(income: str, outgo: str, loose: bool = False) -> Totals:
    """Totals as `#支出合计：2笔，共-3.00元` and `#收入合计：1笔，共5.00元`; `loose` counts may include the
    other side's rows.
    """

    def totals(table: Table, cells: Cells, draft: Draft, context: Context) -> Proof:
        proof = Proof()
        money = {"收入": cells.amount[income], "支出": np.abs(cells.amount[outgo])}
        empty = int(((money["收入"] == 0) & (money["支出"] == 0)).sum())
        net: dict[str, int] = {}
        for row, texts in table.trailer:
            line = ",".join(texts)
            match = _IN_OUT.search(line.replace("\N{FULLWIDTH COMMA}", ","))
            if match is None:
                continue
            side, column = match[1], money[match[1]]
            declared, state = read_amount(match[3], context.digits)
            if state:
                proof.problems.append(problem("not_an_amount", line, row))
                continue
            least = int((column != 0).sum())
            most = len(column) if loose else least + empty
            proof.count(f"{side}合计/笔", int(match[2]), least, most, row)
            proof.check(f"{side}合计", abs(declared), exact_sum(column), row)
            net[side] = abs(declared)
        if len(net) == 2:
            proof.control = net["收入"] - net["支出"]
        elif table.trailer:
            last, texts = table.trailer[-1]
            proof.problems.append(problem("trailer_missing", ",".join(texts), last))
        return proof

    return totals


def parts_differ(cells: Cells, draft: Draft) -> list[Problem]:
    """Rows whose parts do not add up to what the row moves."""
    total = np.zeros(len(cells), dtype=np.int64)
    for part in draft.parts:
        total += part.amount if part.there is None else np.where(part.there, part.amount, 0)
    kept = np.ones(len(cells), dtype=bool) if draft.keep is None else draft.keep
    return [
        problem(
            "parts_differ",
            f"{int(draft.net[place])} ≠ {int(total[place])}",
            int(cells.rows[place]),
            draft.net_title,
        )
        for place in np.flatnonzero(kept & (total != draft.net)).tolist()
    ]


@dataclass(slots=True)
class Chain:
    """A running balance: where it starts and ends, or the row where it breaks, with both figures."""

    opening: int | None = None
    closing: int | None = None
    row: int = 0
    expected: int = 0
    found: int = 0


def balance_chain(net: Array, balance: Array, booked_at: Array, rows: Array) -> Chain:
    """Follow the balance from line to line, oldest first or newest first, lines of one second in any
    order.
    """
    if not len(net):
        return Chain()
    before = balance - net
    if np.array_equal(before[1:], balance[:-1]):
        return Chain(int(before[0]), int(balance[-1]))
    if np.array_equal(before[:-1], balance[1:]):
        return Chain(int(before[-1]), int(balance[0]))
    up = int((before[1:] == balance[:-1]).sum())
    down = int((before[:-1] == balance[1:]).sum())
    file_order = np.arange(len(net)) if up >= down else np.arange(len(net))[::-1]
    order = file_order[np.argsort(booked_at[file_order], kind="stable")]
    return _by_seconds(before[order], balance[order], booked_at[order], rows[order])


def _by_seconds(before: Array, after: Array, booked_at: Array, rows: Array) -> Chain:
    """Follow the chain second by second; within one second every order that uses each line once is right."""
    edges = np.flatnonzero(booked_at[1:] != booked_at[:-1]) + 1
    groups = np.split(np.arange(len(before)), edges)
    opening = at = _start(groups, before, after)
    for group in groups:
        if len(group) == 1:
            place = int(group[0])
            if int(before[place]) != at:
                step = int(after[place] - before[place])
                return Chain(row=int(rows[place]), expected=at + step, found=int(after[place]))
            at = int(after[place])
            continue
        end, left = _walk(at, before[group].tolist(), after[group].tolist())
        if left:
            place = int(group[left[0]])
            step = int(after[place] - before[place])
            return Chain(row=int(rows[place]), expected=end + step, found=int(after[place]))
        at = end
    return Chain(opening, at)


def _start(groups: list[Array], before: Array, after: Array) -> int:
    """The balance before the first line: of the first second whose lines do not sum up to zero."""
    for group in groups:
        loose = Counter(before[group].tolist()) - Counter(after[group].tolist())
        if loose:
            return int(next(iter(loose)))
    return int(before[0])


def _walk(start: int, before: list[int], after: list[int]) -> tuple[int, list[int]]:
    """A trail over all lines of one second (Hierholzer); returns its end and the lines it cannot reach."""
    leaving: dict[int, list[int]] = {}
    for place in reversed(range(len(before))):
        leaving.setdefault(before[place], []).append(place)
    stack, trail = [start], []
    used: set[int] = set()
    while stack:
        if leaving.get(stack[-1]):
            place = leaving[stack[-1]].pop()
            used.add(place)
            stack.append(after[place])
        else:
            trail.append(stack.pop())
    trail.reverse()
    left = [place for place in range(len(before)) if place not in used]
    steps = sorted(zip(trail, trail[1:], strict=False))
    if not left and steps != sorted(zip(before, after, strict=True)):
        left = [0]
    return trail[-1], left
