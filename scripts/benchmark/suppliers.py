"""The supplier side under measurement: match of bills, a large statement, rebates over many receipts.

Documents are made once through Odoo, then multiplied by SQL with everything that hangs on them, so that a
million receipts take a minute.
"""

from __future__ import annotations

import time

from pipeline import _fresh, environment

from odoo.tools import SQL

LINES_EACH = 10
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
    return result


def _document(env, name: str):
    """An order of ten lines, its receipt and its posted bill, of a supplier of its own."""
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
                (0, 0, {"product_id": product.id, "product_qty": 10, "price_unit": 5}) for product in products
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
    env.flush_all()
    return bill


def _match(env, bill, lines: int) -> dict[str, float]:
    times = lines // LINES_EACH
    _multiply(env, bill, times - 1)
    moves = env["account.move"].search([("partner_id", "=", bill.partner_id.id)])
    env.cr.execute("ANALYZE account_move_line; ANALYZE purchase_order_line; ANALYZE stock_move")
    started = time.perf_counter()
    moves._ecom_match()
    env.flush_all()
    seconds = time.perf_counter() - started
    assert set(moves.mapped("ecom_match_state")) == {"ready"}, set(moves.mapped("ecom_match_state"))
    env.cr.rollback()
    return {"match_seconds": seconds, "match_ms_per_line": 1000 * seconds / (times * LINES_EACH)}


def _statement(env, lines: int) -> dict[str, float]:
    bill = _document(env, "Statement")
    _multiply(env, bill, lines // LINES_EACH - 1)
    env.cr.execute("ANALYZE account_move_line; ANALYZE account_move")
    settlements = env["ecom.settlement"]
    started = time.perf_counter()
    record = settlements.browse(settlements.create_for(bill.partner_id.id, "2026-09-01", "2026-09-30"))
    env.flush_all()
    seconds = time.perf_counter() - started
    assert record.line_count == lines, (record.line_count, lines)
    assert not record.amount_difference
    # The same rows, gathered from the same documents and summed, without keeping them.
    rows = SQL(" UNION ALL ").join(record._typed(source) for source in record._sources())
    started = time.perf_counter()
    env.cr.execute(SQL("SELECT origin, sum(amount) FROM (%s) rows GROUP BY origin", rows))
    env.cr.fetchall()
    floor = time.perf_counter() - started
    env.cr.rollback()
    return {"statement_seconds": seconds, "statement_floor_seconds": floor}


def _rebate(env, receipts: int) -> dict[str, float]:
    """A tier rebate on what was received, over very many receipts, beside one plain sum of them."""
    bill = _document(env, "Rebate")
    _multiply(env, bill, receipts // LINES_EACH - 1)
    env.cr.execute(
        "ANALYZE stock_move; ANALYZE purchase_order_line; ANALYZE purchase_order; ANALYZE stock_picking"
    )
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


def _multiply(env, bill, times: int) -> None:
    """`times` copies of a bill, its order and receipt, by SQL: same days, same amounts, own numbers."""
    order = bill.line_ids.purchase_line_id.order_id
    moves = order.order_line.move_ids
    records = {
        "purchase_order": order,
        "purchase_order_line": order.order_line,
        "stock_picking": moves.picking_id,
        "stock_move": moves,
        "account_move": bill,
        "account_move_line": bill.line_ids,
    }
    env.cr.execute("CREATE TEMP TABLE bench_copy (kind text, old int, n int, fresh int) ON COMMIT DROP")
    for table, rows in records.items():
        env.cr.execute(
            """INSERT INTO bench_copy
               SELECT %s, old, n, nextval(%s) FROM unnest(%s) old, generate_series(1, %s) n""",
            [table, f"{table}_id_seq", rows.ids, times],
        )
    env.cr.execute("CREATE INDEX ON bench_copy (kind, old, n); ANALYZE bench_copy")
    for table in records:
        _copy(env, table, list(records))


def _copy(env, table: str, tables: list[str]) -> None:
    """Rows of one table with their new numbers, and new numbers of what they point at."""
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
        names.append(f'"{name}"')
        if name == "id":
            values.append("me.fresh")
        elif target in tables:
            alias = f"at_{name}"
            joins.append(
                f"LEFT JOIN bench_copy {alias} ON {alias}.kind = '{target}' AND {alias}.old = t.\"{name}\""
                f" AND {alias}.n = me.n"
            )
            values.append(f'coalesce({alias}.fresh, t."{name}")')
        elif name in ("name", "ref", "ecom_reference_key") and table in (
            "account_move",
            "purchase_order",
            "stock_picking",
        ):
            values.append(f"t.\"{name}\" || '-' || me.n")
        elif name in ("access_token", "sequence_number", "sequence_prefix"):
            values.append(
                "NULL" if name == "access_token" else f't."{name}"' if "prefix" in name else "me.n + 1000"
            )
        else:
            values.append(f't."{name}"')
    env.cr.execute(
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM {table} t"
        f" JOIN bench_copy me ON me.kind = '{table}' AND me.old = t.id {' '.join(joins)}"
    )
    env.invalidate_all()
