"""Invoice stage, at the end of a period: accruals are booked in pairs per order line, taken back singly."""

from datetime import timedelta
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError


class EcomAccrualLedger(models.AbstractModel):
    """Books accruals and undoes them; what takes them back is `ecom.accrual.taker`'s."""

    _name = "ecom.accrual.ledger"
    _description = "Entries of Accruals"

    @api.model
    def _book_accrual(self, accrual):
        """Post the entry, its reversal if that is the next day's, and what invoices took back since."""
        accrual.ensure_one()
        self._lock_and_check(accrual)
        self = self._own(accrual.company_id)
        accrual = accrual.with_env(self.env)
        taker = self.env["ecom.accrual.taker"]
        company = accrual.company_id
        pairs = _pairs(accrual)
        reduced = taker._reduced(accrual)
        move = self._book(company, accrual.period_end, accrual.name, pairs + turned(reduced))
        accrual._go_to("posted", move_id=move.id)
        taker._store([(part, move, accrual.period_end, None, None) for part in reduced])
        if accrual.reversal == "next_day":
            day = accrual.period_end + timedelta(days=1)
            title = self.env._("Reversal of %s", accrual.name)
            back = self._book(company, day, title, turned(pairs), move)
            accrual._unseal().write({"reversal_move_id": back.id})
            taker._store([(pair, back, day, None, None) for pair in pairs])
        taker._take_since(accrual)

    def _lock_and_check(self, accrual):
        """One booking at a time, into open periods, in the order of the periods."""
        company = accrual.company_id
        self.env["ecom.stage"]._take(company)
        days = [accrual.period_end]
        if accrual.reversal == "next_day":
            days.append(accrual.period_end + timedelta(days=1))
        for day in days:
            if self._open_day(company, day) != day:
                raise UserError(
                    self.env._(
                        "%(day)s is in a locked period of %(company)s. Open the period first.",
                        day=day,
                        company=company.name,
                    )
                )
        self._refuse_later(accrual)

    def _refuse_later(self, accrual):
        """Whatever is accrued later builds on what waits for invoices."""
        later = accrual.reversal == "on_bill" and accrual.search(
            [
                ("company_id", "=", accrual.company_id.id),
                ("period_end", ">", accrual.period_end),
                ("state", "=", "posted"),
            ],
            limit=1,
        )
        if later:
            raise UserError(self.env._("%s builds on this one. Undo it first.", later.name))

    def _open_day(self, company, day):
        """The first day from `day` on that no lock date forbids."""
        return self.env["ecom.books"]._open_day(company, day, company._ecom_accrual_journal())

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
            self.env["ecom.accrual"]
            ._unseal()
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
    def _accrue_again(self, reversals, title, day=None):
        """Accrue again what was taken back, on `day` (else the day it was), or the first open one.

        :param title: function that says in the language of the environment it gets why that is
        """
        for (company, booked), group in reversals.grouped(lambda it: (it.company_id, it.day)).items():
            own = self._own(company)
            pairs = [
                (it.line_id.with_env(own.env), *_minor(it, "amount", "balance"), Decimal(str(it.quantity)))
                for it in group
            ]
            own._book(company, own._open_day(company, day or booked), title(own.env), pairs)
        reversals._unseal().write({"live": False})

    @api.model
    def _undo(self, accrual):
        accrual.ensure_one()
        if accrual.state != "posted":
            raise UserError(self.env._("%s is not posted.", accrual.name))
        self.env["ecom.stage"]._take(accrual.company_id)
        self._refuse_later(accrual)
        reversals = self.env["ecom.accrual.reversal"].search(
            [
                ("live", "=", True),
                "|",
                ("line_id.accrual_id", "=", accrual.id),
                ("move_id", "=", accrual.move_id.id or 0),
            ]
        )
        self._accrue_again(reversals, lambda env: env._("Undo of %s", accrual.with_env(env).name))
        own = self._own(accrual.company_id)
        day = own._open_day(accrual.company_id, accrual.period_end)
        title = own.env._("Undo of %s", accrual.with_env(own.env).name)
        pairs = _pairs(accrual.with_env(own.env))
        own._book(accrual.company_id, day, title, turned(pairs), accrual.move_id)
        accrual.line_ids._unseal().write({"live": False})
        # At once: the database allows one live line of an order line and period.
        accrual.line_ids.flush_recordset()
        accrual._go_to("undone")
        reduced = accrual.line_ids.filtered(lambda line: line.kind == "reduced")
        self.env["ecom.accrual.taker"]._take_again(reduced.purchase_line_id)


def _pairs(accrual):
    """What an accrual accrues: [(line, amount, balance, quantity)], minor units."""
    return [
        (line, *_minor(line, "amount", "balance"), Decimal(str(line.quantity)))
        for line in accrual.line_ids
        if line.kind == "accrued"
    ]


def _minor(record, *names):
    """Amounts of a line or reversal in minor units: its own currency's, then the company's."""
    digits = (record.currency_id.decimal_places, record.company_id.currency_id.decimal_places)
    return [
        int(Decimal(f"{record[name]:.{places}f}").scaleb(places))
        for name, places in zip(names, digits, strict=True)
    ]


def turned(pairs):
    return [(line, -amount, -balance, -quantity) for line, amount, balance, quantity in pairs]
