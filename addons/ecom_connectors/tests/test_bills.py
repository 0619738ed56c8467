from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import EcomCase, alipay, douyin, move, pinduoduo, upload, wechat_fund, wechat_trade


@tagged("post_install", "-at_install")
class TestBills(EcomCase):
    def test_formats_meet_in_one_model(self):
        """S1.1.3 S1.4.5 Given four platforms' files, when imported, then their lines are of one model:
        moments in UTC by the account's zone, signed amounts, trimmed numbers, and the row as it came."""
        dy, pdd = self.account("DY", "douyin"), self.account("PDD", "pinduoduo")
        wx = self.account("WX", "wechatpay", kinds=("settlement",))
        at = "2026-09-01 00:30:00"
        bills = [
            self.bill(alipay(move("100.00", "A1", at=at)), self.wallet),
            self.bill(douyin(move("100.00", "D1", at=at)), dy),
            self.bill(pinduoduo(move("100.00", "260901-100000000000001", at=at)), pdd),
            self.bill(wechat_trade(move("100.00", "W1", at=at)), wx),
        ]
        for bill in bills:
            line = bill.line_ids
            self.assertEqual(bill.state, "ready")
            self.assertEqual((line.amount, line.category_id.code), (100.0, "order_payment"))
            self.assertEqual(line.booked_at, self.utc("2026-08-31 16:30:00"), "Beijing midnight is 16:00 UTC")
            self.assertEqual(str(line.day), "2026-09-01")
        self.assertEqual(
            [bill.line_ids.order_ref for bill in bills], ["A1", "D1", "260901-100000000000001", "W1"]
        )
        self.assertIn(["订单号", "`D1"], [[t.replace("关联", ""), v] for t, v in bills[1].line_ids.raw_row])

    def test_six_kinds_in_one_bill(self):
        """S1.2.1 Given goods money, commission, freight insurance, coupon, refund and a rebate in one bill,
        when it is imported, then each line has its category and their sum is the bill's, to the cent."""
        kinds = [
            ("100.00", "在线支付", "", "order_payment"),
            ("-5.01", "收费", "天猫佣金（类目）{3300000000000000001}", "commission"),
            ("-0.99", "保险", "运费险保费收取", "insurance"),
            ("-3.33", "转账", "支付宝红包", "marketing"),
            ("-40.00", "交易退款", "", "refund"),
            ("-1.17", "转账", "代扣返点积分3300000000000000001", "commission"),
        ]
        bill = self.bill(alipay(*(move(a, "T1", word, memo=memo) for a, word, memo, _code in kinds)))
        lines = bill.line_ids.sorted("row")
        self.assertEqual([line.category_id.code for line in lines], [code for *_rest, code in kinds])
        self.assertAlmostEqual(bill.amount_sum, 49.50, 2)
        self.assertEqual(bill.amount_difference, 0)
        self.assertAlmostEqual(sum(map(float, bill.by_category.values())), bill.amount_sum, 2)

    def test_one_line_less_is_inconsistent(self):
        """A1 Given a bill without one of its lines, when it is imported, then it is inconsistent, shows the
        difference, stores no line and cannot be posted."""

        def without_second(text):
            return "\n".join(line for line in text.split("\n") if not line.startswith("77\t"))

        before = self.counts("ecom_bill_line", "ecom_tally", "account_")
        bill = self.bill(
            alipay(
                move("100.00", "T1"), move("-7.00", "T2", line=77), move("5.00", "T3"), spoil=without_second
            )
        )
        self.assertEqual(bill.state, "inconsistent")
        self.assertEqual((bill.line_count, len(bill.line_ids)), (0, 0))
        self.assertTrue({"total_differs", "balance_breaks"} & set(bill.problem_ids.mapped("reason")))
        self.assertAlmostEqual(abs(bill.amount_difference), 7.00, 2)
        self.assertEqual(self.counts("ecom_bill_line", "ecom_tally", "account_"), before)
        with self.assertRaises(UserError):
            bill._go_to("posted")

    def test_refused_leaves_bytes_and_problems_only(self):
        """S1.2.1 Given a file with an unreadable amount, when it is imported, then of all our tables and the
        ledger's only the bill, its file and its problems have grown."""
        tables = ("ecom_", "account_", "sale_", "stock_")
        before = self.counts(*tables)
        content = alipay(move("100.00", "T1"), spoil=lambda text: text.replace(",100.00,", ",1oo.00,"))
        bill = self.bill(content)
        self.assertEqual(bill.state, "refused")
        self.assertEqual(bill._content(), content, "the bytes stay as they came")
        after = self.counts(*tables)
        grown = {table: after[table] - before[table] for table in after if after[table] != before[table]}
        self.assertEqual(grown.pop("ecom_bill"), 1)
        self.assertGreaterEqual(grown.pop("ecom_bill_problem"), 1)
        self.assertEqual(grown, {})
        problem = bill.problem_ids[0]
        self.assertEqual((problem.text, problem.reason), ("1oo.00", "not_an_amount"))
        self.assertEqual(problem.row, 6, "the place is the row of the file")

    def test_zero_and_negative_bills(self):
        """A7 Given a bill that sums to zero and one below zero, when they are imported, then all their lines
        are stored."""
        zero = self.bill(alipay(move("100.00", "T1"), move("-100.00", "T1")))
        below = self.bill(alipay(move("-30.00", "T2"), opening="1000.00"))
        self.assertEqual((zero.state, zero.amount_sum, len(zero.line_ids)), ("ready", 0, 2))
        self.assertEqual((below.state, below.amount_sum, len(below.line_ids)), ("ready", -30, 1))

    def test_a_refund_keeps_its_own_day(self):
        """A8 Given a sale in August and its refund and returned fee in September, when imported, then the
        three are lines of their own days."""
        bill = self.bill(
            alipay(
                move("100.00", "T1", at="2026-08-31 23:59:59"),
                move("-100.00", "T1", at="2026-09-01 00:00:01"),
                move("6.00", "T1", "退费", at="2026-09-01 00:00:02"),
                period=("2026-08-31", "2026-09-02"),
            )
        )
        lines = bill.line_ids.sorted("row")
        self.assertEqual([str(line.day) for line in lines], ["2026-08-31", "2026-09-01", "2026-09-01"])
        self.assertEqual([line.category_id.kind for line in lines], ["receivable", "refund", "fee"])

    def test_the_day_is_the_accounts(self):
        """B1 Given an order of 31 December 22:00 that is paid on 1 January 00:10 in the shop's zone, when the
        bill is imported, then the line belongs to 1 January, although in UTC it is December still."""
        order = self.order("NY1", "88.00", ordered_at="2026-12-31 22:00:00", paid_at="2027-01-01 00:10:00")
        bill = self.bill(
            alipay(move("88.00", "NY1", at="2027-01-01 00:10:00"), period=("2027-01-01", "2027-01-02"))
        )
        self.assertEqual(str(bill.line_ids.day), "2027-01-01")
        self.assertEqual(bill.line_ids.booked_at, self.utc("2026-12-31 16:10:00"))
        self.assertEqual(order.ecom_paid_at, self.utc("2026-12-31 16:10:00"))
        self.assertEqual(order.date_order, self.utc("2026-12-31 14:00:00"))

    def test_the_period_ends_before_midnight(self):
        """A bill from 1 September 00:00 to 2 September 00:00 covers one day, not two."""
        bill = self.bill(alipay(move("1.00", "T1")))
        self.assertEqual((str(bill.first_day), str(bill.last_day)), ("2026-09-01", "2026-09-01"))


