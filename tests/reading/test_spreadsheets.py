"""Spreadsheets: cells are read as a person sees them, and a sheet that would hurt or deceive is refused."""

import io
import random
import time
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from making_files import data, package, reasons, workbook, zipped

from ecom_bills.bill import RefusedError
from ecom_bills.files.budget import Budget
from ecom_bills.files.containers import unpack
from ecom_bills.files.sheets import read_xlsx
from ecom_bills.files.zips import entries

BAD = Path(__file__).resolve().parents[3] / "shared" / "samples" / "bad"


def test_cells_are_what_a_person_sees():
    rows = [
        ["订单号", "时间", "金额", "税率", "数量", "开关"],
        ["00123", datetime(2026, 9, 1), 1234.5, 0.1, 3, True],
        [" 6917926768823643751\t", datetime(2026, 9, 1, 23, 59, 59), 0.3, 1e-07, -2, False],
        ["", "", -0.0, 1e14, "", ""],
    ]
    (member,) = unpack(workbook(rows), "bill.xlsx")
    assert member.sheet == "账单"
    assert member.data == [
        ["订单号", "时间", "金额", "税率", "数量", "开关"],
        ["00123", "2026-09-01 00:00:00", "1234.5", "0.1", "3", "TRUE"],
        [
            " 6917926768823643751\t",
            "2026-09-01 23:59:59",
            "0.3",
            "0.0000001",
            "-2",
            "FALSE",
        ],
        ["", "", "0", "100000000000000", "", ""],
    ]


def test_the_noise_of_binary_sums_is_not_shown():
    cells = '<row r="1"><c r="A1"><v>28.900000000000002</v></c><c r="B1"><v>28.899999999999999</v></c></row>'
    (member,) = unpack(package(data(cells)), "bill.xlsx")
    assert member.data == [["28.9", "28.9"]]


def test_every_second_of_a_day_is_read_exactly():
    """Spreadsheets store moments as fractions of a day; no second may slip."""
    moments = [datetime(2026, 9, 1, n // 3600, n // 60 % 60, n % 60) for n in range(0, 86400, 7)]
    for options in ({}, {"date_1904": True}):
        (member,) = unpack(workbook([[moment] for moment in moments], **options), "bill.xlsx")
        assert [row[0] for row in member.data] == [str(moment) for moment in moments]


def test_rows_keep_their_physical_number():
    """An export that starts in C5 is still row 5, column C."""
    book = openpyxl.Workbook()
    book.active["C5"] = "订单号"
    book.active["D7"] = 12.5
    file = io.BytesIO()
    book.save(file)
    (member,) = unpack(file.getvalue(), "bill.xlsx")
    assert (member.data[4], member.data[6]) == (["", "", "订单号", ""], ["", "", "", "12.5"])


def test_two_readers_agree():
    """Random sheets read alike here and by openpyxl."""
    picked = random.Random(7)
    kinds = (
        lambda: picked.randrange(10**14),
        lambda: picked.randrange(10**9) / 100,
        lambda: "".join(picked.choices("订单A1 \t,\"'=<&>", k=9)).strip() or "x",
        lambda: None,
    )
    rows = [[picked.choice(kinds)() for _ in range(9)] for _ in range(300)]
    content = workbook(rows, strings_to_formulas=False)
    (member,) = unpack(content, "bill.xlsx")
    other = openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)
    assert member.data == [["" if cell is None else str(cell) for cell in row] for row in other]


def test_every_sheet_is_a_member_and_hidden_ones_say_so():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        for name in ("一", "二", "空"):
            sheet = book.add_worksheet(name)
            if name != "空":
                sheet.write(0, 0, name)
        book.get_worksheet_by_name("二").hide()
    members = unpack(file.getvalue(), "bill.xlsx")
    assert [(member.sheet, member.is_hidden) for member in members] == [("一", False), ("二", True)]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        pytest.param(
            '<row r="2"><c r="B2"><f>1+1</f><v>2</v></c></row>', (2, "B", "formula_cell"), id="formula"
        ),
        pytest.param('<row r="2"><c r="B2"><f/><v>2</v></c></row>', (2, "B", "formula_cell"), id="no text"),
        pytest.param('<row r="3"><c r="A3" t="e"><v>#N/A</v></c></row>', (3, "A", "error_cell"), id="error"),
        pytest.param("<row><c t='e'><v>#N/A</v></c></row>", (0, "", "error_cell"), id="error without place"),
        pytest.param(
            '<row r="1"><c r="C1"><v>202609010000000001</v></c></row>', (1, "C", "damaged_id"), id="long id"
        ),
        pytest.param('<row r="1"><c r="A1"><v>2.02E+17</v></c></row>', (1, "A", "damaged_id"), id="exponent"),
        pytest.param('<row r="1"><c r="A1"><v>NaN</v></c></row>', (1, "A", "not_an_amount"), id="no number"),
    ],
)
def test_a_cell_that_may_not_be_read_is_named(cells, expected):
    with pytest.raises(RefusedError) as caught:
        unpack(package(data(cells)), "bill.xlsx")
    assert [(item.row, item.column, item.reason) for item in caught.value.problems] == [expected]


