"""What must hold for all orders: same facts, same verdicts, and no match that nobody allowed."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reconciling import LEGS, orders, rules

from ecom_reconcile import Tolerance, decide
from ecom_reconcile.match import HOW
from ecom_reconcile.tolerance import PERCENT

AMOUNT = st.integers(0, 50).map(lambda part: part * 500)


@st.composite
def situations(draw):
    """Up to eight orders as shops see them, mostly right, and a fee rule for some of them."""
    rows, fees = [], []
    for position in range(draw(st.integers(1, 8))):
        expected, refund = draw(AMOUNT), draw(AMOUNT)
        row = {
            **{"how": draw(st.sampled_from(sorted(HOW))), "expected": expected},
            **{"order_total": draw(st.sampled_from([expected, expected, expected + 500]))},
            **{"received": draw(st.sampled_from([expected, expected - refund, 2 * expected, draw(AMOUNT)]))},
            **{
                "recorded": draw(st.sampled_from([0, refund])),
                "refunded": -draw(st.sampled_from([0, refund])),
            },
            **{
                "subsidy_back": -draw(st.sampled_from([0, 0, 500])),
                "fee": draw(st.sampled_from([0, -500, 500])),
            },
            **{"payments": draw(st.integers(0, 2)), "refunds": draw(st.integers(0, 1))},
        }
        flags = ("same_currency", "checks_refunds", "largest_excess", "payment_waits", "refund_waits")
        rows.append(row | {flag: draw(st.booleans()) for flag in flags})
        if draw(st.booleans()):
            fee = {"position": position, "fee": draw(st.sampled_from([-500, 0])), "rate": 10 * PERCENT}
            fees.append(fee | {"waits": draw(st.booleans())})
    return orders(*rows), rules(*fees)


LIMITS = Tolerance(lower_percent=PERCENT, upper_percent=PERCENT, lower_amount=500, upper_amount=500)


def plain(verdict):
    return verdict.sort_index().to_dict("index")


@pytest.mark.rule("B7")
@given(situations(), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_of_the_rows_changes_nothing(facts, random):
    rows, fees = facts
    places = list(range(len(rows)))
    random.shuffle(places)
    moved = fees.assign(position=[places.index(position) for position in fees["position"]])
    moved = moved.sample(frac=1, random_state=random.randrange(99)) if len(moved) else moved
    shuffled = decide(rows.iloc[places], moved, LIMITS, LIMITS)
    assert plain(shuffled) == plain(decide(rows, fees, LIMITS, LIMITS))


@pytest.mark.rule("B7")
@given(situations())
@settings(max_examples=30, deadline=None)
def test_ten_times_the_money_gives_the_same_states(facts):
    rows, fees = facts
    money = [name for name in rows if rows[name].dtype == "int64" and name not in ("payments", "refunds")]
    large = Tolerance(lower_percent=PERCENT, upper_percent=PERCENT, lower_amount=5_000, upper_amount=5_000)
    one = decide(rows, fees, LIMITS, LIMITS)
    ten = decide(
        rows.assign(**{name: rows[name] * 10 for name in money}),
        fees.assign(fee=fees["fee"] * 10),
        large,
        large,
    )
    words = ["state", "rule", "exception", *(f"state_{leg}" for leg in LEGS)]
    amounts = ["exception_amount", *(f"variance_{leg}" for leg in LEGS)]
    assert plain(one[words]) == plain(ten[words])
    assert plain(one[amounts] * 10) == plain(ten[amounts])


@pytest.mark.rule("B7")
@given(situations(), situations())
@settings(max_examples=30, deadline=None)
def test_other_orders_change_nothing(facts, others):
    (rows, fees), (more, more_fees) = facts, others
    more_fees = more_fees.assign(position=more_fees["position"] + len(rows))
    together = decide(
        pd.concat([rows, more], ignore_index=True),
        pd.concat([fees, more_fees], ignore_index=True),
        LIMITS,
        LIMITS,
    )
    assert plain(together.iloc[: len(rows)]) == plain(decide(rows, fees, LIMITS, LIMITS))


@pytest.mark.capability("S1.11.2")
@given(situations())
@settings(max_examples=80, deadline=None)
def test_no_order_is_matched_with_a_difference_that_nobody_allowed(facts):
    """Matched means: one currency, and each leg exact, net of a refund, or not to be compared."""
    rows, fees = facts
    verdict = decide(rows, fees, Tolerance(), Tolerance())
    assert set(verdict["state"]) <= {"matched", "timing", "exception"}
    matched = verdict[verdict["state"] == "matched"]
    fine = {"exact", "net", "none", "unchecked"}
    assert all(set(matched[f"state_{leg}"]) <= fine for leg in LEGS)
    assert (verdict["exception"] != "").tolist() == (verdict["state"] == "exception").tolist()
    for (_index, row), (_same, seen) in zip(
        rows.loc[matched.index].iterrows(), matched.iterrows(), strict=True
    ):
        assert row["same_currency"] and row["order_total"] == row["expected"]
        kept_back = (
            row["expected"] - row["recorded"]
            if seen["state_received"] in ("net", "none")
            else row["expected"]
        )
        assert row["received"] == kept_back
