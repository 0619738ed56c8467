"""Containers: what arrives is told apart by content; a bomb, a liar or a damaged file is refused.

The bad samples lie beside the repository; where they are missing their tests are skipped.
"""

import gzip
import io
import struct
import time
import zipfile
import zlib
from pathlib import Path

import pytest
from making_files import outcome, reasons, workbook, zipped

from ecom_bills.bill import RefusedError
from ecom_bills.files.budget import MIB
from ecom_bills.files.containers import unpack

ROOT = Path(__file__).resolve().parents[2]
BAD = ROOT.parent / "shared" / "samples" / "bad"
TABLE = [
    line.split("\t")
    for line in (Path(__file__).parent / "bad_files.tsv").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("name", "expected"), TABLE, ids=[name for name, _ in TABLE])
def test_every_bad_sample(name, expected):
    """Each bad sample is read exactly or refused for the right reason, in no time."""
    path = BAD / name
    if not path.exists():
        pytest.skip("the bad samples are not here")
    started = time.process_time()
    assert outcome(path.read_bytes(), path.name) == expected
    assert time.process_time() - started < 20


def test_every_bad_sample_is_in_the_table():
    if not BAD.exists():
        pytest.skip("the bad samples are not here")
    folders = {Path(name).parts[0] for name, _ in TABLE}
    there = {str(path.relative_to(BAD)) for folder in folders for path in (BAD / folder).iterdir()}
    missing = {name for name in there - {name for name, _ in TABLE} if not name.endswith(".expected.json")}
    assert not missing


def test_the_content_decides_not_the_name():
    text = "订单号,金额\nT1,1.00\n".encode("gb18030")
    for content in (text, gzip.compress(text), zipped({"bill.csv": text})):
        for name in ("bill.csv", "bill.xls", "bill.zip"):
            assert [(member.kind, member.data) for member in unpack(content, name)] == [("text", text)]
    assert unpack(gzip.compress(text), "bill.csv.gz")[0].name == "bill.csv"


def test_a_gibibyte_in_a_mebibyte_is_refused_at_once():
    zeros = io.BytesIO()
    with (
        zipfile.ZipFile(zeros, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("bill.csv", "w") as member,
    ):
        for _ in range(1024):
            member.write(bytes(MIB))
    started = time.process_time()
    assert reasons(zeros.getvalue()) == {"zip_bomb"}
    assert time.process_time() - started < 1
    inner = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join(inner.compress(bytes(MIB)) for _ in range(300)) + inner.flush()
    assert reasons(packed) == {"zip_bomb"}


def test_a_liar_about_sizes_is_refused():
    """The size in both headers is forged: stock readers return short data, or unpack without end."""
    honest = zipped({"bill.csv": bytes(10 * MIB)})
    for size in (1000, 10 * MIB - 1, 10 * MIB + 1):
        forged = honest.replace(struct.pack("<L", 10 * MIB), struct.pack("<L", size))
        assert reasons(forged, ratio=2000) == {"bad_archive"}


def test_a_hundred_thousand_members_are_refused_at_once():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(100_000):
            archive.writestr(f"{number}.csv", b"x")
    started = time.process_time()
    assert reasons(file.getvalue()) == {"zip_bomb"}
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "name",
    ["../bill.csv", "/bill.csv", "C:/bill.csv", "a\\bill.csv", "~/bill.csv", "a/../bill.csv", "./bill.csv"],
)
def test_names_that_leave_their_folder(name):
    plain = zipped({"#" * len(name): b"a,b\n"})
    assert reasons(plain.replace(b"#" * len(name), name.encode())) == {"unsafe_name"}


