"""What is refused, inconsistent or accepted, and why: one row for each situation, on an Alipay bill."""

import gzip
import io
import zipfile

import pytest
from bills import PREAMBLE, TITLES, alipay, context, read, reasons

from ecom_bills import read_bills
from ecom_bills.bill import MAX_PROBLEMS

MOVES = [
    (10_000, "在线支付", "", "T200P3300000000000000001"),
    (-500, "收费"),
    (-2_000, "交易退款"),
    (-7_500, "提现"),
]
TEXT = alipay(MOVES).decode("gb18030")
ROW = TEXT.splitlines()[5]
HEADER = 5


def changed(old, new, count=1):
    assert old in TEXT
    return TEXT.replace(old, new, count).encode("gb18030")


def lines():
    return TEXT.splitlines(keepends=True)


SHAPES = [
    pytest.param(TEXT.encode("gb18030"), id="as the platform writes it"),
    pytest.param(TEXT.encode(), id="saved again as UTF-8"),
    pytest.param(TEXT.encode("utf-8-sig"), id="with a byte order mark"),
    pytest.param(TEXT.encode("utf-16"), id="as UTF-16"),
    pytest.param(TEXT.replace("\n", "\r\n").encode("gb18030"), id="with Windows line ends"),
    pytest.param(TEXT.replace("\n", "\r").encode("gb18030"), id="with old Mac line ends"),
    pytest.param(TEXT.replace("\n", "\r\n", 7).encode("gb18030"), id="with mixed line ends"),
    pytest.param(TEXT.rstrip("\n").encode("gb18030"), id="without a last line end"),
    pytest.param(gzip.compress(TEXT.encode("gb18030")), id="gzipped"),
    pytest.param(changed("账务流水号", "帐务流水号"), id="with the other character for account"),
    pytest.param(changed("收入金额（+元）", "收入金额(+元)"), id="with half width brackets"),
    pytest.param(changed("发生时间", " 发生时间\t"), id="with blanks in titles"),
    pytest.param(TEXT.replace("\t", "").encode("gb18030"), id="without tabs"),
    pytest.param(TEXT.replace(",0.00,", ",,").encode("gb18030"), id="with blanks for zero"),
    pytest.param(TEXT.replace(",0.00,", ",--,").encode("gb18030"), id="with dashes for zero"),
    pytest.param(TEXT.replace("2026-09-01 ", "2026/09/01 ").encode("gb18030"), id="with slashes in moments"),
    pytest.param(TEXT.replace(",-5.00,", ",5.00,").encode("gb18030"), id="with money out that has no sign"),
    pytest.param(TEXT.replace(",100.00,", ",¥100.00,").encode("gb18030"), id="with a currency sign"),
    pytest.param(TEXT.replace("\n1002", "\n,,,,,,,,\n\n1002").encode("gb18030"), id="with blank rows"),
    pytest.param(TEXT.replace("元\n", "元,,,,\n").encode("gb18030"), id="with a padded trailer"),
]


@pytest.mark.parametrize("content", SHAPES)
def test_the_shape_of_a_file_does_not_change_its_lines(content):
    plain, bill = read(TEXT.encode("gb18030")), read(content)
    assert (bill.state, bill.problems) == ("read", ())
    columns = [name for name in bill.lines.columns if name != "row"]
    assert bill.lines[columns].equals(plain.lines[columns])
    assert (bill.opening, bill.closing, bill.control, bill.proven) == (100_000, 100_000, 0, True)


def test_columns_are_found_by_title_and_new_ones_are_accepted():
    table = [line.split(",") for line in TEXT.splitlines()[4:9]]
    order = [8, 3, 0, 6, 5, 4, 7, 2, 1]
    moved = [",".join([*(row[place] for place in order), "new"]) for row in table]
    moved[0] = moved[0].replace("new", "某新列")
    content = "\n".join([*TEXT.splitlines()[:4], *moved, *TEXT.splitlines()[9:]]).encode("gb18030")
    assert read(content).lines.equals(read(TEXT).lines)


