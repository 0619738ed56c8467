"""Parts that sum to their whole: promotion shares, tax inside, accrual, price protection."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_kernel import split_decimal
from ecom_settle.shares import (
    Accrual,
    Purchase,
    Share,
    Taxed,
    accrual,
    price_protection,
    share_discount,
    tax_inside,
    within,
)
from ecom_settle.terms import TermsError

D = Decimal


@pytest.mark.rule("D9")
@pytest.mark.capability("S2.3.2")
def test_parts_of_a_discount_sum_to_it():
    thirds = [Share(party="supplier", percent=D("33.33")), Share(party="platform", percent=D("33.33"))]
    parts = share_discount(D("0.10"), [*thirds, Share(party="own")], 2, split_decimal)
    assert parts == {0: D("0.03"), 1: D("0.03"), 2: D("0.04")}
    parts = share_discount(
        D(100),
        [Share(party="brand", amount=D(15)), Share(party="supplier", percent=D(40)), Share(party="own")],
        2,
        split_decimal,
    )
    assert parts == {0: 15, 1: 40, 2: 45}
    assert share_discount(
        D(-10), [Share(party="supplier", percent=D(50)), Share(party="own")], 0, split_decimal
    ) == {
        0: -5,
        1: -5,
    }


@pytest.mark.rule("D9")
@pytest.mark.capability("S2.3.2")
@pytest.mark.parametrize(
    ("shares", "code"),
    [
        pytest.param([Share(party="own"), Share(party="brand")], "two_rests", id="two take the rest"),
        pytest.param([Share(party="own", percent=D(99))], "not_covered", id="one percent is nobody's"),
        pytest.param([Share(party="own", percent=D(101))], "too_much", id="more than all"),
        pytest.param(
            [Share(party="own", amount=D(8)), Share(party="brand", percent=D(30))],
            "too_much",
            id="an amount and a percentage exceed it",
        ),
    ],
)
def test_shares_that_do_not_cover_a_discount_are_refused(shares, code):
    with pytest.raises(TermsError) as caught:
        share_discount(D(10), shares, 2, split_decimal)
    assert caught.value.code == code


@pytest.mark.rule("D9")
@pytest.mark.rule("B9")
@given(
    st.integers(-(10**9), 10**9),
    st.lists(st.integers(0, 25), min_size=1, max_size=4),
    st.sampled_from([0, 2, 3]),
)
def test_shares_lose_nothing(units, percents, digits):
    discount = D(units).scaleb(-digits)
    shares = [Share(party="brand", percent=D(value)) for value in percents]
    parts = share_discount(discount, [*shares, Share(party="own")], digits, split_decimal)
    assert sum(parts.values()) == discount
    assert all(part * discount >= 0 for part in parts.values())


@pytest.mark.rule("B9")
@given(st.integers(-(10**9), 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=9))
def test_a_split_sums_and_is_fair(units, weights):
    parts = split_decimal(D(units).scaleb(-2), [Fraction(weight) for weight in weights], 2)
    base = weights if any(weights) else [1] * len(weights)
    assert sum(parts) == D(units).scaleb(-2)
    for part, weight in zip(parts, base, strict=True):
        assert abs(Fraction(part) * 100 * sum(base) - units * weight) < sum(base)


@pytest.mark.rule("B9")
def test_of_equal_remainders_the_larger_weight_gets_the_unit():
    assert split_decimal(D("0.02"), [Fraction(1), Fraction(3)], 2) == [D("0.00"), D("0.02")]
    assert split_decimal(D("0.02"), [Fraction(3), Fraction(1)], 2) == [D("0.02"), D("0.00")]
    assert split_decimal(D("1"), [Fraction(0), Fraction(0)], 0) == [D(1), D(0)]


@pytest.mark.rule("D8")
@pytest.mark.parametrize(
    ("amount", "rate", "digits", "expected"),
    [
        pytest.param("1130", "13", 2, Taxed(net=D(1000), tax=D(130)), id="13 %"),
        pytest.param("750", "13", 2, Taxed(net=D("663.72"), tax=D("86.28")), id="rounded once"),
        pytest.param("-1130", "13", 2, Taxed(net=D(-1000), tax=D(-130)), id="taken back"),
        pytest.param("1130", "0", 2, Taxed(net=D(1130), tax=D(0)), id="no tax"),
        pytest.param("1100", "10", 0, Taxed(net=D(1000), tax=D(100)), id="a currency without decimals"),
    ],
)
def test_tax_is_inside_the_payment(amount, rate, digits, expected):
    assert tax_inside(D(amount), D(rate), digits) == expected


@pytest.mark.rule("D6")
@pytest.mark.parametrize(
    ("amount", "bought", "sold", "expected"),
    [
        pytest.param("750", 100, 60, Accrual(cogs=D(-450), inventory=D(-300)), id="60 % sold"),
        pytest.param(
            "750", 100, 120, Accrual(cogs=D(-750), inventory=D(0)), id="never more than all is sold"
        ),
        pytest.param(
            "750", 100, -5, Accrual(cogs=D(0), inventory=D(-750)), id="more came back than was sold"
        ),
        pytest.param("750", 0, 0, Accrual(cogs=D(-750), inventory=D(0)), id="nothing on stock to reduce"),
        pytest.param("-370", 3, 1, Accrual(cogs=D("123.33"), inventory=D("246.67")), id="taken back"),
    ],
)
def test_an_accrual_follows_the_goods(amount, bought, sold, expected):
    found = accrual(D(amount), D(bought), D(sold), 2)
    assert found == expected
    assert found.cogs + found.inventory == -D(amount)


@pytest.mark.capability("S2.3.4")
def test_price_protection_covers_what_is_on_hand_of_recent_purchases():
    bought = [
        Purchase(day=date(2026, 8, 1), quantity=D(50)),
        Purchase(day=date(2026, 9, 1), quantity=D(30)),
        Purchase(day=date(2026, 9, 20), quantity=D(10)),
        Purchase(day=date(2026, 10, 1), quantity=D(99)),
    ]

    def given_back(on_hand, days, **more):
        return price_protection(
            D(10), D("8.50"), D(on_hand), bought, day=date(2026, 10, 1), days=days, digits=2, **more
        )

    assert given_back(100, 30).amount == D("60.00"), "bought since 1 September: 40"
    assert given_back(100, 29).amount == D("15.00"), "one day less leaves only 10"
    assert given_back(25, 30).amount == D("37.50")
    assert given_back(25, 30).formula == "(10 - 8.5) x 25"
    assert given_back(100, 30, cap=D(20)).amount == 20
    assert given_back(-3, 30).amount == 0
    raised = price_protection(D(8), D(9), D(5), bought, day=date(2026, 10, 1), days=90, digits=2)
    assert raised.amount == 0


@pytest.mark.rule("D9")
@pytest.mark.parametrize(
    ("discount", "expected"),
    [
        pytest.param("100", ["30", "50", "20"], id="enough: the amounts as agreed"),
        pytest.param("10", ["3", "7", "0"], id="a small discount: what the percentage leaves"),
        pytest.param("0", ["0", "0", "0"], id="nothing sold yet"),
        pytest.param("-10", ["-3", "-7", "0"], id="taken back"),
    ],
)
def test_agreed_amounts_bear_no_more_than_there_is(discount, expected):
    shares = [
        Share(party="supplier", percent=Decimal(30)),
        Share(party="brand", amount=Decimal(50)),
        Share(party="own"),
    ]
    parts = share_discount(Decimal(discount), within(Decimal(discount), shares, 2), 2, split_decimal)
    assert [parts[at] for at in range(3)] == [Decimal(it) for it in expected]
