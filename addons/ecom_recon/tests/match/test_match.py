"""Which lines meet which orders, and what is said of them: wiring of the library to the tables."""

from odoo.tests import tagged

from odoo.addons.ecom_connectors.tests.common import alipay, douyin, move, wechat_trade

from ..common import ReconCase


@tagged("post_install", "-at_install")
class TestReferences(ReconCase):
    def test_by_order_number(self):
        """S1.5.2 S1.2.2 Given orders and a bill with their numbers, when one run matches, then each meets its
        own with rule, version and amounts stored, and no click is needed for any."""
        orders = self.orders(*({"order_no": f"T{n}", "line_total": f"{n}0.00"} for n in range(1, 6)))
        self.bill(alipay(*(move(f"{n}0.00", f"T{n}") for n in (3, 1, 5, 2, 4))))
        run = self.match()
        self.assertEqual({self.verdict(order) for order in orders}, {("matched", "reference_and_amount")})
        match = orders[0].ecom_match_id
        self.assertEqual(
            (match.expected_received, match.amount_received, match.variance_received), (10, 10, 0)
        )
        self.assertGreaterEqual(match.rule_version, 1)
        self.assertTrue(match.rule_text)
        self.assertEqual((run.tally_count, run.matched_count, run.automatic_share), (5, 5, 100))
        self.assertFalse(self.exceptions())

    def test_by_sub_order_number(self):
        """S1.5.2 Given lines that name sub-orders only, when matched, then several lines meet the one
        order."""
        dy = self.account("DY", "douyin")
        shop = self.shop("DYS", "douyin", dy)
        order = self.orders(
            {
                "order_no": "D1",
                "line_total": "10.00",
                "sub_order_no": "D1-1",
                "sku": "A",
                "buyer_paid": "30.00",
            },
            {
                "order_no": "D1",
                "line_total": "20.00",
                "sub_order_no": "D1-2",
                "sku": "B",
                "buyer_paid": "30.00",
            },
            shop=shop,
        )[:1]
        self.bill(douyin(move("10.00", "D1-1"), move("20.00", "D1-2")), dy)
        self.match()
        self.assertEqual(self.verdict(order), ("matched", "sub_order_reference"))
        self.assertEqual(len(order.ecom_match_id.tally_ids), 2, "one order, many tallies")

    def test_by_payment_number(self):
        """S1.5.2 S1.9.3 Given a Taobao order with a payment number and a WeChat bill that has no other, when
        matched, then order source and bill source differ and they match."""
        wx = self.account("WX", "wechatpay", kinds=("settlement",))
        self.store.account_ids |= wx
        order = self.order("T1", "40.00", payment_no="PAY1")
        self.bill(wechat_trade(move("40.00", "PAY1")), wx)
        self.match()
        self.assertEqual(self.verdict(order), ("matched", "payment_reference"))

    def test_one_payment_for_many_orders(self):
        """S1.5.2 Given two orders paid together, when their one payment is their sum, then both are in one
        match; when it is not, then it is an exception for both."""
        both = self.orders(
            {"order_no": "T1", "line_total": "40.00", "payment_no": "PAY1"},
            {"order_no": "T2", "line_total": "60.00", "payment_no": "PAY1"},
        )
        short = self.orders(
            {"order_no": "T3", "line_total": "40.00", "payment_no": "PAY2"},
            {"order_no": "T4", "line_total": "60.00", "payment_no": "PAY2"},
        )
        self.bill(alipay(move("100.00", "PAY1"), move("99.00", "PAY2")))
        self.match()
        self.assertEqual([self.verdict(order) for order in both], [("matched", "payment_batch")] * 2)
        self.assertEqual(len(both.ecom_match_id), 1)
        self.assertEqual(both.ecom_match_id.order_count, 2)
        self.assertEqual({self.verdict(order) for order in short}, {("exception", "")})
        self.assertEqual(self.found(), [("amount_mismatch", "T3", -1.0)])

    def test_by_refund_number(self):
        """S1.5.2 Given a refund line that names its refund only, when matched, then it meets the refund's
        order."""
        dy = self.account("DY", "douyin")
        shop = self.shop("DYS", "douyin", dy)
        order = self.order("D1", "50.00", shop=shop)
        self.refund("R1", "D1", "20.00", shop=shop)
        self.bill(douyin(move("50.00", "D1"), move("-20.00", refund="R1", at="2026-09-01 15:00:00")), dy)
        self.match()
        self.assertEqual(self.verdict(order)[0], "matched")
        self.assertEqual(order.ecom_match_id.amount_refund, -20)
        self.assertEqual(self.tally("::refund:R1", dy).order_id, order)

    def test_four_legs(self):
        """S1.5.3 Given an order, its payment, a refund and a fee, when matched, then each leg has its own
        expected amount, its own amount, its own difference and its own state."""
        self.env["ecom.fee.rule"].create(
            {
                "shop_id": self.store.id,
                "category_id": self.env["ecom.category"].search([("code", "=", "payment_fee")]).id,
                "rate_percent": 1,
            }
        )
        order = self.order("T1", "100.00")
        self.refund("R1", "T1", "30.00")
        self.bill(alipay(move("100.00", "T1"), move("-29.00", "T1"), move("-2.00", "T1", "收费")))
        self.match()
        match = order.ecom_match_id
        legs = {
            leg: (match[f"state_{leg}"], match[f"variance_{leg}"])
            for leg in ("order", "received", "refund", "fee")
        }
        self.assertEqual(
            legs,
            {
                "order": ("exact", 0),
                "received": ("exact", 0),
                "refund": ("mismatch", 1),
                "fee": ("mismatch", -1),
            },
        )
        self.assertEqual((match.expected_refund, match.amount_refund, match.amount_fee), (30, -29, -2))

    def test_every_line_in_one_state(self):
        """S1.2.3 Given a bill with all kinds of lines, when matched, then every line is in exactly one state
        and the counts of the states add up to the lines; every order is found once or not at all."""
        orders = self.orders(
            {"order_no": "T1", "line_total": "10.00"},
            {"order_no": "T2", "line_total": "20.00"},
            {"order_no": "T3", "line_total": "30.00"},
        )
        bill = self.bill(
            alipay(
                *(move("10.00", "T1"), move("19.00", "T2"), move("77.00", "NOBODY"), move("5.00", "")),
                *(move("-3.00", "", "闻所未闻"), move("-60.00", "", "提现"), move("-1.00", "T9", "收费")),
                *(move("-8.00", "NOBODY2"), move("2.00", "", "充值")),
            )
        )
        self.match()
        lines = bill.line_ids
        states = dict(
            self.env["ecom.bill.line"]._read_group([("bill_id", "=", bill.id)], ["tally_id"], ["__count"])
        )
        by_state = {}
        for tally, count in states.items():
            by_state[tally.state] = by_state.get(tally.state, 0) + count
        self.assertEqual(sum(by_state.values()), len(lines))
        self.assertEqual(by_state, {"matched": 4, "exception": 5})
        self.assertFalse(lines.filtered(lambda line: line.state == "matched" and not line.rule))
        links = self.env["ecom.match.order"].search([("order_id", "in", orders.ids)])
        self.assertEqual(sorted(links.order_id.mapped("ecom_order_no")), ["T1", "T2"])
        waiting = self.order("T3", "30.00")
        self.assertEqual(waiting.ecom_state, "open")
        self.assertEqual(sorted(links.order_id.mapped("ecom_state")), ["exception", "matched"])

    def test_without_any_rule(self):
        """S1.5.1 S1.11.3 Given one shop and no fee rule, tolerance or other setting, when a bill comes and
        one run matches, then the match rate is reported, and forty shops work the same."""
        self.assertFalse(self.store.fee_rule_ids or self.store.tolerance_id)
        self.order("T1", "10.00")
        self.bill(alipay(move("10.00", "T1"), move("9.00", "T2")))
        self.assertEqual(self.match().automatic_share, 50)
        accounts = self.env["ecom.account"]
        for number in range(40):
            account = self.account(f"A{number:02d}", "alipay")
            shop = self.shop(f"S{number:02d}", "taobao", account)
            self.env["sale.order"].create(
                {
                    "ecom_shop_id": shop.id,
                    "ecom_order_no": "T1",
                    "partner_id": shop.partner_id.id,
                    "ecom_receivable": 10 + number,
                    "ecom_paid_at": "2026-09-01 01:00:00",
                    "date_order": "2026-09-01 01:00:00",
                    "state": "sale",
                    "order_line": [
                        (
                            0,
                            0,
                            {
                                "product_id": self.env.ref("ecom_connectors.product_unmapped").id,
                                "price_unit": 10 + number,
                                "tax_ids": [(5, 0, 0)],
                            },
                        )
                    ],
                }
            )
            self.bill(alipay(move(f"{10 + number}.00", "T1")), account)
            accounts |= account
        self.match(accounts)
        tallies = self.env["ecom.tally"].search([("account_id", "in", accounts.ids)])
        self.assertEqual(tallies.mapped("state"), ["matched"] * 40)
        self.assertEqual(len(tallies.order_id), 40, "the same number in forty shops is forty orders")