REFUSED = [
    ("an empty file", b"", {"empty_file"}, 0),
    ("only blanks", b" \n\n", {"empty_file"}, 0),
    ("a login page", b"<html><body>login</body></html>", {"html_page"}, 0),
    ("an answer of the platform", b'{"code":"FREQUENCY_LIMITED"}', {"json_error"}, 0),
    ("a table of something else", b"a,b,c\n1,2,3\n", {"unknown_layout"}, 0),
    ("a title is missing", changed("账户余额（元）", "结余"), {"missing_title"}, HEADER),
    ("a title stands twice", changed("业务类型,备注", "业务类型,业务类型"), {"duplicate_title"}, HEADER),
    ("a zero byte", TEXT.encode().replace(b"1001", b"10\x001"), {"nul_byte"}, 7),
    (
        "a GBK row in a UTF-8 file",
        TEXT.encode().replace("交易退款".encode(), "交易退款".encode("gb18030")),
        {"not_utf8_row"},
        8,
    ),
    (
        "cut inside a character",
        TEXT.encode("gb18030")[: TEXT.encode("gb18030").rindex("元".encode("gb18030")) + 1],
        {"truncated"},
        12,
    ),
    ("a row is too short", changed(",收费,", ",收费"), {"row_too_short"}, 7),
    ("a row is too long", changed(",收费,", ",收费,,new"), {"row_too_long"}, 7),
    ("not an amount", changed(",-5.00,", ",5.00元,"), {"not_an_amount"}, 7),
    ("two points", changed(",-5.00,", ",-5.0.0,"), {"not_an_amount"}, 7),
    ("brackets for minus", changed(",-5.00,", ",(5.00),"), {"not_an_amount"}, 7),
    ("another minus sign", TEXT.replace(",-5.00,", ",\u22125.00,").encode(), {"not_an_amount"}, 7),
    ("full width digits", changed(",-5.00,", ",５.００,"), {"not_an_amount"}, 7),
    ("scientific notation", changed(",-5.00,", ",5e0,"), {"not_an_amount"}, 7),
    ("not a number", changed(",-5.00,", ",NaN,"), {"not_an_amount"}, 7),
    ("a third of a cent", changed(",-5.00,", ",-5.005,"), {"too_many_decimals"}, 7),
    ("both money in and out", changed("0.00,-5.00,", "1.00,-6.00,"), {"two_amounts"}, 7),
    ("neither money in nor out", changed("0.00,-5.00,", ",,"), {"empty_required"}, 7),
    ("no balance", changed("1095.00", ""), {"empty_required"}, 7),
    ("no line id", changed("\n1001\t", "\n\t"), {"empty_required"}, 7),
    ("an id in scientific notation", changed("\n1001\t", "\n2.02610E+17\t"), {"damaged_id"}, 7),
    ("an id as a long decimal", changed("\n1001\t", "\n20261016007048451.0\t"), {"damaged_id"}, 7),
    (
        "a zero width character in an id",
        TEXT.replace("\n1001\t", "\n10\u200b01\t").encode(),
        {"invisible_character"},
        7,
    ),
    (
        "a direction mark in an id",
        TEXT.replace("\n1001\t", "\n\u202e1001\t").encode(),
        {"invisible_character"},
        7,
    ),
    ("an impossible day", changed("2026-09-01 10:00:01", "2026-02-30 10:00:01"), {"not_a_moment"}, 7),
    ("hour 24", changed("2026-09-01 10:00:01", "2026-09-01 24:00:00"), {"not_a_moment"}, 7),
    ("day before month", changed("2026-09-01 10:00:01", "31/12/2026 10:00:01"), {"not_a_moment"}, 7),
    ("a moment without seconds", changed("2026-09-01 10:00:01", "2026-09-01 10:00"), {"not_a_moment"}, 7),
    ("a serial number for a day", changed("2026-09-01 10:00:01", "46320"), {"not_a_moment"}, 7),
    ("a day before 2000", changed("2026-09-01 10:00:01", "1899-12-30 10:00:01"), {"not_a_moment"}, 7),
    ("no moment", changed("2026-09-01 10:00:01", ""), {"empty_required"}, 7),
    ("no trailer", "".join(lines()[:9]).encode("gb18030"), {"trailer_missing"}, 9),
    (
        "the last line of the trailer is missing",
        "".join(lines()[:-1]).encode("gb18030"),
        {"trailer_missing"},
        12,
    ),
    (
        "rows below the trailer",
        TEXT.encode("gb18030") + ROW.encode("gb18030"),
        {"rows_after_trailer", "trailer_missing"},
        14,
    ),
    ("two exports in one file", TEXT.encode("gb18030") * 2, {"two_bills"}, 18),
    (
        "an unclosed quote",
        changed("账务流水号", '"账务流水号"').replace(",收费,".encode("gb18030"), b',"'),
        {"unclosed_quote"},
        7,
    ),
]


@pytest.mark.parametrize(
    ("content", "expected", "row"), [pytest.param(*case[1:], id=case[0]) for case in REFUSED]
)
def test_what_is_refused(content, expected, row):
    bill = read(content)
    assert bill.state == "refused"
    assert reasons(bill) == expected
    assert row in {problem.row for problem in bill.problems}
    assert not len(bill.lines)
    assert all(len(problem.text) <= 80 for problem in bill.problems)


