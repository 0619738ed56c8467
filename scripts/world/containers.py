"""Bytes of zip and xlsx files that are the same on every machine, from the standard library alone.

Members are stored, not deflated, because each version of zlib deflates differently.
"""

import io
import zipfile
from xml.sax.saxutils import escape

_STAMP = (2026, 1, 1, 0, 0, 0)


class _GbkName(zipfile.ZipInfo):
    """A member whose name is GBK without the UTF-8 flag, as Alipay writes it."""

    def _encodeFilenameFlags(self):  # noqa: N802 - the name is the standard library's
        return self.filename.encode("gbk"), self.flag_bits & ~0x800


def zipped(members: dict[str, bytes], *, gbk_names: bool = False) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            info = (_GbkName if gbk_names else zipfile.ZipInfo)(name, _STAMP)
            archive.writestr(info, content)
    return buffer.getvalue()


_CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
_RELS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
    'Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" '
    'Target="{target}"/></Relationships>'
)
_WORKBOOK = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
)


def _column(number: int) -> str:
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def sheet(rows: list[list[str]]) -> bytes:
    """An xlsx workbook with one sheet of text cells; empty text is no cell."""
    lines = []
    for row_number, row in enumerate(rows, start=1):
        cells = "".join(
            f'<c r="{_column(n)}{row_number}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'
            for n, text in enumerate(row, start=1)
            if text
        )
        lines.append(f'<row r="{row_number}">{cells}</row>')
    data = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{''.join(lines)}</sheetData></worksheet>"
    )
    return zipped(
        {
            "[Content_Types].xml": _CONTENT_TYPES.encode(),
            "_rels/.rels": _RELS.format(kind="officeDocument", target="xl/workbook.xml").encode(),
            "xl/workbook.xml": _WORKBOOK.encode(),
            "xl/_rels/workbook.xml.rels": _RELS.format(
                kind="worksheet", target="worksheets/sheet1.xml"
            ).encode(),
            "xl/worksheets/sheet1.xml": data.encode(),
        }
    )
