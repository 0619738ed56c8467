"""scripts/test: prepare the host, lint, and run every test in one call of pytest.

scripts/test                          everything, a worker for each core, each with a database of its own
scripts/test --fast                   lint and tests/ only: no database
scripts/test PATH… [pytest options]   only these, in one process and, below addons/, one database; no lint
scripts/test --odoo MODULE…           Odoo's own tests of these modules, with all add-ons installed
"""

from __future__ import annotations

import ast
import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import browser
import databases
import environment
import odoo_source
import odoo_tests
import postgres
import settings
from places import ADDONS, CONFIG, DATA, LOGS, PYTHON, ROOT, VENV, HostError, digest, only_one, say

_PREFIX = "ecom_addons_"  # databases with the add-ons installed
_TEST = "ecom_test_"
_PYLINT = (
    "--load-plugins=pylint_odoo",
    "--valid-odoo-versions=19.0",
    "--disable=all",
    "--enable=odoolint",
)
_E2E = ROOT / "tests" / "e2e"
_TYPED = ("addons/*/lib/*/", "scripts/host/*.py")
_MOST_WORKERS = 4  # each of them holds a registry of Odoo


def main(arguments: list[str]) -> int:
    if arguments[:1] in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    if arguments[:1] == ["--odoo"]:
        return _odoo(arguments[1:])
    fast = "--fast" in arguments
    arguments = [argument for argument in arguments if argument != "--fast"]
    paths = [argument for argument in arguments if _is_path(argument)]
    options = [argument for argument in arguments if argument not in paths]
    with only_one():
        environment.ensure()
    say("environment: ready")
    failed = [] if paths else lint()
    os.environ["ECOM_LINT_FAILED"] = ", ".join(failed)
    workers = 0 if paths or "--pdb" in options else min(len(os.sched_getaffinity(0)), _MOST_WORKERS)
    if workers:
        # A class makes its records once, so it stays with one worker; big ones begin, small ones fill up.
        options += [f"--numprocesses={workers}", "--dist=loadscope"]
    if fast or _is_plain(paths):
        code = _plain(paths or ["tests"], options)
    else:
        code = _with_odoo(paths, options, workers)
    return code or bool(failed)


def _odoo(modules: list[str]) -> int:
    with only_one():
        environment.ensure()
        odoo_source.ensure()
        server = postgres.ensure()
        settings.write(server)
        addons = [path.parent.name for path in _installable()]
    LOGS.mkdir(exist_ok=True)
    return odoo_tests.run(server, addons, modules)


def lint() -> list[str]:
    """Run every linter and show what it says; give back the names of those that found something."""
    programs = VENV / "bin"
    addons = [str(path.parent.relative_to(ROOT)) for path in sorted(ADDONS.glob("*/__manifest__.py"))]
    typed = [str(path.relative_to(ROOT)) for pattern in _TYPED for path in sorted(ROOT.glob(pattern))]
    steps: list[tuple[str, Sequence[str | Path]]] = [
        ("ruff check", [programs / "ruff", "check", "--quiet", "."]),
        ("ruff format", [programs / "ruff", "format", "--check", "--quiet", "."]),
    ]
    if typed:
        steps.append(("mypy", [programs / "mypy", "--no-error-summary", *typed]))
        steps.append(("import-linter", [programs / "lint-imports", "--no-cache", "--no-logo"]))
    if addons:
        steps.append(("pylint-odoo", [programs / "pylint", "--score=n", *_PYLINT, *addons]))
    started = [(name, _start(command)) for name, command in steps]
    failed = []
    for name, linter in started:
        output, _ = linter.communicate()
        sys.stderr.write(output if linter.returncode else "")
        say(f"{name}: {'failed' if linter.returncode else 'clean'}")
        if linter.returncode:
            failed.append(name)
    return failed


def _start(command: Sequence[str | Path]) -> subprocess.Popen[str]:
    """A linter that works beside the others; import-linter finds lib's packages and add-ons by the path."""
    libraries = os.pathsep.join(str(path) for path in [*sorted(ADDONS.glob("*/lib")), ADDONS])
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**settings.env(), "PYTHONPATH": libraries},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _is_path(argument: str) -> bool:
    return not argument.startswith("-") and (ROOT / argument.partition("::")[0]).exists()


def _is_plain(paths: list[str]) -> bool:
    """Whether only tests without Odoo are asked for."""
    if not paths:
        return not any(ADDONS.glob("*/__manifest__.py"))
    places = [(ROOT / path.partition("::")[0]).resolve() for path in paths]
    return not any(place.is_relative_to(folder) for place in places for folder in (ADDONS, _E2E))


def _plain(paths: list[str], options: list[str]) -> int:
    if not any((ROOT / "tests").glob("**/test_*.py")):
        say("there are no tests yet")
        return 0
    return _pytest(["-p", "no:odoo", *options, *paths], settings.env())


