"""Orders and refunds: every export gives the same frames; what contradicts itself is refused by its row."""

import io
import json
from pathlib import Path

import pytest
import xlsxwriter

from ecom_bills.bill import Context
from ecom_bills.order_layouts import ORDER_LAYOUTS, REFUND_LAYOUTS
from ecom_bills.orders import OrderFile, read_orders, read_refunds

SAMPLES = Path(__file__).resolve().parents[2] / "addons" / "ecom_connectors" / "tests" / "samples"
CASES = sorted(path.parent for name in ("orders.csv", "refunds.csv") for path in SAMPLES.glob(f"*/*/{name}"))
CHINA = Context(currency="CNY", digits=2, timezone="Asia/Shanghai")
TITLES = (
    "shop,order_no,ordered_at,paid_at,shipped_at,currency,sku,product,quantity,unit_price,line_total,"
    "freight,shop_discount,platform_subsidy,buyer_paid,receivable"
)
ROW = {
    **{"shop": "S1", "order_no": "A1", "ordered_at": "2026-09-01 10:00:00", "paid_at": "2026-09-01 10:00:05"},
    **{"shipped_at": "", "currency": "CNY", "sku": "K1", "product": "Tea", "quantity": "2"},
    **{"unit_price": "10.00", "line_total": "20.00", "freight": "5.00", "shop_discount": "3.00"},
    **{"platform_subsidy": "2.00", "buyer_paid": "20.00", "receivable": ""},
}
REFUND_TITLES = "shop,refund_no,order_no,sub_order_no,refunded_at,currency,amount,sku,quantity,reason"


def orders(*rows: dict[str, str], titles: str = TITLES) -> OrderFile:
    """An order file with these rows; what a row does not say is as in ROW."""
    lines = [titles, *(",".join((ROW | row).get(title, "") for title in titles.split(",")) for row in rows)]
    return read_orders("\n".join([*lines, ""]).encode(), "orders.csv", CHINA)


def refunds(*rows: str) -> OrderFile:
    return read_refunds("\n".join([REFUND_TITLES, *rows, ""]).encode(), "refunds.csv", CHINA)


def problems(file: OrderFile) -> list[tuple[int, str, str]]:
    return [(item.row, item.column, item.reason) for item in file.problems]


@pytest.mark.parametrize("case", CASES, ids=[f"{case.parent.name}/{case.name}" for case in CASES])
def test_golden_samples(case):
    """Each sample gives exactly the frames beside it."""
    (path,) = (path for path in case.iterdir() if path.suffix == ".csv")
    read = read_orders if path.name == "orders.csv" else read_refunds
    file = read(path.read_bytes(), path.name, CHINA)
    assert file.state == "read"
    assert file.layout == case.parent.name
    assert {"meta": file.meta(), "frames": file.frames()} == json.loads(
        (case / "expected.json").read_text("utf-8")
    )


def test_every_layout_has_a_sample():
    there = {case.parent.name for case in CASES}
    assert there == {item.layout.name for item in (*ORDER_LAYOUTS, *REFUND_LAYOUTS)}


@pytest.mark.parametrize("case", CASES, ids=[f"{case.parent.name}/{case.name}" for case in CASES])
def test_no_person_is_kept(case):
    """Names, addresses and phones stand in the exports, and nowhere in what is read."""
    frames = (case / "expected.json").read_text("utf-8")
    assert not [word for word in ("买**", "某", "13800000000", "密文") if word in frames]


@pytest.mark.rule("A10")
@pytest.mark.parametrize(
    ("row", "paid", "receivable"),
    [
        pytest.param({}, "20.00", "22.00", id="buyer and platform together owe us"),
        pytest.param({"receivable": "21.50"}, "20.00", "21.50", id="the file knows better"),
        pytest.param({"platform_subsidy": "", "buyer_paid": "7"}, "7.00", "", id="no subsidy given, no sum"),
        pytest.param({"paid_at": "", "buyer_paid": "0"}, "0.00", "2.00", id="nobody has paid yet"),
    ],
)
def test_who_funds_a_coupon(row, paid, receivable):
    file = orders(row)
    assert file.state == "read"
    assert file.orders[["buyer_paid", "receivable"]].to_numpy().tolist() == [[paid, receivable]]


