"""Public samples: real or nearly real files, each with the outcome it must have.

They are not part of this repository; without them the tests are skipped.
"""

import importlib

import pytest
from bills import PUBLIC, context, plain_lines, reasons

from ecom_bills import read_bills

if not PUBLIC.is_dir():
    pytest.skip("the public samples are not here", allow_module_level=True)

READ, REFUSED, INCONSISTENT, SKIPPED = "read", "refused", "inconsistent", "skipped"

# file: layout, state, lines, sum, reasons
OUTCOMES = {
    "china/alipay/fund_flow_2026_gb18030.csv": (
        # Its figures were scrambled by whoever published it: the balance does not run.
        "alipay_fund_flow",
        INCONSISTENT,
        0,
        81026,
        {"balance_breaks"},
    ),
    "china/alipay/signcustomer_2012_excerpt_gbk.csv": (
        # An excerpt: 3 of 18 rows.
        "alipay_signcustomer",
        INCONSISTENT,
        0,
        377800,
        {"balance_breaks", "count_differs", "total_differs"},
    ),
    "china/alipay/signcustomer_2026_trailing_commas_gbk.csv": ("alipay_signcustomer", READ, 1, 8800, set()),
    "china/alipay/signcustomer_summary_2026_gbk.csv": ("alipay_signcustomer_summary", SKIPPED, 0, 0, set()),
    "china/alipay/signcustomer_template_16col.xlsx": (
        "alipay_signcustomer",
        REFUSED,
        0,
        0,
        {"trailer_missing"},
    ),
    "china/alipay/trade_2019_gbk.csv": ("", REFUSED, 0, 0, {"unknown_layout"}),
    "china/taobao_tmall/alipay_raw_export_header_row5_2026.xlsx": (
        "alipay_signcustomer",
        REFUSED,
        0,
        0,
        {"trailer_missing"},
    ),
    "china/wechatpay/tradebill_all_2021_utf8.csv": ("wechat_trade", READ, 3, 3, set()),
    "china/wechatpay/tradebill_all_2021.csv.gz": ("wechat_trade", READ, 3, 3, set()),
    "china/wechatpay/tradebill_refund_2021_utf8.csv": ("wechat_trade", READ, 2, -2, set()),
    "china/wechatpay/tradebill_success_2019_bom_crlf.csv": ("wechat_trade", READ, 19, 19, set()),
    "china/wechatpay/tradebill_all_2018_partner_oldformat.csv": ("wechat_trade", READ, 3, -3, set()),
    "china/wechatpay/tradebill_all_template_27col.xlsx": ("wechat_trade", REFUSED, 0, 0, {"trailer_missing"}),
    "china/wechatpay/fundflowbill_basic_2021_utf8.csv": (
        # Shortened by its author: the summary counts three rows.
        "wechat_fund_flow",
        INCONSISTENT,
        0,
        -2,
        {"count_differs", "total_differs"},
    ),
    "china/wechatpay/consumer_2019.csv": ("wechat_consumer", REFUSED, 0, 0, {"consumer_bill"}),
    "china/wechatpay/consumer_2019.xlsx": ("wechat_consumer", REFUSED, 0, 0, {"consumer_bill"}),
    "china/jd/consumer_2024_bom.csv": ("jd_consumer", REFUSED, 0, 0, {"consumer_bill"}),
    "china/douyin/settlement_statement_18col_apostrophe.csv": (
        "douyin_fund_statement",
        READ,
        15,
        10700,
        set(),
    ),
    "china/douyin/fund_statement_39col_title_row.xlsx": ("douyin_fund_statement", READ, 5, 6, set()),
    "china/douyin/fund_statement_template_34col.xlsx": ("douyin_fund_statement", REFUSED, 0, 0, {"no_rows"}),
    "china/douyin/account_ledger_9col_backtick.csv": ("", REFUSED, 0, 0, {"missing_title"}),
    "china/douyin/order_export_21col_tab_quoted.csv": ("", REFUSED, 0, 0, {"unknown_layout"}),
    "china/douyin/settlement_bill_header_full.csv": ("", REFUSED, 0, 0, {"unknown_layout"}),
    "china/pinduoduo/account_detail_2026-06_gb18030.csv": ("pinduoduo_account", READ, 1, 6180, set()),
    "china/pinduoduo/account_detail_user_extended_9col.xlsx": ("pinduoduo_account", READ, 1, 9, set()),
    "china/pinduoduo/account_detail_template_7col.xlsx": ("pinduoduo_account", REFUSED, 0, 0, {"no_rows"}),
    "international/amazon/v1_flat_ca_50011020300.txt": ("amazon_settlement_v1", READ, 3, -32169, set()),
    "international/amazon/v1_flat_ca_50018020314.txt": ("amazon_settlement_v1", READ, 15, -6231, set()),
    "international/amazon/v1_flat_ca_50034020328.txt": ("amazon_settlement_v1", READ, 153, 101608, set()),
    "international/amazon/v1_flat_ca_50041020342.txt": ("amazon_settlement_v1", READ, 386, 253966, set()),
    "international/amazon/v1_flat_ca_50065020384.txt": ("amazon_settlement_v1", READ, 958, 1001564, set()),
    "international/amazon/v2_flat_us_synthetic.txt": ("amazon_settlement_v2", READ, 23, 58289, set()),
    "international/shopify/payment_transactions_export_ae_2026-09-01.csv": (
        "shopify_transactions",
        READ,
        11,
        297592,
        set(),
    ),
    "international/shopify/payment_transactions_export_es_pending.csv": (
        "shopify_transactions",
        READ,
        3,
        -45,
        set(),
    ),
    "international/shopify/payouts_export_us_synthetic.csv": ("shopify_payouts", READ, 1, -9700, set()),
    "international/shopify/compta_transactions.csv": ("", REFUSED, 0, 0, {"missing_title"}),
    "international/shopify/compta_versements.csv": ("", REFUSED, 0, 0, {"missing_title"}),
}
CURRENCIES = {"_ca_": "CAD", "_ae_": "AED", "_es_": "EUR", "_us_": "USD"}