@tagged("post_install", "-at_install")
class TestBillIdentity(EcomCase):
    def test_the_same_file_twice(self):
        """B3 S1.6.6 Given a stored bill, when the same file comes again under another name, then nothing is
        added, neither a bill nor a line nor a tally."""
        content = alipay(move("100.00", "T1"), move("-5.00", "T1", "收费"))
        bill = self.bill(content)
        before = self.counts("ecom_", "account_", "sale_")
        again = self.bill(content, name="renamed.csv")
        self.assertEqual(again, bill)
        bills = self.env["ecom.bill"].with_user(self.operator)
        [result] = bills.import_files([upload("renamed.csv", content)])
        self.assertEqual((result["bill"], result["new"], result["known"]), (bill.id, 0, 2))
        self.assertEqual(self.counts("ecom_", "account_", "sale_"), before)

    def test_the_same_rows_in_another_file(self):
        """B3 Given a stored bill, when its lines come in other bytes, then a bill is stored without new
        lines."""
        moves = [move("100.00", "T1"), move("-5.00", "T1", "收费")]
        self.bill(alipay(*moves))
        again = self.bill(alipay(*moves, spoil=lambda text: text.replace("\n", "\r\n")))
        self.assertEqual(
            (again.state, again.new_count, again.known_count, len(again.line_ids)), ("ready", 0, 2, 0)
        )

    def test_an_overlapping_file_adds_the_new_rows(self):
        """B3 S1.11.6 Given the bill of a morning, when the bill of the whole day comes, then only the rows of
        the afternoon are new and no amount counts twice."""
        one, two = move("100.00", "T1"), move("50.00", "T2", at="2026-09-01 11:00:00")
        three = move("25.00", "T3", at="2026-09-01 18:00:00")
        self.bill(alipay(one, two))
        day = self.bill(alipay(one, two, three))
        self.assertEqual((day.new_count, day.known_count, day.line_ids.order_ref), (1, 2, "T3"))
        lines = self.env["ecom.bill.line"].search([("account_id", "=", self.wallet.id)])
        self.assertEqual(sum(lines.mapped("amount")), 175.00)

    def test_equal_rows_are_both_kept(self):
        """B3 Given two truly equal rows in a file without line numbers, when it is imported twice, in
        different bytes, then there are two lines."""
        pdd = self.account("PDD", "pinduoduo")
        order = "260901-100000000000001"
        twin = [move("-3.00", order, "技术服务费"), move("-3.00", order, "技术服务费")]
        bill = self.bill(pinduoduo(*twin), pdd)
        self.assertEqual(len(bill.line_ids), 2)
        more = self.bill(pinduoduo(*twin, move("9.00", order)), pdd)
        self.assertEqual((more.new_count, more.known_count), (1, 2))

    def test_three_operations_of_one_transaction(self):
        """B3 Given one transaction number with sale, fee and refund, when imported, then they are three
        lines."""
        wx = self.account("WXF", "wechatpay")
        bill = self.bill(
            wechat_fund(
                move("100.00", "W1", transaction="4200"),
                move("-0.60", "W1", "扣除交易手续费", transaction="4200"),
                move("-40.00", "W1", transaction="4200", at="2026-09-01 10:00:01"),
            ),
            wx,
        )
        self.assertEqual(len(bill.line_ids), 3)
        self.assertEqual(set(bill.line_ids.mapped("transaction_ref")), {"4200"})

    def test_a_known_number_with_another_amount(self):
        """B3 Given a stored line, when a file has its number with another amount, then the file is refused
        with both amounts, and the stored line stays."""
        one = move("100.00", "T1")
        self.bill(alipay(one))
        other = self.bill(alipay(one._replace(amount=one.amount - 1), move("5.00", "T2")))
        self.assertEqual((other.state, len(other.line_ids)), ("refused", 0))
        conflict = other.problem_ids.filtered(lambda problem: problem.reason == "line_conflict")
        self.assertIn("100.00 / 99.00", conflict.text)
        lines = self.env["ecom.bill.line"].search([("account_id", "=", self.wallet.id)])
        self.assertEqual(lines.mapped("amount"), [100.00])

    def test_two_accounts_keep_their_own_lines(self):
        """B3 Given two accounts of one platform, when the same line number comes on both, then both have
        it."""
        second = self.account("WALLET2", "alipay")
        one = move("100.00", "T1")
        first_bill, second_bill = self.bill(alipay(one)), self.bill(alipay(one), second)
        self.assertEqual((first_bill.new_count, second_bill.new_count), (1, 1))

    def test_which_account(self):
        """Given two accounts that fit, when a bill comes without an account, then it is refused and names
        them; with a merchant number it finds its account."""
        second = self.account("WALLET2", "alipay")
        content = alipay(move("100.00", "T1"))
        bills = self.env["ecom.bill"].with_user(self.operator)
        [result] = bills.import_files([upload("a.csv", content)])
        self.assertEqual((result["state"], result["problems"][0]["reason"]), ("refused", "which_account"))
        self.assertEqual(result["problems"][0]["text"], "WALLET, WALLET2")
        second.merchant = "20880000000000000156"
        [result] = bills.import_files([upload("a.csv", content)])
        self.assertEqual((result["state"], result["account"]), ("ready", "WALLET2"))


