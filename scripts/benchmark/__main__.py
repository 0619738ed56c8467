"""The benchmark: 40 shops, 160,000 orders, 500,000 bill lines, on one machine in one run.

Every stage is measured beside its own floor: what the same files cost pandas and PostgreSQL alone, and what
the same entries cost Odoo alone. Figures are compared as ratios of one run; seconds of another machine mean
nothing. Whether cost stays flat is measured with `--only history`: four times as many lines in one go, and a
day on top of each beside such a day on an empty database. It compares processor seconds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(HERE)]

import floor  # noqa: E402
import pipeline  # noqa: E402
import suppliers  # noqa: E402
import world  # noqa: E402

# A month of a normal customer, in bills of ten days.
START, DAYS, DAYS_PER_FILE = date(2026, 9, 1), 30, 10
# What comes on top of it, and how often it is measured; each stage's best day counts.
DAY_LINES, DAY_TIMES = 20_000, 2
# The larger month of `--only history` has so many times the lines.
MORE = 4
STAGES = ("read_and_load", "match_and_explain", "post")
LIMITS = {
    "pipeline": 2.6,
    "post": 1.0,
    "order_post": 1.5,
    "peak_mb": 700,
    "flat": 1.15,
    "again": 1 / 3,
    "day": 1.2,
    "pay": 1.2,
    "bill_line_ms": 0.3,
    "statement": 10.0,
    "rebate": 6.0,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=500_000)
    parser.add_argument("--shops", type=int, default=40)
    parser.add_argument("--orders-posted", type=int, default=1000, help="orders of the order mode")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--receipts", type=int, default=1_000_000, help="receipts of the rebate")
    parser.add_argument(
        "--only",
        choices=("pipeline", "history", "suppliers"),
        help=f"one size and no order mode; {MORE} times the lines and a day on top of each; "
        "or nothing but the supplier side",
    )
    arguments = parser.parse_args()
    if arguments.only == "suppliers":
        result = supplier_side(arguments.receipts)
    elif arguments.only == "history":
        result = history(arguments)
    else:
        result = measure(arguments)
    result["limits"] = {name: limit_of(name) for name in result["ratios"]}
    result["holds"] = all(ratio <= result["limits"][name] for name, ratio in result["ratios"].items())
    show(result)
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0 if result["holds"] else 1


def limit_of(name: str) -> float:
    """A ratio's limit; of several with one limit, what follows the colon says which."""
    return LIMITS[name.partition(":")[0]]


