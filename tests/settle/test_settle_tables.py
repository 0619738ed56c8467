"""Invoice lists and statements of suppliers as files: in any form, read exactly or refused by cell."""

import json
from datetime import date, datetime
from decimal import Decimal

import pytest
from making_files import rows_of, workbook, zipped

from ecom_bills.bill import Context
from ecom_bills.limits import Job, run
from ecom_bills.tables import read_table
from ecom_settle.invoice_list import LAYOUT, read_list
from ecom_settle.problem import DocumentError, titled
from ecom_settle.their_statement import LAYOUTS, read_rows

PLAIN = Context(currency="", digits=0, timezone="UTC")
DIGITS = {"CNY": 2, "JPY": 0, "KWD": 3}
TITLES = "invoice_no,invoice_date,po,sku,product,unit,quantity,unit_price,amount,tax_rate,tax,currency"
ROW = {
    **{"invoice_no": "V1", "invoice_date": "2026-09-10", "po": "P1", "sku": "K1", "product": "Tea"},
    **{"quantity": "3", "unit_price": "3.3333", "amount": "10.00", "tax_rate": "13%", "tax": "1.30"},
    **{"currency": "CNY"},
}
CHINESE = "发票号码,开票日期,采购订单号,商品编码,货物或应税劳务名称,单位,数量,单价,金额,税率,税额,币种"
CELLS = [ROW.get(title, "") for title in TITLES.split(",")]
NUMBERS = ["V1", datetime(2026, 9, 10), "P1", "K1", "Tea", "", 3, 3.3333, 10.0, "13%", 1.3, "CNY"]
STATEMENT = "date,document,po,description,amount\n"
SIDES = "日期,单据编号,采购订单号,摘要,借方金额,贷方金额\n"


def read(content, name, layouts, use):
    """(what `use` makes of a file, problems), read without the child process."""
    file = read_table(content, name, PLAIN, [layout.shape() for layout in layouts])
    if file.problems:
        return None, [tuple(item) for item in file.problems]
    try:
        return use(rows_of(file)), []
    except DocumentError as bad:
        return None, [tuple(item) for item in titled(bad.problems, file.titles)]


def invoices(content, name="list.csv"):
    return read(content, name, [LAYOUT], lambda rows: read_list(rows, DIGITS))


def statement(content, name="theirs.csv"):
    return read(content, name, LAYOUTS, lambda rows: read_rows(rows, 2))


def listed(titles=TITLES, **changes):
    """A list of one row with these cells changed."""
    cells = ",".join((ROW | changes).get(title, "") for title in TITLES.split(","))
    return f"{titles}\n{cells}\n"


FORMS = {
    "utf-8": listed().encode(),
    "with a byte order mark": listed().encode("utf-8-sig"),
    "utf-16": listed().encode("utf-16"),
    "gb18030, Chinese titles": listed(CHINESE, product="茶").replace("茶", "Tea").encode("gb18030"),
    "lines of an old Mac": listed().replace("\n", "\r").encode(),
    "no zeros in the day": listed(invoice_date="2026/9/10").encode(),
    "currency sign": listed(amount="¥10.00").encode(),
    "tabs": listed().replace(",", "\t").encode(),
    "semicolons": listed().replace(",", ";").encode(),
    "semicolons and decimal commas": listed(unit_price="")
    .replace(",", ";")
    .replace(".", ",")
    .encode("cp1252"),
    "columns it need not have": listed().replace("po,sku", "note,remark").encode(),
    "workbook": workbook([["Our invoices"], [], TITLES.split(","), NUMBERS]),
    "workbook with the day count of 1904": workbook([TITLES.split(","), NUMBERS], date_1904=True),
    "workbook of texts": workbook([TITLES.split(","), CELLS], strings_to_numbers=False),
    "archive of one": zipped({"list.csv": listed().encode()}),
}


@pytest.mark.capability("S2.1.5")
@pytest.mark.parametrize("form", FORMS)
def test_a_list_says_the_same_in_any_form(form):
    found, problems = invoices(FORMS[form], "list.zip" if "archive" in form else "list.xlsx")
    assert not problems
    [invoice] = found
    assert (invoice.number, invoice.day, invoice.currency) == ("V1", date(2026, 9, 10), "CNY")
    [line] = invoice.lines
    assert (line.name, line.quantity, line.amount, line.tax, line.rate) == (
        "Tea",
        *map(Decimal, ("3", "10.00", "1.30", "13")),
    )


