"""Terms stage: calendar periods of clauses, and the same days of the year before."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_settle.periods import Period, period_of, periods, year_before, years_before


@pytest.mark.rule("D1")
@pytest.mark.parametrize(
    ("length", "count", "first", "last"),
    [
        (
            "month",
            6,
            Period(date(2026, 2, 10), date(2026, 2, 28)),
            Period(date(2026, 7, 1), date(2026, 7, 5)),
        ),
        (
            "quarter",
            3,
            Period(date(2026, 2, 10), date(2026, 3, 31)),
            Period(date(2026, 7, 1), date(2026, 7, 5)),
        ),
        ("half", 2, Period(date(2026, 2, 10), date(2026, 6, 30)), Period(date(2026, 7, 1), date(2026, 7, 5))),
        ("year", 1, Period(date(2026, 2, 10), date(2026, 7, 5)), Period(date(2026, 2, 10), date(2026, 7, 5))),
    ],
)
def test_periods_are_cut_to_the_term(length, count, first, last):
    found = list(periods(date(2026, 2, 10), date(2026, 7, 5), length))
    assert (len(found), found[0], found[-1]) == (count, first, last)


@given(
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(0, 900),
    st.sampled_from(["month", "quarter", "half", "year"]),
)
def test_every_day_of_a_term_is_in_one_period(start, length, kind):
    end = date.fromordinal(start.toordinal() + length)
    days = [
        day
        for period in periods(start, end, kind)
        for day in range(period.start.toordinal(), period.end.toordinal() + 1)
    ]
    assert days == list(range(start.toordinal(), end.toordinal() + 1))


def test_the_year_before_keeps_month_ends():
    assert year_before(Period(date(2025, 2, 1), date(2025, 2, 28))) == Period(
        date(2024, 2, 1), date(2024, 2, 29)
    )
    assert year_before(period_of(date(2024, 2, 29), "month")) == Period(date(2023, 2, 1), date(2023, 2, 28))


def test_the_years_before_of_versions_have_no_day_twice_and_lose_none():
    """Given parts that follow each other, whatever the day between them, their years before do too."""
    for cut in (date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1), date(2025, 2, 28), date(2026, 7, 1)):
        whole = Period(date(cut.year, 1, 1), date(cut.year, 12, 31))
        low, high = years_before([Period(whole.start, cut - timedelta(days=1)), Period(cut, whole.end)])
        assert low.end + timedelta(days=1) == high.start
        assert (low.start, high.end) == (date(cut.year - 1, 1, 1), date(cut.year - 1, 12, 31))
    apart = [Period(date(2026, 1, 1), date(2026, 1, 31)), Period(date(2026, 3, 1), date(2026, 3, 31))]
    assert years_before(apart) == [
        Period(date(2025, 1, 1), date(2025, 1, 31)),
        Period(date(2025, 3, 1), date(2025, 3, 31)),
    ]
