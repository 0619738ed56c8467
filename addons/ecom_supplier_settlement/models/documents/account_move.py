"""Odoo's entry: what the stages store on it, and in which order they act when one is written.

The steps themselves stand in the rooms of their stages; most of them look at vendor invoices alone.
"""

from functools import partial

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

from ..invoice.ecom_invoice_intake import EINVOICE, INVOICE_LIST, LISTS
from ..setup.bills import BILLS, BILLS_AND_CREDITS, bills_and_credits
from ..setup.changes import without
from ..threeway.ecom_threeway_result import THREEWAY_STATES, reason_texts

# What a stage alone says of an entry; no default of a context or a user is a way in either.
SEALED = {"ecom_threeway_state", "ecom_posted_by_id", "ecom_hand_ids", "ecom_settles_terms"}


class AccountMove(models.Model):
    _inherit = "account.move"

    # Invoice
    ecom_einvoice_number = fields.Char(
        "E-Invoice Number", size=20, copy=False, help="The 20 digits of a fully digital invoice."
    )
    ecom_intake_source = fields.Selection(
        [("upload", "Upload"), ("email", "E-Mail"), ("portal", "Portal")],
        "Received Through",
        copy=False,
        readonly=True,
        groups="base.group_user",
    )
    ecom_duplicate_reason = fields.Char(
        "Not a Duplicate Because",
        copy=False,
        tracking=True,
        help="Why an invoice with the reference and amount of another one is booked all the same.",
        groups="base.group_user",
    )
    ecom_reference_key = fields.Char(readonly=True, copy=False, groups="base.group_user")
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
    # Three-way match
    ecom_threeway_state = fields.Selection(
        THREEWAY_STATES,
        "Match State",
        readonly=True,
        copy=False,
        # Most entries are no vendor invoices; theirs is empty, like that of one that was never matched.
        index="btree_not_null",
        groups="base.group_user",
    )
    ecom_threeway_result_ids = fields.One2many(
        "ecom.threeway.result",
        "move_id",
        "Match Results",
        readonly=True,
        domain=[("superseded", "=", False)],
        groups="base.group_user",
    )
    ecom_release_ids = fields.One2many(
        "ecom.threeway.release", "move_id", "Releases", readonly=True, groups="base.group_user"
    )
    ecom_posted_by_id = fields.Many2one(
        "res.users", "Posted By", readonly=True, copy=False, groups="base.group_user"
    )
    ecom_document_total = fields.Monetary(
        "Supplier's Total",
        copy=False,
        tracking=True,
        help="What the supplier wrote below the invoice, tax included. Empty: it is not compared.",
    )
    ecom_block_reason = fields.Char(
        "Why It Is Blocked", compute="_compute_ecom_block_reason", groups="base.group_user"
    )
    # Terms
    ecom_settles_terms = fields.Boolean(
        "Settles Supplier Terms",
        readonly=True,
        copy=False,
        help="Made from a rebate or claim: no purchase.",
        groups="base.group_user",
    )

    _ecom_einvoice_digits = models.Constraint(
        "CHECK (ecom_einvoice_number ~ '^[0-9]{20}$')", "An e-invoice number has 20 digits."
    )
    _ecom_einvoice_once = models.UniqueIndex(
        "(company_id, ecom_einvoice_number) WHERE ecom_einvoice_number IS NOT NULL AND state != 'cancel'",
        "This e-invoice is entered already.",
    )
    _ecom_reference_once = models.UniqueIndex(
        "(company_id, commercial_partner_id, move_type, ecom_reference_key, currency_id, amount_total) "
        "WHERE ecom_reference_key IS NOT NULL AND state = 'posted'",
        "There is an invoice of this supplier with the same reference and amount already.",
    )

    @api.constrains("ecom_einvoice_number", "move_type")
    def _check_ecom_einvoice_number(self):
        for move in self:
            if move.ecom_einvoice_number and move.move_type not in BILLS_AND_CREDITS:
                raise ValidationError(
                    self.env._("%s is not a vendor invoice and has no e-invoice number.", move.display_name)
                )

    @api.depends("ecom_threeway_state", "ecom_threeway_result_ids.reasons")
    @api.depends_context("lang")
    def _compute_ecom_block_reason(self):
        texts = reason_texts(self.env)
        for move in self:
            move.ecom_block_reason = False
            if move.ecom_threeway_state in ("blocked", "released", "warning"):
                # Whoever sees the invoice is told why it waits; the evidence itself has its own rights.
                said = {
                    code for row in move.sudo().ecom_threeway_result_ids for code in row.reasons.split(",")
                }
                move.ecom_block_reason = " ".join(text for code, text in texts.items() if code in said)

    def _compute_reconciled_payment_ids(self):
        # A buyer opens the invoice that waits for an answer and may not read payments, which Odoo counts.
        return super(AccountMove, self.sudo())._compute_reconciled_payment_ids()

    # --- made, written, deleted ----------------------------------------------------

    @api.model
    def default_get(self, fields_list):
        return without(super().default_get(fields_list), SEALED)

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [self._ecom_new(vals) for vals in vals_list]
        moves = super().create(vals_list)
        self.env["ecom.invoice.hands"]._note(moves)
        self.env["ecom.payment.guard"]._moves_created(moves, vals_list)
        return moves

    def _ecom_new(self, vals):
        """The values of a new entry, checked; whoever says nothing of ours gets them back as they are."""
        self.env["ecom.threeway.guard"]._refuse_stated(vals)
        self.env["ecom.invoice.hands"]._refuse_named(vals)
        vals = self.env["ecom.invoice.guard"]._plain_number(vals)
        self.env["ecom.invoice.guard"]._refuse_new_number(vals)
        sealed = self.env["ecom.supplier.due"]._is_sealed()
        return without(vals, SEALED if sealed else SEALED - {"ecom_settles_terms"})

    def write(self, vals):
        vals = self.env["ecom.invoice.guard"]._plain_number(vals)
        self.env["ecom.invoice.hands"]._refuse_named(vals)
        self.env["ecom.terms.guard"]._move_changes(self, vals)
        self.env["ecom.invoice.guard"]._move_changes(self, vals)
        self.env["ecom.statement.guard"]._move_changes(self, vals)
        paid_before = self.env["ecom.payment.guard"]._move_changes(self, vals)
        credited_before = self.env["ecom.threeway.guard"]._move_changes(self, vals)
        self.env["ecom.invoice.hands"]._move_changes(self, vals)
        result = super().write(vals)
        self.env["ecom.threeway.guard"]._move_changed(self, vals, credited_before)
        self.env["ecom.payment.guard"]._move_changed(paid_before)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_no_evidence(self):
        self.env["ecom.accrual.guard"]._refuse(self)
        self.env["ecom.threeway.guard"]._refuse_unlink(self)
        self.env["ecom.statement.guard"]._refuse(self.ids)

    def unlink(self):
        ids, order_lines = self.ids, bills_and_credits(self).line_ids.purchase_line_id.ids
        result = super().unlink()
        self.env["ecom.threeway.matcher"]._match_bills_of(order_lines, "bill")
        self.env["ecom.statement.guard"]._forget(ids)
        return result

    # --- posted and taken back -------------------------------------------------------

    def _post(self, soft=True):
        self.env["ecom.invoice.guard"]._before_post(self)
        self.env["ecom.threeway.guard"]._before_post(self)
        first = self.filtered(lambda move: move.move_type in BILLS and not move.posted_before)
        posted = super()._post(soft)
        bills = bills_and_credits(posted)
        if bills:
            # The match says what is blocked, and only what is not blocked stays paid.
            self.env["ecom.threeway.guard"]._after_post(bills)
            self.env["ecom.payment.guard"]._after_post(first & posted)
            self.env["ecom.accrual.guard"]._after_post(bills)
        self.env["ecom.terms.guard"]._after_post(posted)
        return posted

    def button_draft(self):
        self.env["ecom.terms.guard"]._refuse_accrued(self)
        self.env["ecom.accrual.guard"]._refuse(self)
        result = super().button_draft()
        self.env["ecom.threeway.guard"]._after_leave(self)
        self.env["ecom.accrual.guard"]._after_draft(self)
        self.env["ecom.terms.guard"]._after_draft(self)
        return result

    def button_cancel(self):
        self.env["ecom.accrual.guard"]._refuse(self)
        result = super().button_cancel()
        self.env["ecom.threeway.guard"]._after_leave(self)
        return result

    def _reverse_moves(self, default_values_list=None, cancel=False):
        self.env["ecom.terms.guard"]._refuse_accrued(self)
        reversals = super()._reverse_moves(default_values_list, cancel=cancel)
        self.env["ecom.terms.guard"]._after_reverse(self)
        return reversals

    def action_force_register_payment(self):
        # A supplier may read its own invoices; whoever pays may write them.
        self.check_access("write")
        self.env["ecom.payment.guard"]._refuse(self)
        return super().action_force_register_payment()

    # --- Odoo's ways in for a supplier's file: journal upload, mail alias, drop on an invoice ---

    @api.model
    def _get_import_file_type(self, file_data):
        if self.env["ecom.invoice.intake"]._is_einvoice(file_data["raw"] or b""):
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
        """Files of ours are read by us; what Odoo reads of vendor invoices is checked and completed by us."""
        intake = self.env["ecom.invoice.intake"]
        kind = file_data["import_file_type"]
        is_bill = (
            self.move_type in BILLS_AND_CREDITS
            or self.move_type == "entry"
            and self.journal_id.type == "purchase"
        )
        if kind in (EINVOICE, INVOICE_LIST) and (not self or is_bill):
            return {"priority": 30 if kind == EINVOICE else 5, "decoder": intake._decode}
        found = super()._get_edi_decoder(file_data, new)
        if not found or not found.get("priority") or file_data.get("xml_tree") is None:
            return found
        if self and not is_bill:
            return found
        return {**found, "decoder": partial(intake._decode_by_odoo, found["decoder"])}

    def _extend_with_attachments(self, files_data, new=False):
        result = super()._extend_with_attachments(files_data, new)
        if new and result:
            self.env["ecom.invoice.intake"]._complete(self, files_data)
        return result

    def _autopost_bill(self):
        """An invoice that a file made waits for a person."""
        if not self.ecom_intake_source:
            return super()._autopost_bill()

    # --- buttons -------------------------------------------------------------------------

    def action_ecom_link_lines(self):
        """Look again for products and order lines of the lines that have none."""
        for move in bills_and_credits(self).filtered(lambda move: move.state == "draft"):
            self.env["ecom.invoice.linker"]._link(move)

    def action_ecom_threeway(self):
        """Match again, by the policies of today; of a draft it is a preview."""
        if self.env.user.share:
            raise AccessError(self.env._("Suppliers do not match invoices."))
        self.check_access("read")
        self.env["ecom.threeway.matcher"]._match(self, "manual")
        return True

    def action_ecom_release(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Release Blocked Invoices"),
            "res_model": "ecom.invoice.release",
            "view_mode": "form",
            "target": "new",
            "context": {"active_model": "account.move", "active_ids": self.ids},
        }
