"""Files made for the tests of the reading stage: archives and spreadsheets, sound and bad."""

import io
import zipfile
from datetime import datetime

import xlsxwriter

from ecom_bills.bill import RefusedError
from ecom_bills.files.budget import Budget
from ecom_bills.files.containers import unpack
from ecom_bills.tables import TableFile


def reasons(content: bytes, name: str = "bill.csv", **budget: int) -> set[str]:
    """Why a file is refused; empty if it is read."""
    try:
        unpack(content, name, Budget(**budget))
    except RefusedError as refused:
        return {item.reason for item in refused.problems}
    return set()


def outcome(content: bytes, name: str) -> str:
    """What becomes of a file, as the table of bad samples writes it."""
    found = reasons(content, name)
    if found:
        return "refused: " + ", ".join(sorted(found))
    members = unpack(content, name)
    texts = sum(member.kind == "text" for member in members)
    sheets = [f"sheet {len(one.data)} x {len(one.data[0])}" for one in members if one.kind == "sheet"]
    return ", ".join(([f"text {texts}"] if texts else []) + sheets)


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 9, 1, 0, 0, 0)), data, method)
    return file.getvalue()


def workbook(rows: list[list[object]], **options: object) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, **options}) as book:
        sheet = book.add_worksheet("账单")
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, datetime):
                    sheet.write_datetime(row, column, cell, moment)
                else:
                    sheet.write(row, column, cell)
    return file.getvalue()


def rows_of(file: TableFile) -> list[dict[str, object]]:
    """The rows of a table that was read, as Odoo hands them on."""
    return [dict(zip(file.columns, cells, strict=True)) for cells in zip(*file.columns.values(), strict=True)]


def package(sheet: str, **parts: str) -> bytes:
    """The smallest package around the XML of one sheet."""
    schemas = "http://schemas.openxmlformats.org"
    main, links = f"{schemas}/spreadsheetml/2006/main", f"{schemas}/officeDocument/2006/relationships"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    rels = "application/vnd.openxmlformats-package.relationships+xml"

    def relation(what: str, target: str) -> str:
        inner = f'<Relationship Id="r1" Type="{links}/{what}" Target="{target}"/>'
        return f'<Relationships xmlns="{schemas}/package/2006/relationships">{inner}</Relationships>'

    texts = {
        "[Content_Types].xml": f'<Types xmlns="{schemas}/package/2006/content-types">'
        f'<Default Extension="rels" ContentType="{rels}"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": relation("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{links}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relation("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}">{sheet}</worksheet>',
    }
    return zipped({name: text.encode() for name, text in (texts | parts).items()})


def data(cells: str) -> str:
    return f"<sheetData>{cells}</sheetData>"
