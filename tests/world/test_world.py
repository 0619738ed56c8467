"""The imaginary month keeps its promises: identities, chains, trailers and the exceptions it announces."""

import csv
import hashlib
import io
import json
import zipfile
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from world import DEFAULT_FAULTS, bulk, demo_plan, full_plan, make
from world.bills import WRITERS
from world.model import TIMING_DAYS, Fee, share

START = date(2026, 9, 1)
FAULTS = dict.fromkeys(DEFAULT_FAULTS, 1)


def small(seed, *, plan=full_plan, days=16, orders=25, faults=FAULTS):
    return make(seed, start=START, days=days, shops=plan(), faults=faults, orders_per_shop=orders)


def digest(folder: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            total.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return total.hexdigest()


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def texts(account) -> list[str]:
    """The text of every bill file of an account, as its platform encodes it."""
    encoding = {"alipay": "gb18030", "pinduoduo": "gb18030", "douyin": "utf-8-sig"}
    found = []
    for name, content in WRITERS[account.plan.account_platform].bills(account):
        if name.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                content = archive.read(archive.namelist()[0])
        if not name.endswith(".xlsx"):
            found.append(content.decode(encoding.get(account.plan.account_platform, "utf-8")))
    return found


def amounts(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    world = small(7, faults=FAULTS | {"chain_gap": 1})
    world.write(folder)
    return world, folder


@given(st.integers(0, 10**9))
@settings(max_examples=15, deadline=None)
def test_orders_add_up(seed):
    for order in small(seed).orders:
        assert order.goods + order.freight - order.discount == order.buyer_paid + order.subsidy
        assert order.receivable == order.buyer_paid + order.subsidy
        assert 0 < order.buyer_paid
        assert order.ordered < order.paid < order.shipped


@given(st.integers(0, 10**9))
@settings(max_examples=15, deadline=None)
def test_bills_pay_what_is_due(seed):
    """Without faults each order is paid its receivable, charged its fee, or is not due yet."""
    world = small(seed, faults={})
    assert not world.faults
    waiting = {row["order"] for row in world.expected()["timing"]}
    received, charged = Counter(), Counter()
    for account in world.accounts:
        for move in account.moves:
            if move.order and move.word in ("sale", "freight", "promotion", "subsidy"):
                received[move.shop, move.order] += move.amount
            elif move.order and not move.refund:
                charged[move.shop, move.order, move.word] += move.amount
    for order in world.orders:
        key = order.shop.code, order.no
        assert received[key] == (0 if order.no in waiting else order.receivable)
        for fee in order.shop.fees:
            assert charged[(*key, fee.category)] == (0 if order.no in waiting else -fee.of(order.receivable))


@given(st.integers(0, 10**9))
@settings(max_examples=15, deadline=None)
def test_nobody_waits_longer_than_the_shop_says(seed):
    world = small(seed, faults=FAULTS)
    waiting = {row["order"] for row in world.expected()["timing"]}
    for order in world.orders:
        if order.no in waiting:
            assert (world.as_of - order.paid.date()).days <= TIMING_DAYS[order.shop.platform]


@given(st.integers(0, 10**9))
@settings(max_examples=15, deadline=None)
def test_balances_chain(seed):
    for account in small(seed).accounts:
        balance = account.opening
        for move in account.moves:
            balance += move.amount
            assert move.balance in (balance, None)
        assert [move.at for move in account.moves] == sorted(move.at for move in account.moves)


@given(st.integers(0, 10**9))
@settings(max_examples=10, deadline=None)
def test_trailers_agree(seed):
    for account in small(seed).accounts:
        for text in texts(account):
            check = TRAILERS.get(account.plan.account_platform)
            if check and "资金" not in text[:3] and "#账号：shop" not in text:
                check(text)


def alipay_trailer(text):
    rows = [line.split(",") for line in text.split("\r\n") if line.startswith("202")]
    plus = [amounts(row[6]) for row in rows if amounts(row[6])]
    minus = [amounts(row[7]) for row in rows if amounts(row[7])]
    assert f"#收入合计：{len(plus)}笔，共{sum(plus, Decimal('0.00'))}元\r\n" in text
    assert f"#支出合计：{len(minus)}笔，共{sum(minus, Decimal('0.00'))}元\r\n" in text


def pinduoduo_trailer(text):
    lines = text.split("\n")
    assert lines[1] == "" and lines[4].startswith("商户订单号")
    rows = [line.split(",") for line in lines[5:] if line and not line.startswith("#")]
    plus = [amounts(row[2]) for row in rows if row[2] != "0"]
    minus = [amounts(row[3]) for row in rows if row[3] != "0"]
    assert f"#收入合计：{len(plus)}笔{sum(plus, Decimal('0.00'))}元" in lines
    assert f"#支出合计：{len(minus)}笔{sum(minus, Decimal('0.00'))}元" in lines


def wechat_trailer(text):
    head, *lines, sum_head, sums = text.rstrip("\n").split("\n")
    rows = [dict(zip(head.split(","), line[1:].split(",`"), strict=True)) for line in lines]
    total = dict(zip(sum_head.split(","), sums[1:].split(",`"), strict=True))
    if "资金流水总笔数" in total:
        income = [Decimal(row["收支金额(元)"]) for row in rows if row["收支类型"] == "收入"]
        expense = [Decimal(row["收支金额(元)"]) for row in rows if row["收支类型"] == "支出"]
        assert (int(total["收入笔数"]), Decimal(total["收入金额"])) == (len(income), sum(income))
        assert (int(total["支出笔数"]), Decimal(total["支出金额"])) == (len(expense), sum(expense))
    else:
        assert int(total["总交易单数"]) == len(rows)
        for name, of in (
            ("应结订单总金额", "应结订单金额"),
            ("退款总金额", "退款金额"),
            ("手续费总金额", "手续费"),
        ):
            assert Decimal(total[name]) == sum(Decimal(row[of]) for row in rows)


def amazon_total(text):
    rows = list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert amounts(rows[0]["total-amount"]) == sum(amounts(row["amount"]) for row in rows[1:])


TRAILERS = {
    "alipay": alipay_trailer,
    "pinduoduo": pinduoduo_trailer,
    "wechatpay": wechat_trailer,
    "amazon": amazon_total,
}


def test_douyin_components_add_up(written):
    _world, folder = written
    rows = []
    for path in (folder / "bills" / "DY-FOOD").glob("*.csv"):
        rows += list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))
    for path in (folder / "bills" / "DY-LIVE").glob("*.xlsx"):
        title, head, *lines = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
        assert title[0] == "名称：资金账单"
        rows += [dict(zip(head, line, strict=True)) for line in lines]
    assert rows
    names = list(rows[0])
    parts = names[names.index("订单实付应结") : names.index("是否免佣")]
    composite = [row for row in rows if row["订单号"]]
    assert composite
    for row in composite:
        sign = 1 if row["动账方向"] == "入账" else -1
        assert sum(Decimal(row[name] or 0) for name in parts) == sign * abs(Decimal(row["动账金额"]))


