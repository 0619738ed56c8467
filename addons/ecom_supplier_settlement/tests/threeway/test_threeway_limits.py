"""Invoice stage: what counts on an invoice, and the limits beside those of one line's quantity and price."""

import json

from odoo import Command
from odoo.tests import tagged

from ..threeway_common import MatchCase


@tagged("post_install", "-at_install")
class TestMatchLimits(MatchCase):
    # --- lines of all kinds ----------------------------------------------------------------

    def test_lines_of_all_kinds(self):
        """C1 C10 Given an invoice with a line that takes some back, a line of nothing, a section and a note,
        in any order, then what it comes to counts."""
        order = self.order((self.product, 100, 10))
        self.receive(order)
        line = order.order_line
        for quantities, state in (
            ((105, -5), "ready"),
            ((-5, 105), "ready"),
            ((0, 100), "ready"),
            ((100, 0), "ready"),
            ((106, -5), "blocked"),
            ((-5, 106), "blocked"),
        ):
            bill = self.vendor_bill(*((line, quantity, 10) for quantity in quantities), post=False)
            bill.invoice_line_ids = [
                Command.create({"display_type": "line_section", "name": "Goods"}),
                Command.create({"display_type": "line_note", "name": "Thank you"}),
            ]
            bill.action_post()
            self.assertEqual(bill.ecom_threeway_state, state, quantities)
            bill.button_draft()
            bill.button_cancel()

    def test_a_bill_of_two_orders(self):
        """C10 Given one invoice of two orders, when one of them is over, then the invoice waits as a
        whole."""
        orders = [self.order((self.product, 10, 10)) for _turn in range(2)]
        for order in orders:
            self.receive(order)
        bill = self.vendor_bill((orders[0].order_line, 10, 10), (orders[1].order_line, 11, 10))
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        off = bill.ecom_threeway_result_ids.filtered(lambda row: row.verdict == "block")
        self.assertEqual(off.order_id, orders[1])

    # --- limits of C3 ------------------------------------------------------------------------

    def test_other_limits(self):
        """C3 Given limits on lines, on charges of an invoice and for each unit, and on an order's invoices,
        when each is passed by a cent, then the invoice is blocked for it, and the inputs say what was
        compared."""
        freight = self.goods("Freight", type="service", is_storable=False)

        def bill(*lines, charges=()):
            order = self.order((self.product, 100, 10))
            self.receive(order)
            return self.vendor_bill(
                *((order.order_line, *line) for line in lines), *((freight, 1, charge) for charge in charges)
            )

        self.policy(
            ("with_order", None, 600),
            ("charges", 5),
            ("charge_unit", None, 0.45),
            ("quantity", None, 1),
            ("price", None, 99),
            ("order", None, 1),
        )
        for lines, charges, reasons in (
            (((60, 10), (40, 10)), (22.50, 22.50), set()),
            (((60, 10.01),), (), {"line_over"}),
            (((50, 10),), (12.50, 12.50), {"charge_unit_over"}),
            (((20, 2), (80, 2)), (10, 0.01), {"charges_over"}),
            (((50, 10), (50, 10.02)), (), set()),
            (((50, 10), (50, 10.03)), (), {"order_over"}),
        ):
            found = bill(*lines, charges=charges)
            self.assertEqual(self.reasons(found), reasons, (lines, charges))
        inputs = found.ecom_threeway_result_ids[0].inputs
        self.assertEqual((inputs["order_total"], inputs["order_billed"]), (100_000, 100_150))

    def test_all_bills_of_an_order_together(self):
        """C3 C5 C10 Given an order of 1,000.00 with 100.00 above it, when its invoices together pass that,
        then the one that does is blocked, until another is cancelled or credited."""
        self.policy(("quantity", None, 100), ("price", 100), ("order", 10))
        order = self.order((self.product, 50, 10), (self.other_product, 50, 10))
        self.receive(order)
        first, second = order.order_line
        one = self.vendor_bill((first, 60, 10))
        two = self.vendor_bill((second, 50, 11))
        self.assertEqual((one.ecom_threeway_state, two.ecom_threeway_state), ("ready", "blocked"))
        self.assertEqual(self.reasons(two), {"order_over"})
        self.vendor_bill((self.product, 1, 50), move_type="in_refund", reversed_entry_id=one.id)
        self.assertEqual(two.ecom_threeway_state, "ready")
        three = self.vendor_bill((second, 1, 1))
        self.assertEqual(three.ecom_threeway_state, "blocked")
        one.button_draft()
        one.button_cancel()
        self.assertEqual((two.ecom_threeway_state, three.ecom_threeway_state), ("ready", "ready"))
        self.assertTrue(json.dumps(three.ecom_threeway_result_ids.inputs))
