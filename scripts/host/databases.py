"""Databases: one template with the Odoo modules we build on, made once; the others are copies of it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path

import settings
from odoo_source import Source
from places import DATA, HOST, LOGS, PYTHON, ROOT, HostError, digest, run, say
from postgres import Server

# What the add-ons depend on, and what their tests and the demo use beside it.
MODULES = (
    "account",
    "l10n_cn",
    "sale_management",
    "sale_stock",
    "purchase",
    "purchase_stock",
    "stock_account",
    "stock_dropshipping",
    "stock_landed_costs",
    "portal",
    "queue_job",
    "date_range",
)
# The users' two languages; without naming it, Odoo would switch English off.
LANGUAGE = "en_US,zh_CN"
_PREFIX = "ecom_template_"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,50}")

# The first company is Chinese, so that `account` loads the Chinese chart of accounts.
_COMPANY = """
china = env.ref("base.cn")
yuan = env.ref("base.CNY")
yuan.active = True
env.company.write({"country_id": china.id, "currency_id": yuan.id})
env["res.partner"].search([]).filtered(lambda p: not p.tz).write({"tz": "Asia/Shanghai"})
env.cr.commit()
"""


def template(server: Server, source: Source) -> str:
    """The name of the template database; it is built (two minutes) when Odoo, a pin or the list changed."""
    parts: list[str | Path] = [
        str(source),
        ROOT / "requirements-oca.txt",
        " ".join(MODULES),
        LANGUAGE,
        _COMPANY,
    ]
    if not server.embedded:
        parts.append(str(HOST))  # a server that others may use too; their templates are not ours
    name = _PREFIX + digest(*parts)[:10]
    if exists(server, name) and has_files(name):
        return name
    drop(server, name)
    fresh = name + "_new"
    drop(server, fresh)
    say("template database: creating it with base and " + LANGUAGE)
    odoo("-d", fresh, "-i", "base", f"--load-language={LANGUAGE}", what="creating the template database")
    odoo("shell", "-d", fresh, "--no-http", what="setting up the company", stdin=_COMPANY)
    say(f"template database: installing {len(MODULES)} modules and what they need (a minute or two)")
    odoo("-d", fresh, "-i", ",".join(MODULES), what="installing the base modules")
    freeze(server, fresh, name)
    drop_others(server, _PREFIX, keep=name)
    say("template database: ready")
    return name


def odoo(*arguments: str, what: str, stdin: str | None = None) -> str:
    """Run one Odoo command to its end; fail when it fails or when it logs an error."""
    if arguments[0] != "shell":
        arguments = (*arguments, "--stop-after-init", "--no-http")
    LOGS.mkdir(exist_ok=True)
    output = run(
        [PYTHON, "-m", "odoo", *arguments, "--log-level=warn"], what=what, env=settings.env(), stdin=stdin
    )
    errors = [line for line in output.splitlines() if re.search(r" (ERROR|CRITICAL) |^Traceback", line)]
    if errors:
        raise HostError(f"{what} logged errors:\n{output[-4000:]}")
    return output


def create(server: Server, name: str, template_name: str) -> None:
    """Copy the template and its files under a new name, with an identity of its own."""
    if not _NAME.fullmatch(name):
        raise HostError(f"{name!r} is no name for a database: small letters, digits, - and _ only")
    if exists(server, name):
        raise HostError(f"the database {name} exists already")
    server.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template_name}"')
    _copy_files(template_name, name)
    server.sql(
        "UPDATE ir_config_parameter SET value = gen_random_uuid() WHERE key = 'database.uuid';"
        "UPDATE ir_config_parameter SET value = gen_random_uuid() WHERE key = 'database.secret';"
        "UPDATE ir_config_parameter SET value = now()::timestamp(0) WHERE key = 'database.create_date'",
        name,
    )


def drop(server: Server, name: str) -> None:
    """Remove a database of ours and its files, even when somebody is connected."""
    if exists(server, name):
        server.sql(f'ALTER DATABASE "{name}" IS_TEMPLATE false')
        server.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    shutil.rmtree(DATA / "filestore" / name, ignore_errors=True)


def drop_others(server: Server, prefix: str, keep: str) -> None:
    """Forget what earlier states of the project left; what is in use right now stays until later."""
    for name in names(server):
        if name.startswith(prefix) and name != keep and has_files(name):
            with contextlib.suppress(HostError):
                drop(server, name)


def freeze(server: Server, fresh: str, name: str) -> None:
    """Make a finished database a template: nobody can connect to it, so it can be copied at any time."""
    shutil.rmtree(DATA / "filestore" / name, ignore_errors=True)
    if (DATA / "filestore" / fresh).exists():
        (DATA / "filestore" / fresh).rename(DATA / "filestore" / name)
    server.sql(f'ALTER DATABASE "{fresh}" WITH IS_TEMPLATE true ALLOW_CONNECTIONS false')
    server.sql(f'ALTER DATABASE "{fresh}" RENAME TO "{name}"')


def has_files(name: str) -> bool:
    """Whether the database is of this host: on a shared server there may be others' with such names."""
    return (DATA / "filestore" / name).is_dir()


def exists(server: Server, name: str) -> bool:
    return name in names(server)


def names(server: Server) -> list[str]:
    return server.sql("SELECT datname FROM pg_database ORDER BY 1").splitlines()


def _copy_files(source: str, target: str) -> None:
    """Odoo names a stored file by its contents and never rewrites it, so a hard link is a copy."""
    origin = DATA / "filestore" / source
    if origin.exists():
        shutil.copytree(origin, DATA / "filestore" / target, copy_function=_link, dirs_exist_ok=True)


def _link(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, Path(target))
    return target
