"""The month with suppliers conserves goods and money, and expects what follows from it; for any seed."""

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
import world
from world import suppliers
from world.supply_story import ROLES

CENT = Decimal("0.01")
SEEDS = (1, 2, 3, 4, 5, 99)
PLANTED = {
    "price_over": ("blocked", {"price_over"}),
    "price_warn": ("warning", {"price_over"}),
    "quantity_over": ("blocked", {"quantity_over"}),
    "wrong_item": ("blocked", {"wrong_item"}),
    "twice": ("blocked", {"quantity_over", "ordered_over"}),
    "no_order": ("blocked", {"no_order"}),
    "small_extra": ("ready", set()),
    "late_receipt": ("ready", set()),
    "rate_only": ("ready", set()),
    "uncredited": ("blocked", {"quantity_over"}),
    "": ("ready", set()),
}


@pytest.fixture(params=SEEDS)
def month(request):
    return suppliers.make(request.param)


def amount(text):
    return Decimal(text)


def test_the_same_seed_is_the_same_month_and_another_is_not(tmp_path):
    for folder in ("a", "b"):
        suppliers.make(7).write(tmp_path / folder)
    ours = {path.name: path.read_bytes() for path in (tmp_path / "a").rglob("*") if path.is_file()}
    assert ours == {path.name: path.read_bytes() for path in (tmp_path / "b").rglob("*") if path.is_file()}
    assert json.loads(ours["plan.json"]) != suppliers.make(8).plan


def test_the_month_has_what_a_month_has(month):
    plan = month.plan
    assert len(plan["suppliers"]) == 5
    assert {one["currency"] for one in plan["suppliers"]} == {"CNY", "USD"}
    assert {one["kind"] for one in plan["warehouses"]} == {"central", "front", "third_party"}
    assert 38 <= sum(order["day"] >= plan["start"] for order in plan["orders"]) <= 42
    kinds = {clause["kind"] for contract in plan["contracts"] for clause in contract["clauses"]}
    assert len(kinds) == 10, "a clause of each kind"
    assert {bill["fault"] for bill in plan["bills"]} == set(PLANTED)


def test_every_planted_fault_has_its_verdict(month):
    expected = month.plan["expected"]["bills"]
    for bill in month.plan["bills"]:
        said = expected[bill["number"]]
        if bill["refund"]:
            assert said["state"] == ""
        else:
            assert (said["state"], set(said["reasons"])) == PLANTED[bill["fault"]], bill["number"]
    assert set(expected) == {bill["number"] for bill in month.plan["bills"]}


def test_no_goods_come_from_nowhere(month):
    """What goes back has come, and no more comes than five pieces over the order."""
    orders = {order["number"]: order for order in month.plan["orders"]}
    here = defaultdict(int)
    for receipt in month.plan["receipts"]:
        assert any(receipt["pieces"])
        for position, pieces in enumerate(receipt["pieces"]):
            here[receipt["order"], position] += -pieces if receipt["back"] else pieces
            assert here[receipt["order"], position] >= 0
    for (number, position), pieces in here.items():
        assert pieces <= orders[number]["lines"][position]["quantity"] + 5


def test_goods_are_received_billed_or_open(month):
    """Per supplier and currency: all that was ever received = billed as received + unbilled."""
    plan, billed = month.plan, Counter()
    prices = {
        (order["number"], position): amount(line["price"])
        for order in plan["orders"]
        for position, line in enumerate(order["lines"])
    }
    came = Counter()
    for receipt in plan["receipts"]:
        for position, pieces in enumerate(receipt["pieces"]):
            came[receipt["order"], position] += -pieces if receipt["back"] else pieces
    for bill in plan["bills"]:
        for line in bill["lines"]:
            if line["order"]:
                billed[line["order"], line["position"]] += (
                    -line["quantity"] if bill["refund"] else line["quantity"]
                )
    names = {order["number"]: order["supplier"] for order in plan["orders"]}
    accrued = defaultdict(Decimal)
    for key, price in prices.items():
        accrued[names[key[0]]] += max(came[key] - billed[key], 0) * price
    currency = {one["key"]: (one["name"], one["currency"]) for one in plan["suppliers"]}
    rows = {(row["supplier"], row["currency"]): row for row in plan["expected"]["suppliers"]}
    for key, total in accrued.items():
        assert amount(rows[currency[key]]["accrued"]) == total


