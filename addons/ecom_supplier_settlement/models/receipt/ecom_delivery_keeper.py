"""Receipt stage: notices that came by file or interface are stored once, with what their words mean."""

from odoo import api, models
from odoo.exceptions import UserError

from ...lib.ecom_settle.problem import Problem

# Words that mean one of the product's own unit, in the languages of our layouts.
PIECES = {"件", "个", "只", "pcs", "pc", "piece", "pieces", "ea", "each", "unit", "units", "stück", "stk"}


class EcomDeliveryKeeper(models.AbstractModel):
    """Whose a notice is, whether it is known already, and which units it speaks of; then it is stored."""

    _name = "ecom.delivery.keeper"
    _description = "Keeper of Delivery Notices"

    @api.model
    def _keep(self, notices, source, supplier=None, warehouse=None):
        """Store notices of the current company, all or none.

        :param notices: list of lib `Notice`
        :param source: "file" or "api"
        :param supplier: res.partner that those without one are of
        :param warehouse: stock.warehouse that those without one are of
        :return: (records, how many are new, problems); no record if there are problems
        """
        records = self.env["ecom.delivery.notice"]
        orders = self._orders_named(notices)
        units = self._units_named(notices)
        problems, owners = [], []
        for notice in notices:
            owner, odd = self._owner(notice, orders, supplier, warehouse)
            owners.append(owner)
            problems += odd
        if not problems:
            known, problems = self._known(notices, owners)
        if not problems:
            fresh = [pair for pair in zip(notices, owners, strict=True) if pair[0].digest not in known]
            products = [self.env["ecom.alias"]._delivered(notice, owner) for notice, owner in fresh]
            problems = [
                odd
                for (notice, _owner), found in zip(fresh, products, strict=True)
                for odd in self._unit_problems(notice, found, units)
            ]
        if problems:
            return records, 0, problems
        created = (
            records._unseal()
            .create(
                [
                    self._values(notice, owner, source, found, units)
                    for (notice, owner), found in zip(fresh, products, strict=True)
                ]
            )
            ._seal()
        )
        created._match()
        stored = created | records.browse([record.id for record in known.values()])
        return stored, len(created), []

    def _values(self, notice, owner, source, products, units):
        return {
            "name": notice.number,
            "kind": notice.kind,
            "company_id": self.env.company.id,
            "partner_id": owner["partner_id"].id,
            "warehouse_id": owner["warehouse_id"].id,
            "day": notice.day,
            "shipped_day": notice.day if notice.kind == "ship" else False,
            "received_day": notice.day if notice.kind == "receipt" else False,
            "expected_day": notice.expected_day or False,
            "carrier": notice.carrier,
            "tracking_no": notice.tracking_no,
            "source": source,
            "digest": notice.digest,
            "line_ids": [
                (
                    0,
                    0,
                    {
                        "row": line.row,
                        "order_no": line.order_no,
                        "sku": line.sku,
                        "title": line.title,
                        "lot": line.lot,
                        "unit": line.unit,
                        "quantity": float(line.quantity),
                        "quantity_damaged": float(line.damaged),
                        "product_id": products[line.sku].id if line.sku in products else False,
                        "uom_id": self._unit(line, products, units).id,
                        "match_state": "unmatched" if line.sku in products else "unmapped",
                    },
                )
                for line in notice.lines
            ],
        }

    # --- whose it is -----------------------------------------------------------

    def _orders_named(self, notices):
        """{number: purchase.order} of the orders that lines name."""
        numbers = {line.order_no for notice in notices for line in notice.lines if line.order_no}
        # A warehouse may name any order of the company, whatever of it the user may open.
        orders = self.env["purchase.order"].sudo()
        found = orders.search([("name", "in", list(numbers)), ("company_id", "=", self.env.company.id)])
        return {order.name: order for order in found}

    def _owner(self, notice, orders, supplier, warehouse):
        """({"partner_id", "warehouse_id"}, problems): named, chosen, or that of the orders it names."""
        named = self.env["purchase.order"].browse(
            {orders[line.order_no].id for line in notice.lines if line.order_no in orders}
        )
        # Their supplier and warehouse are all we want of them.
        named = named.sudo()
        of_orders = named.partner_id.commercial_partner_id, named.picking_type_id.warehouse_id
        problems, row = [], notice.lines[0].row
        partner = self._supplier_of(notice.supplier, quiet=True) if notice.supplier else supplier
        place = self._warehouse_of(notice.warehouse, quiet=True) if notice.warehouse else warehouse
        if not notice.supplier and partner is None and len(of_orders[0]) == 1:
            partner = of_orders[0]
        if not notice.warehouse and place is None and len(of_orders[1]) == 1:
            place = of_orders[1]
        if not partner and (notice.supplier or notice.kind == "ship"):
            problems.append(Problem(row, "supplier", notice.supplier, "which_supplier"))
        if not place and (notice.warehouse or notice.kind == "receipt"):
            problems.append(Problem(row, "warehouse", notice.warehouse, "which_warehouse"))
        none = {"partner_id": self.env["res.partner"], "warehouse_id": self.env["stock.warehouse"]}
        return {
            "partner_id": partner and partner.sudo(False) or none["partner_id"],  # back to the user's rights
            "warehouse_id": place and place.sudo(False) or none["warehouse_id"],  # back to the user's rights
        }, problems

    @api.model
    def _supplier_of(self, code, quiet=False):
        """The one supplier with this reference, tax number or id; commercial."""
        domain = (
            [("id", "=", code)] if isinstance(code, int) else ["|", ("ref", "=", code), ("vat", "=", code)]
        )
        companies = [("company_id", "in", [self.env.company.id, False])]
        found = self.env["res.partner"].search([*domain, *companies]).commercial_partner_id
        if len(found) != 1 and not quiet:
            raise UserError(self.env._("There is no supplier %s, or more than one.", code))
        return found if len(found) == 1 else found.browse()

    @api.model
    def _warehouse_of(self, code, quiet=False):
        """The one warehouse of the company with this code or id."""
        name = "id" if isinstance(code, int) else "code"
        found = self.env["stock.warehouse"].search(
            [(name, "=", code), ("company_id", "=", self.env.company.id)]
        )
        if len(found) != 1 and not quiet:
            raise UserError(self.env._("There is no warehouse %s.", code))
        return found if len(found) == 1 else found.browse()

    def _known(self, notices, owners):
        """{digest: record} of notices that are stored already; a problem for those that differ."""
        stored = {
            self._natural(record.kind, record.name, record.partner_id, record.warehouse_id): record
            for record in self.env["ecom.delivery.notice"].search(
                [
                    ("company_id", "=", self.env.company.id),
                    ("name", "in", [notice.number for notice in notices]),
                    ("state", "!=", "cancel"),
                ]
            )
        }
        known, problems, seen = {}, [], set()
        for notice, owner in zip(notices, owners, strict=True):
            key = self._natural(notice.kind, notice.number, owner["partner_id"], owner["warehouse_id"])
            record = stored.get(key)
            row = notice.lines[0].row
            if key in seen:
                problems.append(Problem(row, "number", notice.number, "number_twice"))
            seen.add(key)
            if record and record.digest != notice.digest:
                problems.append(Problem(row, "number", notice.number, "notice_differs"))
            elif record:
                known[notice.digest] = record
        return known, problems

    @api.model
    def _natural(self, kind, number, partner, warehouse):
        return kind, number, (partner if kind == "ship" else warehouse).id

    # --- units -----------------------------------------------------------------

    def _units_named(self, notices):
        """{unit in their words: uom.uom}; a name is compared in all languages."""
        words = {line.unit for notice in notices for line in notice.lines if line.unit}
        found = {}
        for lang, _name in self.env["res.lang"].get_installed() if words else ():
            for unit in self.env["uom.uom"].with_context(lang=lang).search([("name", "in", list(words))]):
                found.setdefault(unit.name, unit.with_context(lang=self.env.lang))
        return found

    def _unit(self, line, products, units):
        """The unit of a line; empty: that of the order line it will be matched with."""
        if not line.unit:
            return self.env["uom.uom"]
        if line.unit not in units and line.unit.casefold() in PIECES and line.sku in products:
            return products[line.sku].uom_id
        return units.get(line.unit, self.env["uom.uom"])

    def _unit_problems(self, notice, products, units):
        """Units that nobody knows; taking them for pieces could be wrong by a factor."""
        for line in notice.lines:
            unit = self._unit(line, products, units)
            if not line.unit or (line.sku not in products and line.unit.casefold() in PIECES):
                continue
            product = products.get(line.sku)
            if not unit or (product and not unit._has_common_reference(product.uom_id)):
                yield Problem(line.row, "unit", line.unit, "unknown_unit")
