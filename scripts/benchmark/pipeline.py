"""The pipeline under measurement, in a process of its own: read and load, match and explain, post.

A month in one go, or days one by one on top of what a database holds.
"""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from clock import Clock, peak_mb

ROOT = Path(__file__).resolve().parent.parent.parent
# Of so many orders of a day one is imported, the others are loaded by SQL: they cost Odoo more than all else.
IMPORTED = 8


@contextmanager
def environment(database: str):
    """An Odoo environment of the administrator in the company that has accounts."""
    import odoo
    from odoo import api
    from odoo.modules.registry import Registry

    odoo.tools.config.parse_config(["-d", database, "--log-level=error", "--no-http"])
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, api.SUPERUSER_ID, {})
        company = env["ecom.account"].search([], limit=1).company_id or env.company
        yield api.Environment(cr, api.SUPERUSER_ID, {"allowed_company_ids": company.ids})


def prepare(database: str, data: Path, *, orders: bool = True) -> None:
    """A fresh database with the add-ons, the shops of `data` and its orders and refunds, loaded by SQL."""
    _fresh(database)
    with environment(database) as env:
        env["ecom.api"].apply(json.loads((data / "setup.json").read_text()))
        env.flush_all()
        if orders:
            _load_orders(env, data)
            env.cr.execute("ANALYZE sale_order; ANALYZE sale_order_line; ANALYZE ecom_refund")
        env.cr.commit()


def _fresh(database: str, module: str = "ecom_recon") -> None:
    run = str(ROOT / "scripts" / "host" / "run")
    subprocess.run([run, "dropdb", database], capture_output=True)
    subprocess.run([run, "createdb", database], check=True, capture_output=True)
    subprocess.run(
        [run, "odoo", "-d", database, "-i", module, "--stop-after-init", "--log-level=error"],
        check=True,
        stderr=subprocess.DEVNULL,
    )