def _with_odoo(paths: list[str], options: list[str], workers: int) -> int:
    """Every test in one call, in fresh copies of a database in which the add-ons are installed."""
    with only_one():
        source = odoo_source.ensure()
        server = postgres.ensure()
        settings.write(server)
        template = databases.template(server, source)
        installed = _with_addons(server, template)
    say(f"host: {source}")
    chromium = browser.ensure() if not paths or any("e2e" in path for path in paths) else ""
    _drop_abandoned(server)
    name = f"{_TEST}{os.getpid()}"
    _drop(server, name)  # a killed run may have had the same number
    for copy in [f"{name}_gw{number}" for number in range(workers)] or [name]:
        databases.create(server, copy, installed)
    log = LOGS / f"{name}.log"
    plugin = [
        f"--odoo-database={name}",
        f"--odoo-config={CONFIG}",
        "--odoo-http",
        "--odoo-log-level=warn",
        "--odoo-extra=load=base,rpc,web",  # no job runner, no cron: tests run what they mean to run
        "--odoo-extra=max-cron-threads=0",
        f"--odoo-extra=logfile={log}",
    ]
    everything = ["tests", *(str(path) for path in sorted(ADDONS.glob("*/tests")))]
    env = {**settings.env(), **server.env(), "ECOM_TEST_LOG": str(log), "ECOM_CHROMIUM": chromium}
    try:
        return _pytest([*plugin, *options, *(paths or everything)], env)
    finally:
        with contextlib.suppress(HostError):
            _drop(server, name, logs=False)


def _pytest(arguments: list[str], env: dict[str, str]) -> int:
    say("pytest: starting")
    env = {**env, "PYTHONPATH": str(Path(__file__).parent)}
    command = [str(PYTHON), "-m", "pytest", "-p", "plugin", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, check=False).returncode


def _with_addons(server: postgres.Server, template: str) -> str:
    """The name of a database with all add-ons installed; made again when a file other than a test changed."""
    addons = [path.parent for path in _installable()]
    if not addons:
        return template
    files = [path for addon in addons for path in sorted(addon.rglob("*")) if _matters(path, addon)]
    contents = [part for path in files for part in (str(path.relative_to(ROOT)), path)]
    name = _PREFIX + digest(template, *contents)[:10]
    if not databases.exists(server, name):
        names = ",".join(addon.name for addon in addons)
        say(f"database: installing {names}")
        fresh = name + "_new"
        databases.drop(server, fresh)
        databases.create(server, fresh, template)
        output = databases.odoo("-d", fresh, "-i", names, what=f"installing {names}")
        for line in output.splitlines():
            if "Running as user 'root'" not in line:
                print(line, file=sys.stderr)  # warnings of the installation
        databases.freeze(server, fresh, name)
        databases.drop_others(server, _PREFIX, keep=name)
        say("database: installed")
    return name


def _installable() -> Iterator[Path]:
    """Manifests of our add-ons whose dependencies are all here; a glue add-on may want more."""
    manifests = {path.parent.name: path for path in sorted(ADDONS.glob("*/__manifest__.py"))}
    source = odoo_source.ensure()
    places = [ADDONS, Path(source.path, "addons"), Path(source.path, "odoo", "addons")]
    places.append(environment.site_packages() / "odoo" / "addons")
    for name, path in manifests.items():
        manifest = ast.literal_eval(path.read_text())
        missing = [
            depend
            for depend in manifest.get("depends", ["base"])
            if not any((place / depend / "__manifest__.py").is_file() for place in places)
        ]
        if missing:
            say(f"{name}: left out, it needs {', '.join(missing)}")
        elif manifest.get("installable", True):
            yield path


def _matters(path: Path, addon: Path) -> bool:
    inside = path.relative_to(addon).parts
    return path.is_file() and inside[0] not in ("tests", "readme") and "__pycache__" not in inside


def _drop_abandoned(server: postgres.Server) -> None:
    """Test databases of runs that were killed."""
    runs = {run[0] for name in databases.names(server) if (run := re.match(rf"{_TEST}(\d+)", name))}
    for name in sorted(runs):
        if not postgres.is_alive(int(name.removeprefix(_TEST))):
            _drop(server, name)


def _drop(server: postgres.Server, name: str, *, logs: bool = True) -> None:
    """The databases of one run: that of each worker, and what a killed test has left beside it."""
    mine = [copy for copy in databases.names(server) if re.fullmatch(rf"{name}(_\w+)?", copy)]
    # On a shared server another host may have a run with the same number; our copies have files here.
    ours = [copy for copy in mine if databases.has_files(re.sub(rf"({name}(_gw\d+)?).*", r"\1", copy))]
    for copy in sorted(ours, reverse=True):
        databases.drop(server, copy)
    for files in (DATA / "filestore").glob(f"{name}_*"):  # of a copy that the test itself dropped
        shutil.rmtree(files, ignore_errors=True)
    if logs:
        for log in LOGS.glob(f"{name}*.log"):
            log.unlink()
