"""Invoice stage, at the end of a period: one order line's received and not invoiced goods."""

from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...lib.ecom_settle import accrual as maths

VERSION = 1
KINDS = [
    ("accrued", "Received, Not Invoiced"),
    ("reduced", "No Longer Open"),
    ("prepaid", "Invoiced, Not Received"),
    ("undated", "Received by Hand, Not Dated"),
]


class EcomAccrualLine(models.Model):
    """What is open of an order line at the end of a day. Only `accrued` and `reduced` lines are booked."""

    _name = "ecom.accrual.line"
    _description = "Accrual Line"
    _inherit = "ecom.sealed"
    _sealed_as = "ecom.accrual"
    _order = "accrual_id, kind, partner_id, order_id, purchase_line_id"
    _check_company_auto = True

    accrual_id = fields.Many2one("ecom.accrual", required=True, readonly=True, ondelete="cascade", index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    period_end = fields.Date(required=True, readonly=True)
    live = fields.Boolean(default=True, readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    purchase_line_id = fields.Many2one(
        "purchase.order.line", "Order Line", required=True, readonly=True, ondelete="restrict", index=True
    )
    order_id = fields.Many2one("purchase.order", required=True, readonly=True, ondelete="restrict")
    partner_id = fields.Many2one("res.partner", "Supplier", required=True, readonly=True, ondelete="restrict")
    product_id = fields.Many2one("product.product", required=True, readonly=True, ondelete="restrict")
    ledger_id = fields.Many2one("account.account", "Debit Account", readonly=True, ondelete="restrict")
    accrued_ledger_id = fields.Many2one(
        "account.account", "Credit Account", readonly=True, ondelete="restrict"
    )
    quantity_received = fields.Float("Received", digits="Product Unit", readonly=True)
    quantity_billed = fields.Float("Invoiced", digits="Product Unit", readonly=True)
    quantity_before = fields.Float(
        "Accrued Before",
        digits="Product Unit",
        readonly=True,
        help="Still open of earlier periods' accruals.",
    )
    quantity = fields.Float("Open", digits="Product Unit", readonly=True)
    uom_id = fields.Many2one("uom.uom", "Unit", readonly=True)
    price_unit = fields.Float("Price", min_display_digits="Product Price", readonly=True, aggregator=None)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(readonly=True, help="In the order's currency, without tax.")
    rate = fields.Float(
        digits=0, readonly=True, aggregator=None, help="Company units per unit at the period end."
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    balance = fields.Monetary("In Company Currency", currency_field="company_currency_id", readonly=True)
    working = fields.Json(readonly=True)
    reversal_ids = fields.One2many("ecom.accrual.reversal", "line_id", readonly=True)
    item_ids = fields.One2many("account.move.line", "ecom_accrual_line_id", "Journal Items", readonly=True)
    quantity_open = fields.Float(
        "Still Accrued (Quantity)", compute="_compute_open", store=True, digits="Product Unit"
    )
    amount_open = fields.Monetary("Still Accrued", compute="_compute_open", store=True)
    balance_open = fields.Monetary(
        "Still Accrued (Company)",
        compute="_compute_open",
        store=True,
        currency_field="company_currency_id",
    )

    _line_once = models.UniqueIndex(
        "(company_id, period_end, purchase_line_id) WHERE live", "This order line is accrued already."
    )

    @api.depends("live", "kind", "quantity", "amount", "balance", "reversal_ids.live")
    def _compute_open(self):
        for line in self:
            counts = line.live and line.kind == "accrued"
            reversed_parts = line.reversal_ids.filtered("live")
            for name in ("quantity", "amount", "balance"):
                line[f"{name}_open"] = line[name] - sum(reversed_parts.mapped(name)) if counts else 0

    def _figures(self):
        """What two versions of a draft are compared by."""
        return sorted(
            (
                *(line.purchase_line_id.id, line.kind, line.ledger_id.id, line.quantity, line.amount),
                *(line.balance, line.quantity_received, line.quantity_billed),
            )
            for line in self
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        if self.accrual_id.filtered(lambda accrual: accrual.state != "draft"):
            raise UserError(self.env._("A posted accrual is undone, never deleted."))

    # --- figures of a period end -----------------------------------------------------------------

    @api.model
    def _values(self, accrual):
        """Values of the lines of an accrual, from the purchase basis as its period ended."""
        before = self._before(accrual)
        rows = self._rows(accrual, list(before))
        lines = self.env["purchase.order.line"].browse([row["id"] for row in rows])
        accounts = self._debit_accounts(accrual.company_id, lines) if rows else {}
        accrued = self.env["ecom.role.map"]._company_ledger(accrual.company_id, "goods_accrued")
        rates = {}
        found = []
        for row, line in zip(rows, lines, strict=True):
            values = self._line_values(accrual, row, line, before.get(row["id"], Decimal(0)), rates)
            if values:
                found.append(values | {"ledger_id": accounts[line].id, "accrued_ledger_id": accrued.id})
        return found

    def _rows(self, accrual, accrued_ids):
        """Rows of the basis with something open, or with an accrual that is open; numbers are exact texts."""
        basis = self.env["ecom.purchase.basis"]._at(accrual.period_end, accrual.company_id)
        self.env.cr.execute(
            SQL(
                """SELECT b.id, b.partner_id, b.product_id, b.order_id, b.currency_id, b.uom_id,
                          l.qty_received_method AS method,
                          b.price_unit::text AS price, b.quantity_billed::text AS billed,
                          b.quantity_cleared::text AS cleared,
                          (b.quantity_received - b.quantity_consigned)::text AS received
                     FROM (%s) b JOIN purchase_order_line l ON l.id = b.id
                    WHERE b.quantity_received - b.quantity_consigned <> b.quantity_billed + b.quantity_cleared
                       OR b.id = ANY(%s)
                    ORDER BY b.partner_id, b.order_id, b.id""",
                basis,
                accrued_ids,
            )
        )
        return self.env.cr.dictfetchall()

    def _before(self, accrual):
        """{order line id: quantity} still open at the period end of earlier accruals that wait for invoices.

        A company that takes accruals back on the next day may have waited for invoices before.
        """
        self.env["ecom.accrual.line"].flush_model()
        self.env["ecom.accrual.reversal"].flush_model()
        self.env.cr.execute(
            SQL(
                """SELECT l.purchase_line_id, sum(l.quantity - coalesce(r.quantity, 0))::text
                     FROM ecom_accrual_line l
                     JOIN ecom_accrual a ON a.id = l.accrual_id
                     LEFT JOIN LATERAL (SELECT sum(quantity) AS quantity FROM ecom_accrual_reversal
                                         WHERE line_id = l.id AND live AND day <= %(day)s) r ON true
                    WHERE a.company_id = %(company)s AND a.state = 'posted' AND a.reversal = 'on_bill'
                      AND l.kind = 'accrued' AND l.period_end < %(day)s
                    GROUP BY l.purchase_line_id HAVING sum(l.quantity - coalesce(r.quantity, 0)) <> 0""",
                day=accrual.period_end,
                company=accrual.company_id.id,
            )
        )
        return {line_id: Decimal(quantity) for line_id, quantity in self.env.cr.fetchall()}

    def _line_values(self, accrual, row, line, before, rates):
        received, billed, price = (Decimal(row[name]) for name in ("received", "billed", "price"))
        cleared = Decimal(row["cleared"])
        open_now = received - billed - cleared
        quantity = max(open_now, Decimal(0)) - before
        kind = "accrued" if quantity > 0 else "reduced" if quantity < 0 else None
        if row["method"] == "manual" and not before:
            kind = "undated"
        if kind is None or (kind == "undated" and open_now < 0):
            if open_now >= 0:
                return None
            kind = "prepaid"
        if kind in ("prepaid", "undated"):
            quantity = open_now
        currency = self.env["res.currency"].browse(row["currency_id"])
        company_currency = accrual.company_id.currency_id
        if currency not in rates:
            rates[currency] = self._rate(accrual, currency)
        digits = currency.decimal_places
        # What is reduced is taken back at the value it was accrued with; the posting knows it.
        amount = 0 if kind == "reduced" else maths.value(quantity, price, digits)
        balance = maths.in_company(amount, rates[currency], digits, company_currency.decimal_places)
        return {
            "accrual_id": accrual.id,
            "company_id": accrual.company_id.id,
            "period_end": accrual.period_end,
            "kind": kind,
            "purchase_line_id": line.id,
            "order_id": row["order_id"],
            "partner_id": row["partner_id"],
            "product_id": row["product_id"],
            "uom_id": row["uom_id"],
            "quantity_received": float(received),
            "quantity_billed": float(billed),
            "quantity_before": float(before),
            "quantity": float(quantity),
            "price_unit": float(price),
            "currency_id": currency.id,
            "amount": amount / 10**digits,
            "rate": float(rates[currency]),
            "balance": balance / 10**company_currency.decimal_places,
            "working": self._working(received, billed, cleared, before, quantity, price, amount, currency),
        }

    def _working(self, received, billed, cleared, before, quantity, price, amount, currency):
        def plain(number):
            return f"{number.normalize():f}"

        base = [
            {"label": self.env._("Received"), "quantity": plain(received)},
            {"label": self.env._("Invoiced"), "quantity": plain(-billed)},
        ]
        if cleared:
            base.append({"label": self.env._("Cleared"), "quantity": plain(-cleared)})
        if before:
            base.append({"label": self.env._("Accrued before"), "quantity": plain(-before)})
        return {
            "rule": "accrual",
            "version": VERSION,
            "title": self.env._("Received and not invoiced"),
            "base": base,
            "base_total": plain(quantity),
            "formula": f"{plain(quantity)} x {plain(price)}",
            "result": f"{Decimal(amount).scaleb(-currency.decimal_places):f}",
            "currency": currency.name,
        }

    def _rate(self, accrual, currency):
        """Company units per unit on the period end; without a rate nothing is booked 1:1."""
        return self.env["ecom.books"]._rate(accrual.company_id, currency, accrual.period_end)

    def _debit_accounts(self, company, lines):
        """{order line: account} that the invoice will debit, or that of the role, as the company wants."""
        if company.ecom_accrual_debit == "role":
            account = self.env["ecom.role.map"]._company_ledger(company, "goods_received")
            return dict.fromkeys(lines, account)
        found, cache = {}, {}
        for line in lines:
            product, position = line.product_id, line.order_id.fiscal_position_id
            dropship = any(move.is_dropship for move in line.move_ids) if product.is_storable else True
            key = (product, position, dropship)
            if key not in cache:
                accounts = product.with_company(company).product_tmpl_id.get_product_accounts(
                    fiscal_pos=position
                )
                stock = not dropship and product.with_company(company).valuation == "real_time"
                cache[key] = stock and accounts["stock_valuation"] or accounts["expense"]
            if not cache[key]:
                raise UserError(
                    self.env._(
                        "%s has no expense account: set it on the product or its category.",
                        product.display_name,
                    )
                )
            found[line] = cache[key]
        return found
