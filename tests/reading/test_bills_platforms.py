"""What is particular to each platform: signs, links, words and proofs, in tables of situations."""

import importlib
import io

import pytest
from bills import SAMPLES, alipay, read, reasons

from ecom_bills import CATEGORIES, raw_row, to_copy, vocabulary
from ecom_bills.layouts import LAYOUTS


def sample(layout, case):
    (file,) = (SAMPLES / layout / case).glob("bill.*")
    return file.read_bytes()


# --- Alipay

ORDERS = [
    ("the tid in the merchant's number", "T200P3300000000000000001", "", "3300000000000000001"),
    ("the long form of it", "T50060NP3300000000000000001", "", "3300000000000000001"),
    ("points of a Taobao order", "CAE_POINT_3300000000000000001_7", "", "3300000000000000001"),
    ("charity of a Taobao order", "CAE_CHARITY_3300000000000000001_7", "", "3300000000000000001"),
    ("another fee of a Taobao order", "CAE123_X_3300000000000000001", "", "3300000000000000001"),
    ("a commission of a Taobao order", "HJCAE==a==b==3300000000000000001", "", "3300000000000000001"),
    ("the shorter commission form", "HJCOM==a==3300000000000000001", "", "3300000000000000001"),
    ("the profit share form", "GXFZ_1_3300000000000000001", "", "3300000000000000001"),
    ("a shop of its own", "SHOP-00017", "", "SHOP-00017"),
    ("leading zeros are kept", "000123", "", "000123"),
    (
        "the tid in braces in the remark",
        "",
        "天猫佣金（类目）{3300000000000000001}[1]",
        "3300000000000000001",
    ),
    (
        "the tid in the remark of a late refund",
        "9",
        "售后退款-x-T200P3300000000000000001",
        "3300000000000000001",
    ),
    ("the related order in the remark", "", "关联订单号：3300000000000000001", "3300000000000000001"),
    (
        "the order in the remark",
        "",
        "消费者体验提升计划服务费(订单号3300000000000000001)",
        "3300000000000000001",
    ),
    ("a long number in the remark", "", "代扣返点积分3300000000000000001", "3300000000000000001"),
    ("a phone number is no order", "", "充值13800000000", ""),
    ("nothing", "", "", ""),
]


@pytest.mark.parametrize(
    ("number", "remark", "expected"), [pytest.param(*row[1:], id=row[0]) for row in ORDERS]
)
def test_alipay_order_numbers(number, remark, expected):
    bill = read(alipay([(-100, "收费", remark, number)]))
    assert bill.lines["order_ref"].tolist() == [expected]


WORDS = [
    ("在线支付", "", "在线支付", "order_payment"),
    ("交易退款", "", "交易退款", "refund"),
    ("收费", "", "收费", "payment_fee"),
    ("收费", "聚划算佣金[1]", "收费|聚划算佣金", "commission"),
    ("收费", "卖家版运费险保费收取", "收费|运费险保费收取", "insurance"),
    ("交易分账", "", "交易分账", ""),
    ("交易分账", "淘宝客佣金代扣款[1]", "交易分账|淘宝客佣金", "marketing"),
    ("其它", "转出到网商银行", "其它|转出到网商银行", "transfer"),
    ("转账", "", "转账", "transfer"),
    ("退款（保证金）", "", "退款（保证金）", "refund"),
    ("提现", "天猫佣金", "提现", "payout"),
    ("新业务", "", "新业务", ""),
]


@pytest.mark.parametrize(("kind", "remark", "word", "category"), WORDS)
def test_alipay_words(kind, remark, word, category):
    bill = read(alipay([(-100, kind, remark)]))
    assert bill.lines[["word", "category"]].values.tolist() == [[word, category]]
    assert [item.word for item in bill.unknown] == ([] if category else [word])


def test_users_words_win():
    words = {"alipay_signcustomer": {"新业务": "ads", "在线支付": "other"}}
    bill = read(alipay([(-100, "新业务"), (100, "在线支付"), (5, "交易退款")]), words=words)
    assert bill.lines["category"].tolist() == ["ads", "other", "refund"]
    assert bill.unknown == ()


def test_a_remark_may_begin_with_a_quote():
    assert read(alipay([(100, "在线支付", '"quoted')])).lines["memo"].tolist() == ['"quoted']


def test_remarks_are_one_short_line():
    assert read(alipay([(100, "在线支付", "x" * 300)])).lines["memo"].str.len().tolist() == [200]