def test_formulas_are_found_by_every_spelling():
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    cells = f'<x:row r="1" xmlns:x="{main}"><x:c r="A1"><x:f>1</x:f><x:v>1</x:v></x:c></x:row>'
    assert reasons(package(data(cells))) == {"formula_cell"}
    many = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 60_000))
    last = '<row r="60000"><c s="1" r="A60000"><f>A1</f><v>1</v></c></row>'
    with pytest.raises(RefusedError) as caught:
        unpack(package(data(many + last)), "bill.xlsx", Budget(ratio=10_000))
    assert [item.row for item in caught.value.problems] == [60_000]


def test_merged_cells_in_the_data_are_refused_but_a_title_is_not():
    def book(place: str) -> bytes:
        made = openpyxl.Workbook()
        made.active.append(["账单明细"])
        made.active.append(["订单号", "金额", "备注"])
        made.active.append(["T1", 1, "x"])
        made.active.append(["合计", None, 1])
        made.active.merge_cells(place)
        file = io.BytesIO()
        made.save(file)
        return file.getvalue()

    assert reasons(book("A1:C1")) == set()
    assert reasons(book("A4:B4")) == set()
    assert reasons(book("A3:B3")) == {"merged_cell"}
    assert reasons(book("A2:A3")) == {"merged_cell"}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        pytest.param('<row r="1048577"><c r="A1048577"><v>1</v></c></row>', "too_large", id="row too far"),
        pytest.param('<row r="1"><c r="XFD1"><v>1</v></c></row>', "too_large", id="column too far"),
        pytest.param(
            '<row r="1"><c r="A1"><v>1</v></c></row><row r="900000"><c r="SR900000"><v>1</v></c></row>',
            "too_large",
            id="two far corners",
        ),
        pytest.param(
            '<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
            "bad_archive",
            id="one place twice",
        ),
        pytest.param(
            '<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>2</v></c></row>',
            "bad_archive",
            id="rows out of order",
        ),
        pytest.param('<!-- c --><row r="1"><c r="A1"><v>1</v></c></row>', "unsafe_part", id="comment"),
        pytest.param("", "empty_file", id="no cell"),
    ],
)
def test_sheets_that_would_hurt_the_reader(cells, expected):
    assert reasons(package(data(cells))) == {expected}


