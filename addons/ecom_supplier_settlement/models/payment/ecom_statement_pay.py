"""Pay stage: what of an approved statement is due when, less what is blocked or disputed, and its payment."""

from collections import defaultdict
from decimal import Decimal

from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..statement.ecom_statement import ACCOUNTANT


class EcomStatement(models.Model):
    _inherit = "ecom.statement"

    def _proposal(self):
        """What the documents of this statement still leave to pay, one row per due date of each document.

        :return: list of {item_id, move_id, account_id, due, residual, disputed, blocked, to_pay, payment},
            Decimals, what we owe is positive; residual = disputed + blocked + to_pay. A credit note is a
            negative residual; `payment` marks money that was paid and is not matched with a bill.
        """
        self.ensure_one()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """WITH docs AS (
                       SELECT l.move_id, coalesce(sum(l.amount) FILTER (
                                  WHERE l.state != 'confirmed' OR c.state != 'posted'), 0) AS held
                         FROM ecom_statement_line l LEFT JOIN account_move c ON c.id = l.document_id
                        WHERE l.statement_id = %(id)s AND l.in_ledger AND l.live AND l.move_id IS NOT NULL
                        GROUP BY l.move_id
                       UNION
                       SELECT l.document_id, 0 FROM ecom_statement_line l
                        WHERE l.statement_id = %(id)s AND l.document_id IS NOT NULL AND NOT EXISTS (
                              SELECT 1 FROM ecom_statement_line o WHERE o.move_id = l.document_id
                                 AND o.statement_id = %(id)s AND o.in_ledger))
                   SELECT i.id, i.move_id, i.account_id, coalesce(i.date_maturity, i.date),
                          (-i.amount_residual_currency)::text, docs.held::text,
                          m.origin_payment_id IS NOT NULL OR m.statement_line_id IS NOT NULL
                     FROM docs
                     JOIN account_move_line i ON i.move_id = docs.move_id
                     JOIN account_move m ON m.id = i.move_id AND m.state = 'posted'
                     JOIN account_account a ON a.id = i.account_id AND a.account_type = 'liability_payable'
                     JOIN res_partner p ON p.id = i.partner_id AND p.commercial_partner_id = %(partner)s
                    WHERE i.currency_id = %(currency)s AND i.amount_residual_currency != 0
                    ORDER BY 4 DESC, 1 DESC""",
                id=self.id,
                partner=self.partner_id.id,
                currency=self.currency_id.id,
            )
        )
        found = self.env.cr.fetchall()
        blocked = self._blocked({row[1] for row in found})
        left = {}
        rows = []
        for item_id, move_id, account_id, due, residual, held, payment in found:
            residual = self._exact(residual)
            left.setdefault(move_id, self._exact(held))
            # What is disputed waits at the last due date of its document, so that the first ones can be paid.
            disputed = _least(residual, left[move_id])
            left[move_id] -= disputed
            rest = residual - disputed
            stays = rest if move_id in blocked else Decimal()
            rows.append(
                {
                    "item_id": item_id,
                    "move_id": move_id,
                    "account_id": account_id,
                    "due": due,
                    "residual": residual,
                    "disputed": disputed,
                    "blocked": stays,
                    "to_pay": rest - stays,
                    "payment": payment,
                }
            )
        return rows[::-1]

    def _blocked(self, move_ids):
        """Ids of the documents whose match forbids paying them."""
        moves = self.env["account.move"].browse(sorted(move_ids))
        return set(self.env["ecom.payment.guard"]._blocked(moves).ids)

    def action_pay(self):
        """Open the payment of what is due."""
        self.ensure_one()
        if self.state != "approved":
            raise UserError(self.env._("%s is not approved.", self.name))
        # A dialog that is not stored yet shows what is due as it is computed; of a stored one it is not kept.
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Pay %s", self.name),
            "res_model": "ecom.statement.pay",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_statement_id": self.id, "dialog_size": "extra-large"},
        }

    def _pay(self, journal, day, until=None, net_credits=True):
        """Pay what is due until a day in one payment for each payable account, matched to the unit.

        :param journal: bank or cash journal
        :param day: date of the payment
        :param until: only what is due until this day
        :param net_credits: credit notes and unmatched payments lessen the amount
        :return: account.payment
        :raise UserError: not approved, nothing to pay, or the journal books no payments
        """
        self.ensure_one()
        self._lock()
        if not self.env.user.has_group(ACCOUNTANT):
            raise AccessError(self.env._("Only accountants approve and pay statements."))
        if self.state != "approved":
            raise UserError(self.env._("%s is not approved.", self.name))
        accounts = defaultdict(list)
        for row in self._proposal():
            owed = row["to_pay"] > 0 and (not until or row["due"] <= until)
            if owed or (row["to_pay"] < 0 and net_credits):
                accounts[row["account_id"]].append(row)
        payments = self.env["account.payment"]
        for rows in accounts.values():
            payments |= self._pay_account(rows, journal, day)
        if not payments and not accounts:
            raise UserError(self.env._("Nothing of %s is due, free and undisputed.", self.name))
        self._refresh_paid()
        return payments

    def _pay_account(self, rows, journal, day):
        """Net the credits of one account against its bills, then pay the rest."""
        match, pairs = self.env["ecom.payment.match"], []
        owed = [[row["item_id"], row["to_pay"]] for row in rows if row["to_pay"] > 0]
        for row in rows:
            credit = -row["to_pay"]
            for bill in owed if credit > 0 else ():
                part = min(bill[1], credit)
                if part:
                    pairs.append((row["item_id"], bill[0], part))
                    bill[1] -= part
                    credit -= part
        match._reconcile_pairs(pairs)
        owed = [bill for bill in owed if bill[1]]
        if not owed:
            return self.env["account.payment"]
        payment = self.env["account.payment"].create(
            self._payment_values(sum(amount for _item, amount in owed), rows[0]["account_id"], journal, day)
        )
        payment.action_post()
        counterpart = payment.move_id.line_ids.filtered(
            lambda line: line.account_id.id == rows[0]["account_id"]
        )
        if not counterpart:
            raise UserError(
                self.env._(
                    "%s has no outstanding payments account, so its payments are not booked.", journal.name
                )
            )
        match._reconcile_pairs([(counterpart.id, item_id, amount) for item_id, amount in owed])
        payment.message_post(body=self.env._("Pays the statement %s.", self.name))
        self.message_post(
            body=self.env._(
                "Paid %(amount)s: %(payment)s.",
                amount=self.currency_id.format(payment.amount),
                payment=payment.name or "",
            )
        )
        return payment

    def _payment_values(self, amount, account_id, journal, day):
        return {
            "payment_type": "outbound",
            "partner_type": "supplier",
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "amount": float(amount),
            "date": day,
            "journal_id": journal.id,
            "memo": self.name,
            "destination_account_id": account_id,
        }

    def _refresh_paid(self):
        """Approved statements with nothing left but disputes are paid; others are not."""
        for statement in self:
            statement.invalidate_recordset(["document_ids"])
            drafts = statement.document_ids.filtered(lambda move: move.state == "draft")
            left = any(row["to_pay"] or row["blocked"] for row in statement._proposal() if not row["payment"])
            done = not left and not drafts
            if done and statement.state == "approved":
                statement._move_to("paid")
            elif not done and statement.state == "paid":
                statement._move_to("approved")


def _least(residual, held):
    """The part of a residual that a held amount covers, of the residual's sign."""
    if residual * held <= 0:
        return Decimal()
    return min(residual, held) if residual > 0 else max(residual, held)
