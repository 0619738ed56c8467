"""Local files: found, named when they cannot be read, and sent in requests of a few megabytes."""

from __future__ import annotations

import argparse
import base64
import glob
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .errors import UsageError

BATCH_BYTES = 4 * 1024**2
BATCH_FILES = 25
# Odoo takes requests of 128 MiB, and base64 makes four bytes of three.
FILE_BYTES = 90 * 1024**2


def find_given(given: argparse.Namespace) -> None:
    """Look for the files of a subcommand before anybody is called."""
    given.paths = find(given.files)


def find(names: Sequence[str]) -> list[Path]:
    """The files behind names, folders and quoted wildcards, each once; all that are missing are named."""
    found: dict[Path, None] = {}
    problems = []
    for name in names:
        try:
            paths = _behind(name)
        except OSError as error:
            problems.append(f"{name}: {_reason(error)}")
            continue
        for path in paths:
            problem = _problem(path)
            if problem:
                problems.append(f"{path}: {problem}")
            found[path] = None
    if problems:
        raise UsageError("; ".join(problems))
    return list(found)


def _behind(name: str) -> list[Path]:
    path = Path(name)
    if path.is_dir():
        inside = [file for file in sorted(path.rglob("*")) if file.is_file()]
        kept = [file for file in inside if not any(p.startswith(".") for p in file.relative_to(path).parts)]
        if not kept:
            raise FileNotFoundError(None, "the folder has no files")
        return kept
    if not path.exists() and glob.has_magic(name):
        matches = [Path(match) for match in sorted(glob.glob(name, recursive=True))]
        if not matches:
            raise FileNotFoundError(None, "no file has such a name")
        return [file for match in matches for file in (_behind(str(match)) if match.is_dir() else [match])]
    return [path]


def _problem(path: Path) -> str:
    try:
        with path.open("rb"):
            size = path.stat().st_size
    except OSError as error:
        return _reason(error)
    if size > FILE_BYTES:
        return f"larger than {FILE_BYTES // 1024**2} MiB; send it as ZIP, or in shorter periods"
    return ""


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def batches(paths: Sequence[Path]) -> Iterator[list[dict[str, str]]]:
    """The files as the server takes them, so many at once that a request stays small."""
    batch: list[dict[str, str]] = []
    size = 0
    for path in paths:
        length = path.stat().st_size
        if batch and (size + length > BATCH_BYTES or len(batch) == BATCH_FILES):
            yield batch
            batch, size = [], 0
        batch.append({"name": path.name, "content": base64.b64encode(_bytes(path)).decode("ascii")})
        size += length
    if batch:
        yield batch


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {_reason(error)}") from error


def read_json(name: str) -> dict[str, Any]:
    """A JSON object from a file."""
    try:
        content = json.loads(_bytes(Path(name)).decode("utf-8-sig"))
    except ValueError as error:
        raise UsageError(f"{name}: this is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise UsageError(f"{name}: a JSON object {{…}} is expected")
    return content
