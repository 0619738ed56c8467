"""A small world for tests: accounts, shops, and files as the platforms write them, in a few words each."""

import base64
import itertools
from decimal import Decimal
from typing import NamedTuple

from odoo.fields import Datetime
from odoo.tests import TransactionCase

ALIPAY_TITLES = (
    "账务流水号,业务流水号,商户订单号,发生时间,收入金额（+元）,支出金额（-元）,账户余额（元）,业务类型,备注"
)
FUND_TITLES = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),"
    "资金变更提交申请人,备注,业务凭证号"
)
TRADE_TITLES = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,"
    "货币种类,应结订单金额,代金券金额,退款申请时间,退款成功时间,微信退款单号,商户退款单号,退款金额,"
    "充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
TRADE_SUMS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
DOUYIN_TITLES = (
    "动账时间,动账流水号,动账方向,动账金额(元),动账账户,动账场景,"
    "计费类型,关联子订单号,关联订单号,售后编号,备注"
)
PDD_TITLES = "商户订单号,发生时间,收入金额（+元）,支出金额（-元）,账务类型,备注,业务描述"
ORDER_TITLES = (
    "shop,order_no,ordered_at,paid_at,shipped_at,currency,sku,product,quantity,unit_price,line_total,freight,"
    "shop_discount,platform_subsidy,buyer_paid,receivable,signed_at,status,payment_no,sub_order_no"
)
REFUND_TITLES = "shop,refund_no,order_no,sub_order_no,refunded_at,currency,amount,sku,quantity,reason"
CLOCK = "2026-09-01 10:00:00"
_NUMBERS = itertools.count(1001)


class Move(NamedTuple):
    """One movement of a bill. `line` is the platform's own number of it: the same Move twice is one line."""

    amount: Decimal
    order: str
    word: str
    at: str
    line: int
    sub: str
    refund: str
    transaction: str
    memo: str


def move(amount, order="", word="", at=CLOCK, line=None, sub="", refund="", transaction="", memo=""):
    """+ came in, - went out. Without a word it is a payment or a refund of an order."""
    return Move(Decimal(amount), order, word, at, line or next(_NUMBERS), sub, refund, transaction, memo)


def _in_out(amount):
    return f"{max(amount, 0):.2f},{min(amount, 0):.2f}"


def _sides(moves):
    """(number and sum of what came in, of what went out), sums not negative."""
    sides = [[m.amount for m in moves if m.amount * sign > 0] for sign in (1, -1)]
    return [(len(side), abs(sum(side, Decimal()))) for side in sides]


def alipay(*moves, opening="1000.00", period=("2026-09-01", "2026-09-02"), spoil=lambda text: text):
    """账务明细: number and sum of both sides, and a running balance. The second day is not in it."""
    balance = Decimal(opening)
    rows = []
    for m in moves:
        balance += m.amount
        word = m.word or ("在线支付" if m.amount > 0 else "交易退款")
        transaction = m.transaction or f"B{m.line}"
        rows.append(
            f"{m.line}\t,{transaction}\t,{m.order}\t,{m.at},{_in_out(m.amount)},{balance:.2f},{word},{m.memo}"
        )
    begin, end = (f"{day[:4]}年{day[5:7]}月{day[8:]}日 00:00:00" for day in period)
    (came, income), (went, outgo) = _sides(moves)
    text = "\n".join(
        [
            "#支付宝账务明细查询",
            "#账号：[20880000000000000156]",
            f"#起始日期：[{begin}]   终止日期：[{end}]",
            "#----账务明细列表----",
            ALIPAY_TITLES,
            *rows,
            "#----账务明细列表结束----",
            f"#支出合计：{went}笔，共-{outgo:.2f}元",
            f"#收入合计：{came}笔，共{income:.2f}元",
            "#导出时间：[2026年09月20日 10:00:00]",
            "",
        ]
    )
    return spoil(text).encode("gb18030")


def _ticked(*cells):
    return ",".join(f"`{cell}" for cell in cells)


