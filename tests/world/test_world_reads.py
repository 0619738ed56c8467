"""The reader against the imaginary month: two independent opinions about every bill must agree."""

import importlib
import json
from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from world import DEFAULT_FAULTS, bulk, full_plan, make
from world.bills import WRITERS

ecom_bills = importlib.import_module("ecom_bills")
LAYOUTS = getattr(importlib.import_module("ecom_bills.layouts"), "LAYOUTS", ())
READABLE = {layout.platform for layout in LAYOUTS}

PLANS = {plan.account: plan for plan in full_plan()}


def minor(text):
    return None if text is None else int(Decimal(text) * 100)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    made = make(
        11,
        start=date(2026, 9, 1),
        days=30,
        shops=full_plan(),
        faults=DEFAULT_FAULTS | {"chain_gap": 1},
        orders_per_shop=60,
    )
    made.write(folder)
    return made, folder, json.loads((folder / "expected.json").read_text(encoding="utf-8"))


def read_account(folder, facts):
    """Every bill of an account by its kind, oldest first."""
    from ecom_bills.reader import read_bills

    context = ecom_bills.Context(
        currency=facts["currency"],
        digits=2,
        timezone=facts["timezone"],
        platform=facts["platform"],
        kinds=tuple(facts["kinds"]),
    )
    bills = {}
    for path in sorted((folder / "bills" / facts["code"]).iterdir()):
        for bill in read_bills(path.read_bytes(), path.name, context):
            assert bill.state in ("read", "skipped"), (path.name, bill.state, bill.problems[:5])
            if bill.state == "read":
                bills.setdefault(bill.kind, []).append(bill)
    for kind in bills.values():
        kind.sort(key=lambda bill: bill.lines["booked_at"].min())
    return bills


def setup_of(folder, code):
    setup = json.loads((folder / "setup.json").read_text(encoding="utf-8"))
    return next(account for account in setup["accounts"] if account["code"] == code)


@pytest.mark.parametrize("code", PLANS)
def test_the_reader_finds_what_was_written(world, code):
    _made, folder, expected = world
    bills = read_account(folder, setup_of(folder, code))
    [account] = [account for account in expected["accounts"] if account["code"] == code]
    assert set(bills) == set(account["kinds"])
    for kind, figures in account["kinds"].items():
        found = Counter()
        for bill in bills[kind]:
            found.update(bill.by_category)
        assert sum(len(bill.lines) for bill in bills[kind]) == figures["lines"]
        assert sum(bill.sum for bill in bills[kind]) == minor(figures["sum"])
        wanted = {category: minor(amount) for category, amount in figures["by_category"].items()}
        assert {category: amount for category, amount in found.items() if amount} == {
            category: amount for category, amount in wanted.items() if amount
        }
        assert bills[kind][0].opening == minor(figures["opening"])
        assert bills[kind][-1].closing == minor(figures["closing"])


def told(made, code):
    """The account and the kind of bill that tells the parts of each order."""
    account = next(account for account in made.accounts if account.code == code)
    settled = PLANS[code].account_platform in ("wechatpay", "amazon", "shopify")
    return account, "settlement" if settled else "fund_flow"


def moves_of(account):
    """(movement, its category) of each line the telling bills have; of WeChat's only those of orders."""
    words = WRITERS[account.plan.account_platform].CATEGORY
    if account.plan.form == "fund_flow":
        words = words | {"recharge": "transfer"}
    trades = account.plan.account_platform == "wechatpay"
    return [(move, words[move.word]) for move in account.delivered() if move.order or not trades]


@pytest.mark.parametrize("code", PLANS)
def test_every_line_names_its_order(world, code):
    """Received, refunded and charged per order and category, as the reader attributes them."""
    made, folder, _expected = world
    account, kind = told(made, code)
    found, wanted = Counter(), Counter()
    for bill in read_account(folder, setup_of(folder, code))[kind]:
        lines = bill.lines[bill.lines["category"] != "payout"]
        for order, category, amount in lines[["order_ref", "category", "amount"]].itertuples(index=False):
            found[order or "", category or ""] += amount
    for move, category in moves_of(account):
        if category != "payout":
            wanted[move.order if move.referenced else "", category] += move.amount
    assert +found == +wanted and -found == -wanted


