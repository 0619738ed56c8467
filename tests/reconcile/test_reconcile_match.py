"""What becomes of an order and its bill lines: one row for each situation, with all four legs."""

import pytest
from reconciling import CENT, LEGS, NOTHING_YET, ORDER, judged, legs, orders, rules

from ecom_reconcile import RULES, Tolerance, decide
from ecom_reconcile.match import HOW
from ecom_reconcile.tolerance import PERCENT

SITUATIONS = [
    # order, tolerance; state, rule, exception, its amount; order, received, refund and fee leg
    pytest.param(
        *({}, None, "matched", "reference_and_amount", "", 0),
        "exact exact none unchecked",
        id="the bill pays exactly what is owed",
    ),
    pytest.param(
        *({"received": 9_999}, CENT, "tolerance", "reference_within_tolerance", "", 0),
        "exact tolerance none unchecked",
        id="a cent less is within a tolerance of a cent",
    ),
    pytest.param(
        *({"received": 10_001}, CENT, "tolerance", "reference_within_tolerance", "", 0),
        "exact tolerance none unchecked",
        id="a cent more is within a tolerance of a cent",
    ),
    pytest.param(
        *({"received": 9_998}, CENT, "exception", "", "amount_mismatch", -2),
        "exact mismatch none unchecked",
        id="two cents less are not",
    ),
    pytest.param(
        *({"received": 9_900}, None, "exception", "", "amount_mismatch", -100),
        "exact mismatch none unchecked",
        id="order 100.00 and bill 99.00: short by one",
    ),
    pytest.param(
        *({"received": 9_900, "payment_waits": True}, None, "exception", "", "amount_mismatch", -100),
        "exact mismatch none unchecked",
        id="a wrong amount is never a matter of time",
    ),
    pytest.param(
        *({"received": 10_500}, None, "exception", "", "amount_mismatch", 500),
        "exact mismatch none unchecked",
        id="paid too much",
    ),
    pytest.param(
        *({"received": 20_000, "payments": 2, "largest_excess": True}, None, "exception", ""),
        *("duplicate_payment", 10_000, "exact mismatch none unchecked"),
        id="the same payment twice",
    ),
    pytest.param(
        *({"received": 10_500, "payments": 2}, None, "exception", "", "amount_mismatch", 500),
        "exact mismatch none unchecked",
        id="two payments of which none is the excess: not a duplicate",
    ),
    pytest.param(
        *({"received": 20_000, "payments": 1, "largest_excess": True}, None, "exception", ""),
        *("amount_mismatch", 10_000, "exact mismatch none unchecked"),
        id="one payment of twice the amount: not a duplicate",
    ),
    pytest.param(
        *({"received": 10_000, "payments": 2}, None, "matched", "reference_and_amount", "", 0),
        "exact exact none unchecked",
        id="two payments that add up",
    ),
    pytest.param(
        *({**NOTHING_YET, "payment_waits": True}, None, "timing", "", "", 0),
        "exact waiting none unchecked",
        id="no payment yet, and it may still come",
    ),
    pytest.param(
        *(NOTHING_YET, None, "exception", "", "missing_bill", -10_000),
        "exact waiting none unchecked",
        id="no payment, and it should have come",
    ),
    pytest.param(
        *({"recorded": 3_000, "received": 7_000}, None, "matched", "reference_net", "", 0),
        "exact net net unchecked",
        id="the refund was kept back before settlement",
    ),
    pytest.param(
        *({"recorded": 3_000, "received": 7_001}, None, "exception", "", "amount_mismatch", -2_999),
        "exact mismatch mismatch unchecked",
        id="kept back, but not the amount of the refund",
    ),
    pytest.param(
        *(
            {"recorded": 3_000, "refunded": -3_000, "refunds": 1},
            None,
            "matched",
            "reference_and_amount",
            "",
            0,
        ),
        "exact exact exact unchecked",
        id="paid and partly refunded as granted",
    ),
    pytest.param(
        *(
            {"recorded": 10_000, "refunded": -10_000, "refunds": 1},
            None,
            "matched",
            "reference_and_amount",
            "",
            0,
        ),
        "exact exact exact unchecked",
        id="paid and refunded altogether",
    ),
    pytest.param(
        *({**NOTHING_YET, "recorded": 10_000}, None, "matched", "reference_net", "", 0),
        "exact none net unchecked",
        id="taken back before it was ever paid",
    ),
    pytest.param(
        *(
            {**NOTHING_YET, "recorded": 10_000, "received": 500},
            None,
            "exception",
            "",
            "amount_mismatch",
            -9_500,
        ),
        "exact mismatch mismatch unchecked",
        id="taken back before it was ever paid, and tax came",
    ),
    pytest.param(
        *(
            {"recorded": 3_000, "refunded": -2_900, "refunds": 1},
            None,
            "exception",
            "",
            "amount_mismatch",
            100,
        ),
        "exact exact mismatch unchecked",
        id="refunded less than granted",
    ),
    pytest.param(
        *(
            {"recorded": 3_000, "refunded": -3_001, "refunds": 1},
            CENT,
            "tolerance",
            "reference_within_tolerance",
        ),
        *("", 0, "exact exact tolerance unchecked"),
        id="refunded a cent more than granted, within tolerance",
    ),
    pytest.param(
        *({"refunded": -3_000, "refunds": 1}, None, "exception", "", "amount_mismatch", -3_000),
        "exact exact mismatch unchecked",
        id="refunded although nothing was granted",
    ),
    pytest.param(
        *(
            {"refunded": -3_000, "refunds": 1, "checks_refunds": False},
            None,
            "matched",
            "reference_and_amount",
        ),
        *("", 0, "exact exact unchecked unchecked"),
        id="refunded in a shop that keeps no refunds: there is nothing to compare with",
    ),
    pytest.param(
        *({"recorded": 10_000, "refunded": -12_000, "refunds": 1}, None, "exception", ""),
        *("refund_exceeds_order", -2_000, "exact exact mismatch unchecked"),
        id="refunded more than the order",
    ),
    pytest.param(
        *({"refunded": -10_001, "refunds": 1, "checks_refunds": False}, None, "exception", ""),
        *("refund_exceeds_order", -1, "exact exact unchecked unchecked"),
        id="refunded more than the order in a shop that keeps no refunds",
    ),
    pytest.param(
        *({"recorded": 3_000, "refund_waits": True}, None, "timing", "", "", 0),
        "exact exact waiting unchecked",
        id="a granted refund that may still come",
    ),
    pytest.param(
        *({"recorded": 3_000}, None, "exception", "", "missing_bill", 3_000),
        "exact exact mismatch unchecked",
        id="a granted refund that should have come",
    ),
    pytest.param(
        *({"recorded": 10_000, "refunded": -9_000, "refunds": 1, "subsidy_back": -1_000}, None, "matched"),
        *("reference_and_amount", "", 0, "exact exact exact unchecked"),
        id="the platform takes its subsidy back with the refund",
    ),
    pytest.param(
        *({"expected": 9_000, "received": 9_000}, None, "exception", "", "amount_mismatch", -1_000),
        "mismatch exact none unchecked",
        id="the platform owes less than the order says, and pays that",
    ),
    pytest.param(
        *({"same_currency": False}, None, "exception", "", "currency_mismatch", 10_000),
        "exact mismatch none unchecked",
        id="the same figure in another currency",
    ),
    pytest.param(
        *({"fee": 50}, None, "exception", "", "fee_out_of_band", 50),
        "exact exact none mismatch",
        id="a fee that we are paid",
    ),
    pytest.param(
        *({"fee": 50, "recorded": 3_000, "refunded": -3_000, "refunds": 1}, None, "matched"),
        *("reference_and_amount", "", 0, "exact exact exact unchecked"),
        id="a fee that is returned with a refund",
    ),
    pytest.param(
        *({"fee": -600}, None, "matched", "reference_and_amount", "", 0),
        "exact exact none unchecked",
        id="a fee where the shop has no fee rule",
    ),
    pytest.param(
        *({"received": 20_000, "payments": 2, "largest_excess": True, "same_currency": False}, None),
        *("exception", "", "currency_mismatch", 20_000, "exact mismatch none unchecked"),
        id="of several causes the graver one is named",
    ),
]


