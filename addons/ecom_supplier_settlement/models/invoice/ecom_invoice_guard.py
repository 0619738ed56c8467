"""Invoice stage: no invoice is booked twice, by its e-invoice number or by its reference and amount."""

import re

from odoo import api, models
from odoo.exceptions import UserError, ValidationError

from ..setup.bills import bills_and_credits


class EcomInvoiceGuard(models.AbstractModel):
    """Names the invoice that is there already; the indexes of the entry are what forbids a second one."""

    _name = "ecom.invoice.guard"
    _description = "Invoices That Are There Already"

    # --- the same e-invoice number -------------------------------------------------

    @api.model
    def _plain_number(self, vals):
        """The values with the number of an e-invoice as it is stored."""
        if "ecom_einvoice_number" not in vals:
            return vals
        return {**vals, "ecom_einvoice_number": (vals["ecom_einvoice_number"] or "").strip() or False}

    @api.model
    def _refuse_new_number(self, vals):
        if vals.get("ecom_einvoice_number"):
            journal = self.env["account.journal"].browse(vals.get("journal_id") or ())
            company = self.env["res.company"].browse(vals.get("company_id") or ())
            self._refuse_number(
                company or journal.company_id or self.env.company, vals["ecom_einvoice_number"]
            )

    @api.model
    def _move_changes(self, moves, vals):
        if not vals.get("ecom_einvoice_number") and vals.get("state", "cancel") == "cancel":
            return
        for move in moves:
            number = vals.get("ecom_einvoice_number", move.ecom_einvoice_number)
            if number and (number != move.ecom_einvoice_number or move.state == "cancel"):
                self._refuse_number(move.company_id, number, move)

    def _refuse_number(self, company, number, move=()):
        twin = self._einvoice_twins(company, number).filtered(lambda twin: twin not in move)
        if twin:
            raise ValidationError(self._twin_text(twin[0]))

    @api.model
    def _einvoice_twins(self, company, number):
        """Invoices of this e-invoice that are not cancelled."""
        # An invoice that the user may not see is an invoice all the same.
        moves = self.env["account.move"].sudo()
        return moves.search(
            [
                ("company_id", "=", company.id),
                ("ecom_einvoice_number", "=", number),
                ("state", "!=", "cancel"),
            ]
        )

    @api.model
    def _twin_text(self, twin):
        return self.env._(
            "E-invoice %(number)s is invoice %(bill)s of %(supplier)s already (%(total)s, %(day)s). "
            "Cancel that one first, or leave this one out.",
            number=twin.ecom_einvoice_number,
            bill=twin.name if twin.name and twin.name != "/" else self.env._("(draft %s)", twin.id),
            supplier=twin.partner_id.display_name,
            total=twin.currency_id.format(twin.amount_total),
            day=twin.invoice_date or "",
        )

    # --- the same reference and amount -----------------------------------------------

    @api.model
    def _before_post(self, moves):
        """Refuse what is booked already; a person who knows better writes the reason on the invoice."""
        bills = bills_and_credits(moves).filtered(lambda move: move.state == "draft")
        for move in bills:
            if not move.ecom_duplicate_reason:
                self._refuse_reference(move)
            key = "" if move.ecom_duplicate_reason else plain_reference(move.ref)
            move.ecom_reference_key = key or False
        # The database must know the keys before any of the invoices is posted.
        bills.flush_recordset(["ecom_reference_key"])

    def _refuse_reference(self, move):
        twins = self._reference_twins(
            move.company_id, move.partner_id, move.move_type, move.ref, move.currency_id, move.amount_total
        )
        twin = (twins - move).filtered(lambda twin: twin.state == "posted")[:1]
        if twin:
            raise UserError(
                self.env._(
                    "%(supplier)s has invoice %(bill)s with the reference %(ref)s and the same amount "
                    "already. Cancel one of them, or write on this one why it is not a duplicate.",
                    supplier=move.commercial_partner_id.display_name,
                    bill=twin.name,
                    ref=move.ref,
                )
            )

    @api.model
    def _reference_twins(self, company, partner, move_type, reference, currency, total):
        """Invoices, drafts too, of one supplier with this reference, currency and amount; not cancelled."""
        # An invoice that the user may not see is an invoice all the same.
        moves = self.env["account.move"].sudo()
        plain = plain_reference(reference)
        if not plain:
            return moves
        found = moves.search(
            [
                ("company_id", "=", company.id),
                ("commercial_partner_id", "=", partner.commercial_partner_id.id),
                ("move_type", "=", move_type),
                ("currency_id", "=", currency.id),
                ("state", "!=", "cancel"),
                ("ref", "!=", False),
                ("amount_total", "=", currency.round(total)),
            ]
        )
        return found.filtered(lambda move: plain_reference(move.ref) == plain)


def plain_reference(reference):
    """A reference as it is compared: letters and digits, upper case, "" when there are none."""
    return re.sub(r"[\W_]", "", reference or "").upper()
