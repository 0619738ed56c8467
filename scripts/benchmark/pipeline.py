"""The pipeline under measurement, in a process of its own: read and load, match and explain, post."""

from __future__ import annotations

import base64
import csv
import json
import resource
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


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


def prepare(database: str, data: Path) -> None:
    """A fresh database with the add-ons, the shops of `data` and its orders and refunds, loaded by SQL."""
    _fresh(database)
    with environment(database) as env:
        env["ecom.api"].apply(json.loads((data / "setup.json").read_text()))
        env.flush_all()
        _load_orders(env, data)
        env.cr.execute("ANALYZE sale_order")
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


def _load_orders(env, data: Path) -> None:
    cr = env.cr
    for name in ("orders", "refunds"):
        with (data / f"{name}.csv").open(encoding="utf-8") as file:
            columns = next(csv.reader(file))
            cr.execute(
                f"CREATE TEMP TABLE bench_{name} ({', '.join(f'{column} text' for column in columns)})"
            )
            cr._cnx.cursor().copy_expert(f"COPY bench_{name} FROM STDIN WITH (FORMAT csv)", file)
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
        """INSERT INTO ecom_refund (shop_id, platform_id, company_id, refund_no, order_no, order_id,
                                    refunded_at,
                                    currency_id, amount)
           SELECT s.id, s.platform_id, s.company_id, r.refund_no, r.order_no, o.id,
                  r.refunded_at::timestamp - interval '8 hours', s.currency_id, r.amount::numeric
             FROM bench_refunds r JOIN ecom_shop s ON s.code = r.shop
             JOIN sale_order o ON o.ecom_shop_id = s.id AND o.ecom_order_no = r.order_no"""
    )


def measure(database: str, data: Path) -> dict:
    """Seconds of every stage and the peak memory; the second import must find everything known."""
    stages: dict[str, float] = {}
    with environment(database) as env:
        env["account.move"].search([], limit=1)
        with timed(stages, "read_and_load"):
            results = _import(env, data)
        assert all(result["state"] == "ready" for result in results), results
        with timed(stages, "match_and_explain"):
            env["ecom.api"].match()
            env.cr.commit()
        lines = env["ecom.bill.line"].search_count([])
        orders = env["sale.order"].search_count([("ecom_shop_id", "!=", False)])
        exceptions = env["ecom.exception"].search_count([("type", "=", "amount_mismatch")])
        expected = json.loads((data / "expected.json").read_text())
        assert lines == expected["lines"], (lines, expected["lines"])
        assert exceptions == expected["amount_mismatch"], (exceptions, expected["amount_mismatch"])
        assert env["ecom.exception"].search_count([]) == exceptions, "other exceptions than planted"
        pipeline_mb = _peak_mb()
        with timed(stages, "post"):
            env["ecom.api"].post()
            env.cr.commit()
        peak = _peak_mb()
        with timed(stages, "import_again"):
            again = _import(env, data)
        assert not any(result["new"] for result in again)
        with timed(stages, "post_floor"):
            _post_alone(env)
        env.cr.rollback()
        check = env["ecom.api"].check()
        assert check["holds"], [item for item in check["invariants"] if not item["holds"]]
    return {
        "lines": lines,
        "orders": orders,
        "pipeline_seconds": stages["read_and_load"] + stages["match_and_explain"],
        "post_seconds": stages["post"],
        "post_floor_seconds": stages["post_floor"],
        "peak_mb": peak,
        "pipeline_mb": pipeline_mb,
        "stages": stages,
    }


def _import(env, data: Path) -> list[dict]:
    files = (
        (path.name, path.read_bytes(), env["ecom.account"]._by_code(place.name))
        for place in sorted((data / "bills").iterdir())
        for path in sorted(place.iterdir())
    )
    results = env["ecom.reader"]._import(files)
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
    stages: dict[str, float] = {}
    with environment(database) as env:
        setup = json.loads((data / "setup.json").read_text())
        for shop in setup["shops"]:
            shop["mode"] = "order"
        env["ecom.api"].apply(setup)
        env.cr.commit()
    with environment(database) as env:
        for what in ("orders", "refunds"):
            content = base64.b64encode((data / f"{what}.csv").read_bytes())
            getattr(env["ecom.api"], f"import_{what}")([{"name": f"{what}.csv", "content": content}])
        env["sale.order"].search([("ecom_shop_id", "!=", False)])._create_invoices(grouped=True).action_post()
        _import(env, data)
        env["ecom.api"].match()
        env.cr.commit()
        with timed(stages, "post"):
            env["ecom.api"].post()
            env.flush_all()
        entries = env["account.move.line"].search([("ecom_order_id", "!=", False)])
        plans = [line._reconciled_lines() for line in entries]
        partners = [env["account.move.line"].browse(ids) - entries for ids in plans]
        entries.remove_move_reconcile()
        env.flush_all()
        with timed(stages, "floor"):
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
    return {"orders": len(entries), "post_seconds": stages["post"], "floor_seconds": stages["floor"]}


@contextmanager
def timed(stages: dict[str, float], name: str):
    started = time.perf_counter()
    yield
    stages[name] = time.perf_counter() - started


def _peak_mb() -> float:
    """Peak memory of this process and of its largest child, together."""
    both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(resource.getrusage(who).ru_maxrss for who in both) / 1024


if __name__ == "__main__":
    name, folder, out = sys.argv[1:]
    Path(out).write_text(json.dumps(measure(name, Path(folder))))
