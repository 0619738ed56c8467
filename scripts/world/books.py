"""From movements to accounts: what fell into the window, in order, with numbers and running balances."""

from datetime import date, datetime, time, timedelta
from random import Random

from .model import Account, Move, ShopPlan

BALANCED = {"alipay", "wechatpay"}
"""Account platforms whose bills carry the balance after every line."""

REGULAR = {
    "alipay": [("recharge", 50000), ("donation", -188)],
    "wechatpay": [("recharge", 30000)],
    "douyin": [("ads_topup", -20000), ("insurance", -1250), ("penalty", -500), ("deposit", -100000)],
    "pinduoduo": [("ads_topup", -15000), ("penalty", -300), ("freight_compensation", -200)],
    "amazon": [("subscription", -3999), ("storage", -2218), ("ads", -8450)],
    "shopify": [("adjustment", 1500)],
}
"""What happens once a half month without any order: (word, amount)."""


def open_account(plan: ShopPlan, random: Random, start: date, days: int) -> Account:
    opening = random.randrange(2_000_000, 9_000_000) if plan.account_platform in BALANCED else 0
    return Account(plan=plan, start=start, days=days, opening=opening)


def regular_moves(account: Account, random: Random) -> list[Move]:
    """Top-ups, penalties and the like, which belong to no order of ours."""
    moves = []
    for number in range(0, account.days, 15):
        for word, amount in REGULAR[account.plan.account_platform]:
            day = min(number + random.randrange(15), account.days - 1)
            moves.append(_move(account, random, account.start + timedelta(days=day), word, amount, number))
    return moves + (_reserves(account, random) if account.plan.account_platform == "amazon" else [])


def _reserves(account: Account, random: Random) -> list[Move]:
    """Each settlement holds something back at its last second; the next one releases it at its first."""
    moves: list[Move] = []
    held = 0
    for number, (first, after, _moves) in enumerate(account.files()):
        start, end = datetime.combine(first, time()), datetime.combine(after, time()) - timedelta(seconds=1)
        for at, word, amount in ((start, "reserve_released", held), (end, "reserve_held", 0)):
            if word == "reserve_held":
                held = random.randrange(10000, 50000)
                amount = -held
            if amount:
                move = _move(account, random, first, word, amount, number)
                move.at = at
                moves.append(move)
    return moves


def _move(account: Account, random: Random, day: date, word: str, amount: int, number: int) -> Move:
    at = datetime.combine(day, time(9)) + timedelta(seconds=random.randrange(36000))
    return Move(
        account=account.code,
        shop=account.plan.code,
        at=at,
        word=word,
        amount=amount,
        row=f"{account.code} {word} {number}",
        trade=f"{at:%Y%m%d}{random.randrange(10**13):013d}",
    )


def keep_books(account: Account, moves: list[Move], random: Random) -> None:
    """Cut `moves` to the window, add payouts, number the lines and run the balance."""
    inside = [move for move in moves if account.start <= move.at.date() < account.end]
    if account.plan.account_platform not in ("amazon", "shopify"):
        inside += _payouts(account, inside, random)
    # Movements of one moment keep the order in which the platform made them, rows together.
    inside.sort(key=lambda move: move.at)
    balance = account.opening
    for number, move in enumerate(inside, start=1):
        move.id = f"{move.at:%Y%m%d}{number:06d}{random.randrange(10**8):08d}"
        balance += move.amount
        if account.plan.account_platform in BALANCED:
            move.balance = balance
    account.moves = inside


def _payouts(account: Account, moves: list[Move], random: Random) -> list[Move]:
    """Once a week we take out most of what is there; never more than there is."""
    payouts: list[Move] = []
    for number in range(6, account.days, 7):
        day = account.start + timedelta(days=number)
        paid_out = sum(payout.amount for payout in payouts)
        there = account.opening + paid_out + sum(move.amount for move in moves if move.at.date() < day)
        amount = there * random.randrange(60, 91) // 100
        if amount > 0:
            payouts.append(_move(account, random, day, "payout", -amount, number))
    return payouts
