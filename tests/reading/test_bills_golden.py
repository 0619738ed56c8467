"""Every layout against its sample folders: the bill as it came, and the lines it must give."""

import json

import pytest
from bills import SAMPLES, plain_lines, plain_meta

from ecom_bills import CATEGORIES, LINE_COLUMNS, Context, read_bills, to_copy
from ecom_bills.layouts import LAYOUTS

CASES = sorted(path.parent for path in SAMPLES.glob("*/*/lines.json"))
IDS = [f"{path.parent.name}/{path.name}" for path in CASES]


def _bills(folder):
    expected = json.loads((folder / "lines.json").read_text(encoding="utf-8"))
    (file,) = folder.glob("bill.*")
    return read_bills(file.read_bytes(), file.name, Context(**expected["context"])), expected["bills"]


@pytest.mark.capability("S1.1.3")
@pytest.mark.capability("S1.4.5")
@pytest.mark.parametrize("folder", CASES, ids=IDS)
def test_a_sample_gives_its_lines(folder):
    bills, expected = _bills(folder)
    assert [plain_meta(bill) for bill in bills] == [bill["meta"] for bill in expected]
    assert [plain_lines(bill) for bill in bills] == [bill["lines"] for bill in expected]


@pytest.mark.capability("S1.1.3")
@pytest.mark.parametrize("folder", CASES, ids=IDS)
def test_lines_have_the_same_columns_and_types_whatever_the_platform(folder):
    for bill in _bills(folder)[0]:
        frame = bill.lines
        assert tuple(frame.columns) == LINE_COLUMNS
        types = {name: str(kind) for name, kind in frame.dtypes.items()}
        assert types.pop("row") == "int32"
        assert types.pop("amount") == "int64"
        assert types.pop("balance") == "Int64"
        assert types.pop("booked_at") == types.pop("day") == "datetime64[s]"
        assert set(types.values()) == {"object"}
        assert frame["key"].is_unique
        assert set(frame["category"]) <= {*CATEGORIES, ""}
        assert all(isinstance(text, str) for name in types for text in frame[name])


@pytest.mark.parametrize("folder", CASES, ids=IDS)
def test_reading_twice_gives_the_same(folder):
    first, second = _bills(folder)[0], _bills(folder)[0]
    assert [to_copy(bill) for bill in first] == [to_copy(bill) for bill in second]
    assert [bill.meta() for bill in first] == [bill.meta() for bill in second]


@pytest.mark.rule("B2")
@pytest.mark.parametrize("folder", CASES, ids=IDS)
def test_exactly_one_layout_recognises_a_sample(folder):
    bills, _ = _bills(folder)
    assert {bill.layout for bill in bills} == {folder.parent.name}


def test_every_layout_has_two_samples_or_is_refused():
    for layout in LAYOUTS:
        wanted = 1 if layout.refuse else 2
        assert len(list((SAMPLES / layout.name).glob("*/lines.json"))) >= wanted, layout.name
