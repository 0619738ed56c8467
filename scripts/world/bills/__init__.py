"""The bills as each platform writes them: one module per account platform with `bills` and `kinds`.

`bills(account)` yields (file name, bytes). `kinds(account)` says what a perfect reader finds in them: per
kind of bill the canonical lines as (category, amount). The category of a word nobody knows is "".
"""

from . import alipay, amazon, douyin, pinduoduo, shopify, wechatpay

WRITERS = {
    "alipay": alipay,
    "wechatpay": wechatpay,
    "douyin": douyin,
    "pinduoduo": pinduoduo,
    "amazon": amazon,
    "shopify": shopify,
}
