"""What terms give: tiers, targets, growth, clawback, periods, working; one row per situation."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_settle.terms import (
    Base,
    Limits,
    TermsError,
    Tier,
    TierTable,
    best_price,
    fixed,
    growth_rebate,
    per_piece,
    rounded,
    target_rebate,
    tier_rebate,
    to_settle,
)
from ecom_settle.working import BaseRow, Working

D = Decimal
D3 = [("0", "0"), ("10000", "2"), ("20000", "3")]
D4 = [("5000", "2"), ("20000", "4")]


def table(rows):
    return TierTable([Tier(start=D(start), value=D(value)) for start, value in rows])


def earn(rows, amount, mode="retrospective", digits=2, **more):
    terms = {"measure": "amount", "reward": "percent", **more}
    quantity = terms.pop("quantity", "0")
    base = Base(amount=D(amount), quantity=D(quantity))
    return tier_rebate(table(rows), base, mode=mode, digits=digits, **terms)


# --- tiers --------------------------------------------------------------------


@pytest.mark.rule("D2")
@pytest.mark.capability("S2.3.3")
@pytest.mark.parametrize(
    ("amount", "value"),
    [
        pytest.param("9999.99", "0", id="below the bound is the lower tier"),
        pytest.param("10000", "2", id="the bound itself is the upper tier"),
        pytest.param("19999.99", "2", id="half open above"),
        pytest.param("20000", "3", id="and again on the next bound"),
        pytest.param("-5", "0", id="more returns than receipts are in the first tier"),
    ],
)
def test_tiers_are_half_open(amount, value):
    assert table(D3).at(D(amount)).value == D(value)


@pytest.mark.rule("D3")
@pytest.mark.capability("S2.3.3")
def test_retrospective_and_incremental_give_their_numbers():
    assert earn(D3, "25000").amount == D("750.00")
    assert earn(D3, "25000").formula == "25,000.00 x 3%"
    stepped = earn(D3, "25000", "incremental")
    assert stepped.amount == D("350.00")
    assert stepped.formula == "10,000.00 x 0% + 10,000.00 x 2% + 5,000.00 x 3%"


@pytest.mark.rule("D2")
def test_a_tier_that_starts_where_the_base_ends_is_not_used_in_slices():
    assert earn(D3, "20000", "incremental").formula == "10,000.00 x 0% + 10,000.00 x 2%"


@pytest.mark.rule("D4")
@pytest.mark.capability("S2.3.3")
def test_interim_settlements_sum_to_the_final_one():
    earned = [earn(D4, amount).amount for amount in ("3000", "7000", "27000")]
    assert earned == [D("0.00"), D("140.00"), D("1080.00")]
    paid = []
    for amount in earned:
        paid.append(to_settle(amount, paid, 2).amount)
    assert paid == [D("0.00"), D("140.00"), D("940.00")]
    assert to_settle(earned[2], paid[:2], 2).formula == "1,080.00 - 140.00"


@pytest.mark.rule("D5")
@pytest.mark.capability("S2.3.3")
def test_returns_take_back_what_was_settled():
    settled = earn(D3, "25000").amount
    assert to_settle(earn(D3, "19000").amount, [settled], 2).amount == D("-370.00")


@pytest.mark.rule("D2")
@pytest.mark.capability("S2.3.5")
@pytest.mark.parametrize(
    ("tiers", "code", "number"),
    [
        pytest.param([], "no_tier", None, id="no tier at all"),
        pytest.param([(0, None), (0, None)], "tier_order", 2, id="two tiers start alike"),
        pytest.param([(0, 100), (200, None)], "tier_gap", 2, id="a gap names the tier after it"),
        pytest.param([(0, 300), (200, None)], "tier_overlap", 2, id="an overlap names the second tier"),
        pytest.param([(0, 100)], "tier_gap", 1, id="the last tier is open"),
        pytest.param([(5, 5)], "tier_order", 1, id="an empty tier"),
        pytest.param([(-1, None)], "tier_negative", 1, id="a start below zero"),
    ],
)
def test_wrong_tiers_are_refused(tiers, code, number):
    with pytest.raises(TermsError) as caught:
        TierTable(
            [Tier(start=D(low), end=None if high is None else D(high), value=D(1)) for low, high in tiers]
        )
    assert (caught.value.code, caught.value.values.get("number")) == (code, number)


@pytest.mark.capability("S2.3.3")
@pytest.mark.parametrize(
    ("terms", "amount", "formula"),
    [
        pytest.param(
            {"measure": "quantity", "reward": "per_piece", "quantity": "250", "mode": "incremental"},
            "350",
            "100 x 1 + 100 x 1.5 + 50 x 2",
            id="pieces in slices",
        ),
        pytest.param(
            {"measure": "quantity", "reward": "per_piece", "quantity": "250"},
            "500",
            "250 x 2",
            id="all pieces at the reached tier",
        ),
        pytest.param(
            {"measure": "quantity", "reward": "percent", "quantity": "250", "mode": "incremental"},
            "14",
            "400.00 x 1% + 400.00 x 1.5% + 200.00 x 2%",
            id="slices of pieces take their share of the amount",
        ),
        pytest.param(
            {"measure": "quantity", "reward": "fixed", "quantity": "250", "mode": "incremental"},
            "4.5",
            "1 + 1.5 + 2",
            id="every reached bonus",
        ),
        pytest.param(
            {"measure": "quantity", "reward": "fixed", "quantity": "199"}, "1.5", "1.5", id="one bonus"
        ),
    ],
)
def test_tiers_of_quantity(terms, amount, formula):
    earned = earn([("0", "1"), ("100", "1.5"), ("200", "2")], "1000", **terms)
    assert (earned.amount, earned.formula) == (D(amount), formula)


@pytest.mark.capability("S2.3.3")
def test_minimum_cap_and_flat_terms():
    limits = Limits(minimum=D(1000), cap=D(50))
    assert earn([("0", "10")], "999.99", limits=limits).amount == 0
    assert earn([("0", "10")], "999.99", limits=limits).formula == "999.99 < 1,000.00 = 0"
    assert earn([("0", "4")], "1000", limits=limits).amount == 40
    assert earn([("0", "10")], "1000", limits=limits).formula == "min(1,000.00 x 10%; 50.00)"
    base = Base(amount=D(900), quantity=D(30))
    assert per_piece(base, D("0.35"), 2).amount == D("10.50")
    assert fixed(base, D(500), 2).amount == 500
    assert fixed(base, D(500), 2, Limits(minimum=D(901))).amount == 0
    with pytest.raises(TermsError):
        earn(D3, "1", mode="sideways")


@pytest.mark.capability("S2.3.7")
@pytest.mark.parametrize(
    ("amount", "target", "expected"),
    [
        pytest.param("100000", "100000", "3000.00", id="on target"),
        pytest.param("99999.99", "100000", "1000.00", id="99.99999 % is not on target"),
        pytest.param("79999.99", "100000", "0.00", id="below 80 %"),
        pytest.param("130000", "100000", "6500.00", id="above 120 %"),
    ],
)
def test_attainment_selects_the_rate(amount, target, expected):
    rates = table([("80", "1"), ("100", "3"), ("120", "5")])
    earned = target_rebate(
        rates, Base(amount=D(amount)), D(target), measure="amount", reward="percent", digits=2
    )
    assert earned.amount == D(expected)


@pytest.mark.capability("S2.3.7")
def test_a_target_is_needed_and_shown():
    rates = table([("100", "3")])
    base = Base(amount=D("99999.99"))
    with pytest.raises(TermsError):
        target_rebate(rates, base, D(0), measure="amount", reward="percent", digits=2)
    earned = target_rebate(rates, base, D(100000), measure="amount", reward="percent", digits=2)
    assert earned.formula == "99,999.99 / 100,000.00 = 99.99%; 99,999.99 x 0%"


@pytest.mark.capability("S2.3.3")
def test_growth_over_the_year_before():
    rates = table([("0", "1"), ("20", "2")])

    def grown(now, then, **more):
        return growth_rebate(
            rates,
            Base(amount=D(now)),
            Base(amount=D(then)),
            measure="amount",
            reward="percent",
            digits=2,
            **more,
        ).amount

    assert grown("120", "100") == D("2.40")
    assert grown("120", "100", on_increase=True) == D("0.40")
    assert grown("119.99", "100") == D("1.20")
    assert grown("99", "100") == 0
    assert grown("100", "0") == 0
    assert grown("1000", "100", limits=Limits(cap=D(5))) == 5
    assert grown("1000", "100", limits=Limits(minimum=D(1001))) == 0


AMOUNTS = st.decimals(0, 10**7, places=3)
RISING = st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 300)), min_size=1, max_size=6).map(
    lambda rows: [
        (str(start), str(D(value) / 10))
        for start, value in zip(
            sorted({row[0] for row in rows}), sorted(row[1] for row in rows), strict=False
        )
    ]
)


@pytest.mark.rule("D3")
@pytest.mark.capability("S2.3.3")
@given(RISING, AMOUNTS, AMOUNTS, st.sampled_from([0, 2, 3]))
def test_rising_tiers_never_give_less_for_more(rows, one, two, digits):
    for mode in ("retrospective", "incremental"):
        low, high = (earn(rows, value, mode, digits).amount for value in sorted([one, two]))
        assert low <= high
    assert earn(rows, one, "incremental", digits).amount <= earn(rows, one, digits=digits).amount


@pytest.mark.rule("D3")
@given(RISING, AMOUNTS, st.sampled_from([0, 2, 3]))
def test_slices_sum_to_the_base_and_round_once(rows, amount, digits):
    slices = table(rows).slices(Fraction(amount))
    assert sum(part for _tier, part in slices) == Fraction(amount)
    exact = sum(part * Fraction(tier.value) / 100 for tier, part in slices)
    earned = earn(rows, amount, "incremental", digits).amount
    assert abs(Fraction(earned) - exact) <= Fraction(1, 2 * 10**digits)
    assert -earned.as_tuple().exponent == digits


@pytest.mark.rule("D4")
@given(RISING, st.lists(st.decimals(-(10**5), 10**6, places=2), min_size=1, max_size=8))
def test_interim_settlements_sum_to_what_is_earned_in_any_number_of_steps(rows, steps):
    total, paid = D(0), []
    for step in steps:
        total += step
        paid.append(to_settle(earn(rows, total).amount, paid, 2).amount)
    assert sum(paid) == earn(rows, total).amount


@pytest.mark.parametrize(
    ("exact", "digits", "expected"),
    [
        (Fraction(1, 200), 2, "0.01"),
        (Fraction(-1, 200), 2, "-0.01"),
        (Fraction(1, 3), 3, "0.333"),
        (Fraction(5, 2), 0, "3"),
        (Fraction(0), 2, "0"),
    ],
)
def test_halves_are_rounded_away_from_zero(exact, digits, expected):
    assert rounded(exact, digits) == D(expected)


@pytest.mark.capability("S2.3.6")
def test_price_bands():
    bands = table([("100", "9.50"), ("500", "9.00")])
    assert [best_price(bands, D(quantity), D(10)) for quantity in (99, 100, 499, 500)] == [
        10,
        D("9.50"),
        D("9.50"),
        9,
    ]
    assert best_price(None, D(1000), D(10)) == 10


# --- periods and working ------------------------------------------------------


@pytest.mark.rule("D5")
@pytest.mark.parametrize("mode", ["retrospective", "incremental"])
def test_more_returned_than_bought(mode):
    """Rates of the first tier are taken back; a fixed amount is for reaching a tier, or for the period."""
    low = Base(amount=D(-1000), quantity=D(-10))
    more = {"measure": "amount", "mode": mode, "digits": 2}
    rates = table([("0", "2"), ("100", "3")])
    assert tier_rebate(rates, low, reward="percent", **more).amount == D(-20)
    assert tier_rebate(rates, low, reward="per_piece", **more).amount == D(-20)
    assert tier_rebate(rates, low, reward="fixed", **more).amount == 0
    assert tier_rebate(table([("100", "3")]), low, reward="percent", **more).amount == 0
    assert fixed(low, D(88), 2).amount == 88


@pytest.mark.rule("D10")
@pytest.mark.parametrize(
    ("earned", "claims", "due"),
    [
        pytest.param("750", [("750", "500")], "0", id="what was refused is not claimed again"),
        pytest.param("900", [("750", "500")], "150", id="only what is more than was claimed"),
        pytest.param("600", [("750", "500")], "0", id="nothing between accepted and claimed"),
        pytest.param("380", [("750", "500")], "-120", id="only what was accepted goes back"),
        pytest.param("380", [("750", "0")], "0", id="of all refused nothing goes back"),
        pytest.param("380", [("750", "500"), ("-120", "-120")], "0", id="given back once"),
        pytest.param("700", [("750", "500"), ("-120", "-120")], "70", id="and earned again"),
    ],
)
def test_what_is_left_to_settle(earned, claims, due):
    claimed, accepted = zip(*claims, strict=True)
    left = to_settle(D(earned), [D(it) for it in claimed], 2, accepted=[D(it) for it in accepted])
    assert left.amount == D(due)


@pytest.mark.capability("S2.3.9")
@pytest.mark.rule("I6")
def test_a_working_is_written_in_texts_with_the_digits_of_its_currency():
    earned = earn(D3, "25000")
    working = Working(
        rule="tier_rebate",
        version=2,
        title="Yearly bonus",
        base=(BaseRow(label="PO1", amount=D(25000), quantity=D("10.00"), ref="7"), BaseRow(label="PO2")),
        base_total=D(25000),
        formula=earned.formula,
        result=earned.amount,
        currency="CNY",
        digits=2,
    )
    assert working.as_json() == {
        "rule": "tier_rebate",
        "version": 2,
        "title": "Yearly bonus",
        "base": [{"label": "PO1", "quantity": "10", "amount": "25000.00", "ref": "7"}, {"label": "PO2"}],
        "base_total": "25000.00",
        "formula": "25,000.00 x 3%",
        "result": "750.00",
        "currency": "CNY",
    }
