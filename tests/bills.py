"""Helpers of the bill tests: short contexts, small files, lines as plain dicts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ecom_bills import LINE_COLUMNS, Bill, Context, read_bills

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "addons" / "ecom_connectors" / "tests" / "samples"
PUBLIC = ROOT.parent / "shared" / "samples"

PREAMBLE = (
    "#支付宝账务明细查询\n#账号：[20880000000000000156]\n"
    "#起始日期：[2026年09月01日 00:00:00]   终止日期：[2026年09月02日 00:00:00]\n#----账务明细列表----\n"
)
TITLES = (
    "账务流水号,业务流水号,商户订单号,发生时间,收入金额（+元）,支出金额（-元）,账户余额（元）,业务类型,备注"
)


def context(currency: str = "CNY", digits: int = 2, timezone: str = "Asia/Shanghai", **more: Any) -> Context:
    """A context with the usual values."""
    return Context(currency=currency, digits=digits, timezone=timezone, **more)


def read(content: bytes | str, name: str = "bill.csv", **more: Any) -> Bill:
    """The only bill of a file."""
    (bill,) = read_bills(content.encode() if isinstance(content, str) else content, name, context(**more))
    return bill


def reasons(bill: Bill) -> set[str]:
    """The reason codes of a bill."""
    return {problem.reason for problem in bill.problems}


def yuan(cents: int) -> str:
    """Minor units as a platform prints them."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def alipay(moves: list[tuple[Any, ...]], opening: int = 100_000, encoding: str = "gb18030") -> bytes:
    """An Alipay bill: (signed cents, type[, remark[, order[, line id]]]) for each row, one a second."""
    rows, balance = [], opening
    for place, move in enumerate(moves):
        cents, kind, remark, order, line = (*move, "", "", "")[:5] if len(move) < 5 else move
        balance += cents
        ident, clock = line or 1000 + place, f"10:{place // 60:02d}:{place % 60:02d}"
        money = f"{yuan(max(cents, 0))},{yuan(min(cents, 0))},{yuan(balance)}"
        rows.append(f"{ident}\t,B{ident}\t,{order}\t,2026-09-01 {clock},{money},{kind},{remark}")
    came = [move[0] for move in moves if move[0] > 0]
    went = [move[0] for move in moves if move[0] < 0]
    return (
        PREAMBLE
        + "\n".join([TITLES, *rows])
        + "\n#----账务明细列表结束----\n"
        + f"#支出合计：{len(went)}笔，共{yuan(sum(went))}元\n"
        + f"#收入合计：{len(came)}笔，共{yuan(sum(came))}元\n"
        + "#导出时间：[2026年09月02日 10:00:00]\n"
    ).encode(encoding)


def plain_lines(bill: Bill) -> list[dict[str, Any]]:
    """Lines as JSON can hold them; what is empty is left out."""
    lines = []
    for values in bill.lines.itertuples(index=False):
        line: dict[str, Any] = {}
        for name, value in zip(LINE_COLUMNS, values, strict=True):
            if name in ("booked_at", "day"):
                line[name] = value.isoformat(sep=" ")
            elif name == "balance":
                line[name] = None if str(value) == "<NA>" else int(value)
            else:
                line[name] = int(value) if name in ("row", "amount") else value
        lines.append({name: value for name, value in line.items() if value not in ("", None)})
    return lines


def plain_meta(bill: Bill) -> dict[str, Any]:
    """The facts of a bill as JSON can hold them; what is empty is left out."""
    facts = json.loads(json.dumps(bill.meta()))
    return {name: value for name, value in facts.items() if value not in ("", None, [], {})}
