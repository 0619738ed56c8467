"""What nobody could explain is found once, and leads back to its evidence."""

from odoo.tests import tagged

from odoo.addons.ecom_connectors.tests.common import alipay, move

from ..common import ReconCase


@tagged("post_install", "-at_install")
class TestFound(ReconCase):
    def test_amount_mismatch(self):
        """S1.6.1 Given an order of 100.00 and a bill of 99.00, when matched, then there is one exception of
        type amount_mismatch and -1.00, with both amounts in its words, an owner and a due day."""
        order = self.order("T1", "100.00")
        self.bill(alipay(move("99.00", "T1")))
        run = self.match()
        exception = self.exceptions()
        self.assertEqual((exception.type, exception.amount), ("amount_mismatch", -1.0))
        self.assertEqual((exception.order_id, exception.order_no), (order, "T1"))
        self.assertIn("100.00 CNY", exception.reason)
        self.assertIn("99.00 CNY", exception.reason)
        self.assertTrue(exception.suggestion)
        self.assertEqual(exception.user_id, self.store.user_id)
        self.assertTrue(exception.due_day)
        self.assertEqual((run.exception_count, exception.run_id), (1, run))

    def test_missing_order(self):
        """S1.6.2 B4 Given a bill line whose order is not here, when orders of that day are here, then it is
        missing_order; while the orders of that day have not come, it waits."""
        self.order("T0", "1.00", ordered_at="2026-08-31 10:00:00", paid_at="2026-08-31 10:00:00")
        self.bill(alipay(move("50.00", "T1")))
        self.match()
        self.assertEqual(self.tally("T1").state, "timing")
        self.assertFalse(self.exceptions())
        self.order("T2", "1.00")
        self.match()
        self.assertIn(("missing_order", "T1", 50.0), self.found())

    def test_missing_bill_after_the_waiting_days(self):
        """S1.6.2 B4 Given an order shipped on 1 September and a shop that waits three days, when bills cover
        the days until the 3rd, then it waits; when they cover the 4th, then it is missing_bill."""
        order = self.order("T1", "80.00", shipped_at="2026-09-01 20:00:00")
        self.assertEqual(self.store.timing_days, 3)
        self.bill(alipay(move("-1.00", "", "提现"), period=("2026-09-01", "2026-09-04")))
        self.match()
        self.assertEqual(self.found(), [])
        self.bill(alipay(move("-1.00", "", "提现", at="2026-09-04 09:00:00"), opening="999.00",
                         period=("2026-09-04", "2026-09-05")))  # fmt: skip
        self.match()
        self.assertEqual(self.found(), [("missing_bill", "T1", -80.0)])
        self.assertEqual(self.exceptions().order_id, order)

    def test_an_order_before_the_first_bill_is_not_missing(self):
        """B4 Given an order of a month for which there are no bills, when a later month is matched, then the
        order waits: nobody can know."""
        self.order("T1", "80.00", ordered_at="2026-06-01 09:00:00", paid_at="2026-06-01 09:00:00")
        self.bill(alipay(move("-1.00", "", "提现"), period=("2026-09-01", "2026-09-30")))
        self.match()
        self.assertEqual(self.found(), [])

    def test_an_unpaid_or_cancelled_order_is_not_missing(self):
        """S1.6.2 Given an order that nobody paid, one that was cancelled and one refunded altogether, when
        bills cover their days, then none is missing."""
        orders = self.orders(
            {"order_no": "T1", "line_total": "10.00", "paid_at": ""},
            {"order_no": "T2", "line_total": "20.00"},
            {"order_no": "T3", "line_total": "30.00"},
        )
        orders[1].state = "cancel"
        self.refund("R3", "T3", "30.00")
        self.bill(alipay(move("-1.00", "", "提现"), period=("2026-09-01", "2026-09-30")))
        self.match()
        self.assertEqual(self.found(), [])

    def test_a_wrong_amount_never_waits(self):
        """B4 Given an order paid short on the very day, when matched, then it is an exception at once."""
        self.order("T1", "80.00")
        self.bill(alipay(move("79.00", "T1")))
        self.match()
        self.assertEqual(self.found(), [("amount_mismatch", "T1", -1.0)])

    def test_a_refund_of_an_unknown_order(self):
        """A8 S1.6.3 Given a refund whose order is not here, when matched, then it is refund_without_order."""
        self.order("T0", "1.00")
        self.bill(alipay(move("-30.00", "T9")))
        self.match()
        self.assertEqual(self.found(), [("refund_without_order", "T9", -30.0)])

    def test_a_refund_larger_than_the_order(self):
        """S1.6.3 Given an order of 50.00 and 60.00 refunded, when matched, then it is refund_exceeds_order,
        -10.00."""
        self.order("T1", "50.00")
        self.bill(alipay(move("50.00", "T1"), move("-60.00", "T1")))
        self.match()
        self.assertEqual(self.found(), [("refund_exceeds_order", "T1", -10.0)])

    def test_a_gap_between_bills(self):
        """S1.11.6 Given a bill that does not start with the balance the one before it ended with, when
        matched, then the missing amount is an exception; the bill between closes it by itself."""
        days = [("2026-09-01", "2026-09-02"), ("2026-09-02", "2026-09-03"), ("2026-09-03", "2026-09-04")]
        self.order("T0", "1.00")
        bills = [
            alipay(
                move("10.00", f"T{n}", at=f"{begin} 10:00:00"),
                opening=f"{100 + 10 * n}.00",
                period=(begin, end),
            )
            for n, (begin, end) in enumerate(days)
        ]
        first, third = self.bill(bills[0]), self.bill(bills[2])
        self.assertEqual((first.chain_state, third.chain_state), ("first", "gap"))
        self.assertEqual((third.chain_difference, third.previous_id), (10, first))
        self.match()
        gap = self.exceptions(type="chain_gap")
        self.assertEqual((gap.bill_id, gap.amount), (third, 10))
        second = self.bill(bills[1])
        self.assertEqual((second.chain_state, third.chain_state), ("ok", "ok"))
        self.match()
        self.assertEqual((gap.state, gap.resolution), ("done", "by_itself"))

    def test_bills_that_overlap(self):
        """S1.11.6 Given a day's bill after the one of its morning, when imported, then it overlaps, nothing
        misses."""
        one, two = move("10.00", "T1"), move("15.00", "T2", at="2026-09-01 11:00:00")
        self.bill(alipay(one, two))
        day = self.bill(alipay(one, two, move("20.00", "T3", at="2026-09-01 18:00:00")))
        self.assertEqual((day.chain_state, day.chain_difference), ("overlap", 0))

    def test_money_without_any_document(self):
        """S1.9.5 Given a wallet movement without number or order, when matched the same day, then it is an
        exception."""
        self.order("T0", "1.00")
        self.bill(alipay(move("123.45", "", transaction="X9")))
        self.match()
        self.assertEqual(self.found(), [("missing_order", "", 123.45)])


