"""The virtual environment below .host/venv: exact versions, installed again only when a list changed."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from places import HOST, PYTHON, ROOT, VENV, digest, run, say, set_stamp, stamp_is, write_if_changed

_PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input")

# (stamp, requirements file, extra pip options). The OCA wheels ask for "odoo" and, through it, for a psycopg2
# that has to be compiled; Odoo comes from elsewhere, so they are installed without their dependencies.
_LISTS = (
    ("requirements", "requirements.txt", ()),
    ("requirements-dev", "requirements-dev.txt", ()),
    ("requirements-oca", "requirements-oca.txt", ("--no-deps",)),
)


def ensure() -> None:
    """Make the environment match the requirement files."""
    identity = f"{sys.version_info[:2]} {VENV}"  # scripts in a virtual environment contain its path
    if not (PYTHON.exists() and stamp_is("venv", identity)):
        say(f"environment: creating it with Python {sys.version.split()[0]}")
        shutil.rmtree(VENV, ignore_errors=True)
        for name, _file, _options in _LISTS:
            set_stamp(name, "")
        run([sys.executable, "-m", "venv", VENV], what="creating the virtual environment")
        write_if_changed(HOST / "python", sys.executable + "\n")
        set_stamp("venv", identity)
    for name, file, options in _LISTS:
        wanted = digest(identity, ROOT / file)
        if not stamp_is(name, wanted):
            say(f"environment: installing {file}")
            run([PYTHON, *_PIP, *options, "-r", ROOT / file], what=f"installing {file}")
            set_stamp(name, wanted)


def site_packages() -> Path:
    return VENV / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
