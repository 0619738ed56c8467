"""The command-line client's way through files and groups of accounts, without Odoo."""

import base64
import json
import zipfile

import pytest
from client import cli, files, stages
from client.errors import FINE, REFUSED, USAGE, WRONG, UsageError
from fake_odoo import RefusalError, serving

BILL = {
    "file": "a.csv",
    "account": "ALI",
    "layout": "alipay_fund_flow",
    "state": "ready",
    "lines": 2,
    "new": 2,
    "known": 0,
    "sum": "8.40",
    "opening": "1.00",
    "closing": "9.40",
    "control": None,
    "by_category": {"order_payment": "9.00", "commission": "-0.60"},
    "problems": [],
}
PROBLEM = {
    "row": 7,
    "column": "金额",
    "text": "1O.00",
    "reason": "not_an_amount",
    "message": "This is not an amount.",
}


def run(odoo, *argv):
    return cli.main(argv, odoo.env)


def bill(**changes):
    return {**BILL, **changes}


# --- files --------------------------------------------------------------------------


def test_files_folders_wildcards_and_archives(tmp_path):
    (tmp_path / "bills").mkdir()
    for name in ("b.csv", "a.csv", ".hidden"):
        (tmp_path / "bills" / name).write_text(name)
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("c.csv", "c")
    found = files.find([str(tmp_path / "bills"), str(tmp_path / "*.zip"), str(tmp_path / "bills" / "a.csv")])
    assert [path.name for path in found] == ["a.csv", "b.csv", "c.zip"]


def test_every_missing_file_is_named_before_anybody_is_asked(tmp_path, capsys):
    (tmp_path / "there.csv").write_text("x")
    (tmp_path / "empty").mkdir()
    with serving({}) as odoo:
        argv = ["import", *(str(tmp_path / name) for name in ("there.csv", "one.csv", "two*.csv", "empty"))]
        assert run(odoo, *argv) == USAGE
        assert odoo.calls == []
    shown = capsys.readouterr().err
    assert all(word in shown for word in ("one.csv", "two*.csv", "empty"))
    assert "there.csv" not in shown


def test_an_unreadable_file_is_named(tmp_path, monkeypatch):
    locked = tmp_path / "locked.csv"
    locked.write_text("x")
    opened = type(locked).open

    def refuse(path, *args, **kwargs):
        if path == locked:
            raise PermissionError(13, "Permission denied")
        return opened(path, *args, **kwargs)

    # Root may read everything, so permissions alone prove nothing here.
    monkeypatch.setattr(type(locked), "open", refuse)
    with pytest.raises(UsageError, match=r"locked\.csv: permission denied"):
        files.find([str(locked)])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param("{", "this is no JSON", id="broken"),
        pytest.param("[]", "a JSON object", id="no object"),
        pytest.param(None, "no such file", id="missing"),
    ],
)
def test_a_wrong_setup_file_is_a_usage_error(content, words, tmp_path, capsys):
    path = tmp_path / "setup.json"
    if content is not None:
        path.write_text(content)
    with serving({}) as odoo:
        assert run(odoo, "apply", str(path)) == USAGE
    assert words in capsys.readouterr().err


def test_requests_stay_small(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "BATCH_BYTES", 10)
    for name in "abcd":
        (tmp_path / name).write_bytes(name.encode() * 4)
    batches = list(files.batches(files.find([str(tmp_path)])))
    assert [[file["name"] for file in batch] for batch in batches] == [["a", "b"], ["c", "d"]]
    assert base64.b64decode(batches[1][0]["content"]) == b"cccc"


# --- stages -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("states", "code"),
    [
        pytest.param(["ready", "skipped", "posted"], FINE, id="all read"),
        pytest.param(["ready", "refused"], WRONG, id="one refused"),
        pytest.param(["inconsistent"], WRONG, id="does not foot"),
    ],
)
def test_the_exit_code_of_an_import(states, code, tmp_path, capsys):
    results = [bill(file=f"{state}.csv", state=state, problems=[PROBLEM]) for state in states]
    (tmp_path / "a.csv").write_text("x")
    with serving({"ecom.api.import_bills": lambda _files, _account: results}) as odoo:
        assert run(odoo, "import", str(tmp_path), "--json") == code
    assert json.loads(capsys.readouterr().out) == results


def test_problems_are_shown_with_their_place(tmp_path, capsys):
    (tmp_path / "a.csv").write_text("x")
    found = bill(state="refused", problems=[PROBLEM] * 12)
    with serving(
        {"ecom.api.import_bills": lambda *_args: [found], "ecom.api.groups": lambda _codes: []}
    ) as odoo:
        assert run(odoo, "import", str(tmp_path), "--account", "ALI") == WRONG
    shown = capsys.readouterr().out
    assert "row 7, 金额: “1O.00” This is not an amount." in shown
    assert "… and 2 more" in shown


def test_a_file_the_server_cannot_take_leaves_the_others_alone(tmp_path, capsys):
    for name in ("a.csv", "bad.csv", "c.csv"):
        (tmp_path / name).write_text(name)

    def import_bills(batch, _account):
        if any(file["name"] == "bad.csv" for file in batch):
            raise RefusalError("division by zero", "builtins.ZeroDivisionError")
        return [bill(file=file["name"]) for file in batch]

    with serving({"ecom.api.import_bills": import_bills}) as odoo:
        assert run(odoo, "import", "--json", str(tmp_path)) == REFUSED
    results = json.loads(capsys.readouterr().out)
    assert [(result["file"], result["state"]) for result in results] == [
        ("a.csv", "ready"),
        ("bad.csv", "failed"),
        ("c.csv", "ready"),
    ]
    assert "division by zero" in results[1]["problems"][0]["message"]