@tagged("post_install", "-at_install")
class TestTrace(ReconCase):
    def test_from_an_exception_to_everything(self):
        """S1.2.5 S1.6.5 S1.3.1 Given an exception, when its buttons are pressed, then order, delivery,
        refund, bill lines, raw row and entries open, and the rule that compared is named; from the order one
        gets back."""
        product = self.env["product.product"].create(
            {"name": "Tea", "default_code": "SKU-1", "type": "consu"}
        )
        order = self.order("T1", "100.00")
        self.assertEqual(order.order_line.product_id, product)
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": order.warehouse_id.out_type_id.id,
                "location_id": order.warehouse_id.lot_stock_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                "sale_id": order.id,
            }
        )
        refund = self.refund("R1", "T1", "10.00")
        bill = self.bill(alipay(move("99.00", "T1"), move("-10.00", "T1")))
        self.match()
        exception = self.exceptions()

        def opened(action):
            return self.env[action["res_model"]].search(action["domain"])

        self.assertEqual(opened(exception.action_open_order()), order)
        self.assertEqual(opened(exception.action_open_pickings()), picking)
        self.assertEqual(opened(exception.action_open_refunds()), refund)
        lines = opened(exception.action_open_lines())
        self.assertEqual(lines, bill.line_ids)
        self.assertEqual(opened(exception.action_open_moves()).ids, [])
        cells = dict(lines.sorted("row")[0].raw_row)
        self.assertEqual((cells["商户订单号"].strip(), cells["收入金额（+元）"]), ("T1", "99.00"))
        self.assertEqual(exception.match_id.state_received, "mismatch")
        self.assertTrue(exception.match_id.rule_version)
        self.assertEqual(opened(order.action_open_ecom_lines()), lines)
        self.assertEqual(order.ecom_exception_ids, exception)
        self.assertEqual(lines.order_id, order)

    def test_words_for_people(self):
        """S1.11.7 Given exceptions of all types, when read in English and Chinese, then each has a reason and
        something to do, and amounts have their currency."""
        self.order("T1", "100.00")
        self.bill(alipay(move("99.00", "T1"), move("-3.00", "", "闻所未闻"), move("9.00", "NOBODY")))
        self.match()
        for exception in self.exceptions():
            for lang in ("en_US", "zh_CN"):
                one = exception.with_context(lang=lang)
                self.assertTrue(one.reason and one.suggestion and "%" not in one.reason, one.type)
                self.assertIn("CNY", one.reason)
                self.assertNotRegex(one.reason, r"-\d")