def bills(name):
    path = PUBLIC / name
    currency = next((code for mark, code in CURRENCIES.items() if mark in name), "CNY")
    return read_bills(path.read_bytes(), path.name, context(currency=currency))


@pytest.mark.rule("B2")
@pytest.mark.parametrize("name", OUTCOMES)
def test_a_public_sample_has_its_outcome(name):
    layout, state, lines, total, expected = OUTCOMES[name]
    for bill in bills(name):
        assert (bill.layout, bill.state, len(bill.lines), bill.sum) == (layout, state, lines, total)
        assert reasons(bill) == expected


def test_both_downloads_of_one_day_give_the_same_lines():
    (packed,), (plain,) = (
        bills("china/wechatpay/tradebill_all_2021.csv.gz"),
        bills("china/wechatpay/tradebill_all_2021_utf8.csv"),
    )
    assert plain_lines(packed) == plain_lines(plain)


def test_the_payout_of_shopify_is_the_sum_of_its_lines():
    (bill,) = bills("international/shopify/payment_transactions_export_ae_2026-09-01.csv")
    assert bill.lines.groupby("memo")["amount"].sum().to_dict() == {"payout 148156579998": 297592}


def test_a_negative_amazon_settlement_is_carried_into_the_next():
    (first,), (second,) = (
        bills("international/amazon/v1_flat_ca_50011020300.txt"),
        bills("international/amazon/v1_flat_ca_50018020314.txt"),
    )
    carried = second.lines[second.lines["word"].str.endswith("|Payable to Amazon")]
    assert carried["amount"].tolist() == [first.sum]


OTHERS = sorted(
    str(path.relative_to(PUBLIC))
    for folder in ("bad/generated", "bad/csv", "bad/encoding", "bad/strings", "china", "international")
    for path in (PUBLIC / folder).rglob("*")
    if path.is_file() and str(path.relative_to(PUBLIC)) not in OUTCOMES
)


@pytest.mark.parametrize("name", OTHERS)
def test_no_other_file_is_taken_for_a_bill(name):
    if name.endswith(("far_corner.xlsx",)):
        importlib.import_module("ecom_bills.files.containers")
    for bill in bills(name):
        assert bill.state == REFUSED
        assert bill.problems and not len(bill.lines)
        assert all(len(problem.text) <= 80 for problem in bill.problems)