# --- WeChat Pay


def wechat(old, new):
    content = sample("wechat_trade", "all_with_refund_and_five_decimals").decode()
    assert old in content
    return content.replace(old, new)


WECHAT = [
    ("the number of rows is another", ("`3,`100.90", "`4,`100.90"), {"count_differs"}),
    ("the sum of orders is another", ("`100.90,`40.00", "`100.91,`40.00"), {"total_differs"}),
    ("the sum of refunds is another", ("`100.90,`40.00", "`100.90,`40.01"), {"total_differs"}),
    ("the sum of fees differs at the fifth decimal", ("`0.36540", "`0.36541"), {"total_differs"}),
    ("one fee differs at the fifth decimal", ("`0.00540", "`0.00541"), {"total_differs"}),
    ("the figures of the summary are cut", (",`101.00,`40.00", ",`101.00,`40.0"), {"trailer_missing"}),
    ("the last figure is missing", (",`101.00,`40.00", ",`101.00"), {"trailer_missing"}),
    ("an unknown state", ("`SUCCESS,`OTHERS,`CNY,`0.90", "`CLOSED,`OTHERS,`CNY,`0.90"), {"not_a_choice"}),
    ("another currency", ("`OTHERS,`CNY,`0.90", "`OTHERS,`HKD,`0.90"), {"other_currency"}),
]


@pytest.mark.parametrize(("change", "expected"), [pytest.param(*row[1:], id=row[0]) for row in WECHAT])
def test_wechat_trade_bills_that_are_not_accepted(change, expected):
    bill = read(wechat(*change))
    assert bill.state in ("refused", "inconsistent")
    assert reasons(bill) == expected


def test_wechat_merchants_served_by_a_provider():
    content = sample("wechat_trade", "old_columns_of_a_service_provider")
    assert read(content, merchant="1500000002").state == "read"
    assert reasons(read(content, merchant="1500000003")) == {"other_merchant"}


def test_a_wechat_payment_keeps_its_key_in_each_download():
    """The same refund comes in the ALL and in the REFUND layout, dated differently: one key."""
    refund = read(sample("wechat_trade", "refund_layout_and_revoked")).lines["key"].tolist()
    assert refund[0] == "5030000000000000000000000011|REFUND||0"


# --- Douyin

DOUYIN = (
    "动账时间,动账流水号,动账方向,动账金额,动账场景,订单号,"
    "订单实付应结,运费实付,实际平台补贴,订单退款,平台服务费,备注\n"
)
SCENE = "2026-09-01 08:00:00,'S1,{},{},货款结算入账,'6930000000000000001,{},备注\n"
COMPONENTS = [
    ("money in", "入账", "48.50", "40,0,10,0,-1.50", 4850, set()),
    ("money in, said otherwise", "收入", "48.50", "40,0,10,0,-1.50", 4850, set()),
    ("money out with a sign", "出账", "-9.00", "0,0,0,-9.30,0.30", -900, set()),
    ("money out without a sign", "出账", "9.00", "0,0,0,-9.30,0.30", -900, set()),
    ("the parts do not add up", "入账", "48.50", "40,0,10,0,-1.49", 0, {"parts_differ"}),
    ("the direction is unknown", "冻结", "48.50", "40,0,10,0,-1.50", 0, {"not_a_choice"}),
    ("money in below zero", "入账", "-48.50", "40,0,10,0,-1.50", 0, {"not_a_choice"}),
]


@pytest.mark.parametrize(
    ("direction", "money", "parts", "total", "expected"),
    [pytest.param(*row[1:], id=row[0]) for row in COMPONENTS],
)
def test_douyin_components(direction, money, parts, total, expected):
    bill = read(DOUYIN + SCENE.format(direction, money, parts))
    assert reasons(bill) == expected
    assert int(bill.lines["amount"].sum()) == total
    assert not bill.proven


def test_one_douyin_line_id_with_two_amounts_is_a_conflict():
    content = DOUYIN + SCENE.format("入账", "1.00", "1,0,0,0,0") + SCENE.format("入账", "2.00", "2,0,0,0,0")
    bill = read(content)
    assert bill.state == "inconsistent"
    assert reasons(bill) == {"same_line_other_amount"}