def measure(arguments: argparse.Namespace) -> dict:
    """All figures of one run."""
    folder = ROOT / ".host" / "bench"
    result = one_size(folder, arguments.lines, arguments.shops)
    result["ratios"]["again"] = result["stages"]["import_again"] / result["stages"]["read_and_load"]
    if arguments.only != "pipeline":
        # A tenth of the shops: bills of the same size, fewer of them.
        small = one_size(folder, arguments.lines // 10, arguments.shops // 10)
        result["small"] = small
        result["ratios"]["flat"] = per_line(result, STAGES[:2]) / per_line(small, STAGES[:2])
        orders = pipeline.order_mode("ecom_bench_orders", arguments.orders_posted)
        result["order_mode"] = orders
        result["ratios"]["order_post"] = orders["post_seconds"] / orders["floor_seconds"]
    return result


def history(arguments: argparse.Namespace) -> dict:
    """Whether a line costs the same among many, and a day the same on top of many."""
    folder = ROOT / ".host" / "bench"
    sizes = [one_size(folder, lines, arguments.shops) for lines in (arguments.lines, arguments.lines * MORE)]
    small, large = sizes
    result = {
        "lines": large["lines"],
        "orders": large["orders"],
        "small": small,
        "stages": dict(large["stages"]),
        "cpu": dict(large["cpu"]),
        "ratios": dict(large["ratios"]),
    }
    for stage in STAGES:
        result["ratios"][f"flat:{stage}"] = per_line(large, [stage]) / per_line(small, [stage])
    places = [days_after(folder, size["lines"], arguments.shops) for size in sizes]
    step("the day alone")
    pipeline.prepare("ecom_bench_empty", places[0][0], orders=False)
    alone = apart("days", "ecom_bench_empty", *places[0])
    add_day(result, "empty", alone)
    for size, days in zip(sizes, places, strict=True):
        step(f"{size['lines']} lines: the day on top")
        on_top = apart("days", f"ecom_bench_{size['lines']}", *days)
        add_day(result, str(size["lines"]), on_top)
        for name, seconds in on_top["cpu"].items():
            result["ratios"][f"day:{name}:{size['lines']}"] = seconds / alone["cpu"][name]
    return result


def add_day(result: dict, where: str, day: dict) -> None:
    for kind in ("stages", "cpu"):
        result[kind] |= {f"{name}:{where}": seconds for name, seconds in day[kind].items()}


def per_line(result: dict, stages: tuple[str, ...] | list[str]) -> float:
    """Processor seconds of these stages for each line."""
    return sum(result["cpu"][name] for name in stages) / result["lines"]


def supplier_side(receipts: int) -> dict:
    """Bills matched, a statement and a rebate computed, each beside what PostgreSQL needs for a sum."""
    step("suppliers: bills, statement, rebate")
    stages = suppliers.measure("ecom_bench_suppliers", 10_000, 20_000, receipts)
    # Seconds a bill of the large statement, to those of the small one.
    pay = [stages[f"pay_{bills}_seconds"] for bills in suppliers.PAID]
    return {
        "lines": stages.pop("bill_lines"),
        "orders": stages.pop("receipts"),
        "stages": {
            name.removesuffix("_seconds"): seconds
            for name, seconds in stages.items()
            if name.endswith("_seconds")
        },
        "ratios": {
            "bill_line_ms": stages["match_ms_per_line"],
            "statement": stages["statement_seconds"] / stages["statement_floor_seconds"],
            "rebate": stages["rebate_seconds"] / stages["rebate_floor_seconds"],
            "pay": pay[1] / suppliers.PAID[1] / (pay[0] / suppliers.PAID[0]),
        },
    }


def one_size(folder: Path, lines: int, shops: int) -> dict:
    """Floor and pipeline for one number of lines, each in a database of its own."""
    data = written(folder / str(lines), lines, shops=shops, days=DAYS, days_per_file=DAYS_PER_FILE)
    step(f"{lines} lines: database and orders")
    database = f"ecom_bench_{lines}"
    pipeline.prepare(database, data)
    step(f"{lines} lines: floor")
    alone = floor.measure(database, data)
    step(f"{lines} lines: pipeline")
    result = apart("whole", database, data)
    seconds = result["stages"]
    result["ratios"] = {
        "pipeline": (seconds["read_and_load"] + seconds["match_and_explain"]) / sum(alone.wall.values()),
        "post": seconds["post"] / seconds["post_floor"],
        "peak_mb": result["peak_mb"],
    }
    result["stages"] |= {f"floor_{name}": value for name, value in alone.wall.items()}
    result["cpu"] |= {f"floor_{name}": value for name, value in alone.cpu.items()}
    return result


def days_after(folder: Path, lines: int, shops: int) -> list[Path]:
    """The folders of the days after a month of `lines`."""
    places = [folder / str(lines)]
    for number in range(DAY_TIMES):
        place = folder / f"{lines}_day_{number + 1}"
        start = START + timedelta(days=DAYS + number)
        places.append(written(place, DAY_LINES, shops=shops, days=1, after=places[-1], start=start))
    return places[1:]


def written(place: Path, lines: int, **options) -> Path:
    """A folder with a world of so many lines; one that is there already is kept."""
    if not (place / "expected.json").exists():
        step(f"writing {place.name}: {lines} lines")
        world.bulk(place, orders=lines * 160 // 500, lines=lines, seed=1, **{"start": START, **options})
    return place


def apart(kind: str, database: str, *folders: Path) -> dict:
    """What a process of its own has measured, so that its peak memory is that of the stages."""
    out = folders[0] / "result.json"
    command = [sys.executable, str(HERE / "pipeline.py"), kind, database, str(out), *map(str, folders)]
    subprocess.run(command, check=True)
    return json.loads(out.read_text())


def step(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def show(result: dict) -> None:
    """The table: what was measured, against what, and the limit."""
    print(f"{result['lines']} lines, {result['orders']} orders")
    print(f"  {'':28} {'wall':>10}   {'processors':>10}")
    for name, seconds in result["stages"].items():
        used = result.get("cpu", {}).get(name)
        used = f"{used:10.2f} s" if used is not None else ""
        each = f"{1e6 * seconds / result['lines']:8.1f} µs a line" if ":" not in name else ""
        print(f"  {name:28} {seconds:10.2f} s {used:12} {each}".rstrip())
    print(f"  {'':28} {'ratio':>10}     {'limit':>8}")
    for name, ratio in result["ratios"].items():
        limit = result["limits"][name]
        verdict = "" if ratio <= limit else "   TOO SLOW" if name != "peak_mb" else "   TOO MUCH"
        print(f"  {name:28} {ratio:10.2f}     {limit:8.2f}{verdict}")


if __name__ == "__main__":
    sys.exit(main())
