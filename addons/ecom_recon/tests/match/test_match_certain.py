"""What is not certain is nobody's match, and the same facts give the same verdicts."""

from odoo.tests import tagged

from odoo.addons.ecom_connectors.tests.common import alipay, move

from ..common import ReconCase


@tagged("post_install", "-at_install")
class TestNoFalseMatch(ReconCase):
    """S1.11.2 Adversarial data: what is not certain is nobody's match."""

    def test_swapped_amounts(self):
        """S1.11.2 Given two orders whose payments were swapped, when matched, then neither is matched."""
        orders = self.orders(
            {"order_no": "T1", "line_total": "50.00"}, {"order_no": "T2", "line_total": "80.00"}
        )
        self.bill(alipay(move("80.00", "T1"), move("50.00", "T2")))
        self.match()
        self.assertEqual({self.verdict(order)[0] for order in orders}, {"exception"})
        self.assertEqual(self.found(), [("amount_mismatch", "T1", 30.0), ("amount_mismatch", "T2", -30.0)])

    def test_equal_amounts_without_reference(self):
        """B6 S1.11.2 Given two open orders of one amount and one payment without a reference, when matched,
        then it is matched to neither; both are suggested."""
        orders = self.orders(
            {"order_no": "T1", "line_total": "66.00"}, {"order_no": "T2", "line_total": "66.00"}
        )
        self.bill(alipay(move("66.00", "", transaction="X1")))
        self.match()
        self.assertEqual([self.verdict(order) for order in orders], [(None, None)] * 2)
        exception = self.exceptions()
        self.assertEqual((exception.type, exception.amount), ("ambiguous", 66))
        self.assertEqual(exception.candidate_ids, orders)

    def test_one_candidate_is_a_suggestion(self):
        """B6 S1.11.2 Given one open order of the amount of a payment without a reference, when matched, then
        it is suggested and not matched: an amount is no proof."""
        order = self.order("T1", "66.00")
        self.bill(alipay(move("66.00", "", transaction="X1")))
        self.match()
        self.assertEqual(self.verdict(order), (None, None))
        self.assertEqual(self.exceptions().candidate_ids, order)

    def test_the_same_number_in_two_shops(self):
        """S1.11.2 Given two shops paid by one account that have one order number, when it is paid, then it is
        ambiguous and matched to neither, though one amount fits."""
        other = self.shop("OTHER", "taobao", self.wallet)
        one, two = self.order("T1", "50.00"), self.order("T1", "51.00", shop=other)
        self.bill(alipay(move("50.00", "T1")))
        self.match()
        self.assertEqual([self.verdict(one), self.verdict(two)], [(None, None)] * 2)
        self.assertIn(("ambiguous", "T1", 50.0), self.found())

    def test_a_payment_twice(self):
        """S1.6.3 S1.11.2 Given an order that two lines pay in full, when matched, then it is a duplicate
        payment."""
        order = self.order("T1", "50.00")
        self.bill(alipay(move("50.00", "T1"), move("50.00", "T1")))
        self.match()
        self.assertEqual(self.verdict(order)[0], "exception")
        self.assertEqual(self.found(), [("duplicate_payment", "T1", 50.0)])

    def test_a_number_that_only_looks_alike(self):
        """S1.11.2 Given order numbers that differ by case, blank or a leading zero, when one is paid, then
        the others are not matched."""
        orders = self.orders(
            *({"order_no": number, "line_total": "50.00"} for number in ("A1", "a1", "0A1", "A10"))
        )
        self.bill(alipay(move("50.00", "a1")))
        self.match()
        self.assertEqual([self.verdict(order)[0] for order in orders], [None, "matched", None, None])

    def test_another_company_or_platform_does_not_take_part(self):
        """S1.11.2 S1.4.4 Given the number in a shop that the account does not pay, when it is paid, then that
        shop's order stays alone."""
        dy = self.account("DY", "douyin")
        stranger = self.order("T1", "50.00", shop=self.shop("DYS", "douyin", dy))
        self.order("T0", "1.00")
        self.bill(alipay(move("50.00", "T1")))
        self.match()
        self.assertEqual(self.verdict(stranger), (None, None))
        self.assertEqual(self.found(), [("missing_order", "T1", 50.0)])

    def test_another_currency(self):
        """S1.6.3 Given an order in dollars and its payment of the same figure in yuan, when matched, then it
        is a currency exception and no match."""
        order = self.order("T1", "50.00", currency="USD")
        self.bill(alipay(move("50.00", "T1")))
        self.match()
        self.assertEqual(self.verdict(order)[0], "exception")
        self.assertEqual([one[0] for one in self.found()], ["currency_mismatch"])


