"""A pytest plugin: a database and a log for each worker, and before the closing line what linters and Odoo
said, ours first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

_ENTRY = re.compile(r"^\d{4}-\d\d-\d\d [\d:,]+ \d+ (WARNING|ERROR|CRITICAL) (\S+) (\S+): ", re.MULTILINE)
_SHOWN = 30


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, object, object]:
    """Before Odoo reads its options. The databases are there already, with their files, and are dropped by
    whoever made them; without the variable, pytest-odoo makes none itself.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker and config.pluginmanager.hasplugin("odoo"):
        del os.environ["PYTEST_XDIST_WORKER"]
        config.option.odoo_database += f"_{worker}"
        config.option.odoo_extra.append(f"logfile={_log(worker)}")
    return (yield)


def _log(worker: str) -> Path:
    path = Path(os.environ["ECOM_TEST_LOG"])
    return path.with_name(f"{path.stem}_{worker}{path.suffix}")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    _odoo_log(terminalreporter)
    failed = os.environ.get("ECOM_LINT_FAILED")
    if failed:
        terminalreporter.section("linters")
        terminalreporter.write_line(f"FAILED: {failed} (see the top of the output)", red=True)


def _odoo_log(terminalreporter: Any) -> None:
    """What the servers of all workers logged: entries of ours in full, the others counted."""
    path = Path(os.environ.get("ECOM_TEST_LOG", ""))
    logs = sorted(path.parent.glob(f"{path.stem}*{path.suffix}")) if path.suffix else []
    entries = [entry for log in logs for entry in _entries(log.read_text(errors="replace"))]
    # day, moment, process, level, database, logger: the database's name says nothing of who logged.
    ours = [entry for entry in entries if "ecom_" in entry.split(" ", 6)[5] or "/addons/ecom_" in entry]
    others = len(entries) - len(ours)
    if entries:
        terminalreporter.section("Odoo's log")
        for entry in ours[:_SHOWN]:
            terminalreporter.write_line(entry)
        if len(ours) > _SHOWN:
            terminalreporter.write_line(f"… and {len(ours) - _SHOWN} more of ours")
        terminalreporter.write_line(
            f"{len(ours)} warnings or errors of ours, {others} of others (in {path.stem}*{path.suffix})"
        )


def _entries(text: str) -> list[str]:
    starts = [match.start() for match in _ENTRY.finditer(text)]
    ends = [*starts, len(text)][1:]
    return [text[start:end].rstrip() for start, end in zip(starts, ends, strict=True)]
