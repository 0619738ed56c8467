"""Pay stage: a bill that is blocked is not paid, whichever route the payment takes.

Whatever pays a bill ends in one of two tables: a partial reconciliation, or the link between a payment
and the bills it pays. Both are guarded where they are written, so neither a wizard, a bank statement, an
import, a remote call nor superuser mode gets round them. A payment on account stays possible; it cannot
be matched with a blocked bill.
"""

from odoo import Command, api, models
from odoo.exceptions import UserError

from ..setup.changes import differs
from ..threeway.ecom_threeway_facts import BILLS

# What says that a bill is paid is computed from reconciliations; nobody states it.
SAYS_PAID = {
    "payment_state",
    "amount_residual",
    "amount_residual_signed",
    "status_in_payment",
}
UNPAID = ("not_paid", "blocked", "draft", "cancel")
ITEM_SAYS_PAID = {"amount_residual", "amount_residual_currency", "reconciled"}
LINKS = ("matched_payment_ids", "reconciled_payment_ids")
NAMED = 5


class AccountMove(models.Model):
    _inherit = "account.move"

    def _ecom_payment_blocked(self):
        """Those of these entries that may not be paid now.

        Matches them again first, so that no fact that came in by a side door is missed. A bill of orders
        that is not posted was not matched for good, and waits too.
        """
        # Rights of the one who pays do not matter: blocked is blocked.
        bills = self.sudo().filtered(lambda move: move.move_type in BILLS and move.state != "cancel")
        drafts = bills.filtered(lambda move: move.state == "draft" and move.line_ids.purchase_line_id)
        posted = bills.filtered(lambda move: move.state == "posted")
        posted._ecom_threeway("payment")
        blocked = drafts | posted.filtered(lambda move: move.ecom_threeway_state == "blocked")
        return blocked.with_env(self.env)

    def _ecom_refuse_payment(self):
        """:raises UserError: naming the bills among these that are blocked, and why"""
        blocked = self._ecom_payment_blocked()
        if not blocked:
            return
        # Who tries to pay a bill is told its number and why it is blocked.
        named = [
            f"{move.display_name}: {move.ecom_block_reason or self.env._('It is not posted yet.')}"
            for move in blocked[:NAMED].sudo()
        ]
        if len(blocked) > NAMED:
            named.append(self.env._("and %s more", len(blocked) - NAMED))
        raise UserError(self.env._("Blocked for payment:\n%s", "\n".join(named)))

    def _post(self, soft=True):
        """What was paid while the bill was a draft of no order does not pay a bill that is blocked."""
        first = self.filtered(lambda move: move.move_type in BILLS and not move.posted_before)
        posted = super()._post(soft)
        (first & posted).filtered(lambda move: move.ecom_threeway_state == "blocked")._ecom_unpay()
        return posted

    def _ecom_unpay(self):
        # Rights on payments do not matter to the one who posts a bill.
        for move in self.sudo():
            if not (move.matched_payment_ids or move.line_ids.matched_debit_ids):
                continue
            move.matched_payment_ids = [Command.clear()]
            move.line_ids.remove_move_reconcile()
            move._message_log(
                body=self.env._("The bill is blocked: what paid its draft is open again, on account.")
            )

    @api.model_create_multi
    def create(self, vals_list):
        moves = super().create(vals_list)
        if any(set(LINKS) & set(vals) for vals in vals_list):
            moves.filtered(lambda move: any(move[name] for name in LINKS))._ecom_refuse_payment()
        return moves

    def write(self, vals):
        said = {name for name in SAYS_PAID & set(vals) if vals[name] not in UNPAID}
        if said:
            _stated(self, vals, said)._ecom_refuse_payment()
        names = [name for name in LINKS if name in vals]
        before = {move: [move[name] for name in names] for move in self} if names else {}
        result = super().write(vals)
        grown = [
            move.id
            for move, linked in before.items()
            if any(move[name] - payments for name, payments in zip(names, linked, strict=True))
        ]
        self.browse(grown)._ecom_refuse_payment()
        return result

    def action_force_register_payment(self):
        self._ecom_refuse_payment()
        return super().action_force_register_payment()


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def write(self, vals):
        said = ITEM_SAYS_PAID & set(vals)
        if said:
            _stated(self, vals, said).move_id._ecom_refuse_payment()
        return super().write(vals)


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        self._ecom_refuse(
            [
                (
                    vals.get("debit_move_id"),
                    vals.get("credit_move_id"),
                    vals.get("debit_amount_currency"),
                    vals.get("credit_amount_currency"),
                )
                for vals in vals_list
            ]
        )
        return super().create(vals_list)

    def write(self, vals):
        result = super().write(vals)
        money = {
            "debit_move_id",
            "credit_move_id",
            "amount",
            "debit_amount_currency",
            "credit_amount_currency",
        }
        if money & set(vals):
            self._ecom_refuse(
                [
                    (
                        partial.debit_move_id.id,
                        partial.credit_move_id.id,
                        partial.debit_amount_currency,
                        partial.credit_amount_currency,
                    )
                    for partial in self
                ]
            )
        return result

    @api.model
    def _ecom_refuse(self, pairs):
        """Refuse pairs (debit item, credit item, and their amounts) that pay a blocked bill.

        Its own credit note may be set against it, and so may the exchange difference of that.
        """
        # The items are looked at whoever reconciles them.
        items = self.env["account.move.line"].sudo()
        ids = {item for pair in pairs for item in pair[:2] if item}
        by_id = {item.id: item for item in items.browse(ids)}
        paid = items
        for debit, credit, debit_amount, credit_amount in pairs:
            sides = ((debit, credit, debit_amount), (credit, debit, credit_amount))
            for ours, theirs, amount in sides:
                if ours and theirs and _pays(by_id[ours], by_id[theirs], amount):
                    paid |= by_id[ours]
        paid.move_id.with_env(self.env)._ecom_refuse_payment()