@tagged("post_install", "-at_install")
class TestTolerance(ReconCase):
    def test_profile(self):
        """B5 S1.5.2 Given a profile of 1 % and 0.50, when orders differ by just that and by a cent more, then
        the bound is inside, and only inside both limits is inside."""
        self.store.tolerance_id = self.env["ecom.tolerance"].create(
            {
                **{"name": "1 % and 0.50", "uses_percent": True, "lower_percent": 1, "upper_percent": 1},
                **{"uses_amount": True, "lower_amount": 0.5, "upper_amount": 0.5},
            }
        )
        situations = {
            "T1": ("50.00", "49.50", "tolerance"),
            "T2": ("50.00", "49.49", "exception"),
            "T3": ("100.00", "99.40", "exception"),
            "T4": ("40.00", "39.55", "exception"),
            "T5": ("50.00", "50.50", "tolerance"),
        }
        orders = self.orders(
            *({"order_no": no, "line_total": due} for no, (due, _paid, _s) in situations.items())
        )
        self.bill(alipay(*(move(paid, no) for no, (_due, paid, _s) in situations.items())))
        self.match()
        self.assertEqual(
            {order.ecom_order_no: self.verdict(order)[0] for order in orders},
            {no: state for no, (_due, _paid, state) in situations.items()},
        )
        self.assertEqual(orders[0].ecom_match_id.variance_received, -0.5)

    def test_without_a_profile_nothing_passes(self):
        """B5 Given no profile, when a cent is missing, then it is an exception."""
        order = self.order("T1", "50.00")
        self.bill(alipay(move("49.99", "T1")))
        self.match()
        self.assertEqual(self.verdict(order)[0], "exception")