def test_a_missing_right_is_told_once(tmp_path):
    for name in "abc":
        (tmp_path / name).write_text(name)

    def import_orders(_batch, _shop):
        raise RefusalError("Only operators import.", "odoo.exceptions.AccessError")

    with serving({"ecom.api.import_orders": import_orders}) as odoo:
        assert run(odoo, "import-orders", str(tmp_path)) == REFUSED
        assert len(odoo.asked("ecom.api.import_orders")) == 1


def test_match_adds_up_its_groups(capsys):
    parts = {
        "A": {"tallies": 3, "matched": 2, "exceptions": 1, "states": {"matched": 2, "exception": 1}},
        "B": {"tallies": 1, "matched": 1, "exceptions": 0, "states": {"matched": 1}},
    }
    answers = {
        "ecom.api.groups": lambda _codes: [["A"], ["B"]],
        "ecom.api.match": lambda group: parts[group[0]],
    }
    with serving(answers) as odoo:
        assert run(odoo, "match", "--json") == FINE
    assert json.loads(capsys.readouterr().out) == {
        "tallies": 4,
        "matched": 3,
        "exceptions": 1,
        "states": {"matched": 3, "exception": 1},
        "failed": [],
    }


def test_an_account_that_cannot_be_posted_does_not_stop_the_others(capsys):
    def post(group, when_locked, session):
        assert when_locked == "first_open"
        if "US" in group:
            raise RefusalError("There is no exchange rate for USD.")
        errors = {"B": "The period is locked."} if "B" in group else {}
        return {"moves": 2, "lines": 9, "accounts": {code: "1.00" for code in group}, "errors": errors}

    groups = [["A"], ["US", "EU"], ["B"]]
    with serving({"ecom.api.groups": lambda _codes: groups, "ecom.api.post": post}) as odoo:
        assert run(odoo, "post", "--when-locked", "first_open", "--json") == REFUSED
    shown = capsys.readouterr()
    document = json.loads(shown.out)
    assert (document["moves"], document["lines"]) == (4, 18)
    assert document["accounts"] == {"A": "1.00", "B": "1.00"}
    assert document["failed"] == [
        {"accounts": ["US", "EU"], "message": "There is no exchange rate for USD."},
        {"accounts": ["B"], "message": "The period is locked."},
    ]
    assert "post US, EU: There is no exchange rate for USD." in shown.err


def test_lines_come_page_by_page(monkeypatch):
    every = [{"row": number} for number in range(5)]
    monkeypatch.setattr(stages.lines, "__defaults__", (2,))
    with serving({"ecom.api.lines": lambda _bill, offset, limit: every[offset : offset + limit]}) as odoo:
        assert run(odoo, "lines", "7", "--json") == FINE
        assert odoo.asked("ecom.api.lines") == [["7", 0, 2], ["7", 2, 2], ["7", 4, 2]]


def test_shops_are_shown_by_their_codes(capsys):
    shop = {
        "id": 1,
        "code": "TB",
        "name": "淘宝店",
        "platform_id": [1, "Taobao"],
        "account_ids": [4],
        "currency_id": [6, "CNY"],
        "timezone": "Asia/Shanghai",
        "timing_days": 2,
        "order_count": 3,
    }
    answers = {
        "ecom.shop.search_read": lambda _domain, _fields: [shop],
        "ecom.account.search_read": lambda _domain, _fields: [{"id": 4, "code": "ALI"}],
    }
    with serving(answers) as odoo:
        assert run(odoo, "shops", "--json") == FINE
    [found] = json.loads(capsys.readouterr().out)
    assert (found["platform"], found["accounts"], found["orders"]) == ("Taobao", ["ALI"], 3)


@pytest.mark.rule("G1")
def test_a_month_end_is_looked_at_and_revalued(capsys):
    difference = {
        **{"account": "AMZ-US", "ledger": "101205", "currency": "USD", "balance": "-1000.00"},
        **{"rate": "7.05", "booked": "-7100.00", "worth": "-7050.00", "difference": "50.00"},
    }

    def revalue(day, accounts, preview):
        assert (day, accounts) == ("2026-09-30", ["AMZ-US", "AMZ-DE"])
        errors = {"AMZ-DE": "There is no exchange rate of EUR."}
        moves = 0 if preview else 1
        later = ["2026-10-31"]
        return {
            "day": day,
            "moves": moves,
            "differences": [difference],
            "later": later,
            "errors": errors,
        }

    call = ("revalue", "--day", "2026-09-30", "--account", "AMZ-US", "AMZ-DE")
    with serving({"ecom.api.revalue": revalue}) as odoo:
        assert run(odoo, *call, "--preview") == REFUSED
        shown = capsys.readouterr().out
        assert "-7100.00" in shown
        assert "nothing was booked" in shown
        assert "revalue again: 2026-10-31" in shown
        assert "refused AMZ-DE: There is no exchange rate of EUR." in shown
        assert run(odoo, *call) == REFUSED
        assert "2026-09-30: 1 entries" in capsys.readouterr().out
        assert run(odoo, *call, "--json") == REFUSED
    assert json.loads(capsys.readouterr().out) == {
        "day": "2026-09-30",
        "moves": 1,
        "differences": [difference],
        "later": ["2026-10-31"],
        "preview": False,
        "failed": [{"accounts": ["AMZ-DE"], "message": "There is no exchange rate of EUR."}],
    }
