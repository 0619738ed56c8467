"""Invoice stage: agreed prices, rates, and who is told what."""

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..threeway_common import MatchCase


@tagged("post_install", "-at_install")
class TestAgreements(MatchCase):
    def agree(self, price, day="2026-01-01", until=False, **values):
        return self.env["ecom.price.agreement"].create(
            {
                "partner_id": self.supplier.id,
                "product_id": self.product.id,
                "price": price,
                "date_from": day,
                "date_to": until,
                **values,
            }
        )

    def bill(self, price, day="2026-09-01", quantity=10, **values):
        order = self.order((self.product, quantity, 10), day=day, **values)
        self.receive(order)
        return self.vendor_bill((order.order_line, quantity, price))

    def test_the_price_of_the_order_date(self):
        """C2 S2.1.2 Given prices that change on 1 September, when orders of 31 August and 1 September are
        invoiced later, then each is held to the price of its day."""
        old = self.agree(9, until="2026-08-31")
        new = self.agree(11, day="2026-09-01")
        bills = [self.bill(9, day="2026-08-31"), self.bill(11, day="2026-09-01")]
        self.assertEqual([bill.ecom_threeway_state for bill in bills], ["ready", "ready"])
        self.assertEqual([bill.ecom_threeway_result_ids.agreement_id for bill in bills], [old, new])
        late = self.bill(11, day="2026-08-31")
        self.assertEqual(
            (late.ecom_threeway_state, late.ecom_threeway_result_ids.variance_price), ("blocked", 20)
        )

    def test_without_agreement_the_order_counts(self):
        """C2 Given an agreement with another supplier, when matched, then the order's price counts."""
        self.agree(5, partner_id=self.other_supplier.id)
        bill = self.bill(10)
        self.assertEqual(bill.ecom_threeway_state, "ready")
        self.assertFalse(bill.ecom_threeway_result_ids.agreement_id)

    def test_bands_and_units(self):
        """C2 Given 10.00, 9.00 from 50 and a price per dozen from 240, when orders of each size are invoiced,
        then the band of the order counts."""
        dozen = self.env.ref("uom.product_uom_dozen")
        self.agree(10)
        self.agree(9, min_quantity=50)
        self.agree(96, min_quantity=20, uom_id=dozen.id)
        for quantity, price in ((49, 10), (50, 9), (239, 9), (240, 8)):
            bill = self.bill(price, quantity=quantity)
            self.assertEqual(bill.ecom_threeway_state, "ready", quantity)
            self.assertEqual(bill.ecom_threeway_result_ids.price_agreed, price)

    def test_a_late_agreement(self):
        """S2.1.2 C5 Given an invoice above the order's price, when the price was agreed and is entered late,
        then the block is lifted and orders and agreement have a line of it."""
        bill = self.bill(12)
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        agreement = self.agree(11)
        self.env.flush_all()
        self.cr.precommit.run()  # what is changed before the first commit is not logged
        self.assertEqual(bill.ecom_threeway_state, "blocked")
        agreement.with_user(self.buyer).price = 12
        self.assertEqual(bill.ecom_threeway_state, "ready")
        self.assertEqual(bill.ecom_threeway_result_ids.cause, "agreement")
        self.assertEqual(bill.ecom_threeway_result_ids.user_id, self.buyer)
        order = bill.invoice_line_ids.purchase_order_id
        self.assertTrue(any("agreed after the order" in body for body in order.message_ids.mapped("body")))
        self.env.flush_all()
        self.cr.precommit.run()
        self.assertTrue(agreement.message_ids.tracking_value_ids)
        agreement.active = False
        self.assertEqual(bill.ecom_threeway_state, "blocked")

    def test_prices_do_not_overlap(self):
        """Given a price without end, when another of the same days is agreed, then the database refuses."""
        self.agree(10)
        self.agree(11, product_id=self.other_product.id)
        self.agree(9, min_quantity=5)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            self.agree(11, day="2026-09-01")
            self.env.flush_all()

    def test_an_agreement_is_not_deleted(self):
        with self.assertRaises(UserError):
            self.agree(10).unlink()

    def test_supplier_is_the_company(self):
        """Given a contact of the supplier, when a price is agreed with it, then the company has it."""
        contact = self.env["res.partner"].create({"name": "Contact", "parent_id": self.supplier.id})
        self.assertEqual(self.agree(10, partner_id=contact.id).partner_id, self.supplier)

    def test_a_rate_is_no_price(self):
        """C9 Given 10 pieces at 1,000 dollars ordered at 7.10 and invoiced at 7.00, when matched, then the
        price is right and 1,000.00 of exchange are shown apart."""
        dollar = self.currency("USD", 7.1, "2026-09-01")
        if dollar == self.company.currency_id:
            dollar = self.currency("EUR", 7.1, "2026-09-01")
        self.currency(dollar.name, 7, "2026-09-10")
        order = self.order((self.product, 10, 1000), currency=dollar)
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 10, 1000), currency=dollar)
        result = bill.ecom_threeway_result_ids
        self.assertEqual((bill.ecom_threeway_state, result.variance_price), ("ready", 0))
        self.assertAlmostEqual(result.variance_exchange, -1000, 2)
        home = self.vendor_bill((order.order_line, 10, 7100), currency=self.company.currency_id)
        self.assertAlmostEqual(home.ecom_threeway_result_ids.variance_price, 0, 2)
        dear = self.vendor_bill((order.order_line, 10, 7200), currency=self.company.currency_id)
        self.assertAlmostEqual(dear.ecom_threeway_result_ids.variance_price, 1000, 2)

    def test_currencies_with_none_and_three_decimals(self):
        """C2 Given yen and dinars, when a smallest coin too much is invoiced, then it is blocked."""
        for name, price, coin in (("JPY", 1000, 1), ("KWD", 1.234, 0.001)):
            money = self.currency(name, 5, "2026-01-01")
            order = self.order((self.product, 1, price), currency=money)
            order.order_line.price_unit = price
            self.receive(order)
            right = self.vendor_bill((order.order_line, 1, order.order_line.price_unit), currency=money)
            self.assertEqual(right.ecom_threeway_state, "ready", name)
            right.button_draft()
            right.button_cancel()
            expected = money.round(order.order_line.price_unit)
            wrong = self.vendor_bill((order.order_line, 1, expected + max(coin, 0.01)), currency=money)
            self.assertEqual(wrong.ecom_threeway_state, "blocked", name)


