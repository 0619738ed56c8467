"""Reads bills: bytes in, bills with canonical lines and proofs out. Pure: no clock, no disk, no network.

A bill is `read` when every cell could be read and every proof held, `inconsistent` when it could be read
but does not foot, `refused` when it could not be read, `skipped` when it only repeats what another file of
the download says.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal

import numpy as np
import pandas as pd

from .amounts import exact_sum
from .bill import Bill, Context, Problem, RefusedError, capped, problem
from .body import open_text
from .columns import read_columns
from .files.containers import unpack
from .layout import Array, Cells, Draft, Layout, Problems, Proof, Table
from .layouts import LAYOUTS
from .lines import assemble, by_category, chooser, conflicts, unknown_words
from .proof import balance_chain, parts_differ
from .table import Member, open_sheet

MIN_CHAIN = 2


def read_bills(content: bytes, name: str, context: Context) -> list[Bill]:
    """All bills in a file, one for each member."""
    try:
        members = unpack(content, name)
    except RefusedError as refused:
        return [Bill(member=name, problems=capped(refused.problems))]
    filled = [member for member in members if not _is_blank(member)]
    if not filled:
        return [Bill(member=name, problems=(problem("empty_file", name),))]
    del content, members
    return [read_member(member, context) for member in filled]


def label(member: Member) -> str:
    """How a member is called in bills and problems."""
    return f"{member.name}[{member.sheet}]" if member.sheet else member.name


def _is_blank(member: Member) -> bool:
    return member.kind == "sheet" and not any(cell.strip() for cells in member.data for cell in cells)


def open_member(member: Member, layouts: Sequence[Layout] = LAYOUTS) -> Table:
    """The table of a member; raises RefusedError."""
    return open_sheet(member, layouts) if member.kind == "sheet" else open_text(member, layouts)


def read_member(member: Member, context: Context) -> Bill:
    """The bill of one member."""
    bill = Bill(member=label(member))
    try:
        _read(bill, open_member(member), context)
    except RefusedError as refused:
        bill.problems = capped(refused.problems)
    if bill.problems and bill.state != "inconsistent":
        bill.state = "refused"
    return bill


def _read(bill: Bill, table: Table, context: Context) -> None:
    """Fill a bill from its table."""
    layout = table.layout
    bill.layout, bill.platform, bill.kind = layout.name, layout.platform, layout.kind
    bill.rows = len(table.rows)
    if layout.refuse:
        raise RefusedError([problem(layout.refuse, layout.name, table.header)])
    if layout.skip:
        bill.state = "skipped"
        return
    _check_expected(layout, context)
    if layout.build is None:
        raise TypeError(f"layout {layout.name} cannot build lines")
    problems = Problems(found=list(table.problems))
    cells = read_columns(table, context, problems)
    table.source = NOTHING
    if problems.found:
        raise RefusedError(problems.all())
    draft = layout.build(table, cells, context, problems)
    bill.date_from, bill.date_to = draft.date_from, draft.date_to
    bill.currency = draft.currency or context.currency
    bill.merchant = draft.merchants[0] if draft.merchants else ""
    _check_owner(draft, context, problems)
    if problems.found:
        raise RefusedError(problems.all())
    _prove(bill, table, cells, draft, context)
    if bill.state == "read":
        own = chooser(layout.category_of, context.words.get(layout.name, {}))
        _fill(bill, assemble(cells, draft, context, own))


class _Nothing:
    """The place of cells that are no longer needed."""

    def columns(self, places: Sequence[int], narrow: Collection[int] = ()) -> list[Array]:
        raise LookupError("the cells were read already")

    def row(self, number: int) -> list[str]:
        raise LookupError("the cells were read already")


NOTHING = _Nothing()


def _check_expected(layout: Layout, context: Context) -> None:
    """Refuse a bill of another platform or of another kind than the account takes."""
    found: list[Problem] = []
    if context.platform and layout.platform != context.platform:
        found.append(problem("other_platform", f"{layout.platform} ≠ {context.platform}"))
    elif context.kinds and layout.kind not in context.kinds:
        found.append(problem("other_kind", f"{layout.kind} ≠ {', '.join(context.kinds)}"))
    if found:
        raise RefusedError(found)


def _check_owner(draft: Draft, context: Context, problems: Problems) -> None:
    """Refuse a bill of another merchant or currency. Alipay writes 0156 behind the merchant's own number."""
    if draft.currency and draft.currency != context.currency:
        problems.add("other_currency", f"{draft.currency} ≠ {context.currency}")
    if context.merchant and draft.merchants:
        expected = context.merchant.strip().removesuffix("0156")
        if expected not in {merchant.removesuffix("0156") for merchant in draft.merchants}:
            problems.add("other_merchant", f"{draft.merchants[0]} ≠ {context.merchant}")


def _prove(bill: Bill, table: Table, cells: Cells, draft: Draft, context: Context) -> None:
    """Every proof a layout offers; a bill that does not foot is inconsistent and keeps no lines."""
    layout = table.layout
    kept = np.ones(len(cells), dtype=bool) if draft.keep is None else draft.keep
    proof = Proof() if layout.totals is None else layout.totals(table, cells, draft, context)
    found = [*proof.problems, *parts_differ(cells, draft)]
    chained = False
    if draft.balance is not None and len(cells):
        chain = balance_chain(draft.net, draft.balance, draft.booked_at, cells.rows)
        bill.opening, bill.closing = chain.opening, chain.closing
        chained = not chain.row and len(cells) >= MIN_CHAIN
        if chain.row:
            title = cells.titles.get("balance", "")
            text = " ≠ ".join(
                str(Decimal(amount).scaleb(-context.digits)) for amount in (chain.found, chain.expected)
            )
            found.append(problem("balance_breaks", text, chain.row, title))
    if layout.unique_lines and not chained:
        problems = Problems()
        problems.at(
            conflicts(cells, draft), cells.rows, draft.identity, draft.net_title, "same_line_other_amount"
        )
        found += problems.all()
    bill.sum = exact_sum(draft.net[kept])
    bill.control, bill.controls = proof.control, tuple(proof.controls)
    bill.proven = bool(proof.controls) or chained
    if proof.control is not None and proof.control != bill.sum and not found:
        found.append(problem("total_differs", f"{proof.control} ≠ {bill.sum}"))
    if not len(cells) and not proof.controls:
        found.append(problem("no_rows", layout.name, table.header))
    bill.problems = capped(found)
    bill.state = "inconsistent" if found else "read"
    if found and all(item.reason == "no_rows" for item in found):
        bill.state = "refused"


def _fill(bill: Bill, frame: pd.DataFrame) -> None:
    """Lines and what is counted from them; nothing may get lost between rows and lines."""
    total = exact_sum(frame["amount"].to_numpy())
    if total != bill.sum:
        raise ArithmeticError(f"lines sum up to {total}, rows to {bill.sum}")
    bill.lines = frame
    bill.unknown = unknown_words(frame)
    bill.by_category = by_category(frame)


def raw_row(content: bytes, name: str, member: str, row: int) -> list[tuple[str, str]]:
    """One row of the source as it stands there, with its titles, for evidence."""
    for item in unpack(content, name):
        if label(item) == member:
            table = open_member(item)
            cells = table.source.row(row)
            titles = table.titles + [""] * (len(cells) - len(table.titles))
            return list(zip(titles, cells, strict=False))
    return []


def vocabulary() -> list[tuple[str, str, str, str]]:
    """Every platform word we know: (platform, layout, word, category)."""
    return [
        (layout.platform, layout.name, word, category)
        for layout in LAYOUTS
        for word, category in layout.words.items()
    ]
