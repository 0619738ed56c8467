"""The documentation says what the code does: links resolve, commands exist, every code has its words."""

import ast
import importlib
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest
from client.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
LIB = ROOT / "addons" / "ecom_connectors" / "lib" / "ecom_bills"
CONNECTORS = ROOT / "addons" / "ecom_connectors"
RECON = ROOT / "addons" / "ecom_recon"

PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "addons/*/readme/**/*.md")
    for path in ROOT.glob(pattern)
    if ".host" not in path.parts
)
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"(?<![\w./-])scripts/[a-z_/]*[a-z_](?:\.py)?")
_SUBCOMMAND = re.compile(r"scripts/ecom ([a-z][a-z-]*)")
# Where the reason stands in a call: function -> position of the argument.
_REASON_AT = {
    "problem": 0,
    "refuse": 0,
    "add": 0,
    "at": 4,
    "check": 4,
    "_find": 1,
    "_refused": 1,
    "Problem": 3,
}


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _tree(path: Path) -> ast.Module:
    return ast.parse(_text(path), str(path))


def _model(addon: Path, name: str) -> Path:
    """The file of a model, in whichever room it is."""
    [path] = (addon / "models").rglob(f"{name}.py")
    return path


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _anchor(heading: str) -> str:
    """How a page's heading is called in a link."""
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def _anchors(page: Path) -> set[str]:
    return {_anchor(heading) for heading in re.findall(r"^#+ (.*)$", _text(page), re.MULTILINE)}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_resolve(page):
    broken = []
    for target in _LINK.findall(_CODE.sub("", _text(page))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _hash, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and anchor not in _anchors(there)):
            broken.append(target)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_commands_exist(page):
    text = _text(page)
    missing = [command for command in set(_COMMAND.findall(text)) if not (ROOT / command).exists()]
    assert not missing
    assert set(_SUBCOMMAND.findall(text)) <= set(COMMANDS)


