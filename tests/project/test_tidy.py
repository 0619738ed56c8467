"""Manners that a machine can check, so that people need not; the linters of scripts/test check the others."""

import ast
import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parents[2]
ADDONS = ROOT / "addons"
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
SAMPLES = ADDONS / "ecom_connectors" / "tests" / "samples"

FUNCTION_LINES_LIB = 50
FUNCTION_LINES = 70
# A reason to think, not a wall: one thing in one long file is better than one thing in four short ones.
FILE_LINES = 400
# Files that are longer, each with the reason why it is one thing: {path: reason}.
LONG_FILES: dict[str, str] = {
    "addons/ecom_recon/models/post/ecom_poster.py": "from line to item to entry: one way to read",
    "addons/ecom_supplier_settlement/models/api/ecom_settle_api.py": "one public method after another",
    "addons/ecom_supplier_settlement/models/invoice/ecom_invoice_intake.py": (
        "from a file to a draft invoice, one rule after another"
    ),
    "addons/ecom_supplier_settlement/models/invoice/ecom_invoice_linker.py": (
        "products, order lines and taxes of one invoice line"
    ),
    "addons/ecom_supplier_settlement/models/statement/ecom_statement.py": (
        "one paper from draft to payment: states, rights, what both sides say"
    ),
    "addons/ecom_supplier_settlement/models/terms/ecom_clause.py": (
        "one record: its fields, its checks and its versions"
    ),
    "addons/ecom_supplier_settlement/models/threeway/ecom_threeway_facts.py": (
        "one query with its parts, in their order"
    ),
}

_FLOATS = re.compile(r"^float(\d+)?$", re.IGNORECASE)


def _python(*patterns: str) -> list[Path]:
    found = {path for pattern in patterns for path in ROOT.glob(pattern)}
    return sorted(path for path in found if "__pycache__" not in path.parts)


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _at(path: Path, line: int, text: str = "") -> str:
    return f"{path.relative_to(ROOT)}:{line} {text}".rstrip()


LIB = _python("addons/*/lib/**/*.py")
THIN = [path for path in _python("addons/**/*.py") if path not in LIB]
THIN_CODE = [path for path in THIN if "tests" not in path.relative_to(ADDONS).parts]
TOOLS = _python("scripts/**/*.py", "tests/**/*.py")


def _functions(path: Path) -> Iterator[tuple[str, int, int]]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1


def test_import_linter_knows_every_package():
    packages = {path.parent.name for path in ROOT.glob("addons/*/lib/*/__init__.py")}
    addons = {path.parent.name for path in ROOT.glob("addons/*/__manifest__.py")}
    # What import-linter brings along where Python has no reader of its own.
    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    said = toml.loads(PROJECT)["tool"]["importlinter"]
    assert set(said["root_packages"]) == packages | addons
    lists = [
        contract[name]
        for contract in said["contracts"]
        for name in ("source_modules", "modules", "ancestors")
        if name in contract
    ]
    assert [set(names) for names in lists] == [packages] * 3
    rooms = {contract["containers"][0] for contract in said["contracts"] if contract["type"] == "layers"}
    assert rooms >= {f"{addon}.models" for addon in addons}


def test_lib_has_no_floats():
    """Money is Decimal or an int of minor units; what is not money says so in a comment on its line."""
    bad = []
    for path in LIB:
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(_tree(path)):
            if _is_float(node) and "not money" not in lines[node.lineno - 1]:
                bad.append(_at(path, node.lineno, lines[node.lineno - 1].strip()))
    assert not bad, "\n" + "\n".join(bad)


def _is_float(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float) or bool(
            isinstance(node.value, str) and _FLOATS.match(node.value)
        )
    if isinstance(node, ast.Name):
        return bool(_FLOATS.match(node.id))
    return isinstance(node, ast.Attribute) and bool(_FLOATS.match(node.attr))


@pytest.mark.parametrize(
    ("paths", "limit"),
    [
        pytest.param(LIB, FUNCTION_LINES_LIB, id="lib"),
        pytest.param(THIN + TOOLS, FUNCTION_LINES, id="elsewhere"),
    ],
)
def test_functions_are_short(paths, limit):
    bad = [
        _at(path, line, f"{name}: {length} lines")
        for path in paths
        for name, line, length in _functions(path)
        if length > limit
    ]
    assert not bad, "\n" + "\n".join(bad)


def test_files_are_short_or_say_why():
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in LIB + THIN + TOOLS}
    long = {str(path.relative_to(ROOT)): length for path, length in lengths.items() if length > FILE_LINES}
    assert not set(long) - set(LONG_FILES), f"these need a line with the reason in LONG_FILES: {long}"
    assert not set(LONG_FILES) - set(long), "these are short"
    assert not [path for path, reason in LONG_FILES.items() if len(reason.split()) < 3], (
        "these give no reason"
    )


def test_every_layout_has_a_sample():
    layouts = importlib.import_module("ecom_bills.layouts")
    names = [layout.name for layout in layouts.LAYOUTS]
    missing = [name for name in names if not any((SAMPLES / name).glob("*/*"))]
    assert not missing


def test_licences():
    """The add-ons are LGPL-3; only glue that installs itself beside an AGPL-3 add-on is AGPL-3."""
    bad = []
    for path in _python("addons/*/__manifest__.py"):
        manifest = ast.literal_eval(path.read_text(encoding="utf-8"))
        glue = manifest["license"] == "AGPL-3" and manifest.get("auto_install")
        if manifest["license"] != "LGPL-3" and not glue:
            bad.append(str(path.relative_to(ROOT)))
    assert not bad, "\n" + "\n".join(bad)


def test_nothing_is_printed():
    bad = [
        _at(path, node.lineno)
        for path in LIB + THIN_CODE
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not bad, "\n" + "\n".join(bad)


def test_sudo_says_why():
    """Whoever goes round the access rules explains it on the line, or right above it or its statement."""
    bad = []
    for path in THIN_CODE:
        lines = ["", *path.read_text(encoding="utf-8").splitlines()]
        for statement in ast.walk(_tree(path)):
            for call in _sudo_calls(statement):
                near = {statement.lineno - 1, call.lineno - 1, call.lineno}
                if not any("#" in lines[number] for number in near):
                    bad.append(_at(path, call.lineno, lines[call.lineno].strip()))
    assert not bad, "\n" + "\n".join(bad)


def _sudo_calls(statement: ast.AST) -> Iterator[ast.Attribute]:
    """The calls of sudo() in a simple statement, or in the head of a compound one."""
    if not isinstance(statement, ast.stmt):
        return
    heads = [part for part in ast.iter_child_nodes(statement) if isinstance(part, ast.expr)]
    for node in (inner for head in heads for inner in ast.walk(head)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "sudo":
            node.func.lineno = node.func.end_lineno or node.func.lineno  # where the word itself stands
            yield node.func


@pytest.mark.parametrize("path", _python("addons/*/i18n/*.pot"), ids=lambda path: path.stem)
def test_chinese_is_complete(path):
    chinese = polib.pofile(str(path.with_name("zh_CN.po")))
    done = {entry.msgid for entry in chinese if entry.translated()}
    missing = [entry.msgid for entry in polib.pofile(str(path)) if entry.msgid not in done]
    assert not missing
    assert not [entry.msgid for entry in chinese.untranslated_entries() + chinese.fuzzy_entries()]
