"""What people do when goods and bills are in: claims, a promotion, answers to statements, and the nights."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from .hands import Hands, known
from .supply_setup import Plan

NIGHTLY = ("cron_receipt_alert", "cron_terms")
GRACE = timedelta(days=3)
"""Alerts that became due in the last days may be there or not."""


# --- claims and campaigns --------------------------------------------------------------


def claims(hands: Hands, plan: Plan) -> dict[str, list[str]]:
    """The buyer drafts them, another approves, the supplier answers. {title: [amount, accepted, state]}"""
    for claim in plan["claims"]:
        _claim(hands, claim)
    titles = [claim["title"] for claim in plan["claims"]]
    rows = hands.buyer.execute(
        "ecom.claim",
        "search_read",
        [("title", "in", titles), ("company_id", "=", hands.company)],
        ["title", "amount", "amount_accepted", "state"],
    )
    return {
        row["title"]: [f"{row['amount']:.2f}", f"{row['amount_accepted']:.2f}", row["state"]] for row in rows
    }


def _claim(hands: Hands, claim: Mapping[str, Any]) -> None:
    if known(hands.buyer, "ecom.claim", "title", [claim["title"]], ("company_id", "=", hands.company)):
        return
    made = hands.buyer.execute(
        "ecom.claim",
        "create",
        {
            "title": claim["title"],
            "kind": "marketing_share",
            "partner_id": hands.of("supplier", claim["supplier"]),
            "company_id": hands.company,
            "clause_id": _clause(hands, claim),
            "date_from": claim["from"],
            "date_to": claim["to"],
            "base_amount": float(claim["cost"]),
            "attachment_ids": [(6, 0, [_evidence(hands, claim)])],
        },
    )
    hands.buyer.execute("ecom.claim", "action_compute", [made])
    if claim["until"] == "draft":
        return
    hands.admin.execute("ecom.claim", "action_approve", [made], what="approving a claim")
    hands.buyer.execute("ecom.claim", "action_claim", [made], what="claiming")
    answer = hands.buyer.execute(
        "ecom.due.answer",
        "create",
        {
            "res_model": "ecom.claim",
            "res_id": made,
            "amount_accepted": float(claim["accepted"]),
            "answer": claim["answer"],
        },
    )
    hands.buyer.execute("ecom.due.answer", "action_apply", [answer], what="keeping an answer")


def _clause(hands: Hands, named: Mapping[str, Any]) -> int:
    contract = hands.of("contract", named["contract"])
    domain = [("contract_id", "=", contract), ("name", "=", named["clause"])]
    [clause] = hands.buyer.execute("ecom.clause", "search", domain)
    return int(clause)


def _evidence(hands: Hands, named: Mapping[str, Any]) -> int:
    paper = named["evidence"]
    content = base64.b64encode(paper["text"].encode()).decode("ascii")
    made = hands.buyer.execute("ir.attachment", "create", {"name": paper["name"], "datas": content})
    return int(made)


def campaign(hands: Hands, plan: Plan) -> dict[str, Any] | None:
    """A promotion is run, its suppliers are asked for their part, and it is closed; its figures."""
    wanted = plan["campaign"]
    if not wanted:
        return None
    found = known(hands.buyer, "ecom.campaign", "name", [wanted["name"]], ("company_id", "=", hands.company))
    made = found.get(wanted["name"]) or _run_campaign(hands, wanted)
    [row] = hands.buyer.execute(
        "ecom.campaign",
        "read",
        [made],
        "order_count amount_sales amount_discount amount_subsidy gross_profit roi over_budget".split(),
    )
    costs = hands.buyer.execute(
        "ecom.campaign.report", "search_read", [("campaign_id", "=", made)], ["funder", "amount_cost"]
    )
    [claim] = hands.buyer.execute("ecom.claim", "search_read", [("campaign_id", "=", made)], ["amount"])
    return {
        "orders": row["order_count"],
        "sales": f"{row['amount_sales']:.2f}",
        "discount": f"{row['amount_discount']:.2f}",
        "subsidy": f"{row['amount_subsidy']:.2f}",
        "profit": f"{row['gross_profit']:.2f}",
        "roi": f"{row['roi']:.2f}",
        "over_budget": row["over_budget"],
        "cost": {cost["funder"]: f"{cost['amount_cost']:.2f}" for cost in costs},
        "claim": f"{claim['amount']:.2f}",
    }


def _run_campaign(hands: Hands, wanted: Mapping[str, Any]) -> int:
    shops = known(hands.buyer, "ecom.shop", "code", wanted["shops"], ("company_id", "=", hands.company))
    made = hands.buyer.execute(
        "ecom.campaign",
        "create",
        {
            "name": wanted["name"],
            "company_id": hands.company,
            "date_from": wanted["from"],
            "date_to": wanted["to"],
            "shop_ids": [(6, 0, list(shops.values()))],
            "budget": float(wanted["budget"]),
            "amount_other": float(wanted["other"]),
            "share_ids": [
                (
                    0,
                    0,
                    {
                        "party": share["party"],
                        "percent": share["percent"],
                        "partner_id": hands.of("supplier", share["supplier"])
                        if "supplier" in share
                        else False,
                        "clause_id": "clause" in share and _clause(hands, share),
                    },
                )
                for share in wanted["shares"]
            ],
        },
    )
    hands.buyer.execute("ecom.campaign", "action_run", [made], what="running a campaign")
    hands.buyer.execute("ecom.campaign", "action_claim_shares", [made])
    asked = hands.buyer.execute("ecom.claim", "search", [("campaign_id", "=", made)])
    evidence = [(4, _evidence(hands, wanted))]
    hands.buyer.execute("ecom.claim", "write", asked, {"attachment_ids": evidence})
    hands.admin.execute("ecom.claim", "action_approve", asked, what="approving a claim")
    hands.buyer.execute("ecom.claim", "action_claim", asked, what="claiming")
    hands.buyer.execute("ecom.campaign", "action_close", [made])
    return int(made)


# --- answers to statements ----------------------------------------------------------------


def answer(
    hands: Hands, plan: Plan, folder: Path, statements: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, Any], list[list[str]]]:
    """What suppliers say, and what follows: (how the supplier's own statement compares, the states)."""
    names = {supplier["key"]: supplier["name"] for supplier in plan["suppliers"]}
    numbers = {(one["supplier"], one["currency"]): one["number"] for one in statements}
    ids = known(hands.buyer, "ecom.statement", "name", numbers.values())
    told = {
        (names[one["supplier"]], one["currency"]): (one["does"], one["supplier"]) for one in plan["answers"]
    }
    content = base64.b64encode((folder / plan["statement"]["file"]).read_bytes()).decode("ascii")
    theirs = (names[plan["statement"]["supplier"]], _currency(plan, plan["statement"]["supplier"]))
    comparison = hands.buyer.execute(
        "ecom.statement",
        "compare_file",
        [ids[numbers[theirs]]],
        Path(plan["statement"]["file"]).name,
        content,
    )
    does = {"dispute": _dispute, "portal": _portal, "pay": _pay, "settle": _settle}
    for key, (verb, supplier) in told.items():
        statement = ids[numbers[key]]
        [row] = hands.buyer.execute("ecom.statement", "read", [statement], ["state"])
        if row["state"] == "sent":
            does[verb](hands, plan, statement, supplier)
    rows = hands.buyer.execute("ecom.statement", "read", list(ids.values()), ["name", "state"])
    now = {row["name"]: row["state"] for row in rows}
    reached = [[*key, now[number]] for key, number in numbers.items()]
    return _compared(hands, comparison), reached


def _currency(plan: Plan, key: str) -> str:
    return next(str(one["currency"]) for one in plan["suppliers"] if one["key"] == key)


def _dispute(hands: Hands, _plan: Plan, statement: int, _supplier: str = "") -> int:
    [line] = hands.buyer.execute(
        "ecom.statement.line",
        "search",
        [("statement_id", "=", statement), ("origin", "=", "bill"), ("in_ledger", "=", True)],
        limit=1,
    )
    wizard = hands.buyer.execute(
        "ecom.statement.dispute",
        "create",
        {"line_ids": [(6, 0, [line])], "reason": "price", "text": "9.00 are missing by our books."},
    )
    hands.buyer.execute("ecom.statement.dispute", "action_dispute", [wizard])
    return int(line)


def _portal(hands: Hands, _plan: Plan, statement: int, supplier: str) -> None:
    session = hands.portal(hands.of("supplier", supplier))
    session.execute("ecom.statement", "portal_confirm", [statement], what="confirming in the portal")


def _approve(hands: Hands, statement: int) -> None:
    """The supplier said yes by telephone; another person than the buyer approves."""
    hands.buyer.execute("ecom.statement", "action_confirm", [statement], what="confirming a statement")
    hands.accountant.execute("ecom.statement", "action_approve", [statement], what="approving a statement")


def _pay(hands: Hands, plan: Plan, statement: int, _supplier: str) -> None:
    _approve(hands, statement)
    day = date.fromisoformat(plan["end"]) + timedelta(days=10)
    wizard = hands.accountant.execute(
        "ecom.statement.pay",
        "create",
        {
            "statement_id": statement,
            "journal_id": hands.of("journal", "bank"),
            "day": day.isoformat(),
        },
    )
    hands.accountant.execute("ecom.statement.pay", "action_pay", [wizard], what="paying a statement")


def _settle(hands: Hands, plan: Plan, statement: int, _supplier: str) -> None:
    """A line is disputed, the supplier takes it back, and all is agreed."""
    line = _dispute(hands, plan, statement)
    hands.buyer.execute("ecom.statement.line", "action_withdraw", [line], what="settling a dispute")
    _approve(hands, statement)


def _compared(hands: Hands, comparison: int) -> dict[str, Any]:
    [row] = hands.buyer.execute(
        "ecom.statement.comparison", "read", [comparison], ["closing_theirs", "difference", "line_ids"]
    )
    kinds: dict[str, int] = {}
    for line in hands.buyer.execute("ecom.statement.comparison.line", "read", row["line_ids"], ["kind"]):
        kinds[line["kind"]] = kinds.get(line["kind"], 0) + 1
    return {
        "kinds": kinds,
        "closing": f"{row['closing_theirs']:.2f}",
        "difference": f"{row['difference']:.2f}",
    }


# --- the nights -----------------------------------------------------------------------------


def nightly(hands: Hands, plan: Plan, today: date) -> list[str]:
    """Run the nightly jobs; one sentence for each alert that is missing or too much."""
    found = hands.admin.execute(
        "ir.model.data",
        "search_read",
        [("module", "=", "ecom_supplier_settlement"), ("name", "in", NIGHTLY)],
        ["res_id"],
    )
    for job in found:
        hands.admin.execute("ir.cron", "method_direct_trigger", [job["res_id"]], what="the nightly jobs")
    rows = hands.keeper.execute(
        "ecom.receipt.alert",
        "search_read",
        [("state", "=", "open"), ("company_id", "=", hands.company)],
        ["kind", "purchase_line_id"],
    )
    lines = {line: key for key, line in hands.ids["order_line"].items()}
    told = {(row["kind"], lines.get(row["purchase_line_id"][0], "")) for row in rows}
    sure = {
        (one["kind"], f"{one['order']} {one['position']}")
        for one in plan["nights"]
        if date.fromisoformat(one["day"]) + GRACE < today
    }
    wanted = {(one["kind"], f"{one['order']} {one['position']}") for one in plan["nights"]}
    return [
        *(f"no alert {kind} for {line}" for kind, line in sorted(sure - told)),
        *(f"an alert {kind} for {line}" for kind, line in sorted(told - wanted)),
    ]
