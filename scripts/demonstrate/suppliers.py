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

from . import supply_after, supply_check, supply_days, supply_setup
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


def night(hands: Hands, folder: Path) -> list[str]:
    """The nightly jobs, which need a server; what they did not tell as planned."""
    hands.say("suppliers: the nightly jobs")
    return supply_after.nightly(hands, read_plan(folder), date.today())


def close(hands: Hands, plan: Plan, folder: Path) -> dict[str, Any]:
    """Rebates, accrual, statements and their answers, claims. What `supply_check` compares."""
    month = plan["month"]
    after = date.fromisoformat(plan["end"]) + timedelta(days=1)
    rebates = hands.buyer.settle("rebates", after.isoformat())
    accrual = hands.accountant.settle("accrue", month)
    statements = hands.buyer.settle("statements", month)
    drafts = [one["number"] for one in statements if one["state"] == "draft"]
    if drafts:
        hands.buyer.settle("send", drafts, what="sending statements")
    comparison, reached = supply_after.answer(hands, plan, folder, statements)
    return {
        "suppliers": hands.accountant.settle("suppliers", month),
        "rebates": rebates,
        "accrual": accrual,
        "openings": {(one["supplier"], one["currency"]): one["opening"] for one in statements},
        "comparison": comparison,
        "statements": reached,
        "claims": supply_after.claims(hands, plan),
        "campaign": supply_after.campaign(hands, plan),
        **_states(hands, plan),
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
        ["ref", "ecom_threeway_state"],
    )
    blocked = hands.accountant.settle("blocked")
    return {
        "states": {row["ref"]: row["ecom_threeway_state"] for row in rows},
        "reasons": {row["reference"]: row["reasons"] for row in blocked},
    }


def _file(path: Path) -> dict[str, str]:
    return {"name": path.name, "content": base64.b64encode(path.read_bytes()).decode("ascii")}


def document(figures: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The figures of each supplier as `--json` writes them."""
    return [{key: row[key] for key in KEYS} for row in figures]


def text(figures: Sequence[Mapping[str, Any]]) -> str:
    return table(SUPPLIERS, figures, "no suppliers")