@tagged("post_install", "-at_install")
class TestBillEvidence(EcomCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.evidence = cls.bill(alipay(move("100.00", "T1"), move("-5.00", "T1", "收费")))

    def test_lines_are_never_touched(self):
        """S1.4.5 Given stored lines, when anyone, even the superuser, changes, makes, copies or deletes one,
        then it is refused."""
        line = self.evidence.line_ids[0]
        for user in (self.operator, self.accountant, self.manager, self.env.user):
            mine = line.with_user(user)
            with self.subTest(user=user.name), self.assertRaises(UserError):
                mine.write({"amount": 1})
            with self.subTest(user=user.name), self.assertRaises(UserError):
                mine.unlink()
            with self.subTest(user=user.name), self.assertRaises(UserError):
                mine.copy()
            with self.subTest(user=user.name), self.assertRaises(UserError):
                mine.create({"bill_id": self.evidence.id})
        flags = {"tracking_disable": True, "check_move_validity": False, "install_mode": True}
        with self.assertRaises(UserError):
            line.with_context(**flags).write({"amount": 1})

    def test_what_a_bill_says_is_never_touched(self):
        """S1.4.5 Given a stored bill, when an operator writes its state, sum, file or balance, or deletes it,
        then it is refused: states change through the stages only."""
        mine = self.evidence.with_user(self.operator)
        for values in (
            {"state": "posted"},
            {"amount_sum": 1},
            {"closing": 1},
            {"attachment_id": False},
            {"sha256": "0"},
            {"account_id": False},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                mine.write(values)
        with self.assertRaises(UserError):
            self.env["ecom.bill"].with_user(self.operator).create(
                {"name": "x", "state": "ready", "sha256": "1", "company_id": self.company.id}
            )
        for user in (self.operator, self.manager, self.env.user):
            with self.subTest(user=user.name), self.assertRaises(UserError):
                self.evidence.with_user(user).unlink()

    def test_settings_that_lines_were_read_with_are_fixed(self):
        """S1.1.1 Given an account with lines, when its zone or currency is changed, then it is refused."""
        with self.assertRaises(ValidationError):
            self.wallet.timezone = "Europe/London"
        with self.assertRaises(ValidationError):
            self.wallet.currency_id = self.currency("USD")

    def test_states_follow_the_table(self):
        """Given a bill, when it is sent where the table does not lead, then it is refused."""
        refused = self.bill(b"nothing", name="no.csv")
        self.assertEqual(refused.state, "refused")
        with self.assertRaises(UserError):
            refused._go_to("posted")
        self.evidence._go_to("posted")
        with self.assertRaises(UserError):
            self.evidence._go_to("refused")
