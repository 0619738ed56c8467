"""python -m world --out DIR --seed 1 --days 30 --orders 200 --faults default"""

import argparse
from datetime import date

from . import DEFAULT_FAULTS, bulk, demo_plan, full_plan, make

PLANS = {"demo": demo_plan, "full": full_plan}


def main() -> None:
    parser = argparse.ArgumentParser(prog="world", description="Write an imaginary month of business.")
    parser.add_argument("--out", required=True, help="folder to write to")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=date.fromisoformat, default=date(2026, 9, 1))
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--orders", type=int, default=200, help="orders of each shop")
    parser.add_argument("--plan", choices=sorted(PLANS), default="demo")
    parser.add_argument("--faults", choices=["default", "none"], default="default")
    parser.add_argument("--chain-gap", action="store_true", help="also lose one daily file")
    parser.add_argument("--bulk", type=int, metavar="LINES", help="write so many bill lines for speed tests")
    given = parser.parse_args()
    if given.bulk:
        bulk(given.out, lines=given.bulk, orders=given.bulk * 8 // 25, seed=given.seed)
        return
    faults = dict(DEFAULT_FAULTS) if given.faults == "default" else {}
    if given.chain_gap:
        faults["chain_gap"] = 1
    world = make(
        given.seed,
        start=given.start,
        days=given.days,
        shops=PLANS[given.plan](),
        faults=faults,
        orders_per_shop=given.orders,
    )
    world.write(given.out)
    lines = sum(len(account.moves) for account in world.accounts)
    print(f"{given.out}: {len(world.orders)} orders, {lines} lines, {len(world.faults)} faults")


if __name__ == "__main__":
    main()
