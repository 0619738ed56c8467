"""Templates and Chinese messages of our add-ons: exported by Odoo, merged with what is translated already."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polib  # type: ignore[import-untyped]
from places import ADDONS

LANGUAGE = "zh_CN"
# Odoo writes the minute of the export; it would make every export a change.
CLOCKS = ("POT-Creation-Date", "PO-Revision-Date")


def export(database: str, names: list[str]) -> None:
    """Have Odoo write the template of every add-on."""
    odoo = [
        str(Path(__file__).parents[1] / "odoo"),
        "i18n",
        "export",
        "-d",
        database,
        "-l",
        "pot",
        "--",
        *names,
    ]
    subprocess.run(odoo, check=True, stderr=subprocess.DEVNULL)


def merge(template: Path) -> list[str]:
    """Bring the translations in line with the template; return what has none."""
    messages = polib.pofile(str(template), wrapwidth=0)
    for clock in CLOCKS:
        messages.metadata.pop(clock, None)
    messages.save(str(template))
    path = template.with_name(f"{LANGUAGE}.po")
    known = {}
    if path.exists():
        known = {entry.msgid: entry.msgstr for entry in polib.pofile(str(path)) if not entry.fuzzy}
    messages.metadata["Language"] = LANGUAGE
    messages.metadata["Plural-Forms"] = "nplurals=1; plural=0;"
    for entry in messages:
        entry.msgstr = known.get(entry.msgid, "")
    messages.save(str(path))
    return [entry.msgid for entry in messages if not entry.msgstr]


def main(database: str) -> int:
    names = sorted(manifest.parent.name for manifest in ADDONS.glob("*/__manifest__.py"))
    export(database, names)
    missing = {name: merge(ADDONS / name / "i18n" / f"{name}.pot") for name in names}
    for name, messages in missing.items():
        for message in messages:
            print(f"{name}: {message!r} is not translated")
    return int(any(missing.values()))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
