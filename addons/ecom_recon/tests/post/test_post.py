"""What a bill becomes in the ledger."""

from odoo.tests import tagged

from odoo.addons.ecom_connectors.tests.common import alipay, move, pinduoduo

from ..post_common import PostingCase, amazon, row

A2 = (
    row("sale", "1000.00", "111-0000001-0000001"),
    row("shipping", "50.00", "111-0000001-0000001"),
    row("refund", "-80.00", "111-0000001-0000001"),
    row("commission", "-60.00", "111-0000001-0000001"),
    row("ads", "-30.00"),
    row("reserve_held", "-200.00"),
    row("reserve_released", "120.00"),
)


@tagged("post_install", "-at_install")
class TestGrossPosting(PostingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.amz, cls.amz_shop = cls.amazon_account()
        cls.sold = cls.order(
            "111-0000001-0000001", "1000.00", cls.amz_shop, freight="50.00", buyer_paid="1050.00"
        )

    def test_gross_posting(self):
        """A2 S1.9.4 S1.9.7 Given a settlement of seven kinds of money, when it is posted, then every kind
        stands on its own journal item, gross, the platform gets the payout and both sides are 1,170."""
        bill = self.bill(amazon(*A2), self.amz)
        self.assertEqual((bill.state, bill.amount_sum), ("ready", 800.00))
        entry = self.settle(self.amz)
        self.assertEqual(len(entry), 1, "one day, one entry")
        self.assertEqual((entry.state, entry.journal_id), ("posted", self.amz.journal_id))
        roles = self.roles(self.amz)
        items = sorted((roles[line.account_id], line.debit, line.credit) for line in entry.line_ids)
        self.assertEqual(
            items,
            [
                ("commission", 60.00, 0),
                ("marketing", 30.00, 0),
                ("platform_balance", 800.00, 0),
                ("reserve", 0, 120.00),
                ("reserve", 200.00, 0),
                ("revenue", 0, 50.00),
                ("revenue", 0, 1000.00),
                ("sales_return", 80.00, 0),
            ],
        )
        self.assertEqual(
            (sum(entry.line_ids.mapped("debit")), sum(entry.line_ids.mapped("credit"))), (1170, 1170)
        )
        self.assertEqual(bill.state, "posted")
        self.assert_holds()

    def test_reserve_is_no_result(self):
        """A6 Given reserves held and released over two settlements, when posted, then they stand on the
        balance sheet, as held less released, and income and expense do not see them."""
        self.bill(amazon(row("reserve_held", "-200.00"), row("ads", "-1.00")), self.amz)
        self.bill(
            amazon(
                row("reserve_released", "200.00", at="2026-09-20 04:00:00"),
                row("reserve_held", "-80.00", at="2026-09-20 04:00:00"),
                settlement="18000000002",
                period=("2026-09-15", "2026-09-29"),
            ),
            self.amz,
        )
        entries = self.settle(self.amz)
        self.assertEqual(
            self.by_role(entries, self.amz), {"platform_balance": -81.00, "reserve": 80.00, "marketing": 1.00}
        )
        self.assertEqual(self.ledger_account("reserve", self.amz).account_type, "asset_current")
        self.assert_holds()

    def test_zero_settlement(self):
        """A7 Given a settlement that pays nothing, when it is posted, then all its lines are."""
        bill = self.bill(
            amazon(
                row("reimbursement", "30.00"),
                row("ads", "-30.00"),
                row("charge", "5.00"),
                row("charge", "-5.00"),
            ),
            self.amz,
        )
        entry = self.settle(self.amz)
        self.assertEqual((bill.amount_sum, bill.state), (0, "posted"))
        self.assertEqual(self.by_role(entry, self.amz), {"compensation": -30.00, "marketing": 30.00})
        self.assertEqual(len(bill.line_ids.posting_line_ids), 4)
        self.assertEqual(sum(entry.line_ids.mapped("debit")), 35.00, "what cancels out is booked, too")
        self.assert_holds()

    def test_all_of_a_settlement_cancels(self):
        """A7 Given a settlement whose only two lines are of one kind and cancel, when posted, then both are
        booked."""
        bill = self.bill(amazon(row("charge", "5.00"), row("charge", "-5.00")), self.amz)
        entry = self.settle(self.amz)
        self.assertEqual((len(entry), bill.state, len(bill.line_ids.posting_line_ids)), (1, "posted", 2))
        self.assertTrue(all(link.entry_id for link in bill.line_ids.posting_line_ids))
        self.assert_holds()

    def test_negative_settlement(self):
        """A7 Given a settlement below zero that a card is charged for, when posted, then we owe the platform
        until the charge, no payment is made and charge and repayment cancel."""
        payments = self.env["account.payment"].search_count([])
        self.bill(amazon(row("ads", "-30.00")), self.amz)
        entry = self.settle(self.amz)
        self.assertEqual(self.by_role(entry, self.amz), {"marketing": 30.00, "platform_balance": -30.00})
        self.bill(
            amazon(row("charge", "30.00", at="2026-09-16 04:00:00"), settlement="18000000002"),
            self.amz,
        )
        entry |= self.settle(self.amz)
        self.assertEqual(self.by_role(entry, self.amz), {"marketing": 30.00, "in_transit": -30.00})
        self.assertEqual(self.env["account.payment"].search_count([]), payments)
        self.assert_holds()

    def test_refund_on_its_own_day(self):
        """A8 Given a sale in August and in September its refund, the fee given back and the fee kept, when
        posted, then August keeps the sale and September has the three, each on its own item."""
        order = "111-0000001-0000001"
        self.bill(
            amazon(
                row("sale", "1050.00", order, at="2026-08-20 04:00:00"),
                row("commission", "-60.00", order, at="2026-08-20 04:00:00"),
                row("refund", "-80.00", order),
                row("commission_back", "6.00", order, adjustment="ADJ-1"),
                row("commission_kept", "-1.20", order, adjustment="ADJ-1"),
                period=("2026-08-15", "2026-09-15"),
            ),
            self.amz,
        )
        august, september = self.settle(self.amz).sorted("date")
        self.assertEqual((str(august.date), str(september.date)), ("2026-08-20", "2026-09-10"))
        self.assertEqual(
            self.sides(september, self.amz),
            {
                ("sales_return", "Dr"): 80.00,
                ("commission", "Cr"): 6.00,
                ("commission", "Dr"): 1.20,
                ("platform_balance", "Cr"): 75.20,
            },
        )
        self.assertEqual(self.by_role(august, self.amz)["revenue"], -1050.00)
        self.assert_holds()

    def test_tax_of_the_marketplace(self):
        """A11 Given sales tax that the marketplace collects and keeps, when posted, then our tax account
        stands at zero, with both sides shown."""
        order = "111-0000001-0000001"
        self.bill(
            amazon(row("sale", "1050.00", order), row("tax", "8.00", order), row("withheld", "-8.00", order)),
            self.amz,
        )
        entry = self.settle(self.amz)
        self.assertEqual(self.by_role(entry, self.amz), {"platform_balance": 1050.00, "revenue": -1050.00})
        sides = self.sides(entry, self.amz)
        self.assertEqual((sides["tax", "Cr"], sides["tax", "Dr"]), (8.00, 8.00))

    def test_the_month_is_the_accounts(self):
        """A4 Given a settlement over a month end, with 500 until 23:59:59 in Beijing and 1,000 from 00:00:00,
        when it is posted, then August has 500 and September 1,000, although in UTC all of it is August."""
        order = self.order("111-0000002-0000002", "1500.00", self.amz_shop)
        self.bill(
            amazon(
                row("sale", "500.00", order.ecom_order_no, at="2026-08-31 15:59:59"),
                row("sale", "1000.00", order.ecom_order_no, at="2026-08-31 16:00:00"),
                period=("2026-08-20", "2026-09-03"),
            ),
            self.amz,
        )
        months = {str(entry.date)[:7]: self.by_role(entry, self.amz) for entry in self.settle(self.amz)}
        self.assertEqual(
            months,
            {
                "2026-08": {"platform_balance": 500.00, "revenue": -500.00},
                "2026-09": {"platform_balance": 1000.00, "revenue": -1000.00},
            },
        )

    def test_one_entry_per_bill_keeps_the_months_apart(self):
        """A4 S1.9.10 Given the same with one entry per bill, when it is posted, then it is two entries, by
        month."""
        self.env["ecom.voucher.template"].search([]).grouping = "bill"
        self.bill(
            amazon(
                row("ads", "-500.00", at="2026-08-31 15:59:59"),
                row("ads", "-1000.00", at="2026-08-31 16:00:00"),
                period=("2026-08-20", "2026-09-03"),
            ),
            self.amz,
        )
        months = {
            str(entry.date)[:7]: self.by_role(entry, self.amz)["marketing"] for entry in self.settle(self.amz)
        }
        self.assertEqual(months, {"2026-08": 500.00, "2026-09": 1000.00})


@tagged("post_install", "-at_install")
class TestSuspense(PostingCase):
    def test_an_inconsistent_bill_posts_nothing(self):
        """A1 Given a bill that lacks a line, when it is matched and posted, then nothing is booked, no line
        is invented, and the difference is shown."""

        def without_second(text):
            return "\n".join(line for line in text.split("\n") if not line.startswith("77\t"))

        self.order("T1", "100.00")
        bill = self.bill(alipay(move("100.00", "T1"), move("-7.00", "T2", line=77), spoil=without_second))
        before = self.counts("account_")
        self.assertEqual((bill.state, abs(bill.amount_difference)), ("inconsistent", 7.00))
        self.assertFalse(self.settle())
        self.assertEqual(self.counts("account_"), before)
        self.assertEqual(bill.state, "inconsistent")
        self.assert_holds()

    def test_a_good_bill_beside_a_bad_one(self):
        """A1 Given a good and a refused bill, when the account is posted, then the good one is booked in
        full."""
        self.simple()
        self.bill(b"nothing", name="no.csv")
        entries = self.settle()
        self.assertEqual(self.by_role(entries)["revenue"], -100.00)

    def test_sale_without_order(self):
        """A8 Given money for an order nobody knows, when posted, then it stands on suspense, not in revenue;
        when the order comes, then it moves to revenue on the day of the sale, and suspense is empty."""
        self.order("LATER", "1.00", ordered_at="2026-09-03 09:00:00", paid_at="2026-09-03 09:00:00")
        self.bill(alipay(move("100.00", "T1"), move("-5.00", "T1", "收费"), opening="0.00"))
        entries = self.settle()
        self.assertEqual(
            self.by_role(entries), {"suspense": -100.00, "platform_balance": 95.00, "payment_fee": 5.00}
        )
        self.assertEqual(self.exceptions(account_id=self.wallet.id).mapped("type"), ["missing_order"])
        self.assert_holds()
        self.order("T1", "100.00")
        explained = self.settle()
        self.assertEqual(self.by_role(explained), {"suspense": 100.00, "revenue": -100.00})
        self.assertEqual(explained.ecom_posting_ids.stage, "reclass")
        self.assertEqual(str(explained.date), "2026-09-01")
        self.assertFalse(self.exceptions(account_id=self.wallet.id))
        self.assertNotIn("suspense", self.by_role(entries | explained))
        self.assert_holds()

    def test_refund_without_order(self):
        """A8 Given a refund of an order nobody knows, when posted, then it stands on suspense with an
        exception and never in expense; when order and refund come, then it becomes a sales return."""
        self.order("LATER", "1.00", ordered_at="2026-09-03 09:00:00", paid_at="2026-09-03 09:00:00")
        self.bill(alipay(move("-40.00", "T9"), opening="100.00"))
        money = self.settle().filtered(lambda entry: entry.ecom_posting_ids.stage == "money")
        self.assertEqual(self.by_role(money), {"suspense": 40.00, "platform_balance": -40.00})
        self.assertEqual(self.ledger_account("suspense").account_type, "liability_current")
        self.assertEqual(self.exceptions(account_id=self.wallet.id).mapped("type"), ["refund_without_order"])
        self.order("T9", "40.00")
        self.bill(
            alipay(
                move("40.00", "T9", at="2026-09-02 10:00:00"),
                opening="60.00",
                period=("2026-09-02", "2026-09-03"),
            )
        )
        self.refund("R9", "T9", "40.00")
        later = self.settle()
        self.assertEqual(
            self.by_role(later),
            {"suspense": -40.00, "sales_return": 40.00, "platform_balance": 40.00, "revenue": -40.00},
        )
        self.assert_holds()

    def test_wrong_amount_stays_on_suspense(self):
        """Given an order of 100 that gets 90, when posted, then the 90 wait on suspense until they are
        explained."""
        self.order("T1", "100.00")
        self.bill(alipay(move("90.00", "T1"), opening="0.00"))
        entries = self.settle()
        self.assertEqual(self.by_role(entries), {"suspense": -90.00, "platform_balance": 90.00})
        self.bill(
            alipay(
                move("10.00", "T1", at="2026-09-02 10:00:00"),
                opening="90.00",
                period=("2026-09-02", "2026-09-03"),
            )
        )
        entries |= self.settle()
        self.assertEqual(self.by_role(entries), {"revenue": -100.00, "platform_balance": 100.00})
        self.assert_holds()

    def test_accepted_difference(self):
        """Given the same, when the accountant accepts the difference, then 100 become revenue and 10 a
        loss."""
        self.order("T1", "100.00")
        self.bill(alipay(move("90.00", "T1"), opening="0.00"))
        entries = self.settle()
        self.exceptions(type="amount_mismatch").with_user(self.accountant).action_accept("agreed")
        entries |= self.settle()
        self.assertEqual(
            self.by_role(entries), {"revenue": -100.00, "small_loss": 10.00, "platform_balance": 90.00}
        )
        self.assert_holds()

    def test_coupon_funding(self):
        """A10 Given goods of 100 with a coupon of 10 of ours and a subsidy of 5 of the platform's, when the
        bill pays 85 and 5, then revenue is 85 and the subsidy stands apart, together what the platform
        owes."""
        pdd = self.account("PDD", "pinduoduo")
        shop = self.shop("PDD-SHOP", "pinduoduo", pdd)
        self.env["ecom.ledger.setup"]._apply(self.company)
        number = "260901-100000000000001"
        order = self.order(
            number,
            "100.00",
            shop,
            shop_discount="10.00",
            platform_subsidy="5.00",
            buyer_paid="85.00",
            receivable="90.00",
        )
        self.bill(pinduoduo(move("85.00", number), move("5.00", number, "优惠券结算")), pdd)
        entries = self.settle(pdd)
        self.assertEqual(
            self.by_role(entries, pdd), {"revenue": -85.00, "subsidy": -5.00, "platform_balance": 90.00}
        )
        self.assertEqual(order.ecom_state, "matched")
        self.assert_holds()

    def test_unknown_word_is_booked_on_suspense(self):
        """S1.1.4 Given a word nobody knows, when posted, then its money is on suspense; when it is
        classified, then it goes where its category says."""
        self.bill(alipay(move("-8.00", "", "新名目"), opening="100.00"))
        entries = self.settle()
        self.assertEqual(self.by_role(entries)["suspense"], 8.00)
        fee = self.env["ecom.category"].search([("code", "=", "penalty")])
        self.exceptions(type="unknown_category").with_user(self.accountant).action_classify(fee)
        entries |= self.settle()
        self.assertEqual(self.by_role(entries)["penalty"], 8.00)
        self.assertNotIn("suspense", self.by_role(entries))
        self.assert_holds()
