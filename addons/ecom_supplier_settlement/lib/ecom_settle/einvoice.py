"""Invoice stage: the XML of China's fully digital invoice (数电发票), read as a hostile file.

    <EInvoice>
      <Header><EIid>20 digits</EIid>…</Header>
      <EInvoiceData>
        <SellerInformation><SellerIdNum/><SellerName/></SellerInformation>
        <BuyerInformation><BuyerIdNum/><BuyerName/></BuyerInformation>
        <BasicInformation><TotalAmWithoutTax/><TotalTaxAm/><TotalTax-includedAmount/>
          <RequestTime/>…
        <IssuItemInformation><ItemName/><SpecMod/><MeaUnits/><Quantity/><UnPrice/><Amount/>
          <TaxRate/><ComTaxAm/>…
        <AdditionalInformation><Remark/></AdditionalInformation>
      </EInvoiceData>
      <TaxSupervisionInfo><InvoiceNumber/><IssueTime/>…

Amounts are yuan. A red-letter invoice has negative amounts and quantities. A document type refuses the file:
no entities, no network, no external files; depth, elements and bytes are limited.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from xml.parsers import expat

from .invoice import (
    Invoice,
    InvoiceLine,
    UnreadableError,
    merge_discounts,
    parse_amount,
    parse_number,
    parse_rate,
)
from .problem import DocumentError, Problem, shown

MAX_BYTES = 10 << 20
MAX_DEPTH = 40
MAX_NODES = 400_000
MAX_VALUE = 20_000
DIGITS = 2
_NUMBER = re.compile(r"\d{20}")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})([ T].*)?")
_DECLARED = re.compile(rb"\s*<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,30})[\"'][^>]*\?>")
_ENCODINGS = {"utf-8": "utf-8", "utf8": "utf-8", "gbk": "gb18030", "gb2312": "gb18030", "gb18030": "gb18030"}


@dataclass(slots=True)
class _Node:
    name: str
    row: int
    text: str = ""
    children: list[_Node] = field(default_factory=list)

    def first(self, name: str) -> _Node | None:
        """The first child of this name."""
        return next((child for child in self.children if child.name == name), None)

    def value(self, *path: str) -> str:
        """The text at a path of names, "" if it is not there."""
        node: _Node | None = self
        for name in path:
            node = node.first(name) if node else None
        return node.text.strip() if node else ""


def is_xml(content: bytes) -> bool:
    """Whether a file claims to be XML."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def is_einvoice(content: bytes) -> bool:
    """Whether the root element is that of the digital invoice; cheap, nothing is parsed."""
    head = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    return head[:1] == b"<" and re.search(rb"<(?:\w{1,20}:)?EInvoice[\s>]", head) is not None


def read_einvoice(content: bytes) -> Invoice:
    """The invoice of one XML file, its lines proven against its totals.

    :raises DocumentError: names row, element, value and reason of everything that is wrong
    """
    root = _parse(content)
    if root.name != "EInvoice":
        _refuse("not_an_einvoice", root.name, root.row)
    data = root.first("EInvoiceData") or _Node("EInvoiceData", root.row)
    problems: list[Problem] = []
    number = _number(root, problems)
    day = _day(root, data, problems)
    lines = [
        _line(node, problems)
        for node in data.children
        if node.name == "IssuItemInformation" and any(child.text.strip() for child in node.children)
    ]
    if not lines:
        problems.append(Problem(root.row, "IssuItemInformation", "", "no_rows"))
    totals = _totals(data, problems)
    if not problems:
        _prove([line for line in lines if line], totals, data, problems)
    if problems or day is None:
        raise DocumentError(problems)
    return Invoice(
        number=number,
        day=day,
        currency="CNY",
        lines=merge_discounts([line for line in lines if line]),
        seller_vat=data.value("SellerInformation", "SellerIdNum"),
        seller_name=data.value("SellerInformation", "SellerName"),
        buyer_vat=data.value("BuyerInformation", "BuyerIdNum"),
        buyer_name=data.value("BuyerInformation", "BuyerName"),
        remark=data.value("AdditionalInformation", "Remark") or data.value("BasicInformation", "Remark"),
        is_einvoice=True,
    )


def _refuse(reason: str, text: object = "", row: int = 0, column: str = "") -> None:
    raise DocumentError([Problem(row, column, shown(text), reason)])