@tagged("post_install", "-at_install")
class TestFees(ReconCase):
    def fee_rule(self, **values):
        category = self.env["ecom.category"].search([("code", "=", "payment_fee")])
        return self.env["ecom.fee.rule"].create(
            {"shop_id": self.store.id, "category_id": category.id, **values}
        )

    def test_over_charge(self):
        """S1.5.5 S1.6.3 Given a rule of 1 % with at least 0.10 and at most 5.00, when orders are charged,
        then a fee outside the band is an exception of its difference, and data alone change the rule
        (S2.8.5)."""
        rule = self.fee_rule(rate_percent=1, minimum=0.1, maximum=5)
        situations = {
            "T1": ("100.00", "-1.00"),
            "T2": ("100.00", "-1.01"),
            "T3": ("5.00", "-0.10"),
            "T4": ("900.00", "-5.00"),
            "T5": ("900.00", "-9.00"),
        }
        self.orders(*({"order_no": no, "line_total": due} for no, (due, _fee) in situations.items()))
        moves = [
            part for no, (due, fee) in situations.items() for part in (move(due, no), move(fee, no, "收费"))
        ]
        self.bill(alipay(*moves))
        self.match()
        self.assertEqual(self.found(), [("fee_out_of_band", "T2", -0.01), ("fee_out_of_band", "T5", -4.0)])
        rule.maximum = 0
        self.env["ecom.tally"].search([]).dirty = True
        self.match()
        self.assertEqual(self.found(), [("fee_out_of_band", "T2", -0.01), ("fee_out_of_band", "T4", 4.0)])

    def test_a_fee_paid_to_us(self):
        """S1.6.3 Given a fee with the wrong sign, when matched, then it is an exception without any rule."""
        self.order("T1", "100.00")
        self.bill(alipay(move("100.00", "T1"), move("1.00", "T1", "退费")))
        self.match()
        self.assertEqual(self.found(), [("fee_out_of_band", "T1", 1.0)])