INCONSISTENT = [
    (
        "the total of money in is another",
        changed("1笔，共100.00元", "1笔，共100.01元"),
        {"total_differs"},
        12,
    ),
    ("the total of money out is another", changed("共-100.00元", "共-100.01元"), {"total_differs"}, 11),
    ("the number of rows is another", changed("3笔", "4笔"), {"count_differs"}, 11),
    (
        "a row is missing",
        "".join(lines()[:6] + lines()[7:]).encode("gb18030"),
        {"balance_breaks", "total_differs", "count_differs"},
        7,
    ),
    ("a balance is another", changed("1075.00", "1075.01"), {"balance_breaks"}, 8),
    (
        "an amount and the total agree, but not the balance",
        changed(",-5.00,", ",-5.01,").replace(b"-100.00", b"-100.01"),
        {"balance_breaks"},
        7,
    ),
    (
        "the totals are cut off",
        TEXT[: TEXT.index("#收入合计")].encode("gb18030") + lines()[-1].encode("gb18030"),
        {"trailer_missing"},
        12,
    ),
]


@pytest.mark.parametrize(
    ("content", "expected", "row"), [pytest.param(*case[1:], id=case[0]) for case in INCONSISTENT]
)
def test_what_does_not_foot(content, expected, row):
    bill = read(content)
    assert bill.state == "inconsistent"
    assert reasons(bill) == expected
    assert row in {problem.row for problem in bill.problems}
    assert not len(bill.lines)


def test_a_broken_balance_names_both_figures():
    (problem,) = read(changed("1075.00", "1075.01")).problems
    assert problem.column == "账户余额（元）"
    assert problem.text == "1075.01 ≠ 1075.00"


OWNERS = [
    ("of another platform", {"platform": "wechatpay"}, {"other_platform"}),
    ("of another kind", {"kinds": ("settlement",)}, {"other_kind"}),
    ("of another merchant", {"merchant": "2088111111111111"}, {"other_merchant"}),
    ("in another currency", {"currency": "USD"}, {"other_currency"}),
    ("as expected", {"platform": "alipay", "kinds": ("fund_flow",), "merchant": "2088000000000000"}, set()),
    ("of the merchant as the file writes it", {"merchant": "20880000000000000156"}, set()),
]


@pytest.mark.parametrize(("more", "expected"), [pytest.param(*case[1:], id=case[0]) for case in OWNERS])
def test_a_bill_must_belong_to_the_account(more, expected):
    bill = read(TEXT.encode("gb18030"), **more)
    assert reasons(bill) == expected
    assert bill.state == ("refused" if expected else "read")


def test_every_problem_is_named_at_once():
    content = (
        changed(",-5.00,", ",x,")
        .replace(b"2026-09-01 10:00:02", b"never")
        .replace(b"\n1003\t", b"\n1.5E+17\t")
    )
    found = [(problem.row, problem.reason) for problem in read(content).problems]
    assert found == [(7, "not_an_amount"), (8, "not_a_moment"), (9, "damaged_id")]


def test_problems_are_capped_and_counted():
    rows = "".join(f"{n},B,,2026-09-01 10:00:00,x,0.00,1.00,在线支付,\n" for n in range(3000))
    bill = read(
        PREAMBLE + TITLES + "\n" + rows + "#收入合计：1笔，共1.00元\n#导出时间：[2026年09月02日 10:00:00]\n"
    )
    assert len(bill.problems) == MAX_PROBLEMS + 1
    assert bill.problems[-1].reason == "limit_exceeded" or bill.problems[0].reason == "limit_exceeded"


def test_a_day_without_business_is_a_bill_without_lines():
    bill = read(alipay([]))
    assert (bill.state, bill.rows, len(bill.lines), bill.control) == ("read", 0, 0, 0)


def test_the_download_holds_the_bill_and_its_summary():
    packed = io.BytesIO()
    titles = "类型,收入笔数,收入金额（+元）,支出笔数,支出金额（-元）,总金额（元）"
    summary = f"#支付宝账务汇总查询\n{titles}\n合计,0,0,0,0,0\n"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a_账务明细.csv", TEXT.encode("gb18030"))
        archive.writestr("a_账务明细(汇总).csv", summary.encode("gb18030"))
    bills = read_bills(packed.getvalue(), "a.zip", context())
    assert [(bill.layout, bill.state) for bill in bills] == [
        ("alipay_signcustomer", "read"),
        ("alipay_signcustomer_summary", "skipped"),
    ]
