"""`ecom settle …`: what is asked, what is shown, which number comes back; without Odoo."""

import base64
import json

import pytest
from client import cli
from client.errors import FINE, REFUSED, UNREACHABLE, USAGE, WRONG
from fake_odoo import RefusalError, serving

STATEMENT = {
    "number": "ST/2026/0001",
    "supplier": "杭州茶业",
    "currency": "CNY",
    "from": "2026-09-01",
    "to": "2026-09-30",
    "state": "draft",
    "opening": "10.00",
    "bills": "60.00",
    "credits": "0.00",
    "payments": "-30.00",
    "adjustments": "0.00",
    "closing": "40.00",
    "ledger": "40.00",
    "timing": "0.00",
    "crossed": "0.00",
    "difference": "0.00",
    "unbilled": "5.00",
    "terms": "0.00",
    "amount_disputed": "0.00",
    "lines": 2,
    "open": 2,
    "disputed": 0,
}
ROW = {
    "id": 1,
    "day": "2026-09-10",
    "origin": "bill",
    "document": "BILL/1",
    "name": "Tea",
    "product": "T-1",
    "quantity": "6",
    "price": "10",
    "amount": "60.00",
    "booked": True,
    "cutoff": "in",
    "state": "open",
    "reason": None,
    "text": None,
    "working": None,
}
FIGURES = {
    "supplier": "杭州茶业",
    "currency": "CNY",
    "orders": 3,
    "received": "100.00",
    "billed": "60.00",
    "blocked": 1,
    "amount_blocked": "7.00",
    "rebates": "2.00",
    "statement": None,
    "state": None,
    "unbilled": None,
    "closing": None,
    "ledger": None,
    "difference": None,
}
REFUSED_FILE = {
    "file": "b.xml",
    "state": "refused",
    "bills": [],
    "problems": [{"row": 0, "column": "", "text": "", "reason": "refused", "message": "b.xml: damaged"}],
}


def run(odoo, *argv):
    return cli.main(["settle", *argv], odoo.env)


def asked(odoo, method):
    return odoo.asked(f"ecom.settle.api.{method}")


@pytest.mark.capability("S2.8.9")
def test_statements_of_a_month(capsys):
    with serving({"ecom.settle.api.statements": lambda month, suppliers: [STATEMENT]}) as odoo:
        assert run(odoo, "statements", "--month", "2026-09", "--supplier", "杭州茶业") == FINE
        assert asked(odoo, "statements") == [["2026-09", ["杭州茶业"]]]
    assert "ST/2026/0001" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "method"),
    [
        pytest.param(("statements", "--month", "2026-09"), "statements", id="statements"),
        pytest.param(("show", "1"), "settlement", id="show"),
        pytest.param(("suppliers", "--month", "2026-09"), "suppliers", id="suppliers"),
    ],
)
def test_a_cent_off_the_ledger_is_wrong(argv, method, capsys):
    bad = {**STATEMENT, **FIGURES, "difference": "-0.01", "missing": [], "rows": []}
    answer = bad if method == "settlement" else [bad]
    with serving({f"ecom.settle.api.{method}": lambda *_args: answer}) as odoo:
        assert run(odoo, *argv) == WRONG
    assert "-0.01" in capsys.readouterr().out


def test_all_lines_of_a_long_statement(capsys, monkeypatch):
    monkeypatch.setattr("client.settle.PAGE", 2)
    rows = [{**ROW, "id": number} for number in range(5)]

    def answer(_number, offset, limit):
        return {**STATEMENT, "missing": [], "rows": rows[offset : offset + limit]}

    with serving({"ecom.settle.api.settlement": answer}) as odoo:
        assert run(odoo, "show", "ST/2026/0001", "--json") == FINE
    document = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in document["rows"]] == [0, 1, 2, 3, 4]


def test_a_statement_is_shown_with_footing_and_lines(capsys):
    document = {**STATEMENT, "missing": [], "rows": [ROW]}
    with serving({"ecom.settle.api.settlement": lambda *_args: document}) as odoo:
        assert run(odoo, "show", "ST/2026/0001") == FINE
    out = capsys.readouterr().out.splitlines()
    assert ["opening", "10.00"] in [line.split() for line in out]
    assert "2026-09-10 bill BILL/1 Tea 6 10 60.00 yes open".split() in [line.split() for line in out]
    assert out[-1] == "1 line"


def test_a_supplier_without_statement_is_no_error(capsys):
    with serving({"ecom.settle.api.suppliers": lambda _month: [FIGURES]}) as odoo:
        assert run(odoo, "suppliers", "--month", "2026-09") == FINE
    assert (
        capsys.readouterr().out.splitlines()[2].split() == "杭州茶业 CNY 3 100.00 60.00 1 7.00 2.00".split()
    )


