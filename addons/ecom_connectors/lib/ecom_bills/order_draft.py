"""Rows of an order file become orders and lines: grouped, checked against each other, and written as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from .bill import Context
from .layout import Array, Cells, Problems
from .order_layouts import SCALE, TEMPLATE, OrderLayout

ORDER_COLUMNS = (
    *("row", "shop", "order_no", "payment_ref", "ordered_at", "paid_at", "shipped_at", "signed_at", "status"),
    *("currency", "freight", "shop_discount", "platform_subsidy", "buyer_paid", "receivable"),
)
ORDER_LINE_COLUMNS = (
    *("row", "shop", "order_no", "sub_order_no", "sku", "product", "quantity", "unit_price", "line_total"),
)
REFUND_COLUMNS = (
    *("row", "shop", "refund_no", "order_no", "sub_order_no", "refunded_at", "currency", "amount", "sku"),
    *("quantity", "reason"),
)
_ORDER_AMOUNTS = ("freight", "shop_discount", "platform_subsidy", "buyer_paid", "receivable")
_ONE = 10**SCALE
_CURRENCY = re.compile(r"[A-Z]{3}")
_NO_DIGITS = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
_THREE_DIGITS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())


def spread_currency(cells: Cells) -> None:
    """The currency of an order may stand on its first row only."""
    if cells.has("currency"):
        given = cells.text["currency"] != ""
        keys = cells.text["shop"] + "\0" + cells.text["order_no"]
        known = dict(
            zip(keys[given][::-1].tolist(), cells.text["currency"][given][::-1].tolist(), strict=True)
        )
        blank = np.flatnonzero(~given)
        cells.text["currency"][blank] = [known.get(key, "") for key in keys[blank].tolist()]


def digits_of(cells: Cells, known: OrderLayout, context: Context, problems: Problems) -> Array:
    """The minor digits of each row's currency."""
    if not cells.has("currency"):
        cells.text["currency"] = np.full(len(cells), known.currency, dtype=object)
    codes, words = pd.factorize(cells.text["currency"])
    places = []
    for code, word in enumerate(words):
        if not _CURRENCY.fullmatch(word):
            title = cells.titles.get("currency", "")
            problems.at(
                np.flatnonzero(codes == code)[:1], cells.rows, cells.text["currency"], title, "not_a_choice"
            )
        own = 0 if word in _NO_DIGITS else 3 if word in _THREE_DIGITS else 2
        places.append(context.digits if word == context.currency else own)
    return np.array(places, dtype=np.int64)[codes]


def _check_decimals(cells: Cells, digits: Array, names: Sequence[str], problems: Problems) -> None:
    """No amount may have more decimals than its currency."""
    step = 10 ** (SCALE - digits)
    for name in names:
        if name in cells.amount:
            values = cells.amount[name]
            shown = amount_texts(values, cells.given[name], np.full(len(cells), -1))
            problems.at(
                np.flatnonzero(values % step),
                cells.rows,
                shown,
                cells.titles.get(name, ""),
                "too_many_decimals",
            )


