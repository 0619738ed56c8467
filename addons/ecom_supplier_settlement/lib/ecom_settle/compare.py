"""Compares a supplier's own statement with ours, line by line, and proves the difference of the closings.

Amounts are what we owe the supplier (invoices +, payments -). Rules, strictest first: a document number with
the amount, a document number with another amount, an order number whose amounts agree, and as a suggestion
only an amount on a day that is alone on both sides. A payment may name the invoice that it pays, so a number
alone does not make a pair: what is owed never meets what is paid, nor a payment a credit note. What two could
be is nobody's. Every line of both sides comes out exactly once.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

NUMBER = "number"
ORDER = "order"
AMOUNT_AND_DAY = "amount_and_day"
SAME = "same"
AMOUNT = "amount"
SUGGESTION = "suggestion"
THEIRS = "theirs"
OURS = "ours"
KINDS = (SAME, AMOUNT, SUGGESTION, THEIRS, OURS)
BILL = "bill"
CREDIT = "credit"
PAYMENT = "payment"
ZERO = Decimal(0)


class LostEntryError(Exception):
    """A line came in and did not come out exactly once: a mistake of this module."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One document on one of the two statements.

    `numbers` are all names of the document, `orders` its purchase orders; `key` is unique on its side.
    `sort` is BILL, CREDIT or PAYMENT, or empty if nobody says.
    """

    key: str
    amount: Decimal
    day: date | None = None
    numbers: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    sort: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What belongs together: keys of both sides, one of them possibly empty; difference = theirs - ours."""

    kind: str
    rule: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    amount_ours: Decimal
    amount_theirs: Decimal

    @property
    def difference(self) -> Decimal:
        """Theirs less ours."""
        return self.amount_theirs - self.amount_ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Their closing less ours = difference of the openings + of the lines + what they added up wrongly."""

    opening: Decimal
    lines: Decimal
    closing: Decimal

    @property
    def unexplained(self) -> Decimal:
        """Zero unless their closing is not their opening and lines."""
        return self.closing - self.opening - self.lines


def compare(ours: Iterable[Entry], theirs: Iterable[Entry]) -> list[Pair]:
    """All pairs, sorted; the order of the lines does not matter.

    :raise ValueError: two lines of one side have one key
    """
    left = sorted(ours, key=_rank)
    right = sorted(theirs, key=_rank)
    for side in (left, right):
        if len({entry.key for entry in side}) != len(side):
            raise ValueError("two lines have one key")
    pairs: list[Pair] = []
    left, right = _by_name(left, right, NUMBER, pairs)
    left, right = _by_name(left, right, ORDER, pairs)
    left, right = _by_amount_and_day(left, right, pairs)
    pairs += [_pair(THEIRS, "", (), (entry,)) for entry in right]
    pairs += [_pair(OURS, "", (entry,), ()) for entry in left]
    return sorted(pairs, key=lambda pair: (KINDS.index(pair.kind), pair.ours, pair.theirs))


def prove(
    pairs: Iterable[Pair],
    *,
    opening_ours: Decimal,
    opening_theirs: Decimal,
    closing_ours: Decimal,
    closing_theirs: Decimal,
) -> Proof:
    """The proof of the difference of two statements whose lines were compared."""
    return Proof(
        opening=opening_theirs - opening_ours,
        lines=sum((pair.difference for pair in pairs), ZERO),
        closing=closing_theirs - closing_ours,
    )


def check(ours: Sequence[Entry], theirs: Sequence[Entry], pairs: Sequence[Pair]) -> None:
    """Raise LostEntryError unless every line and every amount is in the pairs exactly once."""
    for entries, keys, amount in (
        (ours, [key for pair in pairs for key in pair.ours], sum((p.amount_ours for p in pairs), ZERO)),
        (theirs, [key for pair in pairs for key in pair.theirs], sum((p.amount_theirs for p in pairs), ZERO)),
    ):
        if sorted(keys) != sorted(entry.key for entry in entries):
            raise LostEntryError("lines in and out differ")
        if amount != sum((entry.amount for entry in entries), ZERO):
            raise LostEntryError("amounts in and out differ")


def result(pairs: Iterable[Pair]) -> str:
    """What the whole comparison says: matched, mismatch, missing (of ours on theirs) or incomplete (ours)."""
    kinds = {pair.kind for pair in pairs}
    if THEIRS in kinds:
        return "incomplete"
    if OURS in kinds:
        return "missing"
    return "mismatch" if kinds & {AMOUNT, SUGGESTION} else "matched"


def plain(text: str) -> str:
    """A number as it is compared: width, case and blanks make no difference, nothing else is touched."""
    return "".join(unicodedata.normalize("NFKC", text).upper().split())


def _rank(entry: Entry) -> tuple[date, Decimal, str]:
    return entry.day or date.min, entry.amount, entry.key


def _pair(kind: str, rule: str, ours: Sequence[Entry], theirs: Sequence[Entry]) -> Pair:
    return Pair(
        kind=kind,
        rule=rule,
        ours=tuple(sorted(entry.key for entry in ours)),
        theirs=tuple(sorted(entry.key for entry in theirs)),
        amount_ours=sum((entry.amount for entry in ours), ZERO),
        amount_theirs=sum((entry.amount for entry in theirs), ZERO),
    )


def _names(entry: Entry, rule: str) -> list[str]:
    texts = entry.numbers if rule == NUMBER else entry.orders
    return [name for name in map(plain, texts) if name]


def _groups(left: list[Entry], right: list[Entry], rule: str) -> list[tuple[list[Entry], list[Entry]]]:
    """Lines that share a name, directly or through another line; each line is in one group."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for entry in (*left, *right):
        names = _names(entry, rule)
        for name in names[1:]:
            parent[root(name)] = root(names[0])
    groups: dict[str, tuple[list[Entry], list[Entry]]] = defaultdict(lambda: ([], []))
    for side, entries in enumerate((left, right)):
        for entry in entries:
            names = _names(entry, rule)
            if names:
                groups[root(names[0])][side].append(entry)
    return [group for group in groups.values() if all(group)]


