"""Whether the product says of the suppliers' month what the plan expects, figure by figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .supply_setup import Plan

COMPARED = "orders received billed blocked amount_blocked rebates unbilled closing".split()


def differences(plan: Plan, found: Mapping[str, Any]) -> list[str]:
    """One sentence for each figure that is not as expected.

    :param found: `suppliers` and `rebates` as the facade gives them, `states` {bill: state}, `reasons`
        {bill: [code]} of those that are blocked, `accrual` as the facade gives it, `refused` [bill],
        `openings` {(supplier, currency): amount}, `comparison` {"kinds", "closing", "difference"},
        `statements` [[supplier, currency, state]], `claims` and `campaign` as the plan has them
    """
    expected = plan["expected"]
    return [
        *_bills(expected["bills"], found),
        *_suppliers(expected["suppliers"], found),
        *_rebates(plan, expected["rebates"], found["rebates"]),
        *_accrual(expected["suppliers"], found["accrual"]),
        *_same("bills whose payment was refused", sorted(expected["refused"]), sorted(found["refused"])),
        *_same("the supplier's own statement", expected["comparison"], found["comparison"]),
        *_same("states of statements", sorted(expected["statements"]), sorted(found["statements"])),
        *_same("claims", expected["claims"], found["claims"]),
        *_same("the campaign", expected["campaign"], found["campaign"]),
    ]


def _same(what: str, wanted: Any, got: Any) -> list[str]:
    return [] if wanted == got else [f"{what}: expected {wanted}, found {got}"]


def _bills(expected: Mapping[str, Mapping[str, Any]], found: Mapping[str, Any]) -> list[str]:
    told = []
    for number, bill in expected.items():
        if not bill["state"]:
            continue
        told += _same(
            f"bill {number} ({bill['fault'] or 'right'})", bill["state"], found["states"].get(number)
        )
        if bill["state"] == "blocked":
            told += _same(f"why bill {number} is blocked", bill["reasons"], found["reasons"].get(number))
    return told


def _suppliers(expected: Sequence[Mapping[str, Any]], found: Mapping[str, Any]) -> list[str]:
    rows = {(row["supplier"], row["currency"]): row for row in found["suppliers"]}
    told = _same("suppliers", sorted((row["supplier"], row["currency"]) for row in expected), sorted(rows))
    for row in expected:
        key = (row["supplier"], row["currency"])
        name = f"{row['supplier']} {row['currency']}"
        got = rows.get(key, {})
        for figure in COMPARED:
            told += _same(f"{name}, {figure}", row[figure], got.get(figure))
        told += _same(f"{name}, opening", row["opening"], found["openings"].get(key))
        told += _same(f"{name}, difference to the ledger", "0.00", got.get("difference"))
    return told


def _rebates(
    plan: Plan, expected: Mapping[str, Mapping[str, Any]], rebates: Sequence[Mapping[str, Any]]
) -> list[str]:
    rows = {
        (row["contract"], row["clause"]): [row["base"], row["earned"]]
        for row in rebates
        if row["from"] == plan["start"]
    }
    return [
        sentence
        for contract, clauses in expected.items()
        for clause, wanted in clauses.items()
        for sentence in _same(f"{contract}, {clause}", list(wanted), rows.get((contract, clause)))
    ]


def _accrual(expected: Sequence[Mapping[str, Any]], accrual: Mapping[str, Any]) -> list[str]:
    """The accrued order lines of every supplier, in its currency."""
    sums: dict[tuple[str, str], int] = {}
    for line in accrual["lines"]:
        if line["kind"] == "accrued":
            key = (line["supplier"], line["currency"])
            sums[key] = sums.get(key, 0) + int(line["amount"].replace(".", ""))
    told = _same("the accrual", "posted", accrual["state"])
    for row in expected:
        got = sums.get((row["supplier"], row["currency"]), 0)
        told += _same(
            f"accrual of {row['supplier']} {row['currency']}", int(row["accrued"].replace(".", "")), got
        )
    return told
