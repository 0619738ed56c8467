"""Pay stage: an invoice that is blocked is not paid, whichever route the payment takes.

Whatever pays an invoice ends in one of two tables: a partial reconciliation, or the link between a payment
and the invoices it pays. Both are guarded where they are written, so neither a wizard, a bank statement, an
import, a remote call nor superuser mode gets round them. A payment on account stays possible; it cannot
be matched with a blocked invoice.
"""

from odoo import Command, api, models
from odoo.exceptions import UserError

from ..setup.bills import BILLS, posted
from ..setup.changes import differs

# What says that an invoice is paid is computed from reconciliations; nobody states it.
SAYS_PAID = {
    "payment_state",
    "amount_residual",
    "amount_residual_signed",
    "status_in_payment",
}
UNPAID = ("not_paid", "blocked", "draft", "cancel")
ITEM_SAYS_PAID = {"amount_residual", "amount_residual_currency", "reconciled"}
LINKS = ("matched_payment_ids", "reconciled_payment_ids")
PAIR_FACTS = {"debit_move_id", "credit_move_id", "amount", "debit_amount_currency", "credit_amount_currency"}
NAMED = 5


class Paying:
    """What one payment knows so far, in the context while that is made; no caller from outside can send it.

    free: ids of entries that are known not to be blocked, so that each is asked once
    statements: ids of those whose documents were matched, so that each is looked at once, at the end
    """

    def __init__(self):
        self.free = set()
        self.statements = set()

    @staticmethod
    def of(env):
        """The payment that is being made, or None."""
        paying = env.context.get("ecom_paying")
        return paying if isinstance(paying, Paying) else None


class EcomPaymentGuard(models.AbstractModel):
    """Refuses what would pay a blocked invoice, and takes back what paid it as a draft."""

    _name = "ecom.payment.guard"
    _description = "Payments of Blocked Invoices"

    @api.model
    def _blocked(self, moves):
        """Those of these entries that may not be paid now.

        Matches them again first, so that no fact that came in by a side door is missed. An invoice of orders
        that is not posted was not matched for good, and waits too.
        """
        # Rights of the one who pays do not matter: blocked is blocked.
        bills = moves.sudo().filtered(lambda move: move.move_type in BILLS and move.state != "cancel")
        paying = Paying.of(self.env)
        if paying:
            bills = bills.filtered(lambda move: move.id not in paying.free)
        drafts = bills.filtered(lambda move: move.state == "draft" and move.line_ids.purchase_line_id)
        booked = posted(bills)
        self.env["ecom.threeway.matcher"]._match(booked, "payment")
        blocked = drafts | booked.filtered(lambda move: move.ecom_threeway_state == "blocked")
        return blocked.with_env(moves.env)

    @api.model
    def _refuse(self, moves):
        """:raises UserError: naming the invoices among these that are blocked, and why"""
        blocked = self._blocked(moves)
        if not blocked:
            return
        # Who tries to pay an invoice is told its number and why it is blocked.
        named = [
            f"{move.display_name}: {move.ecom_block_reason or self.env._('It is not posted yet.')}"
            for move in blocked[:NAMED].sudo()
        ]
        if len(blocked) > NAMED:
            named.append(self.env._("and %s more", len(blocked) - NAMED))
        raise UserError(self.env._("Blocked for payment:\n%s", "\n".join(named)))

    # --- entries and their items -----------------------------------------------------

    @api.model
    def _moves_created(self, moves, vals_list):
        if any(name in vals for vals in vals_list for name in LINKS):
            self._refuse(moves.filtered(lambda move: any(move[name] for name in LINKS)))

    @api.model
    def _move_changes(self, moves, vals):
        """:return: {entry: its payments until now}, for `_move_changed`"""
        said = {name for name in SAYS_PAID.intersection(vals) if vals[name] not in UNPAID}
        if said:
            self._refuse(_stated(moves, vals, said))
        names = [name for name in LINKS if name in vals]
        return {move: {name: move[name] for name in names} for move in moves} if names else {}

    @api.model
    def _move_changed(self, before):
        grown = [move.id for move, linked in before.items() if any(move[it] - linked[it] for it in linked)]
        self._refuse(self.env["account.move"].browse(grown))

    @api.model
    def _items_change(self, items, vals):
        said = ITEM_SAYS_PAID.intersection(vals)
        if said:
            self._refuse(_stated(items, vals, said).move_id)

    @api.model
    def _after_post(self, bills):
        """What was paid while an invoice was a draft of no order does not pay it once it is blocked.

        :param bills: those that are posted for the first time, and matched
        """
        # Rights on payments do not matter to the one who posts an invoice.
        for move in bills.sudo().filtered(lambda move: move.ecom_threeway_state == "blocked"):
            if not (move.matched_payment_ids or move.line_ids.matched_debit_ids):
                continue
            move.matched_payment_ids = [Command.clear()]
            move.line_ids.remove_move_reconcile()
            move._message_log(
                body=self.env._("The invoice is blocked: what paid its draft is open again, on account.")
            )

    # --- what pays -----------------------------------------------------------------------

    @api.model
    def _payments_created(self, payments):
        linked = payments.filtered("invoice_ids")
        if linked:
            self._refuse(linked.invoice_ids)

    @api.model
    def _payments_change(self, payments, vals):
        """:return: payments that get other invoices, or begin to count"""
        starts = vals.get("state") in ("in_process", "paid")
        concerned = payments if "invoice_ids" in vals else payments.browse()
        return concerned | payments.filtered(lambda payment: starts and payment.state in (False, "draft"))

    @api.model
    def _partials_create(self, vals_list):
        names = ("debit_move_id", "credit_move_id", "debit_amount_currency", "credit_amount_currency")
        self._refuse_pairs([tuple(vals.get(name) for name in names) for vals in vals_list])

    @api.model
    def _partials_changed(self, partials, vals):
        if not PAIR_FACTS.isdisjoint(vals):
            self._refuse_pairs(
                [
                    (
                        partial.debit_move_id.id,
                        partial.credit_move_id.id,
                        partial.debit_amount_currency,
                        partial.credit_amount_currency,
                    )
                    for partial in partials
                ]
            )

    def _refuse_pairs(self, pairs):
        """Refuse pairs (debit item, credit item, and their amounts) that pay a blocked invoice.

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
        self._refuse(paid.move_id.with_env(self.env))


def _stated(records, vals, names):
    """Those of the records to which these values are news.

    Odoo writes what it computes, too, when totals of tax are entered; reading a field computes the same.
    """
    return records.filtered(lambda record: any(differs(record, name, vals[name]) for name in names))


def _pays(item, other, amount):
    """Whether matching an invoice's item with another one settles it by something but its credit note."""
    bill, entry = item.move_id, other.move_id
    if bill.move_type not in BILLS or not (
        item.display_type == "payment_term" or item.account_id.account_type == "liability_payable"
    ):
        return False
    if _takes_back(entry, bill):
        return False
    # An exchange difference moves no money of the invoice's own currency.
    exchange = entry.journal_id == bill.company_id.currency_exchange_journal_id
    foreign = item.currency_id != item.company_currency_id
    return not (exchange and foreign and not amount and not other.amount_currency)


def _takes_back(entry, bill):
    """Whether an entry is a credit note of the invoice, and of nothing but what the invoice has."""
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