class Draft:
    """The typed cells of an order file, grouped by order in order of first appearance."""

    def __init__(self, cells: Cells, known: OrderLayout, digits: Array, problems: Problems) -> None:
        self.cells, self.known, self.digits, self.problems = cells, known, digits, problems
        _check_decimals(
            cells, digits, [name for name in cells.amount if name not in ("quantity", "unit_price")], problems
        )
        for name, parts in known.sums.items():
            cells.amount[name], cells.given[name] = self._sum(parts)
        keys = self._text("shop") + "\0" + self._text("order_no")
        self.group, found = pd.factorize(keys)
        self.count = len(found)
        self.first = self._first(np.ones(len(cells), dtype=bool))
        self._check_repeats()

    def orders(self) -> pd.DataFrame:
        """One row per order."""
        digits = self.digits[self.first]
        amounts = {name: self._amount(name) for name in _ORDER_AMOUNTS}
        values, given = amounts["receivable"]
        paid, subsidy = amounts["buyer_paid"], amounts["platform_subsidy"]
        default = ~given & paid[1] & subsidy[1]
        amounts["receivable"] = np.where(default, paid[0] + subsidy[0], values), given | default
        moments = {name: self._moment(name) for name in ("ordered_at", "paid_at")}
        moments |= {name: self._latest(name) for name in ("shipped_at", "signed_at")}
        if self.known is TEMPLATE:
            late = self.first[np.isnat(moments["ordered_at"])]
            title = self.cells.titles["ordered_at"]
            self.problems.at(late, self.cells.rows, self.cells.blank(), title, "empty_required")
        self._check_sums(amounts, moments["paid_at"])
        columns: dict[str, Any] = {
            "row": self.cells.rows[self.first].astype("int32"),
            "shop": self._text("shop")[self.first],
            "order_no": self._text("order_no")[self.first],
            "payment_ref": self._same_text("payment_ref"),
            "status": self._words("status"),
            "currency": self._same_text("currency"),
            **{name: moment_texts(values) for name, values in moments.items()},
            **{name: amount_texts(*pair, digits) for name, pair in amounts.items()},
        }
        return frame_of(ORDER_COLUMNS, columns)

    def lines(self) -> pd.DataFrame:
        """One row per order line."""
        cells = self.cells
        free = np.full(len(cells), -1)
        columns: dict[str, Any] = {
            "row": cells.rows.astype("int32"),
            **{name: self._text(name) for name in ("shop", "order_no", "sub_order_no", "sku", "product")},
            "quantity": amount_texts(*self._cells("quantity"), free),
            "unit_price": amount_texts(*self._cells("unit_price"), free),
            "line_total": amount_texts(*self._cells("line_total"), self.digits),
        }
        return frame_of(ORDER_LINE_COLUMNS, columns)

    def _text(self, name: str) -> Array:
        return self.cells.text[name] if name in self.cells.text else self.cells.blank()

    def _cells(self, name: str) -> tuple[Array, Array]:
        if name in self.cells.amount:
            return self.cells.amount[name], self.cells.given[name]
        return np.zeros(len(self.cells), dtype=np.int64), np.zeros(len(self.cells), dtype=bool)

    def _sum(self, parts: Sequence[str]) -> tuple[Array, Array]:
        """Columns added up; given where any of them is."""
        total = np.zeros(len(self.cells), dtype=np.int64)
        given = np.zeros(len(self.cells), dtype=bool)
        for part in parts:
            values, there = self._cells(part.lstrip("-"))
            total = total - values if part.startswith("-") else total + values
            given |= there
        return total, given

    def _first(self, where: Array) -> Array:
        """The first row of each order among these rows, -1 if there is none."""
        first = np.full(self.count, -1, dtype=np.int64)
        rows = np.flatnonzero(where)[::-1]
        first[self.group[rows]] = rows
        return first

    def _agree(self, values: Array, given: Array, shown: Array, name: str) -> Array:
        """The first given row of each order; another value on a later row is a contradiction."""
        first = self._first(given)
        wrong = given & (values != values[first[self.group]])
        self.problems.at(
            np.flatnonzero(wrong), self.cells.rows, shown, self.cells.titles.get(name, name), "order_differs"
        )
        return first

    def _amount(self, name: str) -> tuple[Array, Array]:
        """An amount of each order, and whether the file gives it."""
        values, given = self._cells(name)
        if self.known.level == "line":
            total = np.zeros(self.count, dtype=np.int64)
            np.add.at(total, self.group, np.where(given, values, 0))
            return total, self._first(given) >= 0
        first = self._agree(values, given, amount_texts(values, given, np.full(len(given), -1)), name)
        return np.where(first >= 0, values[first], 0), first >= 0

    def _same_text(self, name: str) -> Array:
        values = self._text(name)
        first = self._agree(values, values != "", values, name)
        texts: Array = np.where(first >= 0, values[first], "")
        return texts

    def _moment(self, name: str) -> Array:
        values = self.cells.moment.get(name, np.full(len(self.cells), np.datetime64("NaT", "s")))
        first = self._agree(values, ~np.isnat(values), moment_texts(values), name)
        return np.where(first >= 0, values[first], np.datetime64("NaT", "s"))

    def _latest(self, name: str) -> Array:
        """Parcels of one order leave and arrive one by one; the order is where its last parcel is."""
        nothing = np.iinfo(np.int64).min
        values = self.cells.moment.get(name, np.full(len(self.cells), np.datetime64("NaT", "s")))
        latest = np.full(self.count, nothing, dtype=np.int64)
        np.maximum.at(latest, self.group, values.astype("datetime64[s]").astype(np.int64))
        return latest.astype("datetime64[s]")

    def _words(self, name: str) -> Array:
        """The words of all lines of an order; lines of one order may stand differently."""
        values = self._text(name)
        words: Array = values[self.first].copy()
        for place in np.flatnonzero(values != words[self.group]).tolist():
            group = self.group[place]
            if values[place] and values[place] not in words[group].split(" / "):
                words[group] = " / ".join(filter(None, [words[group], values[place]]))
        return words

    def _check_repeats(self) -> None:
        """One line twice: the same sub-order number, or a second row where an order has only one."""
        keys = (
            self.group
            if self.known.single
            else pd.factorize(self._text("sub_order_no"))[0] * self.count + self.group
        )
        repeated = pd.Series(keys).duplicated().to_numpy()
        if not self.known.single:
            repeated &= self._text("sub_order_no") != ""
        self.problems.at(
            np.flatnonzero(repeated),
            self.cells.rows,
            self._text("order_no"),
            self.cells.titles["order_no"],
            "duplicate_line",
        )

    def _check_sums(self, amounts: dict[str, tuple[Array, Array]], paid_at: Array) -> None:
        """Goods + freight - shop discount = buyer paid + subsidy, for paid orders that say it all."""
        totals, given = self._cells("line_total")
        goods = np.zeros(self.count, dtype=np.int64)
        np.add.at(goods, self.group, totals)
        complete = self._first(~given) < 0
        for name in ("freight", "shop_discount", "platform_subsidy", "buyer_paid"):
            complete &= amounts[name][1]
        paid = amounts["buyer_paid"][0]
        complete &= (paid != 0) | ~np.isnat(paid_at)
        ours = goods + amounts["freight"][0] - amounts["shop_discount"][0]
        theirs = paid + amounts["platform_subsidy"][0]
        for place in np.flatnonzero(complete & (ours != theirs)).tolist():
            row = int(self.cells.rows[self.first[place]])
            shown = f"{_decimal(int(ours[place]), -1)} ≠ {_decimal(int(theirs[place]), -1)}"
            self.problems.add("amounts_differ", shown, row, self.cells.titles.get("buyer_paid", ""))


