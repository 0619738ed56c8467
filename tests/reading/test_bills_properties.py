"""Properties that hold for every bill: exact amounts, nothing lost, every change and every cut is noticed."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from bills import SAMPLES, alipay, read
from hypothesis import given, settings
from hypothesis import strategies as st

from ecom_bills.amounts import decimal_style, read_amount, read_amounts, to_minor
from ecom_bills.moments import day_of, read_moments
from ecom_bills.proof import balance_chain

CENTS = st.integers(-(10**12), 10**12)
MOMENTS = st.datetimes(min_value=datetime(2000, 1, 2), max_value=datetime(2037, 12, 31))
KINDS = st.sampled_from(["在线支付", "收费", "交易退款", "提现", "转账", "其它"])
MOVES = st.lists(st.tuples(CENTS, KINDS), min_size=0, max_size=30)
FORMS = st.one_of(
    st.from_regex(r"[-+]?[0-9]{1,20}(\.[0-9]{0,6})?", fullmatch=True),
    st.from_regex(r"[-+]?[¥￥]?[0-9]{1,3}(,[0-9]{1,4}){0,3}(\.[0-9]{0,4})?", fullmatch=True),
    st.sampled_from(
        ["", "-", "--", "/", " ", "1.2.3", ".5", "5.", "1e3", "NaN", "(1)", "−5", "＋5", "5 ", "\t5.00"]
    ),
    st.text(max_size=8),
)


@given(st.lists(FORMS, min_size=1, max_size=40), st.sampled_from([0, 2, 3, 5]))
@settings(max_examples=300)
def test_many_cells_are_read_like_one(texts, scale):
    found = read_amounts(np.array(texts, dtype=object), scale)
    for place, text in enumerate(texts):
        value, state = read_amount(text, scale)
        got = (
            int(found.values[place]),
            "blank"
            if not found.given[place]
            else "bad"
            if found.bad[place]
            else "fine"
            if found.fine[place]
            else "",
        )
        assert got == (value, state) or (state == got[1] == "fine"), text


@given(CENTS, st.sampled_from([0, 2, 3]))
def test_an_amount_is_read_exactly(value, scale):
    text = str(Decimal(value).scaleb(-scale))
    assert read_amount(text, scale) == (value, "")
    grouped = f"{Decimal(value).scaleb(-scale):,}"
    assert read_amount(grouped, scale) == (value, "")
    comma = grouped.translate(str.maketrans(",.", ".,"))
    assert read_amount(comma, scale, ",") == (value, "")


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1), st.sampled_from([0, 2, 3]))
def test_fees_are_rounded_half_away_from_zero_each_by_itself(values, digits):
    found = to_minor(np.array(values, dtype=np.int64), 5, digits)
    unit = Decimal(1).scaleb(-digits)
    for value, got in zip(values, found.tolist(), strict=True):
        exact = Decimal(value).scaleb(-5)
        assert Decimal(got).scaleb(-digits) == exact.quantize(unit, ROUND_HALF_UP)


@given(st.lists(CENTS, min_size=1, max_size=20))
def test_a_file_writes_decimals_in_one_style(values):
    point = [f"{Decimal(value).scaleb(-2):,}" for value in values]
    comma = [text.translate(str.maketrans(",.", ".,")) for text in point]
    assert decimal_style([np.array(point, dtype=object)], 2) == "."
    assert decimal_style([np.array(comma, dtype=object)], 2) == ","
    assert decimal_style([np.array([point[0], "1,50", "1.50"], dtype=object)], 2) == ""


@given(MOMENTS, st.integers(-11, 13))
def test_moments_are_read_as_utc(moment, hours):
    moment = moment.replace(microsecond=0)
    texts = np.array([moment.isoformat(sep=" "), f"{moment.isoformat()}{hours:+03d}:00"], dtype=object)
    found, ok = read_moments(texts, ("YYYY-MM-DD hh:mm:ss", "YYYY-MM-DDThh:mm:ss±zz:zz"), hours)
    assert ok.all()
    assert found[0] == found[1] == np.datetime64(moment, "s") - np.timedelta64(hours, "h")


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/St_Johns", "Europe/Berlin"])
@given(st.lists(MOMENTS, min_size=1, max_size=5))
def test_the_accounting_day_is_that_of_the_accounts_zone(zone, moments):
    moments = [moment.replace(microsecond=0) for moment in moments]
    days = day_of(np.array(moments, dtype="datetime64[s]"), zone)
    utc = ZoneInfo("UTC")
    for moment, day in zip(moments, days.tolist(), strict=True):
        assert day.date() == moment.replace(tzinfo=utc).astimezone(ZoneInfo(zone)).date()


@given(MOVES)
@settings(max_examples=150)
def test_nothing_is_lost_between_rows_and_lines(moves):
    bill = read(alipay(moves))
    assert bill.state == "read", bill.problems
    assert bill.lines["amount"].tolist() == [cents for cents, _ in moves]
    assert bill.sum == sum(bill.by_category.values()) == sum(cents for cents, _ in moves) == bill.control
    assert bill.closing is None or bill.closing - bill.opening == bill.sum
    assert bill.lines["row"].tolist() == list(range(6, 6 + len(moves)))


@given(
    st.lists(st.tuples(st.integers(-1000, 1000), st.integers(0, 5)), min_size=2, max_size=25), st.randoms()
)
@settings(max_examples=300)
def test_a_balance_is_followed_in_any_order_within_a_second(moves, random):
    moves = sorted(moves, key=lambda move: move[1])
    net = np.array([cents for cents, _ in moves])
    balance = 500 + np.cumsum(net)
    seconds = np.array([second for _, second in moves])
    order = list(range(len(moves)))
    random.shuffle(order)
    order.sort(key=lambda place: seconds[place], reverse=random.random() < 0.5)
    rows = np.arange(1, len(moves) + 1)
    chain = balance_chain(net[order], balance[order], seconds[order], rows)
    assert chain.row == 0
    assert chain.closing - chain.opening == int(net.sum())


@pytest.mark.rule("B2")
def test_changing_any_digit_of_any_amount_is_noticed():
    content = alipay([(10_000, "在线支付"), (-512, "收费"), (-2_040, "交易退款")])
    start = content.index("备注".encode("gb18030"))
    wanted = 0
    for place in range(start, len(content)):
        if not content[place : place + 1].isdigit():
            continue
        text = content[:place] + str((content[place] - 48 + 1) % 10).encode() + content[place + 1 :]
        line = text[: place + 1].decode("gb18030").count("\n")
        cell = text[: place + 1].decode("gb18030").split("\n")[-1].count(",")
        is_amount = line in (5, 6, 7) and cell in (4, 5, 6) or line in (9, 10)
        if is_amount:
            wanted += 1
            assert read(text).state != "read", text.decode("gb18030")
    assert wanted > 30


def cuts(content):
    """Where to cut: everywhere near line ends and in the last lines, and at every fifth byte."""
    near = {at + step for at, byte in enumerate(content) if byte == 10 for step in (-2, -1, 0, 1, 2)}
    every = set(range(0, len(content), 5)) | set(range(len(content) - 200, len(content)))
    return sorted(size for size in near | every if 0 <= size < len(content))


CUT = [
    "alipay_signcustomer/day_of_twelve_columns",
    "alipay_signcustomer/newest_first_saved_again_by_a_spreadsheet",
    "alipay_fund_flow/sale_swept_into_fund",
    "wechat_trade/all_with_refund_and_five_decimals",
    "wechat_trade/refund_layout_and_revoked",
    "wechat_fund_flow/same_second_in_any_order",
]


@pytest.mark.parametrize("case", CUT)
def test_a_cut_file_is_never_accepted_where_there_is_a_trailer(case):
    content = next((SAMPLES / case).glob("bill.*")).read_bytes()
    whole = read(content)
    assert whole.state == "read"
    accepted = [size for size in cuts(content) if read(content[:size]).state == "read"]
    # Only line ends and spare commas behind the last figure may be missing: nothing is lost with them.
    assert all(not content[size:].strip(b",\r\n") for size in accepted)


@pytest.mark.parametrize(
    "case",
    ["amazon_settlement_v2/orders_refund_fees_reserve", "amazon_settlement_v1/order_promotion_and_services"],
)
def test_a_cut_settlement_is_never_accepted(case):
    content = next((SAMPLES / case).glob("bill.*")).read_bytes()
    currency = "USD" if "v2" in case else "CAD"
    accepted = [size for size in cuts(content) if read(content[:size], currency=currency).state == "read"]
    assert all(not content[size:].strip() for size in accepted)
