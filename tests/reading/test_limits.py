"""Limits on reading: a file may die of any of them, and its neighbours are read all the same."""

import json
import os
import signal
import sys
import time
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from making_files import data, package, workbook, zipped

from ecom_bills import frames, limits
from ecom_bills.bill import Context
from ecom_bills.copying import to_copy
from ecom_bills.limits import MIB, ChildError, Job, Limits, run
from ecom_bills.reader import read_bills

CHINA = Context(currency="CNY", digits=2, timezone="Asia/Shanghai")
BILL = """商户订单号,发生时间,收入金额（+元）,支出金额（-元）,账务类型,备注,业务描述
260531-662941284701219,2026-06-01 10:00:00,1.00,0,交易收入,,0010002|交易收入-订单收入
260531-662941284701220,2026-06-02 10:00:00,0,-0.30,技术服务费,,0030002|技术服务费-基础技术服务费
""".encode("gb18030")
ORDERS = b"""shop,order_no,ordered_at,paid_at,shipped_at,currency,sku,product,quantity,unit_price,line_total,\
freight,shop_discount,platform_subsidy,buyer_paid,receivable
S1,A1,2026-09-01 10:00:00,2026-09-01 10:01:00,,CNY,K1,Tea,2,10.00,20.00,5.00,3.00,2.00,20.00,
"""

# The child with some more things that a bad file could make it do.
BAD_CHILD = limits._START.replace(
    "from ecom_bills import child\n",
    """
import json, os, signal, time
from ecom_bills import child

def look(job, content):
    open_files = [fd for fd in range(256) if os.path.exists(f"/proc/self/fd/{fd}")]
    try:
        with open("written", "w") as file:
            file.write("x")
            file.flush()
        written = "yes"
    except OSError as error:
        written = type(error).__name__
    seen = {"environment": sorted(os.environ), "files": open_files, "folder": os.getcwd(), "written": written}
    return {"bills": [], "problems": [], "seen": seen, "session": os.getsid(0)}, b""

def hog(job, content):
    return {"bills": [], "problems": []}, b"x" * (8 << 30)

def spin(job, content):
    while True:
        pass

def nap(job, content):
    time.sleep(1000)

def abort(job, content):
    os.abort()

def crash(job, content):
    os.kill(os.getpid(), signal.SIGSEGV)

def leave(job, content):
    os._exit(0)

def kill_parent(job, content):
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(5)

def clock(job, content):
    return {"bills": [], "problems": [], "at": time.monotonic()}, b""

def stumble(job, content):
    raise KeyError("secret of a customer")

def talk(job, content):
    return {"bills": [], "problems": []}, b"x" * (64 << 20)

def lie(job, content):
    return {"bills": [{"payload": [0, 10]}], "problems": []}, b"x"

child.WORK.update(look=look, hog=hog, spin=spin, nap=nap, abort=abort, crash=crash, leave=leave,
                  kill_parent=kill_parent, clock=clock, stumble=stumble, talk=talk, lie=lie)
""",
)
TIGHT = Limits(memory=700 * MIB, cpu=2, payload=16 * MIB)


@pytest.fixture(autouse=True)
def _no_spare():
    """Every test starts and ends without a child that an earlier call has left."""
    limits._SPARE.drop()
    yield
    limits._SPARE.drop()


@pytest.fixture
def bad_child(monkeypatch):
    monkeypatch.setattr(limits, "_START", BAD_CHILD)


def job(want: str = "lines", content: bytes = BILL, name: str = "bill.csv", **args: object) -> Job:
    return Job(content=content, name=name, context=CHINA, want=want, args=args)  # type: ignore[arg-type]


def problems(result: limits.Result) -> list[tuple[str, str]]:
    return [(item["reason"], item["text"]) for bill in result.meta["bills"] for item in bill["problems"]]


