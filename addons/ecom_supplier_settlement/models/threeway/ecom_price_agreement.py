"""Invoice stage: the price that was agreed for a time, whatever the order says."""

from odoo import api, fields, models
from odoo.exceptions import UserError

# A change of these may change what an open invoice should have cost.
PRICE_FIELDS = {
    "partner_id",
    "product_id",
    "currency_id",
    "company_id",
    "price",
    "uom_id",
    "min_quantity",
    "date_from",
    "date_to",
    "active",
}


class EcomPriceAgreement(models.Model):
    """Price of a supplier for a product from one day to another; invoices are held to it by order date."""

    _name = "ecom.price.agreement"
    _description = "Price Agreement"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "partner_id, product_id, date_from desc, min_quantity"
    _check_company_auto = True

    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, ondelete="restrict"
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Supplier",
        required=True,
        domain="[('parent_id', '=', False)]",
        ondelete="restrict",
        tracking=True,
        check_company=True,
    )
    product_id = fields.Many2one(
        "product.product", required=True, ondelete="restrict", tracking=True, check_company=True
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
        ondelete="restrict",
        tracking=True,
    )
    price = fields.Float(
        "Unit Price", digits="Product Price", required=True, tracking=True, help="Tax excluded."
    )
    uom_id = fields.Many2one(
        "uom.uom",
        "Unit",
        required=True,
        compute="_compute_uom_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        tracking=True,
    )
    min_quantity = fields.Float(
        "From Quantity",
        digits="Product Unit",
        tracking=True,
        help="Quantity of the order line, in the unit of the agreement, from which this price counts.",
    )
    date_from = fields.Date("From", required=True, default=fields.Date.context_today, tracking=True)
    date_to = fields.Date("To", tracking=True, help="Last day. Empty: until another price is agreed.")
    source = fields.Selection(
        [
            ("confirmation", "Order Confirmation"),
            ("email", "E-mail"),
            ("contract", "Contract"),
            ("list", "Price List"),
            ("other", "Other"),
        ],
        default="confirmation",
        required=True,
        tracking=True,
    )
    reference = fields.Char(tracking=True, help="What the supplier calls the confirmation, or the e-mail.")
    order_id = fields.Many2one(
        "purchase.order", "Confirmed Order", ondelete="restrict", check_company=True, tracking=True
    )
    attachment_ids = fields.Many2many(
        "ir.attachment", "ecom_price_agreement_attachment_rel", string="Evidence", bypass_search_access=True
    )

    # One price for a day. Ranges of one number stand in for "equal", which needs an extension of PostgreSQL.
    _no_overlap = models.Constraint(
        "EXCLUDE USING gist ("
        "int4range(company_id, company_id, '[]') WITH &&, int4range(partner_id, partner_id, '[]') WITH &&, "
        "int4range(product_id, product_id, '[]') WITH &&, int4range(currency_id, currency_id, '[]') WITH &&, "
        "numrange(coalesce(min_quantity, 0), coalesce(min_quantity, 0), '[]') WITH &&, "
        "daterange(date_from, date_to, '[]') WITH &&) WHERE (active)",
        "Another agreement gives a price for the same supplier, product, currency and quantity on some of "
        "these days.",
    )
    _for_a_line = models.Index("(company_id, partner_id, product_id, currency_id) WHERE active")
    _days_in_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)", "The last day is before the first."
    )
    _price_positive = models.Constraint(
        "CHECK (price >= 0 AND coalesce(min_quantity, 0) >= 0)", "Prices and quantities cannot be negative."
    )

    @api.depends("product_id")
    def _compute_uom_id(self):
        for agreement in self:
            agreement.uom_id = agreement.uom_id or agreement.product_id.uom_id

    @api.depends("product_id", "partner_id", "date_from")
    def _compute_display_name(self):
        for agreement in self:
            parts = (agreement.partner_id.name, agreement.product_id.display_name, agreement.date_from)
            agreement.display_name = " / ".join(str(part) for part in parts if part)

    @api.constrains("uom_id", "product_id")
    def _check_unit(self):
        for agreement in self:
            if not agreement.uom_id._has_common_reference(agreement.product_id.uom_id):
                raise UserError(
                    self.env._(
                        "%(unit)s does not convert into %(other)s, the unit of the product.",
                        unit=agreement.uom_id.name,
                        other=agreement.product_id.uom_id.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        agreements = super().create([self._of_supplier(dict(vals)) for vals in vals_list])
        agreements._prices_changed(agreements._order_lines())
        return agreements

    def write(self, vals):
        if not PRICE_FIELDS & set(vals):
            return super().write(vals)
        lines = self._order_lines()
        result = super().write(self._of_supplier(dict(vals)))
        self._prices_changed(lines | self._order_lines())
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Archive the agreement: matches refer to it."))

    def _of_supplier(self, vals):
        if vals.get("partner_id"):
            partner = self.env["res.partner"].browse(vals["partner_id"])
            vals["partner_id"] = partner.commercial_partner_id.id
        return vals

    def _order_lines(self):
        """Order lines that these agreements may price; a day more on both sides for time zones."""
        self.flush_recordset()
        self.env["purchase.order"].flush_model()
        self.env["purchase.order.line"].flush_model()
        self.env.cr.execute(
            """SELECT DISTINCT line.id FROM ecom_price_agreement a
                 JOIN purchase_order_line line ON line.product_id = a.product_id
                 JOIN purchase_order po ON po.id = line.order_id AND po.company_id = a.company_id
                 JOIN res_partner p ON p.id = po.partner_id AND p.commercial_partner_id = a.partner_id
                WHERE a.id = ANY(%s) AND po.currency_id = a.currency_id
                  AND po.date_order >= a.date_from - 1
                  AND (a.date_to IS NULL OR po.date_order < a.date_to + 2)""",
            [self.ids],
        )
        return self.env["purchase.order.line"].browse([row[0] for row in self.env.cr.fetchall()])

    def _prices_changed(self, lines):
        """Hold the invoices of these order lines to the new price, and say so on their orders."""
        if not lines:
            return
        # A buyer may change prices without rights on invoices; the match is the product's, not the buyer's.
        matcher = self.env["ecom.threeway.matcher"].sudo()
        moves = matcher._bills_of(lines.ids)
        matcher._match(moves, "agreement")
        today = fields.Date.context_today(self)
        late = [agreement for agreement in self if agreement.date_from < today]
        if late and moves:
            orders = lines.sudo().order_id  # the same: an audit line, whoever changed the price
            text = self.env._("A price was agreed after the order: %s.", ", ".join(a._said() for a in late))
            orders._message_log_batch(bodies={order.id: text for order in orders})

    def _said(self):
        return self.env._(
            "%(product)s %(price)s %(currency)s per %(unit)s from %(day)s",
            product=self.product_id.display_name,
            price=self.price,
            currency=self.currency_id.name,
            unit=self.uom_id.name,
            day=self.date_from,
        )
