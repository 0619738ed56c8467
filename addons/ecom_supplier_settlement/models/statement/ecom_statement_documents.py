"""Confirm stage: what is confirmed and not booked becomes a document, or meets the one that came."""

from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, float_compare


class EcomStatement(models.Model):
    _inherit = "ecom.statement"

    document_ids = fields.Many2many(
        "account.move", string="Documents Made", compute="_compute_document_ids", compute_sudo=False
    )
    document_count = fields.Integer(compute="_compute_document_ids", compute_sudo=False)

    def _compute_document_ids(self):
        domain = [("statement_id", "in", self.ids), ("document_id", "!=", False)]
        found = dict(
            self.env["ecom.statement.line"]._read_group(domain, ["statement_id"], ["document_id:recordset"])
        )
        for statement in self:
            documents = found.get(statement, self.env["account.move"])
            statement.document_ids = documents
            statement.document_count = len(documents)

    def action_make_documents(self):
        """Make the documents of confirmed lines that have none; those that have one are left alone."""
        self._check_may("sent")
        self.check_access("write")
        for statement in self:
            statement._make_documents()

    def _make_documents(self):
        """Draft bills for goods received, credit notes for terms. Doing it twice makes nothing twice.

        A record of the terms settles itself by `_ecom_settle(statement)`, which returns the document it
        made (`account.move`), or an empty one when there is nothing to book.
        """
        self.ensure_one()
        self._lock()
        # Whoever answers for the supplier need not read orders nor make bills; what is made is a draft.
        self = self.sudo()
        waiting = [("in_ledger", "=", False), ("document_id", "=", False)]
        lines = self._lines(("state", "=", "confirmed"), *waiting)
        goods = lines.filtered(lambda line: line.origin == "receipt")
        self._match_bills(goods)
        self._bill_goods(goods.filtered(lambda line: not line.document_id))
        self._settle_terms(lines - goods)

    def _match_bills(self, lines):
        """A bill that came after the end of the period is the document of its lines; it is not made again."""
        if not lines:
            return
        self.env["account.move.line"].flush_model(["purchase_line_id", "move_id", "parent_state"])
        to_bill = self._to_bill(lines)
        self.env.cr.execute(
            SQL(
                """SELECT i.purchase_line_id, max(i.move_id)
                     FROM account_move_line i JOIN account_move m ON m.id = i.move_id
                    WHERE i.purchase_line_id = ANY(%s) AND m.state != 'cancel'
                      AND m.move_type IN ('in_invoice', 'in_refund')
                      AND (m.state = 'draft' OR i.date > %s)
                    GROUP BY i.purchase_line_id""",
                lines.purchase_line_id.ids,
                self.date_to,
            )
        )
        found = dict(self.env.cr.fetchall())
        for line in lines:
            came = found.get(line.purchase_line_id.id)
            if came and not self._open_quantity(line, to_bill):
                line._unseal().write({"document_id": came})

    def _to_bill(self, lines):
        """{purchase line id: quantity neither billed nor in a draft}, as of now."""
        basis = self.env["ecom.purchase.basis"]
        rows = basis.search_fetch(
            [("purchase_line_id", "in", lines.purchase_line_id.ids)],
            ["purchase_line_id", "quantity_to_bill"],
        )
        rows.invalidate_recordset()
        return {row.purchase_line_id.id: row.quantity_to_bill for row in rows}

    def _open_quantity(self, line, to_bill):
        """How much of a line has no bill yet; 0 when a bill has come for all of it."""
        left = to_bill.get(line.purchase_line_id.id, 0)
        wanted = min(line.quantity, left) if line.quantity > 0 else max(line.quantity, left)
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        same_sign = float_compare(wanted * line.quantity, 0, precision_digits=digits * 2) > 0
        return wanted if same_sign else 0

    def _bill_goods(self, lines):
        """One draft bill for what is to be billed, one draft credit note for what went back."""
        to_bill = self._to_bill(lines) if lines else {}
        for move_type, sign in (("in_invoice", 1), ("in_refund", -1)):
            open_lines = [
                (line, self._open_quantity(line, to_bill)) for line in lines if line.quantity * sign > 0
            ]
            open_lines = [(line, quantity) for line, quantity in open_lines if quantity]
            if not open_lines:
                continue
            moves = self.env["account.move"].with_company(self.company_id)
            move = moves.create(
                {
                    "move_type": move_type,
                    "partner_id": self.partner_id.id,
                    "currency_id": self.currency_id.id,
                    "company_id": self.company_id.id,
                    "invoice_origin": ", ".join(
                        sorted({line.order_id.name for line, _quantity in open_lines})
                    ),
                    "ref": self.name,
                    "invoice_line_ids": [
                        Command.create(
                            {
                                **line.purchase_line_id._prepare_account_move_line(),
                                "quantity": abs(quantity),
                            }
                        )
                        for line, quantity in open_lines
                    ],
                }
            )
            move.message_post(body=self.env._("Made from the statement %s.", self.name))
            made = self.env["ecom.statement.line"].browse([line.id for line, _quantity in open_lines])
            made._unseal().write({"document_id": move.id})

    def _settle_terms(self, lines):
        for line in lines:
            record = (
                self.env[line.res_model].browse(line.res_id).exists() if line.res_model in self.env else None
            )
            settle = getattr(record, "_ecom_settle", None) if record else None
            if settle:
                document = settle(self)
                if document:
                    line._unseal().write({"document_id": document.id})

    def action_open_documents(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("account.action_move_in_invoice_type")
        return {**action, "domain": [("id", "in", self.document_ids.ids)], "context": {"create": False}}


class EcomStatementLine(models.Model):
    """A dispute that is accepted keeps its line and names the document that takes back what was wrong."""

    _inherit = "ecom.statement.line"

    # Whoever sees the line may know what corrects it.
    document_name = fields.Char("Settled by", related="document_id.name")

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
        """A draft that takes back this line exactly as it was billed."""
        # Whoever enters the answer need not make bills; what is made is a draft.
        item = self.sudo().move_line_id
        move = item.move_id
        swapped = {"in_invoice": "in_refund", "in_refund": "in_invoice"}.get(move.move_type)
        if not swapped or item.display_type != "product":
            raise UserError(
                self.env._("“%s” is not a line of a bill. Choose the document that corrects it.", self.name)
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
