"""Load stage: order and refund files into Odoo's orders and our refunds."""

import base64
from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..bills.ecom_reader import problem_text
from ..kernel.days import to_utc

BATCH = 200
MOMENTS = ("paid_at", "shipped_at", "signed_at")
AMOUNTS = {
    "receivable": "ecom_receivable",
    "buyer_paid": "ecom_buyer_paid",
    "platform_subsidy": "ecom_subsidy",
}


class EcomOrderImport(models.AbstractModel):
    """Creates what is new, refreshes what has changed, leaves the rest alone."""

    _name = "ecom.order.import"
    _description = "Order File Import"

    @api.model
    def import_orders(self, files, shop_code=None):
        """Orders of files become sales orders, once.

        :param files: list of `{"name", "content"}`, content in base64
        :param shop_code: shop of the orders, for exports that do not name it
        :return: per file `file, layout, state, orders, lines, new, updated, known, problems`
        """
        return [self._import_one(file, "orders", shop_code) for file in files]

    @api.model
    def import_refunds(self, files, shop_code=None):
        """Refunds of files become platform refunds, once; arguments and result as for orders."""
        return [self._import_one(file, "refunds", shop_code) for file in files]

    def _import_one(self, file, want, shop_code):
        if not self.env.user.has_group("ecom_connectors.group_operator"):
            raise AccessError(self.env._("Only shop operators and accountants import orders."))
        content = base64.b64decode(file["content"])
        found = self.env["ecom.reader"]._records(content, file["name"], want)
        result = {
            "file": file["name"],
            "layout": found["layout"],
            "state": "refused" if found["problems"] else "ready",
            want: 0,
            "new": 0,
            "updated": 0,
            "known": 0,
            "problems": found["problems"],
        }
        if not found["problems"]:
            shops, result["problems"] = self._shops(found[want], shop_code)
            if result["problems"]:
                result["state"] = "refused"
            else:
                stores = self.env["ecom.shop"].union(*shops.values())
                with self.env["ecom.stage"]._stage("import", stores) as run:
                    result.update(getattr(self, f"_load_{want}")(shops, found))
                    run._count(line_count=result[want])
        for problem in result["problems"]:
            problem["message"] = problem_text(self.env, problem["reason"])
        return result

    def _shops(self, records, shop_code):
        """{shop in the file: shop}, by code, else by a name only one has; a problem for each other."""
        codes = {record["shop"]: record["row"] for record in reversed(records)}
        shops = self.env["ecom.shop"].search([("company_id", "in", self.env.companies.ids)])
        by_code = {name: same for name, same in shops.grouped("name").items() if len(same) == 1}
        by_code |= {shop.code: shop for shop in shops}
        found, problems = {}, []
        for code, row in codes.items():
            shop = by_code.get(code or shop_code)
            if shop:
                found[code] = shop
            else:
                problems.append(
                    {"row": row, "column": "shop", "text": code or shop_code or "", "reason": "unknown_shop"}
                )
        return found, problems

    # --- orders -------------------------------------------------------------

    def _load_orders(self, shops, found):
        """Create or refresh every order; lines come keyed by shop and order number."""
        lines = defaultdict(list)
        for line in found["lines"]:
            lines[line["shop"], line["order_no"]].append(line)
        counts = {"orders": len(found["orders"]), "lines": len(found["lines"]), "new": 0, "updated": 0}
        for code, shop in shops.items():
            orders = [order for order in found["orders"] if order["shop"] == code]
            loader = self.with_company(shop.company_id)
            new, updated = loader._load_shop_orders(shop, orders, lines)
            counts["new"] += new
            counts["updated"] += updated
        counts["known"] = counts["orders"] - counts["new"] - counts["updated"]
        return counts

    def _load_shop_orders(self, shop, orders, lines):
        known = {
            order.ecom_order_no: order
            for order in self.env["sale.order"].search(
                [
                    ("ecom_shop_id", "=", shop.id),
                    ("ecom_order_no", "in", [order["order_no"] for order in orders]),
                ]
            )
        }
        skus = {
            line["sku"]: line["product"]
            for order in orders
            for line in lines[order["shop"], order["order_no"]]
        }
        products = self.env["ecom.alias"]._products(shop, skus)
        pricelists = {name: self._pricelist(shop, name) for name in {order["currency"] for order in orders}}
        fresh = [
            self._order_values(shop, order, lines[order["shop"], order["order_no"]], products, pricelists)
            for order in orders
            if order["order_no"] not in known
        ]
        # The goods of these orders leave through the platform's or a warehouse's own system.
        creator = self.env["sale.order"].with_context(
            skip_procurement=True, tracking_disable=True, mail_create_nolog=True, mail_create_nosubscribe=True
        )
        for start in range(0, len(fresh), BATCH):
            creator.create(fresh[start : start + BATCH])
        updated = sum(
            self._refresh(known[order["order_no"]], self._facts(shop, order))
            for order in orders
            if order["order_no"] in known
        )
        return len(fresh), updated

    def _facts(self, shop, order):
        """What the platform says of the order, as field values."""
        facts = {f"ecom_{name}": to_utc(order[name], shop.timezone) for name in MOMENTS}
        facts |= {name: float(order[column] or 0) for column, name in AMOUNTS.items()}
        facts["ecom_status"] = order["status"] or False
        facts["ecom_payment_ref"] = order["payment_ref"] or False
        return facts

    def _refresh(self, order, facts):
        """Write what has changed; an empty cell never erases what is known. Return 1 if it did."""
        changed = {}
        for name, value in facts.items():
            old = order[name]
            same = order.currency_id.is_zero(old - value) if name in AMOUNTS.values() else old == value
            if value and not same:
                changed[name] = value
        if changed:
            order.write(changed)
        return int(bool(changed))

    def _order_values(self, shop, order, lines, products, pricelists):
        ordered_at = to_utc(order["ordered_at"] or order["paid_at"], shop.timezone)
        return {
            "ecom_shop_id": shop.id,
            "ecom_order_no": order["order_no"],
            "client_order_ref": order["order_no"],
            "company_id": shop.company_id.id,
            "partner_id": shop.partner_id.id,
            "warehouse_id": (shop.warehouse_id or self._warehouse(shop.company_id)).id,
            "pricelist_id": pricelists[order["currency"]].id,
            "date_order": ordered_at or fields.Datetime.now(),
            "state": "sale",
            "user_id": False,
            "order_line": [(0, 0, values) for values in self._line_values(order, lines, products)],
            **self._facts(shop, order),
        }

    def _line_values(self, order, lines, products):
        """Goods, freight and shop discount; together exactly what the order is worth.

        Price times quantity may round: then the line is one piece at its total.
        """
        unmapped = self.env.ref("ecom_connectors.product_unmapped")
        for line in lines:
            quantity, price, total = (
                float(line[name] or 0) for name in ("quantity", "unit_price", "line_total")
            )
            exact = abs(quantity * price - total) < 0.00005 and round(price, 2) == price
            yield {
                "product_id": products.get(line["sku"], unmapped).id,
                "name": line["product"] or line["sku"] or order["order_no"],
                "product_uom_qty": quantity if exact else 1,
                "price_unit": price if exact else total,
                "tax_ids": [(5, 0, 0)],
                "ecom_sku": line["sku"] or False,
                "ecom_sub_order_no": line["sub_order_no"] or False,
            }
        for column, sign, xmlid in (
            ("freight", 1, "product_freight"),
            ("shop_discount", -1, "product_discount"),
        ):
            amount = sign * float(order[column] or 0)
            if amount:
                product = self.env.ref(f"ecom_connectors.{xmlid}")
                yield {
                    "product_id": product.id,
                    "name": product.name,
                    "product_uom_qty": 1,
                    "price_unit": amount,
                    "tax_ids": [(5, 0, 0)],
                }

    def _warehouse(self, company):
        return self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)

    def _pricelist(self, shop, currency_name):
        """A price list that does nothing but carry the currency of the order."""
        currency = self.env["res.currency"]._ecom_by_name(currency_name)
        # Importing orders needs a price list of their currency, whoever imports them.
        pricelists = self.env["product.pricelist"].sudo()
        values = {
            "name": self.env["ecom.books"]._words(shop.company_id)._("Platform prices (%s)", currency.name),
            "currency_id": currency.id,
            "company_id": shop.company_id.id,
        }
        domain = [(name, "=", value) for name, value in values.items() if name != "name"]
        return pricelists.search([*domain, ("item_ids", "=", False)], limit=1) or pricelists.create(values)

    # --- refunds ------------------------------------------------------------

    def _load_refunds(self, shops, found):
        records = self._one_per_refund(found["refunds"])
        counts = {"refunds": len(records), "new": 0, "updated": 0}
        known = {
            (refund.shop_id, refund.refund_no): refund
            for refund in self.env["ecom.refund"].search(
                [
                    ("shop_id", "in", [shop.id for shop in shops.values()]),
                    ("refund_no", "in", [record["refund_no"] for record in records]),
                ]
            )
        }
        products = {
            code: self.env["ecom.alias"]._products(
                shop, {record["sku"]: "" for record in records if record["shop"] == code}
            )
            for code, shop in shops.items()
        }
        currencies = {
            name: self.env["res.currency"]._ecom_by_name(name)
            for name in {record["currency"] for record in records}
        }
        fresh = []
        for record in records:
            shop = shops[record["shop"]]
            product = products[record["shop"]].get(record["sku"])
            values = self._refund_values(shop, record, product, currencies[record["currency"]])
            refund = known.get((shop, record["refund_no"]))
            if not refund:
                fresh.append(values)
            elif not refund.currency_id.is_zero(refund.amount - values["amount"]):
                refund.write(values)
                counts["updated"] += 1
        self.env["ecom.refund"].create(fresh)
        counts["new"] = len(fresh)
        counts["known"] = counts["refunds"] - counts["new"] - counts["updated"]
        return counts

    def _one_per_refund(self, records):
        """Rows of one refund, one per product, become one record of their sum."""
        refunds = {}
        for record in records:
            first = refunds.setdefault((record["shop"], record["refund_no"]), record)
            if first is not record:
                for name in ("amount", "quantity"):
                    first[name] = str(Decimal(first[name] or 0) + Decimal(record[name] or 0))
                first["sku"] = first["sku"] if first["sku"] == record["sku"] else ""
        return list(refunds.values())

    def _refund_values(self, shop, record, product, currency):
        return {
            "shop_id": shop.id,
            "refund_no": record["refund_no"],
            "order_no": record["order_no"] or False,
            "sub_order_no": record["sub_order_no"] or False,
            "refunded_at": to_utc(record["refunded_at"], shop.timezone),
            "currency_id": currency.id,
            "amount": float(record["amount"]),
            "sku": record["sku"] or False,
            "product_id": product.id if product else False,
            "quantity": float(record["quantity"] or 0),
            "reason": record["reason"] or False,
        }
