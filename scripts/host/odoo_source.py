"""Where Odoo 19 comes from: the first of four sources that is there, remembered in .host/odoo.json."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import debian
import environment
from places import HOST, HostError, say, write_if_changed

REPOSITORY = "https://github.com/odoo/odoo.git"
BRANCH = "19.0"
_RECORD = HOST / "odoo.json"
_CODE = HOST / "odoo"


@dataclass(frozen=True)
class Source:
    kind: str  # ODOO_PATH, installed, git, debian
    version: str
    path: str  # the folder that holds the package `odoo`

    def __str__(self) -> str:
        return f"Odoo {self.version} ({self.kind})"


def ensure() -> Source:
    """Find Odoo once, then make it importable in the virtual environment."""
    source = _remembered() or _find()
    known = {**asdict(source), "path": os.path.relpath(source.path, HOST)}
    if not Path(source.path).is_relative_to(_CODE):
        known["path"] = source.path
    if source.kind != "ODOO_PATH":  # that one is asked for each time, and must not displace what was fetched
        write_if_changed(_RECORD, json.dumps(known, indent=1) + "\n")
    write_if_changed(environment.site_packages() / "ecom_odoo.pth", source.path + "\n")
    return source


def _remembered() -> Source | None:
    if os.environ.get("ODOO_PATH") or not _RECORD.is_file():
        return None
    known = json.loads(_RECORD.read_text())
    # What lies below .host is noted relative to it, so that a moved project keeps it.
    source = Source(**{**known, "path": str(HOST / known["path"])})
    return source if _version(Path(source.path)) else None


def _find() -> Source:
    tries = (_from_path, _from_here, _from_git, _from_debian)
    refusals = []
    for attempt in tries:
        try:
            source = attempt()
        except HostError as error:
            refusals.append(f"- {attempt.__name__.removeprefix('_from_')}: {error}")
            continue
        say(f"odoo: taking {source}")
        return source
    raise HostError("Odoo 19 was not found. Set ODOO_PATH to its source folder.\n" + "\n".join(refusals))


def _from_path() -> Source:
    asked = os.environ.get("ODOO_PATH")
    if not asked:
        raise HostError("ODOO_PATH is not set")
    path = Path(asked).resolve()
    version = _version(path)
    if not version:
        # A wrong answer to an explicit question must not be passed over in silence.
        raise SystemExit(f"ODOO_PATH={asked} holds no Odoo {BRANCH}")
    return Source("ODOO_PATH", version, str(path))


def _from_here() -> Source:
    for path in _importable():
        version = _version(path)
        if version:
            return Source("installed", version, str(path))
    raise HostError(f"no Odoo {BRANCH} is importable")


def _importable() -> Iterator[Path]:
    found = importlib.util.find_spec("odoo")
    for place in (found.submodule_search_locations or ()) if found else ():
        yield Path(place).resolve().parent


def _from_git() -> Source:
    """A shallow clone, but only when the repository answers at once: being offline costs a moment."""
    env = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    ask = ["git", "ls-remote", "--exit-code", REPOSITORY, f"refs/heads/{BRANCH}"]
    clone = ["git", "clone", "--quiet", "--depth=1", f"--branch={BRANCH}", REPOSITORY, str(_CODE)]
    quiet = {"env": env, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    try:
        subprocess.run(ask, check=True, timeout=6, **quiet)  # type: ignore[call-overload]
        say(f"odoo: cloning branch {BRANCH} of the official repository")
        shutil.rmtree(_CODE, ignore_errors=True)
        subprocess.run(clone, check=True, timeout=1800, **quiet)  # type: ignore[call-overload]
        head = subprocess.run(["git", "-C", _CODE, "rev-parse", "--short=12", "HEAD"], check=True, **quiet)  # type: ignore[call-overload]
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(_CODE, ignore_errors=True)
        raise HostError("the official repository cannot be reached") from error
    return Source("git", f"{_version(_CODE)} at {head.stdout.strip()}", str(_CODE))


def _from_debian() -> Source:
    path, version = debian.fetch(_CODE)
    if not _version(path):
        raise HostError(f"the package {debian.PACKAGE} holds no Odoo {BRANCH}")
    return Source("debian", version, str(path))


def _version(path: Path) -> str:
    """The series of the Odoo below `path` when it is the one we are made for, else nothing."""
    release = path / "odoo" / "release.py"
    if not release.is_file():
        return ""
    match = re.search(r"^version_info = \((\d+), (\d+),", release.read_text(), re.MULTILINE)
    series = f"{match[1]}.{match[2]}" if match else ""
    return series if series == BRANCH else ""
