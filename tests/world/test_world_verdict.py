"""The files alone tell every planted fault and nothing else: a small, slow product without a database.

It reads the written files with the reader and judges them by the plainest rules there are. What it finds
must be what the world announces; so a product that reports something else cannot blame the files.
"""

import csv
import importlib
import json
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from world import DEFAULT_FAULTS, full_plan, make
from world.model import Fee, shifted

ecom_bills = importlib.import_module("ecom_bills")
KIND = importlib.import_module("ecom_bills.categories").CATEGORIES
LAYOUTS = getattr(importlib.import_module("ecom_bills.layouts"), "LAYOUTS", ())
READABLE = {layout.platform for layout in LAYOUTS}


def minor(text):
    return int(Decimal(text) * 100)


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_lines(folder, facts):
    """(order, category, amount, line number) of every line that explains orders."""
    from ecom_bills.reader import read_bills

    context = ecom_bills.Context(currency=facts["currency"], digits=2, timezone=facts["timezone"])
    kind = "settlement" if "settlement" in facts["kinds"] else "fund_flow"
    lines = []
    for path in sorted((folder / "bills" / facts["code"]).iterdir()):
        for bill in read_bills(path.read_bytes(), path.name, context):
            if bill.state == "read" and bill.kind == kind:
                frame = bill.lines[["order_ref", "category", "amount", "word", "row"]]
                for order, category, amount, word, row in frame.itertuples(index=False):
                    line = (path.name, bill.member, row)
                    lines.append((order or "", category or "", int(amount), word, line))
    return lines


class Judge:
    """Finds what is wrong in one shop, from its files."""

    def __init__(self, shop, lines, orders, refunds, as_of):
        self.shop, self.lines, self.as_of = shop, lines, as_of
        self.orders, self.refunds = orders, refunds
        self.found = []
        self.by_order = defaultdict(list)
        for line in lines:
            self.by_order[line[0]].append(line)

    def say(self, kind, order, amount):
        self.found.append((kind, self.shop["code"], order, amount))

    def judge(self):
        candidates = self.without_reference(self.by_order.pop("", []))
        for order in self.by_order.keys() | self.orders.keys():
            lines = self.by_order.get(order, [])
            if order not in self.orders:
                self.stranger(order, lines)
            elif not lines:
                self.silent(order, candidates)
            else:
                self.compare(order, lines)
        return self.found

    def without_reference(self, lines):
        candidates = set()
        strange = Counter()
        for _order, category, amount, word, _line in lines:
            if category == "":
                strange[word] += amount
            elif KIND[category] == "receivable":
                same = [
                    order
                    for order, facts in self.orders.items()
                    if facts.receivable == amount and order not in self.by_order
                ]
                assert len(same) > 1
                candidates.update(same)
                self.say("ambiguous", None, amount)
        for amount in strange.values():
            self.say("unknown_category", None, amount)
        return candidates

    def stranger(self, order, lines):
        received, refunded = self.legs(lines)
        if received:
            self.say("missing_order", order, received)
        elif refunded:
            self.say("refund_without_order", order, refunded)

    def silent(self, order, candidates):
        facts = self.orders[order]
        late = self.as_of - facts.paid.date() > timedelta(days=self.shop["timing_days"])
        if late and order not in candidates:
            self.say("missing_bill", order, -facts.receivable)

    @staticmethod
    def legs(lines):
        received = sum(line[2] for line in lines if KIND.get(line[1]) in ("receivable", "tax"))
        return received, sum(line[2] for line in lines if KIND.get(line[1]) == "refund")

    def compare(self, order, lines):
        facts = self.orders[order]
        received, refunded = self.legs(lines)
        extra = received - facts.receivable
        payments = Counter()
        for line in lines:
            if KIND.get(line[1]) == "receivable":
                payments[line[4]] += line[2]
        due = [refund for refund in self.refunds.get(order, []) if refund.at.date() < self.as_of]
        if facts.currency != self.shop["currency"]:
            self.say("currency_mismatch", order, None)
        elif extra > 0 and len(payments) > 1 and extra in payments.values():
            self.say("duplicate_payment", order, extra)
        elif -refunded > max(received, facts.receivable):
            self.say("refund_exceeds_order", order, refunded + max(received, facts.receivable))
        elif extra:
            self.say("amount_mismatch", order, extra)
        elif refunded + sum(refund.amount for refund in due):
            self.say("refund_mismatch", order, refunded)
        else:
            self.fees(order, lines, received, refunded)

    def fees(self, order, lines, received, refunded):
        for rule in self.shop["fees"]:
            fee = Fee(
                category=rule["category"],
                rate_percent=Decimal(rule["rate_percent"]),
                fixed=minor(rule["fixed"]),
                minimum=rule["minimum"] and minor(rule["minimum"]),
                maximum=rule["maximum"] and minor(rule["maximum"]),
            )
            charged = -sum(line[2] for line in lines if line[1] == fee.category)
            most, left = fee.of(received), received + refunded
            least = fee.of(left) if left > 0 else 0
            if charged not in (most, least):
                self.say("fee_out_of_band", order, most - charged)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_files_tell_every_fault_and_nothing_else(tmp_path, seed):
    plans = [plan for plan in full_plan() if plan.account_platform in READABLE]
    world = make(
        seed, start=date(2026, 9, 1), days=30, shops=plans, faults=DEFAULT_FAULTS, orders_per_shop=80
    )
    world.write(tmp_path)
    setup = json.loads((tmp_path / "setup.json").read_text(encoding="utf-8"))
    expected = json.loads((tmp_path / "expected.json").read_text(encoding="utf-8"))
    orders, refunds = defaultdict(dict), defaultdict(lambda: defaultdict(list))
    for row in rows(tmp_path / "orders.csv"):
        orders[row["shop"]][row["order_no"]] = SimpleNamespace(
            paid=datetime.fromisoformat(row["paid_at"]),
            receivable=minor(row["receivable"]),
            currency=row["currency"],
        )
    accounts = {account["code"]: account for account in setup["accounts"]}
    zones = {
        shop["code"]: (shop["timezone"], accounts[shop["account"]]["timezone"]) for shop in setup["shops"]
    }
    for row in rows(tmp_path / "refunds.csv"):
        at = shifted(datetime.fromisoformat(row["refunded_at"]), *zones[row["shop"]])
        refund = SimpleNamespace(at=at, amount=minor(row["amount"]))
        refunds[row["shop"]][row["order_no"]].append(refund)
    found = []
    for shop in setup["shops"]:
        lines = read_lines(tmp_path, accounts[shop["account"]])
        judge = Judge(shop, lines, orders[shop["code"]], refunds[shop["code"]], world.as_of)
        found += judge.judge()
    wanted = [
        (fault["type"], fault["shop"], fault["order"], fault["amount"] and minor(fault["amount"]))
        for fault in expected["faults"]
        if fault["type"]
    ]
    assert Counter(found) == Counter(wanted)
