"""A headless Chromium for the tests that click: the machine's own, else Debian's package."""

from __future__ import annotations

import os
import shutil

from places import HostError, run, say

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def ensure() -> str:
    """Path of a Chromium; installed from the machine's mirror if we may. Empty if there is none."""
    found = _find()
    if found or not shutil.which("apt-get") or os.geteuid() != 0:
        if not found:
            say("browser: there is no Chromium and only root can install one; tests/e2e is skipped")
        return found
    say("browser: installing Debian's chromium")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    try:
        for arguments in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", "chromium"]):
            run(["apt-get", *arguments], what="installing chromium", env=env, timeout=900)
    except HostError as error:
        say(f"browser: tests/e2e is skipped: {str(error).splitlines()[0]}")
    return _find()


def _find() -> str:
    return next((path for name in _NAMES if (path := shutil.which(name))), "")
