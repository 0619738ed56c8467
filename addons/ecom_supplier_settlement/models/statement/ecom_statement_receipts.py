"""Statement stage: goods received and not invoiced on a statement, and the invoice that is made of them."""

from odoo import Command, api, models
from odoo.tools import SQL, LazyTranslate, float_compare

from ..setup.ecom_statement_source import Origin

_lt = LazyTranslate(__name__)


class EcomStatementReceipts(models.AbstractModel):
    _name = "ecom.statement.receipts"
    _description = "Receipts on Statements"
    _inherit = ["ecom.statement.source"]
    _statement_origins = (
        Origin(
            code="receipt",
            name=_lt("Received, not Invoiced"),
            place=40,
            sign=1,
            memo="amount_unbilled",
            repeated=True,
        ),
    )

    @api.model
    def _statement_rows(self, statement):
        """Goods that came and are not invoiced when the period ends, or went back and are not credited.

        What was invoiced ahead of its goods is no claim of ours; only returned quantities are.
        """
        return SQL(
            """SELECT 'receipt', %(to)s, 'purchase.order.line', r.purchase_line_id, '', NULL::int,
                      NULL::int, r.purchase_line_id, r.product_id, r.quantity, r.price_unit, r.amount, false,
                      o.name || ' ' || coalesce(l.name, ''),
                      jsonb_build_object(
                          'rule', 'received_not_billed', 'version', 1, 'code', 'received_not_billed',
                          'base', jsonb_build_array(
                              jsonb_build_object('code', 'received', 'quantity', r.quantity_received::text,
                                                 'ref', o.name),
                              jsonb_build_object('code', 'billed', 'quantity',
                                                 (r.quantity_billed + r.quantity_billed_draft)::text)),
                          'formula', r.quantity::text || ' x ' || r.price_unit::text,
                          'result', r.amount::text, 'currency', %(currency_name)s)
                 FROM (SELECT b.*, q.quantity, round(q.quantity * b.price_unit, %(digits)s) AS amount
                         FROM (%(basis)s) b
                         CROSS JOIN LATERAL (SELECT CASE WHEN b.quantity_to_bill >= 0 THEN b.quantity_to_bill
                             ELSE -least(-b.quantity_to_bill, b.quantity_returned) END AS quantity) q
                        WHERE b.partner_id = %(partner)s AND b.currency_id = %(currency)s
                          AND q.quantity != 0) r
                 JOIN purchase_order_line l ON l.id = r.purchase_line_id
                 JOIN purchase_order o ON o.id = r.order_id""",
            to=statement.date_to,
            currency_name=statement.currency_id.name,
            digits=statement.currency_id.decimal_places,
            basis=self.env["ecom.purchase.basis"]._at(statement.date_to, statement.company_id),
            partner=statement.partner_id.id,
            currency=statement.currency_id.id,
        )

    @api.model
    def _statement_settle(self, statement, lines):
        """One draft invoice for what is to be invoiced, one draft credit note for what went back."""
        self._meet_bills(statement, lines)
        lines = lines.filtered(lambda line: not line.document_id)
        to_bill = self._to_bill(lines) if lines else {}
        for move_type, sign in (("in_invoice", 1), ("in_refund", -1)):
            wanted = {line: self._open_quantity(line, to_bill) for line in lines if line.quantity * sign > 0}
            self._bill(statement, move_type, {line: open_ for line, open_ in wanted.items() if open_})

    def _meet_bills(self, statement, lines):
        """An invoice that came after the period's end is the document of its lines; it is not made again."""
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
                statement.date_to,
            )
        )
        found = dict(self.env.cr.fetchall())
        for line in lines:
            came = found.get(line.purchase_line_id.id)
            if came and not self._open_quantity(line, to_bill):
                line._unseal().write({"document_id": came})

    def _to_bill(self, lines):
        """{purchase line id: quantity neither invoiced nor in a draft}, as of now."""
        basis = self.env["ecom.purchase.basis"]
        rows = basis.search_fetch(
            [("purchase_line_id", "in", lines.purchase_line_id.ids)],
            ["purchase_line_id", "quantity_to_bill"],
        )
        rows.invalidate_recordset()
        return {row.purchase_line_id.id: row.quantity_to_bill for row in rows}

    def _open_quantity(self, line, to_bill):
        """How much of a line has no invoice yet; 0 when an invoice has come for all of it."""
        left = to_bill.get(line.purchase_line_id.id, 0)
        wanted = min(line.quantity, left) if line.quantity > 0 else max(line.quantity, left)
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        same_sign = float_compare(wanted * line.quantity, 0, precision_digits=digits * 2) > 0
        return wanted if same_sign else 0

    def _bill(self, statement, move_type, quantities):
        """A draft of these lines: {line: quantity}."""
        if not quantities:
            return
        moves = self.env["account.move"].with_company(statement.company_id)
        move = moves.create(
            {
                "move_type": move_type,
                "partner_id": statement.partner_id.id,
                "currency_id": statement.currency_id.id,
                "company_id": statement.company_id.id,
                "invoice_origin": ", ".join(sorted({line.order_id.name for line in quantities})),
                "ref": statement.name,
                "invoice_line_ids": [
                    Command.create(
                        {**line.purchase_line_id._prepare_account_move_line(), "quantity": abs(quantity)}
                    )
                    for line, quantity in quantities.items()
                ],
            }
        )
        move.message_post(body=self.env._("Made from the statement %s.", statement.name))
        lines = self.env["ecom.statement.line"].union(*quantities)
        lines._unseal().write({"document_id": move.id})
