"""Terms stage: the calendar periods in which a clause is settled."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From the first to the last day, both included."""

    start: date
    end: date


def period_of(day: date, length: str) -> Period:
    """The calendar month, quarter, half or year the day lies in."""
    months = MONTHS[length]
    first = (day.month - 1) // months * months + 1
    after = first + months
    end = date(day.year + (after - 1) // 12, (after - 1) % 12 + 1, 1) - timedelta(days=1)
    return Period(date(day.year, first, 1), end)


def periods(date_from: date, date_to: date, length: str) -> Iterator[Period]:
    """The periods from one day to the other; the first and the last are cut to the term."""
    day = date_from
    while day <= date_to:
        whole = period_of(day, length)
        yield Period(max(whole.start, date_from), min(whole.end, date_to))
        day = whole.end + timedelta(days=1)


def year_before(period: Period) -> Period:
    """The same days a year earlier; a 29 February becomes the 28th, a month's end stays its end."""
    return Period(_earlier(period.start), _earlier(period.end))


def _earlier(day: date) -> date:
    ends = (day + timedelta(days=1)).day == 1
    if ends:
        after = day + timedelta(days=1)
        return date(after.year - 1, after.month, 1) - timedelta(days=1)
    return day.replace(year=day.year - 1)