def refund_frame(cells: Cells, digits: Array, problems: Problems) -> pd.DataFrame:
    """One row per row of the file; a refund of several lines has several."""
    _check_decimals(cells, digits, ("amount",), problems)
    free = np.full(len(cells), -1)
    columns: dict[str, Any] = {
        "row": cells.rows.astype("int32"),
        **{
            name: cells.text[name]
            for name in ("shop", "refund_no", "order_no", "sub_order_no", "currency", "sku")
        },
        "reason": cells.text["reason"],
        "refunded_at": moment_texts(cells.moment["refunded_at"]),
        "amount": amount_texts(cells.amount["amount"], cells.given["amount"], digits),
        "quantity": amount_texts(cells.amount["quantity"], cells.given["quantity"], free),
    }
    frame = frame_of(REFUND_COLUMNS, columns)
    negative = np.flatnonzero(cells.amount["amount"] < 0)
    problems.at(negative, cells.rows, columns["amount"], cells.titles["amount"], "not_an_amount")
    repeated = np.flatnonzero(frame.drop(columns="row").duplicated().to_numpy())
    problems.at(repeated, cells.rows, columns["refund_no"], cells.titles["refund_no"], "duplicate_line")
    return frame


def frame_of(names: Sequence[str], columns: dict[str, Any]) -> pd.DataFrame:
    types = {name: "int32" if name == "row" else "object" for name in names}
    frame: pd.DataFrame = pd.DataFrame(
        {name: pd.Series(columns.get(name, []), dtype=types[name]) for name in names}
    )
    return frame


def moment_texts(values: Array) -> Array:
    """Moments as `YYYY-MM-DD hh:mm:ss`, "" for none."""
    texts = np.datetime_as_string(values.astype("datetime64[s]"), unit="s")
    return np.array(
        ["" if text == "NaT" else text.replace("T", " ") for text in texts.tolist()], dtype=object
    )


def amount_texts(values: Array, given: Array, digits: Array) -> Array:
    """Amounts as exact decimals with these digits; -1 means as short as possible."""
    known: dict[tuple[int, int], str] = {}
    texts: list[str] = []
    for value, there, places in zip(values.tolist(), given.tolist(), digits.tolist(), strict=True):
        key = (value, places)
        text = known.get(key)
        if text is None:
            text = known[key] = _decimal(value, places)
        texts.append(text if there else "")
    return np.array(texts, dtype=object)


def _decimal(value: int, digits: int) -> str:
    whole, part = divmod(abs(value), _ONE)
    fraction = f"{part:0{SCALE}d}".rstrip("0")
    if digits >= 0:
        fraction = fraction.ljust(digits, "0")
    return f"{'-' if value < 0 else ''}{whole}{'.' if fraction else ''}{fraction}"