def _load_orders(env, data: Path, *, skip: int = 0) -> None:
    """Orders of one line each, and refunds: what years of imports have left.

    :param skip: of so many orders the first is left out, it is imported; and so are all refunds
    """
    cr, product = env.cr, env.ref("ecom_connectors.product_unmapped")
    for name in ("orders", "refunds"):
        head, *rows = (data / f"{name}.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        if skip:
            rows = [row for number, row in enumerate(rows) if number % skip] if name == "orders" else []
        columns = ", ".join(f"{column} text" for column in head.strip().split(","))
        cr.execute(f"DROP TABLE IF EXISTS bench_{name}; CREATE TEMP TABLE bench_{name} ({columns})")
        cr._cnx.cursor().copy_expert(
            f"COPY bench_{name} FROM STDIN WITH (FORMAT csv)", io.StringIO("".join(rows))
        )
    cr.execute(
        """INSERT INTO sale_order (
               name, company_id, partner_id, partner_invoice_id, partner_shipping_id, warehouse_id,
               currency_id,
               currency_rate, date_order, picking_policy, state, amount_untaxed, amount_tax, amount_total,
               ecom_shop_id, ecom_order_no, ecom_paid_at, ecom_shipped_at, ecom_receivable, ecom_subsidy,
               ecom_buyer_paid, invoice_status, locked)
           SELECT 'B' || row_number() OVER (), s.company_id, s.partner_id, s.partner_id, s.partner_id,
                  (SELECT min(id) FROM stock_warehouse w WHERE w.company_id = s.company_id), s.currency_id, 1,
                  o.ordered_at::timestamp - interval '8 hours', 'direct', 'sale', o.receivable::numeric, 0,
                  o.receivable::numeric, s.id, o.order_no, o.paid_at::timestamp - interval '8 hours',
                  o.shipped_at::timestamp - interval '8 hours', o.receivable::numeric,
                  o.platform_subsidy::numeric, o.buyer_paid::numeric, 'no', false
             FROM bench_orders o JOIN ecom_shop s ON s.code = o.shop"""
    )
    cr.execute(
        """INSERT INTO sale_order_line (
               order_id, company_id, currency_id, order_partner_id, product_id, product_uom_id, state, name,
               sequence, product_uom_qty, price_unit, price_subtotal, price_total, customer_lead,
               qty_delivered_method, invoice_status, ecom_sub_order_no)
           SELECT o.id, o.company_id, o.currency_id, o.partner_id, %s, %s, o.state, o.ecom_order_no,
                  10, 1, o.amount_total, o.amount_total, o.amount_total, 0, 'manual', 'no',
                  'S' || o.ecom_order_no
             FROM sale_order o JOIN ecom_shop s ON s.id = o.ecom_shop_id
             JOIN bench_orders b ON b.order_no = o.ecom_order_no AND b.shop = s.code""",
        [product.id, product.uom_id.id],
    )
    cr.execute(
        """INSERT INTO ecom_awaited (order_id, shop_id)
           SELECT o.id, s.id FROM bench_orders b JOIN ecom_shop s ON s.code = b.shop
             JOIN sale_order o ON o.ecom_shop_id = s.id AND o.ecom_order_no = b.order_no"""
    )
    cr.execute(
        """INSERT INTO ecom_refund (shop_id, platform_id, company_id, refund_no, order_no, order_id,
                                    refunded_at,
                                    currency_id, amount)
           SELECT s.id, s.platform_id, s.company_id, r.refund_no, r.order_no, o.id,
                  r.refunded_at::timestamp - interval '8 hours', s.currency_id, r.amount::numeric
             FROM bench_refunds r JOIN ecom_shop s ON s.code = r.shop
             JOIN sale_order o ON o.ecom_shop_id = s.id AND o.ecom_order_no = r.order_no"""
    )


def measure(database: str, data: Path) -> dict:
    """Every stage over all files in one go, and the peak memory; the second import must find all known."""
    with environment(database) as env:
        clock = Clock(env.cr)
        env["account.move"].search([], limit=1)
        with clock("read_and_load"):
            results = _import(env, data)
        assert all(result["state"] == "ready" for result in results), results
        with clock("match_and_explain"):
            env["ecom.api"].match()
            env.cr.commit()
        lines = env["ecom.bill.line"].search_count([])
        orders = env["sale.order"].search_count([("ecom_shop_id", "!=", False)])
        exceptions = env["ecom.exception"].search_count([("type", "=", "amount_mismatch")])
        expected = json.loads((data / "expected.json").read_text())
        assert lines == expected["lines"], (lines, expected["lines"])
        assert exceptions == expected["amount_mismatch"], (exceptions, expected["amount_mismatch"])
        assert env["ecom.exception"].search_count([]) == exceptions, "other exceptions than planted"
        pipeline_mb = peak_mb()
        with clock("post"):
            env["ecom.api"].post()
            env.cr.commit()
        peak = peak_mb()
        with clock("import_again"):
            again = _import(env, data)
        assert not any(result["new"] for result in again)
        with clock("post_floor"):
            _post_alone(env)
        env.cr.rollback()
        check = env["ecom.api"].check()
        assert check["holds"], [item for item in check["invariants"] if not item["holds"]]
    return {
        "lines": lines,
        "orders": orders,
        "peak_mb": peak,
        "pipeline_mb": pipeline_mb,
        "stages": clock.wall,
        "cpu": clock.cpu,
    }


def measure_days(database: str, days: list[Path]) -> dict:
    """A day after another on what is there, and what each stage took on its best day."""
    best: dict[str, dict[str, float]] = {"stages": {}, "cpu": {}}
    with environment(database) as env:
        # What people and a server in production have done since the day before.
        odd = env["ecom.exception"].search([("state", "=", "open")])
        odd.with_context(tracking_disable=True).action_accept("As agreed.")
        env["ecom.api"].match()
        env["ecom.api"].post()
        env.cr.commit()
        env.cr._cnx.autocommit = True
        env.cr.execute("VACUUM ANALYZE")
        env.cr._cnx.autocommit = False
        found = env["ecom.exception"].search_count([])
        for data in days:
            clock = Clock(env.cr)
            _load_orders(env, data, skip=IMPORTED)
            with clock("import_orders"):
                _import_table(env, data, "orders", IMPORTED)
                _import_table(env, data, "refunds")
            with clock("read_and_load"):
                results = _import(env, data)
            with clock("match_and_explain"):
                env["ecom.api"].match()
                env.cr.commit()
            with clock("post"):
                env["ecom.api"].post()
                env.cr.commit()
            found += json.loads((data / "expected.json").read_text())["amount_mismatch"]
            assert {result["state"] for result in results} == {"ready"}, results
            assert env["ecom.exception"].search_count([]) == found, "other exceptions than planted"
            for kind, seconds in (("stages", clock.wall), ("cpu", clock.cpu)):
                for name, value in seconds.items():
                    best[kind][name] = min(value, best[kind].get(name, value))
    return best


def _import_table(env, data: Path, what: str, each: int = 1) -> None:
    """`orders` or `refunds` by their own import, of so many the first."""
    head, *rows = (data / f"{what}.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    content = base64.b64encode("".join([head, *rows[::each]]).encode())
    [result] = getattr(env["ecom.api"], f"import_{what}")([{"name": f"{what}.csv", "content": content}])
    assert not result["problems"] and result["new"] == result[what], result
    env.cr.commit()


def _import(env, data: Path) -> list[dict]:
    places = [
        (env["ecom.account"]._by_code(place.name), place) for place in sorted((data / "bills").iterdir())
    ]
    files = (
        (path.name, path.read_bytes(), account)
        for account, place in places
        for path in sorted(place.iterdir())
    )
    accounts = env["ecom.account"].union(*(account for account, _place in places))
    results = env["ecom.reader"]._import(accounts, files)
    env.cr.commit()
    return [result for result in results if result["state"] != "skipped"]


def _post_alone(env) -> None:
    """The same entries once more, by Odoo's create and post without any of ours."""
    moves = env["ecom.posting"].search([]).move_id
    fields = ("account_id", "partner_id", "name", "currency_id", "amount_currency", "balance", "sequence")
    values_list = []
    for move in moves:
        lines = [
            (0, 0, {name: _plain(line[name]) for name in fields}) for line in move.line_ids.sorted("sequence")
        ]
        values_list.append(
            {
                "move_type": "entry",
                "journal_id": move.journal_id.id,
                "date": move.date,
                "ref": move.ref,
                "line_ids": lines,
            }
        )
    env.flush_all()
    env.invalidate_all()
    alone = env["account.move"].with_context(tracking_disable=True)
    for start in range(0, len(values_list), 100):
        alone.create(values_list[start : start + 100])._post(soft=False)
    env.flush_all()


def _plain(value):
    return value.id if hasattr(value, "_name") else value


def order_mode(database: str, orders: int) -> dict:
    """Posting that clears invoices, beside create, post and reconcile of the same lines alone."""
    sys.path.insert(0, str(ROOT / "scripts"))
    import world

    data = ROOT / ".host" / "bench" / "orders"
    month = {"start": date(2026, 9, 1), "days": 30}
    world.make(5, shops=[world.demo_plan()[0]], orders_per_shop=orders, faults=None, **month).write(data)
    _fresh(database)
    with environment(database) as env:
        setup = json.loads((data / "setup.json").read_text())
        for shop in setup["shops"]:
            shop["mode"] = "order"
        env["ecom.api"].apply(setup)
        env.cr.commit()
    with environment(database) as env:
        clock = Clock(env.cr)
        for what in ("orders", "refunds"):
            _import_table(env, data, what)
        env["sale.order"].search([("ecom_shop_id", "!=", False)])._create_invoices(grouped=True).action_post()
        _import(env, data)
        env["ecom.api"].match()
        env.cr.commit()
        with clock("post"):
            env["ecom.api"].post()
            env.flush_all()
        entries = env["account.move.line"].search([("ecom_order_id", "!=", False)])
        plans = [line._reconciled_lines() for line in entries]
        partners = [env["account.move.line"].browse(ids) - entries for ids in plans]
        entries.remove_move_reconcile()
        env.flush_all()
        with clock("floor"):
            before = env["account.move"].search([], order="id desc", limit=1).id
            _post_alone(env)
            fresh = env["account.move.line"].search([("move_id", ">", before)], order="id")
            receivable = fresh.filtered(lambda line: line.account_id == entries.account_id[:1])
            by_key = {}
            for line in receivable:
                by_key.setdefault((line.move_id.date, line.partner_id, line.balance), []).append(line)
            plan = []
            for entry, invoices in zip(entries, partners, strict=True):
                twins = by_key.get((entry.move_id.date, entry.partner_id, entry.balance))
                if twins and invoices:
                    plan.append(twins.pop() + invoices)
            env["account.move.line"]._reconcile_plan(plan)
            env.flush_all()
        env.cr.rollback()
    return {"orders": len(entries), "post_seconds": clock.wall["post"], "floor_seconds": clock.wall["floor"]}


if __name__ == "__main__":
    kind, name, out, *folders = sys.argv[1:]
    paths = [Path(folder) for folder in folders]
    result = measure_days(name, paths) if kind == "days" else measure(name, *paths)
    Path(out).write_text(json.dumps(result))
