"""Invoice stage: what of each invoice line stands, once credit notes have taken theirs.

A credit note that names its invoice takes from that invoice, its last line first; any other, and what the
first kind has left, takes from the last invoices first. Invoices count in the order they were entered; what
an invoice takes back itself comes first on it.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """A line of an invoice, or of a credit note, that names an order line; lines of invoices may be negative.

    :param key: a later line has a greater one
    :param document: its invoice or credit note; a later one has a greater number
    :param quantity: in the order's unit; of a credit note, what it takes back
    :param credits: the invoice that a credit note names, if it names one
    """

    key: int
    document: int
    order_line: int
    quantity: Decimal
    is_credit: bool = False
    credits: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an invoice line says, what of it stands, and what stands on the lines that come before it."""

    gross: Decimal
    quantity: Decimal
    before: Decimal


def standing(lines: Iterable[Billed]) -> dict[int, Standing]:
    """{key: what stands} of the lines of invoices; each order line is looked at by itself.

    :param lines: all invoices and credit notes that count, of every order line concerned
    """
    of_order_lines: dict[int, list[Billed]] = defaultdict(list)
    for line in lines:
        of_order_lines[line.order_line].append(line)
    found: dict[int, Standing] = {}
    for own in of_order_lines.values():
        found |= _standing_of_one(own)
    return found


def _standing_of_one(lines: list[Billed]) -> dict[int, Standing]:
    bills = sorted((line for line in lines if not line.is_credit), key=lambda it: (it.document, it.key))
    credits = [line for line in lines if line.is_credit]
    left = {line.key: line.quantity for line in bills}
    if credits:
        documents: dict[int, list[int]] = defaultdict(list)
        for line in bills:
            documents[line.document].append(line.key)
        named: dict[int, Decimal] = defaultdict(Decimal)
        for line in credits:
            if line.credits is not None and line.credits in documents:
                named[line.credits] += line.quantity
        taken = sum((_take(left, documents[number], amount) for number, amount in named.items()), NOTHING)
        rest = sum((line.quantity for line in credits), NOTHING) - taken
        _take(left, [line.key for line in bills], rest)
    found, before = {}, NOTHING
    for line in sorted(bills, key=lambda it: (it.document, left[it.key] >= 0, it.key)):
        found[line.key] = Standing(gross=line.quantity, quantity=left[line.key], before=before)
        before += left[line.key]
    return found


def _take(left: dict[int, Decimal], keys: list[int], amount: Decimal) -> Decimal:
    """Take from what is left of these lines, the last first, none below zero; return what was taken."""
    rest = amount
    for key in reversed(keys):
        if rest <= 0:
            break
        part = min(rest, max(left[key], NOTHING))
        left[key] -= part
        rest -= part
    return amount - rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """The amount of an invoice line, and what a credit of its price names: invoice, product, currency."""

    key: int
    named_by: Hashable
    amount: Decimal


def credited(lines: Iterable[Priced], credits: Mapping[Hashable, Decimal]) -> dict[int, Decimal]:
    """{key: what credit notes of the price alone take off the line}, the last line of each invoice first.

    :param credits: {what is named: amount of all such credit notes}
    """
    left: dict[int, Decimal] = {}
    keys: dict[Hashable, list[int]] = defaultdict(list)
    amounts = {}
    for line in lines:
        amounts[line.key] = left[line.key] = line.amount
        keys[line.named_by].append(line.key)
    for named_by, amount in credits.items():
        _take(left, sorted(keys[named_by]), amount)
    return {key: amount - left[key] for key, amount in amounts.items() if left[key] != amount}
