"""What the demo does, prints and returns, without Odoo."""

import json
import socket
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from client.connection import Address, Connection
from client.errors import FINE, REFUSED, WRONG
from client.progress import Progress
from demonstrate import cli, flow, report, server
from fake_odoo import DB, PASSWORD, USER, serving

ACCOUNT = {
    "code": "ALI",
    "name": "淘宝店",
    "currency": "CNY",
    "lines": 12,
    "matched": 10,
    "exceptions": {"amount_mismatch": 2},
    "posted": 12,
    "ledger_balance": "5.00",
    "platform_closing": "5.00",
    "difference": "0.00",
}
READY = {"file": "a.csv", "state": "ready", "problems": []}
HOLDS = {"holds": True, "invariants": [{"id": "bill_sum", "holds": True, "offenders": []}]}
BROKEN = {"holds": False, "invariants": [{"id": "bill_sum", "holds": False, "offenders": ["a.csv"]}]}
FAILED = {"accounts": ["ALI"], "message": "no exchange rate"}


def outcome(**changes):
    facts = {"imports": [READY], "check": HOLDS, "figures": [ACCOUNT], "exceptions": []}
    return flow.Outcome(**{**facts, **changes})


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        pytest.param({}, FINE, "", id="all is well"),
        pytest.param({"check": BROKEN}, WRONG, "invariant bill_sum is broken: a.csv", id="broken invariant"),
        pytest.param(
            {"figures": [{**ACCOUNT, "difference": "-0.01"}]},
            WRONG,
            "ALI: ledger and platform differ",
            id="a cent",
        ),
        pytest.param(
            {"imports": [{**READY, "state": "refused"}]}, WRONG, "not imported: a.csv", id="refused file"
        ),
        pytest.param({"failed": [FAILED]}, REFUSED, "refused ALI: no exchange rate", id="not posted"),
        pytest.param({"figures": []}, WRONG, "there is no account", id="no account"),
    ],
)
def test_the_verdict_and_its_reason(changes, code, words):
    found = outcome(**changes)
    assert report.verdict(found) == code
    assert words in report.text(found)
    assert bool(report.problems(found)) == (code != FINE)


def test_the_table_shows_accounts_and_kinds_of_exception():
    found = outcome(exceptions=[{"type": "missing_bill"}, {"type": "ambiguous"}, {"type": "missing_bill"}])
    lines = report.text(found).splitlines()
    assert lines[2].split() == "ALI 淘宝店 CNY 12 10 12 5.00 5.00 0.00 amount_mismatch 2".split()
    assert [line.split() for line in lines[-3:]] == [["ambiguous", "1"], ["missing_bill", "2"], ["all", "3"]]


def test_the_file_holds_the_figures_only(tmp_path):
    report.write(tmp_path / "figures.json", outcome())
    [account] = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))["accounts"]
    assert list(account) == list(report.KEYS)
    assert account["ledger_balance"] == "5.00"