def test_shopify_payouts_are_the_sum_of_their_transactions(written):
    _world, folder = written
    nets, total = Counter(), {}
    for path in (folder / "bills" / "SPF-US").glob("*.csv"):
        for row in read_csv(path):
            if "Net" in row:
                assert Decimal(row["Net"]) == Decimal(row["Amount"]) - Decimal(row["Fee"])
                nets[row["Payout ID"]] += Decimal(row["Net"])
            else:
                total[row["Bank Reference"].removeprefix("BR")] = Decimal(row["Total"])
    nets.pop("", None)
    assert total == nets


def test_alipay_names_and_encoding(written):
    _world, folder = written
    path = sorted((folder / "bills" / "ALI-HOME").glob("*.zip"))[0]
    raw = path.read_bytes()
    assert "账务明细(汇总).csv".encode("gbk") in raw
    with zipfile.ZipFile(path) as archive:
        assert all(not info.flag_bits & 0x800 for info in archive.infolist())
        assert len(archive.namelist()) == 2
        for name in archive.namelist():
            assert archive.read(name).decode("gb18030").startswith("#支付宝账务")


def test_expected_sums(written):
    world, folder = written
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    for account, figures in zip(world.accounts, expected["accounts"], strict=True):
        for kind in figures["kinds"].values():
            assert sum(map(Decimal, kind["by_category"].values())) == Decimal(kind["sum"])
        if figures["opening"] is not None and not account.gap:
            assert Decimal(figures["opening"]) + Decimal(figures["sum"]) == Decimal(figures["closing"])
    assert len(expected["accounts"]) == len(full_plan())


def test_every_fault_is_planted_once(written):
    """Asked for one of each, the world has one of each, on different orders."""
    world, _folder = written
    counts = Counter(fault["kind"] for fault in world.faults)
    assert counts == dict.fromkeys([*FAULTS, "chain_gap"], 1) | {"swapped_amounts": 2}
    orders = [fault["order"] for fault in world.faults if fault["order"]]
    assert len(orders) == len(set(orders))