def test_closings_are_openings_and_papers(month):
    plan = month.plan
    names = {one["key"]: one["name"] for one in plan["suppliers"]}
    closing, opening = defaultdict(Decimal), defaultdict(Decimal)
    totals = {}
    papers = []
    for bill in plan["bills"]:
        key = (names[bill["supplier"]], bill["currency"])
        totals[bill["number"]] = key
        assert amount(bill["total"]) == sum(
            amount(line["amount"]) + amount(line["tax"]) for line in bill["lines"]
        )
        papers.append((key, bill["day"], -amount(bill["total"]) if bill["refund"] else amount(bill["total"])))
    papers += [
        (totals[payment["bill"]], payment["day"], -amount(payment["amount"]))
        for payment in plan["payments"]
        if not payment["refused"]
    ]
    for key, day, value in papers:
        closing[key] += value if day <= plan["end"] else 0
        opening[key] += value if day < plan["start"] else 0
    for row in plan["expected"]["suppliers"]:
        key = (row["supplier"], row["currency"])
        assert (amount(row["closing"]), amount(row["opening"])) == (closing[key], opening[key])


def test_rates_alone_are_no_price(month):
    """Ordered in dollars, billed in yuan: quantity times price times the rate of the bill's day."""
    [bill] = [bill for bill in month.plan["bills"] if bill["fault"] == "rate_only"]
    rate = max(
        (rate["day"], amount(rate["yuan"])) for rate in month.plan["rates"] if rate["day"] <= bill["day"]
    )[1]
    orders = {order["number"]: order for order in month.plan["orders"]}
    assert bill["currency"] == "CNY"
    for line in bill["lines"]:
        price = amount(orders[line["order"]]["lines"][line["position"]]["price"])
        assert amount(line["amount"]) == (line["quantity"] * price * rate).quantize(CENT, ROUND_HALF_UP)


def test_bills_as_files_say_what_the_plan_says(month):
    for bill in month.plan["bills"]:
        if bill["typed"]:
            assert not bill["file"]
            continue
        content = month.files[bill["file"]]
        sign = -1 if bill["refund"] else 1
        if bill["file"].endswith(".xml"):
            root = ElementTree.fromstring(content)
            assert root.findtext(".//TotalTax-includedAmount") == str(sign * amount(bill["total"]))
            assert len(bill["number"]) == 20 and root.findtext(".//EIid") == bill["number"]
            amounts = [amount(node.text) for node in root.iter("Amount")]
        else:
            amounts = [amount(row["amount"]) for row in csv.DictReader(io.StringIO(content.decode()))]
        assert amounts == [sign * amount(line["amount"]) for line in bill["lines"]]


def test_reports_are_in_the_warehouse_code_page(month):
    reports = [receipt for receipt in month.plan["receipts"] if receipt["report"]]
    assert reports
    for receipt in reports:
        rows = list(csv.DictReader(io.StringIO(month.files[receipt["report"]].decode("gb18030"))))
        assert sum(int(row["实收数量"]) for row in rows) == sum(receipt["pieces"])
        assert {row["采购单号"] for row in rows} == {receipt["order"]}


def test_the_suppliers_own_statement_differs_as_said(month):
    plan = month.plan
    rows = list(csv.DictReader(io.StringIO(month.files[plan["statement"]["file"]].decode())))
    values = [amount(row["金额"]) for row in rows]
    assert sum(values[:-1]) == values[-1] == amount(plan["expected"]["comparison"]["closing"])
    name = plan["suppliers"][0]["name"]
    [ours] = [row for row in plan["expected"]["suppliers"] if row["supplier"] == name]
    assert values[-1] - amount(ours["closing"]) == amount(plan["expected"]["comparison"]["difference"])
    assert sum(plan["expected"]["comparison"]["kinds"].values()) - 1 == len(rows) - 2


