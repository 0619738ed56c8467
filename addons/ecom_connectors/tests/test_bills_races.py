"""Load stage: the same files from two sides at once, in a database of its own."""

from odoo.tests import tagged

from .common import ORDER_TITLES, EcomCase, alipay, move, upload
from .races import Races

ORDER = "STORE,{number},2026-09-01 09:00:00,2026-09-01 09:00:00,,CNY,SKU-1,Tea,1,10.00,10.00,0,0,0,10.00,,,,,"


@tagged("post_install", "-at_install")
class TestImportRaces(Races, EcomCase):
    def imports(self, content, code=None):
        file = upload("bill.csv", content)
        return self.operator, lambda env: env["ecom.bill"].import_files([file], code)[0]

    def test_one_bill_from_two_sides(self):
        """S1.11.6 Given a bill, when two people import it at once, whether or not they name its account, then
        it is stored once and the second is told that its lines are known."""
        for number, code in enumerate(("WALLET", None)):
            with self.subTest(account=code):
                content = alipay(move("10.00", f"T{number}1"), move("5.00", f"T{number}2"))
                results = self.at_once(self.imports(content, code), self.imports(content, code))
                self.assertEqual({result["state"] for result in results}, {"ready"})
                self.assertEqual(sorted(result["new"] for result in results), [0, 2])
                self.assertEqual(len({result["bill"] for result in results}), 1)

    def test_bills_that_overlap(self):
        """Given two bills that share a line, when they are imported at once, then the line is stored once."""
        shared = move("10.00", "T21")
        first = alipay(shared, move("5.00", "T22"))
        second = alipay(shared, move("7.00", "T23"))
        results = self.at_once(self.imports(first, "WALLET"), self.imports(second, "WALLET"))
        self.assertEqual(sorted(result["new"] for result in results), [1, 2])
        lines = self.env["ecom.bill.line"].search([("order_ref", "in", ("T21", "T22", "T23"))])
        self.assertEqual(sorted(lines.mapped("amount")), [5, 7, 10])

    def test_a_file_that_fits_nobody(self):
        """Given a file of no platform, when two people import it at once, then it is stored once, refused."""
        results = self.at_once(self.imports(b"a,b\n1,2\n"), self.imports(b"a,b\n1,2\n"))
        self.assertEqual({result["state"] for result in results}, {"refused"})
        self.assertEqual(len({result["bill"] for result in results}), 1)

    def test_orders_from_two_sides(self):
        """Given a file of orders, when two people import it at once, then each order is made once."""
        shop = self.store.code
        text = "\n".join([ORDER_TITLES, *(ORDER.format(number=f"R{n}") for n in (1, 2)), ""])
        file = upload("orders.csv", text.replace("STORE", shop))

        def call(env):
            return env["ecom.order.import"].import_orders([file])[0]

        results = self.at_once((self.operator, call), (self.operator, call))
        self.assertEqual(sorted((result["new"], result["known"]) for result in results), [(0, 2), (2, 0)])
        orders = self.env["sale.order"].search([("ecom_order_no", "in", ("R1", "R2"))])
        self.assertEqual(len(orders), 2)
