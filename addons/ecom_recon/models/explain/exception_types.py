"""Explain stage: the types of exceptions. All that one type says about itself stands here."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionType:
    """A type of exception; a new one is an entry of `TYPES` and what finds it.

    :param severity: `0` low, `1` medium, `2` high
    :param texts: env -> (why, what to do) in the user's language; `%(amount)s` is never negative
    :param way: what a person may decide beside waiting and ignoring: an action of `ecom.resolve`
    :param finder: method of `ecom.explainer` that yields its causes; without one `decide()` of
        `lib/ecom_reconcile` names it, or the explainer where it looks at lines without an order
    """

    title: str
    texts: Callable
    severity: str = "0"
    way: str = ""
    finder: str = ""


TYPES = {
    "amount_mismatch": ExceptionType(
        title="Amount Differs",
        way="accept",
        texts=lambda env: (
            env._("The platform owes %(expected)s and paid %(received)s: %(amount)s differ."),
            env._(
                "Compare the order with the platform, then correct it, claim the rest or accept "
                "the difference."
            ),
        ),
    ),
    "missing_bill": ExceptionType(
        title="Bill Line Missing",
        texts=lambda env: (
            env._("The order is due and no bill has a line for it: %(amount)s."),
            env._("Look the order up on the platform. Import the missing bill or claim the money."),
        ),
    ),
    "missing_order": ExceptionType(
        title="Order Missing",
        way="link",
        texts=lambda env: (
            env._("The bill pays %(amount)s for an order that is not here."),
            env._("Import the order, or link the line to the right one."),
        ),
    ),
    "duplicate_payment": ExceptionType(
        title="Paid Twice",
        severity="2",
        texts=lambda env: (
            env._("The order was paid twice: %(amount)s too much."),
            env._("Expect the platform to take it back, or refund it."),
        ),
    ),
    "refund_exceeds_order": ExceptionType(
        title="Refund Exceeds Order",
        severity="2",
        texts=lambda env: (
            env._("More was refunded than the order ever brought: %(amount)s."),
            env._("Claim the excess from the platform."),
        ),
    ),
    "refund_without_order": ExceptionType(
        title="Refund Without Order",
        severity="2",
        way="link",
        texts=lambda env: (
            env._("The bill refunds %(amount)s for an order that is not here."),
            env._("Import the order, or link the line to the right one. Until then it stays on suspense."),
        ),
    ),
    "unknown_category": ExceptionType(
        title="Unknown Transaction Type",
        severity="1",
        way="classify",
        finder="_unknown_words",
        texts=lambda env: (
            env._("Nobody has told yet what “%(detail)s” means: %(amount)s wait."),
            env._("Choose the category once; all its lines follow."),
        ),
    ),
    "fee_out_of_band": ExceptionType(
        title="Fee out of Band",
        way="accept",
        texts=lambda env: (
            env._("The fee is %(amount)s away from what the fee rules allow."),
            env._("Check the fee rule of the shop, or claim the fee from the platform."),
        ),
    ),
    "currency_mismatch": ExceptionType(
        title="Other Currency",
        severity="2",
        texts=lambda env: (
            env._("Order and bill are in different currencies."),
            env._("Correct the currency of the order, or link the line to the right one."),
        ),
    ),
    "ambiguous": ExceptionType(
        title="Ambiguous",
        way="link",
        texts=lambda env: (
            env._("%(amount)s may be for any of %(count)s orders."),
            env._("Choose the order the line belongs to."),
        ),
    ),
    "clearing_not_zero": ExceptionType(
        title="Clearing Not Zero",
        severity="2",
        finder="_clearing",
        texts=lambda env: (
            env._("Settlement and fund flow differ by %(amount)s in transaction %(detail)s."),
            env._("Import the missing bill of the other kind, or ask the platform."),
        ),
    ),
    "chain_gap": ExceptionType(
        title="Bills Missing Between",
        severity="2",
        finder="_chain_gaps",
        texts=lambda env: (
            env._("The bill does not continue the one before it: %(amount)s happened in between."),
            env._("Import the bill of the missing days."),
        ),
    ),
}
