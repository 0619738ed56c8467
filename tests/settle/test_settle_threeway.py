"""Three-way match with the numbers of the rules, and what must hold for all bills."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecom_reconcile import Tolerance
from ecom_reconcile.tolerance import PERCENT
from ecom_settle.threeway import (
    BLOCK,
    INSIDE,
    LINE_COLUMNS,
    PRICE,
    QUANTITY,
    RATE,
    WARN,
    Limits,
    Terms,
    decide,
    decide_documents,
)


def above(percent=None, amount=None, greater=False):
    """A tolerance for more than expected only."""
    limit = None if percent is None else int(percent * PERCENT)
    return Tolerance(
        lower_percent=None, lower_amount=None, upper_percent=limit, upper_amount=amount, greater=greater
    )


def below(percent=None, amount=None):
    limit = None if percent is None else int(percent * PERCENT)
    return Tolerance(lower_percent=limit, lower_amount=amount, upper_percent=None, upper_amount=None)


def frame(*rows):
    """Bill lines; quantities and prices as people write them, amounts from them unless given."""
    made = []
    for row in rows:
        digits = row.get("digits", 2)
        quantity, price = row.get("quantity", 100), row.get("price", 10)
        paid = row.get("bill_price", price)
        made.append(
            {
                **dict.fromkeys(("has_order", "right_item", "right_supplier", "linked"), 1),
                **{"unit_known": 1, "follows_receipt": 1},
                **dict.fromkeys(("is_charge", "charges", "goods", "order_total", "order_billed"), 0),
                **{"terms": 0, "digits": digits, "company_digits": 2, "refund": 0, "same_currency": 1},
                "deducts": 0,
                **{name: RATE for name in LINE_COLUMNS if "_rate" in name},
                **{name: value for name, value in row.items() if name in LINE_COLUMNS},
                "quantity": round(quantity * QUANTITY),
                "ordered": round(row.get("ordered", 100) * QUANTITY),
                "received": round(row.get("received", 100) * QUANTITY),
                "billed_before": round(row.get("billed_before", 0) * QUANTITY),
                "goods_quantity": round(row.get("goods_quantity", 0) * QUANTITY),
                "price": round(price * PRICE),
                "amount": row.get("amount", round(quantity * paid * 10**digits)),
            }
        )
    return pd.DataFrame(made, columns=list(LINE_COLUMNS)).astype("int64")


def one(terms, **row):
    """(verdict, reasons) of one line."""
    verdict = decide(frame(row), [terms]).iloc[0]
    return int(verdict["verdict"]), verdict["reasons"]


TWO_PERCENT = Limits(block=(above(percent=2),))
NOTHING_MORE = Limits(block=(above(amount=0),))


@pytest.mark.rule("C1")
@pytest.mark.capability("S2.1.6")
@pytest.mark.parametrize(
    ("received", "billed", "before", "receipts", "expected"),
    [
        pytest.param(102, 102, 0, "required", (INSIDE, ""), id="102 of 100 ordered and received"),
        pytest.param(103, 103, 0, "required", (BLOCK, "ordered_over"), id="103 is beyond 2% of the order"),
        pytest.param(100, 102, 0, "required", (INSIDE, ""), id="the bound is inside"),
        pytest.param(
            100, 103, 0, "required", (BLOCK, "quantity_over,ordered_over"), id="103 of 100 received"
        ),
        pytest.param(50, 60, 0, "required", (BLOCK, "quantity_over"), id="not all has come"),
        pytest.param(0, 100, 0, "first", (INSIDE, ""), id="the bill may come first"),
        pytest.param(0, 1, 0, "required", (BLOCK, "quantity_over"), id="nothing has come"),
        pytest.param(100, 60, 0, "required", (INSIDE, ""), id="a bill for a part"),
        pytest.param(60, 40, 40, "required", (BLOCK, "quantity_over"), id="earlier bills count"),
    ],
)
def test_quantity(received, billed, before, receipts, expected):
    terms = Terms(receipts=receipts, quantity=TWO_PERCENT, price=NOTHING_MORE)
    assert one(terms, received=received, quantity=billed, billed_before=before) == expected


@pytest.mark.rule("C1")
def test_without_a_word_the_product_decides_whether_goods_must_come_first():
    terms = Terms(quantity=TWO_PERCENT)
    assert one(terms, received=0, follows_receipt=0) == (INSIDE, "")
    assert one(terms, received=0, follows_receipt=1) == (BLOCK, "quantity_over")


@pytest.mark.rule("C1")
def test_cheap_goods_may_vary_more():
    """5.00 of money: ten screws too many at 0.50 pass, eleven do not, and no second motor at 500."""
    terms = Terms(weigh=True, quantity=Limits(block=(above(amount=500),)))
    assert one(terms, price=0.5, quantity=110) == (INSIDE, "")
    assert one(terms, price=0.5, quantity=111)[0] == BLOCK
    assert one(terms, price=500, quantity=101)[0] == BLOCK


@pytest.mark.rule("C2")
@pytest.mark.parametrize(
    ("bill_price", "level"), [(1.05, INSIDE), (1.10, BLOCK), (1.0501, BLOCK), (0.5, INSIDE)]
)
def test_price(bill_price, level):
    """Ordered at 1.00 with 5 %: 1.05 passes, 1.10 does not."""
    terms = Terms(price=Limits(block=(above(percent=5),)))
    verdict = decide(frame({"price": 1, "bill_price": bill_price, "quantity": 10_000}), [terms]).iloc[0]
    assert verdict["verdict"] == level
    assert verdict["variance_price"] == round((bill_price - 1) * 10_000 * 100)


@pytest.mark.rule("C2")
def test_lower_and_upper_percent_and_amount():
    limits = Limits(
        warn=(above(percent=1), below(percent=1)),
        block=(above(percent=5, amount=2000), below(percent=10)),
    )
    terms = Terms(price=limits)
    at = {price: one(terms, bill_price=price) for price in (10, 10.1, 10.2, 10.21, 9.9, 9.89, 9, 8.99)}
    assert at == {
        10: (INSIDE, ""),
        10.1: (INSIDE, ""),
        10.2: (WARN, "price_over"),  # 2 % and 20.00
        10.21: (BLOCK, "price_over"),  # 21.00 is over the amount
        9.9: (INSIDE, ""),
        9.89: (WARN, "price_under"),
        9: (WARN, "price_under"),
        8.99: (BLOCK, "price_under"),
    }


@pytest.mark.rule("B5")
def test_percent_or_amount_whichever_is_larger():
    terms = Terms(price=Limits(block=(above(percent=2, amount=50_000, greater=True),)))
    assert one(terms, price=100, bill_price=105)[0] == INSIDE  # 500.00 over, the floor
    assert one(terms, price=100, bill_price=105.01)[0] == BLOCK
    assert one(terms, price=1000, bill_price=1020)[0] == INSIDE  # 2 % is more than the floor
    assert one(terms, price=1000, bill_price=1020.01)[0] == BLOCK


@pytest.mark.rule("B5")
def test_percent_of_nothing_lets_nothing_pass():
    """All is billed already: 2 % of nothing is no excuse, a limit in pieces is."""
    assert one(Terms(quantity=TWO_PERCENT), billed_before=100, quantity=1, ordered=200)[0] == BLOCK
    pieces = Terms(quantity=Limits(block=(above(amount=QUANTITY),)))
    assert one(pieces, billed_before=100, quantity=1) == (INSIDE, "")
    assert one(pieces, billed_before=100, quantity=2)[0] == BLOCK


@pytest.mark.rule("C10")
def test_all_bills_of_an_order_line_count():
    """Three bills of 34 pass 2 %: 102 of 100; a fourth piece does not, received or not."""
    terms = Terms(receipts="required", quantity=TWO_PERCENT)
    assert one(terms, received=102, billed_before=68, quantity=34) == (INSIDE, "")
    assert one(terms, received=110, billed_before=102, quantity=1) == (BLOCK, "ordered_over")


@pytest.mark.capability("S2.1.3")
def test_a_wrong_item_blocks_whatever_the_limits():
    assert one(Terms(), right_item=0) == (BLOCK, "wrong_item")
    assert one(Terms(), right_item=0, has_order=0) == (BLOCK, "wrong_item")
    assert one(Terms(), linked=0, has_order=0) == (BLOCK, "not_linked")


@pytest.mark.rule("C3")
def test_a_line_without_order_may_cost_so_much():
    terms = Terms(no_order=Limits(warn=(above(amount=10_000),), block=(above(amount=50_000),)))
    levels = [one(terms, has_order=0, amount=amount) for amount in (10_000, 10_001, 50_000, 50_001)]
    assert [level for level, _reasons in levels] == [INSIDE, WARN, WARN, BLOCK]
    assert levels[3][1] == "no_order"
    assert one(terms, has_order=0, deducts=1, amount=-50_001) == (INSIDE, "")


@pytest.mark.rule("C3")
def test_a_line_with_order_may_cost_so_much():
    terms = Terms(with_order=Limits(warn=(above(amount=10_000),), block=(above(amount=50_000),)))
    levels = [one(terms, amount=amount) for amount in (10_000, 10_001, 50_000, 50_001)]
    assert levels == [(INSIDE, ""), (WARN, "line_over"), (WARN, "line_over"), (BLOCK, "line_over")]
    assert one(terms, has_order=0, amount=50_001) == (INSIDE, "")


@pytest.mark.rule("C3")
@pytest.mark.parametrize(
    ("charges", "limits", "expected"),
    [
        pytest.param(5_000, {"charges": 5}, "", id="5 % of 1,000.00 is the bound"),
        pytest.param(5_001, {"charges": 5}, "charges_over", id="a cent over 5 %"),
        pytest.param(5_000, {"charge_unit": 0.5}, "", id="0.50 for each of 100"),
        pytest.param(5_001, {"charge_unit": 0.5}, "charge_unit_over", id="a cent over 0.50 for each"),
        pytest.param(5_001, {"charges": 5, "charge_unit": 0.5}, "charges_over,charge_unit_over", id="both"),
        pytest.param(-9_999, {"charges": 0, "charge_unit": 0}, "", id="a discount charges nothing"),
        pytest.param(10**9, {}, "", id="no limit"),
    ],
)
def test_charges_beside_the_goods(charges, limits, expected):
    """All charges of a bill count together, so that small parts do not slip below a limit."""
    terms = Terms(
        charges=Limits(block=(above(percent=limits["charges"]),) if "charges" in limits else ()),
        charge_unit=Limits(
            block=(above(amount=round(limits["charge_unit"] * PRICE)),) if "charge_unit" in limits else ()
        ),
    )
    row = {"has_order": 0, "is_charge": 1, "amount": 1, "charges": charges, "goods": 100_000}
    verdict, reasons = one(terms, **row, goods_quantity=100)
    assert (verdict, reasons) == (BLOCK if expected else INSIDE, expected)


@pytest.mark.rule("C3")
def test_all_bills_of_an_order_may_cost_what_it_comes_to():
    terms = Terms(order=Limits(block=(above(percent=2),)))
    at = [one(terms, order_total=100_000, order_billed=billed) for billed in (90_000, 102_000, 102_001)]
    assert at == [(INSIDE, ""), (INSIDE, ""), (BLOCK, "order_over")]


def test_an_order_of_somebody_else_blocks():
    assert one(Terms(), right_supplier=0) == (BLOCK, "wrong_supplier")


@pytest.mark.rule("C3")
def test_what_the_supplier_wrote_below_the_bill():
    terms = Terms(document=Limits(block=(above(amount=5), below(amount=5))))
    documents = pd.DataFrame({"terms": 0, "refund": 0, "stated": 10_000, "computed": [10_005, 10_006, 9_994]})
    verdict = decide_documents(documents, [terms])
    assert list(verdict["verdict"]) == [INSIDE, BLOCK, BLOCK]
    assert list(verdict["reasons"]) == ["", "document_over", "document_under"]


def test_a_unit_that_does_not_convert_blocks():
    assert one(Terms(), unit_known=0) == (BLOCK, "unit_unknown")


def test_a_credit_note_only_warns():
    assert one(Terms(price=NOTHING_MORE), refund=1, bill_price=12) == (WARN, "price_over")


@pytest.mark.rule("C9")
def test_a_rate_is_no_price():
    """10 pieces at 1,000 dollars, 7.10 then and 7.00 now: the price is right, 1,000 yuan are exchange."""
    rates = {"order_rate_then": 71 * RATE // 10, "bill_rate_then": 71 * RATE // 10}
    rates |= {"order_rate_now": 7 * RATE, "bill_rate_now": 7 * RATE, "booked_rate": 7 * RATE}
    row = {"ordered": 10, "received": 10, "quantity": 10, "price": 1000}
    terms = Terms(price=NOTHING_MORE, quantity=NOTHING_MORE)
    verdict = decide(frame(row | rates), [terms]).iloc[0]
    assert (verdict["variance_price"], verdict["verdict"]) == (0, INSIDE)
    assert verdict["variance_exchange"] == -100_000


@pytest.mark.rule("C9")
@pytest.mark.parametrize(
    ("amount", "price_off", "exchange"),
    [
        pytest.param(7_000_000, 0, -100_000, id="the rate of the bill"),
        pytest.param(7_100_000, 0, 0, id="the rate of the order"),
        pytest.param(7_050_000, 0, -50_000, id="a rate between them"),
        pytest.param(7_110_000, 10_000, 0, id="dearer at any rate"),
        pytest.param(6_990_000, -10_000, -100_000, id="cheaper at any rate"),
    ],
)
def test_a_bill_in_another_currency(amount, price_off, exchange):
    """Ordered in dollars, billed in yuan."""
    row = {"ordered": 10, "received": 10, "quantity": 10, "price": 1000, "amount": amount, "same_currency": 0}
    rates = {"order_rate_then": 71 * RATE // 10, "order_rate_now": 7 * RATE}
    verdict = decide(frame(row | rates), [Terms(price=NOTHING_MORE)]).iloc[0]
    assert (verdict["variance_price"], verdict["variance_exchange"]) == (price_off, exchange)
    total = verdict["expected_amount"] + verdict["variance_price"] + verdict["variance_rate"]
    assert total == amount


@pytest.mark.rule("C2")
@pytest.mark.parametrize("digits", [0, 2, 3])
@given(
    price=st.integers(1, 10**6), quantity=st.integers(1, 10**5), percent=st.integers(0, 20), extra=st.data()
)
@settings(max_examples=60, deadline=None)
def test_bounds_are_inside_in_every_currency(digits, price, quantity, percent, extra):
    """The largest amount within the percentage passes, and one minor unit more does not."""
    rows = {"quantity": quantity, "ordered": quantity, "received": quantity, "digits": digits}
    unit = PRICE // 10**digits
    expected = price * quantity
    bound = expected + expected * percent // 100
    terms = Terms(price=Limits(block=(above(percent=percent),)))

    def level(amount):
        table = frame(rows | {"amount": amount}).assign(price=price * unit)
        return int(decide(table, [terms])["verdict"].iloc[0])

    assert level(bound) == INSIDE
    assert level(bound + 1) == BLOCK
    assert level(extra.draw(st.integers(0, bound))) == INSIDE


LINES = st.fixed_dictionaries(
    {
        "quantity": st.integers(-5, 200),
        "ordered": st.integers(0, 200),
        "received": st.integers(0, 200),
        "billed_before": st.integers(0, 200),
        "price": st.integers(0, 50),
        "amount": st.integers(-1000, 10**6),
        "digits": st.sampled_from([0, 2, 3]),
        "terms": st.integers(0, 3),
        **{
            name: st.integers(0, 1)
            for name in ("has_order", "deducts", "right_item", "unit_known", "refund", "same_currency")
        },
        "is_charge": st.integers(0, 1),
        **{name: st.integers(-1000, 10**6) for name in ("charges", "goods", "order_total", "order_billed")},
        "goods_quantity": st.integers(-5, 200),
    }
)
MANY_TERMS = [
    Terms(),
    Terms(receipts="required", quantity=TWO_PERCENT, price=NOTHING_MORE),
    Terms(receipts="first", weigh=True, quantity=NOTHING_MORE, no_order=NOTHING_MORE),
    Terms(with_order=NOTHING_MORE, charges=TWO_PERCENT, charge_unit=NOTHING_MORE, order=TWO_PERCENT),
]


@pytest.mark.rule("B7")
@given(st.lists(LINES, min_size=1, max_size=12), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_the_order_of_the_lines_changes_nothing(rows, random):
    table = frame(*rows)
    places = list(table.index)
    random.shuffle(places)
    together, shuffled = decide(table, MANY_TERMS), decide(table.loc[places], MANY_TERMS)
    assert shuffled.sort_index().to_dict("index") == together.to_dict("index")
    alone = pd.concat([decide(table.loc[[place]], MANY_TERMS) for place in table.index])
    assert alone.to_dict("index") == together.to_dict("index")


@given(st.lists(LINES, min_size=1, max_size=12))
@settings(max_examples=80, deadline=None)
def test_nothing_of_the_amount_is_lost(rows):
    table = frame(*rows)
    verdict = decide(table, MANY_TERMS)
    parts = verdict["expected_amount"] + verdict["variance_price"] + verdict["variance_rate"]
    assert list(parts) == list(table["amount"])
    assert list(verdict["expected_quantity"] + verdict["variance_quantity"]) == list(table["quantity"])
    assert ((verdict["verdict"] > INSIDE) == (verdict["reasons"] != "")).all()
    assert (verdict.loc[table["refund"] == 1, "verdict"] < BLOCK).all()


def test_large_quantities_and_amounts_do_not_overflow():
    """90 million pieces for 9 thousand million: beyond 64 bits when multiplied."""
    row = {"quantity": 90_000_001, "ordered": 90_000_000, "received": 90_000_000, "price": 100}
    assert one(Terms(quantity=NOTHING_MORE), **row) == (BLOCK, "quantity_over,ordered_over")
    assert one(Terms(quantity=Limits(block=(above(percent=1),))), **row) == (INSIDE, "")


def test_terms_that_are_missing_are_an_error():
    with pytest.raises(IndexError):
        decide(frame({"terms": 1}), [Terms()])


def test_no_lines_no_verdicts():
    assert decide(frame(), [Terms()]).empty