@pytest.mark.capability("S1.2.1")
def test_a_mixed_flow_is_split_into_typed_lines_that_sum_up_to_the_bill():
    """Goods money, commission, freight, coupon, refund and rebate in one bill."""
    rows = [
        SCENE.format("入账", "52.50", "40,4,10,0,-1.50"),
        SCENE.format("出账", "-9.00", "0,0,0,-9.30,0.30").replace("'S1", "'S2"),
        "2026-09-01 09:00:00,'S3,入账,5.00,年框返点,,0,0,0,0,0,返点\n",
    ]
    bill = read(DOUYIN + "".join(rows))
    assert bill.state == "read"
    assert bill.by_category == {
        "order_payment": 4000,
        "shipping": 400,
        "subsidy": 1000,
        "commission": -150 + 30 + 500,
        "refund": -930,
    }
    assert set(bill.lines["word"]) == {
        "订单实付应结",
        "运费实付",
        "实际平台补贴",
        "平台服务费",
        "订单退款",
        "年框返点",
    }
    assert int(bill.lines["amount"].sum()) == bill.sum == 5250 - 900 + 500


# --- Pinduoduo


def test_a_pinduoduo_bill_with_totals_is_proven_and_one_without_is_not():
    assert read(sample("pinduoduo_account", "own_columns_equal_rows_and_trailer")).proven
    assert not read(sample("pinduoduo_account", "without_trailer")).proven


def test_pinduoduo_totals_must_agree():
    content = sample("pinduoduo_account", "own_columns_equal_rows_and_trailer").replace(b"-7.50", b"-7.51")
    assert reasons(read(content)) == {"total_differs"}


# --- Amazon


def amazon(old, new):
    content = sample("amazon_settlement_v2", "orders_refund_fees_reserve")
    assert old in content
    return content.replace(old, new)


AMAZON = [
    ("one amount is another", (b"-15.00", b"-15.01"), {"total_differs"}),
    ("the total is another", (b"83.53", b"83.54"), {"total_differs"}),
    ("points and commas are mixed", (b"-15.00", b"-15,00"), {"mixed_decimals", "not_an_amount"}),
    (
        "two settlements",
        (b"18000000001\t\t\t\t\tUSD\tRefund", b"18000000002\t\t\t\t\tUSD\tRefund"),
        {"two_bills"},
    ),
    ("two currencies", (b"USD\tRefund", b"CAD\tRefund"), {"other_currency"}),
    ("a row without an amount", (b"\t-10.37", b"\t"), {"empty_required"}),
    ("no moment but an ambiguous day", (b"2026-09-06 23:30:00 UTC", b""), {"not_a_moment"}),
]


@pytest.mark.parametrize(("change", "expected"), [pytest.param(*row[1:], id=row[0]) for row in AMAZON])
def test_amazon_settlements_that_are_not_accepted(change, expected):
    bill = read(amazon(*change), currency="USD")
    assert bill.state in ("refused", "inconsistent")
    assert reasons(bill) == expected


def test_an_amazon_settlement_without_its_head_is_refused():
    content = sample("amazon_settlement_v2", "orders_refund_fees_reserve").split(b"\n")
    assert reasons(read(b"\n".join(content[:1] + content[2:]), currency="USD")) == {"trailer_missing"}


def test_amazon_links():
    lines = read(sample("amazon_settlement_v2", "orders_refund_fees_reserve"), currency="USD").lines
    fee = lines[lines["word"] == "Shipment|Shipment-Fees|FBAPerOrderFulfillmentFee"]
    assert fee["order_ref"].tolist() == [""], "a shipment is no order"
    refund = lines[lines["word"].str.startswith("Refund")]
    assert set(refund["refund_ref"]) == {"ADJ-1"}
    assert set(lines.loc[lines["word"].str.startswith("Order"), "refund_ref"]) == {""}
    assert set(lines["payout_ref"]) == {"18000000001"}


# --- Shopify

SHOPIFY = [
    ("Net is not Amount less Fee", b"930.53", b"930.54", {"parts_differ"}),
    ("another currency", b"AED,AED", b"AED,SAR", {"other_currency"}),
    ("an unclosed quote", b"#3439", b'"#3439', {"unclosed_quote"}),
    ("a moment without an offset", b" +0400,charge", b",charge", {"not_a_moment"}),
]


@pytest.mark.parametrize(("old", "new", "expected"), [pytest.param(*row[1:], id=row[0]) for row in SHOPIFY])
def test_shopify_transactions_that_are_not_accepted(old, new, expected):
    content = sample("shopify_transactions", "charges_and_refund_of_one_payout")
    bill = read(content.replace(old, new, 1), currency="AED")
    assert bill.state in ("refused", "inconsistent")
    assert reasons(bill) == expected


