"""The floor: the least that the same files cost with pandas and PostgreSQL alone.

Read as text, COPY, one INSERT … SELECT joined to the orders into a table with a primary key, a unique index
on account and line id and an index on the order, one sum per order; committed, on the same server.
"""

from __future__ import annotations

import codecs
import csv
import io
import os
import zipfile
from pathlib import Path

import pandas as pd
import psycopg2
from clock import Clock

ORDER = ("业务基础订单号", "订单号", "商户订单号", "业务凭证号")
IN = ("收入金额（+元）", "动账金额", "收支金额(元)", "应结订单金额")
OUT = ("支出金额（-元）",)
NUMBER = r"[^0-9.\-]"
MARKS = "`'\t "


def measure(database: str, data: Path) -> Clock:
    """Seconds of reading, loading and summing."""
    connection = psycopg2.connect(dbname=database, **_server())
    cursor = connection.cursor()
    cursor.execute("DROP TABLE IF EXISTS bench_floor")
    cursor.execute(
        """CREATE TABLE bench_floor (id serial PRIMARY KEY, account int, line_id text, order_no text,
                                     order_id int,
                                     amount numeric, cells text);
           CREATE UNIQUE INDEX ON bench_floor (account, line_id); CREATE INDEX ON bench_floor (order_id)"""
    )
    connection.commit()
    clock = Clock(cursor)
    cursor.execute(
        "CREATE TEMP TABLE bench_stage (account int, line_id text, order_no text, amount numeric, cells text)"
    )
    number = 0
    for place in sorted((data / "bills").iterdir()):
        for path in sorted(place.iterdir()):
            number += 1
            with clock("read"):
                text = _rows(path, number)
            with clock("load"):
                cursor.copy_expert("COPY bench_stage FROM STDIN", text)
    with clock("load"):
        cursor.execute(
            """INSERT INTO bench_floor (account, line_id, order_no, order_id, amount, cells)
               SELECT s.account, s.line_id, s.order_no, o.id, s.amount, s.cells
                 FROM bench_stage s LEFT JOIN sale_order o ON o.ecom_order_no = s.order_no"""
        )
        connection.commit()
    with clock("sum"):
        cursor.execute("SELECT order_id, sum(amount) FROM bench_floor GROUP BY order_id")
        cursor.fetchall()
        connection.commit()
    cursor.execute("DROP TABLE bench_floor")
    connection.commit()
    connection.close()
    return clock


def _rows(path: Path, account: int) -> io.StringIO:
    """The rows of one file as text for COPY: line id, order, amount and all the text there is."""
    content = path.read_bytes()
    if path.suffix == ".zip":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = archive.read(max(archive.infolist(), key=lambda item: item.file_size))
    encoding = "utf-8-sig" if _is_utf8(content[:2000]) else "gb18030"
    head = content[:4000].decode(encoding, "ignore").splitlines()
    skip = next(number for number, line in enumerate(head) if line.count(",") >= 6)
    frame = pd.read_csv(
        io.BytesIO(content),
        encoding=encoding,
        skiprows=skip,
        dtype=str,
        keep_default_na=False,
        quoting=csv.QUOTE_NONE,
        on_bad_lines="skip",
        skip_blank_lines=False,
        engine="c",
    ).fillna("")
    order, money = _first(frame, ORDER), _first(frame, IN)
    spent = [frame[title] for title in OUT if title in frame]
    if spent:
        money = money.where(~money.isin(["", "0", "0.00"]), spent[0])
    out = pd.DataFrame(
        {
            "account": account,
            "line_id": frame.index.astype(str),
            "order_no": order.str.strip(MARKS),
            "amount": pd.to_numeric(money.str.replace(NUMBER, "", regex=True), errors="coerce").fillna(0),
            "cells": frame.iloc[:, 0].str.cat(frame.iloc[:, 1:]),
        }
    )
    buffer = io.StringIO()
    out.to_csv(buffer, sep="\t", header=False, index=False, quoting=csv.QUOTE_NONE, escapechar="\\")
    buffer.seek(0)
    return buffer


def _first(frame: pd.DataFrame, titles: tuple[str, ...]) -> pd.Series:
    return next((frame[title] for title in titles if title in frame), frame.iloc[:, 0])


def _is_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _server() -> dict[str, str]:
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    return {key: os.environ[name] for key, name in names.items() if os.environ.get(name)}
