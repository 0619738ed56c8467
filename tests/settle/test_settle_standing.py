"""What of each bill line stands once credit notes have taken theirs, and what must hold for all of them."""

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_settle.standing import Billed, Priced, credited, standing


def bill(key, quantity, document=1, order_line=7):
    return Billed(key=key, document=document, order_line=order_line, quantity=Decimal(quantity))


def note(key, quantity, document=90, order_line=7, credits=None):
    return Billed(
        key=key,
        document=document,
        order_line=order_line,
        quantity=Decimal(quantity),
        is_credit=True,
        credits=credits,
    )


@pytest.mark.rule("C1")
@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([bill(1, 10)], {1: (10, 0)}, id="a bill without credit stands"),
        pytest.param(
            [bill(1, 4), bill(2, 6), bill(3, 5, document=2)],
            {1: (4, 0), 2: (6, 4), 3: (5, 10)},
            id="each line counts what stands before it",
        ),
        pytest.param(
            [bill(1, 4), bill(2, 6), note(3, 7, credits=1)],
            {1: (3, 0), 2: (0, 3)},
            id="a credit note takes from the last line of the bill it names",
        ),
        pytest.param(
            [bill(1, 10), bill(2, 10, document=2), note(3, 4, credits=1)],
            {1: (6, 0), 2: (10, 6)},
            id="a credit note takes from the bill it names, not from a later one",
        ),
        pytest.param(
            [bill(1, 10), bill(2, 10, document=2), note(3, 4)],
            {1: (10, 0), 2: (6, 10)},
            id="a credit note that names no bill takes from the last one",
        ),
        pytest.param(
            [bill(1, 10), bill(2, 10, document=2), note(3, 12, credits=1)],
            {1: (0, 0), 2: (8, 0)},
            id="what a bill cannot give is taken from the last one",
        ),
        pytest.param(
            [bill(1, 10), note(3, 4, credits=55)],
            {1: (6, 0)},
            id="a credit note of a bill of other order lines is one that names none",
        ),
        pytest.param(
            [bill(1, 10), note(3, 4), note(4, 9)],
            {1: (0, 0)},
            id="more credit than bills leaves nothing, and not less",
        ),
        pytest.param(
            [bill(1, 10), bill(2, -3), bill(3, 5, document=2)],
            {2: (-3, 0), 1: (10, -3), 3: (5, 7)},
            id="what a bill takes back itself comes first on it",
        ),
        pytest.param(
            [bill(1, 10), bill(2, -3), note(3, 4, credits=1)],
            {2: (-3, 0), 1: (6, -3)},
            id="nothing is taken from a line that takes back",
        ),
        pytest.param(
            [bill(1, 10), note(3, -4, credits=1)], {1: (10, 0)}, id="a credit note below zero gives nothing"
        ),
        pytest.param(
            [bill(1, 10), bill(2, 8, document=2), note(3, 6, credits=1), note(4, -4, credits=2)],
            {1: (4, 0), 2: (8, 4)},
            id="a note below zero uses up no named credit",
        ),
        pytest.param(
            [bill(1, 10), bill(2, 5, order_line=8), note(3, 4, order_line=8)],
            {1: (10, 0), 2: (1, 0)},
            id="order lines are looked at one by one",
        ),
    ],
)
def test_what_stands(lines, expected):
    found = standing(lines)
    assert {key: (one.quantity, one.before) for key, one in found.items()} == expected
    gross = {line.key: line.quantity for line in lines if not line.is_credit}
    assert {key: one.gross for key, one in found.items()} == gross


def test_thirds_of_a_dozen_add_up():
    """Six bills of two pieces are one dozen, though no number of decimals says what two pieces of it are."""
    part = Decimal("0.16666666666666666667")
    found = standing([bill(key, part, document=key) for key in range(1, 7)])
    assert round((found[6].before + found[6].quantity) * 10**6) == 10**6


quantities = st.decimals(min_value=-20, max_value=20, places=2)
facts = st.lists(
    st.builds(
        lambda document, order_line, quantity, is_credit, credits: {
            "document": 100 + document if is_credit else document,
            "order_line": order_line,
            "quantity": quantity,
            "is_credit": is_credit,
            "credits": credits if is_credit else None,
        },
        st.integers(1, 4),
        st.integers(1, 2),
        quantities,
        st.booleans(),
        st.none() | st.integers(1, 5),
    ),
    max_size=12,
).map(lambda rows: [Billed(key=key, **row) for key, row in enumerate(rows, start=1)])


@given(facts, st.randoms(use_true_random=False))
def test_nothing_is_taken_twice(lines, chance):
    found = standing(lines)
    for number in {line.order_line for line in lines}:
        own = [line for line in lines if line.order_line == number]
        bills, notes = ([line for line in own if line.is_credit == is_credit] for is_credit in (False, True))
        taken = [line.quantity - found[line.key].quantity for line in bills]
        assert all(0 <= part <= max(line.quantity, 0) for line, part in zip(bills, taken, strict=True))
        assert sum(taken) <= sum(max(line.quantity, Decimal(0)) for line in notes)
        if all(line.quantity >= 0 for line in notes):
            could = sum(max(line.quantity, Decimal(0)) for line in bills)
            assert sum(taken) == min(could, sum(line.quantity for line in notes)), "all credit is used"
        # Each line counts what stands before it: together they are one chain.
        chain = sorted((found[line.key].before, found[line.key].quantity) for line in bills)
        assert sum(part for _before, part in chain) == sum(line.quantity for line in bills) - sum(taken)
        assert {found[line.key].before for line in bills} >= ({Decimal(0)} if bills else set())
    mixed = list(lines)
    chance.shuffle(mixed)
    assert standing(mixed) == found, "what comes first in a query does not matter"


@pytest.mark.parametrize(
    ("amounts", "credit", "expected"),
    [
        pytest.param(["100.00", "50.00"], "30.00", {2: "30.00"}, id="the last line first"),
        pytest.param(["100.00", "50.00"], "70.00", {2: "50.00", 1: "20.00"}, id="then the one before it"),
        pytest.param(["100.00", "-5.00"], "30.00", {1: "30.00"}, id="nothing from a line below zero"),
        pytest.param(["100.00"], "130.00", {1: "100.00"}, id="no more than there is"),
    ],
)
def test_credit_of_a_price(amounts, credit, expected):
    lines = [
        Priced(key=key, named_by=("B1", "P"), amount=Decimal(amount))
        for key, amount in enumerate(amounts, start=1)
    ]
    found = credited(random.sample(lines, len(lines)), {("B1", "P"): Decimal(credit)})
    assert found == {key: Decimal(amount) for key, amount in expected.items()}


def test_credit_of_another_product_takes_nothing():
    line = Priced(key=1, named_by=("B1", "P"), amount=Decimal(10))
    assert credited([line], {("B1", "Q"): Decimal(5)}) == {}
