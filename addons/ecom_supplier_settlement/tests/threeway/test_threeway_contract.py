"""Invoice stage: the price of a contract holds invoices before any other, and new terms match them again."""

from odoo import Command
from odoo.tests import freeze_time, tagged

from ..terms_common import TermsCase
from ..threeway_common import MatchCase

SALE = {"kind": "temporary_price", "name": "Sale", "amount": 8}


@tagged("post_install", "-at_install")
class TestMatchContract(TermsCase, MatchCase):
    def billed(self, price=10, quantity=100, **values):
        """A posted invoice of a received order at 10 of 1 August."""
        order = self.order((self.product, quantity, 10), day="2026-08-01", **values)
        self.receive(order, day="2026-08-02")
        return self.vendor_bill((order.order_line, quantity, price))

    def amend(self, contract, **values):
        with freeze_time("2026-06-15"):
            action = contract.with_user(self.buyer).action_amend()
            following = self.env["ecom.contract"].browse(action["res_id"])
            following.clause_ids.with_user(self.buyer).write(values)
            following.with_user(self.signer).action_sign()
        return following

    def test_the_price_of_the_contract_counts(self):
        """S2.3.8 S2.1.2 Given a signed contract with a price for a time below the order's, when an invoice
        has the order's price, then it is blocked, and which version of which clause it was is kept."""
        contract = self.contract(SALE)
        bill = self.billed()
        result = bill.ecom_threeway_result_ids
        self.assertEqual((bill.ecom_threeway_state, result.reasons), ("blocked", "price_over"))
        self.assertEqual((result.price_agreed, result.variance_price), (8, 200))
        self.assertEqual(result.clause_id, contract.clause_ids)
        said = (result.inputs["clause_id"], result.inputs["clause_version"])
        self.assertEqual(said, (contract.clause_ids.id, 1))
        self.assertEqual(self.billed(price=8).ecom_threeway_state, "ready")

    def test_new_terms_lift_the_block(self):
        """S2.3.8 Given an invoice blocked for the price of a contract, when the contract is amended to what
        was invoiced, then the block is lifted by itself and the new clause stands in the result."""
        contract = self.contract(SALE)
        bill = self.billed()
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        following = self.amend(contract, amount=10)
        self.assertEqual(bill.ecom_threeway_state, "ready")
        result = bill.ecom_threeway_result_ids
        self.assertEqual((result.clause_id, result.cause), (following.clause_ids, "agreement"))
        self.assertEqual(result.inputs["clause_version"], 2)

    def test_a_contract_signed_later_blocks(self):
        """S2.3.8 Given an invoice at the order's price, when a contract is signed that gives a lower price
        for that day, then the invoice is blocked."""
        bill = self.billed()
        self.assertEqual(bill.ecom_threeway_state, "ready")
        self.contract(SALE)
        self.assertEqual((bill.ecom_threeway_state, self.reasons(bill)), ("blocked", {"price_over"}))

    def test_before_an_agreement(self):
        """S2.1.2 Given a contract and a price that was agreed for the day, when an invoice is matched, then
        the contract counts, and the result names no agreement."""
        self.contract(SALE)
        self.env["ecom.price.agreement"].create(
            {
                "partner_id": self.supplier.id,
                "product_id": self.product.id,
                "price": 9,
                "date_from": "2026-08-01",
            }
        )
        result = self.billed(price=9).ecom_threeway_result_ids
        self.assertEqual((result.price_agreed, result.agreement_id.id), (8, False))

    def test_another_band(self):
        """S2.3.6 Given a price by quantity, when the quantity of the order changes, then its invoice is held
        to the price of the new quantity at once."""
        self.contract({"kind": "price_band", "name": "Bands", "tiers": [(100, 9.5), (500, 9)]})
        bill = self.billed(price=9)
        self.assertEqual((bill.ecom_threeway_state, self.reasons(bill)), ("ready", set()))
        bill = self.billed(price=9.5)
        self.assertEqual(bill.ecom_threeway_state, "ready")
        bill.invoice_line_ids.purchase_line_id.product_qty = 500
        self.assertEqual((bill.ecom_threeway_state, self.reasons(bill)), ("blocked", {"price_over"}))

    def test_another_unit(self):
        """S2.3.6 Given a price of one piece, when dozens were ordered and invoiced, then twelve of it
        count."""
        self.contract(SALE)
        dozen = self.env.ref("uom.product_uom_dozen")
        row = {
            "product_id": self.product.id,
            "product_qty": 10,
            "product_uom_id": dozen.id,
            "price_unit": 120,
        }
        order = self.order(row, day="2026-08-01")
        self.receive(order, day="2026-08-02")
        bill = self.vendor_bill((order.order_line, 10, 120))
        self.assertEqual(bill.ecom_threeway_result_ids.price_agreed, 96)
        self.assertEqual(bill.ecom_threeway_state, "blocked")

    def test_another_currency(self):
        """S2.3.6 Given a contract in the company's currency, when an order is in another, then it has its own
        price."""
        self.contract(SALE)
        dollar = self.currency("USD", 7)
        order = self.order((self.product, 100, 10), day="2026-08-01", currency=dollar)
        self.receive(order, day="2026-08-02")
        bill = self.vendor_bill((order.order_line, 100, 10), currency_id=dollar.id)
        self.assertEqual(bill.ecom_threeway_state, "ready")
        self.assertFalse(bill.ecom_threeway_result_ids.clause_id)

    # --- other facts that no order line tells --------------------------------------

    def test_a_down_payment(self):
        """C3 Given an invoice of a down payment, when it is added to an order and taken off the final
        invoice, then it is a line without order: the first is over its limit, taking it off asks nobody."""
        self.policy(("no_order", None, 100))
        order = self.order((self.product, 20, 10), day="2026-08-01")
        self.receive(order, day="2026-08-02")
        account = self.env["account.account"].search(
            [("account_type", "=", "expense"), ("company_ids", "in", self.company.ids)], limit=1
        )
        deposit = self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": self.supplier.id,
                "invoice_date": "2026-08-01",
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Deposit",
                            "price_unit": 101,
                            "tax_ids": [Command.clear()],
                            "account_id": account.id,
                        }
                    )
                ],
            }
        )
        deposit.action_post()
        wizard = self.env["bill.to.po.wizard"].create(
            {"purchase_order_id": order.id, "partner_id": self.supplier.id}
        )
        wizard.with_context(active_ids=[-deposit.invoice_line_ids.id]).action_add_downpayment()
        self.assertTrue(deposit.invoice_line_ids.purchase_line_id.is_downpayment)
        self.assertEqual((deposit.ecom_threeway_state, self.reasons(deposit)), ("blocked", {"no_order"}))
        action = order.action_create_invoice()
        final = self.env["account.move"].browse(action["res_id"])
        final.invoice_date = "2026-08-05"
        self.assertEqual(len(final.invoice_line_ids.filtered(lambda line: line.quantity < 0)), 1)
        final.action_post()
        self.assertEqual((final.ecom_threeway_state, self.reasons(final)), ("ready", set()))

    def test_goods_do_not_pass_as_a_down_payment(self):
        """C3 Given goods of an order, when an invoice calls them a down payment, then it is blocked."""
        order = self.order((self.product, 10, 10), day="2026-08-01")
        self.receive(order, day="2026-08-02")
        goods = order.order_line
        deposit = self.env["purchase.order.line"].create(
            {
                "order_id": order.id,
                "name": "Down Payment",
                "product_qty": 0,
                "is_downpayment": True,
                "price_unit": 0,
            }
        )
        bill = self.vendor_bill((goods, 10, 50), post=False)
        bill.invoice_line_ids.purchase_line_id = deposit
        bill.action_post()
        self.assertEqual((bill.ecom_threeway_state, self.reasons(bill)), ("blocked", {"not_linked"}))

    def test_new_limits_count_at_once(self):
        """C3 Given open invoices, when limits, their scope or the policy itself change, then the invoices are
        matched again; invoices of other suppliers are left alone."""
        bill = self.billed(price=10.5)
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        policy = self.policy(("price", 5), partner_id=self.supplier.id)
        self.assertEqual((bill.ecom_threeway_state, bill.ecom_threeway_result_ids.cause), ("ready", "policy"))
        policy.limit_ids.percent = 4
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        policy.limit_ids = [Command.update(policy.limit_ids.id, {"percent": 6})]
        self.assertEqual(bill.ecom_threeway_state, "ready")
        policy.partner_id = self.other_supplier
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        policy.write({"partner_id": False, "categ_id": self.product.categ_id.id})
        self.assertEqual(bill.ecom_threeway_state, "ready")
        policy.active = False
        self.assertEqual(bill.ecom_threeway_state, "blocked")
