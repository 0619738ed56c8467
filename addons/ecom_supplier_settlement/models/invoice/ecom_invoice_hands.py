"""Invoice stage: everybody who had a hand in an invoice, so that nobody lets pass what is their own."""

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..setup.bills import BILL_FACTS, bills_and_credits

# Who writes one of these makes the invoice say something else. What payments and mails write does not.
HAND_FACTS = BILL_FACTS | {
    *("ref", "payment_reference", "date", "invoice_date_due", "invoice_payment_term_id", "journal_id"),
    *("move_type", "fiscal_position_id", "partner_bank_id", "tax_totals", "auto_post", "state"),
    *("ecom_einvoice_number", "ecom_duplicate_reason"),
}


class EcomInvoiceHands(models.AbstractModel):
    """Notes who entered or changed an invoice when it is written."""

    _name = "ecom.invoice.hands"
    _description = "Hands in Invoices"

    @api.model
    def _refuse_named(self, vals):
        if "ecom_hand_ids" in vals:
            raise UserError(self.env._("Who entered or changed an invoice is noted by itself."))

    @api.model
    def _move_changes(self, moves, vals):
        if not HAND_FACTS.isdisjoint(vals):
            self._note(moves)

    @api.model
    def _note(self, moves):
        """The user had a hand in these, also where the program acts with more rights than theirs."""
        bills = bills_and_credits(moves)
        if bills:
            self.env.execute_query(
                SQL(
                    "INSERT INTO ecom_bill_hand_rel (move_id, user_id) SELECT unnest(%s), %s "
                    "ON CONFLICT DO NOTHING RETURNING move_id",
                    bills.ids,
                    self.env.uid,
                )
            )
            bills.invalidate_recordset(["ecom_hand_ids"])

    @api.model
    def _of(self, move):
        """Everybody who entered, ever changed or posted the invoice or one of its lines."""
        move.ensure_one()
        lines = move.invoice_line_ids
        # Invoices of before hands were noted know who changed them last.
        noted = move.ecom_hand_ids or move.write_uid | lines.write_uid
        return move.create_uid | noted | move.ecom_posted_by_id | lines.create_uid