def _decode(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        _refuse("too_large", f"{len(content)} bytes")
    declared = _DECLARED.match(content.removeprefix(b"\xef\xbb\xbf"))
    name = declared.group(1).decode("ascii").lower() if declared else "utf-8"
    if name not in _ENCODINGS:
        _refuse("wrong_encoding", name, 1)
    try:
        text = content.removeprefix(b"\xef\xbb\xbf").decode(_ENCODINGS[name])
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise DocumentError(
            [Problem(row, "", shown(content[error.start : error.end]), "wrong_encoding")]
        ) from None
    if not text.strip():
        _refuse("empty_file")
    return text


def _parse(content: bytes) -> _Node:
    """The tree of a file; whatever an invoice does not have refuses it."""
    text = _decode(content)
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    root = _Node("", 0)
    open_nodes = [root]
    count = 0

    def doctype(*_args: object) -> None:
        _refuse("doctype", "<!DOCTYPE", parser.CurrentLineNumber)

    def start(name: str, _attributes: object) -> None:
        nonlocal count
        count += 1
        if len(open_nodes) > MAX_DEPTH or count > MAX_NODES:
            _refuse("too_large", f"{count} elements", parser.CurrentLineNumber)
        node = _Node(name.rpartition(":")[2], parser.CurrentLineNumber)
        open_nodes[-1].children.append(node)
        open_nodes.append(node)

    def end(_name: str) -> None:
        open_nodes.pop()

    def characters(value: str) -> None:
        node = open_nodes[-1]
        if len(node.text) + len(value) > MAX_VALUE and value.strip():
            _refuse("too_large", f"{node.name}: {len(node.text) + len(value)} characters", node.row)
        node.text += value

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    try:
        parser.Parse(text.encode("utf-8"), True)
    except expat.ExpatError as error:
        _refuse("not_xml", expat.ErrorString(error.code), error.lineno)
    return root.children[0]


def _number(root: _Node, problems: list[Problem]) -> str:
    """The 20 digits; the two places that give them must agree."""
    found = [root.value("Header", "EIid"), root.value("TaxSupervisionInfo", "InvoiceNumber")]
    given = [number for number in found if number]
    number = given[0] if given else ""
    if not _NUMBER.fullmatch(number):
        problems.append(Problem(root.row, "EIid", shown(number), "not_20_digits"))
    elif len(set(given)) > 1:
        problems.append(Problem(root.row, "InvoiceNumber", shown(" ≠ ".join(given)), "numbers_differ"))
    return number


def _day(root: _Node, data: _Node, problems: list[Problem]) -> date | None:
    text = root.value("TaxSupervisionInfo", "IssueTime") or data.value("BasicInformation", "RequestTime")
    match = _DAY.fullmatch(text)
    try:
        if match:
            return date(*(int(part) for part in match.group(1, 2, 3)))
    except ValueError:
        pass
    problems.append(Problem(root.row, "IssueTime", shown(text), "not_a_day"))
    return None


def _line(node: _Node, problems: list[Problem]) -> InvoiceLine | None:
    """One line, or nothing if a value of it cannot be read; the values are named then."""
    before = len(problems)
    amount = _amount(node, "Amount", problems)
    tax = _amount(node, "ComTaxAm", problems, blank=Decimal("0.00"))
    quantity: Decimal | None = None
    rate = Decimal(0)
    try:
        quantity = parse_number(node.value("Quantity")) if node.value("Quantity") else None
    except UnreadableError as bad:
        problems.append(_bad(node, "Quantity", bad))
    try:
        rate = parse_rate(node.value("TaxRate"))
    except UnreadableError as bad:
        problems.append(_bad(node, "TaxRate", bad))
    if not node.value("ItemName"):
        problems.append(Problem(node.row, "ItemName", "", "empty_required"))
    if len(problems) > before or amount is None or tax is None:
        return None
    return InvoiceLine(
        row=node.row,
        name=node.value("ItemName"),
        spec=node.value("SpecMod"),
        unit=node.value("MeaUnits"),
        quantity=quantity or None,
        amount=amount,
        tax=tax,
        rate=rate,
    )


def _amount(node: _Node, name: str, problems: list[Problem], blank: Decimal | None = None) -> Decimal | None:
    text = node.value(name)
    if not text and blank is not None:
        return blank
    try:
        return parse_amount(text, DIGITS)
    except UnreadableError as bad:
        problems.append(_bad(node, name, bad))
        return None


def _bad(node: _Node, name: str, bad: UnreadableError) -> Problem:
    child = node.first(name)
    reason = str(bad) if child and child.text.strip() else "empty_required"
    return Problem(child.row if child else node.row, name, shown(node.value(name)), reason)


def _totals(data: _Node, problems: list[Problem]) -> dict[str, Decimal | None]:
    basic = data.first("BasicInformation") or _Node("BasicInformation", data.row)
    return {
        "TotalAmWithoutTax": _amount(basic, "TotalAmWithoutTax", problems),
        "TotalTaxAm": _amount(basic, "TotalTaxAm", problems, blank=Decimal("0.00")),
        "TotalTax-includedAmount": _amount(basic, "TotalTax-includedAmount", problems),
    }


def _prove(
    lines: list[InvoiceLine], totals: dict[str, Decimal | None], data: _Node, problems: list[Problem]
) -> None:
    """The lines must add up to each declared total, or somebody has changed the file."""
    amount = sum((line.amount for line in lines), Decimal(0))
    tax = sum((line.tax for line in lines), Decimal(0))
    counted = {"TotalAmWithoutTax": amount, "TotalTaxAm": tax, "TotalTax-includedAmount": amount + tax}
    basic = data.first("BasicInformation") or data
    for name, value in counted.items():
        if totals[name] != value:
            child = basic.first(name)
            problems.append(
                Problem(child.row if child else 0, name, f"{totals[name]} ≠ {value}", "total_differs")
            )
