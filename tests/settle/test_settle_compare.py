"""A supplier's own statement against ours: nothing lost, no order matters, the difference is proven."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_settle.compare import Entry, check, compare, plain, prove, result
from ecom_settle.problem import DocumentError
from ecom_settle.their_statement import read_rows


def entry(key, amount, numbers="", day=None, orders="", sort=""):
    return Entry(
        key=key,
        amount=Decimal(amount),
        numbers=tuple(numbers.split()),
        orders=tuple(orders.split()),
        day=date(2026, 9, day) if day else None,
        sort=sort,
    )


def kinds(ours, theirs):
    return [(pair.kind, pair.ours, pair.theirs, str(pair.difference)) for pair in compare(ours, theirs)]


@pytest.mark.capability("S2.8.10")
@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        pytest.param(
            [entry("a", "10.00", "V1 B/1")],
            [entry("1", "10.00", "v1")],
            [("same", ("a",), ("1",), "0.00")],
            id="one of our numbers, whatever the case",
        ),
        pytest.param(
            [entry("a", "10.00", "V1")],
            [entry("1", "12.50", "V1")],
            [("amount", ("a",), ("1",), "2.50")],
            id="the number with another amount",
        ),
        pytest.param(
            [entry("a", "10.00", "V1")],
            [entry("1", "6.00", "V1"), entry("2", "4.00", "V1")],
            [("same", ("a",), ("1", "2"), "0.00")],
            id="their document in two parts",
        ),
        pytest.param(
            [entry("a", "10.00", "V1"), entry("b", "-10.00", "V1")],
            [entry("1", "10.00", "V1")],
            [("same", ("a",), ("1",), "0.00"), ("ours", ("b",), (), "10.00")],
            id="our payment carries the bill's number and is not on theirs",
        ),
        pytest.param(
            [entry("a", "40", "V2", sort="bill"), entry("b", "-40", "V2", sort="payment")],
            [entry("1", "41", "V2")],
            [("amount", ("a",), ("1",), "1"), ("ours", ("b",), (), "40")],
            id="a payment that names a bill does not meet their bill",
        ),
        pytest.param(
            [entry("a", "40", "V2", sort="bill"), entry("b", "-40", "V2", sort="payment")],
            [entry("1", "41", "V2"), entry("2", "-39", "V2", sort="payment")],
            [("amount", ("a",), ("1",), "1"), ("amount", ("b",), ("2",), "1")],
            id="a payment of another amount, if theirs is said to be one",
        ),
        pytest.param(
            [entry("b", "-40", "V2", sort="payment")],
            [entry("2", "-6", "V2")],
            [("theirs", (), ("2",), "-6"), ("ours", ("b",), (), "40")],
            id="what only names a bill is not theirs of another amount",
        ),
        pytest.param(
            [entry("b", "-40", "V2", sort="payment"), entry("c", "-40", "V2", sort="credit")],
            [entry("2", "-40", "V2", sort="credit")],
            [("same", ("c",), ("2",), "0"), ("ours", ("b",), (), "40")],
            id="a credit note of the amount that was paid",
        ),
        pytest.param(
            [entry("b", "-40", "V2", 3, sort="payment"), entry("c", "-40", "V2", 4, sort="credit")],
            [entry("2", "-40", "V2", 3)],
            [("same", ("b",), ("2",), "0"), ("ours", ("c",), (), "40")],
            id="the day says which of two",
        ),
        pytest.param(
            [entry("b", "-40", "V2", 3, sort="payment"), entry("c", "-40", "V2", 4, sort="credit")],
            [entry("2", "-40", "V2", 5)],
            [("theirs", (), ("2",), "-40"), ("ours", ("b",), (), "40"), ("ours", ("c",), (), "40")],
            id="which of two is not said",
        ),
        pytest.param(
            [entry("b", "-40", "V2", sort="payment"), entry("c", "-5", "V2", sort="credit")],
            [entry("2", "-6", "V2", sort="credit"), entry("3", "-40", "V2")],
            [("same", ("b",), ("3",), "0"), ("amount", ("c",), ("2",), "-1")],
            id="a credit note with another amount beside a payment",
        ),
        pytest.param(
            [entry("a", "60", "V2", sort="bill"), entry("b", "50", "V2", sort="bill")],
            [entry("1", "100", "V2")],
            [("theirs", (), ("1",), "100"), ("ours", ("a",), (), "-60"), ("ours", ("b",), (), "-50")],
            id="two bills of one number and one of theirs",
        ),
        pytest.param(
            [entry("a", "10.00", "V1", 5)],
            [entry("1", "10.00", "X9", 5)],
            [("suggestion", ("a",), ("1",), "0.00")],
            id="amount and day alone are a suggestion",
        ),
        pytest.param(
            [entry("a", "10.00", "V1", 5), entry("b", "10.00", "V2", 5)],
            [entry("1", "10.00", "X9", 5)],
            [
                ("theirs", (), ("1",), "10.00"),
                ("ours", ("a",), (), "-10.00"),
                ("ours", ("b",), (), "-10.00"),
            ],
            id="a tie is nobody's match",
        ),
        pytest.param(
            [entry("a", "10.00", "V1", orders="P1")],
            [entry("1", "10.00", "X1", orders="P1")],
            [("same", ("a",), ("1",), "0.00")],
            id="the order, if the amounts agree",
        ),
        pytest.param(
            [entry("a", "10.00", "V1", orders="P1")],
            [entry("1", "11.00", "X1", orders="P1")],
            [("theirs", (), ("1",), "11.00"), ("ours", ("a",), (), "-10.00")],
            id="an order with other amounts says nothing",
        ),
    ],
)
def test_rules(ours, theirs, expected):
    assert kinds(ours, theirs) == expected


def test_result():
    one, other = entry("a", "1", "V1"), entry("1", "1", "V1")
    assert result(compare([one], [other])) == "matched"
    assert result(compare([one], [entry("1", "2", "V1")])) == "mismatch"
    assert result(compare([one, entry("b", "5", "V2")], [other])) == "missing"
    assert result(compare([one], [other, entry("2", "5", "V2")])) == "incomplete"


def test_two_lines_with_one_key_are_refused():
    with pytest.raises(ValueError, match="one key"):
        compare([entry("a", "1"), entry("a", "2")], [])


def test_full_width_numbers_are_plain():
    assert plain(" ｆｐ－１２ 3") == "FP-123"


_sides = st.lists(
    st.tuples(
        st.integers(-5, 5),
        st.sampled_from(["", "V1", "V2", "V1 V3", "V4"]),
        st.sampled_from([None, 1, 2]),
        st.sampled_from(["", "P1", "P2"]),
        st.sampled_from(["", "bill", "credit", "payment"]),
    ),
    max_size=8,
)


def _entries(rows):
    return [
        entry(str(number), f"{cents}.00", numbers, day, orders, sort)
        for number, (cents, numbers, day, orders, sort) in enumerate(rows)
    ]


@given(_sides, _sides, st.randoms(), st.integers(-9, 9), st.integers(-9, 9))
def test_every_line_once_in_any_order_and_the_difference_is_proven(left, right, chance, first, second):
    ours, theirs = _entries(left), _entries(right)
    pairs = compare(ours, theirs)
    check(ours, theirs, pairs)
    mixed = [list(ours), list(theirs)]
    for side in mixed:
        chance.shuffle(side)
    assert compare(*mixed) == pairs
    sums = [sum((item.amount for item in side), Decimal()) for side in (ours, theirs)]
    proof = prove(
        pairs,
        opening_ours=Decimal(first),
        opening_theirs=Decimal(second),
        closing_ours=first + sums[0],
        closing_theirs=second + sums[1],
    )
    assert proof.unexplained == 0
    for pair in pairs:
        assert (pair.kind in ("same", "suggestion")) <= (pair.difference == 0)
        members = [next(one for one in ours if one.key == key) for key in pair.ours]
        others = [next(one for one in theirs if one.key == key) for key in pair.theirs]
        assert all(not a.sort or not b.sort or a.sort == b.sort for a in members for b in others)
        assert all(a.amount * b.amount >= 0 for a in members for b in others)


def row(number, **cells):
    return {"row": number, **cells}


def test_their_rows():
    """Debit is what we owe, credit what we paid; balances and totals are no lines."""
    found = read_rows(
        [
            row(2, description="期初余额", amount="5.00"),
            row(3, date="2026-09-02 00:00:00", document="V1", po="P1", amount="10.5"),
            row(4, date="2026-09-03", document="PAY", debit="", credit="4"),
            row(5, document="合计", amount="6.50"),
            row(6, description="Closing balance", amount="11.50"),
        ],
        2,
    )
    assert [item.sort for item in found.entries] == ["", ""]
    assert [(item.key, item.amount, item.day) for item in found.entries] == [
        ("3", Decimal("10.50"), date(2026, 9, 2)),
        ("4", Decimal("-4.00"), date(2026, 9, 3)),
    ]
    assert (found.opening, found.closing) == (Decimal("5.00"), Decimal("11.50"))


def test_their_subtotals():
    """A total may be of all rows, of those above, or of those since another total; any other is named."""
    rows = [
        row(2, description="期初余额", amount="5"),
        row(3, document="V1", amount="10"),
        row(4, description="小计", amount="10"),
        row(5, document="V2", amount="-3"),
        row(6, description="期初余额", amount="5"),
        row(7, description="小计", amount="-3"),
        row(8, description="合计", amount="12"),
        row(9, description="总计", amount="7"),
    ]
    assert sum(item.amount for item in read_rows(rows, 2).entries) == 7
    for number, amount, reason in (
        (4, "9", "total_differs"),
        (7, "-2", "total_differs"),
        (6, "4", "balance_differs"),
    ):
        changed = [item | {"amount": amount} if item["row"] == number else item for item in rows]
        with pytest.raises(DocumentError) as caught:
            read_rows(changed, 2)
        assert [(item.row, item.reason) for item in caught.value.problems] == [(number, reason)]


def test_their_bad_rows_are_all_named():
    with pytest.raises(DocumentError) as caught:
        read_rows(
            [
                row(2, document="A", amount="x"),
                row(3, document="B"),
                row(4, document="C", amount="1.005"),
                row(5, description="total", amount="99"),
            ],
            2,
        )
    assert [(item.row, item.reason) for item in caught.value.problems] == [
        (2, "not_an_amount"),
        (3, "empty_required"),
        (4, "too_many_decimals"),
        (5, "total_differs"),
    ]


@pytest.mark.parametrize(
    ("description", "amount", "sort"),
    [
        ("销售出库", "1", "bill"),
        ("收 款", "-1", "payment"),
        ("应收款", "1", ""),
        ("Payment of V1", "-1", "payment"),
        ("Payment due in 30 days", "1", ""),
        ("退货", "-1", "credit"),
        ("销售退货", "-1", ""),
        ("goods", "1", ""),
        ("", "1", ""),
    ],
)
def test_what_their_rows_are(description, amount, sort):
    found = read_rows([row(2, document="V1", description=description, amount=amount)], 2)
    assert [item.sort for item in found.entries] == [sort]
