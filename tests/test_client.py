"""The command-line client: its arguments, its requests, its tables and its exit codes, without Odoo."""

import base64
import json
import os
import zipfile

import pytest
from client import cli, files, stages, tables
from client.errors import DENIED, FINE, REFUSED, UNREACHABLE, USAGE, WRONG, UsageError
from client.progress import Progress
from fake_odoo import PASSWORD, RefusalError, serving

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


# --- arguments ------------------------------------------------------------------


@pytest.mark.parametrize(
    "argv",
    [
        pytest.param(["--json", "check"], id="before the subcommand"),
        pytest.param(["check", "--json"], id="after it"),
    ],
)
def test_json_may_stand_anywhere(argv, capsys):
    with serving({"ecom.api.check": lambda: {"holds": True, "invariants": []}}) as odoo:
        assert run(odoo, *argv) == FINE
    assert json.loads(capsys.readouterr().out) == {"holds": True, "invariants": []}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_the_command_line_counts_more_than_the_environment(after, tmp_path):
    options = ["--url", "http://one", "--db", "two", "--user", "three", "--password", "four"]
    given = cli.parser().parse_args(["check", *options] if after else [*options, "check"])
    address = cli.address(given, {"ECOM_DB": "other", "ECOM_HOST": str(tmp_path)})
    assert (address.url, address.db, address.user, address.password) == ("http://one", "two", "three", "four")


def test_the_demo_is_the_default(tmp_path):
    demo = {"url": "http://demo", "db": "ecom_demo", "user": "admin", "password": "admin"}
    (tmp_path / "demo.json").write_text(json.dumps(demo))
    given = cli.parser().parse_args(["check"])
    address = cli.address(given, {"ECOM_HOST": str(tmp_path), "ECOM_USER": "operator"})
    assert (address.url, address.user) == ("http://demo", "operator")


def test_without_an_address_the_client_says_what_to_do(tmp_path, capsys):
    assert cli.main(["check"], {"ECOM_HOST": str(tmp_path)}) == USAGE
    assert "ECOM_URL" in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv",
    [
        pytest.param([], id="no subcommand"),
        pytest.param(["mach"], id="unknown subcommand"),
        pytest.param(["import"], id="no file"),
        pytest.param(["post", "--when-locked", "maybe"], id="unknown choice"),
        pytest.param(["exceptions", "--state", "new"], id="unknown state"),
        pytest.param(["undo", "--all", "--bill", "7"], id="two ways to undo"),
        pytest.param(["check", "--js"], id="shortened option"),
    ],
)
def test_a_wrong_call_is_a_usage_error(argv):
    with pytest.raises(SystemExit) as caught:
        cli.main(argv, {})
    assert caught.value.code == USAGE


@pytest.mark.parametrize(
    ("argv", "name", "args"),
    [
        pytest.param(["undo"], "undo", [None, None, False], id="undo the last run"),
        pytest.param(["undo", "--all"], "undo", [None, None, True], id="undo everything"),
        pytest.param(["undo", "--bill", "7"], "undo", [None, "7", False], id="undo a bill"),
        pytest.param(["undo", "--account", "A", "B"], "undo", [["A", "B"], None, False], id="undo accounts"),
        pytest.param(["exceptions"], "exceptions", ["open", None], id="open exceptions"),
        pytest.param(
            ["exceptions", "--state", "all", "--account", "A"],
            "exceptions",
            ["all", ["A"]],
            id="of an account",
        ),
        pytest.param(["bills", "--account", "A"], "bills", [["A"]], id="bills of an account"),
        pytest.param(["accounts"], "figures", [], id="figures"),
    ],
)
def test_what_each_command_asks(argv, name, args):
    answers = {
        "undo": {"moves": 1, "lines": 2},
        "exceptions": [],
        "bills": [],
        "figures": {"accounts": []},
    }
    with serving({f"ecom.api.{name}": lambda *_args: answers[name]}) as odoo:
        assert run(odoo, *argv) == FINE
        assert odoo.asked(f"ecom.api.{name}") == [args]