def wechat_fund(*moves, opening="0.00"):
    """微信支付资金账单: what changed the balance."""
    balance = Decimal(opening)
    rows = []
    for m in moves:
        balance += m.amount
        word = m.word or ("交易" if m.amount > 0 else "退款")
        way = "收入" if m.amount > 0 else "支出"
        transaction = m.transaction or f"42{m.line}"
        money = (f"{abs(m.amount):.2f}", f"{balance:.2f}")
        rows.append(_ticked(m.at, transaction, m.line, word, word, way, *money, "system", m.memo, m.order))
    (came, income), (went, outgo) = _sides(moves)
    sums = _ticked(len(moves), came, f"{income:.2f}", went, f"{outgo:.2f}")
    tail = ["资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额", sums]
    return "\n".join([FUND_TITLES, *rows, *tail]).encode()


def wechat_trade(*moves):
    """微信支付交易账单: payments and refunds by order number; a refund has its own transaction number."""
    rows = []
    for m in moves:
        paid, back = (f"{max(m.amount, 0):.2f}", f"{max(-m.amount, 0):.2f}")
        number = m.transaction or f"42{m.line}"
        refund = ("", "", "", "") if m.amount > 0 else (m.at, m.at, f"50{m.line}", m.refund)
        state, kinds = ("SUCCESS", ("", "")) if m.amount > 0 else ("REFUND", ("ORIGINAL", "SUCCESS"))
        rows.append(
            _ticked(
                *(m.at, "wx1", "1600000001", "0", "", number, m.order, "o1", "NATIVE", state, "CFT", "CNY"),
                *(paid, "0.00", *refund, back, "0.00", *kinds, "杯", "", "0.00000", "0.60%", paid, back, ""),
            )
        )
    (_came, income), (_went, outgo) = _sides(moves)
    both = (f"{income:.2f}", f"{outgo:.2f}")
    return "\n".join(
        [TRADE_TITLES, *rows, TRADE_SUMS, _ticked(len(moves), *both, "0.00", "0.00000", *both)]
    ).encode()


def douyin(*moves):
    """抖店资金账单 in its short form: order, sub-order and after-sale numbers, no total."""
    rows = [
        ",".join(
            [
                *(m.at, f"`{m.line}", "入账" if m.amount > 0 else "出账", f"{m.amount:.2f}", "聚合账户"),
                *(m.word or ("货款结算入账" if m.amount > 0 else "退款"), "", f"`{m.sub}" if m.sub else ""),
                *(f"`{m.order}" if m.order else "", f"`{m.refund}" if m.refund else "", m.memo),
            ]
        )
        for m in moves
    ]
    return "\n".join([DOUYIN_TITLES, *rows, ""]).encode("utf-8-sig")


def _pinduoduo_word(m):
    return "交易收入" if m.amount > 0 else "退款"


def pinduoduo(*moves, period=("2026-09-01", "2026-09-02")):
    """拼多多账务明细: no line numbers and no balance; the period ends with its second day."""
    rows = [
        ",".join([m.order, m.at, _in_out(m.amount), m.word or _pinduoduo_word(m), m.memo or "-", ""])
        for m in moves
    ]
    (came, income), (went, outgo) = _sides(moves)
    head = ["拼多多店铺账务明细查询", "", f"起始时间：{period[0]} 00:00:00  终止时间：{period[1]} 23:59:59"]
    tail = [f"#支出合计：{went}笔-{outgo:.2f}元", f"#收入合计：{came}笔{income:.2f}元", ""]
    return "\n".join([*head, "----------交易记录明细列表---------", PDD_TITLES, *rows, *tail]).encode(
        "gb18030"
    )


def upload(name, content):
    """A file as the public methods take it."""
    content = content if isinstance(content, bytes) else content.encode()
    return {"name": name, "content": base64.b64encode(content).decode()}


