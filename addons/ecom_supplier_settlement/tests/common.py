"""A small world for tests: suppliers, products, one call each for an order, a receipt, an invoice, a
return."""

import io

from pypdf import PdfReader

from odoo import Command
from odoo.fields import Date, Datetime
from odoo.tests import TransactionCase
from odoo.tools import SQL

from odoo.addons.ecom_recon.models.report.ecom_invariant import QUERIES


def pages(pdf):
    """The text of every page, as a reader extracts it."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


class SettleCase(TransactionCase):
    """Two suppliers, two products of a consumed-on-receipt kind, and four people with different rights.

    After each test every invariant of the supplier side is asked.
    """

    def setUp(self):
        super().setUp()
        self.addCleanup(self.assert_holds)

    def assert_holds(self):
        """In one query, because it is asked so often."""
        self.env.flush_all()
        queries = self.env["ecom.invariant"]._queries()
        broken = self.env.execute_query(
            SQL(" UNION ALL ").join(
                SQL("(SELECT %s, o::text FROM (%s) o LIMIT 5)", name, query)
                for name, query in queries.items()
                if name not in QUERIES
            )
        )
        self.assertEqual(broken, [], "an invariant is broken")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.keeper = cls.person("keeper", "ecom_supplier_settlement.group_warehouse")
        cls.buyer = cls.person("buyer", "ecom_supplier_settlement.group_buyer")
        cls.accountant = cls.person("accountant", "ecom_connectors.group_accountant")
        cls.manager = cls.person("manager", "ecom_connectors.group_manager")
        cls.supplier = cls.partner("Supplier A")
        cls.other_supplier = cls.partner("Supplier B")
        cls.product = cls.goods("P1")
        cls.other_product = cls.goods("P2")

    @classmethod
    def person(cls, login, group, **values):
        return cls.env["res.users"].create(
            {
                "name": login,
                "login": f"settle_test_{login}",
                "group_ids": [Command.set([cls.env.ref(group).id])],
                "company_ids": [Command.set(cls.company.ids)],
                "company_id": cls.company.id,
                **values,
            }
        )

    @classmethod
    def partner(cls, name, **values):
        return cls.env["res.partner"].create(
            {"name": name, "is_company": True, "supplier_rank": 1, "email": "supplier@example.com", **values}
        )

    @classmethod
    def goods(cls, code, **values):
        """A stored product without taxes, costed by its category."""
        return cls.env["product.product"].create(
            {
                "name": code,
                "default_code": code,
                "type": "consu",
                "is_storable": True,
                "supplier_taxes_id": [Command.clear()],
                "taxes_id": [Command.clear()],
                **values,
            }
        )

    @classmethod
    def currency(cls, name, rate=None, day="2026-01-01"):
        """An active currency; `rate` is units of company currency for one of it."""
        currency = cls.env["res.currency"].with_context(active_test=False).search([("name", "=", name)])
        currency.active = True
        if rate is not None:
            cls.env["res.currency.rate"].create(
                {
                    "currency_id": currency.id,
                    "company_id": cls.company.id,
                    "name": day,
                    "inverse_company_rate": rate,
                }
            )
        return currency

    @classmethod
    def order(cls, *lines, partner=None, day="2026-09-01", currency=None, **values):
        """A confirmed purchase order; `lines` are (product, quantity, price) or dicts of values."""
        order = cls.env["purchase.order"].create(
            {
                "partner_id": (partner or cls.supplier).id,
                "currency_id": (currency or cls.company.currency_id).id,
                "date_order": f"{day} 04:00:00",
                "order_line": [
                    Command.create(
                        line
                        if isinstance(line, dict)
                        else {
                            "product_id": line[0].id,
                            "product_qty": line[1],
                            "price_unit": line[2],
                            "date_planned": f"{day} 04:00:00",
                        }
                    )
                    for line in lines
                ],
                **values,
            }
        )
        order.button_confirm()
        order.date_approve = Datetime.to_datetime(f"{day} 04:00:00")
        return order

    @classmethod
    def receive(cls, order, *quantities, day="2026-09-05"):
        """Receive these quantities of the order's lines, all without quantities; the rest stays open."""
        picking = order.picking_ids.filtered(lambda it: it.state not in ("done", "cancel"))[-1:]
        lines = order.order_line.filtered("product_id")
        wanted = dict(zip(lines.ids, quantities or lines.mapped("product_qty"), strict=True))
        for move in picking.move_ids:
            move.quantity = wanted.get(move.purchase_line_id.id, 0)
            move.picked = bool(move.quantity)
        picking.with_context(skip_backorder=True).button_validate()
        done = picking.move_ids.filtered(lambda it: it.state == "done")
        done.date = Datetime.to_datetime(f"{day} 04:00:00")
        picking.date_done = done[:1].date
        return picking

    @classmethod
    def send_back(cls, picking, *quantities, day="2026-09-08"):
        """Return these quantities of a receipt to its supplier."""
        wizard = (
            cls.env["stock.return.picking"]
            .with_context(active_id=picking.id, active_ids=picking.ids, active_model="stock.picking")
            .create({})
        )
        for line, quantity in zip(wizard.product_return_moves, quantities, strict=True):
            line.quantity = quantity
        back = wizard._create_return()
        for move in back.move_ids:
            move.quantity = move.product_uom_qty
            move.picked = True
        back.button_validate()
        back.move_ids.date = Datetime.to_datetime(f"{day} 04:00:00")
        return back

    @classmethod
    def vendor_bill(cls, *lines, partner=None, day="2026-09-10", currency=None, post=True, **values):
        """A vendor invoice; `lines` are (purchase order line or product, quantity, price)."""
        move = cls.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": (partner or cls.supplier).id,
                "currency_id": (currency or cls.company.currency_id).id,
                "invoice_date": Date.to_date(day),
                "date": Date.to_date(day),
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": (
                                source.product_id if source._name == "purchase.order.line" else source
                            ).id,
                            "purchase_line_id": source.id if source._name == "purchase.order.line" else False,
                            "quantity": quantity,
                            "price_unit": price,
                            "tax_ids": [Command.clear()],
                        }
                    )
                    for source, quantity, price in lines
                ],
                **values,
            }
        )
        if post:
            move.action_post()
        return move
