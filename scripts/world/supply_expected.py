"""What a perfect product reports about the month with suppliers, in whole numbers and without the product.

`expected` of the plan:

    bills       per bill number: state (ready, warning, blocked; "" for credit notes, which are not judged),
                reasons, and the fault that was planted
    rebates     per contract and clause: base and amount of the month
    suppliers   per supplier and currency what the month brought: orders, received, billed (both without tax),
                blocked and amount_blocked (with tax), rebates, unbilled, accrued, opening, closing
    refused     numbers of the bills whose payment must be refused
    comparison  of the supplier's own statement: kinds of its lines, closing, difference (theirs less ours)
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from .supply_model import Bill, Order, Supplier
from .supply_story import Story

WARN_PERMILLE, BLOCK_PERMILLE = 5, 50
"""A price may be so much higher before it warns, and before it blocks."""
NO_ORDER_LIMIT = 10000
"""What nobody ordered may cost so much in yuan."""
YUAN_FOR = {"CNY": 100, "USD": 710}
_FIELDS = "orders received billed blocked amount_blocked rebates unbilled accrued opening closing".split()


def money(minor: int) -> str:
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"


class Ledger:
    """Pieces of every order line, and how far bills count against them."""

    def __init__(self, story: Story) -> None:
        self.came: dict[tuple[str, int], int] = defaultdict(int)
        self.back: dict[tuple[str, int], int] = defaultdict(int)
        self.billed: dict[tuple[str, int], int] = defaultdict(int)
        self.credited: dict[tuple[str, int], int] = defaultdict(int)
        for receipt in story.receipts:
            for position, count in enumerate(receipt.pieces):
                kind = self.back if receipt.back else self.came
                kind[receipt.order.number, position] += count
        for bill in story.bills:
            for line in bill.lines:
                if line.order and line.position is not None:
                    kind = self.credited if bill.refund else self.billed
                    kind[line.order.number, line.position] += line.quantity

    def kept(self, key: tuple[str, int]) -> int:
        return self.came[key] - self.back[key]

    def open(self, key: tuple[str, int]) -> int:
        """Received and not billed; below zero only as far as goods went back without a credit note."""
        rest = self.kept(key) - (self.billed[key] - self.credited[key])
        return rest if rest >= 0 else -min(-rest, self.back[key])


def verdicts(story: Story) -> dict[str, dict[str, object]]:
    """Every bill judged in the order of their days, by what the goods say in the end."""
    ledger = Ledger(story)
    before: dict[tuple[str, int], int] = defaultdict(int)
    found: dict[str, dict[str, object]] = {}
    for bill in sorted(story.bills, key=lambda one: one.day):
        if bill.refund:
            found[bill.number] = {"state": "", "reasons": [], "fault": bill.fault}
            continue
        levels = _levels(bill, ledger, before)
        worst = max(levels.values(), default=0)
        found[bill.number] = {
            "state": ("ready", "warning", "blocked")[worst],
            "reasons": sorted(levels),
            "fault": bill.fault,
        }
    return found


def _levels(bill: Bill, ledger: Ledger, before: dict[tuple[str, int], int]) -> dict[str, int]:
    """{reason: 1 warns, 2 blocks}"""
    levels: dict[str, int] = {}
    for line in bill.lines:
        if line.order is None or line.position is None:
            if line.amount * YUAN_FOR[bill.currency] > NO_ORDER_LIMIT * 100:
                levels["no_order"] = 2
            continue
        key = (line.order.number, line.position)
        ordered = line.order.lines[line.position]
        # A credit note takes from the last bill first; no order of the story has two bills and a credit note.
        count = line.quantity - ledger.credited[key]
        if line.good != ordered.good:
            levels["wrong_item"] = 2
        if before[key] + count > ledger.kept(key):
            levels["quantity_over"] = 2
        if before[key] + count > ordered.quantity:
            levels["ordered_over"] = 2
        before[key] += count
        right = line.quantity * ordered.price
        if bill.currency == line.order.supplier.currency and line.amount > right:
            over = (line.amount - right) * 1000
            level = 2 if over > BLOCK_PERMILLE * right else 1 if over > WARN_PERMILLE * right else 0
            if level:
                levels["price_over"] = max(level, levels.get("price_over", 0))
    return levels


def figures(story: Story, rebates: dict[str, dict[str, tuple[int, int]]]) -> list[dict[str, object]]:
    """One row per supplier and currency."""
    rows: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(_FIELDS, 0))
    states = verdicts(story)
    ledger = Ledger(story)
    for order in story.orders:
        row = rows[order.supplier.key, order.supplier.currency]
        row["orders"] += story.start <= order.day <= story.end
        for position, line in enumerate(order.lines):
            rest = ledger.open((order.number, position)) * line.price
            row["unbilled"] += rest
            row["accrued"] += max(rest, 0)
    for receipt in story.receipts:
        if story.start <= receipt.day <= story.end:
            amount = sum(n * line.price for n, line in zip(receipt.pieces, receipt.order.lines, strict=True))
            supplier = receipt.order.supplier
            rows[supplier.key, supplier.currency]["received"] += -amount if receipt.back else amount
    for bill in story.bills:
        _count_bill(story, bill, rows[bill.supplier.key, bill.currency], states[bill.number]["state"])
    for payment in story.payments:
        if not payment.refused:
            row = rows[payment.bill.supplier.key, payment.bill.currency]
            _move(story, row, payment.day, -payment.bill.total)
    for key, given in rebates.items():
        supplier = next(one for one in story.suppliers if one.key == key)
        rows[key, supplier.currency]["rebates"] += sum(amount for _base, amount in given.values())
    names = {one.key: one.name for one in story.suppliers}
    return [
        {
            "supplier": names[key],
            "currency": currency,
            **{name: row[name] if name in ("orders", "blocked") else money(row[name]) for name in _FIELDS},
        }
        for (key, currency), row in sorted(rows.items())
    ]


def _count_bill(story: Story, bill: Bill, row: dict[str, int], state: object) -> None:
    sign = -1 if bill.refund else 1
    if story.start <= bill.day <= story.end:
        row["billed"] += sign * bill.net
    if state == "blocked":
        row["blocked"] += 1
        row["amount_blocked"] += bill.total
    _move(story, row, bill.day, sign * bill.total)


def _move(story: Story, row: dict[str, int], day: date, amount: int) -> None:
    if day <= story.end:
        row["closing"] += amount
    if day < story.start:
        row["opening"] += amount


def documents(story: Story, supplier: Supplier, currency: str) -> list[tuple[date, str, str, int]]:
    """(day, number, order, what we owe by it) of the month, as our statement has them."""
    found = []
    for bill in story.bills:
        if bill.supplier == supplier and bill.currency == currency and story.start <= bill.day <= story.end:
            orders = [line.order.number for line in bill.lines if line.order]
            found.append(
                (
                    bill.day,
                    bill.number,
                    orders[0] if orders else "",
                    -bill.total if bill.refund else bill.total,
                )
            )
    return sorted(found)


def unreceived(order: Order, ledger: Ledger) -> list[int]:
    """What of each line is still to come."""
    return [max(line.quantity - ledger.came[order.number, n], 0) for n, line in enumerate(order.lines)]
