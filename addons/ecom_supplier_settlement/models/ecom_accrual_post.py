"""Invoice stage, at the end of a period: accruals are booked in pairs per order line, taken back singly."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..lib.ecom_settle.accrual import Open, release


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
        move = self._book(self.company_id, self.period_end, self.name, pairs + _turned(reduced))
        self._unseal().write({"move_id": move.id})
        self._go_to("posted")
        self._store_releases([(part, move, self.period_end, None, None) for part in reduced])
        if self.reversal == "next_day":
            day = self.period_end + timedelta(days=1)
            back = self._book(
                self.company_id, day, self.env._("Reversal of %s", self.name), _turned(pairs), move
            )
            self._unseal().write({"reversal_move_id": back.id})
            self._store_releases([(pair, back, day, None, None) for pair in pairs])
        else:
            self._release_rows(self._bills_since())
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
        """Accruals that wait for bills build on the earlier ones."""
        later = self.reversal == "on_bill" and self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("period_end", ">", self.period_end),
                ("state", "=", "posted"),
                ("reversal", "=", "on_bill"),
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
        return self.with_context(self.env["ecom.poster"]._own_context(company))  # pylint: disable=context-overridden

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
        self.env["ecom.poster"]._check_dates(move, [{"date": day}])
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
            for account, sign in ((line.account_id, 1), (line.accrued_account_id, -1))
        ]

    # --- taking back ---------------------------------------------------------------------------

    def _reduced(self):
        """Parts of earlier accruals whose goods went back: (line, amount, balance, quantity)."""
        lines = self.line_ids.filtered(lambda line: line.kind == "reduced")
        open_lines = self._outstanding(lines.purchase_line_id.ids)
        parts = []
        for line in lines:
            found = release(-Decimal(str(line.quantity)), open_lines.get(line.purchase_line_id.id, []))
            parts += [self._part(part) for part in found]
        return parts

    def _part(self, part):
        line = self.env["ecom.accrual.line"].browse(part.key)
        return (line, part.amount, part.balance, part.quantity)

    def _outstanding(self, order_line_ids):
        """{order line id: [Open]} of posted accruals that wait for bills, oldest first, locked."""
        if not order_line_ids:
            return {}
        self.env["ecom.accrual.line"].flush_model()
        self.env["ecom.accrual"].flush_model()
        self.env.cr.execute(
            SQL(
                """SELECT l.id, l.purchase_line_id, l.quantity_open::text, l.amount_open::text,
                          l.balance_open::text, c.decimal_places, own.decimal_places
                     FROM ecom_accrual_line l
                     JOIN ecom_accrual a ON a.id = l.accrual_id
                     JOIN res_currency c ON c.id = l.currency_id
                     JOIN res_company company ON company.id = l.company_id
                     JOIN res_currency own ON own.id = company.currency_id
                    WHERE l.purchase_line_id = ANY(%s) AND l.live AND l.kind = 'accrued'
                      AND l.quantity_open > 0 AND a.state = 'posted' AND a.reversal = 'on_bill'
                    ORDER BY l.period_end, l.id FOR UPDATE OF l""",
                list(order_line_ids),
            )
        )
        found = defaultdict(list)
        for key, order_line, quantity, amount, balance, digits, own in self.env.cr.fetchall():
            found[order_line].append(
                Open(
                    key=key,
                    quantity=Decimal(quantity),
                    amount=int(Decimal(amount).scaleb(digits)),
                    balance=int(Decimal(balance).scaleb(own)),
                )
            )
        return found

    @api.model
    def _release_for(self, bills):
        """Take back what posted bills bill, on each bill's date; called whenever a bill is posted."""
        rows = self._bill_rows(SQL("m.id = ANY(%s)", bills.ids)) if bills else []
        if rows:
            self._release_rows(rows)

    def _bills_since(self):
        """Bill lines after the period end of this accrual's order lines, as far as they took nothing back."""
        order_lines = self.line_ids.filtered(lambda line: line.kind == "accrued").purchase_line_id
        return self._bill_rows(
            SQL("l.purchase_line_id = ANY(%s) AND m.date > %s", order_lines.ids, self.period_end)
        )

    def _clearings_since(self):
        """What was cleared after the period end of this accrual's order lines."""
        return self.env["ecom.purchase.clearing"].search(
            [
                ("purchase_line_id", "in", self.line_ids.purchase_line_id.ids),
                ("day", ">", self.period_end),
                ("state", "=", "cleared"),
            ]
        )

    def _bill_rows(self, where):
        """[(company, bill, bill line, date, order line, quantity)] that may take accruals back, by date."""
        self.env["account.move"].flush_model(["state", "date", "move_type", "company_id"])
        self.env["account.move.line"].flush_model(["purchase_line_id", "quantity", "product_uom_id"])
        self.env["ecom.accrual.release"].flush_model()
        self.env.cr.execute(
            SQL(
                """SELECT m.company_id, m.id, l.id, m.date, l.purchase_line_id,
                          (round(l.quantity::numeric * coalesce(bu.factor, pu.factor)::numeric
                                 / pu.factor::numeric, 6) - coalesce(r.quantity, 0))::text
                     FROM account_move_line l
                     JOIN account_move m ON m.id = l.move_id
                     JOIN purchase_order_line p ON p.id = l.purchase_line_id
                     JOIN uom_uom pu ON pu.id = p.product_uom_id
                     LEFT JOIN uom_uom bu ON bu.id = l.product_uom_id
                     LEFT JOIN LATERAL (SELECT sum(quantity) AS quantity FROM ecom_accrual_release
                                         WHERE bill_line_id = l.id AND live) r ON true
                    WHERE m.state = 'posted' AND m.move_type IN ('in_invoice', 'in_receipt')
                      AND l.display_type = 'product' AND l.quantity > 0 AND %s
                    ORDER BY m.date, m.id, l.id""",
                where,
            )
        )
        return self.env.cr.fetchall()

    def _release_rows(self, rows):
        """Book what the bill lines take back, one entry per bill."""
        open_lines = self._outstanding({row[4] for row in rows})
        by_bill = defaultdict(list)
        for company_id, bill_id, bill_line_id, day, order_line, quantity in rows:
            accruals = open_lines.get(order_line)
            if not accruals or Decimal(quantity) <= 0:
                continue
            parts = release(Decimal(quantity), accruals)
            open_lines[order_line] = _less(accruals, parts)
            by_bill[company_id, bill_id, day] += [(part, bill_line_id) for part in parts]
        for (company_id, bill_id, day), parts in by_bill.items():
            company = self.env["res.company"].browse(company_id)
            own = self._own(company)
            bill = own.env["account.move"].browse(bill_id)
            day = own._open_after(company, day, company._ecom_accrual_journal())
            pairs = [own._part(part) for part, _bill_line in parts]
            title = own.env._("Accrual taken back by %s", bill.name)
            move = own._book(company, day, title, _turned(pairs))
            own._store_releases(
                [
                    (pair, move, day, bill, bill_line)
                    for pair, (_part, bill_line) in zip(pairs, parts, strict=True)
                ]
            )

    @api.model
    def _release_cleared(self, clearing, parts):
        """Book what a cleared quantity difference takes back, on its day or the first open one."""
        company = clearing.company_id
        own = self._own(company)
        day = own._open_after(company, clearing.day, company._ecom_accrual_journal())
        pairs = [own._part(part) for part in parts]
        title = own.env._("Accrual taken back: %s is cleared", clearing.name)
        move = own._book(company, day, title, _turned(pairs))
        own._store_releases([(pair, move, day, None, None) for pair in pairs], clearing)

    def _store_releases(self, found, clearing=None):
        """Store (pair, entry, day, bill, bill line id) and the clearing, if that took them back."""
        self.env["ecom.accrual.release"]._unseal().create(
            [
                {
                    "line_id": line.id,
                    "company_id": line.company_id.id,
                    "bill_id": bill.id if bill else False,
                    "bill_line_id": bill_line,
                    "clearing_id": clearing.id if clearing else False,
                    "move_id": move.id,
                    "day": day,
                    "quantity": float(quantity),
                    "amount": amount / 10**line.currency_id.decimal_places,
                    "balance": balance / 10**line.company_id.currency_id.decimal_places,
                }
                for (line, amount, balance, quantity), move, day, bill, bill_line in found
            ]
        )

    # --- backwards -----------------------------------------------------------------------------

    @api.model
    def _unrelease(self, releases, title, day=None):
        """Accrue again what was taken back, on `day` (else the day it was), or the first open one."""
        for (company, booked), group in releases.grouped(lambda it: (it.company_id, it.day)).items():
            own = self._own(company)
            pairs = [
                (it.line_id.with_env(own.env), *_minor(it, "amount", "balance"), Decimal(str(it.quantity)))
                for it in group
            ]
            on = own._open_after(company, day or booked, company._ecom_accrual_journal())
            own._book(company, on, title, pairs)
        releases._unseal().write({"live": False})

    def _undo(self):
        self.ensure_one()
        if self.state != "posted":
            raise UserError(self.env._("%s is not posted.", self.name))
        self._refuse_later()
        title = self.env._("Undo of %s", self.name)
        releases = self.env["ecom.accrual.release"].search(
            [
                ("live", "=", True),
                "|",
                ("line_id.accrual_id", "=", self.id),
                ("move_id", "=", self.move_id.id or 0),
            ]
        )
        self._unrelease(releases, title)
        own = self._own(self.company_id)
        pairs = [
            (line, *_minor(line, "amount", "balance"), Decimal(str(line.quantity)))
            for line in own.line_ids
            if line.kind == "accrued"
        ]
        day = self._open_after(self.company_id, self.period_end, self.company_id._ecom_accrual_journal())
        own._book(self.company_id, day, title, _turned(pairs), self.move_id)
        self.line_ids._unseal().write({"live": False})
        # At once: the database allows one live line of an order line and period.
        self.line_ids.flush_recordset()
        self._go_to("undone")


def _minor(record, *names):
    """Amounts of a line or release in minor units: its own currency's, then the company's."""
    digits = (record.currency_id.decimal_places, record.company_id.currency_id.decimal_places)
    return [
        int(Decimal(f"{record[name]:.{places}f}").scaleb(places))
        for name, places in zip(names, digits, strict=True)
    ]


def _turned(pairs):
    return [(line, -amount, -balance, -quantity) for line, amount, balance, quantity in pairs]


def _less(accruals, parts):
    """What is left of accruals after parts were taken."""
    taken = {part.key: part for part in parts}
    left = []
    for accrual in accruals:
        part = taken.get(accrual.key)
        if part is None:
            left.append(accrual)
        elif part.quantity < accrual.quantity:
            left.append(
                Open(
                    key=accrual.key,
                    quantity=accrual.quantity - part.quantity,
                    amount=accrual.amount - part.amount,
                    balance=accrual.balance - part.balance,
                )
            )
    return left
