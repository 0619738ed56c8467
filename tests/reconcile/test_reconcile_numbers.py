"""Splitting, tolerances, fee bands and vouchers: every rule of the numbers, one row for each situation."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_kernel import ImbalanceError, Posting, balanced, convert, split
from ecom_reconcile import Tolerance, Valuation
from ecom_reconcile.fees import bands
from ecom_reconcile.tolerance import PERCENT

WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=30)
TOTALS = st.integers(-(10**12), 10**12)

SPLITS = [
    pytest.param(100, [1, 1, 1], None, [34, 33, 33], id="a cent left over goes to the first of equal parts"),
    pytest.param(-100, [1, 1, 1], None, [-34, -33, -33], id="a discount keeps its sign"),
    pytest.param(1000, [199, 301, 500], None, [199, 301, 500], id="what divides evenly is left alone"),
    pytest.param(10, [1, 5], None, [2, 8], id="the largest remainder gets the cent"),
    pytest.param(2, [1, 3], None, [0, 2], id="of equal remainders the larger weight gets the cent"),
    pytest.param(2, [3, 1], None, [2, 0], id="and so it does in any order"),
    pytest.param(7, [0, 3, 0], None, [0, 7, 0], id="a part without weight gets nothing"),
    pytest.param(9, [0, 0], [1, 2], [3, 6], id="without weights the quantities count"),
    pytest.param(9, [0, 0], None, [5, 4], id="without weights and quantities the parts are equal"),
    pytest.param(9, [0, 0], [0, 0], [5, 4], id="as they are where all quantities are zero"),
    pytest.param(0, [4, 5], None, [0, 0], id="nothing splits into nothing"),
    pytest.param(10, [Fraction(1, 3), Fraction(5, 3)], None, [2, 8], id="weights may be fractions"),
]


@pytest.mark.capability("S1.5.6")
@pytest.mark.rule("B9")
@pytest.mark.parametrize(("total", "weights", "quantities", "parts"), SPLITS)
def test_a_split_follows_the_largest_remainder(total, weights, quantities, parts):
    assert split(total, weights, quantities) == parts


@pytest.mark.capability("S1.5.6")
@pytest.mark.rule("B9")
@given(TOTALS, WEIGHTS)
def test_a_split_loses_nothing_and_is_never_a_cent_unfair(total, weights):
    parts = split(total, weights)
    base = weights if any(weights) else [1] * len(weights)
    assert sum(parts) == total
    assert all(part * total >= 0 for part in parts)
    for part, weight in zip(parts, base, strict=True):
        assert abs(part * sum(base) - total * weight) < sum(base)


@pytest.mark.capability("S1.5.6")
@pytest.mark.rule("B9")
@given(TOTALS, WEIGHTS, st.randoms(use_true_random=False))
def test_a_split_does_not_depend_on_the_order_of_the_parts(total, weights, random):
    shuffled = list(weights)
    random.shuffle(shuffled)
    before, after = (sorted(zip(part, split(total, part), strict=True)) for part in (weights, shuffled))
    assert before == after


@pytest.mark.parametrize(
    ("weights", "quantities"),
    [
        pytest.param([], None, id="no part"),
        pytest.param([2, -1], None, id="a negative weight"),
        pytest.param([0, 0], [3, -1], id="a negative quantity"),
        pytest.param([0, 0], [3], id="a quantity for one of two parts"),
    ],
)
def test_a_split_without_sense_is_an_error(weights, quantities):
    with pytest.raises(ValueError):
        split(10, weights, quantities)


# --- tolerance -------------------------------------------------------------------

TWO = 2 * PERCENT
LIMITS = [
    pytest.param({}, 0, 100, True, id="no difference is always inside"),
    pytest.param({}, -1, 100, False, id="without a profile one cent is too much"),
    pytest.param(
        {"lower_amount": 5, "upper_amount": 5}, -5, 100, True, id="the bound itself is inside, below"
    ),
    pytest.param(
        {"lower_amount": 5, "upper_amount": 5}, 5, 100, True, id="the bound itself is inside, above"
    ),
    pytest.param(
        {"lower_amount": 5, "upper_amount": 5}, -6, 100, False, id="one cent below the bound is not"
    ),
    pytest.param({"lower_amount": 5, "upper_amount": 5}, 6, 100, False, id="one cent above the bound is not"),
    pytest.param(
        {"lower_amount": 5, "upper_amount": 0}, 5, 100, False, id="the lower limit is not for above"
    ),
    pytest.param(
        {"lower_amount": 0, "upper_amount": 5}, -5, 100, False, id="the upper limit is not for below"
    ),
    pytest.param(
        {"lower_amount": None, "upper_amount": 0}, -9999, 1, True, id="a limit that is off lets pass"
    ),
    pytest.param(
        {"lower_percent": TWO, "lower_amount": None},
        -200,
        10_000,
        True,
        id="two percent is inside two percent",
    ),
    pytest.param(
        {"lower_percent": TWO, "lower_amount": None},
        -201,
        10_000,
        False,
        id="a cent more than two percent is not",
    ),
    pytest.param(
        {"lower_percent": TWO, "lower_amount": 100},
        -150,
        10_000,
        False,
        id="inside the percentage is not enough",
    ),
    pytest.param(
        {"lower_percent": TWO, "lower_amount": 300}, -250, 10_000, False, id="inside the amount is not enough"
    ),
    pytest.param(
        {"lower_percent": TWO, "lower_amount": 300}, -200, 10_000, True, id="inside both limits is inside"
    ),
    pytest.param(
        {"lower_percent": TWO, "lower_amount": 500, "greater": True},
        -500,
        10_000,
        True,
        id="the larger one: amount",
    ),
    pytest.param(
        {"lower_percent": TWO, "lower_amount": 5, "greater": True},
        -200,
        10_000,
        True,
        id="the larger one: percent",
    ),
    pytest.param(
        {"lower_percent": TWO, "lower_amount": 500, "greater": True},
        -501,
        10_000,
        False,
        id="beyond both of them",
    ),
    pytest.param(
        {"upper_percent": TWO, "upper_amount": 3}, 3, 0, True, id="of nothing expected only the amount counts"
    ),
    pytest.param(
        {"upper_percent": TWO, "upper_amount": None},
        1,
        0,
        False,
        id="a percentage of nothing lets nothing pass",
    ),
    pytest.param(
        {"upper_percent": TWO, "upper_amount": 3, "greater": True},
        4,
        0,
        False,
        id="not even where the larger counts",
    ),
    pytest.param(
        {"lower_percent": TWO, "lower_amount": None},
        -200,
        -10_000,
        True,
        id="a percentage is of the size expected",
    ),
]


@pytest.mark.rule("B5")
@pytest.mark.capability("S1.5.2")
@pytest.mark.parametrize(("limits", "variance", "expected", "inside"), LIMITS)
def test_a_difference_is_inside_every_limit_or_outside(limits, variance, expected, inside):
    verdict = Tolerance(**limits).inside(np.array([variance]), np.array([expected]))
    assert verdict.tolist() == [inside]


@pytest.mark.rule("B5")
@given(
    st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9), st.integers(0, 10**6), st.integers(0, 10**6)
)
def test_less_of_a_difference_is_never_further_outside(variance, expected, percent, amount):
    limits = Tolerance(lower_percent=percent, upper_percent=percent, lower_amount=amount, upper_amount=amount)
    smaller = np.array([variance, variance // 2 if variance > 0 else -(-variance // 2)])
    large, small = limits.inside(smaller, np.array([expected, expected]))
    assert small or not large


# --- fees -------------------------------------------------------------------------


def fee_row(**changes):
    row = {
        **{"rate": 6 * PERCENT, "fixed": 0, "minimum": -1, "maximum": -1},
        **{"expected": 10_000, "received": 10_000, "refunded": 0},
    }
    return row | changes


FEES = [
    pytest.param({}, (-600, -600), id="six percent of a hundred"),
    pytest.param({"rate": 0}, (0, 0), id="a rule without a rate charges nothing"),
    pytest.param({"fixed": 30}, (-630, -630), id="a fixed part on top"),
    pytest.param({"expected": 125, "received": 125}, (-8, -8), id="half a cent is rounded up"),
    pytest.param({"expected": 124, "received": 124}, (-7, -7), id="less than half a cent is rounded down"),
    pytest.param(
        {"rate": 1, "expected": 500_000, "received": 500_000}, (-1, -1), id="a ten-thousandth of a percent"
    ),
    pytest.param({"minimum": 700}, (-700, -700), id="the minimum counts where the rate gives less"),
    pytest.param({"minimum": 500}, (-600, -600), id="the minimum is silent where the rate gives more"),
    pytest.param({"maximum": 400}, (-400, -400), id="the maximum caps"),
    pytest.param({"maximum": 0}, (0, 0), id="a maximum of zero lets nothing be charged"),
    pytest.param({"received": 9_000}, (-600, -540), id="owed and paid differ: the rate may be on either"),
    pytest.param(
        {"refunded": -5_000}, (-600, -300), id="half was refunded: the rate may be on what was left"
    ),
    pytest.param({"refunded": -10_000}, (-600, 0), id="all was refunded: the fee may have been returned"),
    pytest.param(
        {"refunded": -10_000, "minimum": 50},
        (-600, 0),
        id="all was refunded: even the minimum may be returned",
    ),
    pytest.param({"received": 0}, (-600, 0), id="not paid yet: the fee may come first"),
]


@pytest.mark.capability("S1.5.5")
@pytest.mark.parametrize(("changes", "band"), FEES)
def test_a_fee_may_be_charged_between_these_bounds(changes, band):
    low, high = bands(pd.DataFrame([fee_row(**changes)]))
    assert (int(low[0]), int(high[0])) == band


@pytest.mark.capability("S1.5.5")
@given(st.integers(0, 10**9), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_fee_is_the_exact_rate_rounded_half_up(expected, rate, fixed):
    [low], [high] = bands(
        pd.DataFrame([fee_row(expected=expected, received=expected, rate=rate, fixed=fixed)])
    )
    exact = Decimal(expected) * rate / (100 * PERCENT)
    assert -low == -high == fixed + int((exact + Decimal("0.5")).to_integral_value("ROUND_FLOOR"))


# --- vouchers ---------------------------------------------------------------------

PAYOUT = {
    **{"sales": 1_000_00, "shipping": 50_00, "refunds": -80_00, "commission": -60_00, "ads": -30_00},
    **{"reserve_held": -200_00, "reserve_released": 120_00},
}


@pytest.mark.rule("A2")
def test_a_payout_is_posted_gross_and_adds_up():
    """1,000 + 50 - 80 - 60 - 30 - 200 + 120 = 800: every part on its own role, both sides 1,170."""
    lines = [Posting(role="clearing", amount=sum(PAYOUT.values()))]
    lines += [Posting(role=role, amount=-amount) for role, amount in PAYOUT.items()]
    voucher = balanced(lines)
    amounts = {posting.role: posting.amount for posting in voucher}
    assert amounts["clearing"] == 800_00
    assert sum(amount for amount in amounts.values() if amount > 0) == 1_170_00
    assert amounts | PAYOUT == {"clearing": 800_00, **PAYOUT}


@pytest.mark.rule("A1")
def test_a_voucher_that_does_not_add_up_is_an_error_that_names_the_difference():
    with pytest.raises(ImbalanceError, match="by -100$"):
        balanced([Posting(role="clearing", amount=700), Posting(role="sales", amount=-800)])


@pytest.mark.rule("A7")
def test_a_payout_of_zero_posts_all_its_lines_and_no_line_of_zero():
    lines = [
        Posting(role="clearing", amount=0),
        Posting(role="sales", amount=-100),
        Posting(role="refunds", amount=100),
    ]
    assert [posting.role for posting in balanced(lines)] == ["sales", "refunds"]


RATES = st.decimals("0.0001", "20000", places=6)
LINES = st.lists(st.integers(-(10**11), 10**11), min_size=1, max_size=20)


@pytest.mark.rule("J3")
@given(LINES, RATES, st.sampled_from([0, 2, 3]), st.sampled_from([0, 2, 3]))
def test_a_converted_voucher_still_adds_up(amounts, rate, digits_from, digits_to):
    lines = [*amounts, -sum(amounts)]
    converted = convert(lines, rate, digits_from, digits_to)
    assert sum(converted) == 0
    scale = rate.scaleb(digits_to - digits_from)
    far = [abs(new - old * scale) for old, new in zip(lines, converted, strict=True)]
    largest = max(range(len(lines)), key=lambda place: (abs(lines[place]), -place))
    half = Decimal("0.5")
    assert all(distance <= half for place, distance in enumerate(far) if place != largest)
    assert far[largest] <= half * len(lines)


@pytest.mark.rule("J3")
def test_what_rounding_leaves_goes_to_the_largest_line():
    assert convert([100, -33, -33, -34], Decimal("0.15"), 2, 2) == [15, -5, -5, -5]
    assert convert([50, 50, -100], Decimal("0.01"), 2, 2) == [1, 1, -2]


@pytest.mark.rule("J3")
def test_a_voucher_out_of_balance_is_not_converted():
    with pytest.raises(ImbalanceError):
        convert([100, -99], Decimal("7.1"), 2, 2)


def test_yen_have_no_cents():
    assert convert([1_000, -1_000], Decimal("0.0485"), 0, 2) == [4_850, -4_850]


# --- closing rates ----------------------------------------------------------------


def valued(amount, booked, rate, digits=2, own=2):
    rate = None if rate is None else Decimal(rate)
    return Valuation(amount=amount, booked=booked, rate=rate, digits_from=digits, digits_to=own)


VALUED = [
    pytest.param(
        -100000, -710000, "7.05", 2, 5000, id="1,000 owed at 7.10 are worth 7,050 at 7.05: 50 gained"
    ),
    pytest.param(100000, 710000, "7.05", 2, -5000, id="1,000 held at 7.10 lose 50"),
    pytest.param(-100000, -705000, "7.05", 2, 0, id="revalued once, there is nothing more"),
    pytest.param(0, -5000, None, 2, 5000, id="settled at 7.00, what is left is the last gain"),
    pytest.param(0, 0, None, 2, 0, id="nothing is nothing"),
    pytest.param(98765, 0, "0.0468777", 0, 462988, id="a currency without decimals"),
    pytest.param(98765432, 0, "23.0000001", 3, 227160495, id="a currency with three decimals"),
    pytest.param(1, 0, "0.5", 2, 1, id="half a cent is a cent"),
    pytest.param(-1, 0, "0.5", 2, -1, id="and so it is below zero"),
    pytest.param(10**18 + 1, 0, "1.2345678901234567", 2, 1234567890123456701, id="no digit gets lost"),
]


@pytest.mark.rule("G1")
@pytest.mark.parametrize(("amount", "booked", "rate", "digits", "difference"), VALUED)
def test_a_balance_is_brought_to_the_closing_rate(amount, booked, rate, digits, difference):
    assert valued(amount, booked, rate, digits).difference == difference


@pytest.mark.rule("G1")
@pytest.mark.parametrize("rate", [None, "0", "-7.05"])
def test_a_balance_without_a_rate_is_refused(rate):
    with pytest.raises(ValueError, match="rate"):
        valued(100, 0, rate)


RATES = st.decimals("0.0001", "30000", places=8)
MOVES = st.lists(st.tuples(st.integers(-(10**12), 10**12), RATES, RATES), min_size=1, max_size=12)


@pytest.mark.rule("G1")
@given(MOVES, st.integers(0, 3), st.integers(0, 3), st.randoms(use_true_random=False))
def test_no_exchange_difference_counts_twice(moves, digits, own, random):
    """However often it is revalued between, all differences together are what one revaluation would book."""
    amount = booked = differences = 0
    for moved, spot, closing in moves:
        amount, booked = amount + moved, booked + valued(moved, 0, spot, digits, own).worth
        if random.random() < 0.5:
            found = valued(amount, booked, closing, digits, own)
            booked, differences = booked + found.difference, differences + found.difference
            assert valued(amount, booked, closing, digits, own).difference == 0
    spots = sum(valued(moved, 0, spot, digits, own).worth for moved, spot, _closing in moves)
    last = valued(amount, booked, moves[-1][2], digits, own)
    assert differences + last.difference == last.worth - spots
    emptied = valued(0, booked, None, digits, own)
    assert differences + emptied.difference == -spots