# --- what goes wrong --------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        pytest.param(["--password", "wrong"], DENIED, "wrong user or password for admin", id="password"),
        pytest.param(["--user", "nobody"], DENIED, "wrong user or password for nobody", id="user"),
        pytest.param(["--db", "nope"], UNREACHABLE, "there is no database nope", id="database"),
        pytest.param(["--url", "http://127.0.0.1:1"], UNREACHABLE, "no Odoo answers", id="server down"),
        pytest.param(["--url", "ftp://x"], USAGE, "is no address", id="no address"),
        pytest.param(["--url", "http://127.0.0.1:x"], USAGE, "is no address", id="no port"),
        pytest.param([], UNREACHABLE, "ecom_recon is not installed", id="another Odoo"),
    ],
)
def test_one_line_says_why_there_is_no_answer(options, code, words, capsys):
    with serving({}) as odoo:
        assert run(odoo, "check", *options) == code
    shown = capsys.readouterr()
    assert shown.out == ""
    assert words in shown.err
    assert len(shown.err.splitlines()) == 1
    assert PASSWORD not in shown.err


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("odoo.exceptions.UserError", "ecom: The period is locked.", id="for people"),
        pytest.param("odoo.exceptions.AccessError", "ecom: The period is locked.", id="missing right"),
        pytest.param("builtins.KeyError", "error in the server, see its log: KeyError", id="a bug"),
    ],
)
def test_a_refusal_is_shown_without_traceback(name, words, capsys):
    def check():
        raise RefusalError("The period\nis locked.", name)

    with serving({"ecom.api.check": check}) as odoo:
        assert run(odoo, "check") == REFUSED
    shown = capsys.readouterr().err
    assert words in shown
    assert "Traceback" not in shown


def test_a_broken_connection_is_told(capsys):
    with serving({"ecom.api.check": dict}) as odoo:
        odoo.drop_connections = True
        # The session itself was opened before; only calls of models are cut.
        assert run(odoo, "check") == UNREACHABLE
    assert "Traceback" not in capsys.readouterr().err


def test_a_broken_invariant_is_exit_1(capsys):
    broken = {"holds": False, "invariants": [{"id": "bill_sum", "holds": False, "offenders": ["a.csv"]}]}
    with serving({"ecom.api.check": lambda: broken}) as odoo:
        assert run(odoo, "check") == WRONG
    assert "bill_sum  no     a.csv" in capsys.readouterr().out


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
    def post(group, when_locked):
        assert when_locked == "first_open"
        if "US" in group:
            raise RefusalError("There is no exchange rate for USD.")
        return {"moves": 2, "lines": 9, "accounts": {code: "1.00" for code in group}}

    groups = [["A"], ["US", "EU"], ["B"]]
    with serving({"ecom.api.groups": lambda _codes: groups, "ecom.api.post": post}) as odoo:
        assert run(odoo, "post", "--when-locked", "first_open", "--json") == REFUSED
    shown = capsys.readouterr()
    document = json.loads(shown.out)
    assert (document["moves"], document["lines"]) == (4, 18)
    assert document["accounts"] == {"A": "1.00", "B": "1.00"}
    assert document["failed"] == [{"accounts": ["US", "EU"], "message": "There is no exchange rate for USD."}]
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


# --- tables and progress --------------------------------------------------------------


def test_chinese_characters_are_two_columns_wide():
    columns = [*tables.left("name"), *tables.right("amount")]
    rows = [{"name": "淘宝店", "amount": "1.00"}, {"name": "ab", "amount": "-100.00"}]
    assert tables.table(columns, rows) == (
        "name     amount\n------  -------\n淘宝店     1.00\nab      -100.00\n"
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(None, "", id="nothing"),
        pytest.param(True, "yes", id="yes"),
        pytest.param(0, "0", id="zero is a number"),
        pytest.param({"a": 1, "b": 2}, "a 1, b 2", id="counts"),
        pytest.param(["A", "B"], "A, B", id="list"),
        pytest.param("two\nlines", "two lines", id="one line"),
    ],
)
def test_cells(value, shown):
    assert tables.cell(value) == shown


def test_marks_without_width():
    assert tables.width("¥ -\ufeff1.00") == tables.width("¥ -1.00")


def test_nothing_is_said_about_what_is_quick(capsys):
    progress = Progress()
    with progress.waiting("quick"):
        progress.step("step")
    assert capsys.readouterr().err == ""


def test_what_takes_longer_is_told(capsys, monkeypatch):
    monkeypatch.setattr("client.progress.PATIENCE", 0.0)
    progress = Progress()
    progress.step("half")
    assert "half" in capsys.readouterr().err


def test_a_reader_who_goes_away_is_no_error(monkeypatch):
    reading, writing = os.pipe()
    os.close(reading)
    with serving({"ecom.api.bills": lambda _codes: []}) as odoo, os.fdopen(writing, "wb") as pipe:

        class Out:
            buffer = pipe

            def flush(self):
                pipe.flush()

            def fileno(self):
                return pipe.fileno()

        monkeypatch.setattr("sys.stdout", Out())
        assert run(odoo, "bills") == FINE
