"""The benchmark: 40 shops, 160,000 orders, 500,000 bill lines, on one machine in one run.

Every stage is measured beside its own floor: what the same files cost pandas and PostgreSQL alone, and what
the same entries cost Odoo alone. Figures are compared as ratios of one run; seconds of another machine mean
nothing.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(HERE)]

import floor  # noqa: E402
import pipeline  # noqa: E402
import suppliers  # noqa: E402
import world  # noqa: E402

# A month of a normal customer, in bills of ten days.
DAYS, DAYS_PER_FILE = 30, 10
LIMITS = {
    "pipeline": 3.0,
    "post": 1.3,
    "order_post": 1.5,
    "peak_mb": 1500,
    "flat": 1.15,
    "again": 1 / 3,
    "bill_line_ms": 0.5,
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
        choices=("pipeline", "suppliers"),
        help="one size and no order mode; or nothing but the supplier side",
    )
    arguments = parser.parse_args()
    if arguments.only == "suppliers":
        result = supplier_side(arguments.receipts)
    else:
        result = measure(arguments)
    show(result)
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0 if result["holds"] else 1


def measure(arguments: argparse.Namespace) -> dict:
    """All figures of one run."""
    folder = ROOT / ".host" / "bench"
    large = one_size(folder, arguments.lines, arguments.shops, DAYS)
    result = {
        "lines": large["lines"],
        "orders": large["orders"],
        "pipeline_seconds": large["pipeline_seconds"],
        "floor_seconds": large["floor_seconds"],
        "post_seconds": large["post_seconds"],
        "post_floor_seconds": large["post_floor_seconds"],
        "peak_mb": large["peak_mb"],
        "stages": large["stages"],
        "ratios": {
            "pipeline": large["pipeline_seconds"] / large["floor_seconds"],
            "post": large["post_seconds"] / large["post_floor_seconds"],
            "peak_mb": large["peak_mb"],
            "again": large["stages"]["import_again"] / large["stages"]["read_and_load"],
        },
    }
    if arguments.only != "pipeline":
        # A tenth of the shops: bills of the same size, fewer of them.
        small = one_size(folder, arguments.lines // 10, arguments.shops // 10, DAYS)
        result["small"] = small
        result["ratios"]["flat"] = (large["pipeline_seconds"] / large["lines"]) / (
            small["pipeline_seconds"] / small["lines"]
        )
        orders = pipeline.order_mode("ecom_bench_orders", arguments.orders_posted)
        result["order_mode"] = orders
        result["ratios"]["order_post"] = orders["post_seconds"] / orders["floor_seconds"]
    result["limits"] = {name: LIMITS[name] for name in result["ratios"]}
    result["holds"] = all(ratio <= LIMITS[name] for name, ratio in result["ratios"].items())
    return result


def supplier_side(receipts: int) -> dict:
    """Bills matched, a statement and a rebate computed, each beside what PostgreSQL needs for a sum."""
    step("suppliers: bills, statement, rebate")
    stages = suppliers.measure("ecom_bench_suppliers", 10_000, 20_000, receipts)
    result = {
        "lines": stages.pop("bill_lines"),
        "orders": stages.pop("receipts"),
        "stages": {name: seconds for name, seconds in stages.items() if name.endswith("_seconds")},
        "ratios": {
            "bill_line_ms": stages["match_ms_per_line"],
            "statement": stages["statement_seconds"] / stages["statement_floor_seconds"],
            "rebate": stages["rebate_seconds"] / stages["rebate_floor_seconds"],
        },
    }
    result["limits"] = {name: LIMITS[name] for name in result["ratios"]}
    result["holds"] = all(ratio <= LIMITS[name] for name, ratio in result["ratios"].items())
    return result


def one_size(folder: Path, lines: int, shops: int, days: int) -> dict:
    """Floor and pipeline for one number of lines, each in a database of its own."""
    data = folder / str(lines)
    if not (data / "expected.json").exists():
        step(f"writing {lines} lines")
        world.bulk(
            data,
            orders=lines * 160 // 500,
            lines=lines,
            shops=shops,
            seed=1,
            days=days,
            days_per_file=DAYS_PER_FILE,
        )
    step(f"{lines} lines: database and orders")
    database = f"ecom_bench_{lines}"
    pipeline.prepare(database, data)
    step(f"{lines} lines: floor")
    floor_stages = floor.measure(database, data)
    step(f"{lines} lines: pipeline")
    # A process of its own, so that its peak memory is the pipeline's.
    out = data / "result.json"
    subprocess.run([sys.executable, str(HERE / "pipeline.py"), database, str(data), str(out)], check=True)
    result = json.loads(out.read_text())
    result["floor_seconds"] = sum(floor_stages.values())
    result["stages"] |= {f"floor_{name}": seconds for name, seconds in floor_stages.items()}
    return result


def step(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def show(result: dict) -> None:
    """The table: what was measured, against what, and the limit."""
    print(f"{result['lines']} lines, {result['orders']} orders")
    for name, seconds in result["stages"].items():
        print(f"  {name:24} {seconds:10.2f} s   {1e6 * seconds / result['lines']:8.1f} µs a line")
    print(f"  {'':24} {'ratio':>10}     {'limit':>8}")
    for name, ratio in result["ratios"].items():
        verdict = "" if ratio <= LIMITS[name] else "   TOO SLOW" if name != "peak_mb" else "   TOO MUCH"
        print(f"  {name:24} {ratio:10.2f}     {LIMITS[name]:8.2f}{verdict}")


def peak_mb() -> float:
    """Peak memory of this process and its largest child, together, in MB."""
    return (
        sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        / 1024
    )


if __name__ == "__main__":
    sys.exit(main())
