"""Invoice stage: everybody who had a hand in a bill, so that nobody lets pass what is their own."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..threeway.ecom_threeway_facts import MATCHED
from .account_move_threeway import BILL_FACTS, LINE_FACTS

# Who writes one of these makes the bill say something else. What payments and mails write does not.
HAND_FACTS = BILL_FACTS | {
    *("ref", "payment_reference", "date", "invoice_date_due", "invoice_payment_term_id", "journal_id"),
    *("move_type", "fiscal_position_id", "partner_bank_id", "tax_totals", "auto_post", "state"),
    *("ecom_einvoice_number", "ecom_duplicate_reason"),
}


class AccountMove(models.Model):
    _inherit = "account.move"

    ecom_hand_ids = fields.Many2many(
        "res.users",
        "ecom_bill_hand_rel",
        "move_id",
        "user_id",
        "Entered or Changed By",
        context={"active_test": False},
        readonly=True,
        copy=False,
        groups="base.group_user",
    )

    @api.model_create_multi
    def create(self, vals_list):
        if any("ecom_hand_ids" in vals for vals in vals_list):
            self._ecom_refuse_hands()
        moves = super().create([{**vals, "ecom_hand_ids": False} for vals in vals_list])
        moves._ecom_note_hand()
        return moves

    def write(self, vals):
        if "ecom_hand_ids" in vals:
            self._ecom_refuse_hands()
        if HAND_FACTS & set(vals):
            self._ecom_note_hand()
        return super().write(vals)

    def _ecom_refuse_hands(self):
        raise UserError(self.env._("Who entered or changed a bill is noted by itself."))

    def _ecom_note_hand(self):
        """The user, also where the program acts with more rights than theirs."""
        bills = self.filtered(lambda move: move.move_type in MATCHED)
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

    def _ecom_hands(self):
        """Everybody who entered, ever changed or posted the bill or one of its lines."""
        self.ensure_one()
        lines = self.invoice_line_ids
        # Bills of before hands were noted know who changed them last.
        noted = self.ecom_hand_ids or self.write_uid | lines.write_uid
        return self.create_uid | noted | self.ecom_posted_by_id | lines.create_uid


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.move_id._ecom_note_hand()
        return lines

    def write(self, vals):
        if LINE_FACTS & set(vals):
            self.move_id._ecom_note_hand()
        return super().write(vals)

    def unlink(self):
        self.move_id._ecom_note_hand()
        return super().unlink()