class EcomCase(TransactionCase):
    """One Alipay account that pays one Taobao shop, and three people with growing rights."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.operator, cls.accountant, cls.manager = (
            cls.person(role, f"ecom_connectors.group_{role}")
            for role in ("operator", "accountant", "manager")
        )
        cls.wallet = cls.account("WALLET", "alipay")
        cls.store = cls.shop("STORE", "taobao", cls.wallet)

    @classmethod
    def person(cls, login, group, **values):
        return cls.env["res.users"].create(
            {
                "name": login,
                "login": f"ecom_test_{login}",
                "group_ids": [(6, 0, [cls.env.ref(group).id])],
                "company_ids": [(6, 0, cls.company.ids)],
                "company_id": cls.company.id,
                **values,
            }
        )

    @classmethod
    def platform(cls, code):
        return cls.env["ecom.platform"].search([("code", "=", code)])

    @classmethod
    def currency(cls, name):
        return cls.env["res.currency"]._ecom_by_name(name)

    @classmethod
    def account(cls, code, platform, kinds=("fund_flow",), currency="CNY", **values):
        return cls.env["ecom.account"].create(
            {
                "code": code,
                "name": code,
                "platform_id": cls.platform(platform).id,
                "currency_id": cls.currency(currency).id,
                "takes_settlement": "settlement" in kinds,
                "takes_fund_flow": "fund_flow" in kinds,
                "company_id": cls.company.id,
                **values,
            }
        )

    @classmethod
    def shop(cls, code, platform, accounts, currency="CNY", **values):
        return cls.env["ecom.shop"].create(
            {
                "code": code,
                "name": code,
                "platform_id": cls.platform(platform).id,
                "currency_id": cls.currency(currency).id,
                "account_ids": [(6, 0, accounts.ids)],
                "company_id": cls.company.id,
                **values,
            }
        )

    @classmethod
    def bill(cls, content, account=None, name="bill.csv", user=None):
        """Import one bill as an operator and give it back."""
        bills = cls.env["ecom.bill"].with_user(user or cls.operator)
        [result] = bills.import_files([upload(name, content)], (account or cls.wallet).code)
        return cls.env["ecom.bill"].browse(result["bill"])

    @classmethod
    def order(cls, number, amount, shop=None, **columns):
        """Import one order of one line and give it back; columns are those of the template."""
        return cls.orders({"order_no": number, "line_total": amount, **columns}, shop=shop)

    @classmethod
    def orders(cls, *rows, shop=None):
        shop = shop or cls.store
        lines = [ORDER_TITLES]
        for row in rows:
            total = row["line_total"]
            plain = {
                **{"shop": shop.code, "ordered_at": "2026-09-01 09:00:00", "paid_at": "2026-09-01 09:00:00"},
                **{"currency": "CNY", "sku": "SKU-1", "product": "Tea", "quantity": "1", "unit_price": total},
                **{"freight": "0", "shop_discount": "0", "platform_subsidy": "0", "buyer_paid": total},
            }
            values = plain | row
            lines.append(",".join(values.get(title, "") for title in ORDER_TITLES.split(",")))
        importer = cls.env["ecom.order.import"].with_user(cls.operator)
        [result] = importer.import_orders([upload("orders.csv", "\n".join([*lines, ""]))])
        assert result["state"] == "ready", result
        numbers = [row["order_no"] for row in rows]
        found = cls.env["sale.order"].search(
            [("ecom_shop_id", "=", shop.id), ("ecom_order_no", "in", numbers)]
        )
        return found.sorted(lambda order: numbers.index(order.ecom_order_no))

    @classmethod
    def refund(cls, number, order, amount, shop=None, at="2026-09-01 12:00:00", sku="", reason=""):
        """Import one refund that the shop granted."""
        shop = shop or cls.store
        row = f"{shop.code},{number},{order},,{at},CNY,{amount},{sku},1,{reason}"
        importer = cls.env["ecom.order.import"].with_user(cls.operator)
        [result] = importer.import_refunds([upload("refunds.csv", f"{REFUND_TITLES}\n{row}\n")])
        assert result["state"] == "ready", result
        return cls.env["ecom.refund"].search([("shop_id", "=", shop.id), ("refund_no", "=", number)])

    @classmethod
    def counts(cls, *prefixes):
        """{table: rows} of all tables whose names begin so, but for the log of what ran."""
        cls.env.flush_all()
        cls.env.cr.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE ANY(%s)"
            " AND tablename <> 'ecom_run' AND tablename NOT LIKE 'ecom_account_ecom_run%%'",
            [[f"{prefix}%" for prefix in prefixes]],
        )
        counts = {}
        for (table,) in cls.env.cr.fetchall():
            cls.env.cr.execute(f'SELECT count(*) FROM "{table}"')  # pylint: disable=sql-injection
            counts[table] = cls.env.cr.fetchone()[0]
        return counts

    @staticmethod
    def utc(text):
        return Datetime.to_datetime(text)
