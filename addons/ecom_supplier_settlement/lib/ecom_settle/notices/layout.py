"""Receipt stage: a layout of notice files, and the notices that the rows of such a file are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ..layout import Row, TableLayout
from ..problem import Problem
from .notice import Kind, Notice, NoticeLine, checked

HEAD = ("number", "supplier", "warehouse", "day", "expected_day", "carrier", "tracking_no")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLayout(TableLayout):
    """One kind of notice file."""

    kind: Kind


def notices_of(kind: Kind, rows: Sequence[Row]) -> tuple[list[Notice], list[Problem]]:
    """The notices of a table that was read: one for each number and owner, lines in the order of rows.

    :return: (notices, []) or ([], problems); their columns are fields
    """
    heads: dict[tuple[str, ...], dict[str, Any]] = {}
    lines: dict[tuple[str, ...], list[NoticeLine]] = {}
    problems: list[Problem] = []
    # A delivery leaves once; a warehouse may put away for days, and the report is of the last of them.
    same = [field for field in HEAD if field != "day" or kind == "ship"]
    for row in rows:
        head = {field: row.get(field, "") for field in HEAD}
        head |= {field: head[field][:10] for field in ("day", "expected_day")}
        key = (head["number"], head["supplier"], head["warehouse"])
        first = heads.setdefault(key, head)
        problems += [
            Problem(row["row"], field, head[field], "rows_disagree")
            for field in same
            if head[field] != first[field]
        ]
        first["day"] = max(first["day"], head["day"])
        lines.setdefault(key, []).append(_line(row))
    notices = [
        Notice(
            kind=kind,
            lines=tuple(lines[key]),
            **head
            | {
                "day": date.fromisoformat(head["day"]),
                "expected_day": date.fromisoformat(head["expected_day"]) if head["expected_day"] else None,
            },
        )
        for key, head in heads.items()
    ]
    problems += checked(notices)
    return ([], problems) if problems else (notices, [])


def _line(row: Row) -> NoticeLine:
    return NoticeLine(
        row=row["row"],
        sku=row["sku"],
        quantity=Decimal(row["quantity"] or 0),
        damaged=Decimal(row.get("damaged") or 0),
        **{name: row.get(name, "") for name in ("order_no", "title", "unit", "lot")},
    )