@tagged("post_install", "-at_install")
class TestSameAgain(ReconCase):
    def snapshot(self):
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT t.ref, t.state, t.rule, o.ecom_order_no, m.rule_version, m.variance_received,
            m.variance_fee FROM ecom_tally t LEFT JOIN ecom_match m ON m.id = t.match_id LEFT JOIN sale_order
            o ON o.id = m.order_id ORDER BY t.ref"""
        )
        return self.env.cr.fetchall()

    def test_a_rerun_changes_nothing(self):
        """B7 S1.6.6 Given a matched bill, when the match runs again, clean or with all tallies marked, then
        matches, exceptions and their ids are the same."""
        self.orders({"order_no": "T1", "line_total": "10.00"}, {"order_no": "T2", "line_total": "20.00"})
        self.bill(alipay(move("10.00", "T1"), move("19.00", "T2"), move("5.00", "NOBODY")))
        self.match()
        before = (
            self.snapshot(),
            self.exceptions().ids,
            self.counts("ecom_match", "ecom_exception", "mail_message"),
        )
        self.match()
        self.env["ecom.tally"].search([]).dirty = True
        self.match()
        after = (
            self.snapshot(),
            self.exceptions().ids,
            self.counts("ecom_match", "ecom_exception", "mail_message"),
        )
        self.assertEqual(before, after)

    def test_the_order_of_arrival_changes_nothing(self):
        """B7 Given orders and two bills, when they come in another order, line by line the other way round
        and with unrelated ones between, then the verdicts are the same."""
        rows = [{"order_no": f"T{n}", "line_total": f"{n}0.00"} for n in range(1, 5)]
        moves = [move("10.00", "T1"), move("19.00", "T2"), move("30.00", "T3"), move("-1.00", "T3", "收费")]
        self.orders(*rows)
        self.bill(alipay(*moves))
        self.match()
        other = self.account("W2", "alipay")
        shop = self.shop("S2", "taobao", other)
        self.bill(alipay(*reversed(moves), opening="500.00"), other)
        self.match()
        self.orders({"order_no": "ZZZ", "line_total": "1.00"}, *reversed(rows), shop=shop)
        self.match()

        def verdicts(shop):
            orders = self.env["sale.order"].search(
                [("ecom_shop_id", "=", shop.id), ("ecom_order_no", "!=", "ZZZ")]
            )
            return sorted((order.ecom_order_no, *self.verdict(order)) for order in orders)

        self.assertEqual(verdicts(self.store), verdicts(shop))

    def test_an_order_that_comes_later(self):
        """S1.6.6 S1.7.1 Given a payment whose order is missing, when the order is imported and the match
        runs, then they match and the exception closes by itself; a corrected amount opens it as what it is
        now."""
        self.order("T0", "1.00")
        self.bill(alipay(move("1.00", "T0"), move("50.00", "T1")))
        self.match()
        exception = self.exceptions()
        self.assertEqual((exception.type, exception.order_no), ("missing_order", "T1"))
        order = self.order("T1", "50.00")
        self.match()
        self.assertEqual(self.verdict(order)[0], "matched")
        self.assertEqual((exception.state, exception.resolution), ("done", "by_itself"))
        order.ecom_receivable = 51
        self.match()
        self.assertEqual([one[0] for one in self.found()], ["amount_mismatch"])
