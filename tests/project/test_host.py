"""The host finds its way on machines that are set up differently, and keeps their secrets."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "host"))

import debian  # noqa: E402
import odoo_tests  # noqa: E402
import places  # noqa: E402
import plugin  # noqa: E402
import postgres  # noqa: E402

KEYRING = "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg"


@pytest.mark.parametrize(
    ("paragraph", "uris"),
    [
        pytest.param(
            "Types: deb\n# a comment\nURIs: http://mirror.test/debian\nSuites: stable stable-updates\n"
            f"Components: main\n{KEYRING}",
            ["http://mirror.test/debian"],
            id="the main archive",
        ),
        pytest.param(
            "Types: deb\nURIs: http://mirror.test/debian-security\nSuites: stable-security\nComponents: main",
            [],
            id="the security archive has no unstable",
        ),
        pytest.param(
            "Types: deb\nURIs: http://other.test/debian\nSuites: stable\nComponents: main\nEnabled: no",
            [],
            id="switched off",
        ),
        pytest.param(
            "Types: deb\nURIs: http://other.test/node_22.x\nSuites: nodistro\nComponents: main",
            [],
            id="another vendor",
        ),
        pytest.param(
            "Types: deb-src\nURIs: http://mirror.test/debian\nSuites: stable\nComponents: main",
            [],
            id="no programs",
        ),
    ],
)
def test_the_machines_own_mirror_is_taken(paragraph, uris):
    stanzas = list(debian._from_deb822(paragraph))
    assert [line for stanza in stanzas for line in stanza.splitlines() if "URIs" in line] == [
        f"URIs: {uri}" for uri in uris
    ]
    for stanza in stanzas:
        assert "Suites: unstable\n" in stanza
        assert KEYRING in stanza


@pytest.mark.parametrize(
    ("line", "found"),
    [
        pytest.param("deb http://mirror.test/debian bookworm main contrib", True, id="plain"),
        pytest.param(
            "deb [arch=amd64 signed-by=/k.gpg] http://mirror.test/debian/ bookworm main",
            True,
            id="with options",
        ),
        pytest.param("# deb http://mirror.test/debian bookworm main", False, id="commented out"),
        pytest.param("deb http://mirror.test/debian-security bookworm-security main", False, id="security"),
        pytest.param("deb http://other.test/apt ./", False, id="flat repository"),
    ],
)
def test_sources_of_one_line_work_too(line, found):
    stanzas = list(debian._from_one_line(line))
    assert len(stanzas) == found
    if "signed-by" in line:
        assert "Signed-By: /k.gpg" in stanzas[0]


def test_links_stay_inside_the_private_root(tmp_path):
    (tmp_path / "usr/share/js").mkdir(parents=True)
    (tmp_path / "usr/share/js/a.js").write_text("a")
    (tmp_path / "odoo/static").mkdir(parents=True)
    link = tmp_path / "odoo/static/a.js"
    link.symlink_to("/usr/share/js/a.js")
    debian._keep_links_inside(tmp_path)
    assert link.read_text() == "a"
    assert not link.readlink().is_absolute()


@pytest.mark.parametrize(
    "text",
    [
        "http://mirror.test/debian unstable",
        "Could not resolve 'mirror.example.org'",
        "ftp.example.com:80 timed out",
    ],
)
def test_no_address_is_printed(text):
    shown = places.scrubbed(text)
    assert "mirror" not in shown
    assert "example" not in shown


@pytest.mark.parametrize("pid", ["1", str(2**22 + 1), "", "no number"])
def test_a_stale_process_number_is_not_the_server(tmp_path, pid):
    (tmp_path / "postmaster.pid").write_text(pid + "\n")
    assert postgres._server_pid(tmp_path) == 0


@pytest.mark.parametrize(
    ("lines", "code", "said"),
    [
        pytest.param([], 1, "no test of Odoo ran", id="nothing ran"),
        pytest.param(["0 post-tests in 0.10s"], 1, "no test of Odoo ran", id="no tests"),
        pytest.param(["9 post-tests in 1.00s, 8 queries"], 0, "9 tests of Odoo, 0 failed", id="all passed"),
        pytest.param(["FAIL: TestA.test_b", "9 post-tests in 1.00s"], 1, "FAILED TestA.test_b", id="failed"),
        pytest.param(
            ["ERROR: Subtest TestA.test_b (n=1)", "9 post-tests in 1.00s"], 1, "TestA.test_b", id="subtest"
        ),
        pytest.param(
            ["ERROR: setUpClass (odoo.addons.account.TestA)", "9 post-tests in 1.00s"], 1, "TestA", id="class"
        ),
        pytest.param(
            [f"FAIL: {next(iter(odoo_tests.EXPECTED))}", "9 post-tests in 1.00s"],
            0,
            "expected",
            id="expected",
        ),
    ],
)
def test_what_a_log_of_odoos_tests_tells(lines, code, said, capsys):
    start = "2026-11-22 09:11:40,600 13310"
    log = "\n".join(
        f"{start} INFO db odoo.service.server: {line}"
        if "post-tests" in line
        else f"{start} ERROR db odoo.addons.account.tests.test_x: {line}"
        for line in lines
    )
    assert odoo_tests.report(log) == code
    assert said in capsys.readouterr().out


def test_what_all_workers_logged_is_counted(tmp_path, monkeypatch):
    """Each worker has a log of its own; an entry may have several lines."""
    start = "2026-11-22 09:11:40,600 13310"
    (tmp_path / "ecom_test_1_gw0.log").write_text(
        f"{start} WARNING ecom_test_1_gw0 odoo.addons.ecom_recon.models: one\nmore of it\n"
        f"{start} WARNING ecom_test_1_gw0 odoo.http: another\n"
    )
    (tmp_path / "ecom_test_1_gw1.log").write_text(
        f"{start} ERROR ecom_test_1_gw1 odoo.addons.ecom_bills: two\n"
    )
    monkeypatch.setenv("ECOM_TEST_LOG", str(tmp_path / "ecom_test_1.log"))
    said = []
    plugin._odoo_log(SimpleNamespace(section=said.append, write_line=said.append))
    assert said[1].endswith("one\nmore of it")
    assert said[-1].startswith("2 warnings or errors of ours, 1 of others")


def test_a_worker_has_a_database_and_a_log_of_its_own(monkeypatch):
    monkeypatch.setenv("ECOM_TEST_LOG", "/logs/ecom_test_1.log")
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw1")
    option = SimpleNamespace(odoo_database="ecom_test_1", odoo_extra=[])
    config = SimpleNamespace(
        option=option, pluginmanager=SimpleNamespace(hasplugin=lambda name: name == "odoo")
    )
    next(plugin.pytest_cmdline_main(config))
    assert option.odoo_database == "ecom_test_1_gw1"
    assert option.odoo_extra == ["logfile=/logs/ecom_test_1_gw1.log"]
    assert "PYTEST_XDIST_WORKER" not in os.environ