def _stated(records, vals, names):
    """Those of the records to which these values are news.

    Odoo writes what it computes, too, when totals of tax are entered; reading a field computes the same.
    """
    return records.filtered(lambda record: any(differs(record, name, vals[name]) for name in names))


def _pays(item, other, amount):
    """Whether matching a bill's item with another one settles the bill by something but its credit note."""
    bill, entry = item.move_id, other.move_id
    if bill.move_type not in BILLS or not (
        item.display_type == "payment_term" or item.account_id.account_type == "liability_payable"
    ):
        return False
    if _takes_back(entry, bill):
        return False
    # An exchange difference moves no money of the bill's own currency.
    exchange = entry.journal_id == bill.company_id.currency_exchange_journal_id
    foreign = item.currency_id != item.company_currency_id
    return not (exchange and foreign and not amount and not other.amount_currency)


def _takes_back(entry, bill):
    """Whether an entry is a credit note of the bill, and of nothing but what the bill has."""
    if entry.move_type != "in_refund" or entry.reversed_entry_id != bill:
        return False
    billed = bill.invoice_line_ids.filtered(lambda line: line.display_type == "product")
    return all(
        line.purchase_line_id <= billed.purchase_line_id
        if line.purchase_line_id
        else line.product_id <= billed.product_id
        for line in entry.invoice_line_ids
        if line.display_type == "product"
    )


class AccountPayment(models.Model):
    _inherit = "account.payment"

    @api.model_create_multi
    def create(self, vals_list):
        payments = super().create(vals_list)
        linked = payments.filtered("invoice_ids")
        if linked:
            linked.invoice_ids._ecom_refuse_payment()
        return payments

    def write(self, vals):
        starts = vals.get("state") in ("in_process", "paid")
        payments = self if "invoice_ids" in vals else self.browse()
        payments |= self.filtered(lambda payment: starts and payment.state in (False, "draft"))
        result = super().write(vals)
        payments.invoice_ids._ecom_refuse_payment()
        return result


# It stands with what it guards.
class AccountPaymentRegister(models.TransientModel):  # pylint: disable=no-wizard-in-models
    _inherit = "account.payment.register"

    def _create_payments(self):
        self.line_ids.move_id._ecom_refuse_payment()
        return super()._create_payments()
