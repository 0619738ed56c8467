"""Accounts in other currencies, their rates, and a month end."""

from datetime import date

from .post_common import PostingCase, amazon, row


class RevaluationCase(PostingCase):
    """Money owed to and by a platform in dollars: 7.10 on 1 September, 7.05 at the month's end, then 7.00."""

    settlements = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.usd = cls.currency("USD")
        cls.env["res.currency.rate"].search([]).unlink()
        for day, value in (("2026-09-01", 7.10), ("2026-09-30", 7.05), ("2026-10-10", 7.00)):
            cls.rate(cls.usd, day, value)
        cls.amz, cls.amz_shop = cls.amazon_account("AMZ-USD", currency="USD")
        cls.september, cls.october = date(2026, 9, 30), date(2026, 10, 31)

    @classmethod
    def book(cls, word, amount, day="2026-09-10", account=None, digits=2):
        """Import and post one settlement of one row; return its entries."""
        account = account or cls.amz
        RevaluationCase.settlements += 1
        content = amazon(
            row(word, amount, at=f"{day} 04:00:00"),
            currency=account.currency_id.name,
            settlement=f"1800000{RevaluationCase.settlements:04d}",
            digits=digits,
        )
        bill = cls.bill(content, account)
        assert not bill.problem_ids, bill.problem_ids.mapped("reason")
        return cls.settle(account)

    @classmethod
    def revalue(cls, day=None, accounts=None, errors=False):
        """Revalue as the accountant; return the entries. An error is a failure unless it is asked for."""
        before = cls.env["account.move"].search([])
        run = (accounts or cls.amz).with_user(cls.accountant)._run_revalue(day or cls.september)
        assert errors or not run.errors, run.errors
        cls.booked = run.sudo()
        made = cls.env["account.move"].search([]) - before
        assert len(made) == cls.booked.move_count
        return made

    @classmethod
    def standing(cls, role, day=None, account=None):
        """(balance in its own currency, balance in the company's) of a role until a day."""
        account = account or cls.amz
        lines = cls.env["account.move.line"].search(
            [
                ("account_id", "=", cls.ledger_account(role, account).id),
                ("currency_id", "=", account.currency_id.id),
                ("parent_state", "=", "posted"),
                ("date", "<=", day or date(2999, 1, 1)),
            ]
        )
        own = cls.company.currency_id
        return (
            account.currency_id.round(sum(lines.mapped("amount_currency"))),
            own.round(sum(lines.mapped("balance"))),
        )

    @classmethod
    def exchange(cls):
        """Gains and losses of the exchange so far, a gain positive."""
        lines = cls.env["account.move.line"].search(
            [
                ("account_id", "in", [cls.ledger_account(role).id for role in ("fx_gain", "fx_loss")]),
                ("parent_state", "=", "posted"),
            ]
        )
        return -cls.company.currency_id.round(sum(lines.mapped("balance")))
