"""Orders, refunds and codes: one record for one thing, and links both ways."""

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ORDER_TITLES, EcomCase, alipay, move, upload


@tagged("post_install", "-at_install")
class TestOrders(EcomCase):
    def test_the_same_order_twice(self):
        """S1.7.2 Given an imported order, when the file comes again, then it stays one record with its lines;
        when the platform tells more, then that is added, and an empty cell erases nothing."""
        order = self.order("T1", "50.00")
        again = self.order("T1", "50.00")
        self.assertEqual((again, len(order.order_line), order.amount_total), (order, 1, 50))
        self.order("T1", "50.00", shipped_at="2026-09-02 08:00:00", status="sent")
        self.assertEqual(
            (order.ecom_shipped_at, order.ecom_status), (self.utc("2026-09-02 00:00:00"), "sent")
        )
        self.order("T1", "50.00")
        self.assertEqual(
            (order.ecom_shipped_at, order.ecom_status), (self.utc("2026-09-02 00:00:00"), "sent")
        )

    def test_by_hand_and_by_file(self):
        """S1.7.2 Given an order made by another way in, when the file brings it, then it is the same record;
        the database refuses a second one."""
        values = {
            **{"ecom_shop_id": self.store.id, "ecom_order_no": "T1", "partner_id": self.store.partner_id.id},
        }
        order = self.env["sale.order"].create(values)
        self.assertEqual(self.order("T1", "50.00"), order)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            self.env["sale.order"].create(values)

    def test_an_order_is_worth_what_the_platform_says(self):
        """S1.10.3 Given an order with freight, shop discount and platform subsidy, when imported, then its
        lines add up to what the platform owes, and buyer and subsidy are kept apart."""
        order = self.orders(
            {
                **{"order_no": "T1", "line_total": "100.00", "quantity": "3", "unit_price": "33.33"},
                **{
                    "freight": "10.00",
                    "shop_discount": "15.00",
                    "platform_subsidy": "5.00",
                    "buyer_paid": "90.00",
                },
            }
        )
        self.assertEqual(order.amount_total, 95)
        self.assertEqual((order.ecom_buyer_paid, order.ecom_subsidy), (90, 5))
        self.assertFalse(order.picking_ids, "the goods leave through the platform's own system")

    def test_a_file_with_one_wrong_row(self):
        """Given a file of which one row is wrong, when imported, then no order of it is made and the row is
        named."""
        rows = [
            f"STORE,T{n},2026-09-01 09:00:00,,,CNY,K,Tea,1,10.00,{total},0,0,0,0,,,,,"
            for n, total in enumerate(("10.00", "1o.00", "10.00"))
        ]
        before = self.counts("sale_", "ecom_")
        importer = self.env["ecom.order.import"].with_user(self.operator)
        [result] = importer.import_orders([upload("o.csv", "\n".join([ORDER_TITLES, *rows, ""]))])
        self.assertEqual(result["state"], "refused")
        self.assertEqual([(one["row"], one["text"]) for one in result["problems"]], [(3, "1o.00")])
        self.assertTrue(result["problems"][0]["message"])
        self.assertEqual(self.counts("sale_", "ecom_"), before)

    def test_an_unknown_shop(self):
        """Given a file for a shop that is not here, when imported, then it is refused with its code."""
        importer = self.env["ecom.order.import"].with_user(self.operator)
        row = "ELSEWHERE,T1,2026-09-01 09:00:00,,,CNY,K,Tea,1,10.00,10.00,0,0,0,10.00,,,,,"
        [result] = importer.import_orders([upload("o.csv", f"{ORDER_TITLES}\n{row}\n")])
        self.assertEqual(
            (result["problems"][0]["reason"], result["problems"][0]["text"]), ("unknown_shop", "ELSEWHERE")
        )

    def test_a_shop_by_its_name(self):
        """Given an export with the shop's name, when only one shop has it, then the order is that shop's."""
        self.store.name = "Tea House"
        importer = self.env["ecom.order.import"].with_user(self.operator)
        row = "Tea House,T1,2026-09-01 09:00:00,,,CNY,K,Tea,1,10.00,10.00,0,0,0,10.00,,,,,"
        importer.import_orders([upload("o.csv", f"{ORDER_TITLES}\n{row}\n")])
        order = self.env["sale.order"].search([("ecom_order_no", "=", "T1")])
        self.assertEqual(order.ecom_shop_id, self.store)
        self.shop("STORE2", "taobao", self.account("W2", "alipay"), name="Tea House")
        [result] = importer.import_orders([upload("p.csv", f"{ORDER_TITLES}\n{row.replace('T1', 'T2')}\n")])
        self.assertEqual(result["problems"][0]["reason"], "unknown_shop")

    def test_links_both_ways(self):
        """S1.3.1 S1.7.1 Given an order, a delivery and a refund that came before it, when the delivery is
        done, then the order knows that it left, and order, refund and delivery know each other."""
        refund = self.refund("R1", "T1", "5.00")
        self.assertFalse(refund.order_id)
        order = self.order("T1", "50.00")
        refund.invalidate_recordset()
        product = self.env["product.product"].create({"name": "Tea", "type": "consu"})
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": order.warehouse_id.out_type_id.id,
                "location_id": order.warehouse_id.lot_stock_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                "sale_id": order.id,
                "move_ids": [
                    (
                        0,
                        0,
                        {
                            **{"product_id": product.id, "product_uom_qty": 1, "quantity": 1, "picked": True},
                            "location_id": order.warehouse_id.lot_stock_id.id,
                            "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                        },
                    )
                ],
            }
        )
        picking.button_validate()
        self.assertEqual(picking.state, "done")
        self.assertEqual(order.ecom_shipped_at, picking.date_done)
        self.assertEqual((picking.ecom_order_no, picking.ecom_shop_id), ("T1", self.store))
        self.assertEqual((refund.order_id, order.ecom_refund_ids), (order, refund))

    def test_a_change_wakes_the_lines_that_wait(self):
        """S1.7.1 Given stored lines, when their order is made or changed or a refund of it comes, then the
        next match looks at their tally again, and at no other."""
        self.bill(alipay(move("50.00", "T1"), move("60.00", "T2")))
        tallies = self.env["ecom.tally"].search([("account_id", "=", self.wallet.id)])
        steps = [
            lambda: self.order("T1", "50.00"),
            lambda: self.order("T1", "50.00", shipped_at="2026-09-02 08:00:00"),
            lambda: self.refund("R1", "T1", "5.00"),
        ]
        for step in steps:
            self.env.cr.execute("UPDATE ecom_tally SET dirty = false")
            tallies.invalidate_recordset()
            step()
            self.assertEqual(tallies.filtered("dirty").mapped("ref"), ["T1"])

    def test_a_refund_once(self):
        """S1.7.2 Given a refund, when it comes again, then it stays one; with another amount, then that
        counts; a negative one is refused by the database."""
        refund = self.refund("R1", "T1", "5.00")
        self.assertEqual(self.refund("R1", "T1", "5.00"), refund)
        self.assertEqual(self.refund("R1", "T1", "6.00"), refund)
        self.assertEqual(refund.amount, 6)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            refund.amount = -1
            refund.flush_recordset()


