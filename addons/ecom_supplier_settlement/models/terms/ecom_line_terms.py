"""Terms stage: what each order line costs by the valid terms: price, less rebates, plus what is allocated."""

from decimal import Decimal
from fractions import Fraction

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, split_every

from ...lib.ecom_settle.terms import rounded
from ...lib.ecom_settle.working import BaseRow, Working, grouped, plain
from .working_words import working_html

CHUNK = 1000


class EcomLineTerms(models.Model):
    """One order line of a supplier with a contract: its payable, with the working, and what changed it."""

    _name = "ecom.line.terms"
    _description = "Payable of an Order Line"
    _inherit = ["ecom.sealed"]
    _order = "order_id desc, purchase_line_id"
    _rec_name = "purchase_line_id"
    _check_company_auto = True

    purchase_line_id = fields.Many2one(
        "purchase.order.line", "Order Line", required=True, readonly=True, ondelete="cascade"
    )
    order_id = fields.Many2one("purchase.order", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    partner_id = fields.Many2one("res.partner", "Supplier", readonly=True, index=True, ondelete="restrict")
    product_id = fields.Many2one(related="purchase_line_id.product_id")
    currency_id = fields.Many2one("res.currency", required=True, readonly=True, ondelete="restrict")
    clause_id = fields.Many2one("ecom.clause", "Price by", readonly=True, ondelete="restrict")
    price_order = fields.Float("Order Price", digits=(16, 6), readonly=True)
    price = fields.Float("Price by Terms", digits=(16, 6), readonly=True)
    quantity_ordered = fields.Float("Ordered", digits="Product Unit", readonly=True)
    quantity = fields.Float("Received", digits="Product Unit", readonly=True)
    amount_goods = fields.Monetary("Goods", readonly=True)
    amount_rebate = fields.Monetary("Rebates", readonly=True)
    amount_allocated = fields.Monetary("Allocated", readonly=True)
    amount_payable = fields.Monetary("Payable", readonly=True)
    working = fields.Json("Working Data", readonly=True)
    working_html = fields.Html("Working", compute="_compute_working_html", sanitize=False)
    change_ids = fields.One2many("ecom.line.terms.change", "terms_id", "History", readonly=True)

    _line_once = models.UniqueIndex("(purchase_line_id)", "The payable of this order line exists already.")

    @api.depends("working")
    @api.depends_context("lang")
    def _compute_working_html(self):
        for terms in self:
            terms.working_html = terms.working and working_html(self.env, terms.working)

    def action_compute(self):
        """Compute these lines again. Doing it twice changes nothing."""
        self._refresh(self.purchase_line_id)
        return True

    @api.model
    def _refresh(self, lines):
        """Bring the payables of the lines up to date, a fixed number of queries for each thousand.

        :return: the payables of the lines
        """
        done = self.browse()
        for chunk in split_every(CHUNK, lines.ids):
            done |= self._refresh_chunk(self.env["purchase.order.line"].browse(chunk))
        return done

    def _refresh_chunk(self, lines):
        # The basis covers what the user may not open, warehouse receipts among it; only sums come out.
        lines = lines.sudo().exists().filtered(lambda line: line.product_id and not line.display_type)
        facts = self._line_facts(lines)
        prices = self.env["ecom.line.price"]._terms(lines)
        # Only stages write these rows, whoever starts them.
        rows = self.sudo().search([("purchase_line_id", "in", lines.ids)])
        known = {terms.purchase_line_id.id: terms for terms in rows}
        new, changes, priced = [], [], []
        for line in lines.filtered(lambda line: line.id in facts):
            vals = self._values(line, *facts[line.id], *prices[line.id])
            terms = known.get(line.id, rows.browse())
            before, now = terms.clause_id.id, vals["clause_id"]
            if before != now or now and terms.price != vals["price"]:
                priced.append(line.id)
            if not terms:
                new.append(
                    {
                        "purchase_line_id": line.id,
                        "order_id": line.order_id.id,
                        "company_id": line.company_id.id,
                        "partner_id": line.partner_id.commercial_partner_id.id,
                        "currency_id": line.currency_id.id,
                        **vals,
                    }
                )
            elif terms.working != vals["working"]:
                changes.append(
                    {
                        "terms_id": terms.id,
                        "price_old": terms.price,
                        "price_new": vals["price"],
                        "amount_old": terms.amount_payable,
                        "amount_new": vals["amount_payable"],
                        "formula_old": terms.working["formula"],
                        "formula_new": vals["working"]["formula"],
                    }
                )
                terms._unseal().write(vals)
            elif terms.quantity_ordered != vals["quantity_ordered"]:
                terms._unseal().write({"quantity_ordered": vals["quantity_ordered"]})
        self.env["ecom.line.terms.change"].sudo()._unseal().create(changes)  # as above
        made = self.sudo()._unseal().create(new)._seal()  # as above
        self.env["ecom.price.agreement"]._prices_changed(lines.browse(priced).with_env(self.env))
        return self.browse([*(terms.id for terms in known.values()), *made.ids])

    @api.model
    def _follow(self, lines):
        """Bring the payables of confirmed order lines up to date; a supplier without terms needs none."""
        lines = lines.filtered(lambda line: line.order_id.state == "purchase")
        # Which lines have terms does not depend on who changes them.
        known = lines and self.sudo().search_count([("purchase_line_id", "in", lines.ids)], limit=1)
        if known or lines and self.env["ecom.line.price"]._clauses(lines):
            self._refresh(lines)

    @api.model
    def _follow_contracts(self, contracts):
        """New terms price the orders of their days anew; the payables keep what they were."""
        for contract in contracts:
            first = min(contract.date_from, contract.previous_id.date_from or contract.date_from)
            start = fields.Date.subtract(first, days=1)
            lines = self.env["purchase.order.line"].search(
                [
                    ("order_id.partner_id", "child_of", contract.partner_id.id),
                    ("company_id", "=", contract.company_id.id),
                    ("order_id.state", "=", "purchase"),
                    ("order_id.date_approve", ">=", start),
                    ("display_type", "=", False),
                ]
            )
            self._refresh(lines)

    def _line_facts(self, lines):
        """{line id: (order price, ordered, received, rebates, allocated)} as Decimals, by one query."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """SELECT b.purchase_line_id, b.price_unit::text, b.quantity_ordered::text,
                          b.quantity_received::text,
                          coalesce(r.amount, 0)::text, coalesce(a.amount, 0)::text
                     FROM ecom_purchase_basis b
                     LEFT JOIN (SELECT s.purchase_line_id, sum(s.amount) AS amount
                                  FROM ecom_rebate_share s
                                  JOIN purchase_order_line pl ON pl.id = s.purchase_line_id
                                  JOIN purchase_order po ON po.id = pl.order_id
                                                        AND po.currency_id = s.currency_id
                                 WHERE s.purchase_line_id = ANY(%s) GROUP BY 1) r
                       ON r.purchase_line_id = b.purchase_line_id
                     LEFT JOIN (SELECT purchase_line_id, sum(amount) AS amount FROM ecom_line_allocation
                                 WHERE purchase_line_id = ANY(%s) GROUP BY 1) a
                       ON a.purchase_line_id = b.purchase_line_id
                    WHERE b.purchase_line_id = ANY(%s)""",
                lines.ids,
                lines.ids,
                lines.ids,
            )
        )
        return {line_id: tuple(Decimal(value) for value in values) for line_id, *values in rows}

    def _values(self, line, price_order, ordered, received, rebate, allocated, price, clause):
        digits = line.currency_id.decimal_places
        price = price_order if price is None else price
        goods = rounded(Fraction(price) * Fraction(received), digits)
        payable = goods - rebate + allocated
        formula = f"{plain(received.normalize() + 0)} x {plain(price.normalize() + 0)}"
        for sign, amount in (("-", rebate), ("+", allocated)):
            if amount:
                formula += f" {sign} {grouped(amount, digits)}"
        rows = [BaseRow(label=line.order_id.name, quantity=received.normalize() + 0, amount=goods)]
        if rebate:
            rows.append(BaseRow(code="rebates", amount=-rebate))
        if allocated:
            rows.append(BaseRow(code="allocated", amount=allocated))
        working = Working(
            rule=f"{clause.kind}/{clause.id}" if clause else "order_price",
            version=clause.version or 1,
            title=clause.name or "",
            code=None if clause else "order_price",
            base=tuple(rows),
            base_total=goods,
            formula=formula,
            result=payable,
            currency=line.currency_id.name,
            digits=digits,
        )
        return {
            "clause_id": clause.id,
            "price_order": float(price_order),
            "price": float(price),
            "quantity_ordered": float(ordered),
            "quantity": float(received),
            "amount_goods": float(goods),
            "amount_rebate": float(rebate),
            "amount_allocated": float(allocated),
            "amount_payable": float(payable),
            "working": working.as_json(),
        }

    @api.model
    def _stale_lines(self, partners):
        """Order lines of these suppliers whose payable is missing or was computed for other receipts."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """SELECT b.purchase_line_id FROM ecom_purchase_basis b
                     LEFT JOIN ecom_line_terms t ON t.purchase_line_id = b.purchase_line_id
                    WHERE b.partner_id = ANY(%s)
                      AND (t.id IS NULL OR t.quantity <> b.quantity_received
                           OR t.quantity_ordered IS DISTINCT FROM b.quantity_ordered
                           OR t.price_order <> round(b.price_unit, 6))""",
                partners.ids,
            )
        )
        return self.env["purchase.order.line"].browse([line_id for [line_id] in rows])


class EcomLineTermsChange(models.Model):
    """How the payable of a line was before terms or facts changed it."""

    _name = "ecom.line.terms.change"
    _description = "Change of a Payable"
    _inherit = ["ecom.sealed"]
    _order = "id desc"

    terms_id = fields.Many2one(
        "ecom.line.terms", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="terms_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="terms_id.currency_id")
    price_old = fields.Float("Price before", digits=(16, 6), readonly=True)
    price_new = fields.Float("Price after", digits=(16, 6), readonly=True)
    amount_old = fields.Monetary("Payable before", readonly=True)
    amount_new = fields.Monetary("Payable after", readonly=True)
    formula_old = fields.Char("Formula before", readonly=True)
    formula_new = fields.Char("Formula after", readonly=True)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The history of payables is kept."))


class EcomLineAllocation(models.Model):
    """A cost beside the price that an order line bears: freight, packing, a surcharge."""

    _name = "ecom.line.allocation"
    _description = "Cost Allocated to an Order Line"
    _order = "id"
    _check_company_auto = True

    name = fields.Char(required=True)
    purchase_line_id = fields.Many2one(
        "purchase.order.line", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="purchase_line_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="purchase_line_id.currency_id")
    amount = fields.Monetary(required=True)
