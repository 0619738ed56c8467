"""Accruals of goods received and not billed: valued, converted and taken back to the last unit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_settle.accrual import Open, in_company, reversal_parts, value


@pytest.mark.rule("C7")
@pytest.mark.parametrize(
    ("quantity", "price", "digits", "expected"),
    [("40", "10", 2, 40000), ("3", "3.335", 2, 1001), ("3", "333", 0, 999), ("3", "1.0005", 3, 3002)],
)
def test_value(quantity, price, digits, expected):
    assert value(Decimal(quantity), Decimal(price), digits) == expected


@pytest.mark.rule("G1")
@pytest.mark.parametrize(
    ("amount", "rate", "digits", "own", "expected"),
    [
        (100000, "7.1", 2, 2, 710000),
        (999, "0.05", 0, 2, 4995),
        (3015, "23.5", 3, 2, 7085),
        (5, "20", 2, 0, 1),
    ],
)
def test_in_company(amount, rate, digits, own, expected):
    assert in_company(amount, Decimal(rate), digits, own) == expected


ACCRUALS = st.lists(
    st.tuples(st.decimals("0.01", 1000, places=2), st.integers(0, 10**9), st.integers(0, 10**10)),
    min_size=1,
    max_size=6,
).map(
    lambda rows: [
        Open(key=key, quantity=quantity, amount=amount, balance=balance)
        for key, (quantity, amount, balance) in enumerate(rows)
    ]
)


@pytest.mark.rule("C7", "B9")
@given(ACCRUALS, st.lists(st.decimals("0.01", 700, places=2), max_size=12))
def test_what_is_taken_back_in_parts_is_all_of_it(accruals, bills):
    left = list(accruals)
    total = sum(item.quantity for item in accruals)
    taken = {item.key: [Decimal(0), 0, 0] for item in accruals}
    for quantity in [*bills, total]:
        parts = reversal_parts(quantity, left)
        assert sum(part.quantity for part in parts) == min(quantity, sum(item.quantity for item in left))
        by_key = {part.key: part for part in parts}
        for part in parts:
            for place, number in enumerate((part.quantity, part.amount, part.balance)):
                taken[part.key][place] += number
        left = [
            Open(
                key=item.key,
                quantity=item.quantity - by_key[item.key].quantity,
                amount=item.amount - by_key[item.key].amount,
                balance=item.balance - by_key[item.key].balance,
            )
            if item.key in by_key
            else item
            for item in left
        ]
        left = [item for item in left if item.quantity]
    assert not left
    assert taken == {item.key: [item.quantity, item.amount, item.balance] for item in accruals}


@pytest.mark.rule("C7")
def test_the_oldest_accrual_goes_first():
    old = Open(key=1, quantity=Decimal(3), amount=1000, balance=7101)
    new = Open(key=2, quantity=Decimal(5), amount=2000, balance=14000)
    assert reversal_parts(Decimal(4), [old, new]) == [
        old,
        Open(key=2, quantity=Decimal(1), amount=400, balance=2800),
    ]
    assert reversal_parts(Decimal(1), [old]) == [Open(key=1, quantity=Decimal(1), amount=333, balance=2367)]
