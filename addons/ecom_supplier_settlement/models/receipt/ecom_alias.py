"""Receipt stage: suppliers' and warehouses' codes for our products."""

from odoo import api, models


class EcomAlias(models.Model):
    _inherit = "ecom.alias"

    def _give_product(self):  # pylint: disable=missing-return
        """Notice lines that came before their code was known get its product and look for their order."""
        super()._give_product()
        for alias in self.filtered(lambda alias: alias.product_id and alias.origin != "shop"):
            owner = "partner_id" if alias.origin == "supplier" else "warehouse_id.ecom_operator_id"
            domain = [
                ("company_id", "=", alias.company_id.id),
                ("sku", "=", alias.sku),
                ("match_state", "=", "unmapped"),
                ("notice_id.kind", "=", "ship" if alias.origin == "supplier" else "receipt"),
                ("notice_id.state", "not in", ("done", "cancel")),
            ]
            if alias.partner_id:
                domain.append((f"notice_id.{owner}", "=", alias.partner_id.id))
            # Who keeps the codes need not be a warehouse person; the lines follow the code.
            lines = self.env["ecom.delivery.notice.line"].sudo().search(domain)
            lines._take_product(alias.product_id)
            lines.notice_id._match()
            if alias.origin == "supplier":
                self.env["ecom.invoice.linker"]._relink([alias.sku], alias.company_id, alias.partner_id)

    @api.model
    def _delivered(self, notice, owner):
        """{sku: product} of a notice: the sender's alias, the supplier's price list, our own code or barcode.

        Codes that nothing knows are queued as aliases without a product and left out.

        :param notice: lib `Notice`
        :param owner: `{"partner_id", "warehouse_id"}` of the notice
        """
        origin = "supplier" if notice.kind == "ship" else "warehouse"
        partner = owner["partner_id"] if origin == "supplier" else owner["warehouse_id"].ecom_operator_id
        titles = {line.sku: line.title for line in notice.lines}
        company = self.env.company
        # Receiving goods needs the codes, whoever keeps them.
        aliases = self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("origin", "=", origin),
                ("partner_id", "in", [partner.id, False]),
                ("sku", "in", list(titles)),
            ]
        )
        # What is agreed with this partner comes last and wins.
        by_partner = aliases.sorted(lambda alias: bool(alias.partner_id))
        known = {alias.sku: alias.product_id.id for alias in by_partner if alias.product_id}
        for found in self._own_codes(set(titles) - set(known), owner["partner_id"]):
            known.update({sku: ids.pop() for sku, ids in found.items() if sku not in known and len(ids) == 1})
        waiting = sorted(set(titles) - set(known) - set(aliases.mapped("sku")))
        # The queue is kept by people who may not be those who receive goods.
        self.sudo().create(
            [
                {
                    "sku": sku,
                    "title": titles[sku],
                    "origin": origin,
                    "partner_id": partner.id,
                    "company_id": company.id,
                }
                for sku in waiting
            ]
        )
        return {sku: self.env["product.product"].browse(product) for sku, product in known.items()}

    def _own_codes(self, skus, supplier):
        """{sku: {product ids}} by supplier's price list, internal reference and barcode, in this order."""
        if not skus:
            return
        wanted = list(skus)
        company = [("company_id", "in", [self.env.company.id, False])]
        # Products and price lists are read to understand a code, whatever the user may open.
        products = self.env["product.product"].sudo()
        if supplier:
            found = {}
            infos = self.env["product.supplierinfo"].sudo()  # as above
            for info in infos.search(
                [("partner_id", "child_of", supplier.id), ("product_code", "in", wanted), *company]
            ):
                variants = info.product_id or info.product_tmpl_id.product_variant_ids
                found.setdefault(info.product_code, set()).update(variants.ids)
            yield found
        for name in ("default_code", "barcode"):
            found = {}
            for product in products.search([(name, "in", wanted), *company]):
                found.setdefault(product[name], set()).add(product.id)
            yield found
