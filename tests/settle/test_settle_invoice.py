"""Invoices of suppliers: read as hostile files, exact, proven, and spread over orders without loss."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_settle.einvoice import MAX_BYTES, is_einvoice, read_einvoice
from ecom_settle.invoice import UnreadableError, parse_rate, plain_vat, same_vat, turned
from ecom_settle.invoice_list import read_list
from ecom_settle.problem import DocumentError
from ecom_settle.spread import OpenLine, spread

NUMBER = "26312000000000000001"
LINE = "<IssuItemInformation>{}</IssuItemInformation>"
XML = """<?xml version="1.0" encoding="{encoding}"?>
<EInvoice><Header><EIid>{number}</EIid><InherentLabel><GeneralOrSpecialVAT><LabelCode>01</LabelCode>
<LabelName>增值税专用发票</LabelName></GeneralOrSpecialVAT></InherentLabel></Header><EInvoiceData>
<SellerInformation><SellerIdNum>91310000MA1TESTA1X</SellerIdNum><SellerName>卖方</SellerName></SellerInformation>
<BuyerInformation><BuyerIdNum>91310000MA1TESTB2Y</BuyerIdNum><BuyerName>买方</BuyerName></BuyerInformation>
<BasicInformation><TotalAmWithoutTax>{net}</TotalAmWithoutTax><TotalTaxAm>{tax}</TotalTaxAm>
<TotalTax-includedAmount>{total}</TotalTax-includedAmount><RequestTime>2026-09-10 10:11:12</RequestTime>
</BasicInformation>
{lines}</EInvoiceData>
<TaxSupervisionInfo><InvoiceNumber>{number}</InvoiceNumber><IssueTime>{day}</IssueTime></TaxSupervisionInfo>
</EInvoice>"""


def line(name, quantity, amount, rate, tax):
    values = {"ItemName": name, "Quantity": quantity, "Amount": amount, "TaxRate": rate, "ComTaxAm": tax}
    return LINE.format("".join(f"<{key}>{value}</{key}>" for key, value in values.items()))


TEA = line("*饮料*茶", "3", "100.00", "0.13", "13.00")
FREIGHT = line("运费", "", "9.99", "9%", "0.90")


def xml(
    lines=TEA, net="100.00", tax="13.00", total="113.00", number=NUMBER, day="2026-09-10", encoding="UTF-8"
):
    text = XML.format(lines=lines, net=net, tax=tax, total=total, number=number, day=day, encoding=encoding)
    return text.encode("gb18030" if encoding.startswith("GB") else "utf-8")


def problems(content):
    with pytest.raises(DocumentError) as refused:
        read_einvoice(content)
    return [(item.row, item.column, item.text, item.reason) for item in refused.value.problems]


@pytest.mark.capability("S2.1.5")
@pytest.mark.parametrize("encoding", ["UTF-8", "GBK", "GB18030"])
def test_an_einvoice_says_it_all(encoding):
    content = xml(TEA + FREIGHT, "109.99", "13.90", "123.89", encoding=encoding)
    assert is_einvoice(content)
    invoice = read_einvoice(content)
    assert (invoice.number, invoice.day, invoice.currency) == (NUMBER, date(2026, 9, 10), "CNY")
    assert (invoice.amount, invoice.tax, invoice.total) == (
        Decimal("109.99"),
        Decimal("13.90"),
        Decimal("123.89"),
    )
    assert (invoice.seller_vat, invoice.buyer_name) == ("91310000MA1TESTA1X", "买方")
    assert [(item.name, item.quantity, item.rate) for item in invoice.lines] == [
        ("*饮料*茶", Decimal(3), Decimal(13)),
        ("运费", None, Decimal(9)),
    ]
    assert invoice.is_einvoice and not invoice.is_refund


@pytest.mark.capability("S2.1.5")
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(
            xml(net="100.01"), (6, "TotalAmWithoutTax", "100.01 ≠ 100.00", "total_differs"), id="net"
        ),
        pytest.param(xml(tax="12.99"), (6, "TotalTaxAm", "12.99 ≠ 13.00", "total_differs"), id="tax"),
        pytest.param(
            xml(total="113.10"),
            (7, "TotalTax-includedAmount", "113.10 ≠ 113.00", "total_differs"),
            id="total",
        ),
        pytest.param(xml(number="123"), (2, "EIid", "123", "not_20_digits"), id="number"),
        pytest.param(xml(day="2026-02-30"), (2, "IssueTime", "2026-02-30", "not_a_day"), id="day"),
        pytest.param(
            xml(line("茶", "3", "1,00.00", "0.13", "13.00")),
            (9, "Amount", "1,00.00", "not_an_amount"),
            id="thousands",
        ),
        pytest.param(
            xml(line("茶", "3", "100.001", "0.13", "13.00")),
            (9, "Amount", "100.001", "too_many_decimals"),
            id="a tenth of a cent",
        ),
        pytest.param(
            xml(line("茶", "3", "", "0.13", "13.00")), (9, "Amount", "", "empty_required"), id="no amount"
        ),
        pytest.param(
            xml(line("茶", "1e3", "100.00", "0.13", "13.00")),
            (9, "Quantity", "1e3", "not_an_amount"),
            id="exponent",
        ),
        pytest.param(
            xml(line("茶", "3", "100.00", "13/100", "13.00")),
            (9, "TaxRate", "13/100", "not_a_rate"),
            id="rate",
        ),
        pytest.param(xml(""), (2, "IssuItemInformation", "", "no_rows"), id="no line"),
    ],
)
def test_what_is_wrong_is_named(content, expected):
    assert expected in problems(content)


@pytest.mark.capability("S2.1.5")
def test_a_hostile_file_is_refused():
    doctype = xml().replace(
        b"<EInvoice>", b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><EInvoice>', 1
    )
    assert problems(doctype)[0][3] == "doctype"
    assert problems(xml()[:-20])[0][3] == "not_xml"
    assert problems(xml().replace("茶".encode(), b"\xff\xfe", 1))[0][0::3] == (9, "wrong_encoding")
    assert problems(xml(encoding="UTF-7"))[0][3] == "wrong_encoding"
    assert problems(b" " * (MAX_BYTES + 1))[0][3] == "too_large"
    assert problems(b"<EInvoice>" + b"<a>" * 100 + b"</a>" * 100 + b"</EInvoice>")[0][3] == "too_large"
    assert problems(b"<Invoice/>")[0][3] == "not_an_einvoice"
    assert problems(b"")[0][3] == "empty_file"


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content):
    try:
        read_einvoice(b"<EInvoice>" + content)
    except DocumentError as refused:
        assert refused.problems


def test_a_red_letter_invoice_is_turned():
    content = xml(line("茶", "-3", "-100.00", "0.13", "-13.00"), "-100.00", "-13.00", "-113.00")
    invoice = read_einvoice(content)
    assert invoice.is_refund
    assert (turned(invoice).total, turned(invoice).lines[0].quantity) == (Decimal("113.00"), Decimal(3))


def test_a_discount_goes_into_the_line_above():
    discount = line("*饮料*茶", "", "-10.00", "0.13", "-1.30")
    invoice = read_einvoice(xml(TEA + discount, "90.00", "11.70", "101.70"))
    assert [(item.quantity, item.amount, item.tax) for item in invoice.lines] == [
        (Decimal(3), Decimal("90.00"), Decimal("11.70"))
    ]
    other = line("运费", "", "-10.00", "0.13", "-1.30")
    assert len(read_einvoice(xml(TEA + other, "90.00", "11.70", "101.70")).lines) == 2


@pytest.mark.parametrize(
    ("text", "rate"),
    [("0.13", 13), ("13%", 13), ("13", 13), ("0.015", "1.5"), ("免税", 0), ("", 0), ("0", 0), ("1%", 1)],
)
def test_rates(text, rate):
    assert parse_rate(text) == Decimal(rate)


@pytest.mark.parametrize("text", ["-0.13", "113", "x", "13 %%"])
def test_no_rates(text):
    with pytest.raises(UnreadableError):
        parse_rate(text)


def test_tax_numbers_are_compared_plain():
    assert plain_vat("cn 91310000-MA1TESTA1X") == plain_vat("91310000MA1TESTA1X") == "91310000MA1TESTA1X"


ROW = {
    "row": 2,
    "invoice_no": "V1",
    "invoice_date": "2026-09-10 00:00:00",
    "supplier_tax_no": "",
    "po": "",
    "sku": "K1",
    "product": "Tea",
    "unit": "",
    "quantity": "3",
    "unit_price": "3.3333",
    "amount": "10.00",
    "tax_rate": "13%",
    "tax": "",
    "currency": "CNY",
}
DIGITS = {"CNY": 2, "JPY": 0, "KWD": 3}


@pytest.mark.capability("S2.1.5")
def test_a_list_groups_rows_by_invoice():
    first, second = read_list([ROW, {**ROW, "row": 3, "invoice_no": "V2"}, {**ROW, "row": 4}], DIGITS)
    assert [len(first.lines), len(second.lines)] == [2, 1]
    assert (first.number, first.amount, first.tax) == ("V1", Decimal("20.00"), Decimal("2.60"))


@pytest.mark.parametrize(
    ("currency", "amount", "tax"),
    [("JPY", "1000", "130"), ("KWD", "10.005", "1.301"), ("CNY", "10.05", "1.31")],
)
def test_tax_is_rounded_to_the_currency(currency, amount, tax):
    [invoice] = read_list([{**ROW, "currency": currency, "amount": amount, "unit_price": ""}], DIGITS)
    assert (invoice.amount, invoice.tax) == (Decimal(amount), Decimal(tax))


@pytest.mark.parametrize(
    ("changes", "column", "reason"),
    [
        ({"amount": "10.01", "unit_price": "3.33"}, "amount", None),
        ({"amount": "10.02"}, "amount", "amounts_differ"),
        ({"amount": "9.90", "unit_price": "3.00"}, "amount", "amounts_differ"),
        ({"amount": "10.001"}, "amount", "too_many_decimals"),
        ({"currency": "XXX"}, "currency", "unknown_currency"),
        ({"tax_rate": "high"}, "tax_rate", "not_a_rate"),
    ],
)
def test_a_row_of_a_list_is_checked(changes, column, reason):
    if reason is None:
        assert read_list([{**ROW, **changes}], DIGITS)
        return
    with pytest.raises(DocumentError) as refused:
        read_list([{**ROW, **changes}], DIGITS)
    [found] = refused.value.problems
    assert (found.row, found.column, found.reason) == (2, column, reason)


def test_rows_of_one_invoice_agree():
    with pytest.raises(DocumentError) as refused:
        read_list([ROW, {**ROW, "row": 3, "invoice_date": "2026-09-11 00:00:00"}], DIGITS)
    assert refused.value.problems[0][::3] == (3, "invoice_differs")


QUANTITIES = st.decimals(0, 1000, places=2)


@pytest.mark.rule("B9")
@given(
    st.decimals("0.01", 3000, places=2), st.lists(st.tuples(QUANTITIES, QUANTITIES), min_size=1, max_size=8)
)
def test_a_quantity_is_spread_without_loss(quantity, pairs):
    lines = [OpenLine(key=key, received=min(pair), ordered=max(pair)) for key, pair in enumerate(pairs)]
    parts = spread(quantity, lines)
    assert sum(part for _key, part in parts) == quantity
    assert all(part > 0 for _key, part in parts)
    by_key = dict(parts)
    left = quantity
    for item in lines:
        # Received goods first, oldest first.
        assert by_key.get(item.key, 0) >= min(left, item.received)
        left = max(left - item.received, Decimal(0))
    over = [key for key, part in parts if part > lines[key].ordered]
    assert len(over) <= 1
    assert bool(over) == (quantity > sum(item.ordered for item in lines))


def test_received_before_ordered_and_the_rest_with_the_last():
    old = OpenLine(key=1, received=Decimal(0), ordered=Decimal(3))
    new = OpenLine(key=2, received=Decimal(7), ordered=Decimal(7))
    assert spread(Decimal(7), [old, new]) == [(2, Decimal(7))]
    assert spread(Decimal(8), [old, new]) == [(1, Decimal(1)), (2, Decimal(7))]
    assert spread(Decimal(12), [old, new]) == [(1, Decimal(3)), (2, Decimal(9))]
    assert spread(Decimal(1), []) == []


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        ("91310000MA1TESTB2Y", "cn 9131 0000MA1TESTB2Y", True),
        ("BE0477472701", "0477.472.701", True),
        ("BE0477472701", "FR0477472701", False),
        ("120477472701", "0477472701", False),
        ("", "", False),
        ("DE1", "", False),
    ],
)
def test_a_tax_number_with_and_without_its_country(one, two, same):
    assert same_vat(one, two) is same
    assert same_vat(two, one) is same
