"""Bills that are posted: Amazon's settlement in a few words, and the ledger read back in roles."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from odoo.addons.ecom_connectors.tests.common import EcomCase, alipay, move

AMAZON_TITLES = (
    "settlement-id,settlement-start-date,settlement-end-date,deposit-date,total-amount,currency,transaction-type,"
    "order-id,adjustment-id,shipment-id,amount-type,amount-description,amount,posted-date,posted-date-time,"
    "order-item-code,merchant-adjustment-item-id,sku,promotion-id"
).split(",")
AMAZON_WORDS = {
    "sale": ("Order", "ItemPrice", "Principal"),
    "shipping": ("Order", "ItemPrice", "Shipping"),
    "refund": ("Refund", "ItemPrice", "Principal"),
    "commission": ("Order", "ItemFees", "Commission"),
    "commission_back": ("Refund", "ItemFees", "Commission"),
    "commission_kept": ("Refund", "ItemFees", "RefundCommission"),
    "ads": ("ServiceFee", "Cost of Advertising", "TransactionTotalAmount"),
    "reserve_held": ("other-transaction", "other-transaction", "Current Reserve Amount"),
    "reserve_released": ("other-transaction", "other-transaction", "Previous Reserve Amount Balance"),
    "charge": ("other-transaction", "other-transaction", "Successful charge"),
    "repayment": ("other-transaction", "other-transaction", "Payable to Amazon"),
    "reimbursement": ("other-transaction", "FBA Inventory Reimbursement", "WAREHOUSE_LOST"),
    "tax": ("Order", "ItemPrice", "Tax"),
    "withheld": ("Order", "ItemWithheldTax", "MarketplaceFacilitatorTax-Principal"),
}
NOON = "2026-09-10 04:00:00"  # of Shanghai, in UTC


class Row(NamedTuple):
    """One row of a settlement."""

    word: str
    amount: Decimal
    order: str
    at: str
    adjustment: str


def row(word, amount, order="", at=NOON, adjustment=""):
    return Row(
        word, Decimal(amount), order, at, adjustment or (f"ADJ-{order[-4:]}" if word == "refund" else "")
    )


def amazon(*rows, settlement="18000000001", currency="CNY", period=("2026-09-01", "2026-09-15"), digits=2):
    """A settlement: its first row declares the total of the others, moments are UTC."""
    total = sum((row.amount for row in rows), Decimal())
    begin, end = (f"{day} 00:00:00 UTC" for day in period)
    facts = [
        {
            "settlement-start-date": begin,
            "settlement-end-date": end,
            "deposit-date": end,
            "total-amount": f"{total:.{digits}f}",
            "currency": currency,
        }
    ]
    for number, item in enumerate(rows, start=70001):
        kind, group, said = AMAZON_WORDS[item.word]
        facts.append(
            {
                "currency": currency,
                "transaction-type": kind,
                "order-id": item.order,
                "adjustment-id": item.adjustment,
                "amount-type": group,
                "amount-description": said,
                "amount": f"{item.amount:.{digits}f}",
                "posted-date-time": f"{item.at} UTC",
                "order-item-code": str(number) if item.order else "",
            }
        )
    lines = [
        "\t".join({**fact, "settlement-id": settlement}.get(title, "") for title in AMAZON_TITLES)
        for fact in facts
    ]
    return "\n".join(["\t".join(AMAZON_TITLES), *lines, ""]).encode()


class PostingCase(EcomCase):
    """`EcomCase` with a ledger: bills are matched and posted as the accountant does it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ecom.ledger.setup"]._apply(cls.company)

    @classmethod
    def rate(cls, currency, day, value):
        return cls.env["res.currency.rate"].create(
            {
                "currency_id": currency.id,
                "company_id": cls.company.id,
                "name": day,
                "inverse_company_rate": value,
            }
        )

    @classmethod
    def amazon_account(cls, code="AMZ", shop_mode="summary", currency="CNY", **values):
        """An account of settlements only, in Beijing time, and its shop; with a ledger."""
        account = cls.account(code, "amazon", ("settlement",), currency, timezone="Asia/Shanghai", **values)
        shop = cls.shop(f"{code}-SHOP", "amazon", account, currency, posting_mode=shop_mode)
        cls.env["ecom.ledger.setup"]._apply(cls.company)
        return account, shop

    @classmethod
    def match(cls, accounts=None):
        return (accounts or cls.wallet).with_user(cls.accountant)._run_match()

    @classmethod
    def post(cls, accounts=None, when_locked="refuse", errors=False):
        """Post as the accountant; return the run. An error is a failure unless it is asked for."""
        run = (accounts or cls.wallet).with_user(cls.accountant)._run_post(when_locked)
        assert errors or not run.errors, run.errors
        return run.sudo()

    @classmethod
    def settle(cls, accounts=None, **options):
        """Match and post; return the entries that were made."""
        before = cls.moves(accounts)
        cls.match(accounts)
        cls.post(accounts, **options)
        return cls.moves(accounts) - before

    @classmethod
    def moves(cls, accounts=None):
        accounts = accounts or cls.wallet
        return cls.env["account.move"].search([("journal_id", "in", accounts.journal_id.ids)], order="id")

    @classmethod
    def ledger_account(cls, role, account=None, shop=None):
        lookup = cls.env["ecom.role.map"]._lookup(cls.company)
        return lookup(role, account or cls.wallet, shop or cls.env["ecom.shop"])

    @classmethod
    def roles(cls, account=None):
        """{ledger account: role} of the company, as far as `account` is concerned."""
        account = account or cls.wallet
        maps = cls.env["ecom.role.map"].search(
            [("company_id", "=", account.company_id.id), ("account_id", "in", (False, account.id))]
        )
        return {line.ledger_id: line.role_id.code for line in maps}

    @classmethod
    def by_role(cls, moves, account=None, amount="balance"):
        """{role: sum} over the posted entries, debit positive, zero left out."""
        roles = cls.roles(account)
        sums = defaultdict(Decimal)
        for line in moves.line_ids.filtered(lambda line: line.parent_state == "posted"):
            sums[roles[line.account_id]] += Decimal(str(line[amount]))
        return {role: float(value) for role, value in sums.items() if value}

    @classmethod
    def sides(cls, moves, account=None):
        """{(role, "Dr" or "Cr"): sum} over the posted entries."""
        roles = cls.roles(account)
        sums = defaultdict(Decimal)
        for line in moves.line_ids:
            side = "Dr" if line.balance > 0 else "Cr"
            sums[roles[line.account_id], side] += Decimal(str(abs(line.balance)))
        return {key: float(value) for key, value in sums.items() if value}

    @classmethod
    def trial_balance(cls, until=None):
        """{(ledger account, month): balance} of everything posted in the company, zero left out."""
        cls.env.flush_all()
        cls.env.cr.execute(
            """SELECT account_id, to_char(date, 'YYYY-MM'), sum(balance), sum(amount_currency)
                 FROM account_move_line WHERE parent_state = 'posted' AND company_id = %s AND date <= %s
                GROUP BY 1, 2 HAVING sum(balance) <> 0 OR sum(amount_currency) <> 0""",
            [cls.company.id, until or date(2999, 1, 1)],
        )
        return {(account, month): amounts for account, month, *amounts in cls.env.cr.fetchall()}

    @classmethod
    def snapshot(cls):
        """All that posting stores and a second posting must leave alone, column for column."""
        cls.env.flush_all()
        tables = {
            "account_move": "id, name, state, date, journal_id, amount_total, ref",
            "account_move_line": "id, account_id, balance, amount_currency, reconciled, name, partner_id",
            "ecom_posting": "id, state, move_id, reversal_id, date, stage, line_count",
            "ecom_posting_line": "*",
            "ecom_posting_difference": "*",
            "ecom_bill": "id, state",
            "ecom_tally": "*",
            "ecom_match": "*",
        }
        facts = {}
        for table, columns in tables.items():
            cls.env.cr.execute(f"SELECT {columns} FROM {table} ORDER BY id")  # pylint: disable=sql-injection
            facts[table] = cls.env.cr.fetchall()
        return facts

    @classmethod
    def exceptions(cls, **wanted):
        domain = [(name, "=", value) for name, value in wanted.items()]
        return cls.env["ecom.exception"].search(
            [("state", "!=", "done"), ("company_id", "=", cls.company.id), *domain]
        )

    def assert_holds(self):
        """Every invariant holds; above all, ledger and platform agree."""
        broken = [fact for fact in self.env["ecom.invariant"]._check() if not fact["holds"]]
        self.assertEqual(broken, [])

    @classmethod
    def simple(cls, number="T1", amount="100.00", fee="-5.00", **columns):
        """An order that its bill pays exactly, less a fee; the bill's entry is not posted yet."""
        order = cls.order(number, amount, **columns)
        bill = cls.bill(alipay(move(amount, number), move(fee, number, "收费")))
        return order, bill
