"""Invoice stage: lines of a draft bill that is there already find their product and order lines."""

from decimal import Decimal

from odoo import api, models

from odoo.addons.ecom_connectors.lib.ecom_kernel import split

from ...lib.ecom_settle.invoice import InvoiceLine
from .ecom_invoice_intake import BILLS


class EcomInvoiceLinker(models.AbstractModel):
    _inherit = "ecom.invoice.linker"

    @api.model
    def _link(self, move):
        """Give lines of a draft bill the products and order lines they lack; amounts and tax stay.

        :return: notes for a person
        """
        move.ensure_one()
        self = self.with_company(move.company_id)
        supplier, currency = move.partner_id.commercial_partner_id, move.currency_id
        open_lines = move.invoice_line_ids.filtered(
            lambda line: line.display_type == "product" and not line.purchase_line_id
        )
        if not open_lines or not supplier:
            return []
        facts = {line: self._fact(number, line) for number, line in enumerate(open_lines, start=1)}
        products = self._products(supplier, move.company_id, list(facts.values()))
        for line, fact in facts.items():
            if line.product_id:
                products[fact.row] = line.product_id
        orders = self._order_lines(
            supplier, move.company_id, currency, set(products.values()), move.move_type == "in_refund"
        )
        self._queue(supplier, move.company_id, list(facts.values()), products)
        notes, commands = [], []
        tax_before = {line.id: line.amount_currency for line in move.line_ids if line.tax_line_id}
        remark = f"{move.invoice_origin or ''} {move.ref or ''}"
        for line, fact in facts.items():
            product = products.get(fact.row, self.env["product.product"])
            units = {fact.unit.lower(): line.product_uom_id} if line.product_uom_id else {}
            parts, unit, more = self._parts(remark, fact, orders.get(product.id, []), units)
            notes += self._notes(fact, product, parts, more)
            commands += self._changes(line, fact, product, parts, unit, currency)
        if commands:
            move.write({"invoice_line_ids": commands})
        for line in move.line_ids.filtered(lambda it: it.id in tax_before):
            if line.amount_currency != tax_before[line.id]:
                line.amount_currency = tax_before[line.id]
        return notes

    @api.model
    def _relink(self, codes, company=None, supplier=None):
        """Drafts that wait for one of these codes of their supplier find product and order lines."""
        domain = [
            ("ecom_supplier_sku", "in", list(codes)),
            ("product_id", "=", False),
            ("display_type", "=", "product"),
            ("parent_state", "=", "draft"),
            ("move_id.move_type", "in", BILLS),
        ]
        if company:
            domain.append(("company_id", "=", company.id))
        if supplier:
            domain.append(("move_id.commercial_partner_id", "=", supplier.commercial_partner_id.id))
        # Who keeps products and codes need not open bills; the drafts follow the code.
        for move in self.env["account.move.line"].sudo().search(domain).move_id:
            notes = self.sudo()._link(move)  # the same
            self.env["ecom.invoice.intake"]._say(move, notes)

    def _fact(self, number, line):
        digits = line.currency_id.decimal_places
        return InvoiceLine(
            row=number,
            name=line.name or line.product_id.display_name or "",
            sku=line.ecom_supplier_sku or "",
            quantity=Decimal(str(line.quantity)),
            amount=Decimal(f"{line.price_subtotal:.{digits}f}"),
            tax=Decimal(0),
            unit=line.product_uom_id.name or "",
        )

    def _changes(self, line, fact, product, parts, unit, currency):
        """Commands that link a line, split where several order lines share it."""
        if not product or (not parts and line.product_id):
            return []
        amounts = split(
            int(fact.amount.scaleb(currency.decimal_places)),
            [int(quantity / self._step()) for _row, quantity in parts] or [1],
        )
        common = {"tax_ids": [(6, 0, line.tax_ids.ids)], "name": line.name}
        commands = []
        for number, (row, quantity) in enumerate(parts or [(None, fact.quantity)]):
            values = dict(common, product_id=product.id, quantity=float(quantity), discount=0)
            values["price_unit"] = (
                line.price_unit
                if not quantity or any(tax.price_include for tax in line.tax_ids)
                else float(Decimal(amounts[number]).scaleb(-currency.decimal_places) / quantity)
            )
            if row:
                values |= {"purchase_line_id": row["id"], "product_uom_id": unit.id}
            if number:
                values["ecom_supplier_sku"] = line.ecom_supplier_sku
                commands.append((0, 0, values))
            else:
                commands.append((1, line.id, values))
        return commands