def test_a_small_bomb_of_cells_stops_early():
    cells = '<row r="{0}">' + "".join(f'<c r="{chr(65 + n)}{{0}}"/>' for n in range(20)) + "</row>"
    content = package(data("".join(cells.format(row) for row in range(1, 50_001))))
    started = time.process_time()
    assert reasons(content, ratio=1000, cells=100_000) == {"too_large"}
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("xl/vbaProject.bin", "x"),
        ("xl/externalLinks/externalLink1.xml", "<externalLink/>"),
        ("xl/embeddings/oleObject1.bin", "x"),
        ("xl/activeX/activeX1.xml", "<ocx/>"),
        ("xl/macrosheets/sheet1.xml", "<macrosheet/>"),
        (
            "xl/styles.xml",
            '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><styleSheet>&e;</styleSheet>',
        ),
        ("xl/styles.xml", '<?xml version="1.0" encoding="UTF-7"?><styleSheet/>'),
    ],
)
def test_parts_that_no_export_has(name, text):
    sheet = data('<row r="1"><c r="A1"><v>1</v></c></row>')
    assert reasons(package(sheet)) == set()
    assert reasons(package(sheet, **{name: text})) == {"unsafe_part"}


def test_an_old_workbook_with_a_flipped_byte_never_takes_the_process():
    """XLS has no checksum, so a flipped byte may change a value; it must not crash, and never loop."""
    path = BAD / "xls" / "calamine__xls_wrong_decimals.xls"
    if not path.exists():
        pytest.skip("the bad samples are not here")
    content = path.read_bytes()
    for place in range(0, len(content), 37):
        broken = bytearray(content)
        broken[place] ^= 0xFF
        reasons(bytes(broken))


def test_a_big_sheet_is_read_within_its_budget():
    rows = [[f"T{n:018d}", "货款结算入账", n / 100, n, "备注"] for n in range(50_000)]
    content = workbook(rows)
    started = time.process_time()
    (sheet,) = read_xlsx(content, entries(content, Budget()), Budget())
    assert (len(sheet.rows), sheet.rows[-1]) == (
        50_000,
        ["T000000000000049999", "货款结算入账", "499.99", "49999", "备注"],
    )
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    "cells",
    [
        '<row r="1"><c r="A9999999999921"><v>1</v></c></row>',
        '<row r="99999999999999"><c><v>1</v></c></row>',
        '<row r="1"><c r=""><v>1</v></c></row>',
    ],
)
def test_places_beyond_any_number_are_refused(cells):
    """The library lets such a place wrap around and asks for gigabytes."""
    assert reasons(package(data(cells))) <= {"bad_archive", "too_large"}
    assert reasons(package(data(cells)))


def test_a_list_of_texts_that_lies_about_its_length():
    texts = '<sst uniqueCount="9999999999922"><si><t>x</t></si></sst>'
    sheet = data('<row r="1"><c r="A1"><v>1</v></c></row>')
    assert reasons(package(sheet, **{"xl/sharedStrings.xml": texts})) == {"too_large"}


def mutated(picked: random.Random, parts: dict[str, bytes]) -> bytes:
    """A sound package around one damaged part."""
    tokens = [b"<", b">", b'"', b"<!--", b"<![CDATA[", b"/>", b"A1048576", b"99999999999", b"<f/>", b"\xff"]
    name = picked.choice(sorted(parts))
    text = bytearray(parts[name])
    for _ in range(picked.randrange(1, 4)):
        place = picked.randrange(len(text))
        text[place : place + picked.choice([0, 1, 20])] = picked.choice(
            [b"", bytes([picked.randrange(256)]), *tokens]
        )
    return zipped({**parts, name: bytes(text)})


def test_damaged_parts_in_a_sound_archive():
    """Thousands of small damages that no checksum shows: each is read or refused, none takes the process."""
    picked = random.Random(2026)
    book = workbook([["订单号", "金额"], *[[f"T{n}", n / 8] for n in range(9)]])
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if name.startswith("xl/")}
        parts["[Content_Types].xml"] = archive.read("[Content_Types].xml")
    for _ in range(2000):
        reasons(mutated(picked, parts))
