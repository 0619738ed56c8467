"""Read stage: other people's codes for our products."""

from odoo import api, fields, models


class EcomAlias(models.Model):
    """A platform's, supplier's or warehouse's SKU and the product it means.

    An alias without a product waits in the queue of unmapped codes.
    """

    _name = "ecom.alias"
    _description = "SKU Alias"
    _order = "product_id nulls first, sku"
    _rec_name = "sku"
    _check_company_auto = True

    sku = fields.Char("SKU", required=True, index=True)
    title = fields.Char("Their Name")
    origin = fields.Selection(
        [("shop", "Shop"), ("supplier", "Supplier"), ("warehouse", "Warehouse")],
        default="shop",
        required=True,
    )
    shop_id = fields.Many2one("ecom.shop", ondelete="cascade", index=True, check_company=True)
    partner_id = fields.Many2one("res.partner", "Supplier", ondelete="cascade", index="btree_not_null")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, ondelete="restrict"
    )
    product_id = fields.Many2one("product.product", ondelete="restrict", index=True, check_company=True)

    _sku_once = models.UniqueIndex(
        "(company_id, origin, sku, coalesce(shop_id, 0), coalesce(partner_id, 0))",
        "This SKU has an alias already.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        aliases = super().create(vals_list)
        aliases._give_product()
        return aliases

    def write(self, vals):
        result = super().write(vals)
        if vals.get("product_id"):
            self._give_product()
        return result

    def _give_product(self):
        """Orders and refunds that came before their code was known get its product; amounts stay."""
        unmapped = self.env.ref("ecom_connectors.product_unmapped")
        for alias in self.filtered(lambda alias: alias.product_id and alias.origin == "shop"):
            shops = alias.shop_id or self.env["ecom.shop"].search([("company_id", "=", alias.company_id.id)])
            waiting = self.env["sale.order.line"].search(
                [
                    ("order_id.ecom_shop_id", "in", shops.ids),
                    ("ecom_sku", "=", alias.sku),
                    ("product_id", "=", unmapped.id),
                    ("invoice_lines", "=", False),
                ]
            )
            for line in waiting:
                # What the platform said of the line is written again, so that the product does not change it.
                kept = {name: line[name] for name in ("name", "price_unit", "discount", "product_uom_qty")}
                line.write({**kept, "product_id": alias.product_id.id, "tax_ids": [(6, 0, line.tax_ids.ids)]})
            self.env["ecom.refund"].search(
                [("shop_id", "in", shops.ids), ("sku", "=", alias.sku), ("product_id", "=", False)]
            ).write({"product_id": alias.product_id.id})

    @api.model
    def _products(self, shop, skus):
        """{sku: product} of the shop's SKUs: alias first, then our own internal reference.

        Codes that nothing knows are queued as aliases without a product and left out.
        """
        wanted = {sku: title for sku, title in skus.items() if sku}
        domain = [
            ("origin", "=", "shop"),
            ("company_id", "=", shop.company_id.id),
            ("shop_id", "in", [shop.id, False]),
            ("sku", "in", list(wanted)),
        ]
        # What the shop itself says comes last and wins.
        aliases = self.search(domain).sorted(lambda alias: bool(alias.shop_id))
        known = {alias.sku: alias.product_id for alias in aliases if alias.product_id}
        rest = set(wanted) - set(known)
        for product in self.env["product.product"].search(
            [("default_code", "in", list(rest)), ("company_id", "in", [shop.company_id.id, False])]
        ):
            known.setdefault(product.default_code, product)
        queued = set(aliases.mapped("sku"))
        self.create(
            [
                {"sku": sku, "title": wanted[sku], "shop_id": shop.id, "company_id": shop.company_id.id}
                for sku in sorted(set(wanted) - set(known) - queued)
            ]
        )
        return known