def test_files_are_sent_and_a_refused_one_is_told(tmp_path, capsys):
    for name in ("a.xml", "b.xml"):
        (tmp_path / name).write_text(name)
    bill = {
        **dict.fromkeys(("reference", "supplier", "day", "currency", "net", "tax", "total"), "x"),
        "linked": 1,
        "lines": 1,
    }
    good = {"file": "a.xml", "state": "ready", "bills": [bill], "problems": []}
    with serving({"ecom.settle.api.import_bills": lambda files, supplier: [good, REFUSED_FILE]}) as odoo:
        assert run(odoo, "import", str(tmp_path), "--supplier", "S1") == WRONG
        [[files, supplier]] = asked(odoo, "import_bills")
    assert [base64.b64decode(file["content"]) for file in files] == [b"a.xml", b"b.xml"]
    assert supplier == "S1"
    assert "b.xml: damaged" in capsys.readouterr().out


def test_a_file_that_the_server_cannot_take_does_not_stop_the_others(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(name)

    def answer(files, _supplier):
        if any(file["name"] == "b.csv" for file in files):
            raise RefusalError("no such warehouse")
        return [
            {
                "file": "a.csv",
                "layout": "x",
                "state": "stored",
                "lines": 1,
                "new": 1,
                "known": 0,
                "problems": [],
            }
        ]

    with serving({"ecom.settle.api.import_notices": answer}) as odoo:
        assert run(odoo, "notices", str(tmp_path)) == REFUSED
        assert len(asked(odoo, "import_notices")) == 3


@pytest.mark.parametrize(
    ("argv", "method", "arguments"),
    [
        pytest.param(("match", "B1", "B2"), "match", [["B1", "B2"]], id="match some"),
        pytest.param(("match",), "match", [None], id="match all"),
        pytest.param(("blocked",), "blocked", [], id="blocked"),
        pytest.param(("rebates", "--until", "2026-09-30"), "rebates", ["2026-09-30", None], id="rebates"),
        pytest.param(("accrue", "--month", "2026-09"), "accrue", ["2026-09"], id="accrue"),
        pytest.param(("send", "S1", "S2"), "send", [["S1", "S2"]], id="send"),
        pytest.param(("list", "--state", "sent"), "settlements", ["sent", None, None], id="list"),
    ],
)
def test_what_is_asked(argv, method, arguments, capsys):
    answers = {
        "match": {"bills": 0, "states": {}, "changed": []},
        "accrue": {
            "name": "A",
            "state": "posted",
            "entry": None,
            "total": "0",
            "currency": "CNY",
            "lines": [],
        },
    }
    with serving({f"ecom.settle.api.{method}": lambda *_args: answers.get(method, [])}) as odoo:
        assert run(odoo, *argv) == FINE
        assert asked(odoo, method) == [arguments]
    assert capsys.readouterr().out


def test_a_statement_is_written_to_a_file(tmp_path):
    content = {"name": "ST.xlsx", "content": base64.b64encode(b"PK").decode()}
    with serving({"ecom.settle.api.print_statement": lambda number, form: content}) as odoo:
        assert run(odoo, "pdf", "ST/2026/0001", "--out", str(tmp_path / "st.xlsx")) == FINE
        assert asked(odoo, "print_statement") == [["ST/2026/0001", "xlsx"]]
    assert (tmp_path / "st.xlsx").read_bytes() == b"PK"


@pytest.mark.parametrize("name", ["st.txt", "nowhere/st.pdf"])
def test_a_wrong_place_is_told_before_anybody_is_asked(name, tmp_path):
    with serving({}) as odoo:
        assert run(odoo, "pdf", "ST/2026/0001", "--out", str(tmp_path / name)) == USAGE
        assert not odoo.calls


def test_options_may_stand_anywhere(capsys):
    with serving({"ecom.settle.api.blocked": list}) as odoo:
        for argv in (
            ["--json", "settle", "blocked"],
            ["settle", "--json", "blocked"],
            ["settle", "blocked", "--json"],
        ):
            assert cli.main(argv, odoo.env) == FINE
            assert json.loads(capsys.readouterr().out) == []


def test_without_the_add_on_it_says_so(capsys):
    with serving({}) as odoo:
        assert run(odoo, "blocked") == UNREACHABLE
    assert "ecom_supplier_settlement is not installed" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [[], ["statements"], ["nothing"]], ids=str)
def test_a_wrong_call_is_a_usage_error(argv):
    with pytest.raises(SystemExit) as caught:
        cli.main(["settle", *argv], {})
    assert caught.value.code == USAGE