@tagged("post_install", "-at_install")
class TestTasks(MatchCase):
    def tasks(self, bill, kind=None):
        tasks = self.env["mail.activity"].search([("ecom_move_id", "=", bill.id)])
        if kind:
            tasks = tasks.filtered(
                lambda it: it.activity_type_id == self.env.ref(f"ecom_supplier_settlement.{kind}")
            )
        return tasks

    def test_ready_asks_for_approval(self):
        """S2.1.8 Given an invoice that matches, when it is posted and matched again, then the accountant is
        asked once to approve it, and not again once that is done."""
        self.policy(accountant_id=self.accountant.id, approve_days=5)
        order = self.order((self.product, 10, 10))
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 10, 10))
        task = self.tasks(bill)
        self.assertEqual(
            (task.user_id, task.res_model, task.res_id), (self.accountant, "account.move", bill.id)
        )
        self.assertEqual(task.activity_type_id, self.env.ref("ecom_supplier_settlement.approve_payment"))
        bill.action_ecom_threeway()
        self.assertEqual(self.tasks(bill), task)
        task.action_done()
        bill.action_ecom_threeway()
        self.assertFalse(self.tasks(bill))

    def test_price_goes_to_the_buyer(self):
        """S2.1.9 Given a price that is off, when posted, then the order's buyer has one task, which is done
        by itself when the price is corrected."""
        order = self.order((self.product, 10, 10), user_id=self.buyer.id)
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 10, 12))
        task = self.tasks(bill)
        self.assertEqual((task.user_id, len(task)), (self.buyer, 1))
        bill.action_ecom_threeway()
        self.assertEqual(self.tasks(bill), task)
        order.order_line.price_unit = 12
        self.assertFalse(self.tasks(bill, "answer_price"))
        self.assertTrue(self.tasks(bill, "approve_payment"))
        self.assertFalse(task.active)

    def test_quantity_goes_to_the_warehouse(self):
        """S2.1.9 Given goods that have not come, when invoiced, then the warehouse has one task on the
        receipt, which it can open, and which is done by itself when they come."""
        self.policy(("quantity", 0), ("price", 0), keeper_id=self.keeper.id)
        order = self.order((self.product, 10, 10))
        bill = self.vendor_bill((order.order_line, 10, 10))
        task = self.tasks(bill)
        self.assertEqual((task.user_id, task.res_model), (self.keeper, "stock.picking"))
        self.assertEqual(task.res_id, order.picking_ids.id)
        self.assertTrue(order.picking_ids.with_user(self.keeper).has_access("read"))
        order.picking_ids.with_user(self.keeper).move_ids.write({"quantity": 10, "picked": True})
        order.picking_ids.with_user(self.keeper).button_validate()
        self.assertEqual(bill.ecom_threeway_state, "ready")
        self.assertFalse(self.tasks(bill, "answer_quantity"))
        self.assertFalse(task.active)

    def test_many_bills_ask_no_more(self):
        """Given invoices with a task each, when two and when all of them are matched again, then the number
        of queries is the same."""
        order = self.order((self.product, 8, 10))
        self.receive(order)
        bills = self.env["account.move"].union(
            *(self.vendor_bill((order.order_line, 1, 10 + number % 2)) for number in range(8))
        )
        self.assertTrue(all(self.tasks(bill) for bill in bills))
        counts = []
        for some in (bills[:2], bills[:2], bills):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["ecom.threeway.matcher"]._match(some)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

    def test_a_draft_is_nobodys_task(self):
        bill = self.blocked_bill()
        self.assertTrue(self.tasks(bill))
        bill.button_draft()
        self.assertFalse(self.tasks(bill))
        self.assertEqual(bill.ecom_threeway_state, "none")


