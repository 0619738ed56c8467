"""Confirm stage: what is confirmed and not booked becomes a document, or meets the one that came."""

from odoo import Command, fields, models
from odoo.tools import SQL, float_compare


class EcomSettlement(models.Model):
    _inherit = "ecom.settlement"

    document_ids = fields.Many2many(
        "account.move", string="Documents Made", compute="_compute_document_ids", compute_sudo=False
    )
    document_count = fields.Integer(compute="_compute_document_ids", compute_sudo=False)

    def _compute_document_ids(self):
        domain = [("settlement_id", "in", self.ids), ("document_id", "!=", False)]
        found = dict(
            self.env["ecom.settlement.line"]._read_group(domain, ["settlement_id"], ["document_id:recordset"])
        )
        for settlement in self:
            documents = found.get(settlement, self.env["account.move"])
            settlement.document_ids = documents
            settlement.document_count = len(documents)

    def action_make_documents(self):
        """Make the documents of confirmed lines that have none; those that have one are left alone."""
        self._check_may("sent")
        self.check_access("write")
        for settlement in self:
            settlement._make_documents()

    def _make_documents(self):
        """Draft bills for goods received, credit notes for terms. Doing it twice makes nothing twice.

        A record of the terms settles itself by `_ecom_settle(settlement)`, which returns the document it
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
            made = self.env["ecom.settlement.line"].browse([line.id for line, _quantity in open_lines])
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
