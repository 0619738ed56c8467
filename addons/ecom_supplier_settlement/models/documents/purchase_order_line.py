"""Purchase stage: what was ordered and at what price; whoever changes it matches its bills again."""

from collections import defaultdict
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError

from ...lib.ecom_settle.terms import best_price
from ..terms.ecom_clause import exact

ORDER_LINE_FACTS = {
    *("price_unit", "discount", "product_qty", "product_uom_qty", "product_uom_id", "product_id", "tax_ids"),
    *("qty_received", "qty_received_manual"),
}
# What the price of a contract depends on.
PRICE_FACTS = {"price_unit", "discount", "product_qty", "product_uom_qty", "product_uom_id", "product_id"}


class PurchaseOrderLine(models.Model):
    _inherit = "purchase.order.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        self.env["ecom.line.terms"]._follow(lines)
        return lines

    def write(self, vals):
        if not ORDER_LINE_FACTS & set(vals):
            return super().write(vals)
        before = {line.id: (line.price_unit, line.discount) for line in self}
        result = super().write(vals)
        if PRICE_FACTS & set(vals):
            self.env["ecom.line.terms"]._follow(self)
        self.env["account.move"]._ecom_threeway_bills_of(self.ids, "order")
        if {"price_unit", "discount"} & set(vals):
            self._ecom_log_prices(before)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_never_matched(self):
        """A bill is compared with what was ordered; that does not vanish below it."""
        if self.env["account.move"]._ecom_bills_of(self.ids):
            raise UserError(self.env._("A line that was billed is kept. Set its quantity to zero instead."))

    def _ecom_log_prices(self, before):
        """A price that is changed after goods came or a bill was posted leaves a line in the order's log."""
        for line in self:
            late = line.order_id.state == "purchase" and (line.qty_received or line.qty_invoiced)
            old, new = before[line.id], (line.price_unit, line.discount)
            if late and old != new:
                line.order_id._message_log(
                    body=self.env._(
                        "%(product)s: the price was changed late, from %(old)s less %(old_discount)s %% to "
                        "%(new)s less %(new_discount)s %%.",
                        product=line.product_id.display_name,
                        old=old[0],
                        old_discount=old[1],
                        new=new[0],
                        new_discount=new[1],
                    )
                )

    def _ecom_price_terms(self, day=None):
        """{line id: (price or None, clause)}: a temporary price comes before a price by quantity.

        :param day: date; by default the day each order was confirmed, in the company's time zone
        """
        clauses = self._ecom_price_clauses()
        zones = {company: company._ecom_timezone() for company in self.company_id}
        days = {order: day or order._ecom_day(zones[order.company_id]) for order in self.order_id}
        found = {}
        for line in self:
            order = line.order_id
            at = days[order]
            key = (order.company_id.id, order.partner_id.commercial_partner_id.id, order.currency_id.id)
            found[line.id] = (None, self.env["ecom.clause"])
            for clause, products in clauses.get(key, ()):
                if clause.valid_from <= at <= clause.valid_to and line.product_id.id in products:
                    price = line._ecom_clause_price(clause)
                    if price:
                        found[line.id] = (price, clause)
                        break
        return found

    def _ecom_price_clauses(self):
        """{(company, supplier, currency): [(clause, product ids)]}, temporary prices first."""
        # Prices that are agreed count for everybody who checks a bill, whoever may read contracts.
        clauses = (
            self.env["ecom.clause"]
            .sudo()
            .search(
                [
                    ("kind", "in", ("temporary_price", "price_band")),
                    ("partner_id", "in", self.order_id.partner_id.commercial_partner_id.ids),
                    ("contract_id.state", "in", ("signed", "ended")),
                ]
            )
        )
        table = defaultdict(list)
        for clause in clauses.sorted(lambda it: (it.kind != "temporary_price", it.id)):
            key = (clause.company_id.id, clause.partner_id.id, clause.currency_id.id)
            table[key].append((clause, clause._product_ids()))
        return table

    def _ecom_clause_price(self, clause):
        """Clause prices are per product unit; the line's unit may be a dozen of it."""
        factor = exact(self.product_uom_id.factor, 9) / exact(self.product_id.uom_id.factor, 9)
        if clause.kind == "temporary_price":
            return exact(clause.amount) * factor
        price = best_price(clause._tier_table(), exact(self.product_qty) * factor, Decimal(0))
        return price * factor if price else None
