"""Invoice stage: vendor bills carry the number of their e-invoice, and no invoice is booked twice."""

import re
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..invoice.ecom_invoice_intake import BILLS, EINVOICE, INVOICE_LIST, LISTS


class AccountMove(models.Model):
    _inherit = "account.move"

    ecom_einvoice_number = fields.Char(
        "E-Invoice Number", size=20, copy=False, help="The 20 digits of a fully digital invoice."
    )
    ecom_intake_source = fields.Selection(
        [("upload", "Upload"), ("email", "E-Mail"), ("portal", "Portal")],
        "Came by",
        copy=False,
        readonly=True,
        groups="base.group_user",
    )
    ecom_duplicate_reason = fields.Char(
        "Not a Duplicate Because",
        copy=False,
        tracking=True,
        help="Why a bill with the reference and amount of another one is booked all the same.",
        groups="base.group_user",
    )
    ecom_reference_key = fields.Char(readonly=True, copy=False, groups="base.group_user")

    _ecom_einvoice_digits = models.Constraint(
        "CHECK (ecom_einvoice_number ~ '^[0-9]{20}$')", "An e-invoice number has 20 digits."
    )
    _ecom_einvoice_once = models.UniqueIndex(
        "(company_id, ecom_einvoice_number) WHERE ecom_einvoice_number IS NOT NULL AND state != 'cancel'",
        "There is a bill of this e-invoice already.",
    )
    _ecom_reference_once = models.UniqueIndex(
        "(company_id, commercial_partner_id, move_type, ecom_reference_key, currency_id, amount_total) "
        "WHERE ecom_reference_key IS NOT NULL AND state = 'posted'",
        "There is a bill of this supplier with the same reference and amount already.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [self._ecom_plain_number(vals) for vals in vals_list]
        for vals in vals_list:
            if vals.get("ecom_einvoice_number"):
                journal = self.env["account.journal"].browse(vals.get("journal_id") or ())
                company = self.env["res.company"].browse(vals.get("company_id") or ())
                self._ecom_refuse_number(
                    company or journal.company_id or self.env.company, vals["ecom_einvoice_number"]
                )
        return super().create(vals_list)

    def write(self, vals):
        vals = self._ecom_plain_number(vals)
        if vals.get("ecom_einvoice_number") or vals.get("state", "cancel") != "cancel":
            for move in self:
                number = vals.get("ecom_einvoice_number", move.ecom_einvoice_number)
                if number and (number != move.ecom_einvoice_number or move.state == "cancel"):
                    move._ecom_refuse_number(move.company_id, number)
        return super().write(vals)

    @api.model
    def _ecom_plain_number(self, vals):
        if "ecom_einvoice_number" not in vals:
            return vals
        return {**vals, "ecom_einvoice_number": (vals["ecom_einvoice_number"] or "").strip() or False}

    def _ecom_refuse_number(self, company, number):
        """Name the bill that has the number already; the index is what forbids it."""
        twin = self._ecom_einvoice_twin(company, number) - self
        if twin:
            raise ValidationError(self._ecom_twin_text(twin[0]))

    @api.constrains("ecom_einvoice_number", "move_type")
    def _check_ecom_einvoice_number(self):
        for move in self.filtered(lambda move: move.ecom_einvoice_number and move.move_type not in BILLS):
            raise ValidationError(
                self.env._("%s is not a vendor bill and has no e-invoice number.", move.display_name)
            )

    @api.model
    def _ecom_einvoice_twin(self, company, number):
        """Bills of this e-invoice that are not cancelled."""
        # A bill that the user may not see is a bill all the same.
        return self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("ecom_einvoice_number", "=", number),
                ("state", "!=", "cancel"),
            ]
        )

    def _ecom_twin_text(self, twin):
        return self.env._(
            "E-invoice %(number)s is bill %(bill)s of %(supplier)s already (%(total)s, %(day)s). "
            "Cancel that one first, or leave this one out.",
            number=twin.ecom_einvoice_number,
            bill=twin.name if twin.name and twin.name != "/" else self.env._("(draft %s)", twin.id),
            supplier=twin.partner_id.display_name,
            total=twin.currency_id.format(twin.amount_total),
            day=twin.invoice_date or "",
        )

    # --- the same reference twice --------------------------------------------------

    @api.model
    def _ecom_plain_reference(self, reference):
        """A reference as it is compared: letters and digits, upper case, "" when there are none."""
        return re.sub(r"[\W_]", "", reference or "").upper()

    @api.model
    def _ecom_reference_twins(self, company, partner, move_type, reference, currency, total):
        """Bills, drafts too, of one supplier with this reference, currency and amount; not cancelled."""
        plain = self._ecom_plain_reference(reference)
        if not plain:
            return self.browse()
        # A bill that the user may not see is a bill all the same.
        found = self.sudo().search(
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
        return found.filtered(lambda move: self._ecom_plain_reference(move.ref) == plain)

    def _post(self, soft=True):
        """Refuse what is booked already; a person who knows better writes the reason on the bill."""
        bills = self.filtered(lambda move: move.move_type in BILLS and move.state == "draft")
        for move in bills:
            move._ecom_refuse_reference()
            key = "" if move.ecom_duplicate_reason else move._ecom_plain_reference(move.ref)
            move.ecom_reference_key = key or False
        # The database must know the keys before any of the bills is posted.
        bills.flush_recordset(["ecom_reference_key"])
        return super()._post(soft)

    def _ecom_refuse_reference(self):
        if self.ecom_duplicate_reason:
            return
        twins = self._ecom_reference_twins(
            self.company_id, self.partner_id, self.move_type, self.ref, self.currency_id, self.amount_total
        )
        twin = (twins - self).filtered(lambda move: move.state == "posted")[:1]
        if twin:
            raise UserError(
                self.env._(
                    "%(supplier)s has bill %(bill)s with the reference %(ref)s and the same amount already. "
                    "Cancel one of them, or write on this one why it is not a duplicate.",
                    supplier=self.commercial_partner_id.display_name,
                    bill=twin.name,
                    ref=self.ref,
                )
            )

    def _autopost_bill(self):
        """A bill that a file made waits for a person."""
        if not self.ecom_intake_source:
            return super()._autopost_bill()

    # --- Odoo's ways in: journal upload, mail alias, drop on a bill ---------------------

    @api.model
    def _get_import_file_type(self, file_data):
        intake = self.env["ecom.invoice.intake"]
        if intake._is_einvoice(file_data["raw"] or b""):
            return EINVOICE
        known = super()._get_import_file_type(file_data)
        return known or (INVOICE_LIST if file_data["mimetype"] in LISTS else None)

    @api.model
    def _unwrap_attachment(self, file_data, recurse=True):
        """A ZIP around e-invoices gives its XML; what else is in it stays in the ZIP."""
        inside = super()._unwrap_attachment(file_data, recurse)
        if inside or not (file_data["raw"] or b"").startswith(b"PK"):
            return inside
        members = self.env["ecom.invoice.intake"]._einvoices_in_zip(file_data["name"], file_data["raw"])
        for name, content in members:
            inner = {
                "name": name,
                "raw": content,
                "mimetype": "application/xml",
                "attachment": None,
                "origin_attachment": file_data["origin_attachment"],
                "origin_import_file_type": file_data["origin_import_file_type"],
            }
            inner["xml_tree"] = self._get_xml_tree(inner)
            inner["import_file_type"] = self._get_import_file_type(inner)
            inside.append(inner)
        return inside

    def _get_edi_decoder(self, file_data, new=False):
        kind = file_data["import_file_type"]
        is_bill = self.move_type in BILLS or self.move_type == "entry" and self.journal_id.type == "purchase"
        if kind in (EINVOICE, INVOICE_LIST) and (not self or is_bill):
            return {"priority": 30 if kind == EINVOICE else 5, "decoder": self._ecom_decode}
        found = super()._get_edi_decoder(file_data, new)
        if (
            not found
            or not found.get("priority")
            or file_data.get("xml_tree") is None
            or self
            and not is_bill
        ):
            return found
        return {**found, "decoder": partial(self.env["account.move"]._ecom_decode_checked, found["decoder"])}

    @api.model
    def _ecom_decode_checked(self, decoder, move, file_data, new=False):
        """Let Odoo read an invoice that is ours, and keep what it does not; return why not, if not."""
        intake = self.env["ecom.invoice.intake"]
        purchase = move.move_type in BILLS or move.journal_id.type == "purchase"
        buyer = intake._other_buyer(move, file_data["xml_tree"]) if purchase else None
        if buyer:
            return self.env._(
                "the invoice is made out to the tax number %(buyer)s, another company than %(company)s. "
                "Ask the supplier for a new one, or enter the tax number of your company.",
                buyer=buyer,
                # The name of the company that was meant is no secret of it.
                company=move.sudo().company_id.name,
            )
        reason = decoder(move, file_data, new)
        if not reason and purchase:
            intake._keep_codes(move, file_data["xml_tree"])
        return reason

    def _ecom_decode(self, move, file_data, new=False):
        """Fill a bill that Odoo made for a file; return why not, if not."""
        return self.env["ecom.invoice.intake"]._decode(move, file_data["name"], file_data["raw"])

    def _extend_with_attachments(self, files_data, new=False):
        """Lines of formats that Odoo reads (UBL and others) find their order lines as ours do."""
        result = super()._extend_with_attachments(files_data, new)
        if new and result and self.move_type in BILLS and self.state == "draft":
            if not self.ecom_intake_source:
                self.ecom_intake_source = "email" if self.env.context.get("from_alias") else "upload"
                self.env["ecom.invoice.linker"]._link(self)
                intake = self.env["ecom.invoice.intake"]
                notes = intake._keep_total(self, files_data)
                if notes:
                    intake._say(self, notes)
        return result

    def action_ecom_link_lines(self):
        """Look again for products and order lines of the lines that have none."""
        for move in self.filtered(lambda move: move.state == "draft" and move.move_type in BILLS):
            self.env["ecom.invoice.linker"]._link(move)