@tagged("post_install", "-at_install")
class TestVariance(MatchCase):
    """C8: where Odoo books the difference between what goods were held at and what they are invoiced at."""

    def category(self, method):
        account = self.env["account.account"]
        stock = account.create(
            {"name": "Stock", "code": f"1990{method[:2]}", "account_type": "asset_current"}
        )
        self.difference = account.create(
            {"name": "Price difference", "code": f"5990{method[:2]}", "account_type": "expense"}
        )
        return self.env["product.category"].create(
            {
                "name": method,
                "property_cost_method": method,
                "property_valuation": "real_time",
                "property_stock_valuation_account_id": stock.id,
                "property_price_difference_account_id": self.difference.id,
            }
        )

    def test_standard_cost(self):
        """C8 Given a standard cost of 10, when 10 pieces are invoiced at 10.50 within tolerance, then 5.00
        are on the price difference account and the stock is at 100."""
        self.policy(("price", 10))
        self.company.anglo_saxon_accounting = True
        category = self.category("standard")
        product = self.goods("STD", categ_id=category.id, standard_price=10)
        order = self.order((product, 10, 10.5))
        self.receive(order)
        bill = self.vendor_bill((order.order_line, 10, 10.5))
        balances = dict.fromkeys((self.difference, category.property_stock_valuation_account_id), 0)
        for line in bill.line_ids.filtered(lambda line: line.account_id in balances):
            balances[line.account_id] += line.balance
        self.assertEqual([round(it, 2) for it in balances.values()], [5, 100])

    def test_average_cost(self):
        """C8 Given average cost and goods received at 10, when they are invoiced at 11 within tolerance, then
        the receipt and what is on hand are worth what was invoiced."""
        self.policy(("price", 20))
        product = self.goods("AVG", categ_id=self.category("average").id)
        order = self.order((product, 10, 10))
        receipt = order.order_line.move_ids
        receipt.write({"quantity": 10, "picked": True})
        receipt.picking_id.button_validate()
        self.assertEqual((product.standard_price, receipt.value), (10, 100))
        bill = self.vendor_bill((order.order_line, 10, 11))
        self.assertEqual(bill.ecom_threeway_state, "ready")
        self.env.invalidate_all()
        self.assertEqual((product.standard_price, receipt.value), (11, 110))

    def test_first_in_first_out(self):
        """C8 Given goods received at 10 of which 4 of 10 were sold, when they are invoiced at 11, then the 6
        on hand are worth 66 and the 4 sold cost 44: the share sold is not left in stock."""
        self.policy(("price", 20))
        product = self.goods("FIFO", categ_id=self.category("fifo").id)
        order = self.order((product, 10, 10))
        self.receive(order)
        out = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": 4,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
            }
        )
        out._action_confirm()
        out.write({"quantity": 4, "picked": True})
        out._action_done()
        receipt = order.order_line.move_ids
        self.assertEqual((receipt.value, receipt.remaining_value), (100, 60))
        self.vendor_bill((order.order_line, 10, 11))
        self.env.invalidate_all()
        self.assertEqual((receipt.value, receipt.remaining_value), (110, 66))


@tagged("post_install", "-at_install")
class TestMatchRights(MatchCase):
    def test_who_sees_and_changes_what(self):
        """I3 Given a result, a policy and a price, when people of every group open them, then all who work
        with invoices read them, managers change policies, buyers change prices, and nobody changes
        evidence."""
        bill = self.blocked_bill()
        policy = self.policy(("price", 1))
        result = bill.ecom_threeway_result_ids
        for user in (self.keeper, self.buyer, self.accountant, self.manager):
            self.assertTrue(result.with_user(user).read(["verdict", "reason_text"]))
            self.assertEqual(policy.with_user(user).has_access("write"), user == self.manager)
            prices = self.env["ecom.price.agreement"].with_user(user)
            self.assertEqual(prices.has_access("create"), user in (self.buyer, self.manager))
            for operation in ("write", "create", "unlink"):
                self.assertFalse(result.with_user(user).has_access(operation))

    def test_other_companies_see_nothing(self):
        """Given two companies, when a user of the second looks, then what the first matched is not there."""
        other = self.env["res.company"].create({"name": "Other company"})
        stranger = self.person(
            "stranger",
            "ecom_connectors.group_manager",
            company_ids=[(6, 0, other.ids)],
            company_id=other.id,
        )
        bill = self.blocked_bill()
        policy = self.policy(("price", 1))
        self.env["ecom.price.agreement"].create(
            {"partner_id": self.supplier.id, "product_id": self.product.id, "price": 1}
        )
        for model in (
            "ecom.threeway.policy",
            "ecom.threeway.limit",
            "ecom.threeway.policy.version",
            "ecom.threeway.result",
            "ecom.price.agreement",
            "ecom.payable.forecast",
        ):
            self.assertTrue(self.env[model].search_count([]), model)
            self.assertFalse(self.env[model].with_user(stranger).search_count([]), model)
        self.assertTrue(bill.ecom_threeway_result_ids and policy)
