"""Puts typed columns together as lines: parts of composite rows, keys, categories, the accounting day."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from .bill import LINE_COLUMNS, Context, Unknown
from .columns import mapped, memos
from .layout import Array, Cells, Draft, Part, Problems
from .moments import day_of

NO_WORD = "-"


def joined(*columns: Array) -> Array:
    """Columns of text joined by a bar."""
    return mapped(list(map("|".join, zip(*(column.tolist() for column in columns), strict=True))))


def row_hash(*columns: Array) -> Array:
    """A short hash of each row, from typed values, so that saving a file anew does not change it."""
    texts = [column if column.dtype == object else column.astype("int64").astype("U24") for column in columns]
    rows = map("\x1f".join, zip(*(column.tolist() for column in texts), strict=True))
    return mapped([hashlib.blake2b(row.encode(), digest_size=12).hexdigest() for row in rows])


def in_out(cells: Cells, income: str, outgo: str, problems: Problems) -> Array:
    """The signed amount of two columns, one for money in and one for money out, whatever sign money out
    has.
    """
    money_in, money_out = cells.amount[income], cells.amount[outgo]
    both = np.flatnonzero((money_in != 0) & (money_out != 0))
    neither = np.flatnonzero(~cells.given[income] & ~cells.given[outgo])
    problems.at(both, cells.rows, money_out, cells.titles.get(outgo, ""), "two_amounts")
    problems.at(neither, cells.rows, cells.blank(), cells.titles.get(income, ""), "empty_required")
    return np.asarray(money_in - np.abs(money_out))


def directed(cells: Cells, amount: str, direction: str, problems: Problems, plus: str, minus: str) -> Array:
    """The signed amount of one column and a column that says in or out."""
    words, values = cells.text[direction], np.abs(cells.amount[amount])
    sign = np.where(words == plus, 1, np.where(words == minus, -1, 0))
    problems.at(np.flatnonzero(sign == 0), cells.rows, words, cells.titles[direction], "not_a_choice")
    wrong = np.flatnonzero((sign == 1) & (cells.amount[amount] < 0))
    problems.at(wrong, cells.rows, words, cells.titles[direction], "not_a_choice")
    return np.asarray(values * sign)


def assemble(cells: Cells, draft: Draft, context: Context, categories: Callable[[str], str]) -> pd.DataFrame:
    """The LINE frame of a draft."""
    count = len(cells)
    kept = np.ones(count, dtype=bool) if draft.keep is None else draft.keep
    there = [kept if part.there is None else kept & part.there for part in draft.parts]
    at = np.concatenate([np.flatnonzero(mask) for mask in there]) if there else np.zeros(0, np.int64)
    turn = np.repeat(np.arange(len(there)), [int(mask.sum()) for mask in there])
    if len(there) > 1:
        order = np.lexsort((turn, at))
        at, turn = at[order], turn[order]
    single = len(there) == 1 and len(at) == count
    word, title, amount = _of_parts(draft.parts, at, turn, single)
    word = np.where(word == "", NO_WORD, word)
    columns: dict[str, object] = {
        "row": cells.rows if single else cells.rows[at],
        "part": title,
        "key": _keys(draft, at, title, single),
        "word": word,
        "category": _categories(word, categories),
        "booked_at": draft.booked_at if single else draft.booked_at[at],
        "amount": amount,
        "balance": _balances(draft, at),
    }
    columns["day"] = day_of(np.asarray(columns["booked_at"]), context.timezone)
    for name in LINE_COLUMNS:
        if name not in columns:
            values = draft.fields.get(name)
            values = cells.blank() if values is None else memos(values) if name == "memo" else values
            columns[name] = values if single else values[at]
    frame: pd.DataFrame = pd.DataFrame({name: columns[name] for name in LINE_COLUMNS}, copy=False)
    return frame


def _of_parts(parts: Sequence[Part], at: Array, turn: Array, single: bool) -> tuple[Array, Array, Array]:
    """Words, titles and amounts of the lines."""
    if single:
        return parts[0].word, np.full(len(at), parts[0].title, dtype=object), parts[0].amount
    word = np.full(len(at), "", dtype=object)
    title = np.full(len(at), "", dtype=object)
    amount = np.zeros(len(at), dtype=np.int64)
    for place, part in enumerate(parts):
        mine = turn == place
        word[mine] = part.word[at[mine]]
        title[mine] = part.title
        amount[mine] = part.amount[at[mine]]
    return word, title, amount


def _balances(draft: Draft, at: Array) -> object:
    """The balance after each line; of a composite row it stands on its last part."""
    if draft.balance is None:
        return (
            pd.array(np.zeros(len(at), np.int64), dtype="Int64")
            if not len(at)
            else pd.array([pd.NA] * len(at), dtype="Int64")
        )
    missing = np.append(at[1:] == at[:-1], False) if len(at) else np.zeros(0, dtype=bool)
    return pd.arrays.IntegerArray(draft.balance[at].astype(np.int64), missing)


def _keys(draft: Draft, at: Array, title: Array, single: bool) -> Array:
    """identity | part | occurrence: equal rows of a file are told apart by their count, in whatever order
    they stand.
    """
    identity = pd.Series(draft.identity)
    twice = identity.duplicated(keep=False).to_numpy()
    tail = np.full(len(identity), "0", dtype=object)
    if twice.any():
        same = pd.DataFrame(
            {"id": draft.identity[twice], "at": draft.booked_at[twice], "net": draft.net[twice]},
            index=np.flatnonzero(twice),
        ).sort_values(["id", "at", "net"], kind="stable")
        number = same.groupby("id", sort=False).cumcount()
        tail[number.index.to_numpy()] = number.astype(str).to_numpy()
    if single:
        return joined(draft.identity, title, tail)
    return joined(draft.identity[at], title, tail[at])


def conflicts(cells: Cells, draft: Draft) -> Array:
    """Rows with the id of an earlier row but another amount."""
    rows = pd.DataFrame({"id": draft.identity, "net": draft.net})
    again = rows.duplicated("id", keep="first") & ~rows.duplicated(["id", "net"], keep="first")
    return np.flatnonzero(again.to_numpy())


def _categories(words: Array, category: Callable[[str], str]) -> Array:
    """The category of each word, looked up once per word."""
    codes, distinct = pd.factorize(words)
    known = np.array([category(word) for word in distinct] + [""], dtype=object)
    return np.asarray(known[codes])


def chooser(own: Callable[[str], str], changed: Mapping[str, str]) -> Callable[[str], str]:
    """The category of a word: what the user says, else what the layout says."""
    return lambda word: changed[word] if word in changed else own(word)


def unknown_words(frame: pd.DataFrame) -> tuple[Unknown, ...]:
    """Words without a category, in the order of their first line."""
    strange = frame.loc[frame["category"] == "", ["word", "row", "amount"]]
    return tuple(
        Unknown(str(word), int(group["row"].iloc[0]), len(group), sum(group["amount"].tolist()))
        for word, group in strange.groupby("word", sort=False)
    )


def by_category(frame: pd.DataFrame) -> dict[str, int]:
    """The sum of each category in minor units."""
    return {
        str(category): sum(amounts.tolist())
        for category, amounts in frame.groupby("category", sort=True)["amount"]
    }
