"""Invoice stage: invoices meet orders and receipts, with the numbers of the rules."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..threeway_common import MatchCase


@tagged("post_install", "-at_install")
class TestMatchBills(MatchCase):
    def test_two_percent_of_quantity(self):
        """C1 S2.1.6 Given 100 ordered at 10.00 and 2 %, when 102 come and are invoiced, then it is ready;
        when 103 come and are invoiced, then it is blocked."""
        self.policy(("quantity", 2), ("price", 0))
        for quantity, state in ((102, "ready"), (103, "blocked")):
            order = self.order((self.product, 100, 10))
            self.receive(order, quantity)
            bill = self.vendor_bill((order.order_line, quantity, 10))
            self.assertEqual(bill.ecom_threeway_state, state, quantity)
        self.assertEqual(self.reasons(bill), {"ordered_over"})
        result = bill.ecom_threeway_result_ids
        self.assertEqual((result.quantity_ordered, result.quantity_received), (100, 103))
        self.assertEqual((result.variance_quantity, result.variance_ordered), (0, 3))
        self.assertEqual(result.policy_version_id.number, 1)

    def test_goods_that_have_not_come(self):
        """C1 C5 Given an invoice before its goods, when half comes it stays blocked, and when the rest comes
        the block is lifted by itself."""
        order = self.order((self.product, 100, 10))
        bill = self.vendor_bill((order.order_line, 100, 10))
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        self.assertEqual(bill.ecom_threeway_result_ids.variance_quantity, 100)
        self.receive(order, 50)
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        self.assertEqual(bill.ecom_threeway_result_ids.variance_quantity, 50)
        late = (
            order.picking_ids.filtered(lambda picking: picking.state != "done")
            or order.picking_ids[-1:].copy()
        )
        self.assertTrue(late)
        for move in late.move_ids:
            move.purchase_line_id = order.order_line
            move.quantity = 50
            move.picked = True
        late.button_validate()
        self.assertEqual(bill.ecom_threeway_state, "ready")
        history = self.env["ecom.threeway.result"].search([("move_id", "=", bill.id)], order="id")
        self.assertEqual(history.mapped("superseded"), [True, True, False])
        self.assertEqual(history.mapped("cause"), ["post", "receipt", "receipt"])

    def test_evidence_stays(self):
        """S2.1.11 I2 I6 Given a result, when anybody changes or deletes it, then it is refused."""
        order = self.order((self.product, 10, 10))
        self.receive(order, 10)
        bill = self.vendor_bill((order.order_line, 10, 11))
        result = bill.ecom_threeway_result_ids
        self.assertEqual(result.inputs["amount"], 11000)
        for user in (self.manager, self.env.user):
            with self.assertRaises(UserError):
                result.with_user(user).sudo().write({"verdict": "inside"})
            with self.assertRaises(UserError):
                result.with_user(user).sudo().unlink()
            with self.assertRaises(UserError):
                bill.with_user(user).sudo().ecom_threeway_state = "ready"
        bill.button_draft()
        with self.assertRaises(UserError):
            bill.unlink()

    def test_price_of_the_document(self):
        """C2 S2.1.6 Given 1.00 agreed and 5 %, when 1.05 is invoiced it is ready, at 1.10 it is blocked with
        the difference times the quantity."""
        self.policy(("quantity", 0), ("price", 5))
        for price, state, off in ((1.05, "ready", 5), (1.10, "blocked", 10)):
            order = self.order((self.product, 100, 1))
            self.receive(order)
            bill = self.vendor_bill((order.order_line, 100, price))
            self.assertEqual(bill.ecom_threeway_state, state)
            self.assertEqual(bill.ecom_threeway_result_ids.variance_price, off)
        self.assertEqual(self.reasons(bill), {"price_over"})

    def test_tax_stays_out(self):
        """C3 Given an invoice with a tax that the order has not, when matched, then it is ready."""
        tax = self.env["account.tax"].create(
            {"name": "13 %", "amount": 13, "amount_type": "percent", "type_tax_use": "purchase"}
        )
        order = self.order((self.product, 10, 10))
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 10, 10), post=False)
        bill.invoice_line_ids.tax_ids = tax
        bill.action_post()
        self.assertEqual((bill.amount_total, bill.ecom_threeway_state), (113, "ready"))

    def test_most_specific_policy_wins(self):
        """C4 Given policies of every scope, when a line is matched, then the most specific one decides:
        company < supplier < category < product < supplier and product."""
        category = self.env["product.category"].create({"name": "Toys"})
        child = self.env["product.category"].create({"name": "Cars", "parent_id": category.id})
        self.product.categ_id = child
        wanted = []
        for scope in (
            {},
            {"partner_id": self.supplier.id},
            {"categ_id": category.id},
            {"categ_id": child.id},
            {"product_id": self.product.id},
            {"product_id": self.product.id, "partner_id": self.supplier.id},
        ):
            policy = self.policy(("price", len(wanted)), **scope)
            wanted.append(policy)
            order = self.order((self.product, 100, 1))
            self.receive(order)
            bill = self.vendor_bill((order.order_line, 100, 1 + (len(wanted) - 1) / 100))
            self.assertEqual(bill.ecom_threeway_result_ids.policy_version_id.policy_id, policy)
            self.assertEqual(bill.ecom_threeway_state, "ready")
        others = self.order((self.other_product, 1, 1), partner=self.other_supplier)
        self.receive(others)
        bill = self.vendor_bill((others.order_line, 1, 1), partner=self.other_supplier)
        self.assertEqual(bill.ecom_threeway_result_ids.policy_version_id.policy_id, wanted[0])

    def test_a_policy_keeps_its_versions(self):
        """S2.1.11 I6 Given a policy, when its limits change, then there is a new version, the old one stays
        readable, and what was matched by it still says so."""
        policy = self.policy(("quantity", 2))
        order = self.order((self.product, 100, 10))
        self.receive(order, 102)
        bill = self.vendor_bill((order.order_line, 102, 10))
        policy.limit_ids.percent = 1
        self.assertEqual(policy.version, 2)
        policy.write({"accountant_id": self.accountant.id})
        self.assertEqual(policy.version, 2, "who approves is no limit")
        policy.write({"limit_ids": [(0, 0, self.limit("price", 1)), (0, 0, self.limit("no_order", None, 5))]})
        self.assertEqual(policy.version, 3, "one save, one version")
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        self.assertEqual(bill.ecom_threeway_result_ids.policy_version_id.number, 3)
        results = self.env["ecom.threeway.result"].search([("move_id", "=", bill.id)])
        first = results.sorted("id")[0]
        self.assertEqual((first.policy_version_id.number, first.verdict), (1, "inside"))
        self.assertIn("2.0 %", first.policy_version_id.text)
        with self.assertRaises(UserError):
            policy.version_ids[0].sudo().terms = {}
        with self.assertRaises(UserError):
            policy.version_ids[0].sudo().unlink()

    def test_wrong_item(self):
        """S2.1.3 Given an invoice of an order, when a line is of another product, then it is a wrong item,
        linked or not; freight is not goods."""
        order = self.order((self.product, 10, 10))
        self.receive(order)
        freight = self.goods("Freight", type="service", is_storable=False)
        bill = self.vendor_bill((order.order_line, 10, 10), (freight, 1, 30))
        self.assertEqual(bill.ecom_threeway_state, "ready")
        order = self.order((self.product, 10, 10))
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 5, 10), (self.other_product, 5, 10))
        self.assertEqual((bill.ecom_threeway_state, self.reasons(bill)), ("blocked", {"wrong_item"}))
        bill = self.vendor_bill((order.order_line, 5, 10), (self.product, 5, 10))
        self.assertEqual(self.reasons(bill), {"not_linked"}, "ordered goods are invoiced on their order")
        bill = self.vendor_bill((order.order_line, 1, 10), post=False)
        bill.invoice_line_ids.product_id = self.other_product
        bill.invoice_line_ids.price_unit = 10
        bill.action_post()
        self.assertIn("wrong_item", self.reasons(bill))

    def test_without_order(self):
        """C3 Given an invoice without orders, when no policy limits it, then there is nothing to match; with
        a limit of 50.00, then 50.01 is blocked."""
        bill = self.vendor_bill((self.product, 1, 1000))
        self.assertEqual(bill.ecom_threeway_state, "none")
        self.policy(("no_order", None, 50))
        self.assertEqual(self.vendor_bill((self.product, 1, 50)).ecom_threeway_state, "none")
        self.assertEqual(self.vendor_bill((self.product, 1, 50.01)).ecom_threeway_state, "blocked")

    def test_only_what_was_matched_has_a_state(self):
        """I6 Given a customer's invoice and a draft invoice, when they are stored, then their state is empty,
        so that no index holds it; who asks for the draft is told none, before and after it is matched."""
        sale = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.supplier.id,
                "invoice_line_ids": [Command.create({"product_id": self.product.id, "price_unit": 5})],
            }
        )
        sale.action_post()
        draft = self.vendor_bill((self.product, 1, 40), post=False)
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT count(*) FROM account_move WHERE id = ANY(%s) AND ecom_threeway_state IS NULL",
            [(sale | draft).ids],
        )
        self.assertEqual(self.env.cr.fetchone(), (2,))
        said = self.env["ecom.settle.api"].with_user(self.accountant).match([draft.id])
        self.assertEqual((said["states"], said["changed"]), ({"none": 1}, []))
        draft.action_post()
        self.assertEqual(draft.ecom_threeway_state, "none")

    def test_a_bill_of_no_order_is_no_evidence(self):
        """I2 Given invoices without order, when they are set back and deleted, then it is refused for the one
        that was held up."""
        free = self.vendor_bill((self.product, 1, 40))
        self.policy(("no_order", None, 50))
        held = self.vendor_bill((self.product, 1, 60))
        (free | held).button_draft()
        free.unlink()
        self.assertFalse(free.exists())
        with self.assertRaises(UserError):
            held.unlink()

    def test_all_bills_of_a_line_count(self):
        """C10 Given 100 ordered and received, when a draft has 60 and another invoice 60, then the second is
        over by 20, and ready again once the draft is cancelled."""
        order = self.order((self.product, 100, 10))
        self.receive(order)
        draft = self.vendor_bill((order.order_line, 60, 10), post=False)
        bill = self.vendor_bill((order.order_line, 60, 10))
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        self.assertEqual(bill.ecom_threeway_result_ids.variance_quantity, 20)
        self.assertEqual(self.reasons(bill), {"quantity_over", "ordered_over"})
        draft.button_cancel()
        self.assertEqual(bill.ecom_threeway_state, "ready")

    def test_the_same_line_twice_on_one_bill(self):
        """C10 Given an order line that stands twice on one invoice, when matched, then both count."""
        order = self.order((self.product, 10, 10))
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 6, 10), (order.order_line, 6, 10))
        self.assertEqual(bill.ecom_threeway_result_ids.mapped("variance_quantity"), [-4, 2])
        self.assertEqual(bill.ecom_threeway_state, "blocked")

    def test_a_credit_note_cures(self):
        """C5 Given an invoice over by 20, when a credit note of it over 20 is posted, then the block is
        lifted; a draft of it does not."""
        order = self.order((self.product, 100, 10))
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 120, 10))
        credit = bill._reverse_moves()
        credit.invoice_line_ids.quantity = 20
        credit.invoice_date = bill.invoice_date
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        credit.action_post()
        self.assertEqual(bill.ecom_threeway_state, "ready")
        self.assertEqual(bill.ecom_threeway_result_ids.quantity_billed, 100)
        self.assertEqual(credit.ecom_threeway_state, "ready")
        credit.button_draft()
        self.assertEqual(bill.ecom_threeway_state, "blocked")

    def test_a_credit_note_without_its_bill_cures_the_last(self):
        """C5 Given two invoices of 100 for 100 goods, when a credit note that names neither is posted, then
        it counts against the second."""
        order = self.order((self.product, 100, 10))
        self.receive(order)
        first, second = (self.vendor_bill((order.order_line, 100, 10)) for _turn in range(2))
        self.assertEqual((first.ecom_threeway_state, second.ecom_threeway_state), ("ready", "blocked"))
        self.vendor_bill((order.order_line, 100, 10), move_type="in_refund")
        self.assertEqual((first.ecom_threeway_state, second.ecom_threeway_state), ("ready", "ready"))

    def test_a_credit_of_the_price_cures(self):
        """C5 C2 Given 100 invoiced at 11 instead of 10, when 100.00 is credited for the price alone, then the
        block is lifted."""
        order = self.order((self.product, 100, 10))
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 100, 11))
        self.assertEqual(self.reasons(bill), {"price_over"})
        self.vendor_bill((self.product, 1, 99), move_type="in_refund", reversed_entry_id=bill.id)
        self.assertEqual(bill.ecom_threeway_result_ids.variance_price, 1)
        self.vendor_bill((self.product, 1, 1), move_type="in_refund", reversed_entry_id=bill.id)
        self.assertEqual(bill.ecom_threeway_state, "ready")

    def test_goods_sent_back(self):
        """C5 Given an invoice that is ready, when goods go back, then it is blocked until they are
        credited."""
        order = self.order((self.product, 10, 10))
        receipt = self.receive(order)
        bill = self.vendor_bill((order.order_line, 10, 10))
        self.assertEqual(bill.ecom_threeway_state, "ready")
        self.send_back(receipt, 4)
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        self.assertEqual(bill.ecom_threeway_result_ids.variance_quantity, 4)

    def test_a_price_of_the_order_that_is_changed_late(self):
        """C5 S2.1.2 Given an invoice above the order's price, when the price is corrected, then the block is
        lifted and the order's log says what was changed."""
        order = self.order((self.product, 10, 10))
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 10, 12))
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        order.order_line.price_unit = 12
        self.assertEqual(bill.ecom_threeway_state, "ready")
        self.assertTrue(any("changed late" in body for body in order.message_ids.mapped("body")))

    def test_units(self):
        """C1 C2 Given an order in dozens, when it is invoiced in pieces, then quantities and prices
        compare."""
        dozen = self.env.ref("uom.product_uom_dozen")
        order = self.order(
            {"product_id": self.product.id, "product_qty": 10, "product_uom_id": dozen.id, "price_unit": 12}
        )
        self.receive(order, 120)
        bill = self.vendor_bill((order.order_line, 1, 1), post=False)
        bill.invoice_line_ids.write(
            {"product_uom_id": self.product.uom_id.id, "quantity": 120, "price_unit": 1}
        )
        bill.action_post()
        result = bill.ecom_threeway_result_ids
        self.assertEqual((result.quantity_billed, result.amount_expected), (10, 120))
        self.assertEqual(bill.ecom_threeway_state, "ready")

    def test_small_difference(self):
        """C3 B5 Given a policy that posts differences up to 0.05, when an invoice adds up to 100.03 and its
        supplier wrote 100.00, then the invoice is 100.00 and the gain has its account; 0.06 is blocked."""
        self.env["ecom.ledger.setup"]._apply(self.company)
        self.policy(("price", 1), ("document", None, 0), small_amount=0.05)
        self.env["ecom.threeway.limit"].create(
            {
                **self.limit("document", None, 0, side="below"),
                "policy_id": self.env["ecom.threeway.policy"].search([]).id,
            }
        )
        for total, state, computed in (
            (100, "ready", 100),
            (100.05, "ready", 100.05),
            (99.97, "blocked", 100.03),
        ):
            order = self.order((self.product, 1, 100))
            self.receive(order)
            bill = self.vendor_bill((order.order_line, 1, 100.03), post=False, ecom_document_total=total)
            bill.action_post()
            self.assertEqual((bill.ecom_threeway_state, bill.amount_total), (state, computed), total)
        self.assertEqual(self.reasons(bill), {"document_over"})
        small = self.env["account.move.line"].search([("ecom_small_difference", "=", True)], order="id")
        maps = self.env["ecom.role.map"]
        accounts = [maps._company_ledger(self.company, role) for role in ("small_gain", "small_loss")]
        self.assertEqual(small.mapped("account_id"), accounts[0] | accounts[1])
        self.assertEqual(small.mapped("balance"), [-0.03, 0.02])

    def test_nobody_marks_a_line_small(self):
        """S2.1.10 Given an invoice line, when a user or a context calls it a small difference, then it is
        matched like any other."""
        order = self.order((self.product, 1, 100))
        bill = self.vendor_bill((order.order_line, 1, 100), post=False)
        with self.assertRaises(UserError):
            bill.invoice_line_ids.ecom_small_difference = True
        sly = self.env["account.move"].with_context(default_ecom_small_difference=True)
        copied = sly.create({**bill.copy_data()[0], "invoice_date": bill.invoice_date})
        self.assertFalse(any(copied.line_ids.mapped("ecom_small_difference")))

    def test_twice_is_once(self):
        """Given a matched invoice, when it is matched again, then nothing is stored again."""
        order = self.order((self.product, 10, 10))
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 10, 11))
        count = self.env["ecom.threeway.result"].search_count([("move_id", "=", bill.id)])
        messages = len(bill.message_ids)
        for _turn in range(3):
            bill.action_ecom_threeway()
        self.assertEqual(self.env["ecom.threeway.result"].search_count([("move_id", "=", bill.id)]), count)
        self.assertEqual(len(bill.message_ids), messages)

    def test_queries_do_not_grow_with_lines(self):
        """S2.1.7 Given invoices of 2 and of 200 lines, when matched, then the number of queries is the
        same."""
        counts = []
        for size in (2, 200):
            order = self.order(*((self.product, 10, 10) for _line in range(size)))
            bill = self.vendor_bill(*((line, 10, 10) for line in order.order_line))
            self.env.flush_all()
            self.env.invalidate_all()
            order.order_line._write({"qty_received": 0})
            self.env["stock.move"].search([("purchase_line_id", "in", order.order_line.ids)])._write(
                {"state": "done"}
            )
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE stock_move SET state = 'done', quantity = 10 WHERE purchase_line_id = ANY(%s)",
                [order.order_line.ids],
            )
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            said = self.env["ecom.threeway.matcher"]._run(bill, "manual")
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(said[bill.id]["state"], "ready")
        self.assertEqual(counts[0], counts[1])
