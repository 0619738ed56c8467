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
        aliases = self.search(domain).sorted("shop_id")
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
