"""Pay stage: what of an approved statement is due when, less what is blocked or disputed, and its payment."""

from collections import defaultdict
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..statement.ecom_statement import ACCOUNTANT
from .ecom_payment_guard import Paying


class EcomStatementPayer(models.AbstractModel):
    _name = "ecom.statement.payer"
    _description = "Payer of Statements"

    @api.model
    def _proposal(self, statement):
        """What the documents of a statement still leave to pay, one row per due date of each document.

        :return: list of {item_id, move_id, account_id, due, residual, disputed, blocked, to_pay, payment},
            Decimals, what we owe is positive; residual = disputed + blocked + to_pay. A credit note is a
            negative residual; `payment` marks money that was paid and is not matched with an invoice.
        """
        rows = self._open(statement)
        moves = self.env["account.move"].browse(sorted({row["move_id"] for row in rows}))
        blocked = set(self.env["ecom.payment.guard"]._blocked(moves).ids)
        paying = Paying.of(self.env)
        if paying:
            paying.free |= set(moves.ids) - blocked
        for row in rows:
            rest = row["residual"] - row["disputed"]
            row["blocked"] = rest if row["move_id"] in blocked else Decimal()
            row["to_pay"] = rest - row["blocked"]
        return rows

    def _open(self, statement):
        """The rows of the proposal without saying what is blocked."""
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
                id=statement.id,
                partner=statement.partner_id.id,
                currency=statement.currency_id.id,
            )
        )
        left = {}
        rows = []
        for item_id, move_id, account_id, due, residual, held, payment in self.env.cr.fetchall():
            residual = statement._exact(residual)
            left.setdefault(move_id, statement._exact(held))
            # What is disputed waits at the last due date of its document, so that the first ones can be paid.
            disputed = _least(residual, left[move_id])
            left[move_id] -= disputed
            rows.append(
                {
                    "item_id": item_id,
                    "move_id": move_id,
                    "account_id": account_id,
                    "due": due,
                    "residual": residual,
                    "disputed": disputed,
                    "payment": payment,
                }
            )
        return rows[::-1]

    @api.model
    def _pay(self, statement, journal, day, until=None, net_credits=True):
        """Pay what is due until a day in one payment for each payable account, matched to the unit.

        :param journal: bank or cash journal
        :param day: date of the payment
        :param until: only what is due until this day
        :param net_credits: credit notes and unmatched payments lessen the amount
        :return: account.payment
        :raise UserError: not approved, nothing to pay, or the journal books no payments
        """
        statement._lock()
        if not self.env.user.has_group(ACCOUNTANT):
            raise AccessError(self.env._("Only accountants approve and pay statements."))
        if statement.state != "approved":
            raise UserError(self.env._("%s is not approved.", statement.name))
        paying = Paying()
        payer = self.with_context(ecom_paying=paying)
        accounts = defaultdict(list)
        for row in payer._proposal(statement):
            owed = row["to_pay"] > 0 and (not until or row["due"] <= until)
            if owed or (row["to_pay"] < 0 and net_credits):
                accounts[row["account_id"]].append(row)
        if not accounts:
            raise UserError(self.env._("Nothing of %s is due, free and undisputed.", statement.name))
        payments = self.env["account.payment"]
        for rows in accounts.values():
            payments |= payer._pay_account(statement, rows, journal, day).with_env(self.env)
        # A document may stand on one statement and settle a line of another; both follow the ledger.
        self._refresh(statement.sudo().browse(paying.statements | {statement.id}))
        return payments

    def _pay_account(self, statement, rows, journal, day):
        """Net the credits of one account against its invoices, then pay the rest."""
        match = self.env["ecom.payment.match"]
        pairs, owed = _netted(rows)
        match._reconcile_pairs(pairs)
        if not owed:
            return self.env["account.payment"]
        account_id = rows[0]["account_id"]
        payment = self.env["account.payment"].create(
            {
                "payment_type": "outbound",
                "partner_type": "supplier",
                "partner_id": statement.partner_id.id,
                "company_id": statement.company_id.id,
                "currency_id": statement.currency_id.id,
                "amount": float(sum(amount for _item, amount in owed)),
                "date": day,
                "journal_id": journal.id,
                "memo": statement.name,
                "destination_account_id": account_id,
            }
        )
        payment.action_post()
        counterpart = payment.move_id.line_ids.filtered(lambda line: line.account_id.id == account_id)
        if not counterpart:
            raise UserError(
                self.env._(
                    "%s has no outstanding payments account, so its payments are not booked.", journal.name
                )
            )
        match._reconcile_pairs([(counterpart.id, item_id, amount) for item_id, amount in owed])
        payment.message_post(body=self.env._("Pays the statement %s.", statement.name))
        statement.message_post(
            body=self.env._(
                "Paid %(amount)s: %(payment)s.",
                amount=statement.currency_id.format(payment.amount),
                payment=payment.name or "",
            )
        )
        return payment

    @api.model
    def _matched(self, moves):
        """These entries were matched, or a match of them was undone: the statements that they are on follow.

        While a statement is paid, that waits for the end.
        """
        # Whoever matches a payment moves the statement; its state follows the ledger and nobody's wish.
        statements = self.env["ecom.statement"].sudo()
        if not moves:
            return
        statements.flush_model(["state"])
        statements.env["ecom.statement.line"].flush_model(["move_id", "document_id", "live"])
        self.env.cr.execute(
            SQL(
                """SELECT DISTINCT s.id
                     FROM ecom_statement_line l JOIN ecom_statement s ON s.id = l.statement_id
                    WHERE l.live AND (l.move_id = ANY(%(moves)s) OR l.document_id = ANY(%(moves)s))
                      AND s.state IN ('approved', 'paid')""",
                moves=moves.ids,
            )
        )
        found = {number for (number,) in self.env.cr.fetchall()}
        paying = Paying.of(self.env)
        if paying:
            paying.statements |= found
        else:
            self._refresh(statements.browse(found))

    @api.model
    def _refresh(self, statements):
        """Approved statements with nothing left but disputes are paid; others are not."""
        for statement in statements:
            if statement.state not in ("approved", "paid"):
                continue
            statement.invalidate_recordset(["document_ids"])
            done = not statement.document_ids.filtered(lambda move: move.state == "draft") and all(
                row["payment"] or row["residual"] == row["disputed"] for row in self._open(statement)
            )
            if done != (statement.state == "paid"):
                statement._go_to("paid" if done else "approved")


def _least(residual, held):
    """The part of a residual that a held amount covers, of the residual's sign."""
    if residual * held <= 0:
        return Decimal()
    return min(residual, held) if residual > 0 else max(residual, held)


def _netted(rows):
    """Set the credits against the invoices, first due first.

    :return: pairs (credit item, invoice item, amount), and [(invoice item, amount)] that is left
    """
    bills = [[row["item_id"], row["to_pay"]] for row in rows if row["to_pay"] > 0]
    pairs = []
    first = 0
    for row in rows:
        credit = -row["to_pay"]
        while credit > 0 and first < len(bills):
            part = min(bills[first][1], credit)
            pairs.append((row["item_id"], bills[first][0], part))
            bills[first][1] -= part
            credit -= part
            first += not bills[first][1]
    return pairs, [(item_id, amount) for item_id, amount in bills[first:]]