def world(folder: Path) -> Path:
    setup = {"company": "Example", "accounts": [{"code": "ALI"}, {"code": "DY"}], "shops": []}
    (folder / "setup.json").write_text(json.dumps(setup))
    for name in ("orders.csv", "refunds.csv", "bills/ALI/1.csv", "bills/ALI/2.csv", "bills/DY/1.csv"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


def odoo_with(*, known: int) -> dict:
    """Answers of a server that has the rates and the people already, or does not."""
    return {
        "ecom.api.apply": lambda setup: {},
        "res.lang.search_read": lambda domain, fields: [{"id": 1, "active": bool(known)}],
        "res.lang.write": lambda ids, values: True,
        "res.users.search": lambda domain: [2],
        "res.users.write": lambda ids, values: True,
        "res.company.search": lambda domain: [7],
        "res.currency.search_read": lambda domain, fields: [{"id": 1, "active": bool(known)}],
        "res.currency.write": lambda ids, values: True,
        "res.currency.rate.search_count": lambda domain: known,
        "res.currency.rate.create": lambda values: 1,
        "res.users.search_count": lambda domain: known,
        "res.users.create": lambda values: 1,
        "ir.model.data.search_read": lambda domain, fields: [{"res_id": 5}],
        "ecom.api.import_orders": lambda files, shop: [READY],
        "ecom.api.import_refunds": lambda files, shop: [READY],
        "ecom.api.import_bills": lambda files, account: [READY for _file in files],
        "ecom.api.groups": lambda accounts: [["ALI"], ["DY"]],
        "ecom.api.match": lambda group: {"tallies": 1, "matched": 1, "exceptions": 0, "states": {}},
        "ecom.api.post": lambda *_args: {"moves": 1, "lines": 1, "accounts": {}, "errors": {}},
        "ecom.api.check": lambda: HOLDS,
        "ecom.api.figures": lambda: {"accounts": [ACCOUNT]},
        "ecom.api.exceptions": list,
    }


def test_rates_come_before_bills_and_posting_last(tmp_path):
    with serving(odoo_with(known=0)) as odoo:
        connection = Connection(Address(url=odoo.url, db=DB, user=USER, password=PASSWORD), Progress())
        found = flow.run(connection, world(tmp_path), date(2026, 8, 31))
    names = [name.removeprefix("ecom.api.") for name, _args in odoo.calls]
    assert report.verdict(found) == FINE
    order = ["apply", "res.currency.rate.create", "import_orders", "import_bills", "match", "post", "check"]
    assert sorted(order, key=names.index) == order
    assert [args[1] for args in odoo.asked("ecom.api.import_bills")] == ["ALI", "DY"]
    assert odoo.asked("res.users.write") == [[[2], {"lang": "en_US"}]]
    [dollar, _euro] = odoo.asked("res.currency.rate.create")
    assert dollar[0]["name"] == "2026-08-31"
    assert dollar[0]["inverse_company_rate"] == flow.RATES["USD"]
    assert [args[0]["login"] for args in odoo.asked("res.users.create")] == [
        person.login for person in flow.PEOPLE
    ]


def test_a_second_time_makes_nothing_anew(tmp_path):
    with serving(odoo_with(known=1)) as odoo:
        connection = Connection(Address(url=odoo.url, db=DB, user=USER, password=PASSWORD), Progress())
        flow.run(connection, world(tmp_path), date(2026, 8, 31))
    assert not [name for name, _args in odoo.calls if name.endswith((".create", ".write"))]


def test_a_taken_port_is_not_given():
    with socket.socket() as taken:
        taken.bind((server.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(server.ServerError, match=f"port {port} is taken"):
            server.free_port(port)


def sleeper(*, stubborn: bool = False) -> list[str]:
    ignore = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " if stubborn else ""
    return [sys.executable, "-c", f"{ignore}print('up', flush=True); import time; time.sleep(600)"]


@pytest.mark.parametrize("stubborn", [False, True], ids=["at once", "only when killed"])
def test_the_server_ends_with_the_demo(stubborn, tmp_path, monkeypatch):
    monkeypatch.setattr(server, "_STOP_SECONDS", 0.5)
    log = tmp_path / "logs" / "demo.log"
    with (
        pytest.raises(KeyboardInterrupt),
        server.running(sleeper(stubborn=stubborn), {}, 1, log) as odoo,
    ):
        while "up" not in log.read_text():
            time.sleep(0.01)
        raise KeyboardInterrupt
    assert odoo.process.poll() is not None


def test_a_server_that_dies_shows_the_end_of_its_log(tmp_path):
    command = [sys.executable, "-c", "print('cannot bind'); raise SystemExit(3)"]
    with (
        pytest.raises(server.ServerError, match="(?s)code 3.*cannot bind"),
        server.running(command, {}, 1, tmp_path / "demo.log") as odoo,
    ):
        odoo.wait_until_ready(Progress())


def test_an_earlier_demo_gets_its_word_back(tmp_path):
    record = tmp_path / "demo.json"
    record.write_text("the earlier one")
    address = Address(url="http://127.0.0.1:8070", db="ecom_demo", user="admin", password="admin")
    with cli._recorded(record, address):
        assert json.loads(record.read_text())["url"] == "http://127.0.0.1:8070"
    assert record.read_text() == "the earlier one"


@pytest.mark.parametrize("argv", [["--port", "0"], ["--port", "x"], ["serve"]], ids=" ".join)
def test_a_wrong_call_is_a_usage_error(argv):
    with pytest.raises(SystemExit) as caught:
        cli.main(argv)
    assert caught.value.code == 2


def test_the_welcome_names_everybody():
    text = cli.welcome("http://127.0.0.1:8069")
    assert all(word in text for word in ("http://127.0.0.1:8069", "admin", "operator", "accountant"))
