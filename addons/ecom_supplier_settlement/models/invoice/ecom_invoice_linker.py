"""Invoice stage: lines of an invoice find product, order lines and taxes; what finds none stays visible."""

import re
from collections import defaultdict
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.ecom_connectors.lib.ecom_kernel import split

from ...lib.ecom_settle.invoice import InvoiceLine
from ...lib.ecom_settle.spread import OpenLine, spread
from ..setup.bills import BILLS_AND_CREDITS

_CATEGORY = re.compile(r"^\*[^*]{1,40}\*")
# Units on Chinese invoices that every order's "Units" means.
PIECES = {"个", "件", "只", "pcs", "pc", "ea", "unit", "units"}


class EcomInvoiceLinker(models.AbstractModel):
    """Products by alias, supplier's code, our code, name; order lines oldest first; all sums kept."""

    _name = "ecom.invoice.linker"
    _description = "Vendor Invoice Linker"

    @api.model
    def _lines(self, document, supplier, company, currency, is_refund):
        """Lines of the draft of an invoice whose signs are ours.

        :return: (list of dicts: values for account.move.line, taxes, tax as Decimal, origin), notes
        """
        products = self._products(supplier, company, document.lines)
        orders = self._order_lines(supplier, company, currency, set(products.values()), is_refund)
        taxes = self._taxes(company)
        units = self._units(document.lines)
        lines, notes, strange = [], [], set()
        for line in document.lines:
            product = products.get(line.row, self.env["product.product"])
            parts, unit, more = self._parts(document.remark, line, orders.get(product.id, []), units)
            notes += self._notes(line, product, parts, more)
            if line.unit and not unit and line.unit.lower() not in PIECES:
                strange.add(line.unit)
            lines += self._values(line, product, parts, unit, currency, taxes)
        if strange:
            notes.append(
                self.env._("Units not known, the order's were taken: %s.", ", ".join(sorted(strange)))
            )
        self._queue(supplier, company, document.lines, products)
        return lines, notes

    # --- products --------------------------------------------------------------------------

    def _products(self, supplier, company, lines):
        """{row: product}; a code or name that means two products means none."""
        wanted = {line.row: self._keys(line) for line in lines}
        keys = {key for found in wanted.values() for key in found}
        tables = [
            table(supplier, company, keys)
            for table in (self._by_alias, self._by_supplier, self._by_code, self._by_barcode, self._by_name)
        ]
        found = {}
        for row, own in wanted.items():
            for table in tables:
                hits = {table[key] for key in own if key in table}
                if hits:
                    if len(hits) == 1 and len(next(iter(hits))) == 1:
                        found[row] = next(iter(hits))
                    break
        return found

    def _keys(self, line):
        """What may name the product: its code, its specification, its name without the tax category."""
        bare = _CATEGORY.sub("", line.name).strip()
        return [key for key in dict.fromkeys((line.sku, line.spec, bare, line.name)) if key]

    def _by_alias(self, supplier, company, keys):
        aliases = self.env["ecom.alias"].search(
            [
                ("origin", "=", "supplier"),
                ("company_id", "=", company.id),
                ("partner_id", "in", [supplier.id, False]),
                ("sku", "in", list(keys)),
                ("product_id", "!=", False),
            ]
        )
        # What stands for this supplier comes last and wins.
        return {alias.sku: alias.product_id for alias in aliases.sorted(lambda alias: bool(alias.partner_id))}

    def _by_supplier(self, supplier, company, keys):
        infos = self.env["product.supplierinfo"].search(
            [
                ("partner_id.commercial_partner_id", "=", supplier.id),
                ("company_id", "in", [company.id, False]),
                "|",
                ("product_code", "in", list(keys)),
                ("product_name", "in", list(keys)),
            ]
        )
        found = defaultdict(lambda: self.env["product.product"])
        for info in infos:
            product = info.product_id or info.product_tmpl_id.product_variant_ids
            for key in {info.product_code, info.product_name} & keys:
                found[key] |= product
        return dict(found)

    def _by_code(self, _supplier, company, keys):
        return self._search_products(company, "default_code", keys)

    def _by_barcode(self, _supplier, company, keys):
        return self._search_products(company, "barcode", keys)

    def _by_name(self, _supplier, company, keys):
        found = self._search_products(company, "name", keys)
        if "zh_CN" in dict(self.env["res.lang"].get_installed()):
            chinese = self.with_context(lang="zh_CN")._search_products(company, "name", keys)
            found = {**{key: hit.with_env(self.env) for key, hit in chinese.items()}, **found}
        return found

    def _search_products(self, company, field, keys):
        found = defaultdict(lambda: self.env["product.product"])
        for product in self.env["product.product"].search(
            [(field, "in", list(keys)), ("company_id", "in", [company.id, False])]
        ):
            found[product[field]] |= product
        return dict(found)

    def _queue(self, supplier, company, lines, products):
        """Codes that nothing knows wait as aliases without a product, once."""
        unknown = {line.sku: line.name for line in lines if line.sku and line.row not in products}
        # Buyers bring in invoices, only operators keep aliases: the queue is filled for them.
        aliases = self.env["ecom.alias"].sudo()
        known = aliases.search(
            [
                ("origin", "=", "supplier"),
                ("company_id", "=", company.id),
                ("partner_id", "in", [supplier.id, False]),
                ("sku", "in", list(unknown)),
            ]
        )
        aliases.create(
            [
                {
                    "sku": sku,
                    "title": title,
                    "origin": "supplier",
                    "partner_id": supplier.id,
                    "company_id": company.id,
                }
                for sku, title in sorted(unknown.items())
                if sku not in known.mapped("sku")
            ]
        )

    # --- order lines -------------------------------------------------------------------------

    def _order_lines(self, supplier, company, currency, products, is_refund):
        """{product id: rows of its order lines, oldest first} in one currency.

        A refund takes back what is invoiced: first what is invoiced and not kept, then anything invoiced.
        """
        ids = [product.id for product in products]
        if not ids:
            return {}
        self.env["purchase.order.line"].flush_model()
        self.env["purchase.order"].flush_model()
        received, ordered = (
            (SQL("l.qty_invoiced - l.qty_received"), SQL("l.qty_invoiced"))
            if is_refund
            else (SQL("l.qty_received - l.qty_invoiced"), SQL("l.product_qty - l.qty_invoiced"))
        )
        self.env.cr.execute(
            SQL(
                """SELECT l.id, l.product_id, o.name AS order_name, o.partner_ref, l.product_uom_id,
                          %(received)s AS received, %(ordered)s AS ordered
                     FROM purchase_order_line l
                     JOIN purchase_order o ON o.id = l.order_id
                     JOIN res_partner p ON p.id = o.partner_id
                    WHERE o.company_id = %(company)s AND o.state = 'purchase' AND l.display_type IS NULL
                      AND o.currency_id = %(currency)s AND p.commercial_partner_id = %(supplier)s
                      AND l.product_id = ANY(%(products)s)
                    ORDER BY coalesce(o.date_approve, o.date_order), l.id""",
                received=received,
                ordered=ordered,
                company=company.id,
                currency=currency.id,
                supplier=supplier.id,
                products=ids,
            )
        )
        rows = defaultdict(list)
        for row in self.env.cr.dictfetchall():
            rows[row["product_id"]].append(row)
        return rows

    def _parts(self, remark, line, rows, units):
        """([(order line row, quantity)], unit of the invoice line, what exceeds the orders)."""
        unit = units.get(line.unit.lower(), self.env["uom.uom"])
        if not rows or line.quantity is None or line.quantity <= 0 or line.amount < 0:
            return [], unit, Decimal(0)
        rows = self._named_first(remark, line, rows)
        own = self.env["uom.uom"].browse(rows[0]["product_uom_id"])
        if not unit or not unit._has_common_reference(own):
            unit = own
        step = self._step()
        open_lines, by_id = [], {}
        for row in rows:
            row_unit = self.env["uom.uom"].browse(row["product_uom_id"])
            if not row_unit._has_common_reference(unit):
                continue
            ratio = Decimal(repr(row_unit.factor)) / Decimal(repr(unit.factor))
            received, ordered = (
                max((Decimal(str(row[name] or 0)) * ratio).quantize(step), Decimal(0))
                for name in ("received", "ordered")
            )
            if received or ordered or not by_id:
                by_id[row["id"]] = row
                open_lines.append(OpenLine(key=row["id"], received=received, ordered=ordered))
        quantity = line.quantity.quantize(step)
        parts = [(by_id[key], part) for key, part in spread(quantity, open_lines)]
        for row, part in parts:
            # The next line of the invoice finds what this one leaves.
            row_unit = self.env["uom.uom"].browse(row["product_uom_id"])
            taken = part * Decimal(repr(unit.factor)) / Decimal(repr(row_unit.factor))
            for name in ("received", "ordered"):
                row[name] = Decimal(str(row[name] or 0)) - taken
        more = quantity - sum(max(it.received, it.ordered) for it in open_lines)
        return parts, unit, max(more, Decimal(0))

    def _named_first(self, remark, line, rows):
        """Only the orders that the line names; else those that the invoice names first."""

        def named(text):
            return [
                row
                for row in rows
                for name in (row["order_name"], row["partner_ref"])
                if name and re.search(rf"(?<![0-9A-Za-z]){re.escape(name)}(?![0-9A-Za-z])", text)
            ]

        own = named(f"{line.order_ref} {line.name}")
        if own:
            return list({row["id"]: row for row in own}.values())
        first = named(remark)
        return list({row["id"]: row for row in [*first, *rows]}.values())

    def _units(self, lines):
        """{lower-case name: unit} of the units that the invoice names, in the languages people use."""
        names = {line.unit for line in lines if line.unit}
        found = {}
        if not names:
            return found
        for lang, _name in self.env["res.lang"].get_installed():
            for unit in self.env["uom.uom"].with_context(lang=lang).search([]):  # pylint: disable=no-search-all
                if unit.name.lower() in {name.lower() for name in names}:
                    found.setdefault(unit.name.lower(), unit.with_env(self.env))
        return found

    def _step(self):
        return Decimal(1).scaleb(-self.env["decimal.precision"].precision_get("Product Unit"))

    # --- invoice lines -----------------------------------------------------------------------------

    def _values(self, line, product, parts, unit, currency, taxes):
        """One invoice line per part; amount and tax are shared out without rest."""
        step, digits = self._step(), currency.decimal_places
        pieces = parts or [(None, (line.quantity or Decimal(1)).quantize(step) or Decimal(1))]
        weights = [int(abs(quantity) / step) for _row, quantity in pieces]
        amounts = split(int(line.amount.scaleb(digits)), weights)
        tax_parts = split(int(line.tax.scaleb(digits)), weights)
        found = []
        for (row, quantity), amount, tax in zip(pieces, amounts, tax_parts, strict=True):
            order_line = self.env["purchase.order.line"].browse(row["id"] if row else ())
            own = self._tax_of(line, taxes, order_line, product)
            uom = unit or order_line.product_uom_id or product.uom_id
            found.append(
                {
                    "values": {
                        "product_id": product.id,
                        "purchase_line_id": order_line.id,
                        "name": " ".join(filter(None, (line.name, line.spec))),
                        "ecom_supplier_sku": line.sku or line.spec,
                        "quantity": float(quantity),
                        # Not rounded: quantity times price is the invoice's amount.
                        "price_unit": float(Decimal(amount).scaleb(-digits) / quantity),
                        "discount": 0,
                        "tax_ids": [(6, 0, own.ids)],
                        **({"product_uom_id": uom.id} if product and uom else {}),
                    },
                    "taxes": own,
                    "tax": Decimal(tax).scaleb(-digits),
                    "origin": row["order_name"] if row else "",
                }
            )
        return found

    def _taxes(self, company):
        """Purchase taxes of a company that are a percentage on top of the price."""
        taxes = self.env["account.tax"].search(
            [
                *self.env["account.tax"]._check_company_domain(company),
                ("type_tax_use", "=", "purchase"),
                ("amount_type", "=", "percent"),
            ]
        )
        return taxes.filtered(lambda tax: not tax.price_include and tax.amount >= 0)

    def _tax_of(self, line, taxes, order_line, product):
        """The one tax of the line's rate: the order's, the product's, the company's, else the first."""
        fitting = taxes.filtered(lambda tax: Decimal(str(tax.amount)) == line.rate)
        if not line.rate and not line.tax:
            return fitting & (order_line.tax_ids or product.supplier_taxes_id)
        for own in (order_line.tax_ids, product.supplier_taxes_id, self.env.company.account_purchase_tax_id):
            if len(own & fitting) == 1:
                return own & fitting
        if not fitting or not line.rate:
            raise UserError(
                self.env._(
                    "Row %(row)s: the company has no purchase tax of %(rate)s%% on top of the price, "
                    "for a tax of %(tax)s. Create it, or correct the file.",
                    row=line.row,
                    rate=f"{line.rate:f}",
                    tax=line.tax,
                )
            )
        return fitting[0]

    def _notes(self, line, product, parts, more):
        label = line.name if not line.sku else f"{line.sku} {line.name}"
        if not product:
            return [self.env._("Row %(row)s, %(what)s: choose the product.", row=line.row, what=label)]
        if not parts:
            return [
                self.env._(
                    "Row %(row)s, %(what)s: the supplier has no order line for it in this currency.",
                    row=line.row,
                    what=label,
                )
            ]
        if more:
            return [
                self.env._(
                    "Row %(row)s, %(what)s: %(more)s more than its orders leave to invoice.",
                    row=line.row,
                    what=label,
                    more=f"{more.normalize():f}",
                )
            ]
        return []

    # --- drafts that are there already --------------------------------------------------------

    @api.model
    def _link(self, move):
        """Give lines of a draft invoice the products and order lines they lack; amounts and tax stay.

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
    def _relink_products(self, products):
        codes = {code for product in products for code in (product.default_code, product.barcode) if code}
        if codes:
            self._relink(codes)

    @api.model
    def _relink_infos(self, infos):
        for supplier, own in infos.grouped("partner_id").items():
            codes = {code for info in own for code in (info.product_code, info.product_name) if code}
            if codes:
                self._relink(codes, supplier=supplier)

    @api.model
    def _relink(self, codes, company=None, supplier=None):
        """Drafts that wait for one of these codes of their supplier find product and order lines."""
        domain = [
            ("ecom_supplier_sku", "in", list(codes)),
            ("product_id", "=", False),
            ("display_type", "=", "product"),
            ("parent_state", "=", "draft"),
            ("move_id.move_type", "in", BILLS_AND_CREDITS),
        ]
        if company:
            domain.append(("company_id", "=", company.id))
        if supplier:
            domain.append(("move_id.commercial_partner_id", "=", supplier.commercial_partner_id.id))
        # Who keeps products and codes need not open invoices; the drafts follow the code.
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