def test_faults_say_what_the_files_show(written):
    world, folder = written
    listed = {(row["shop"], row["order_no"]): row for row in read_csv(folder / "orders.csv")}
    received = Counter()
    for account in world.accounts:
        for move in account.delivered():
            if move.referenced and move.word in ("sale", "freight", "promotion", "subsidy"):
                received[move.shop, move.order] += move.amount
    for fault in world.faults:
        key = fault["shop"], fault["order"]
        amount = fault["amount"] and int(Decimal(fault["amount"]) * 100)
        due = int(Decimal(listed[key]["receivable"]) * 100) if key in listed else 0
        if fault["type"] in ("amount_mismatch", "missing_bill", "missing_order", "duplicate_payment"):
            assert received[key] - due == amount != 0
        if fault["type"] == "currency_mismatch":
            assert listed[key]["currency"] != fault["currency"]
        if fault["kind"] == "next_day_cut":
            assert key in listed and received[key] == 0
        if fault["type"] == "ambiguous":
            assert all(received[fault["shop"], order] == 0 for order in fault["candidates"])
        if fault["type"] == "refund_without_order":
            assert key not in listed


def test_orders_and_accounts_are_told(written):
    _world, folder = written
    head = (folder / "orders.csv").read_text(encoding="utf-8").split("\n")[0]
    assert head == (
        "shop,order_no,ordered_at,paid_at,shipped_at,currency,sku,product,quantity,unit_price,line_total,"
        "freight,shop_discount,platform_subsidy,buyer_paid,receivable"
    )
    setup = json.loads((folder / "setup.json").read_text(encoding="utf-8"))
    assert {account["code"] for account in setup["accounts"]} == {
        p.name for p in (folder / "bills").iterdir()
    }


def test_same_seed_same_bytes(tmp_path):
    small(3).write(tmp_path / "one")
    small(3).write(tmp_path / "two")
    small(4).write(tmp_path / "other")
    assert digest(tmp_path / "one") == digest(tmp_path / "two") != digest(tmp_path / "other")


def test_the_bytes_are_the_same_on_every_machine(tmp_path):
    """If this fails on purpose, because the world changed, write the new digest here."""
    small(3).write(tmp_path)
    assert digest(tmp_path)[:16] == DIGEST


DIGEST = "01798c47e955c734"


def test_the_demo_has_some_of_everything():
    plans = demo_plan()
    assert 6 <= len(plans) <= 8
    assert len({plan.account_platform for plan in plans}) == 5
    assert [plan.currency for plan in plans].count("USD") == 1
    assert all(1 <= count <= 3 for count in DEFAULT_FAULTS.values())


def test_bulk_foots(tmp_path):
    bulk(tmp_path, orders=3200, lines=10_000, shops=8, seed=5, days=2)
    expected = json.loads((tmp_path / "expected.json").read_text(encoding="utf-8"))
    lines = sum(kind["lines"] for account in expected["accounts"] for kind in account["kinds"].values())
    assert lines == expected["lines"] == 10_000
    assert len(read_csv(tmp_path / "orders.csv")) == 3200
    for path in (tmp_path / "bills").glob("*/*.csv"):
        text = path.read_bytes().decode("gb18030" if "账务明细" in path.name else "utf-8-sig")
        if "账务明细" in path.name:
            rows = [line.split(",") for line in text.split("\r\n") if line[:1].isdigit()]
            plus = [amounts(row[6]) for row in rows if amounts(row[6])]
            assert f"#收入合计：{len(plus)}笔，共{sum(plus)}元" in text
        elif "资金账单" not in path.name:
            wechat_trailer(text)
    for path in (tmp_path / "bills").glob("*/*.zip"):
        with zipfile.ZipFile(path) as archive:
            pinduoduo_trailer(archive.read(archive.namelist()[0]).decode("gb18030"))


@pytest.mark.parametrize(
    ("fee", "gross", "amount"),
    [
        pytest.param({"rate_percent": Decimal("0.6")}, 100, 1, id="0.6 fen rounds up"),
        pytest.param({"rate_percent": Decimal("0.6")}, 83, 0, id="0.498 fen rounds down"),
        pytest.param({"rate_percent": Decimal("2.5")}, 100, 3, id="half a fen rounds up"),
        pytest.param({"rate_percent": Decimal(15), "minimum": 30}, 100, 30, id="not below the minimum"),
        pytest.param({"rate_percent": Decimal("2.9"), "fixed": 30}, 1000, 59, id="rate plus fixed part"),
    ],
)
def test_fees(fee, gross, amount):
    assert Fee(category="commission", **fee).of(gross) == amount


@given(st.integers(-(10**6), 10**6), st.lists(st.integers(0, 1000), min_size=1, max_size=6))
def test_shares_add_up(total, weights):
    assert sum(share(total, weights)) == total