@tagged("post_install", "-at_install")
class TestCodes(EcomCase):
    def test_a_code_finds_its_product(self):
        """S2.8.8 Given an alias of the shop, one of the company and our own reference, when orders come, then
        the shop's alias wins over the company's, and that over the reference."""
        products = self.env["product.product"].create(
            [{"name": n, "default_code": n} for n in ("K1", "P2", "P3")]
        )
        alias = self.env["ecom.alias"]
        alias.create({"sku": "K2", "product_id": products[1].id})
        alias.create({"sku": "K3", "product_id": products[1].id})
        alias.create({"sku": "K3", "product_id": products[2].id, "shop_id": self.store.id})
        orders = self.orders(
            *({"order_no": f"T{n}", "line_total": "9.00", "sku": f"K{n}"} for n in (1, 2, 3))
        )
        self.assertEqual([order.order_line.product_id for order in orders], list(products))

    def test_the_queue_of_unknown_codes(self):
        """S2.8.8 S2.2.3 Given an order with a code that nobody knows, when it comes, twice, then the code
        waits once in the queue; when it is mapped, then the line has the product and its amount, and later
        orders too."""
        order = self.order("T1", "50.00", sku="NEW", product="New tea")
        self.order("T2", "60.00", sku="NEW", product="New tea")
        refund = self.refund("R1", "T1", "5.00", sku="NEW")
        waiting = self.env["ecom.alias"].search([("sku", "=", "NEW")])
        self.assertEqual((len(waiting), waiting.title, waiting.shop_id), (1, "New tea", self.store))
        self.assertFalse(waiting.product_id)
        self.assertEqual(order.order_line.product_id, self.env.ref("ecom_connectors.product_unmapped"))
        tax = self.env["account.tax"].search([("type_tax_use", "=", "sale")], limit=1)
        product = self.env["product.product"].create(
            {"name": "Tea", "list_price": 999, "taxes_id": [(6, 0, tax.ids)]}
        )
        waiting.with_user(self.operator).product_id = product
        self.assertEqual(order.order_line.product_id, product)
        self.assertEqual((order.amount_total, order.order_line.price_unit), (50, 50))
        self.assertEqual((order.order_line.name, order.order_line.tax_ids.ids), ("New tea", []))
        self.assertEqual(refund.product_id, product)
        self.assertEqual(self.order("T3", "70.00", sku="NEW").order_line.product_id, product)

    def test_one_supplier_one_tax_number(self):
        """S2.8.8 Given a supplier with a tax number, when a second one gets it, written with blanks or small
        letters, then it is refused; a customer or a contact of the supplier may have it."""
        number = "91310000MA1K3YJ12A"
        supplier = self.env["res.partner"].create(
            {"name": "A", "vat": number, "supplier_rank": 1, "is_company": True}
        )
        for written in (number, number.lower()):
            with self.assertRaises(ValidationError):
                self.env["res.partner"].create({"name": "B", "vat": written, "supplier_rank": 1})
        customer = self.env["res.partner"].create({"name": "C", "vat": number})
        with self.assertRaises(ValidationError):
            customer.supplier_rank = 1
        self.env["res.partner"].create(
            {"name": "D", "parent_id": supplier.id, "vat": number, "supplier_rank": 1}
        )

    def test_who_imports_orders(self):
        """S1.7.3 Given a salesperson without our groups, when orders are imported, then it is refused."""
        seller = self.person("seller", "sales_team.group_sale_salesman")
        with self.assertRaises(UserError):
            self.env["ecom.order.import"].with_user(seller).import_orders([upload("o.csv", ORDER_TITLES)])
