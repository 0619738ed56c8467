"""Statement stage: one line of a statement, whatever it comes from, with its working."""

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.ecom_connectors.models.kernel.bulk_fields import BulkMany2one

from ..terms.working_words import working_html
from .ecom_statement import SIZE_LIMIT, decoded

REASONS = [
    ("price", "Price"),
    ("quantity", "Quantity"),
    ("goods", "Wrong or defective goods"),
    ("terms", "Terms not as agreed"),
    ("double", "Counted twice"),
    ("paid", "Paid already"),
    ("unknown", "Not known to us"),
    ("other", "Other"),
]
TEXT_LIMIT = 4000
FILE_LIMIT = 10


class EcomStatementLine(models.Model):
    """Written by one statement of SQL; people confirm, dispute or comment it and change nothing else.

    A dispute that is accepted keeps its line and names the document that takes back what was wrong.
    """

    _name = "ecom.statement.line"
    _description = "Statement Line"
    _inherit = ["ecom.sealed"]
    _sealed_as = "ecom.statement"
    _order = "statement_id, day, id"
    _check_company_auto = True
    _log_access = False  # the statement says who computed it and when

    # Deleting a statement deletes its lines, deleting a draft document empties their link to it.
    statement_id = BulkMany2one("ecom.statement", required=True, readonly=True, ondelete="cascade")
    # These cannot be deleted while the documents that the lines come from exist.
    company_id = BulkMany2one("res.company", required=True, readonly=True, ondelete="restrict")
    partner_id = BulkMany2one("res.partner", "Supplier", required=True, readonly=True, ondelete="restrict")
    currency_id = BulkMany2one("res.currency", required=True, readonly=True, ondelete="restrict")
    origin = fields.Selection("_origins", required=True, readonly=True)
    day = fields.Date("Date", required=True, readonly=True)
    cutoff = fields.Selection(
        [("before", "Before the period"), ("in", "In the period"), ("after", "After the period")],
        "Cut-off",
        required=True,
        readonly=True,
    )
    res_model = fields.Char("Source Model", required=True, readonly=True)
    res_id = fields.Many2oneReference("Source", model_field="res_model", required=True, readonly=True)
    part = fields.Char(readonly=True, help="Which of several lines of one source it is.")
    move_id = BulkMany2one(
        "account.move", "Document", readonly=True, index="btree_not_null", ondelete="set null"
    )
    move_line_id = BulkMany2one("account.move.line", "Journal Item", readonly=True, ondelete="set null")
    purchase_line_id = BulkMany2one("purchase.order.line", "Order Line", readonly=True, ondelete="restrict")
    order_id = fields.Many2one(related="purchase_line_id.order_id")
    product_id = BulkMany2one("product.product", readonly=True, ondelete="restrict")
    quantity = fields.Float(digits="Product Unit", readonly=True)
    price_unit = fields.Float("Price", digits="Product Price", readonly=True)
    amount = fields.Monetary(required=True, readonly=True, help="What we owe: invoices +, payments -.")
    in_ledger = fields.Boolean("Booked", required=True, readonly=True)
    live = fields.Boolean(required=True, readonly=True, default=True)
    repeated = fields.Boolean(
        required=True, readonly=True, help="On every statement until it is booked, not on one only."
    )
    name = fields.Char("Description", required=True, readonly=True)
    working = fields.Json("Working (Data)", readonly=True)
    working_html = fields.Html("Working", compute="_compute_working_html", sanitize=False)
    comment = fields.Char("Our Note", groups="base.group_user")
    state = fields.Selection(
        [("open", "Open"), ("confirmed", "Confirmed"), ("disputed", "Disputed")],
        required=True,
        readonly=True,
        default="open",
    )
    dispute_reason = fields.Selection(REASONS, readonly=True)
    dispute_text = fields.Text(readonly=True)
    disputed_id = fields.Many2one("res.users", "Disputed by", readonly=True, ondelete="restrict")
    disputed_at = fields.Datetime("Disputed on", readonly=True)
    confirmed_id = fields.Many2one("res.users", "Confirmed by", readonly=True, ondelete="restrict")
    confirmed_at = fields.Datetime("Confirmed on", readonly=True)
    document_id = fields.Many2one(
        "account.move", "Made or Matched", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    # Whoever sees the line may know what corrects it.
    document_name = fields.Char("Settled by", related="document_id.name")

    # The law: a document is on one statement only. Goods without an invoice are on every one until it comes.
    _source_once = models.UniqueIndex(
        "(res_id, res_model, part, currency_id) WHERE live AND cutoff != 'after' AND NOT repeated",
        "This document is on another statement already.",
    )
    _key = models.UniqueIndex(
        "(statement_id, res_id, res_model, part)", "This document is on the statement already."
    )

    @api.model
    def _origins(self):
        """Codes and words of all origins, in the order of the flow."""
        origins = self.env["ecom.statement.source"]._statement_all_origins().values()
        return [(origin.code, self.env._(origin.name)) for origin in origins]

    @api.depends("working", "quantity", "price_unit", "amount")
    @api.depends_context("lang")
    def _compute_working_html(self):
        for line in self:
            line.working_html = working_html(self.env, line.working) if line.working else False

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Statement lines are made by computing and never deleted by hand."))

    def write(self, vals):
        if self._is_sealed() and any(line.state == "confirmed" for line in self):
            raise UserError(self.env._("Confirmed lines cannot be changed."))
        return super().write(vals)

    def action_open_source(self):
        """The invoice, payment, order or terms record this line comes from."""
        self.ensure_one()
        model, res_id = self.res_model, self.res_id
        if self.move_id:
            model, res_id = "account.move", self.move_id.id
        elif self.purchase_line_id:
            model, res_id = "purchase.order", self.order_id.id
        return {
            "type": "ir.actions.act_window",
            "res_model": model,
            "res_id": res_id,
            "views": [(False, "form")],
        }

    def action_show_working(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.name,
            "res_model": self._name,
            "res_id": self.id,
            "views": [(self.env.ref("ecom_supplier_settlement.ecom_statement_line_form").id, "form")],
            "target": "new",
        }

    # --- answers --------------------------------------------------------------

    def _confirm(self):
        """In one statement of SQL, because a statement may have very many lines."""
        self.flush_model(["state"])
        self.env.cr.execute(
            SQL(
                """UPDATE ecom_statement_line SET state = 'confirmed', confirmed_id = %s, confirmed_at = %s
                    WHERE id = ANY(%s) AND state != 'confirmed'""",
                self.env.uid,
                fields.Datetime.now(),
                self.ids,
            )
        )
        self.invalidate_model(["state", "confirmed_id", "confirmed_at"])
        self.statement_id.invalidate_recordset(["open_count", "disputed_count", "amount_disputed"])

    def _dispute(self, reason, text, attachments=None):
        if reason not in dict(REASONS):
            raise UserError(self.env._("There is no such reason."))
        if any(line.state == "confirmed" for line in self):
            raise UserError(self.env._("Confirmed lines cannot be disputed any more."))
        files = attachments or []
        contents = [decoded(file["content"], self.env) for file in files[: FILE_LIMIT + 1]]
        if len(files) > FILE_LIMIT or sum(map(len, contents)) > SIZE_LIMIT:
            raise UserError(self.env._("At most %s files and 20 MB.", FILE_LIMIT))
        text = (text or "")[:TEXT_LIMIT]
        self._unseal().write(
            {
                "state": "disputed",
                "dispute_reason": reason,
                "dispute_text": text,
                "disputed_id": self.env.uid,
                "disputed_at": fields.Datetime.now(),
            }
        )
        for line in self:
            line.statement_id.message_post(
                body=self.env._(
                    "“%(line)s” (%(amount)s) is disputed: %(reason)s. %(text)s",
                    line=line.name,
                    amount=line.currency_id.format(line.amount),
                    reason=dict(self._fields["dispute_reason"]._description_selection(self.env))[reason],
                    text=text,
                ),
                # Whoever answered is the author, also when the answer is stored with more rights than theirs.
                author_id=self.env.user.partner_id.id,
                attachments=[
                    (str(file["name"]), content) for file, content in zip(files, contents, strict=True)
                ],
                # Both sides see the dispute and its evidence.
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )

    def action_confirm(self):
        """Enter that the supplier confirms these lines, or takes a dispute back.

        On a statement that is approved already it releases the amount, so it needs who may approve.
        """
        self.statement_id._lock()
        agreed = self.statement_id.filtered(lambda it: it.state in ("approved", "paid"))
        (self.statement_id - agreed)._as_staff()
        for statement in agreed:
            statement._check_may("approved")
            statement._check_other_person()
        self._confirm()
        for statement in self.statement_id - agreed:
            statement._after_answer()
        for statement in agreed:
            statement._drop_tasks()
            statement._make_documents()
        self.env["ecom.statement.payer"]._refresh(agreed)

    def action_withdraw(self):
        """Enter that a dispute is settled: the line is open again and can be confirmed."""
        self.statement_id._as_staff()
        self.filtered(lambda line: line.state == "disputed")._unseal().write({"state": "open"})
        for statement in self.statement_id:
            statement._after_answer()

    def action_dispute(self):
        """Ask for reason and text of a dispute that the supplier told us."""
        self.statement_id._as_staff()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Dispute"),
            "res_model": "ecom.statement.dispute",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_line_ids": [(6, 0, self.ids)]},
        }

    # --- accepted disputes ------------------------------------------------------

    def action_accept(self):
        """Ask for the document that settles a dispute in the supplier's favour, or have one made."""
        self.ensure_one()
        self._check_acceptable()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Accept the Dispute"),
            "res_model": "ecom.statement.accept",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_line_id": self.id},
        }

    def _check_acceptable(self):
        undone = self.document_id and self.document_id.state == "cancel"
        if not self.in_ledger or not (self.state == "disputed" or undone):
            raise UserError(self.env._("Only booked lines that are disputed are corrected by a document."))

    def _accept(self, document=None):
        """Settle the dispute by a document; the line is confirmed together with it.

        What the line holds back is free when the document is posted; both are netted when this statement is
        paid, and the document is a line of the statement of its own period.

        :param document: account.move of this supplier that goes the other way; without it a draft is made
        :return: the document
        :raise UserError: the line is not disputed, or the document cannot be what corrects it
        """
        self.ensure_one()
        self.statement_id._lock()
        self._check_acceptable()
        document = document or self._correction()
        self._check_corrects(document)
        self._unseal().write({"document_id": document.id})
        # Staff without rights on entries links the document; the text is what they were shown.
        for record, other in ((document.sudo(), self.statement_id), (self.statement_id, document.sudo())):
            record.message_post(
                body=self.env._(
                    "The dispute of “%(line)s” (%(amount)s) is accepted: %(other)s.",
                    line=self.name,
                    amount=self.currency_id.format(self.amount),
                    other=other.display_name,
                )
            )
        if self.state != "confirmed":
            self.action_confirm()
        # What is left to pay follows the documents, whoever may approve; another document may be open again.
        self.env["ecom.statement.payer"].sudo()._refresh(self.statement_id.sudo())
        return document

    def _check_corrects(self, document):
        owed = sum(
            -item.amount_currency
            for item in document.line_ids
            if item.partner_id.commercial_partner_id == self.partner_id
            and item.account_id.account_type == "liability_payable"
        )
        same = (document.company_id, document.currency_id) == (self.company_id, self.currency_id)
        if document.state == "cancel" or not same or document == self.move_id or owed * self.amount >= 0:
            raise UserError(
                self.env._(
                    "%(document)s does not take back “%(line)s”: it must be of this supplier, company and "
                    "currency, and go the other way.",
                    document=document.display_name,
                    line=self.name,
                )
            )

    def _correction(self):
        """A draft that takes back this line exactly as it was invoiced."""
        # Whoever enters the answer need not make invoices; what is made is a draft.
        item = self.sudo().move_line_id
        move = item.move_id
        swapped = {"in_invoice": "in_refund", "in_refund": "in_invoice"}.get(move.move_type)
        if not swapped or item.display_type != "product":
            raise UserError(
                self.env._(
                    "“%s” is not a line of an invoice. Choose the document that corrects it.", self.name
                )
            )
        return move.create(
            {
                "move_type": swapped,
                "partner_id": move.partner_id.id,
                "currency_id": move.currency_id.id,
                "company_id": move.company_id.id,
                "ref": f"{self.statement_id.name} {move.ref or move.name}",
                "reversed_entry_id": move.id if swapped == "in_refund" else False,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": item.name,
                            "product_id": item.product_id.id,
                            "product_uom_id": item.product_uom_id.id,
                            "quantity": item.quantity,
                            "price_unit": item.price_unit,
                            "discount": item.discount,
                            "account_id": item.account_id.id,
                            "tax_ids": [Command.set(item.tax_ids.ids)],
                            "purchase_line_id": item.purchase_line_id.id,
                            "analytic_distribution": item.analytic_distribution,
                        }
                    )
                ],
            }
        )
