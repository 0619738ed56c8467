"""Reads the rows of a supplier's own statement: amounts and days of plain text, opening, closing and lines.

The supplier writes from its side: debit and positive amounts are what we owe, credit is what we paid.

    日期,单据编号,采购订单号,摘要,借方金额,贷方金额
    2026-09-10,V1,P00001,销售,113.00,
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from . import layout
from .compare import BILL, CREDIT, PAYMENT, Entry, plain
from .layout import Row, TableLayout
from .problem import DocumentError, Problem

_OPENING = frozenset(map(plain, ("期初余额", "期初", "上期余额", "上期结余", "opening balance", "opening")))
_CLOSING = frozenset(map(plain, ("期末余额", "期末", "本期余额", "本期结余", "closing balance", "closing")))
_TOTAL = frozenset(
    map(plain, ("合计", "总计", "小计", "本期合计", "本月合计", "total", "grand total", "subtotal"))
)
ZERO = Decimal(0)

# What a row is, if its description has words of one sort only and its amount goes that way.
_SORTS = {
    PAYMENT: (-1, ("收款", "付款", "回款", "汇款", "已付", "PAYMENT", "REMITTANCE")),
    CREDIT: (-1, ("退货", "退回", "折让", "红字", "红冲", "扣款", "CREDIT", "RETURN", "REBATE")),
    BILL: (1, ("销售", "销货", "发货", "送货", "供货", "INVOICE", "SALE", "DELIVERY")),
}

# Rows of opening and closing balances and totals are told by their words in the document or description.
_COLUMNS = (
    layout.day("date", "date", "Date", "日期", "单据日期", "业务日期", filled=False),
    layout.ident(
        "document", "document", "Document", "Document No.", "document_no", "单据编号", "单据号", "发票号码"
    ),
    layout.ident("po", "po", "PO", "PO No.", "采购订单号", "订单号", required=False),
    layout.text("description", "description", "Description", "摘要", "说明", "备注"),
)
LAYOUTS = (
    TableLayout(
        name="supplier_statement",
        columns=(*_COLUMNS, layout.amount("amount", "amount", "Amount", "金额", "应收金额")),
    ),
    TableLayout(
        name="supplier_statement_sides",
        columns=(
            *_COLUMNS,
            layout.amount("debit", "debit", "Debit", "借方", "借方金额", "应收"),
            layout.amount("credit", "credit", "Credit", "贷方", "贷方金额", "已收"),
        ),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TheirStatement:
    """What the supplier says. Without opening or closing row they are None."""

    entries: tuple[Entry, ...]
    opening: Decimal | None
    closing: Decimal | None


def read_rows(rows: Iterable[Row], digits: int) -> TheirStatement:
    """The statement of these rows; raises DocumentError with all problems.

    :param digits: decimals of the currency
    """
    problems: list[Problem] = []
    entries: list[Entry] = []
    balances: dict[str, Decimal] = {}
    totals: list[tuple[Row, Decimal, Decimal]] = []
    found = ZERO
    for row in rows:
        amount = _amount(row, digits, problems)
        words = {plain(str(row.get(name) or "")) for name in ("document", "description")} - {""}
        kind = next((kind for kind, known in _WORDS.items() if words & known), "")
        if kind == "total":
            totals.append((row, amount, found))
        elif kind:
            if balances.setdefault(kind, amount) != amount:
                problems.append(_problem(row, f"{amount} ≠ {balances[kind]}", "balance_differs"))
        else:
            entries.append(_entry(row, amount))
            found += amount
    problems += _wrong_totals(totals, found, balances.get("opening", ZERO))
    if problems:
        raise DocumentError(problems)
    return TheirStatement(
        entries=tuple(entries), opening=balances.get("opening"), closing=balances.get("closing")
    )


def _wrong_totals(
    totals: Iterable[tuple[Row, Decimal, Decimal]], found: Decimal, opening: Decimal
) -> list[Problem]:
    """Totals that are none of: all rows, the rows above, or those since another total; opening or not.

    :param totals: (row, its amount, sum of the rows above it)
    :param found: sum of all rows
    """
    problems = []
    starts = [ZERO]
    for row, amount, above in totals:
        sums = {found, above, *(above - start for start in starts)}
        if amount not in sums and amount - opening not in sums:
            problems.append(_problem(row, f"{amount} ≠ {above}", "total_differs"))
        starts.append(above)
    return problems


_WORDS = {"opening": _OPENING, "closing": _CLOSING, "total": _TOTAL}


def _entry(row: Row, amount: Decimal) -> Entry:
    day = str(row.get("date") or "")[:10]
    return Entry(
        key=str(row["row"]),
        amount=amount,
        day=date.fromisoformat(day) if day else None,
        numbers=(str(row["document"]),) if row.get("document") else (),
        orders=(str(row["po"]),) if row.get("po") else (),
        sort=_sort(str(row.get("description") or ""), amount),
    )


def _sort(description: str, amount: Decimal) -> str:
    text = plain(description)
    found = [(sort, sign) for sort, (sign, words) in _SORTS.items() if any(word in text for word in words)]
    return found[0][0] if len(found) == 1 and found[0][1] * amount > 0 else ""


def _problem(row: Row, text: str, reason: str) -> Problem:
    """A problem of what a row comes to, at the first of its amounts."""
    return Problem(int(row["row"]), "debit" if "debit" in row else "amount", text, reason)


def _amount(row: Row, digits: int, problems: list[Problem]) -> Decimal:
    """The amount of a row, or debit less credit; every row has one."""
    given = [name for name in ("amount", "debit", "credit") if row.get(name)]
    result = ZERO
    if not given:
        problems.append(_problem(row, "", "empty_required"))
    for name in given:
        text = str(row[name])
        try:
            value = Decimal(text)
        except InvalidOperation:
            problems.append(Problem(int(row["row"]), name, text, "not_an_amount"))
            continue
        if value != round(value, digits):
            problems.append(Problem(int(row["row"]), name, text, "too_many_decimals"))
        result += -value if name == "credit" else value
    return round(result, digits)
