"""Terms stage: which price the signed contracts give an order line, and by which clause."""

from collections import defaultdict

from odoo import api, fields, models

from .clause_words import exact
from .kinds import KINDS, giving


class EcomLinePrice(models.AbstractModel):
    """Temporary prices and prices by quantity of contracts, looked up for many order lines at once."""

    _name = "ecom.line.price"
    _description = "Contract Prices of Order Lines"

    @api.model
    def _terms(self, lines, day=None):
        """{line id: (price or None, clause)}: a temporary price comes before a price by quantity.

        :param day: date; by default the day each order was confirmed, in the company's time zone
        """
        clauses = self._clauses(lines)
        zones = {company: company._ecom_timezone() for company in lines.company_id}
        days = {order: day or _confirmed(order, zones[order.company_id]) for order in lines.order_id}
        found = {}
        for line in lines:
            order = line.order_id
            at = days[order]
            key = (order.company_id.id, order.partner_id.commercial_partner_id.id, order.currency_id.id)
            found[line.id] = (None, self.env["ecom.clause"])
            for clause, products in clauses.get(key, ()):
                if clause.valid_from <= at <= clause.valid_to and line.product_id.id in products:
                    price = _price(line, clause)
                    if price:
                        found[line.id] = (price, clause)
                        break
        return found

    @api.model
    def _clauses(self, lines):
        """{(company, supplier, currency): [(clause, product ids)]}, temporary prices first."""
        # Prices that are agreed count for everybody who checks an invoice, whoever may read contracts.
        clauses = (
            self.env["ecom.clause"]
            .sudo()
            .search(
                [
                    ("kind", "in", tuple(giving("price"))),
                    ("partner_id", "in", lines.order_id.partner_id.commercial_partner_id.ids),
                    ("contract_id.state", "in", ("signed", "ended")),
                ]
            )
        )
        table = defaultdict(list)
        for clause in clauses.sorted(lambda it: (KINDS[it.kind].rank, it.id)):
            key = (clause.company_id.id, clause.partner_id.id, clause.currency_id.id)
            table[key].append((clause, clause._product_ids()))
        return table


def _confirmed(order, zone):
    """The day the order was confirmed, in this time zone."""
    moment = order.date_approve or order.date_order
    return fields.Datetime.context_timestamp(order.with_context(tz=zone), moment).date()


def _price(line, clause):
    """Clause prices are per product unit; the line's unit may be a dozen of it."""
    factor = exact(line.product_uom_id.factor, 9) / exact(line.product_id.uom_id.factor, 9)
    price = KINDS[clause.kind].price(clause, exact(line.product_qty) * factor)
    return price * factor if price else None