@pytest.mark.rule("A10")
def test_an_order_that_does_not_add_up_is_named():
    file = orders({}, {"order_no": "A2", "buyer_paid": "19.99"}, {"order_no": "A3"})
    assert file.state == "inconsistent"
    assert problems(file) == [(3, "buyer_paid", "amounts_differ")]
    assert file.problems[0].text == "22 ≠ 21.99"
    assert not len(file.orders) and not len(file.lines)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([{}, {"freight": "6.00"}], (3, "freight", "order_differs"), id="two freights"),
        pytest.param(
            [{}, {"ordered_at": "2026-09-01 10:00:01"}],
            (3, "ordered_at", "order_differs"),
            id="two moments",
        ),
        pytest.param([{}, {"currency": "EUR"}], (3, "currency", "order_differs"), id="two currencies"),
        pytest.param([{"currency": "yuan"}], (2, "currency", "not_a_choice"), id="no currency"),
        pytest.param([{"currency": ""}], (2, "currency", "not_a_choice"), id="blank currency"),
        pytest.param([{"ordered_at": ""}], (2, "ordered_at", "empty_required"), id="no moment"),
        pytest.param([{"ordered_at": "01/09/2026"}], (2, "ordered_at", "not_a_moment"), id="odd moment"),
        pytest.param([{"line_total": ""}], (2, "line_total", "empty_required"), id="no line total"),
        pytest.param([{"line_total": "n/a"}], (2, "line_total", "not_an_amount"), id="no amount"),
        pytest.param([{"freight": "5.001"}], (2, "freight", "too_many_decimals"), id="a tenth of a cent"),
        pytest.param([{"currency": "JPY", "freight": "0.5"}], (2, "freight", "too_many_decimals"), id="yen"),
        pytest.param([{"order_no": "2.6E+17"}], (2, "order_no", "damaged_id"), id="damaged id"),
        pytest.param([{"shop": ""}], (2, "shop", "empty_required"), id="no shop"),
    ],
)
def test_what_contradicts_itself_is_refused(rows, expected):
    file = orders(*rows)
    assert file.state in ("refused", "inconsistent")
    assert expected in problems(file)
    assert not len(file.orders)


def test_amounts_on_every_row_or_on_the_first_say_the_same():
    lines = {"line_total": "10.00", "quantity": "1"}
    blank = dict.fromkeys(
        ("freight", "shop_discount", "platform_subsidy", "buyer_paid", "ordered_at", "currency"), ""
    )
    repeated, first = orders(lines, lines), orders(lines, lines | blank)
    assert repeated.state == first.state == "read"
    assert repeated.orders.equals(first.orders)
    assert repeated.lines.equals(first.lines)


def test_one_number_in_two_shops_is_two_orders():
    file = orders({}, {"shop": "S2"})
    assert file.orders[["shop", "order_no"]].to_numpy().tolist() == [["S1", "A1"], ["S2", "A1"]]


def test_one_sub_order_twice_is_refused():
    titles = TITLES + ",sub_order_no"
    half = {"line_total": "10.00", "sub_order_no": "1"}
    assert problems(orders(half, half, titles=titles)) == [(3, "order_no", "duplicate_line")]
    assert orders(half, half | {"sub_order_no": "2"}, titles=titles).state == "read"


def test_an_order_is_where_its_last_parcel_is():
    half = {"line_total": "10.00"}
    file = orders(
        half | {"shipped_at": "2026-09-03 08:00"},
        half | {"shipped_at": "2026-09-02"},
        half | {"line_total": "0"},
    )
    assert file.orders["shipped_at"].tolist() == ["2026-09-03 08:00:00"]


def test_columns_may_move_and_others_are_ignored():
    titles = ",".join(["buyer_name", *reversed(TITLES.split(","))])
    plain, moved = orders({}), orders({"buyer_name": "somebody"}, titles=titles)
    assert moved.orders.equals(plain.orders)
    assert moved.lines.equals(plain.lines)
    assert "somebody" not in json.dumps([moved.meta(), moved.frames()])


@pytest.mark.capability("S1.7.2")
def test_a_spreadsheet_reads_like_the_text():
    """One order in two kinds of file is the same order."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for column, title in enumerate(TITLES.split(",")):
            sheet.write(0, column, title)
            value = ROW[title]
            sheet.write(1, column, float(value) if value.replace(".", "").isdigit() else value)
    assert read_orders(file.getvalue(), "orders.xlsx", CHINA).orders.equals(orders({}).orders)


def test_files_that_are_no_orders():
    assert {item.reason for item in read_orders(b"a,b\n1,2\n", "x.csv", CHINA).problems} == {"unknown_layout"}
    assert {item.reason for item in read_orders(b"", "x.csv", CHINA).problems} == {"empty_file"}
    assert problems(orders()) == [(1, "", "no_rows")]
    assert orders({}, titles=TITLES.replace(",freight", "")).problems[0].reason == "missing_title"


def test_refunds_are_positive_and_stand_once():
    row = "S1,R1,A1,,2026-09-02 10:00:00,CNY,5.00,K1,1,broken"
    assert refunds(row).refunds["amount"].tolist() == ["5.00"]
    assert problems(refunds(row, row)) == [(3, "refund_no", "duplicate_line")]
    assert problems(refunds(row.replace("5.00", "-5.00"))) == [(2, "amount", "not_an_amount")]
    assert problems(refunds(row.replace("5.00", "5.001"))) == [(2, "amount", "too_many_decimals")]
    assert problems(refunds(row.replace("R1", ""))) == [(2, "refund_no", "empty_required")]
