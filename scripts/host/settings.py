"""Odoo's configuration file, and the surroundings Odoo is started in."""

from __future__ import annotations

import os
import re
import secrets

from places import ADDONS, CONFIG, DATA, HOST, PYTHON, write_if_changed
from postgres import Server


def write(server: Server) -> None:
    """Write .host/odoo.conf; the master password in it is made once and kept."""
    options = {
        "admin_passwd": _kept_password(),
        "data_dir": DATA,
        "db_host": server.host,
        "db_port": server.port,
        "db_user": server.user,
        "db_template": "template0",
        "list_db": "True",
        "http_interface": "127.0.0.1",
        "server_wide_modules": "base,rpc,web,queue_job",
        "pg_path": server.programs,
        # Loading a year of bills in the foreground takes longer than a web request may.
        "limit_time_cpu": 3600,
        "limit_time_real": 3600,
        "limit_memory_soft": 4 * 1024**3,
        "limit_memory_hard": 6 * 1024**3,
    }
    if server.password:
        options["db_password"] = server.password
    if any(ADDONS.glob("*/__manifest__.py")):
        options["addons_path"] = ADDONS
    lines = ["; Written by scripts/host; changes are overwritten.", "[options]"]
    lines += [f"{key} = {value}" for key, value in options.items()]
    lines += ["", "[queue_job]", "channels = root:2"]
    DATA.mkdir(exist_ok=True)
    write_if_changed(CONFIG, "\n".join(lines) + "\n", mode=0o600)


def env() -> dict[str, str]:
    """The environment variables for Odoo: our configuration, our Python first."""
    path = f"{PYTHON.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "ODOO_RC": str(CONFIG), "PATH": path, "ECOM_HOST": str(HOST)}


def _kept_password() -> str:
    before = CONFIG.read_text() if CONFIG.is_file() else ""
    kept = re.search(r"^admin_passwd = (\S+)$", before, re.MULTILINE)
    return kept[1] if kept else secrets.token_urlsafe(24)