@pytest.mark.rule("D3")
def test_rebates_follow_from_their_tiers(month):
    """Computed once more here, with fractions of the tiers as they stand in the contract."""
    expected = month.plan["expected"]["rebates"]
    seen = set()
    for contract in month.plan["contracts"]:
        for clause in contract["clauses"]:
            given = expected[contract["number"]].get(clause["name"])
            if clause["kind"] not in ("tier_rebate", "growth_rebate", "target_rebate", "fixed", "per_piece"):
                assert given is None
                continue
            base, result = map(amount, given)
            seen.add(clause["kind"])
            if clause["kind"] == "tier_rebate":
                assert result == _tiers(base, clause).quantize(CENT, ROUND_HALF_UP)
            assert 0 < result < max(base / 10, Decimal(501))
    assert len(seen) == 5


def _tiers(base, clause):
    tiers = [(amount(start), amount(rate)) for start, rate in clause["tiers"]]
    if clause["values"].get("tier_mode") != "incremental":
        return base * max(rate for start, rate in tiers if start <= base) / 100
    ends = [start for start, _rate in tiers[1:]] + [base]
    return sum((end - start) * rate / 100 for (start, rate), end in zip(tiers, ends, strict=True))


def test_a_small_month_and_another_one():
    small = suppliers.make(1, roles=suppliers.SMALL)
    assert len(small.plan["suppliers"]) == 4
    assert {bill["fault"] for bill in small.plan["bills"]} == set(PLANTED)
    february = suppliers.make(1, start=date(2027, 2, 1))
    assert february.plan["end"] == "2027-02-28"
    assert set(ROLES) == {one["key"] for one in february.plan["suppliers"]}


def test_claims_are_half_of_what_marketing_cost(month):
    expected = month.plan["expected"]["claims"]
    for claim in month.plan["claims"]:
        demanded, accepted, state = expected[claim["title"]]
        assert amount(demanded) == (amount(claim["cost"]) / 2).quantize(CENT, ROUND_HALF_UP)
        assert 0 <= amount(accepted) <= amount(demanded)
        assert state == claim["until"]
    assert {state for _demanded, _accepted, state in expected.values()} == {"partly", "draft"}


def test_a_campaign_adds_up():
    """Every discount is borne once; profit and return follow from what was sold."""
    sold = world.demo().orders
    plan = suppliers.make(sold=sold).plan
    campaign, expected = plan["campaign"], plan["expected"]["campaign"]
    inside = [
        order
        for order in sold
        if order.listed
        and order.shop.code in campaign["shops"]
        and campaign["from"] <= order.ordered.date().isoformat() <= campaign["to"]
    ]
    assert len(inside) == expected["orders"] > 50
    cost = {funder: amount(value) for funder, value in expected["cost"].items()}
    borne = cost["own"] - amount(campaign["other"]) + cost["supplier"] + cost["platform"]
    discount = Decimal(sum(order.discount for order in inside)).scaleb(-2)
    assert borne == amount(expected["discount"]) == discount
    assert abs(cost["supplier"] - discount * 30 / 100) < CENT
    profit = amount(expected["sales"]) - (cost["own"] - amount(campaign["other"]))
    assert profit == amount(expected["profit"])
    roi = (profit - amount(campaign["other"])) * 100 / cost["own"]
    assert roi.quantize(CENT, ROUND_HALF_UP) == amount(expected["roi"])
    assert cost["own"] <= amount(campaign["budget"])
    assert suppliers.make().plan["campaign"] is None, "nothing was sold"


def test_statements_end_in_every_way(month):
    rows = month.plan["expected"]["statements"]
    assert {state for _supplier, _currency, state in rows} == {
        "disputed",
        "confirmed",
        "paid",
        "approved",
        "sent",
    }
    assert len(rows) == len(month.plan["expected"]["suppliers"])


def test_the_nights_tell_what_is_too_much_or_missing(month):
    orders = {order["number"]: order for order in month.plan["orders"]}
    here = Counter()
    for receipt in month.plan["receipts"]:
        for position, pieces in enumerate(receipt["pieces"]):
            here[receipt["order"], position] += 0 if receipt["back"] else pieces
    told = {(one["kind"], one["order"], one["position"]) for one in month.plan["nights"]}
    assert {kind for kind, _order, _position in told} == {"over", "late", "transit"}
    for number, order in orders.items():
        for position, line in enumerate(order["lines"]):
            came = here[number, position]
            assert (("over", number, position) in told) == (came > line["quantity"])
            assert (("late", number, position) in told) == (came < line["quantity"])