@pytest.mark.parametrize("code", PLANS)
def test_every_line_falls_on_its_day(world, code):
    """The accounting day is the day in the account's zone, whatever zone the bill is written in."""
    made, folder, _expected = world
    account, kind = told(made, code)
    found, wanted = Counter(), Counter()
    for bill in read_account(folder, setup_of(folder, code))[kind]:
        if bill.layout != "shopify_payouts":
            for day, category, amount in bill.lines[["day", "category", "amount"]].itertuples(index=False):
                found[day.date(), category or ""] += amount
    for move, category in moves_of(account):
        wanted[move.at.date(), category] += move.amount
    assert +found == +wanted and -found == -wanted


def test_payouts_fall_on_the_day_they_name(world):
    made, folder, _expected = world
    account, kind = told(made, "SPF-US")
    found = Counter()
    for bill in read_account(folder, setup_of(folder, "SPF-US"))[kind]:
        if bill.layout == "shopify_payouts":
            found.update(zip([day.date() for day in bill.lines["day"]], bill.lines["amount"], strict=True))
    assert found == {(day, -total): 1 for day, _payout, _parts, total in WRITERS["shopify"].payouts(account)}


@pytest.mark.parametrize("code", [code for code in PLANS if PLANS[code].account_platform != "alipay"])
def test_refunds_carry_their_number(world, code):
    """Alipay and Pinduoduo bills do not know refund numbers."""
    made, folder, _expected = world
    if PLANS[code].account_platform in ("pinduoduo", "shopify"):
        pytest.skip("the format has no refund number")
    account, kind = told(made, code)
    found = set()
    for bill in read_account(folder, setup_of(folder, code))[kind]:
        lines = bill.lines[bill.lines["category"] == "refund"]
        found |= set(lines["refund_ref"])
    assert found == {move.refund for move in account.delivered() if move.word == "refund"}


def test_the_large_world_reads(tmp_path):
    bulk(tmp_path, orders=3200, lines=10_000, shops=8, seed=5, days=2)
    expected = json.loads((tmp_path / "expected.json").read_text(encoding="utf-8"))
    for account in expected["accounts"]:
        bills = read_account(tmp_path, setup_of(tmp_path, account["code"]))
        for kind, figures in account["kinds"].items():
            assert sum(len(bill.lines) for bill in bills[kind]) == figures["lines"]
            assert sum(bill.sum for bill in bills[kind]) == minor(figures["sum"])
            if kind == "fund_flow":
                assert bills[kind][0].opening == minor(figures["opening"])
                assert bills[kind][-1].closing == minor(figures["closing"])


def test_both_bills_of_wechat_tell_the_same_of_each_transaction(world):
    """What the trade bill explains is what the fund flow moved, payment by payment and refund by refund."""
    _made, folder, _expected = world
    bills = read_account(folder, setup_of(folder, "WXP-MINI"))
    sums = {}
    for kind in ("settlement", "fund_flow"):
        sums[kind] = Counter()
        for bill in bills[kind]:
            lines = bill.lines[~bill.lines["category"].isin(["payout", "topup"])]
            for transaction, amount in lines[["transaction_ref", "amount"]].itertuples(index=False):
                sums[kind][transaction] += amount
    assert sums["settlement"] == sums["fund_flow"]


def test_orders_and_refunds_read(world):
    """Every listed order and refund comes back with its amounts, shop by shop."""
    made, folder, _expected = world
    orders = importlib.import_module("ecom_bills.orders")
    context = ecom_bills.Context(currency="CNY", digits=2, timezone="Asia/Shanghai")
    found = orders.read_orders((folder / "orders.csv").read_bytes(), "orders.csv", context)
    listed = [order for order in made.orders if order.listed]
    assert (found.state, found.problems) == ("read", ())
    assert len(found.lines) == sum(len(order.items) for order in listed)
    columns = ["shop", "order_no", "currency", "receivable", "platform_subsidy"]
    rows = [tuple(row) for row in found.orders[columns].itertuples(index=False)]
    assert {(*row[:3], minor(row[3]), minor(row[4])) for row in rows} == {
        (order.shop.code, order.no, order.currency, order.receivable, order.subsidy) for order in listed
    }
    found = orders.read_refunds((folder / "refunds.csv").read_bytes(), "refunds.csv", context)
    assert (found.state, found.problems) == ("read", ())
    rows = found.refunds[["shop", "refund_no", "order_no", "amount"]].itertuples(index=False)
    assert {(shop, refund, order, minor(amount)) for shop, refund, order, amount in rows} == {
        (refund.order.shop.code, refund.no, refund.order.no, refund.amount)
        for refund in made.refunds
        if refund.listed
    }
