"""A month with suppliers in a real Odoo, by the people who would do it; a second run changes nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from client.show_settle import SUPPLIERS
from client.tables import table

from . import supply_check, supply_days, supply_setup
from .hands import Hands
from .supply_setup import Plan

KEYS = tuple(column.key for column in SUPPLIERS)


@dataclass(slots=True, kw_only=True)
class Outcome:
    """The suppliers' figures, and one sentence for each thing that is not as planned."""

    figures: Sequence[Mapping[str, Any]] = ()
    problems: list[str] = field(default_factory=list)


def read_plan(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "plan.json").read_text(encoding="utf-8")))


def run(hands: Hands, folder: Path, first: Sequence[str] = ()) -> Outcome:
    """The whole month.

    :param folder: what `world.suppliers.Month.write` wrote
    :param first: kinds of steps that happen before all others, see `supply_days.steps`
    """
    plan = read_plan(folder)
    supply_setup.ensure_rates(hands.admin, hands.company, plan)
    supply_setup.prepare(hands, plan)
    for name in plan["notices"]:
        hands.keeper.settle("import_notices", [_file(folder / name)])
    days = supply_days.Days(hands, plan, folder)
    days.run(supply_days.steps(plan, first))
    hands.say("suppliers: rebates, accrual, statements")
    found = close(hands, plan, folder)
    found["refused"] = days.refused
    return Outcome(figures=found["suppliers"], problems=supply_check.differences(plan, found))


def close(hands: Hands, plan: Plan, folder: Path) -> dict[str, Any]:
    """Rebates, accrual and statements; one is disputed, one confirmed. What `supply_check` compares."""
    month = plan["month"]
    after = date.fromisoformat(plan["end"]) + timedelta(days=1)
    rebates = hands.buyer.settle("rebates", after.isoformat())
    accrual = hands.accountant.settle("accrue", month)
    statements = hands.buyer.settle("statements", month)
    drafts = [one["number"] for one in statements if one["state"] == "draft"]
    if drafts:
        hands.buyer.settle("send", drafts, what="sending statements")
    comparison = _answers(hands, plan, folder, statements)
    return {
        "suppliers": hands.accountant.settle("suppliers", month),
        "rebates": rebates,
        "accrual": accrual,
        "openings": {(one["supplier"], one["currency"]): one["opening"] for one in statements},
        "comparison": comparison,
        **_states(hands, plan),
    }


def _answers(
    hands: Hands, plan: Plan, folder: Path, statements: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The first supplier sends its own statement and disputes a bill, the second confirms in the portal."""
    first, second = plan["suppliers"][:2]
    numbers = {(one["supplier"], one["currency"]): one["number"] for one in statements}
    ids = _ids(hands, [numbers[one["name"], one["currency"]] for one in (first, second)])
    content = base64.b64encode((folder / plan["statement"]["file"]).read_bytes()).decode("ascii")
    name = Path(plan["statement"]["file"]).name
    comparison = hands.buyer.execute("ecom.settlement", "compare_file", [ids[0]], name, content)
    states = hands.buyer.execute("ecom.settlement", "read", ids, ["state"])
    if states[0]["state"] == "sent":
        _dispute(hands, ids[0])
    if states[1]["state"] == "sent":
        portal = hands.portal(hands.of("supplier", second["key"]))
        portal.execute("ecom.settlement", "portal_confirm", [ids[1]], what="confirming in the portal")
    return _comparison(hands, comparison)


def _ids(hands: Hands, numbers: Sequence[str]) -> list[int]:
    rows = hands.buyer.execute("ecom.settlement", "search_read", [("name", "in", list(numbers))], ["name"])
    found = {row["name"]: row["id"] for row in rows}
    return [found[number] for number in numbers]


def _dispute(hands: Hands, statement: int) -> None:
    [line] = hands.buyer.execute(
        "ecom.settlement.line",
        "search",
        [("settlement_id", "=", statement), ("origin", "=", "bill"), ("in_ledger", "=", True)],
        limit=1,
    )
    wizard = hands.buyer.execute(
        "ecom.settlement.dispute",
        "create",
        {"line_ids": [(6, 0, [line])], "reason": "price", "text": "9.00 are missing by our books."},
    )
    hands.buyer.execute("ecom.settlement.dispute", "action_dispute", [wizard])


def _comparison(hands: Hands, comparison: int) -> dict[str, Any]:
    [row] = hands.buyer.execute(
        "ecom.settlement.comparison", "read", [comparison], ["closing_theirs", "difference", "line_ids"]
    )
    kinds: dict[str, int] = {}
    for line in hands.buyer.execute("ecom.settlement.comparison.line", "read", row["line_ids"], ["kind"]):
        kinds[line["kind"]] = kinds.get(line["kind"], 0) + 1
    return {
        "kinds": kinds,
        "closing": f"{row['closing_theirs']:.2f}",
        "difference": f"{row['difference']:.2f}",
    }


def _states(hands: Hands, plan: Plan) -> dict[str, Any]:
    rows = hands.accountant.execute(
        "account.move",
        "search_read",
        [
            ("ref", "in", [bill["number"] for bill in plan["bills"]]),
            ("company_id", "=", hands.company),
            ("move_type", "in", ("in_invoice", "in_refund")),
        ],
        ["ref", "ecom_match_state"],
    )
    blocked = hands.accountant.settle("blocked")
    return {
        "states": {row["ref"]: row["ecom_match_state"] for row in rows},
        "reasons": {row["reference"]: row["reasons"] for row in blocked},
    }


def _file(path: Path) -> dict[str, str]:
    return {"name": path.name, "content": base64.b64encode(path.read_bytes()).decode("ascii")}


def document(figures: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The figures of each supplier as `--json` writes them."""
    return [{key: row[key] for key in KEYS} for row in figures]


def text(figures: Sequence[Mapping[str, Any]]) -> str:
    return table(SUPPLIERS, figures, "no suppliers")