def _by_name(
    left: list[Entry], right: list[Entry], rule: str, pairs: list[Pair]
) -> tuple[list[Entry], list[Entry]]:
    """Pair what shares a name: equal amounts one to one, then what is left of one sort as a whole."""
    done: set[tuple[int, str]] = set()
    for ours, theirs in _groups(left, right, rule):
        found = [_pair(SAME, rule, (one,), (other,)) for one, other in _equals(ours, theirs)]
        ours, theirs = _without(ours, theirs, found)
        for sign in (1, -1):
            # What they name comes first; what is left may be what they do not name.
            for sort in (BILL, CREDIT, PAYMENT, ""):
                mine = [entry for entry in ours if entry.amount * sign > 0 and _fits(entry.sort, sort)]
                others = [entry for entry in theirs if entry.amount * sign > 0 and entry.sort == sort]
                whole = _whole(mine, others, rule)
                if whole:
                    found.append(whole)
                    ours, theirs = _without(ours, theirs, [whole])
        pairs += found
        done |= {(0, key) for pair in found for key in pair.ours}
        done |= {(1, key) for pair in found for key in pair.theirs}
    return (
        [entry for entry in left if (0, entry.key) not in done],
        [entry for entry in right if (1, entry.key) not in done],
    )


def _fits(sort: str, other: str) -> bool:
    return not sort or not other or sort == other


def _without(
    ours: list[Entry], theirs: list[Entry], found: Iterable[Pair]
) -> tuple[list[Entry], list[Entry]]:
    gone = {key for pair in found for key in pair.ours}, {key for pair in found for key in pair.theirs}
    return (
        [entry for entry in ours if entry.key not in gone[0]],
        [entry for entry in theirs if entry.key not in gone[1]],
    )


# What says that equal amounts are one document, strictest first.
_LIKENESS: tuple[Callable[[Entry], Hashable], ...] = (
    lambda entry: (entry.amount, entry.sort, entry.day),
    lambda entry: (entry.amount, entry.sort),
    lambda entry: (entry.amount, entry.day),
    lambda entry: entry.amount,
)


def _equals(ours: list[Entry], theirs: list[Entry]) -> list[tuple[Entry, Entry]]:
    """Equal amounts one to one, if there are as many on one side as on the other."""
    found: list[tuple[Entry, Entry]] = []
    for likeness in _LIKENESS:
        done = {one.key for one, _other in found}, {other.key for _one, other in found}
        alike: dict[Hashable, tuple[list[Entry], list[Entry]]] = defaultdict(lambda: ([], []))
        for side, entries in enumerate((ours, theirs)):
            for entry in entries:
                if entry.key not in done[side]:
                    alike[likeness(entry)][side].append(entry)
        for mine, others in alike.values():
            if len(mine) == len(others) and all(_fits(a.sort, b.sort) for a in mine for b in others):
                found += zip(mine, others, strict=True)
    return found


def _whole(mine: list[Entry], others: list[Entry], rule: str) -> Pair | None:
    """All of one side with all of the other: the same in sum, or one document of ours with another amount.

    A payment that names an invoice is paired by its amount only, unless theirs is a payment too.
    """
    if not mine or not others:
        return None
    whole = _pair(SAME, rule, mine, others)
    if not whole.difference:
        return whole
    sure = mine[0].sort != PAYMENT or others[0].sort == PAYMENT
    return _pair(AMOUNT, rule, mine, others) if rule == NUMBER and len(mine) == 1 and sure else None


def _by_amount_and_day(
    left: list[Entry], right: list[Entry], pairs: list[Pair]
) -> tuple[list[Entry], list[Entry]]:
    """Suggest what has an amount and a day that nobody else on its side has."""
    counts = [Counter((entry.day, entry.amount) for entry in side) for side in (left, right)]
    theirs = {(entry.day, entry.amount): entry for entry in right}
    done: set[tuple[int, str]] = set()
    for entry in left:
        place = (entry.day, entry.amount)
        alone = counts[0][place] == 1 and counts[1][place] == 1
        if entry.day and entry.amount and alone and _fits(entry.sort, theirs[place].sort):
            pairs.append(_pair(SUGGESTION, AMOUNT_AND_DAY, (entry,), (theirs[place],)))
            done |= {(0, entry.key), (1, theirs[place].key)}
    return (
        [entry for entry in left if (0, entry.key) not in done],
        [entry for entry in right if (1, entry.key) not in done],
    )