def test_shopify_payouts_must_add_up():
    content = sample("shopify_payouts", "newest_columns").replace(b"87.00", b"88.00")
    assert reasons(read(content, currency="USD")) == {"parts_differ"}


def test_a_shopify_payout_is_booked_on_its_day_wherever_the_account_is():
    for zone in ("America/Los_Angeles", "UTC", "Asia/Shanghai", "Pacific/Kiritimati"):
        bill = read(sample("shopify_payouts", "newest_columns"), currency="USD", timezone=zone)
        assert bill.lines["day"].astype(str).tolist() == ["2026-05-01", "2026-05-02"]


# --- all


def test_the_vocabulary_speaks_of_known_categories_and_layouts():
    names = {layout.name: layout.platform for layout in LAYOUTS}
    words = vocabulary()
    assert len({(layout, word) for _, layout, word, _ in words}) == len(words)
    for platform, layout, word, category in words:
        assert names[layout] == platform
        assert word == word.strip() != ""
        assert category in CATEGORIES, (layout, word)


def test_a_row_is_shown_as_it_stands_in_the_source():
    content = alipay([(100, "在线支付", "甲"), (-50, "收费", "乙")])
    row = raw_row(content, "bill.csv", "bill.csv", 7)
    assert row[0] == ("账务流水号", "1001\t")
    assert ",".join(text for _, text in row) == content.decode("gb18030").splitlines()[6]
    assert raw_row(content, "bill.csv", "bill.csv", 999) == []
    assert raw_row(content, "bill.csv", "other.csv", 7) == []


@pytest.mark.rule("B3")
@pytest.mark.parametrize(
    "case",
    [
        "wechat_trade/success_only",
        "alipay_fund_flow/sale_swept_into_fund",
        "pinduoduo_account/without_trailer",
    ],
)
def test_no_cell_of_a_row_is_lost_in_evidence(case):
    content = sample(*case.split("/"))
    encoding = "utf-8" if "wechat" in case else "gb18030"
    rows = content.decode(encoding).split("\n")
    bill = read(content)
    for number in bill.lines["row"]:
        assert (
            ",".join(text for _, text in raw_row(content, "bill.csv", "bill.csv", int(number)))
            == rows[number - 1]
        )


WORKBOOKS = [
    ("alipay_signcustomer/day_of_twelve_columns", "gb18030", "CNY"),
    ("wechat_trade/all_with_refund_and_five_decimals", "utf-8-sig", "CNY"),
    ("wechat_fund_flow/same_second_in_any_order", "utf-8-sig", "CNY"),
    ("pinduoduo_account/own_columns_equal_rows_and_trailer", "gb18030", "CNY"),
    ("shopify_transactions/charges_and_refund_of_one_payout", "utf-8", "AED"),
]


@pytest.mark.capability("S1.4.5")
@pytest.mark.parametrize(("case", "encoding", "currency"), WORKBOOKS)
def test_a_bill_saved_as_a_workbook_gives_the_same_lines(case, encoding, currency):
    openpyxl = importlib.import_module("openpyxl")
    content = sample(*case.split("/"))
    mark = "\x1f" if "wechat" in case else ","
    text = content.decode(encoding).replace(",`", "\x1f`").replace("\r\n", "\n")
    book = openpyxl.Workbook()
    for line in text.split("\n"):
        book.active.append(line.split(mark if mark in line else ","))
    packed = io.BytesIO()
    book.save(packed)
    plain, bill = read(content, currency=currency), read(packed.getvalue(), "bill.xlsx", currency=currency)
    assert bill.problems == ()
    assert bill.lines.equals(plain.lines)


def test_lines_are_copied_with_escapes():
    bill = read(alipay([(100, "在线支付", "a\\b"), (-50, "收费", "乙")]))
    rows = to_copy(bill).decode().split("\n")
    assert rows[-1] == "" and len(rows) == 3
    cells = rows[0].split("\t")
    assert cells[0] == "6"
    assert cells[11:] == [
        "order_payment",
        "2026-09-01 02:00:00",
        "2026-09-01 00:00:00",
        "100",
        "100100",
        "a\\\\b",
    ]
    douyin = read(DOUYIN + SCENE.format("入账", "1.00", "1,0,0,0,0"))
    assert to_copy(douyin).decode().split("\t")[15] == "\\N"
    assert to_copy(read(b"")) == b""
