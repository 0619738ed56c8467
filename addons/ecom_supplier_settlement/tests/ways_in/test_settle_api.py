"""The facade that the command-line client calls: shapes, rights, companies, and what a wrong call is told."""

import base64

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..intake_common import BUYER, SELLER, einvoice
from ..statement_common import StatementCase


@tagged("post_install", "-at_install")
class TestSettleApi(StatementCase):
    """S2.8.9: other systems use the same methods as the client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.vat = BUYER
        cls.supplier.write({"vat": SELLER, "ref": "SUP-A"})
        cls.yuan = cls.currency("CNY")
        cls.env["ecom.ledger.setup"]._apply(cls.company)
        cls.api = cls.env["ecom.settle.api"]

    def as_(self, user):
        return self.api.with_user(user)

    def file(self, content, name="invoice.xml"):
        return {"name": name, "content": base64.b64encode(content).decode()}

    def test_bills_come_in_once(self):
        """S2.1.5 Given an e-invoice, when it is imported twice with a damaged one, then it makes one draft,
        is skipped, and the damaged one is refused without stopping it."""
        self.product.name = "Tea"
        order = self.order((self.product, 10, 100))
        good = self.file(einvoice(("*茶*Tea", "10", "1000.00", "0.13", "130.00"), remark=order.name))
        damaged = self.file(b"<EInvoice><Header>", "damaged.xml")
        first, bad = self.as_(self.buyer).import_bills([good, damaged])
        self.assertEqual((first["state"], bad["state"]), ("ready", "refused"))
        self.assertTrue(bad["problems"][0]["message"].startswith("damaged.xml"))
        [row] = first["bills"]
        self.assertEqual((row["net"], row["tax"], row["total"]), ("1000.00", "130.00", "1130.00"))
        self.assertEqual((row["linked"], row["lines"], row["supplier"]), (1, 1, self.supplier.name))
        [again] = self.as_(self.buyer).import_bills([good])
        self.assertEqual((again["state"], again["bills"]), ("skipped", first["bills"]))
        with self.assertRaises(AccessError):
            self.as_(self.keeper).import_bills([good])

    def test_blocked_bills_say_why_until_they_are_cured(self):
        """S2.1.6 Given an invoice before its goods, then it is blocked with code and words; after the receipt
        a match changes nothing any more, because the receipt has cured it."""
        order = self.order((self.product, 10, 7))
        line = order.order_line
        line.product_id.purchase_method = "receive"
        bill = self.vendor_bill((line, 10, 7), ref="F-1")
        [row] = [row for row in self.as_(self.buyer).blocked() if row["reference"] == "F-1"]
        self.assertEqual((row["reasons"], row["residual"]), (["quantity_over"], "70.00"))
        self.assertTrue(row["why"])
        [detail] = row["lines"]
        self.assertEqual((detail["billed"], detail["expected"], detail["order"]), ("10", "0", order.name))
        self.receive(order)
        self.assertEqual(bill.ecom_threeway_state, "ready")
        said = self.as_(self.accountant).match(["F-1"])
        self.assertEqual(said, {"bills": 1, "states": {"ready": 1}, "changed": []})
        with self.assertRaisesRegex(UserError, "no single invoice F-9"):
            self.as_(self.accountant).match(["F-9"])

    def test_a_month_from_goods_to_statement(self):
        """S2.0.1 Given goods for 100, an invoice of 60 of them and a payment of 30, then the statement closes
        with 30, foots, and shows 40 not invoiced; the suppliers' table says the same."""
        order = self.order((self.product, 10, 10))
        self.receive(order)
        self.pay(self.vendor_bill((order.order_line, 6, 10)), 30)
        [row] = self.as_(self.buyer).statements("2026-09", ["SUP-A"])
        amounts = {name: row[name] for name in ("bills", "payments", "closing", "ledger", "difference")}
        self.assertEqual(
            amounts,
            {
                "bills": "60.00",
                "payments": "-30.00",
                "closing": "30.00",
                "ledger": "30.00",
                "difference": "0.00",
            },
        )
        self.assertEqual(row["unbilled"], "40.00")
        self.assertEqual(self.as_(self.buyer).statements("2026-09", [self.supplier.name]), [row])
        document = self.as_(self.accountant).settlement(row["number"])
        self.assertEqual(len(document["rows"]), row["lines"])
        booked = [float(line["amount"]) for line in document["rows"] if line["booked"]]
        self.assertEqual(round(sum(booked), 2), 30)
        [sent] = self.as_(self.buyer).send([row["number"]])
        self.assertEqual(sent["state"], "sent")
        for form, head in (("pdf", b"%PDF"), ("xlsx", b"PK")):
            printed = self.as_(self.buyer).print_statement(row["number"], form)
            self.assertTrue(base64.b64decode(printed["content"]).startswith(head))
            self.assertTrue(printed["name"].endswith(form))
        [figures] = [it for it in self.as_(self.buyer).suppliers("2026-09") if it["supplier"] == "Supplier A"]
        self.assertEqual(
            {name: figures[name] for name in ("orders", "received", "billed", "blocked", "closing")},
            {"orders": 1, "received": "100.00", "billed": "60.00", "blocked": 0, "closing": "30.00"},
        )
        [october] = [it for it in self.as_(self.buyer).suppliers("2026-10")] or [None]
        self.assertIsNone(october, "nothing happened in October")

    def test_the_month_end_is_booked_once(self):
        """C7 Given goods for 40 without an invoice, when the month is accrued twice, then 40.00 stand
        once."""
        self.receive(self.order((self.product, 4, 10)))
        booked = self.as_(self.accountant).accrue("2026-09")
        self.assertEqual((booked["state"], booked["total"], booked["currency"]), ("posted", "40.00", "CNY"))
        self.assertEqual([line["supplier"] for line in booked["lines"]], ["Supplier A"])
        self.assertEqual(self.as_(self.accountant).accrue("2026-09"), booked)
        with self.assertRaises(AccessError):
            self.as_(self.buyer).accrue("2026-09")

    def test_wrong_questions_have_answers(self):
        api = self.as_(self.buyer)
        for call, words in (
            (lambda: api.statements("September"), "no month"),
            (lambda: api.statements("2026-09", ["Nobody"]), "no supplier Nobody"),
            (lambda: api.statements("2026-09", ["Supplier"]), "Say which"),
            (lambda: api.settlements("open"), "no state open"),
            (lambda: api.settlement("S-404"), "no single statement"),
            (lambda: api.rebates("tomorrow"), "no day"),
        ):
            with self.subTest(words=words), self.assertRaisesRegex(UserError, words):
                call()

    def test_suppliers_and_warehouse_people_are_not_told(self):
        """I4 Given a sent statement of a supplier with a login, then the facade tells it nothing, and nothing
        to people who only receive goods."""
        self.vendor_bill((self.product, 1, 5))
        [row] = self.as_(self.buyer).statements("2026-09", ["SUP-A"])
        self.as_(self.buyer).send([row["number"]])
        partner = self.env["res.partner"].create({"name": "Vendor", "parent_id": self.supplier.id})
        vendor = self.person("vendor", "base.group_portal", partner_id=partner.id)
        for user in (vendor, self.keeper):
            api = self.as_(user)
            for call in (
                lambda api=api: api.settlements(),
                lambda api=api: api.settlement(row["number"]),
                lambda api=api: api.print_statement(row["number"]),
                lambda api=api: api.send([row["number"]]),
                lambda api=api: api.statements("2026-09"),
                lambda api=api: api.suppliers("2026-09"),
                lambda api=api: api.blocked(),
                lambda api=api: api.match(),
                lambda api=api: api.rebates(),
                lambda api=api: api.accrue("2026-09"),
                lambda api=api: api.import_bills([]),
            ):
                with self.assertRaises(AccessError):
                    call()

    def test_other_companies_are_not_there(self):
        """I4 Given a statement of another company, then nobody here finds it by its number."""
        self.vendor_bill((self.product, 1, 5))
        [row] = self.as_(self.buyer).statements("2026-09", ["SUP-A"])
        other = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self.person(
            "stranger",
            "ecom_supplier_settlement.group_buyer",
            company_ids=[(6, 0, other.ids)],
            company_id=other.id,
        )
        with self.assertRaisesRegex(UserError, "no single statement"):
            self.as_(stranger).settlement(row["number"])
        self.assertEqual(self.as_(stranger).settlements(), [])
        self.assertEqual(self.as_(stranger).blocked(), [])
