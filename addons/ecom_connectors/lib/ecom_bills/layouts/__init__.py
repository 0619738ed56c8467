"""All layouts, listed by hand. Exactly one of them must recognise a bill; none or two is an error that
names them.
"""

from __future__ import annotations

from ..layout import Layout
from . import (
    alipay_fund_flow,
    alipay_signcustomer,
    alipay_signcustomer_summary,
    amazon_settlement_v1,
    amazon_settlement_v2,
    consumers,
    douyin_fund_statement,
    pinduoduo_account,
    shopify_payouts,
    shopify_transactions,
    wechat_fund_flow,
    wechat_trade,
)

LAYOUTS: tuple[Layout, ...] = (
    alipay_signcustomer.LAYOUT,
    alipay_signcustomer_summary.LAYOUT,
    alipay_fund_flow.LAYOUT,
    wechat_trade.LAYOUT,
    wechat_fund_flow.LAYOUT,
    douyin_fund_statement.LAYOUT,
    pinduoduo_account.LAYOUT,
    amazon_settlement_v2.LAYOUT,
    amazon_settlement_v1.LAYOUT,
    shopify_transactions.LAYOUT,
    shopify_payouts.LAYOUT,
    consumers.ALIPAY,
    consumers.WECHAT,
    consumers.JD,
)