def children() -> set[str]:
    """The processes we have started and not yet waited for."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def test_the_child_reads_as_we_do():
    (result,) = run([job()])
    (expected,) = read_bills(BILL, "bill.csv", CHINA)
    ((meta, payload),) = result.bills
    assert meta["state"] == "read"
    assert {key: value for key, value in meta.items() if key != "payload"} == json.loads(
        json.dumps(expected.meta())
    )
    assert payload == to_copy(expected)
    assert payload.count(b"\n") == meta["lines"] == 2


def test_a_file_with_several_bills_keeps_them_apart():
    content = zipped({"一.csv": BILL, "二.csv": BILL.replace(b"1.00", b"2.00"), "三.csv": b"a,b\n1,2\n"})
    (result,) = run([job(content=content, name="bills.zip")])
    bills = list(result.bills)
    assert [(meta["member"], meta["state"], meta["sum"]) for meta, _ in bills] == [
        ("一.csv", "read", 70),
        ("二.csv", "read", 170),
        ("三.csv", "refused", 0),
    ]
    assert [payload.count(b"\n") for _, payload in bills] == [2, 2, 0]


@pytest.mark.capability("S1.4.5")
def test_a_row_as_it_stands_in_the_source():
    (result,) = run([job("raw_row", member="bill.csv", row=3)])
    cells = dict(result.meta["cells"])
    assert (cells["商户订单号"], cells["支出金额（-元）"]) == ("260531-662941284701220", "-0.30")


def test_orders_and_refunds_come_as_json():
    orders, refused = run([job("orders", ORDERS, "orders.csv"), job("refunds", ORDERS, "orders.csv")])
    assert (orders.meta["state"], orders.meta["orders"]) == ("read", 1)
    frame = json.loads(orders.payload)["orders"]
    assert dict(zip(frame["columns"], frame["rows"][0], strict=True))["receivable"] == "22.00"
    assert refused.meta["state"] == "refused"
    assert refused.meta["problems"]


@pytest.mark.parametrize(
    ("want", "cause"),
    [
        ("hog", "memory"),
        ("spin", "CPU time"),
        ("nap", "time 4 s"),
        ("abort", "memory"),
        ("crash", f"signal {int(signal.SIGSEGV)}"),
        ("leave", "cut off"),
        ("talk", f"answer {64 * MIB} bytes"),
        ("kill_parent", "the child process died"),
    ],
)
def test_what_dies_is_one_file(bad_child, want, cause):
    """The file that met a limit is refused with it; the files before and after are read."""
    # On a busy machine two seconds of CPU take any time, so only the test of the wall time has a short one.
    tight = replace(TIGHT, wall=4) if want == "nap" else TIGHT
    results = list(run([job(), job(want, name="bad"), job()], limits=tight))
    assert [len(result.payload) > 0 for result in results] == [True, False, True]
    assert problems(results[1]) == [("limit_exceeded", cause)]
    assert results[1].meta["bills"][0]["state"] == "refused"
    assert results[0].payload == results[2].payload


def test_a_mistake_of_ours_is_one_refused_file_and_tells_no_secret(bad_child):
    results = list(run([job("stumble"), job()]))
    (found,) = problems(results[0])
    assert found[0] == "internal_error"
    assert found[1].startswith("KeyError")
    assert "secret" not in json.dumps(results[0].meta)
    assert results[1].payload


def test_an_answer_that_does_not_fit_is_not_used(bad_child):
    results = list(run([job("lie"), job()]))
    assert problems(results[0]) == [("limit_exceeded", "no answer")]
    assert results[1].payload


def test_the_fork_has_nothing_of_ours(bad_child, monkeypatch, tmp_path):
    """No environment, no open file or socket, no place to write to; the session is not ours."""
    monkeypatch.setenv("PGPASSWORD", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    with (tmp_path / "open").open("w") as held:
        os.set_inheritable(held.fileno(), True)
        (result,) = run([job("look")])
    seen = result.meta["seen"]
    assert not {"PGPASSWORD", "HTTPS_PROXY", "PATH", "HOME"} & set(seen["environment"])
    assert len(seen["files"]) == 5, "in, out, errors, the answer, and the folder listing of none"
    assert seen["written"] == "OSError"
    assert seen["folder"] != os.getcwd()
    limits._SPARE.drop()
    assert not os.path.exists(seen["folder"])
    assert result.meta["session"] != os.getsid(0)


def test_the_next_file_is_read_while_the_caller_works(bad_child):
    """When the caller comes back for the next result, its file was read long ago."""
    asked = []
    read = []
    for result in run([job("clock")] * 3):
        read.append(result.meta["at"])
        time.sleep(1)
        asked.append(time.monotonic())
    assert all(at < came for at, came in zip(read[1:], asked, strict=False))


def test_results_come_in_the_order_of_the_jobs():
    contents = [BILL.replace(b"1.00", f"{number}.00".encode()) for number in range(1, 40)]
    results = run(job(content=content, name=str(number)) for number, content in enumerate(contents, 1))
    sums = [(result.name, next(iter(result.bills))[0]["sum"]) for result in results]
    assert sums == [(str(number), number * 100 - 30) for number in range(1, 40)]


def test_jobs_are_taken_one_by_one():
    """A thousand files need not be in memory at once."""
    taken = []

    def jobs():
        for number in range(5):
            taken.append(number)
            yield job(name=str(number))

    for number, result in enumerate(run(jobs())):
        assert result.name == str(number)
        assert len(taken) <= number + 2


def test_stopping_early_leaves_nothing_behind(bad_child):
    before = children()
    results = run([job(), job("nap")])
    next(results)
    assert children() - before
    results.close()
    assert not children() - before


def test_a_file_that_is_too_long_is_not_even_sent():
    results = list(run([job(content=bytes(2000)), job()], limits=Limits(content=1000)))
    assert [reason for reason, _ in problems(results[0])] == ["too_large"]
    assert results[1].payload


def test_bombs_are_refused_and_the_rest_is_read():
    zeros = BytesIO()
    with (
        zipfile.ZipFile(zeros, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("bill.csv", "w") as member,
    ):
        for _ in range(1024):
            member.write(bytes(MIB))
    far = package(data('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"/></row>'))
    book = workbook([line.split(",") for line in BILL.decode("gb18030").splitlines()])
    results = list(run([job(content=content) for content in (zeros.getvalue(), far, book)]))
    assert [problems(result)[0][0] for result in results[:2]] == ["zip_bomb", "too_large"]
    assert next(results[2].bills)[0]["sum"] == 70


def test_the_memory_limit_holds_where_no_check_sees_the_bomb(monkeypatch):
    """Nobody searches for far cells here, so the library asks for gigabytes and aborts: one file is lost."""
    blind = (
        "from ecom_bills import child\n"
        "from ecom_bills.files import sheets\n"
        "sheets.check_part = lambda *args: []\n"
    )
    monkeypatch.setattr(limits, "_START", limits._START.replace("from ecom_bills import child\n", blind))
    far = package(
        data('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    )
    results = list(run([job(content=far), job()]))
    assert problems(results[0]) == [("limit_exceeded", "memory")]
    assert results[1].payload


def test_many_small_files_share_one_child(monkeypatch):
    started = []
    start = limits._Child._start
    monkeypatch.setattr(limits._Child, "_start", lambda child: started.append(child) or start(child))
    assert sum(len(result.payload) > 0 for result in run([job()] * 100)) == 100
    assert len(started) == 1


def test_why_the_child_cannot_start(monkeypatch):
    monkeypatch.setattr(limits, "_START", "import nothing_of_this_name")
    with pytest.raises(ChildError, match="nothing_of_this_name"):
        list(run([job()]))


def test_without_limits_nothing_is_read(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(ChildError, match="POSIX"):
        list(run([job()]))


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"\0" * 5,
        frames.pack({"bills": []})[:-1],
        frames.pack({}) + b"x",
        b"\xff" * 12,
        b"\0\0\0\2" + bytes(8) + b"[]",
        b"\0\0\0\2" + bytes(8) + b"{x",
    ],
)
def test_only_whole_frames_are_taken(wrong):
    with pytest.raises(frames.FrameError):
        frames.split_frame(wrong, 1000)


def test_frames_survive_their_way():
    meta, payload = {"text": "账单\t\n"}, bytes(range(256)) * 4
    assert frames.split_frame(frames.pack(meta, payload) + payload, 2000) == (meta, payload)


def test_the_next_call_finds_the_child_of_the_last_one(monkeypatch):
    started = []
    start = limits._Child._start
    monkeypatch.setattr(limits._Child, "_start", lambda child: started.append(child) or start(child))
    for _turn in range(3):
        list(run([job()]))
    assert len(started) == 1
    limits._SPARE.drop()
    list(run([job()]))
    assert len(started) == 2


def test_an_idle_child_ends_by_itself(monkeypatch):
    monkeypatch.setattr(limits._Spare, "IDLE", 0.05)
    list(run([job()]))
    child = limits._SPARE.child
    for _turn in range(100):
        if child.process is None:
            break
        time.sleep(0.02)
    assert child.process is None
