"""The command-line client: its arguments, its requests, its tables and its exit codes, without Odoo."""

import json
import os

import pytest
from client import cli, tables
from client.errors import DENIED, FINE, REFUSED, UNREACHABLE, USAGE, WRONG
from client.progress import Progress
from fake_odoo import PASSWORD, RefusalError, serving


def run(odoo, *argv):
    return cli.main(argv, odoo.env)


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
        pytest.param(["revalue"], id="no day"),
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
