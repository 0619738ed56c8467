"""An imaginary month with five suppliers, as a plan in JSON, the files they send, and what must come of it.

Like the month of the shops it knows nothing of the product. `make` decides everything by a seed; `Month.plan`
is plain data:

    month, start, end, policy, rates (currency, day, yuan)
    warehouses   key, code, name, kind
    suppliers    key, name, ref, vat, currency, lang, goods (code, theirs, name, price), tax_percent
    orders       number, supplier, warehouse, day, due, lines (good, quantity, price)
    receipts     order, day, pieces per line, back, report (its file; "" when a person receives)
    bills        number, supplier, day, currency, refund, typed, file ("" for typed ones), fault, lines
                 (good, name, quantity, amount, tax, order, position)
    payments     bill, day, amount, refused
    contracts    number, supplier, clauses (name, kind, values, tiers, goods)
    notices      files of delivery notes
    statement    supplier and file of the one statement that a supplier sends itself
    claims, campaign, answers, nights   see `supply_after`
    expected     see `supply_expected` and `supply_after`

Amounts are decimal texts of the supplier's or bill's currency, days ISO texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from . import model
from . import supply_after as after
from . import supply_files as files
from .output import write_json
from .supply_expected import BLOCK_PERMILLE, NO_ORDER_LIMIT, WARN_PERMILLE, figures, money, verdicts
from .supply_model import Bill, Contract, Order, Supplier
from .supply_story import DOLLAR, DOLLAR_DAY, ROLES, SUPPLIERS, WAREHOUSES, Story
from .supply_terms import contracts

SMALL = {
    "tea": "clean price_over late_receipt returned twice unbilled",
    "textile": "clean short",
    "tools": "clean rate_only small_extra open partial",
    "toys": "no_order uncredited over wrong_item quantity_over price_warn",
}
"""Some of each fault and clause with four suppliers, for tests."""


@dataclass(kw_only=True)
class Month:
    """Everything that happened with the suppliers; see the module for the plan."""

    seed: int
    story: Story
    terms: list[tuple[Contract, dict[str, tuple[int, int]]]]
    files: dict[str, bytes]
    plan: dict[str, Any]

    def write(self, folder: str | Path) -> None:
        """`plan.json`, and the files below it."""
        folder = Path(folder)
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        write_json(folder / "plan.json", self.plan)


def make(
    seed: int = 1,
    *,
    start: date = date(2026, 9, 1),
    roles: dict[str, str] | None = None,
    sold: Sequence[model.Order] = (),
) -> Month:
    """The month of these roles (see `supply_story.ROLES`); the same for the same seed on every machine.

    :param sold: orders of the shops, for the promotion
    """
    roles = roles or ROLES
    chosen = tuple(one for one in SUPPLIERS if one.key in roles)
    story = Story(Random(f"{seed} suppliers"), start, chosen)
    story.tell(roles)
    terms = contracts(story)
    made: dict[str, bytes] = {}
    plan = _plan(seed, story, terms, made)
    _follow(plan, story, sold)
    return Month(seed=seed, story=story, terms=terms, files=made, plan=plan)


def _plan(seed: int, story: Story, terms: list, made: dict[str, bytes]) -> dict[str, Any]:
    rows = figures(story, {contract.supplier.key: given for contract, given in terms})
    statement, comparison = _statement(story, rows, made)
    used = {order.warehouse.key for order in story.orders}
    return {
        "seed": seed,
        "month": f"{story.start:%Y-%m}",
        "start": story.start.isoformat(),
        "end": story.end.isoformat(),
        "buyer_vat": files.BUYER_VAT,
        "policy": {
            "price_warn_percent": WARN_PERMILLE / 10,
            "price_block_percent": BLOCK_PERMILLE / 10,
            "no_order_amount": NO_ORDER_LIMIT // 100,
        },
        "rates": _rates(story),
        "warehouses": [
            {"key": one.key, "code": one.code, "name": one.name, "kind": one.kind}
            for one in WAREHOUSES
            if one.key in used
        ],
        "suppliers": [_supplier(one) for one in story.suppliers],
        "orders": [_order(order) for order in story.orders],
        "receipts": _receipts(story, made),
        "bills": [_bill(bill, made) for bill in sorted(story.bills, key=lambda one: one.day)],
        "payments": [
            {
                "bill": payment.bill.number,
                "day": payment.day.isoformat(),
                "amount": money(payment.bill.total),
                "refused": payment.refused,
            }
            for payment in story.payments
        ],
        "contracts": [_contract(contract) for contract, _given in terms],
        "notices": [_keep(made, "notices", *note) for note in files.notes(story)],
        "statement": statement,
        "expected": {
            "bills": verdicts(story),
            "rebates": {
                contract.number: {
                    name: [money(base), money(amount)] for name, (base, amount) in given.items()
                }
                for contract, given in terms
            },
            "suppliers": rows,
            "refused": [payment.bill.number for payment in story.payments if payment.refused],
            "comparison": comparison,
        },
    }


def _follow(plan: dict[str, Any], story: Story, sold: Sequence[model.Order]) -> None:
    """What comes after goods and bills, added to the plan and to what is expected."""
    expected = plan["expected"]
    plan["claims"], expected["claims"] = after.claims(story)
    plan["campaign"], expected["campaign"] = after.campaign(story, sold)
    plan["answers"], plan["nights"] = after.answers(story), after.nights(story)
    names = {one.key: one.name for one in story.suppliers}
    expected["statements"] = after.states(expected["suppliers"], names, plan["answers"])


def _keep(made: dict[str, bytes], folder: str, name: str, content: bytes) -> str:
    made[f"{folder}/{name}"] = content
    return f"{folder}/{name}"


def _rates(story: Story) -> list[dict[str, str]]:
    """Yuan for a dollar: a year ago, before the month, and from its middle on."""
    before = story.start.replace(year=story.start.year - 1)
    return [
        {"currency": "USD", "day": before.isoformat(), "yuan": "7.12"},
        {"currency": "USD", "day": DOLLAR_DAY.isoformat(), "yuan": money(DOLLAR)},
    ]


def _supplier(one: Supplier) -> dict[str, Any]:
    return {
        "key": one.key,
        "name": one.name,
        "ref": one.ref,
        "vat": one.vat,
        "currency": one.currency,
        "lang": one.lang,
        "tax_percent": one.tax_percent,
        "goods": [
            {"code": good.code, "theirs": good.theirs, "name": good.name, "price": money(good.price)}
            for good in one.goods
        ],
    }


def _order(order: Order) -> dict[str, Any]:
    return {
        "number": order.number,
        "supplier": order.supplier.key,
        "warehouse": order.warehouse.key,
        "day": order.day.isoformat(),
        "due": order.due.isoformat(),
        "role": order.role,
        "lines": [
            {"good": line.good.code, "quantity": line.quantity, "price": money(line.price)}
            for line in order.lines
        ],
    }


def _receipts(story: Story, made: dict[str, bytes]) -> list[dict[str, Any]]:
    return [
        {
            "order": receipt.order.number,
            "day": receipt.day.isoformat(),
            "pieces": receipt.pieces,
            "back": receipt.back,
            "report": _keep(made, "reports", *files.report_file(receipt)) if receipt.report else "",
        }
        for receipt in sorted(story.receipts, key=lambda one: one.day)
    ]


def _bill(bill: Bill, made: dict[str, bytes]) -> dict[str, Any]:
    return {
        "number": bill.number,
        "supplier": bill.supplier.key,
        "day": bill.day.isoformat(),
        "currency": bill.currency,
        "refund": bill.refund,
        "typed": bill.typed,
        "fault": bill.fault,
        "file": "" if bill.typed else _keep(made, "bills", *files.bill_file(bill)),
        "total": money(bill.total),
        "lines": [
            {
                "good": line.good.code if line.good else "",
                "name": line.name,
                "quantity": line.quantity,
                "amount": money(line.amount),
                "tax": money(line.tax),
                "order": line.order.number if line.order else "",
                "position": line.position,
            }
            for line in bill.lines
        ],
    }


def _contract(contract: Contract) -> dict[str, Any]:
    return {
        "number": contract.number,
        "supplier": contract.supplier.key,
        "clauses": [
            {
                "name": clause.name,
                "kind": clause.kind,
                "values": clause.values,
                "tiers": [list(tier) for tier in clause.tiers],
                "goods": [good.code for good in clause.goods],
            }
            for clause in contract.clauses
        ],
    }


def _statement(story: Story, rows: list[dict[str, Any]], made: dict[str, bytes]) -> tuple[dict, dict]:
    """The first supplier sends its own statement."""
    supplier = story.suppliers[0]
    [row] = [row for row in rows if (row["supplier"], row["currency"]) == (supplier.name, supplier.currency)]
    opening = int(row["opening"].replace(".", ""))
    payments = [
        (payment.day, payment.bill.total)
        for payment in story.payments
        if payment.bill.supplier == supplier and not payment.refused
    ]
    content, comparison = files.their_statement(story, supplier, opening, payments)
    name = _keep(made, "statements", f"{supplier.ref}_对账单.csv", content)
    return {"supplier": supplier.key, "file": name}, comparison
