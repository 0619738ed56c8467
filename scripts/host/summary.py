"""A pytest plugin: before the closing line, what the linters found and what Odoo logged, ours first."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

_ENTRY = re.compile(r"^\d{4}-\d\d-\d\d [\d:,]+ \d+ (WARNING|ERROR|CRITICAL) (\S+) (\S+): ", re.MULTILINE)
_SHOWN = 30


def pytest_terminal_summary(terminalreporter: Any) -> None:
    _odoo_log(terminalreporter)
    failed = os.environ.get("ECOM_LINT_FAILED")
    if failed:
        terminalreporter.section("linters")
        terminalreporter.write_line(f"FAILED: {failed} (see the top of the output)", red=True)


def _odoo_log(terminalreporter: Any) -> None:
    path = Path(os.environ.get("ECOM_TEST_LOG", ""))
    text = path.read_text(errors="replace") if path.is_file() else ""
    starts = [match.start() for match in _ENTRY.finditer(text)]
    ends = [*starts, len(text)][1:]
    entries = [text[start:end].rstrip() for start, end in zip(starts, ends, strict=True)]
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
            f"{len(ours)} warnings or errors of ours, {others} of others (in {path.name})"
        )
