"""Post stage, at a month end: what stands in other currencies is brought to the closing rate."""

from collections import defaultdict
from decimal import Decimal
from uuid import uuid4

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ...lib.ecom_reconcile import Valuation
from ..match.ecom_matcher import SCALES


class EcomPoster(models.AbstractModel):
    _inherit = "ecom.poster"

    def _revalue(self, accounts, run, day):
        """Book what the balances of a day are worth more or less than the ledger says; return the entries.

        The difference is that of the whole balance until that day, with every revaluation before: nothing
        is booked twice, and a second run finds nothing.

        :param accounts: of one company and one currency that is not the company's
        :raises UserError: a locked day, a missing rate, journal or ledger account; nothing is posted then
        """
        company, currency = accounts.company_id, accounts.currency_id
        # Accounts of one currency may share ledger accounts, so they wait for each other.
        alike = self.env["ecom.account"].with_context(active_test=False)
        alike.search([("company_id", "=", company.id), ("currency_id", "=", currency.id)])._lock_for_import()
        # The context is replaced, not added to: nothing of the caller may reach the checks.
        self = self.with_context(self._own_context(company))  # pylint: disable=context-overridden
        accounts = accounts.with_env(self.env)
        by_account = defaultdict(list)
        for account, ledger, valuation in self._valuations(accounts, day):
            if valuation.difference:
                by_account[account].append((ledger, valuation))
        plans = [
            (account, pairs, self._revaluation_values(account, pairs, day))
            for account, pairs in by_account.items()
        ]
        moves = self._create_moves([values for _account, _pairs, values in plans])
        for (account, pairs, _values), move in zip(plans, moves, strict=True):
            self._store_revaluation(self._record(account, run, "revaluation", move), pairs)
        run.move_count += len(moves)
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
        rate = self._rate(accounts[:1], day) if any(amount for amount, _booked in sums.values()) else None
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
        if self._open_after(account, day) != day:
            raise UserError(
                self.env._(
                    "%(day)s is in a locked period, so %(account)s cannot be revalued then. Open the period.",
                    day=day,
                    account=account.display_name,
                )
            )
        lookup = self.env["ecom.role.map"]._lookup(account.company_id)
        scale = 10**account.company_id.currency_id.decimal_places
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
                    {
                        "sequence": 2 * number + place,
                        "account_id": target.id,
                        "name": label,
                        "currency_id": account.currency_id.id,
                        "amount_currency": 0.0,
                        "balance": minor / scale,
                        "tax_ids": False,
                    }
                )
        return {
            "move_type": "entry",
            "journal_id": account.journal_id.id,
            "company_id": account.company_id.id,
            "date": day,
            "ref": self.env._("%(account)s revalued on %(day)s", account=account.name, day=day),
            "line_ids": [(0, 0, item) for item in items],
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


class EcomAccount(models.Model):
    _inherit = "ecom.account"

    def _in_other_currency(self):
        """[accounts of one company and currency], without those in their company's own currency."""
        foreign = self.filtered(lambda account: account.currency_id != account.company_id.currency_id)
        groups = foreign.sorted("id").grouped(lambda account: (account.company_id, account.currency_id))
        return list(groups.values())

    def _run_revalue(self, day, session=None):
        """Revalue these accounts of one company at a day; return the run that logs it.

        A currency that cannot be revalued does not stop the others; the run says why.
        """
        if not self.env.user.has_group("ecom_connectors.group_accountant"):
            raise AccessError(self.env._("Only accountants revalue."))
        run = self._new_run("revalue")
        run.session = session or str(uuid4())
        for group in self._in_other_currency():
            count = run.move_count
            try:
                with self.env.cr.savepoint():
                    self.env["ecom.poster"]._revalue(group, run, day)
            except UserError as error:
                errors = {account.code: str(error) for account in group}
                run.write({"move_count": count, "errors": {**(run.errors or {}), **errors}})
        run.ended_at = fields.Datetime.now()
        return run

    def _revaluation(self, day):
        """What a revaluation would find: ([(account, ledger account, valuation)], {code: why not}).

        Nothing is written.
        """
        found, errors = [], {}
        for group in self._in_other_currency():
            try:
                found += self.env["ecom.poster"]._valuations(group, day)
            except UserError as error:
                errors.update({account.code: str(error) for account in group})
        return found, errors

    def _revalued_after(self, day):
        """Later days at which accounts of these currencies are revalued: they should be revalued again."""
        postings = self.env["ecom.posting"].search(
            [
                ("stage", "=", "revaluation"),
                ("state", "=", "posted"),
                ("date", ">", day),
                ("company_id", "in", self.company_id.ids),
                ("account_id.currency_id", "in", self.currency_id.ids),
            ]
        )
        return sorted(set(postings.mapped("date")))
