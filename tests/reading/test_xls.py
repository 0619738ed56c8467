"""Workbooks of the old kind: their container is a small file system, and a damaged one is refused."""

import io
import random
import struct
import time

import pytest
import xlwt
from making_files import reasons

from ecom_bills.files.containers import unpack

# Where the header of a container says these things.
TABLES, FOLDER, MINI_TABLES, MORE, MORE_COUNT, LISTED = 44, 48, 64, 68, 72, 76
SECTOR, ENTRY = 512, 128
END = 0xFFFFFFFE


def _book(rows: int = 300) -> bytes:
    """A workbook whose table of sectors is one sector long."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("账单")
    for row in range(rows):
        sheet.write(row, 0, f"T{row}")
        sheet.write(row, 1, row / 8)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


BOOK = _book()


def _number(place: int) -> int:
    return struct.unpack_from("<L", BOOK, place)[0]


def _start(sector: int) -> int:
    """Where a sector begins; the header stands before the first."""
    return (sector + 1) * SECTOR


def _next(sector: int) -> int:
    """Where the table says which sector comes behind this one."""
    return _start(_number(LISTED)) + 4 * sector


AT_FOLDER = _start(_number(FOLDER))
AT_ENTRY = BOOK.index("Workbook".encode("utf-16-le"), AT_FOLDER)
FIRST = _number(AT_ENTRY + 116)
SIZE = AT_ENTRY + 120
LAST = next(sector for sector in range(FIRST, FIRST + SECTOR // 4) if _number(_next(sector)) == END)


def _damaged(numbers: dict[int, int]) -> bytes:
    """The workbook with other numbers, of four bytes, at some places."""
    found = bytearray(BOOK)
    for place, number in numbers.items():
        struct.pack_into("<L", found, place, number)
    return bytes(found)


def test_a_workbook_is_read():
    (sheet,) = unpack(BOOK, "bill.xls")
    assert (len(sheet.data), sheet.data[299]) == (300, ["T299", "37.375"])


def test_a_small_workbook_is_read():
    """One of less than 4,096 bytes stands among the small sectors."""
    (sheet,) = unpack(_book(3), "bill.xls")
    assert sheet.data == [["T0", "0"], ["T1", "0.125"], ["T2", "0.25"]]


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        pytest.param({_next(FIRST): FIRST}, "bad_archive", id="a chain that runs in a circle"),
        pytest.param({_next(LAST): FIRST}, "bad_archive", id="a whole chain that does not end"),
        pytest.param({_next(FIRST): END}, "truncated", id="a chain that ends too early"),
        pytest.param({_next(FIRST): 0x00FFFFFF}, "bad_archive", id="a chain that leaves the file"),
        pytest.param({SIZE: 0x7FFFFFFF}, "truncated", id="a size of two gigabytes"),
        pytest.param({_next(_number(FOLDER)): _number(FOLDER)}, "bad_archive", id="a folder in a circle"),
        pytest.param({TABLES: 0xFFFFFFFF}, "bad_archive", id="more tables than the file has bytes"),
        pytest.param(
            {TABLES: 0x00FFFFFF, MORE: 0, MORE_COUNT: 0x0002040F}, "bad_archive", id="tables in a circle"
        ),
        pytest.param(
            {MINI_TABLES: 0xFFFFFFFF}, "bad_archive", id="more small tables than the file has bytes"
        ),
        pytest.param({LISTED + 8: 0}, "bad_archive", id="a table behind a gap"),
        pytest.param({LISTED: 0x00FFFFFF}, "bad_archive", id="a table outside of the file"),
    ],
)
def test_a_hostile_container_is_refused(numbers, reason):
    """In no time, and whatever it says of its size."""
    started = time.process_time()
    assert reasons(_damaged(numbers), "bill.xls") == {reason}
    assert time.process_time() - started < 2


@pytest.mark.parametrize("length", [8, 20, 600, 1535, 1536, len(BOOK) // 2, len(BOOK) - SECTOR])
def test_a_cut_file_is_refused(length):
    assert reasons(BOOK[:length], "bill.xls") <= {"bad_archive", "truncated"}
    assert reasons(BOOK[:length], "bill.xls")


def test_two_workbooks_in_one_file_are_refused():
    """Each library would read another one."""
    free = next(at for at in range(AT_FOLDER, AT_FOLDER + SECTOR, ENTRY) if not BOOK[at + 66])
    twice = BOOK[:free] + BOOK[AT_ENTRY : AT_ENTRY + ENTRY] + BOOK[free + ENTRY :]
    assert reasons(twice, "bill.xls") == {"bad_archive"}


def test_damaged_containers():
    """Many small damages in header, table and folder: each is read or refused, none takes the process."""
    picked = random.Random(2026)
    numbers = (0, 1, FIRST, 0x7FFFFFFF, 0xFFFFFFFD, END, 0xFFFFFFFF)
    for _ in range(500):
        starts = [
            picked.choice((0, _start(_number(LISTED)), AT_FOLDER)) for _ in range(picked.randrange(1, 4))
        ]
        places = [start + 4 * picked.randrange(2, SECTOR // 4) for start in starts]
        reasons(
            _damaged({place: picked.choice((*numbers, picked.randrange(40))) for place in places}), "bill.xls"
        )