def test_every_page_is_found_from_the_readme():
    seen, todo = set(), [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        targets = (target.partition("#")[0] for target in _LINK.findall(_text(page)))
        todo += [(page.parent / path).resolve() for path in targets if path and ":" not in path]
    pages = {page for page in PAGES if page.is_relative_to(ROOT / "docs")}
    assert not {_name(page) for page in pages - seen}


# --- reasons ---------------------------------------------------------------------


def _strings(node: ast.AST | None) -> Iterator[str]:
    """The texts that an expression may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _strings(node.body)
        yield from _strings(node.orelse)


def _reasons_of_the_reader() -> set[str]:
    found: set[str] = set()
    for path in sorted(LIB.rglob("*.py")):
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.Call):
                found.update(_reasons_of_call(node))
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "reason":
                found.update(_strings(node.value))
    return found - {""}


def _reasons_of_call(call: ast.Call) -> Iterator[str]:
    function = ast.unparse(call.func)
    short = function.rpartition(".")[2]
    keyword = next((item.value for item in call.keywords if item.arg in ("reason", "refuse")), None)
    yield from _strings(keyword)
    if function == "ValueError" and call.args:  # cells of a spreadsheet
        yield from (text for text in _strings(call.args[0]) if re.fullmatch(r"[a-z]+(_[a-z]+)+", text))
        return
    if short in ("add", "at") and "problems" not in function:
        return
    place = _REASON_AT.get(short)
    if place is not None and place < len(call.args):
        yield from _strings(call.args[place])
    if short == "count" and "proof" in function:
        yield "count_differs"


def _reasons_of_the_models() -> set[str]:
    """Reasons that only Odoo can know: which account, which shop, what is stored."""
    found: set[str] = set()
    for path in sorted((CONNECTORS / "models").rglob("*.py")):
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    named = isinstance(key, ast.Constant) and key.value == "reason"
                    if named and not isinstance(value, ast.Subscript):
                        found.update(_strings(value))
    return found


def _translated(path: Path) -> dict[str, list[str]]:
    """{key: its texts} of all tables of translated texts in a module."""
    texts: dict[str, list[str]] = {}
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                parts = value.elts if isinstance(value, ast.Tuple) else [value]
                calls = [part for part in parts if isinstance(part, ast.Call) and part.args]
                said = [call.args[0] for call in calls if ast.unparse(call.func).endswith("env._")]
                if isinstance(key, ast.Constant) and said and len(said) == len(parts):
                    texts[key.value] = [part.value for part in said if isinstance(part, ast.Constant)]
    return texts


def _reason_texts() -> dict[str, str]:
    return {code: texts[0] for code, texts in _translated(_model(CONNECTORS, "ecom_reader")).items()}


def test_every_reason_has_words():
    raised = _reasons_of_the_reader() | _reasons_of_the_models()
    assert len(raised) > 50
    assert not raised - set(_reason_texts()), "problem_text in ecom_reader.py lacks these"
    assert not set(_reason_texts()) - raised, "nobody raises these"


def test_every_reason_is_documented():
    rows = _rows(ROOT / "docs" / "flows" / "import.md")
    assert {code: rows.get(code, [None])[0] for code in _reason_texts()} == _reason_texts()


def _rows(page: Path) -> dict[str, list[str]]:
    """{code in the first cell: the other cells} of the tables of a page."""
    rows = {}
    for line in _text(page).splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        for code in re.findall(r"`([a-z_0-9]+)`", cells[0]) if line.startswith("|") else ():
            rows.setdefault(code, cells[1:])
    return rows


# --- exceptions, categories, roles, rules, invariants ------------------------------


def _pairs(path: Path, name: str) -> list[str]:
    """First members of a list of pairs, or keys of a dictionary, that a module assigns to a name."""
    for node in _tree(path).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            if isinstance(node.value, ast.Dict):
                return [ast.literal_eval(key) for key in node.value.keys if key is not None]
            return [pair[0] for pair in ast.literal_eval(node.value)]
    raise AssertionError(f"{path} has no {name}")


def _records(path: Path, model: str) -> dict[str, dict[str, str]]:
    """{code: fields} of the records of a data file."""
    found = {}
    for record in ElementTree.parse(path).getroot().iter("record"):
        if record.get("model") == model:
            values = {field.get("name", ""): field.get("ref") or field.text or "" for field in record}
            found[values.get("code", record.get("id", ""))] = values
    return found


def _exception_types() -> dict[str, str]:
    """{code of a type of exception: its severity}."""
    tree = _tree(RECON / "models" / "explain" / "exception_types.py")
    [types] = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TYPES"
    ]
    found = {}
    for key, value in zip(types.keys, types.values, strict=True):
        given = {argument.arg: argument.value for argument in value.keywords}
        found[ast.literal_eval(key)] = ast.literal_eval(given["severity"]) if "severity" in given else "0"
    return found


def test_every_exception_is_documented():
    page = ROOT / "docs" / "exceptions.md"
    sections = re.split(r"^## ", _text(page), flags=re.MULTILINE)[1:]
    assert sorted(section.split("\n", 1)[0] for section in sections) == sorted(_exception_types())
    for section in sections:
        for part in ("*Amount*", "*Do*", "*Closes*"):
            assert part in section, section.split("\n", 1)[0]


def test_severities_are_documented():
    words = {"0": "Low", "1": "Medium", "2": "High"}
    for kind, severity in _exception_types().items():
        section = _text(ROOT / "docs" / "exceptions.md").split(f"\n## {kind}\n", 1)[1]
        assert section.split(".", 1)[0].strip() == words[severity], kind


def test_every_role_is_documented():
    rows = _rows(ROOT / "docs" / "ledger.md")
    for code, role in _records(RECON / "data" / "ecom_role.xml", "ecom.role").items():
        assert code in rows, code
        parent = role.get("parent_code", "")
        named = role.get("company_account") or code == "receivable"
        assert named or parent in rows[code][1], f"{code} is below {parent}"


def test_every_category_is_documented():
    codes = _records(CONNECTORS / "data" / "ecom_category.xml", "ecom.category")
    assert set(re.findall(r"`([a-z_]+)`", _text(ROOT / "docs" / "setup.md"))) >= set(codes)
    text = _text(ROOT / "docs" / "ledger.md").split("## Categories", 1)[1].split("\n## ", 1)[0]
    rows = {
        code: line.split("|")[2:4]
        for line in text.splitlines()
        if line.startswith("| `")
        for code in re.findall(r"`([a-z_]+)`", line.split("|")[1])
    }
    lines = _records(RECON / "data" / "ecom_voucher_template.xml", "ecom.voucher.line")
    for line in lines.values():
        category = line["category_id"].partition("category_")[2]
        role = line["role_id"].removeprefix("role_")
        cells = rows[category]
        where = cells[1] if line["mode"] == "order" else cells[0]
        assert f"`{role}`" in where, f"{category} in mode {line['mode']} goes to {role}"


def test_every_rule_of_matching_is_documented():
    rows = _rows(ROOT / "docs" / "flows" / "match.md")
    rules = _pairs(RECON / "lib" / "ecom_reconcile" / "match.py", "RULES")
    assert not set(rules) - set(rows)
    assert set(rules) == set(_translated(_model(RECON, "ecom_match")))


def test_every_invariant_is_documented():
    source = _text(_model(RECON, "ecom_invariant"))
    names = set(_pairs(_model(RECON, "ecom_invariant"), "QUERIES"))
    names |= set(re.findall(r'_result\("([a-z_]+)"', source))
    assert not names - set(_rows(ROOT / "docs" / "operations.md"))


def test_every_key_of_the_setup_is_documented():
    text = _text(ROOT / "docs" / "setup.md")
    for path in (RECON / "models").rglob("ecom_setup.py"):
        for node in _tree(path).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).startswith("SETUP_"):
                keys = ast.literal_eval(node.value)
                assert not {key for key in keys if f'"{key}"' not in text}, ast.unparse(node.targets[0])


def test_every_column_of_the_templates_is_documented():
    layouts = importlib.import_module("ecom_bills.order_layouts")
    invoices = importlib.import_module("ecom_settle.invoice_list").LAYOUT
    rows = _rows(ROOT / "docs" / "templates.md")
    for known in (layouts.TEMPLATE.layout, layouts.REFUNDS.layout, invoices):
        titles = {column.titles[0] for column in known.columns}
        assert not titles - set(rows)


def test_examples_of_the_templates_can_be_read():
    bills = importlib.import_module("ecom_bills")
    readers = importlib.import_module("ecom_bills.orders")
    tables = importlib.import_module("ecom_bills.tables")
    shape = importlib.import_module("ecom_settle.invoice_list").LAYOUT.shape()
    context = bills.Context(currency="CNY", digits=2, timezone="Asia/Shanghai")
    blocks = re.findall(r"^```\n(.*?)^```", _text(ROOT / "docs" / "templates.md"), re.DOTALL | re.MULTILINE)
    orders, invoices, refunds = (block.encode() for block in blocks)
    for block, read in ((orders, readers.read_orders), (refunds, readers.read_refunds)):
        assert read(block, "orders.csv", context).problems == ()
    assert tables.read_table(invoices, "invoices.csv", context, [shape]).problems == ()


def test_example_of_the_setup_is_json():
    [block] = re.findall(r"```json\n(.*?)```", _text(ROOT / "docs" / "setup.md"), re.DOTALL)
    setup = json.loads(block)
    assert {account["code"] for account in setup["accounts"]} == {shop["account"] for shop in setup["shops"]}


def test_every_limit_of_the_reader_is_right():
    budget = importlib.import_module("ecom_bills.files.budget").Budget()
    limits = importlib.import_module("ecom_bills.limits").Limits()
    text = _text(ROOT / "docs" / "operations.md")
    mib = 1 << 20
    assert f"{limits.memory / mib / 1024:g} GiB, {limits.cpu} s, {limits.wall} s" in text
    assert f"{limits.content // mib} MiB, {limits.payload // mib // 1024} GiB" in text
    assert f"{budget.members:,}, {budget.total // mib} MiB" in text
    assert f"{budget.ratio}, above {budget.ratio_free // mib} MiB" in text
    assert f"{budget.rows:,}, {budget.columns}, {budget.cells // 1_000_000} million" in text
    assert f"{budget.cell_text:,}" in text
