"""Every stage: who may do what."""

from odoo.tests import tagged

from ..common import SettleCase


@tagged("post_install", "-at_install")
class TestGroups(SettleCase):
    def test_a_manager_buys_and_a_buyer_receives(self):
        self.assertTrue(self.manager.has_group("ecom_supplier_settlement.group_buyer"))
        self.assertTrue(self.buyer.has_group("stock.group_stock_user"))
        self.assertFalse(self.keeper.has_group("purchase.group_purchase_user"))
        self.assertFalse(self.accountant.has_group("ecom_supplier_settlement.group_buyer"))

    def test_a_receipt_a_return_and_a_bill(self):
        order = self.order((self.product, 10, 5), (self.other_product, 4, 2.5))
        receipt = self.receive(order, 6, 4)
        self.assertEqual(order.order_line.mapped("qty_received"), [6, 4])
        self.send_back(receipt, 1, 0)
        self.assertEqual(order.order_line.mapped("qty_received"), [5, 4])
        bill = self.vendor_bill((order.order_line[0], 5, 5))
        self.assertEqual((bill.state, bill.amount_total), ("posted", 25))
        self.assertEqual(order.order_line[0].qty_invoiced, 5)
