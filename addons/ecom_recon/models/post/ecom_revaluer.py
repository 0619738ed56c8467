"""Post stage, at a month end: what stands in other currencies is brought to the closing rate."""

from collections import defaultdict
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.ecom_connectors.models.kernel.ecom_books import SCALES

from ...lib.ecom_reconcile import Valuation


class EcomRevaluer(models.AbstractModel):
    """Values balances at the closing rate of a day and books what they are worth more or less."""

    _name = "ecom.revaluer"
    _description = "Revaluer"

    @api.model
    def _revalue(self, accounts, run, day):
        """Book what the balances of a day are worth more or less than the ledger says; return the entries.

        The difference is that of the whole balance until that day, with every revaluation before: nothing
        is booked twice, and a second run finds nothing.

        :param accounts: of one company and one currency that is not the company's
        :raises UserError: a locked day, a missing rate, journal or ledger account; nothing is posted then
        """
        company = accounts.company_id
        own = self.env["ecom.books"]._context(company)
        self = self.with_context(own)  # pylint: disable=context-overridden
        accounts = accounts.with_env(self.env)
        by_account = defaultdict(list)
        for account, ledger, valuation in self._valuations(accounts, day):
            if valuation.difference:
                by_account[account].append((ledger, valuation))
        plans = [
            (account, pairs, self._revaluation_values(account, pairs, day))
            for account, pairs in by_account.items()
        ]
        moves = self.env["ecom.books"]._book([values for _account, _pairs, values in plans])
        for (account, pairs, _values), move in zip(plans, moves, strict=True):
            posting = self.env["ecom.posting"]._record(run, "revaluation", [(account, move, 0)])
            self._store_revaluation(posting, pairs)
        run._count(move_count=len(moves))
        return moves

    def _valuations(self, accounts, day):
        """[(platform account, ledger account, valuation)] of every balance that a rate can move.

        A ledger account that several platform accounts share is valued once, with the first of them.

        :param accounts: of one company and one currency
        :raises UserError: if there is no rate on or before the day
        """
        company, currency = accounts.company_id, accounts.currency_id
        owners = self._revalued_ledgers(accounts)
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """SELECT l.account_id, round(sum(l.amount_currency) * max(f.scale))::bigint,
                          round(sum(l.balance) * max(t.scale))::bigint
                     FROM account_move_line l
                     JOIN %(scales)s f ON f.id = l.currency_id
                     JOIN %(scales)s t ON t.id = %(own)s
                    WHERE l.account_id = ANY(%(ledgers)s) AND l.company_id = %(company)s
                      AND l.currency_id = %(currency)s AND l.parent_state = 'posted' AND l.date <= %(day)s
                    GROUP BY l.account_id""",
                scales=SCALES,
                own=company.currency_id.id,
                ledgers=[ledger.id for ledger in owners],
                company=company.id,
                currency=currency.id,
                day=day,
            )
        )
        sums = {ledger: amounts for ledger, *amounts in self.env.cr.fetchall() if any(amounts)}
        foreign = any(amount for amount, _booked in sums.values())
        rate = self.env["ecom.books"]._rate(company, currency, day) if foreign else None
        digits = {
            "digits_from": currency.decimal_places,
            "digits_to": company.currency_id.decimal_places,
        }
        return [
            (
                account,
                ledger,
                Valuation(amount=amount, booked=booked, rate=rate if amount else None, **digits),
            )
            for ledger, account in owners.items()
            if ledger.id in sums
            for amount, booked in [sums[ledger.id]]
        ]

    def _revalued_ledgers(self, accounts):
        """{ledger account: the first platform account whose money stands there}, by role."""
        maps = self.env["ecom.role.map"].search(
            [("company_id", "=", accounts.company_id.id), ("role_id.revalued", "=", True)]
        )
        owners = {}
        first = accounts.sorted(lambda account: (not account.active, not account.journal_id, account.id))
        for account in first:
            for row in maps.sorted(lambda row: (row.role_id.sequence, row.id)):
                fits = (
                    (not row.account_id or row.account_id == account)
                    and (not row.platform_id or row.platform_id == account.platform_id)
                    and (not row.shop_id or row.shop_id in account.shop_ids)
                )
                # Income and expenses keep the rate of their day, whatever the map says.
                if fits and row.ledger_id.internal_group in ("asset", "liability"):
                    owners.setdefault(row.ledger_id, account)
        return owners

    def _revaluation_values(self, account, pairs, day):
        """Values of one entry: for each ledger account its item and the exchange gain or loss beside it."""
        if not account.journal_id:
            raise UserError(
                self.env._("%(account)s has no journal. Run the ledger set-up.", account=account.display_name)
            )
        books, company = self.env["ecom.books"], account.company_id
        if books._open_day(company, day, account.journal_id) != day:
            raise UserError(
                self.env._(
                    "%(day)s is in a locked period, so %(account)s cannot be revalued then. Open the period.",
                    day=day,
                    account=account.display_name,
                )
            )
        lookup = self.env["ecom.role.map"]._lookup(account.company_id)
        items = []
        for number, (ledger, valuation) in enumerate(pairs):
            result = lookup(
                "fx_gain" if valuation.difference > 0 else "fx_loss", account, self.env["ecom.shop"]
            )
            label = self.env._("Exchange difference of %s", ledger.name)
            if valuation.rate:
                label = f"{label} @ {valuation.rate_text}"
            for place, (target, minor) in enumerate(
                ((ledger, valuation.difference), (result, -valuation.difference)), start=1
            ):
                items.append(
                    books._item(
                        company,
                        account.currency_id,
                        target,
                        0,
                        minor,
                        sequence=2 * number + place,
                        name=label,
                        tax_ids=False,
                    )
                )
        return {
            "move_type": "entry",
            "journal_id": account.journal_id.id,
            "company_id": account.company_id.id,
            "date": day,
            "ref": self.env._("%(account)s revalued on %(day)s", account=account.name, day=day),
            "line_ids": items,
        }

    def _store_revaluation(self, posting, pairs):
        """Keep rate and balances beside the entry, and prove that the entry is what was computed."""
        account = posting.account_id
        own, currency = account.company_id.currency_id, account.currency_id
        scale, foreign = 10**own.decimal_places, 10**currency.decimal_places
        # Nobody writes a posting but the poster.
        revaluations = self.env["ecom.posting.revaluation"].sudo()
        numbers = dict(
            revaluations._read_group(
                [
                    ("company_id", "=", account.company_id.id),
                    ("currency_id", "=", currency.id),
                    ("ledger_id", "in", [ledger.id for ledger, _valuation in pairs]),
                ],
                ["ledger_id"],
                ["number:max"],
            )
        )
        lines = {line.sequence: line for line in posting.move_id.line_ids}
        values = []
        for place, (ledger, valuation) in enumerate(pairs):
            entry = lines[2 * place + 1]
            booked = round(Decimal(str(entry.balance)) * scale)
            if entry.account_id != ledger or entry.amount_currency or booked != valuation.difference:
                raise UserError(self.env._("The entry is not what was computed for %s.", ledger.display_name))
            values.append(
                {
                    "posting_id": posting.id,
                    "company_id": account.company_id.id,
                    "ledger_id": ledger.id,
                    "currency_id": currency.id,
                    "number": (numbers.get(ledger) or 0) + 1,
                    "entry_id": entry.id,
                    "amount_currency": valuation.amount / foreign,
                    "rate": float(valuation.rate or 0),
                    "balance_before": valuation.booked / scale,
                    "balance_after": valuation.worth / scale,
                    "difference": valuation.difference / scale,
                }
            )
        return revaluations.create(values)