@pytest.mark.capability("S2.1.5")
@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"amount": "(10.00)"}, ("金额", "(10.00)", "not_an_amount")),
        ({"amount": "１０.００"}, ("金额", "１０.００", "not_an_amount")),
        ({"amount": "1e1"}, ("金额", "1e1", "not_an_amount")),
        ({"amount": "=5+5"}, ("金额", "=5+5", "not_an_amount")),
        ({"amount": "-"}, ("金额", "-", "empty_required")),
        ({"amount": "10.001"}, ("金额", "10.001", "too_many_decimals")),
        ({"amount": '"1,000.00"'}, ("金额", "3 x 3.3333 ≠ 1000.00", "amounts_differ")),
        ({"currency": "JPY"}, ("税额", "1.3", "too_many_decimals")),
        ({"currency": "cny"}, ("币种", "cny", "unknown_currency")),
        ({"tax_rate": "high"}, ("税率", "high", "not_a_rate")),
        ({"unit_price": "3,33"}, ("", None, "row_too_long")),
        ({"invoice_date": "10/09/2026"}, ("开票日期", "10/09/2026", "not_a_moment")),
        ({"invoice_no": "2.6E+17"}, ("发票号码", "2.6E+17", "damaged_id")),
    ],
    ids=str,
)
def test_a_cell_of_a_list_is_named_by_its_title(changes, problem):
    """What the reader refuses and what the list itself refuses name row, the file's own title and value."""
    found, [(row, column, text, reason)] = invoices(listed(CHINESE, **changes).encode())
    assert found is None
    assert (row, column, reason) == (2, problem[0], problem[2])
    assert problem[1] in (None, text)


FORMULA = NUMBERS[:8] + ["=5+5"] + NUMBERS[9:]
HOSTILE = {
    "formula": (workbook([TITLES.split(","), FORMULA]), "formula_cell"),
    "long number": (workbook([TITLES.split(","), [26312000000000000001.0, *NUMBERS[1:]]]), "damaged_id"),
    "zip bomb": (zipped({"list.csv": b"0" * 300_000_000}), "zip_bomb"),
    "two lists": (zipped({"a.csv": listed().encode(), "b.csv": listed().encode()}), "two_bills"),
    "total row": ((listed() + "合计,,,,,,3,,10.00,,1.30,\n").encode(), "empty_required"),
    "no rows": (f"{TITLES}\n".encode(), "no_rows"),
    "no amount": (listed(TITLES.replace("amount", "sum")).encode(), "missing_title"),
    "one title twice": (listed(TITLES.replace("unit,", "sku,")).encode(), "duplicate_title"),
    "other bytes": (listed().encode() + b"V2,\xff\xfe\n", "not_utf8_row"),
    "web page": (b"<html><body>Log in</body></html>", "html_page"),
}


@pytest.mark.capability("S2.1.5")
@pytest.mark.parametrize("file", HOSTILE)
def test_a_hostile_list_is_refused_whole(file):
    content, reason = HOSTILE[file]
    found, problems = invoices(content, "list.bin")
    assert found is None
    assert {item[3] for item in problems} == {reason}


@pytest.mark.capability("S2.8.10")
@pytest.mark.parametrize(
    "content",
    [
        STATEMENT
        + ',,,期初余额,5\n2026/9/1,V1,,,"1,000.00"\n20260902,PAY,,,-60\n,合计,,,940\n,,,期末余额,945\n',
        SIDES
        + ",,,期初余额,5,\n2026-09-01,V1,,,1000,0\n2026-9-2,PAY,,,,60\n,合计,,,945,\n,,,期末余额,945,\n",
    ],
    ids=["one column", "two sides"],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_statement_in_either_form(content, encoding):
    found, problems = statement(content.encode(encoding))
    assert not problems
    assert [(item.amount, item.day.day) for item in found.entries] == [(1000, 1), (-60, 2)]
    assert (found.opening, found.closing) == (5, 945)


@pytest.mark.capability("S2.8.10")
@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (STATEMENT + "2026-09-01,V1,,,(5)\n", (2, "amount", "(5)", "not_an_amount")),
        (
            (STATEMENT + "2026-09-01,V1,,,1.005\n").replace(",", ";"),
            (0, "amount", "", "mixed_decimals"),
        ),
        (STATEMENT + "2026-09-01,V1,,,1.005\n", (2, "amount", "1.005", "too_many_decimals")),
        (STATEMENT + "01.09.2026,V1,,,5\n", (2, "date", "01.09.2026", "not_a_moment")),
        (STATEMENT + "2026-09-01,V1,,,5\n,合计,,,6\n", (3, "amount", "6.00 ≠ 5.00", "total_differs")),
        (SIDES + "2026-09-01,V1,,,,\n", (2, "借方金额", "", "empty_required")),
        (
            STATEMENT.replace("amount", "amount,debit,credit") + ",,,,1,2,3\n",
            (1, "", "supplier_statement, supplier_statement_sides", "two_layouts"),
        ),
    ],
    ids=[
        "parentheses",
        "a thousand or a tenth of a cent",
        "a tenth of a cent",
        "a day that may be a month",
        "total",
        "no amount",
        "both forms",
    ],
)
def test_a_statement_that_cannot_be_used(content, problem):
    assert statement(content.encode()) == (None, [problem])


@pytest.mark.capability("S2.1.5", "S2.8.10")
def test_read_in_the_child():
    """The child process gives the same rows as reading here."""
    for content, layouts in (
        (listed().encode(), [LAYOUT]),
        ((SIDES + "2026-09-01,V,,,5,\n").encode(), LAYOUTS),
    ):
        shapes = [layout.shape() for layout in layouts]
        [result] = run([Job(content=content, name="a", context=PLAIN, want="table", args={"shapes": shapes})])
        assert result.meta["problems"] == []
        here = read_table(content, "a", PLAIN, shapes)
        assert result.meta["layout"] == here.layout
        assert json.loads(result.payload) == {"columns": here.columns, "titles": here.titles}
