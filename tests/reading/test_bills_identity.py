"""Identity of a line (rule B3): the same line has the same key in every file, two lines never share one."""

import random

import pytest
from bills import SAMPLES, alipay, context, read

from ecom_bills import read_bills

pytestmark = pytest.mark.rule("B3")

MOVES = [
    (10_000, "在线支付", "", "T200P3300000000000000001", "77"),
    (-500, "收费", "", "", "77"),
    (-2_000, "交易退款", "", "", "77"),
    (-100, "收费", "", "", "78"),
    (-100, "收费", "", "", "78"),
]


def keys(bill):
    assert bill.state == "read", bill.problems
    return bill.lines["key"].tolist()


def facts(bill):
    columns = ["key", "amount", "booked_at", "order_ref", "category"]
    return bill.lines[columns].sort_values("key", ignore_index=True)


def backwards(content, first=5, last=4):
    rows = content.decode("gb18030").splitlines()
    stop = len(rows) - last
    return "\n".join([*rows[:first], *rows[first:stop][::-1], *rows[stop:]]).encode("gb18030")


def test_one_id_with_three_operations_gives_three_lines():
    found = keys(read(alipay(MOVES)))
    assert len(set(found[:3])) == 3
    assert {key.split("|")[0] for key in found[:3]} == {"77"}


def test_two_equal_rows_are_both_kept():
    first, second = keys(read(alipay(MOVES)))[3:]
    assert first.endswith("|0") and second.endswith("|1")
    assert first[:-1] == second[:-1]


def test_the_same_file_twice_adds_nothing():
    assert facts(read(alipay(MOVES))).equals(facts(read(alipay(MOVES))))


def test_an_overlapping_file_adds_only_its_new_rows():
    day = [(100 + n, "在线支付", "", "", str(500 + n)) for n in range(10)]
    opening = 100_000 + sum(move[0] for move in day[:5])
    first, second = set(keys(read(alipay(day[:7])))), set(keys(read(alipay(day[5:], opening))))
    assert len(first | second) == 10
    assert len(first & second) == 2


def test_newest_first_gives_the_same_lines():
    assert facts(read(backwards(alipay(MOVES)))).equals(facts(read(alipay(MOVES))))


def test_another_encoding_and_line_end_give_the_same_lines():
    saved = alipay(MOVES).decode("gb18030").replace("\n", "\r\n").encode("utf-8-sig")
    assert facts(read(saved)).equals(facts(read(alipay(MOVES))))


def test_a_better_vocabulary_changes_no_key():
    words = {"alipay_signcustomer": {"收费": "ads", "在线支付": "sale"}}
    assert keys(read(alipay(MOVES), words=words)) == keys(read(alipay(MOVES)))


def test_lines_without_an_id_keep_their_key_when_a_user_adds_columns_or_reorders_rows():
    case = SAMPLES / "pinduoduo_account" / "own_columns_equal_rows_and_trailer" / "bill.csv"
    content = case.read_bytes().decode("gb18030")
    rows = content.splitlines()
    cut = "\n".join(rows[:4] + [",".join(row.split(",")[:7]) for row in rows[4:]])
    turned = "\n".join(rows[:5] + rows[5:12][::-1] + rows[12:])
    plain = read(content)
    assert facts(read(cut)).equals(facts(plain))
    assert facts(read(turned)).equals(facts(plain))
    assert facts(read(content.replace(",0,-", ",0.00,-"))).equals(facts(plain))


@pytest.mark.parametrize("layout", ["amazon_settlement_v2", "shopify_transactions"])
def test_shuffled_rows_give_the_same_keys(layout):
    currency = {"amazon_settlement_v2": "EUR", "shopify_transactions": "EUR"}[layout]
    folder = {
        "amazon_settlement_v2": "decimal_comma_cp1252_and_equal_rows",
        "shopify_transactions": "pending_quoted_and_equal_rows",
    }[layout]
    (file,) = (SAMPLES / layout / folder).glob("bill.*")
    encoding = "cp1252" if layout.startswith("amazon") else "utf-8-sig"
    rows = [row for row in file.read_bytes().decode(encoding).split("\r\n") if row]
    plain = read(file.read_bytes(), currency=currency)
    for seed in range(5):
        mixed = rows[1:]
        random.Random(seed).shuffle(mixed)
        bill = read("\r\n".join([rows[0], *mixed]), currency=currency)
        assert facts(bill).equals(facts(plain))


def test_a_pending_shopify_row_keeps_its_key_when_it_is_paid():
    case = SAMPLES / "shopify_transactions" / "pending_quoted_and_equal_rows" / "bill.csv"
    content = case.read_bytes()
    paid = content.replace(b"pending,2026-07-10,,", b"paid,2026-07-11,148000000009,")
    assert paid != content
    assert keys(read(paid, currency="EUR")) == keys(read(content, currency="EUR"))


@pytest.mark.parametrize(
    "path", sorted(SAMPLES.glob("*/*/bill.*")), ids=lambda path: "/".join(path.parts[-3:-1])
)
def test_no_two_lines_share_a_key(path):
    for currency in ("CNY", "USD", "CAD", "EUR", "AED"):
        for bill in read_bills(path.read_bytes(), path.name, context(currency=currency)):
            assert bill.lines["key"].is_unique
