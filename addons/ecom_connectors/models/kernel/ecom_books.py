"""Kernel: how entries get into Odoo's ledger and out of it again, the same for whatever books."""

from datetime import timedelta
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...lib.ecom_kernel import convert

# Minor units per unit of every currency; worked out once, not for every line it is joined to.
SCALES = SQL("(SELECT id, power(10::numeric, decimal_places) AS scale FROM res_currency OFFSET 0)")
MOVES_PER_BATCH = 100


class EcomBooks(models.AbstractModel):
    """Days that are open, rates that are known, entries on the day that was meant, and their reversals.

    Amounts are minor units; debit is positive.
    """

    _name = "ecom.books"
    _description = "Books"

    @api.model
    def _context(self, company):
        """The whole context of a booking: nothing that a caller sent gets through to Odoo's checks."""
        kept = {"tz": self.env.context["tz"]} if "tz" in self.env.context else {}
        others = [other for other in self.env.companies.ids if other != company.id]
        return {
            **kept,
            "lang": self._language(company),
            "allowed_company_ids": [company.id, *others],
            "tracking_disable": True,
            "mail_create_nolog": True,
        }

    @api.model
    def _language(self, company):
        """The language of texts that are stored: the company's, whoever has them written."""
        installed = {code for code, _name in self.env["res.lang"].get_installed()}
        # Which language a company speaks is no secret.
        own = company.sudo().partner_id.lang
        return own if own in installed else self.env.lang or "en_US"

    @api.model
    def _words(self, company):
        """An environment that speaks the company's language: `books._words(company)._("…")`."""
        return self.with_context(lang=self._language(company)).env

    # --- days and rates ---------------------------------------------------------

    @api.model
    def _open_day(self, company, day, journal):
        """The first day from `day` on that no lock date of the company forbids in the journal."""
        while violated := company._get_violated_lock_dates(day, False, journal):
            day = max(lock for lock, _field in violated) + timedelta(days=1)
        return day

    @api.model
    def _rate(self, company, currency, day):
        """Company units per unit of the currency on a day; without any rate nothing is booked 1:1.

        :raises UserError: names the currency that has no rate on or before the day
        """
        own = company.currency_id
        if currency == own:
            return Decimal(1)
        rates = self.env["res.currency.rate"]
        # A company's own currency is the yardstick and needs no rate.
        known = rates.search_count(
            [
                ("currency_id", "=", currency.id),
                ("name", "<=", day),
                ("company_id", "in", [company.root_id.id, False]),
            ],
            limit=1,
        )
        if not known:
            raise UserError(
                self.env._(
                    "There is no exchange rate of %(currency)s on or before %(day)s. Enter it first.",
                    currency=currency.name,
                    day=day,
                )
            )
        return Decimal(repr(self.env["res.currency"]._get_conversion_rate(currency, own, company, day)))

    @api.model
    def _balances(self, company, currency, amounts, day, rates=None):
        """Amounts of one entry in the company's currency, at the rate of the day, still adding up to zero.

        :param amounts: minor units of `currency`, sum zero
        :param rates: cache of a caller that asks often
        """
        own = company.currency_id
        if currency == own:
            return amounts
        rates = {} if rates is None else rates
        key = (company, currency, day)
        if key not in rates:
            rates[key] = self._rate(company, currency, day)
        return convert(amounts, rates[key], currency.decimal_places, own.decimal_places)

    # --- entries ----------------------------------------------------------------

    @api.model
    def _item(self, company, currency, ledger, amount, balance, **values):
        """Command that makes a journal item of minor units in both currencies."""
        return (
            0,
            0,
            {
                "account_id": ledger.id,
                "currency_id": currency.id,
                "amount_currency": amount / 10**currency.decimal_places,
                "balance": balance / 10**company.currency_id.decimal_places,
                **values,
            },
        )

    @api.model
    def _pair(self, company, currency, ledgers, amount, day, **values):
        """Two journal items at the rate of a day: an amount on one ledger account against another."""
        amounts = [amount, -amount]
        balances = self._balances(company, currency, amounts, day)
        return [
            self._item(company, currency, ledger, part, balance, **values)
            for ledger, part, balance in zip(ledgers, amounts, balances, strict=True)
        ]

    @api.model
    def _book(self, values_list):
        """Post one entry per set of values, in batches; refuse any date but the intended."""
        moves = self.env["account.move"]
        for start in range(0, len(values_list), MOVES_PER_BATCH):
            batch = values_list[start : start + MOVES_PER_BATCH]
            created = self.env["account.move"].create(batch)
            created._post(soft=False)
            self._check_days(created, [values["date"] for values in batch])
            moves |= created
        return moves

    @api.model
    def _reverse(self, moves):
        """Reverse entries on their own days, or the first open ones after; return the reversals in order."""
        moves.line_ids.remove_move_reconcile()
        reversals = self.env["account.move"]
        for start in range(0, len(moves), MOVES_PER_BATCH):
            batch = moves[start : start + MOVES_PER_BATCH]
            values_list = [
                {
                    "date": self._open_day(move.company_id, move.date, move.journal_id),
                    "ref": self.env._("Reversal of %s", move.name),
                    "journal_id": move.journal_id.id,
                }
                for move in batch
            ]
            made = batch._reverse_moves(values_list, cancel=True)
            self._check_days(made, [values["date"] for values in values_list])
            reversals |= made
        return reversals

    @api.model
    def _check_days(self, moves, days):
        """Odoo moves an entry of a locked day to a later one without a word; we refuse it."""
        for move, day in zip(moves, days, strict=True):
            if move.date != day:
                raise UserError(
                    self.env._(
                        "Odoo would book %(asked)s as %(got)s: the period is locked.",
                        asked=day,
                        got=move.date,
                    )
                )
