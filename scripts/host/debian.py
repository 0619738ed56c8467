"""Odoo 19 from Debian's unstable suite, unpacked into a private root; nothing is installed system-wide.

apt works on a private state below .host/apt. Its only source is a copy of the machine's own stanza for
Debian's main archive with the suite swapped, so the mirror, the proxy and the keyring are those the machine
trusts already.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from places import HOST, HostError, run, say

PACKAGE = "odoo-19"
# The web client's assets link to these, and statements are printed with the last; the rest comes from pip.
ASSETS = (
    "libjs-jquery",
    "libjs-underscore",
    "libjs-jquery-form",
    "fonts-font-awesome",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
    "fonts-inconsolata",
    "fonts-ocr-b",
    "fonts-wqy-zenhei",
)
_SUITE = "unstable"
_APT = HOST / "apt"


def fetch(root: Path) -> tuple[Path, str]:
    """Unpack Odoo below `root`; give back the folder to import from and the package's version."""
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise HostError("this machine has no apt")
    stanza = next(_stanzas(), None)
    if stanza is None:
        raise HostError("no source of this machine's apt is Debian's main archive")
    shutil.rmtree(_APT, ignore_errors=True)
    for folder in ("lists/partial", "cache/archives/partial", "sources", "debs"):
        (_APT / folder).mkdir(parents=True)
    (_APT / "status").touch()
    (_APT / "sources" / "debian.sources").write_text(stanza)
    say("odoo: reading the package lists of Debian unstable")
    _apt_get("update")
    say("odoo: downloading the package (about 120 MB)")
    _apt_get("download", PACKAGE, *ASSETS, cwd=_APT / "debs")
    say("odoo: unpacking")
    fresh = root.with_name(root.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    for package in sorted((_APT / "debs").glob("*.deb")):
        run(["dpkg", "-x", package, fresh], what=f"unpacking {package.name.partition('_')[0]}")
    version = _version()
    _keep_links_inside(fresh)
    shutil.rmtree(root, ignore_errors=True)
    fresh.rename(root)
    shutil.rmtree(_APT)
    return root / "usr" / "lib" / "python3" / "dist-packages", version


def _version() -> str:
    (package,) = (_APT / "debs").glob(f"{PACKAGE}_*.deb")
    return run(["dpkg-deb", "-f", package, "Version"], what="asking the package's version").strip()


def _apt_get(*arguments: str, cwd: Path | None = None) -> None:
    options = {
        "Dir::State": _APT,
        "Dir::State::lists": _APT / "lists",
        "Dir::State::status": _APT / "status",
        "Dir::Cache": _APT / "cache",
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": _APT / "sources",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "Acquire::http::Timeout": "60",
        "APT::Sandbox::User": "root",  # the unprivileged user _apt cannot write into a private folder
    }
    flags = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    run(["apt-get", *flags, "-q", *arguments], what=f"apt-get {arguments[0]}", cwd=cwd, env=env, timeout=1800)


def _keep_links_inside(root: Path) -> None:
    """Debian's packages link to /usr/share/…; make those links relative, so that they stay below `root`."""
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            link = Path(folder, name)
            if link.is_symlink() and os.readlink(link).startswith("/"):
                inside = root / os.readlink(link).lstrip("/")
                link.unlink()
                link.symlink_to(os.path.relpath(inside, folder))


def _stanzas() -> Iterator[str]:
    """The machine's sources of Debian's main archive, rewritten for the other suite."""
    etc = Path("/etc/apt")
    for path in sorted((etc / "sources.list.d").glob("*.sources")):
        for paragraph in re.split(r"\n\s*\n", path.read_text()):
            yield from _from_deb822(paragraph)
    for path in (etc / "sources.list", *sorted((etc / "sources.list.d").glob("*.list"))):
        if path.is_file():
            for line in path.read_text().splitlines():
                yield from _from_one_line(line)


def _from_deb822(paragraph: str) -> Iterator[str]:
    lines = [line for line in paragraph.splitlines() if not line.startswith("#")]
    fields: dict[str, str] = {}
    key = ""
    for line in lines:
        if line[:1].isspace():
            fields[key] += "\n" + line
        elif ":" in line:
            key, _, value = line.partition(":")
            key = key.strip().lower()
            fields[key] = value.strip()
    if "deb" in fields.get("types", "").split() and fields.get("enabled", "yes").lower() != "no":
        yield from _stanza(fields, fields.get("uris", "").split(), fields.get("suites", "").split())


def _from_one_line(line: str) -> Iterator[str]:
    match = re.match(
        r"deb\s+(?:\[(?P<options>[^]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<rest>[^#]*)", line.strip()
    )
    if match:
        options = dict(part.split("=", 1) for part in (match["options"] or "").split() if "=" in part)
        fields = {key.lower(): value.replace(",", " ") for key, value in options.items()}
        fields["components"] = match["rest"]
        yield from _stanza(fields, [match["uri"]], [match["suite"]])


def _stanza(fields: dict[str, str], uris: list[str], suites: list[str]) -> Iterator[str]:
    """Debian's main archive ends in /debian and offers plain suites, unlike security and other vendors."""
    plain = any(not suite.endswith(("-security", "/")) for suite in suites)
    for uri in uris:
        if plain and "main" in fields.get("components", "").split() and _is_main_archive(uri):
            stanza = f"Types: deb\nURIs: {uri}\nSuites: {_SUITE}\nComponents: main\n"
            for key in ("signed-by", "trusted", "allow-insecure"):
                if key in fields:
                    stanza += f"{key.title()}: {fields[key]}\n"
            yield stanza


def _is_main_archive(uri: str) -> bool:
    return urlsplit(uri).path.rstrip("/").rpartition("/")[2] == "debian"
