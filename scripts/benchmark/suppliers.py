"""The supplier side under measurement: match of bills, a large statement, rebates over many receipts.

Documents are made once through Odoo, then multiplied by SQL with everything that hangs on them, so that a
million receipts take a minute.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from clock import Clock
from pipeline import _fresh, environment

from odoo.tools import SQL

LINES_EACH = 10
# Bills of the statements that are paid.
PAID = (1_000, 10_000)
NUMBERED = ("account_move", "purchase_order", "stock_picking")
DAY = "2026-09-10 04:00:00"


def measure(database: str, bill_lines: int, statement_lines: int, receipts: int) -> dict:
    """Seconds of every stage and of the sum PostgreSQL needs for the same rows."""
    _fresh(database, "ecom_supplier_settlement")
    with environment(database) as env:
        first = _document(env, "Matched").id
        env.cr.commit()
    result: dict[str, float] = {"bill_lines": bill_lines, "statement_lines": statement_lines}
    with environment(database) as env:
        result |= _match(env, env["account.move"].browse(first), bill_lines)
    with environment(database) as env:
        result |= _statement(env, statement_lines)
    with environment(database) as env:
        result |= _rebate(env, receipts)
    for bills in PAID:
        with environment(database) as env:
            result[f"pay_{bills}_seconds"] = _pay(env, bills)
    return result


def _document(env, name: str, lines: int = LINES_EACH):
    """An order, its receipt and its posted bill, of a supplier of its own."""
    supplier = env["res.partner"].create({"name": name, "is_company": True, "supplier_rank": 1})
    products = env["product.product"].search([("default_code", "=like", "BENCH-%")]) or env[
        "product.product"
    ].create(
        [
            {
                "name": f"Bench {n}",
                "default_code": f"BENCH-{n}",
                "is_storable": True,
                "supplier_taxes_id": [(5, 0, 0)],
            }
            for n in range(LINES_EACH)
        ]
    )
    order = env["purchase.order"].create(
        {
            "partner_id": supplier.id,
            "date_order": DAY,
            "order_line": [
                (0, 0, {"product_id": product.id, "product_qty": 10, "price_unit": 5})
                for product in products[:lines]
            ],
        }
    )
    order.button_confirm()
    picking = order.picking_ids
    for move in picking.move_ids:
        move.quantity, move.picked = 10, True
    picking.button_validate()
    picking.move_ids.date = DAY
    order.action_create_invoice()
    bill = order.invoice_ids
    bill.write({"invoice_date": DAY[:10], "date": DAY[:10], "ref": name})
    bill.action_post()
    print(bill.ecom_threeway_state, bill.ecom_block_reason, bill.amount_total, bill.state)
    env.flush_all()
    return bill


def _match(env, bill, lines: int) -> dict[str, float]:
    times = lines // LINES_EACH
    _multiply(env, bill, times - 1)
    moves = env["account.move"].search([("partner_id", "=", bill.partner_id.id)])
    started = time.perf_counter()
    env["ecom.threeway.matcher"]._match(moves)
    env.flush_all()
    seconds = time.perf_counter() - started
    assert set(moves.mapped("ecom_threeway_state")) == {"ready"}, set(moves.mapped("ecom_threeway_state"))
    env.cr.rollback()
    return {"match_seconds": seconds, "match_ms_per_line": 1000 * seconds / (times * LINES_EACH)}


def _statement(env, lines: int) -> dict[str, float]:
    bill = _document(env, "Statement")
    _multiply(env, bill, lines // LINES_EACH - 1)
    statements = env["ecom.statement"]
    started = time.perf_counter()
    record = statements.browse(statements.create_for(bill.partner_id.id, "2026-09-01", "2026-09-30"))
    env.flush_all()
    seconds = time.perf_counter() - started
    assert record.line_count == lines, (record.line_count, lines)
    assert not record.amount_difference
    # The same rows, gathered from the same documents and summed, without keeping them.
    rows = env["ecom.statement.source"]._statement_sql(record)
    started = time.perf_counter()
    env.cr.execute(SQL("SELECT origin, sum(amount) FROM (%s) rows GROUP BY origin", rows))
    env.cr.fetchall()
    floor = time.perf_counter() - started
    # What it takes to store so many rows with their indexes, and to add up journal items that are stored.
    env.cr.execute("CREATE TEMP TABLE bench_lines (LIKE ecom_statement_line INCLUDING ALL) ON COMMIT DROP")
    started = time.perf_counter()
    env.cr.execute(
        "INSERT INTO bench_lines SELECT * FROM ecom_statement_line WHERE statement_id = %s", [record.id]
    )
    store = time.perf_counter() - started
    started = time.perf_counter()
    env.cr.execute(
        "SELECT sum(balance) FROM account_move_line WHERE partner_id = %s AND display_type = 'product'",
        [bill.partner_id.id],
    )
    env.cr.fetchall()
    bare = time.perf_counter() - started
    started = time.perf_counter()
    record._render_pdf()
    paper = time.perf_counter() - started
    env.cr.rollback()
    return {
        "statement_seconds": seconds,
        "statement_floor_seconds": floor,
        "statement_store_seconds": store,
        "statement_bare_sum_seconds": bare,
        "statement_pdf_seconds": paper,
    }


def _pay(env, bills: int) -> float:
    """Processor seconds of paying a statement of so many bills."""
    bill = _document(env, "Paid", lines=1)
    _multiply(env, bill, bills - 1)
    statements = env["ecom.statement"]
    record = statements.browse(statements.create_for(bill.partner_id.id, "2026-09-01", "2026-09-30"))
    # As the supplier and another accountant leave it.
    env.cr.execute("UPDATE ecom_statement_line SET state = 'confirmed' WHERE statement_id = %s", [record.id])
    env.cr.execute("UPDATE ecom_statement SET state = 'approved' WHERE id = %s", [record.id])
    env.invalidate_all()
    journal = env["account.journal"].search([("type", "=", "bank")], limit=1)
    method = journal.outbound_payment_method_line_ids[:1]
    if not method.payment_account_id:
        method.payment_account_id = env["account.account"].create(
            {
                "name": "Payments on the way",
                "code": "BENCHPAY",
                "account_type": "asset_current",
                "reconcile": True,
            }
        )
    clock = Clock(env.cr)
    with clock("pay"):
        payment = record._pay(journal, date(2026, 10, 10))
        env.flush_all()
    assert record.state == "paid", record.state
    assert len(payment.move_id.line_ids.matched_credit_ids) == bills
    env.cr.rollback()
    return clock.cpu["pay"]


def _rebate(env, receipts: int) -> dict[str, float]:
    """A tier rebate on what was received, over very many receipts, beside one plain sum of them."""
    bill = _document(env, "Rebate")
    _multiply(env, bill, receipts // LINES_EACH - 1, billed=False)
    contract = env["ecom.contract"].create(
        {
            "name": "Bench",
            "partner_id": bill.partner_id.id,
            "date_from": "2026-01-01",
            "date_to": "2026-12-31",
            "clause_ids": [
                (
                    0,
                    0,
                    {
                        "name": "Year's rebate",
                        "kind": "tier_rebate",
                        "base": "received",
                        "period": "year",
                        "tier_ids": [(0, 0, {"start": 0, "value": 2})],
                    },
                )
            ],
        }
    )
    clause = contract.clause_ids
    started = time.perf_counter()
    counted = clause._count(clause.valid_from, clause.valid_to)
    seconds = time.perf_counter() - started
    assert counted.base.amount == receipts * 50, counted.base
    started = time.perf_counter()
    env.cr.execute(
        """SELECT sum(m.quantity * l.price_unit) FROM stock_move m
             JOIN purchase_order_line l ON l.id = m.purchase_line_id
             JOIN purchase_order o ON o.id = l.order_id
            WHERE o.partner_id = %s AND m.state = 'done'""",
        [bill.partner_id.id],
    )
    env.cr.fetchall()
    floor = time.perf_counter() - started
    env.cr.rollback()
    return {"receipts": receipts, "rebate_seconds": seconds, "rebate_floor_seconds": floor}


def _multiply(env, bill, times: int, *, billed: bool = True) -> None:
    """`times` copies of an order, its receipt and its bill, by SQL: same days, same amounts, own numbers."""
    order = bill.line_ids.purchase_line_id.order_id
    moves = order.order_line.move_ids
    records = {
        "purchase_order": order,
        "purchase_order_line": order.order_line,
        "stock_picking": moves.picking_id,
        "stock_move": moves,
        "stock_move_line": moves.move_line_ids,
    }
    if billed:
        records |= {"account_move": bill, "account_move_line": bill.line_ids}
    # The n-th copy of the row `old` gets the number `first + n * step`, so copies of a document lie together.
    env.cr.execute("DROP TABLE IF EXISTS bench_copy")
    env.cr.execute("CREATE TEMP TABLE bench_copy (kind text, old int, first bigint, step int)")
    for table, rows in records.items():
        sequence = f"{table}_id_seq"
        env.cr.execute("SELECT nextval(%s)", [sequence])
        [start] = env.cr.fetchone()
        env.cr.execute("SELECT setval(%s, %s)", [sequence, start + times * len(rows)])
        env.cr.execute(
            """INSERT INTO bench_copy SELECT %s, old, %s + place, %s
                 FROM unnest(%s) WITH ORDINALITY rows (old, place)""",
            [table, start - len(rows), len(rows), rows.ids],
        )
    env.cr.execute("ANALYZE bench_copy")
    # What waits for the end of the transaction is checked now, so that tables may be changed.
    env.cr.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    env.cr.execute("SET LOCAL maintenance_work_mem = '512MB'")
    for table in records:
        insert = _copying(env, table, list(records), times)
        with _bare(env, table):
            env.cr.execute(insert)
        env.cr.execute(f"ANALYZE {table}")
    env.invalidate_all()


@contextmanager
def _bare(env, table: str) -> Iterator[None]:
    """Without what is checked or kept up to date row by row; copies of sound rows need it afterwards only."""
    env.cr.execute(
        """SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE conrelid = %s::regclass AND contype = 'f'""",
        [table],
    )
    keys = env.cr.fetchall()
    env.cr.execute(
        """SELECT x.indexrelid::regclass::text, pg_get_indexdef(x.indexrelid) FROM pg_index x
            WHERE x.indrelid = %s::regclass
              AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = x.indexrelid)""",
        [table],
    )
    indexes = env.cr.fetchall()
    for name, _definition in keys:
        env.cr.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _definition in indexes:
        env.cr.execute(f"DROP INDEX {name}")
    env.cr.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield
    env.cr.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    for _name, definition in indexes:
        env.cr.execute(definition)
    for name, definition in keys:
        env.cr.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition} NOT VALID')


def _copying(env, table: str, tables: list[str], times: int) -> str:
    """INSERT of the rows of one table with their new numbers, and new numbers of what they point at."""
    env.cr.execute(
        """SELECT c.column_name, r.target FROM information_schema.columns c
             LEFT JOIN (SELECT a.attname, k.confrelid::regclass::text AS target FROM pg_constraint k
                          JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
                         WHERE k.contype = 'f' AND k.conrelid = %s::regclass) r ON r.attname = c.column_name
            WHERE c.table_name = %s AND c.is_generated = 'NEVER'""",
        [table, table],
    )
    names, values, joins = [], [], []
    for name, target in env.cr.fetchall():
        column = f't."{name}"'
        if name == "id":
            value = "me.first + n * me.step"
        elif target in tables:
            at = f"at_{name}"
            joins.append(f"LEFT JOIN bench_copy {at} ON {at}.kind = '{target}' AND {at}.old = {column}")
            value = f"coalesce({at}.first + n * {at}.step, {column})"
        elif name in ("name", "ref", "ecom_reference_key") and table in NUMBERED:
            value = f"{column} || '-' || n"
        elif name in ("access_token", "sequence_number"):
            value = "NULL" if name == "access_token" else "n + 1000"
        else:
            value = column
        names.append(f'"{name}"')
        values.append(value)
    return (
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)}"
        f" FROM generate_series(1, {times}) n CROSS JOIN {table} t"
        f" JOIN bench_copy me ON me.kind = '{table}' AND me.old = t.id {' '.join(joins)}"
    )
