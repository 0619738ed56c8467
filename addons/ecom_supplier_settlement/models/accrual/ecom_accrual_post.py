"""Invoice stage, at the end of a period: accruals are booked in pairs per order line, taken back singly."""

from datetime import timedelta
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class EcomAccrual(models.Model):
    _inherit = "ecom.accrual"

    def _book_accrual(self):
        """Post the entry, its reversal if that is the next day's, and what bills took back since."""
        self.ensure_one()
        self._lock_and_check()
        self = self._own(self.company_id)
        pairs = [
            (line, *_minor(line, "amount", "balance"), Decimal(str(line.quantity)))
            for line in self.line_ids
            if line.kind == "accrued"
        ]
        reduced = self._reduced()
        move = self._book(self.company_id, self.period_end, self.name, pairs + turned(reduced))
        self._unseal().write({"move_id": move.id})
        self._go_to("posted")
        self._store_reversals([(part, move, self.period_end, None, None) for part in reduced])
        if self.reversal == "next_day":
            day = self.period_end + timedelta(days=1)
            back = self._book(
                self.company_id, day, self.env._("Reversal of %s", self.name), turned(pairs), move
            )
            self._unseal().write({"reversal_move_id": back.id})
            self._store_reversals([(pair, back, day, None, None) for pair in pairs])
        self._reverse_rows(self._bills_since())
        self._clearings_since()._take_back()

    def _lock_and_check(self):
        """One booking at a time, into open periods, in the order of the periods."""
        self.env.cr.execute(SQL("SELECT id FROM res_company WHERE id = %s FOR UPDATE", self.company_id.id))
        days = [self.period_end]
        if self.reversal == "next_day":
            days.append(self.period_end + timedelta(days=1))
        journal = self.company_id._ecom_accrual_journal()
        for day in days:
            if self._open_after(self.company_id, day, journal) != day:
                raise UserError(
                    self.env._(
                        "%(day)s is in a locked period of %(company)s. Open the period first.",
                        day=day,
                        company=self.company_id.name,
                    )
                )
        self._refuse_later()

    def _refuse_later(self):
        """Whatever is accrued later builds on what waits for bills."""
        later = self.reversal == "on_bill" and self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("period_end", ">", self.period_end),
                ("state", "=", "posted"),
            ],
            limit=1,
        )
        if later:
            raise UserError(self.env._("%s builds on this one. Undo it first.", later.name))

    def _open_after(self, company, day, journal):
        """The first day from `day` on that no lock date forbids."""
        while violated := company._get_violated_lock_dates(day, False, journal):
            day = max(lock for lock, _field in violated) + timedelta(days=1)
        return day

    def _own(self, company):
        """Nothing of the caller's context reaches the entries."""
        return self.with_context(self.env["ecom.books"]._context(company))  # pylint: disable=context-overridden

    # --- entries -----------------------------------------------------------------------------

    def _book(self, company, day, ref, pairs, origin=None):
        """Post one entry with a debit and a credit item per pair, on exactly this day.

        :param pairs: (accrual line, amount, balance, quantity); minor units, + accrues, - takes back
        :return: account.move, empty when nothing has a value
        """
        pairs = [pair for pair in pairs if pair[1] or pair[2]]
        if not pairs:
            return self.env["account.move"]
        move = (
            self._unseal()
            .env["account.move"]
            .create(
                {
                    "move_type": "entry",
                    "journal_id": company._ecom_accrual_journal().id,
                    "company_id": company.id,
                    "date": day,
                    "ref": ref,
                    "reversed_entry_id": origin.id if origin else False,
                    "line_ids": [item for pair in pairs for item in self._items(company, *pair)],
                }
            )
        )
        move = move.with_env(self.env)
        move._post(soft=False)
        self.env["ecom.books"]._check_days(move, [day])
        return move

    def _items(self, company, line, amount, balance, quantity):
        scale, own = 10**line.currency_id.decimal_places, 10**company.currency_id.decimal_places
        order_line = line.purchase_line_id
        common = {
            "name": f"{line.order_id.name} {line.product_id.display_name} {quantity.normalize():f}",
            "partner_id": line.partner_id.id,
            "currency_id": line.currency_id.id,
            "ecom_accrual_line_id": line.id,
            "tax_ids": False,
        }
        return [
            (
                0,
                0,
                {
                    **common,
                    "account_id": account.id,
                    "amount_currency": sign * amount / scale,
                    "balance": sign * balance / own,
                    "analytic_distribution": order_line.analytic_distribution if sign > 0 else False,
                },
            )
            for account, sign in ((line.ledger_id, 1), (line.accrued_ledger_id, -1))
        ]

    # --- backwards -----------------------------------------------------------------------------

    @api.model
    def _undo_reversals(self, reversals, title, day=None):
        """Accrue again what was taken back, on `day` (else the day it was), or the first open one."""
        for (company, booked), group in reversals.grouped(lambda it: (it.company_id, it.day)).items():
            own = self._own(company)
            pairs = [
                (it.line_id.with_env(own.env), *_minor(it, "amount", "balance"), Decimal(str(it.quantity)))
                for it in group
            ]
            on = own._open_after(company, day or booked, company._ecom_accrual_journal())
            own._book(company, on, title, pairs)
        reversals._unseal().write({"live": False})

    def _undo(self):
        self.ensure_one()
        if self.state != "posted":
            raise UserError(self.env._("%s is not posted.", self.name))
        self._refuse_later()
        title = self.env._("Undo of %s", self.name)
        reversals = self.env["ecom.accrual.reversal"].search(
            [
                ("live", "=", True),
                "|",
                ("line_id.accrual_id", "=", self.id),
                ("move_id", "=", self.move_id.id or 0),
            ]
        )
        self._undo_reversals(reversals, title)
        own = self._own(self.company_id)
        pairs = [
            (line, *_minor(line, "amount", "balance"), Decimal(str(line.quantity)))
            for line in own.line_ids
            if line.kind == "accrued"
        ]
        day = self._open_after(self.company_id, self.period_end, self.company_id._ecom_accrual_journal())
        own._book(self.company_id, day, title, turned(pairs), self.move_id)
        self.line_ids._unseal().write({"live": False})
        # At once: the database allows one live line of an order line and period.
        self.line_ids.flush_recordset()
        self._go_to("undone")
        self._reverse_again(self.line_ids.filtered(lambda line: line.kind == "reduced").purchase_line_id)


def _minor(record, *names):
    """Amounts of a line or reversal in minor units: its own currency's, then the company's."""
    digits = (record.currency_id.decimal_places, record.company_id.currency_id.decimal_places)
    return [
        int(Decimal(f"{record[name]:.{places}f}").scaleb(places))
        for name, places in zip(names, digits, strict=True)
    ]


def turned(pairs):
    return [(line, -amount, -balance, -quantity) for line, amount, balance, quantity in pairs]