@pytest.mark.capability("S1.5.3", "S1.6.1", "S1.6.3", "S1.11.2")
@pytest.mark.rule("B4", "B5")
@pytest.mark.parametrize(("order", "tolerance", "state", "rule", "exception", "amount", "states"), SITUATIONS)
def test_an_order_and_its_lines_have_one_verdict(order, tolerance, state, rule, exception, amount, states):
    verdict = judged(order, tolerance=tolerance)
    assert legs(verdict) == states
    assert (verdict["state"], verdict["rule"]) == (state, rule)
    assert (verdict["exception"], verdict["exception_amount"]) == (exception, amount)
    full = ORDER | order
    assert [verdict[f"variance_{leg}"] for leg in LEGS[:3]] == [
        full["expected"] - full["order_total"],
        full["received"] - full["expected"],
        full["refunded"] + full["recorded"],
    ]


HAS_FEE = {"fee": -600}
FEE_SITUATIONS = [
    pytest.param({}, [{}], None, "exact", 0, "", id="the fee is what the rule says"),
    pytest.param({}, [{"fee": -601}], None, "mismatch", -1, "fee_out_of_band", id="charged a cent too much"),
    pytest.param({}, [{"fee": -599}], None, "mismatch", 1, "fee_out_of_band", id="charged a cent too little"),
    pytest.param({}, [{"fee": -601}], CENT, "exact", 0, "", id="a cent too much, tolerated"),
    pytest.param({}, [{"fee": -602}], CENT, "mismatch", -2, "fee_out_of_band", id="two cents are not"),
    pytest.param({}, [{"fee": 0}], None, "mismatch", 600, "fee_out_of_band", id="no fee where one is due"),
    pytest.param({}, [{"fee": 0, "waits": True}], None, "waiting", 0, "", id="no fee yet: it may still come"),
    pytest.param(
        {}, [{"fee": -700, "waits": True}], None, "mismatch", -100, "fee_out_of_band",
        id="a wrong fee never waits",
    ),
    pytest.param(
        {"refunded": -5_000, "recorded": 5_000, "refunds": 1}, [{"fee": -300}], None, "exact", 0, "",
        id="charged on what was left after the refund",
    ),
    pytest.param(
        {"refunded": -5_000, "recorded": 5_000, "refunds": 1}, [{"fee": -299}], None, "mismatch", 1,
        "fee_out_of_band", id="charged on less than was left",
    ),
    pytest.param(
        {"refunded": -10_000, "recorded": 10_000, "refunds": 1}, [{"fee": 0}], None, "exact", 0, "",
        id="returned with the whole order",
    ),
    pytest.param(
        {}, [{}, {"fee": -70, "rate": PERCENT // 2}], None, "mismatch", -20, "fee_out_of_band",
        id="of two fees one is too high",
    ),
    pytest.param(
        {}, [{"fee": -610}, {"fee": -70, "rate": PERCENT // 2}], None, "mismatch", -30, "fee_out_of_band",
        id="two fees too high: their differences add up",
    ),
    pytest.param(
        {"received": 9_900}, [{"fee": -700}], None, "mismatch", -100, "amount_mismatch",
        id="a wrong payment is told before a wrong fee",
    ),
]  # fmt: skip


@pytest.mark.capability("S1.5.5", "S1.6.3")
@pytest.mark.parametrize(("order", "fees", "tolerance", "state", "variance", "exception"), FEE_SITUATIONS)
def test_the_fee_leg_follows_the_rules_of_the_shop(order, fees, tolerance, state, variance, exception):
    verdict = judged(HAS_FEE | order, fees, fee_tolerance=tolerance)
    assert (verdict["state_fee"], verdict["variance_fee"]) == (state, variance)
    assert verdict["exception"] == exception
    if not exception:
        assert verdict["state"] == ("timing" if state == "waiting" else "matched")


@pytest.mark.capability("S1.5.2")
@pytest.mark.parametrize(("how", "rule"), sorted(HOW.items()))
def test_an_exact_match_is_named_after_the_reference_that_found_the_order(how, rule):
    assert judged({"how": how})["rule"] == rule
    assert rule in RULES


@pytest.mark.capability("S1.11.2")
def test_swapped_amounts_match_neither_order():
    """Two orders, each paid what the other is owed: their sums agree, and nothing matches."""
    verdict = decide(
        orders({"received": 5_000}, {"order_total": 5_000, "expected": 5_000}),
        rules(),
        Tolerance(),
        Tolerance(),
    )
    assert verdict["exception"].tolist() == ["amount_mismatch", "amount_mismatch"]
    assert verdict["exception_amount"].tolist() == [-5_000, 5_000]
