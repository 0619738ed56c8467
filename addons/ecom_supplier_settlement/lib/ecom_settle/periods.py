"""Terms stage: the calendar periods in which a clause is settled."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

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
    """The same days a year earlier: a month's end stays its end, 29 February begins on the 28th."""
    return Period(_earlier(period.start), _earlier(period.end, end=True))


def years_before(parts: Sequence[Period]) -> list[Period]:
    """The same days a year earlier of periods in order; no day is in two, none is lost between neighbours."""
    earlier = [year_before(part) for part in parts]
    for at, (low, high) in enumerate(pairwise(parts)):
        before_next = earlier[at + 1].start - timedelta(days=1)
        adjacent = low.end + timedelta(days=1) == high.start
        end = before_next if adjacent else min(earlier[at].end, before_next)
        earlier[at] = Period(earlier[at].start, end)
    return earlier


def _earlier(day: date, *, end: bool = False) -> date:
    after = day + timedelta(days=1)
    if end and after.day == 1:
        return date(after.year - 1, after.month, 1) - timedelta(days=1)
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)