def test_links_duplicates_and_archives_in_archives():
    link = zipfile.ZipInfo("bill.csv")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert reasons(file.getvalue()) == {"unsafe_name"}
    twice = zipped({"bill-a.csv": b"a", "bill-b.csv": b"b"}).replace(b"bill-b", b"bill-a")
    assert reasons(twice) == {"duplicate_member"}
    inner = zipped({"bill.csv": b"a,b\n"})
    assert reasons(zipped({"inner.zip": inner})) == {"nested_archive"}
    assert reasons(gzip.compress(inner)) == {"nested_archive"}
    assert reasons(zipped({"bill.csv.gz": gzip.compress(b"a,b\n")})) == {"nested_archive"}
    book = workbook([["订单号"], ["T1"]])
    (member,) = unpack(zipped({"账单/bill.xlsx": book, "__MACOSX/._bill.xlsx": b"x", "账单/": b""}), "b.zip")
    assert (member.name, member.data) == ("账单/bill.xlsx", [["订单号"], ["T1"]])


def test_names_in_gbk_are_readable():
    name = "账务明细_汇总.csv"
    raw = name.encode("gb18030")
    content = zipped({"#" * len(raw): b"a,b\n"}).replace(b"#" * len(raw), raw)
    assert unpack(content, "bill.zip")[0].name == name


@pytest.mark.parametrize(
    "cut", ["<html><title>登录</title>", "<!DOCTYPE html>", "\ufeff <HTML>", "<table><tr>"]
)
def test_pages_are_told(cut):
    assert reasons(cut.encode()) == {"html_page"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"code":"FREQUENCY_LIMITED","message":"slow down"}', "FREQUENCY_LIMITED slow down"),
        ('{"error_response":{"code":27,"sub_msg":"session expired"}}', "27 session expired"),
        ("<xml><return_code><![CDATA[FAIL]]></return_code></xml>", "FAIL"),
    ],
)
def test_error_answers_show_the_platforms_code(text, shown):
    with pytest.raises(RefusedError) as caught:
        unpack(text.encode(), "bill.csv")
    assert [(item.reason, item.text) for item in caught.value.problems] == [("json_error", shown)]


@pytest.mark.parametrize("content", [b"", b" \r\n", b"\xef\xbb\xbf\n", zipped({}), zipped({"bill.csv": b""})])
def test_nothing_is_not_a_bill(content):
    assert reasons(content) == {"empty_file"}


def test_files_that_are_no_tables():
    for magic in (b"%PDF-1.7\n", b"\x89PNG\r\n", b"\xff\xd8\xff\xe0", b"Rar!\x1a\x07", b"MZ\x90\0", b"PK"):
        assert reasons(magic + bytes(64)) <= {"not_a_bill", "bad_archive", "truncated"}
    assert reasons(b"%PDF-1.7\n") == {"not_a_bill"}


def small_zip() -> bytes:
    return zipped({"一.csv": "订单号,金额\nT1,1.00\n".encode() * 9, "二.csv": b"a,b\n1,2\n"})


def small_gzip() -> bytes:
    return gzip.compress(b"order,amount\nT1,1.00\n" * 20, mtime=1)


def small_workbook() -> bytes:
    return workbook([["订单号", "金额"], *[[f"T{n}", n / 7] for n in range(20)]])


@pytest.mark.parametrize("make", [small_zip, small_gzip, small_workbook])
def test_a_flipped_byte_never_changes_what_is_read(make):
    content = make()
    sound = unpack(content, "bill")
    changed = []
    step = 1 if len(content) < 1000 else 3
    for place in range(0, len(content), step):
        broken = bytearray(content)
        broken[place] ^= 1 << place % 8
        try:
            found = unpack(bytes(broken), "bill")
        except RefusedError:
            continue
        if [member.data for member in found] != [member.data for member in sound]:
            changed.append(place)
    assert not changed


@pytest.mark.parametrize("make", [small_zip, small_gzip, small_workbook])
def test_a_cut_archive_is_never_read(make):
    content = make()
    for end in range(5, len(content)):
        assert reasons(content[:end]), end


def test_wide_sizes_as_streaming_writers_make_them():
    """Writers that do not know the size in advance use data descriptors and 64-bit fields."""
    file = io.BytesIO()

    class Pipe(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, piece) -> int:  # type: ignore[no-untyped-def]
            return file.write(piece)

    with zipfile.ZipFile(Pipe(), "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("一.csv", "二.csv"):
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(b"a,b\n1,2\n")
    assert [member.data for member in unpack(file.getvalue(), "bill.zip")] == [b"a,b\n1,2\n"] * 2
