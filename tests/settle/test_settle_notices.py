"""Delivery notes and receipt reports: whatever their form, they say the same; what is odd is named."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making_files import rows_of, workbook

from ecom_bills.bill import Context
from ecom_bills.limits import Job, run
from ecom_bills.tables import read_table
from ecom_settle.notice_match import Offer, Wanted, allocate_receipts, match_notices
from ecom_settle.notices import (
    LAYOUTS,
    delivery_note,
    inbound_report,
    notice_of,
    notices_of,
    rukudan,
    wareneingang,
)
from ecom_settle.problem import titled

CHINA = Context(currency="CNY", digits=2, timezone="Asia/Shanghai")
SHAPES = [layout.shape() for layout in LAYOUTS]
RUKUDAN = "入库单号,采购单号,仓库编码,商品编码,商品名称,实收数量,残品数量,单位,批次号,入库时间\n"
INBOUND = (
    "Inbound No,PO Number,SKU,Description,Received Qty,Damaged Qty,UOM,Lot,Received Date,Warehouse".split(",")
)
WARENEINGANG = (
    "Eingangsnummer;Bestellung;Artikelnummer;Bezeichnung;Menge;Beschädigt;Einheit;Charge;Eingangsdatum;Lager"
    "\n"
)
ASN = (
    "delivery_note,supplier,po_number,sku,description,quantity,unit,shipped_on,expected_on,carrier,"
    "tracking_no\n"
)


def read(content, name="notices.csv"):
    """(notices, problems) of a file, read without the child process."""
    file = read_table(content, name, CHINA, SHAPES)
    if file.problems:
        return [], [(item.row, item.column, item.text, item.reason) for item in file.problems]
    kind = next(layout.kind for layout in LAYOUTS if layout.name == file.layout)
    notices, problems = notices_of(kind, rows_of(file))
    return notices, [tuple(item) for item in titled(problems, file.titles)]


FILES = {
    "receipt_rukudan": (
        (RUKUDAN + "A1,P1,WH,K-1,Tea,1000.5,2,pcs,B1,2026-09-05 16:20:00\n").encode("gb18030"),
        "r.csv",
    ),
    "receipt_inbound_report": (
        workbook(
            [
                ["Inbound report"],
                INBOUND,
                ["A1", "P1", "K-1", "Tea", 1000.5, 2, "pcs", "B1", "2026-09-05", "WH"],
            ]
        ),
        "r.xlsx",
    ),
    "receipt_wareneingang": (
        (WARENEINGANG + "A1;P1;K-1;Tea;1.000,5;2;pcs;B1;05.09.2026;WH\n").encode("cp1252"),
        "r.csv",
    ),
}


@pytest.mark.capability("S2.2.2", "S2.2.3")
@pytest.mark.parametrize("layout", FILES)
def test_three_warehouses_say_the_same(layout):
    """A report as GB18030 CSV, as XLSX and with decimal commas is one and the same fact."""
    content, name = FILES[layout]
    assert read_table(content, name, CHINA, SHAPES).layout == layout
    [notice], problems = read(content, name)
    assert not problems
    assert (notice.kind, notice.number, notice.day) == ("receipt", "A1", date(2026, 9, 5))
    [line] = notice.lines
    assert (line.sku, line.quantity, line.damaged) == ("K-1", Decimal("1000.5"), Decimal(2))
    line = {"sku": "K-1", "quantity": "1000.50", "damaged": 2, "order_no": "P1", "title": "Tea"}
    said, _ = notice_of(
        {
            **{"kind": "receipt", "number": "A1", "day": "2026-09-05", "warehouse": "WH"},
            "lines": [line | {"unit": "pcs", "lot": "B1"}],
        }
    )
    assert notice.digest == said.digest


@pytest.mark.capability("S2.8.4")
@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_the_example_of_each_layout_is_true(layout):
    """What the docstring of a layout shows is read by it, and by no other."""
    modules = {it.LAYOUT.name: it for it in (delivery_note, inbound_report, rukudan, wareneingang)}
    lines = [line.strip() for line in modules[layout.name].__doc__.splitlines() if line.startswith("    ")]
    content = "\n".join([*lines, ""]).encode(layout.encodings[0])
    assert read_table(content, "example.csv", CHINA, SHAPES).layout == layout.name
    [notice], problems = read(content)
    assert not problems
    assert (notice.kind, notice.lines[0].sku, notice.lines[0].order_no) == (layout.kind, "K-1", "P00012")


@pytest.mark.capability("S2.8.4")
def test_read_in_the_child():
    """The child process gives the same cells as reading here."""
    content, name = FILES["receipt_wareneingang"]
    [result] = run([Job(content=content, name=name, context=CHINA, want="table", args={"shapes": SHAPES})])
    assert (result.meta["layout"], result.meta["problems"]) == ("receipt_wareneingang", [])
    assert b'"quantity":["1000.5"]' in result.payload
    [bad] = run(
        [Job(content=b"x,y\n1,2\n", name="x.csv", context=CHINA, want="table", args={"shapes": SHAPES})]
    )
    assert [problem["reason"] for problem in bad.meta["problems"]] == ["unknown_layout"]


@pytest.mark.capability("S2.1.1")
def test_a_delivery_note_of_two_lines():
    rows = (
        "D1,S1,P1,K-1,Tea,100,,2026-09-02,2026-09-05,SF,1\nD1,S1,P1,K-2,Cup,5,,2026-09-02,2026-09-05,SF,1\n"
    )
    [notice], problems = read((ASN + rows + "D2,S1,P1,K-1,Tea,1,,2026-09-03,,,\n").encode())[0][:1], []
    assert not problems
    assert (notice.supplier, notice.expected_day, len(notice.lines)) == ("S1", date(2026, 9, 5), 2)
    assert notice.tracking_no == "1"


@pytest.mark.capability("S2.2.3")
@pytest.mark.parametrize(
    ("content", "problems"),
    [
        pytest.param(
            (RUKUDAN + "A1,P1,WH,K-1,Tea,1o,0,,,2026-09-05\nA1,P1,WH,,Tea,1,0,,,soon\n").encode(),
            [
                (2, "实收数量", "1o", "not_an_amount"),
                (3, "商品编码", "", "empty_required"),
                (3, "入库时间", "soon", "not_a_moment"),
            ],
            id="every bad cell is named at once",
        ),
        pytest.param(
            (RUKUDAN + "A1,P1,WH,K-1,Tea,-1,0,,,2026-09-05\nA1,P1,WH,K-2,Tea,1,2,,,2026-09-05\n").encode(),
            [(2, "实收数量", "-1", "negative_quantity"), (3, "残品数量", "2", "damaged_more_than_arrived")],
            id="quantities that cannot be",
        ),
        pytest.param(
            (ASN + "D1,,P1,K,T,1,,2026-09-02,2026-09-01,,\nD1,,P1,L,T,1,,2026-09-03,2026-09-01,,\n").encode(),
            [
                (3, "shipped_on", "2026-09-03", "rows_disagree"),
                (2, "expected_on", "2026-09-01", "expected_before_shipped"),
            ],
            id="a note that leaves twice and comes before it left",
        ),
        pytest.param(
            ASN.encode() + b"D1,,P1,K,\xff\xfe\xff,1,,2026-09-02,,,\n",
            [(2, "", "utf-8: b'\\xff\\xfe\\xff,1,,2'", "not_utf8_row")],
            id="bytes of no encoding",
        ),
        pytest.param(ASN.encode(), [(1, "", "ship_delivery_note", "no_rows")], id="titles only"),
        pytest.param(
            (ASN.replace("quantity,", "") + "D1,,P1,K,T,,2026-09-02,,,\n").encode(),
            [(1, "quantity", "ship_delivery_note: quantity", "missing_title")],
            id="a title is missing",
        ),
    ],
)
def test_refused(content, problems):
    notices, found = read(content)
    assert not notices
    assert found == problems


@pytest.mark.capability("S2.2.2")
def test_a_file_that_two_layouts_know_is_refused():
    both = [*SHAPES, SHAPES[0] | {"name": "twin"}]
    file = read_table((ASN + "D1,,P1,K,T,1,,2026-09-02,,,\n").encode(), "n.csv", CHINA, both)
    assert [problem.reason for problem in file.problems] == ["two_layouts"]


@pytest.mark.capability("S2.8.4")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"quantity": "1e5000000"}, "not_an_amount"),
        ({"quantity": True}, "not_an_amount"),
        ({"quantity": "NaN"}, "not_an_amount"),
        ({"quantity": "0.0000001"}, "too_many_decimals"),
        ({"quantity": -1}, "negative_quantity"),
        ({"sku": ""}, "empty_required"),
        ({"sku": ["K"]}, "not_a_text"),
        ({"qty": 1}, "unknown_key"),
    ],
)
def test_messages_are_checked_like_files(change, reason):
    line = {"sku": "K-1", "quantity": 1} | change
    notice, found = notice_of({"kind": "receipt", "number": "A", "day": "2026-09-05", "lines": [line]})
    assert notice is None
    assert reason in [problem.reason for problem in found]


@pytest.mark.parametrize(
    "payload", [None, [], {"lines": 1}, {"kind": "receipt", "number": "A", "day": "20260905", "lines": [1]}]
)
def test_what_is_no_message(payload):
    notice, found = notice_of(payload)
    assert notice is None
    assert found


# --- matching ----------------------------------------------------------------------


def wanted(key=1, quantity=10, order_no="", **values):
    return Wanted(key=key, product=7, quantity=Decimal(quantity), order_no=order_no, **values)


def offer(key, quantity, order_no="P1", day=1, **values):
    return Offer(
        **{"key": key, "product": 7, "order_no": order_no, "open": Decimal(quantity)},
        order_day=date(2026, 9, day),
        **values,
    )


@pytest.mark.capability("S2.1.4")
@pytest.mark.parametrize(
    ("line", "offers", "expected"),
    [
        pytest.param(wanted(order_no="p1"), [offer(1, 99)], (1, "order_no"), id="the order it names"),
        pytest.param(wanted(order_no="P2"), [offer(1, 10)], (None, ""), id="never another order"),
        pytest.param(
            wanted(order_no="P1"),
            [offer(1, 10), offer(2, 5)],
            (1, "order_no"),
            id="the line of this quantity",
        ),
        pytest.param(
            wanted(order_no="P1"), [offer(1, 10), offer(2, 10)], (None, ""), id="a tie is nobody's match"
        ),
        pytest.param(wanted(), [offer(1, 99), offer(2, 0)], (1, "only_open"), id="the only open one"),
        pytest.param(wanted(), [offer(1, 99), offer(2, 10, "P2")], (2, "exact"), id="exactly this much open"),
        pytest.param(wanted(), [offer(1, 99), offer(2, 9, "P2")], (None, ""), id="several, none exact"),
        pytest.param(
            wanted(quantity=24, factor=Decimal(1)),
            [offer(1, 24, factor=Decimal(12)), offer(2, 99)],
            (1, "exact"),
            id="24 pieces are two dozen",
        ),
        pytest.param(
            wanted(quantity=2),
            [offer(1, 24, factor=Decimal(12)), offer(2, 99)],
            (1, "exact"),
            id="order unit",
        ),
    ],
)
def test_match(line, offers, expected):
    left = {item.key: item.open for item in offers}
    verdict = match_notices([line], offers, left)[line.key]
    assert (verdict.offer and verdict.offer.key, verdict.rule) == expected


def test_candidates_come_oldest_first():
    offers = [offer(1, 20, day=3), offer(2, 30, "P2", day=1)]
    assert match_notices([wanted()], offers, {1: Decimal(20), 2: Decimal(30)})[1].candidates == (2, 1)


def test_what_is_matched_leaves_less_open():
    offers = [offer(1, 10), offer(2, 20, "P2")]
    left = {1: Decimal(10), 2: Decimal(20)}
    verdicts = match_notices([wanted(1, 10), wanted(2, 5)], offers, left)
    assert [verdicts[key].offer.key for key in (1, 2)] == [1, 2]
    assert left == {1: Decimal(0), 2: Decimal(15)}


QUANTITIES = st.decimals(0, 1000, places=2)


@pytest.mark.capability("S2.2.6")
@given(received=QUANTITIES, said=st.lists(QUANTITIES, min_size=1, max_size=6))
def test_receipts_are_given_out_exactly_once(received, said):
    """The parts add up; no notice but the last gets more than it says; none gets some before one is full."""
    parts = allocate_receipts(received, said)
    assert sum(parts) == received
    assert all(0 <= part <= quantity for part, quantity in zip(parts[:-1], said[:-1], strict=True))
    for place, part in enumerate(parts):
        if part:
            assert parts[:place] == said[:place]
