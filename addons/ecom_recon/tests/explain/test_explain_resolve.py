"""What a person decides about an exception, and what closes by itself."""

from datetime import date, timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ecom_connectors.tests.common import alipay, move

from ..common import ReconCase


@tagged("post_install", "-at_install")
class TestResolved(ReconCase):
    def test_link_by_hand(self):
        """S1.10.1 Given a payment with a wrong number, when a person links it to its order and the match
        runs, then they match by hand, who and why are stored, and a rerun leaves it so."""
        order = self.order("T1", "50.00")
        self.bill(alipay(move("50.00", "TYPO")))
        self.match()
        exception = self.exceptions().with_user(self.operator)
        exception.action_link(order, "seen on the receipt")
        self.assertEqual((exception.state, exception.resolution), ("done", "linked"))
        self.assertEqual(
            (exception.resolved_by_id, exception.resolution_note), (self.operator, "seen on the receipt")
        )
        for _again in range(2):
            self.match()
            self.assertEqual(self.verdict(order), ("matched", "manual"))
            self.assertEqual(exception.state, "done")
        self.assertEqual(self.found(), [])

    def test_a_link_does_not_hide_a_difference(self):
        """S1.11.2 Given a payment of another amount, when it is linked by hand, then the order is an
        exception of the difference."""
        order = self.order("T1", "50.00")
        self.bill(alipay(move("48.00", "TYPO")))
        self.match()
        self.exceptions().with_user(self.operator).action_link(order)
        self.match()
        self.assertEqual(self.found(), [("amount_mismatch", "T1", -2.0)])

    def accepted(self):
        """An order of 100.00, paid 99.00, which an accountant has accepted."""
        order = self.order("T1", "100.00")
        self.bill(alipay(move("99.00", "T1")))
        self.match()
        exception = self.exceptions()
        exception.with_user(self.accountant).action_accept("agreed with the platform")
        return order, exception

    def test_accept_a_difference(self):
        """S1.6.6 Given a difference of -1.00, when an accountant accepts it, then the next match settles the
        order and reruns leave it closed; when a later bill changes the amount, then it is open again."""
        order, exception = self.accepted()
        self.assertEqual(exception.accepted, {"received": "-1.00"})
        for _again in range(2):
            self.match()
            self.assertEqual(self.verdict(order), ("tolerance", "accepted"))
            self.assertEqual((exception.state, exception.resolution), ("done", "accepted"))
        self.bill(alipay(move("-5.00", "T1", "在线支付", at="2026-09-02 10:00:00"), opening="1099.00",
                         period=("2026-09-02", "2026-09-03")))  # fmt: skip
        self.match()
        self.assertEqual(self.verdict(order)[0], "exception")
        self.assertEqual((exception.state, exception.amount, exception.accepted), ("open", -6, False))

    def test_an_accepted_difference_hides_no_other(self):
        """S1.11.2 Given an accepted difference of the payment, when the refund then differs by as much, then
        the order is an exception again: what was accepted was the payment."""
        order, exception = self.accepted()
        self.match()
        self.bill(alipay(move("-5.00", "T1", at="2026-09-02 10:00:00"), opening="1099.00",
                         period=("2026-09-02", "2026-09-03")))  # fmt: skip
        self.refund("R1", "T1", "4.00", at="2026-09-02 10:00:00")
        self.match()
        self.assertEqual(self.verdict(order)[0], "exception")
        self.assertEqual(exception.state, "open")

    def test_ignore(self):
        """S1.2.3 Given a line that nobody can place, when it is ignored with a reason, then its state is
        ignored with that reason, and a rerun does not bring it back."""
        self.order("T0", "1.00")
        self.bill(alipay(move("50.00", "NOBODY")))
        self.match()
        exception = self.exceptions().with_user(self.operator)
        with self.assertRaises(UserError):
            exception.action_ignore("")
        exception.action_ignore("a test payment of our own")
        self.assertEqual(
            (self.tally("NOBODY").state, self.tally("NOBODY").reason),
            ("ignored", "a test payment of our own"),
        )
        self.match()
        self.assertEqual((self.tally("NOBODY").state, exception.state), ("ignored", "done"))
        self.assertEqual(self.found(), [])

    def test_new_money_in_an_ignored_tally(self):
        """S1.2.3 S1.11.2 Given a payment that was ignored, when a later bill pays the same number again, then
        it is looked at again and the exception is open with both."""
        self.order("T0", "1.00")
        self.order("T9", "9.00", ordered_at="2026-09-02 09:00:00", paid_at="2026-09-02 09:00:00")
        self.bill(alipay(move("50.00", "NOBODY")))
        self.match()
        exception = self.exceptions()
        exception.with_user(self.operator).action_ignore("a test payment of our own")
        self.bill(alipay(move("20.00", "NOBODY", at="2026-09-02 10:00:00"), opening="1050.00",
                         period=("2026-09-02", "2026-09-03")))  # fmt: skip
        self.match()
        self.assertEqual((exception.state, exception.amount), ("open", 70))
        self.assertEqual(self.tally("NOBODY").state, "exception")

    def test_wait(self):
        """S1.6.6 Given an exception that is to wait, when the match runs before and after the day, then it
        waits and is open again; when it was solved meanwhile, then it closes by itself."""
        self.order("T0", "1.00")
        self.bill(alipay(move("50.00", "T1"), move("60.00", "T2")))
        self.match()
        one, two = self.exceptions().sorted("order_no")
        (one | two).with_user(self.operator).action_wait(
            fields.Date.today() + timedelta(days=7), "asked the platform"
        )
        self.match()
        self.assertEqual((one | two).mapped("state"), ["waiting", "waiting"])
        (one | two)._unseal().wait_until = date(2020, 1, 1)
        self.order("T1", "50.00")
        self.match()
        self.assertEqual((one.state, one.resolution), ("done", "by_itself"))
        self.assertEqual(two.state, "open")

    def test_a_later_bill_closes_a_missing_one(self):
        """S1.6.6 B4 Given an order that is missing in its bills, when its line comes late, then the exception
        closes by itself and no second one is made."""
        order = self.order("T1", "80.00")
        self.bill(alipay(move("-1.00", "", "提现"), period=("2026-09-01", "2026-09-10")))
        self.match()
        missing = self.exceptions()
        self.assertEqual(missing.type, "missing_bill")
        self.bill(alipay(move("80.00", "T1", at="2026-09-10 10:00:00"), opening="999.00",
                         period=("2026-09-10", "2026-09-11")))  # fmt: skip
        self.match()
        self.assertEqual((missing.state, missing.resolution), ("done", "by_itself"))
        self.assertEqual(self.verdict(order)[0], "matched")
        self.assertEqual(len(self.env["ecom.exception"].search([("order_id", "=", order.id)])), 1)

    def test_two_people(self):
        """Given an exception that one person has resolved, when another resolves it, then the second is
        told."""
        self.order("T1", "100.00")
        self.bill(alipay(move("99.00", "T1")))
        self.match()
        exception = self.exceptions()
        exception.with_user(self.accountant).action_accept("fine")
        for attempt in ("action_ignore", "action_accept"):
            with self.assertRaises(UserError):
                getattr(exception.with_user(self.operator), attempt)("not fine")
        with self.assertRaises(UserError):
            exception.with_user(self.operator).action_wait(fields.Date.today())

    def test_what_does_not_fit_is_refused(self):
        """Given exceptions, when a person does what does not fit them, then it is refused and nothing
        changes."""
        order = self.order("T1", "100.00")
        self.bill(alipay(move("99.00", "T1"), move("50.00", "NOBODY")))
        self.match()
        differs = self.exceptions(type="amount_mismatch").with_user(self.accountant)
        nobody = self.exceptions(type="missing_order").with_user(self.accountant)
        with self.assertRaises(UserError, msg="an order's own difference has no line to link"):
            differs.action_link(order)
        with self.assertRaises(UserError, msg="a payment without an order has no difference"):
            nobody.action_accept("fine")
        with self.assertRaises(UserError):
            nobody.action_classify(self.env["ecom.category"].search([], limit=1))
        with self.assertRaises(UserError, msg="operators accept nothing"):
            differs.with_user(self.operator).action_accept("fine")
        self.assertEqual(self.exceptions("open"), differs | nobody)

    def test_nobody_writes_an_exception(self):
        """S1.11.2 Given an exception, when an operator writes its state, amount or type, deletes it or makes
        one, then it is refused; the owner and the due day may be changed."""
        self.order("T1", "100.00")
        self.bill(alipay(move("99.00", "T1")))
        self.match()
        mine = self.exceptions().with_user(self.operator)
        for values in ({"state": "done"}, {"amount": 0}, {"type": "ambiguous"}, {"resolution": "ignored"}):
            with self.subTest(values=values), self.assertRaises(UserError):
                mine.write(values)
        with self.assertRaises(UserError):
            mine.create({"cause": "x", "type": "ambiguous", "company_id": self.company.id})
        with self.assertRaises(UserError):
            self.exceptions().unlink()
        mine.write({"user_id": self.operator.id, "due_day": "2026-10-01"})
        self.assertEqual(mine.user_id, self.operator)


@tagged("post_install", "-at_install")
class TestUnknownWords(ReconCase):
    def test_a_word_is_told_once(self):
        """S1.6.3 S1.1.4 Given lines with a word that nobody knows, when matched, then there is one exception
        for the word; when it is classified, then its lines move to their orders, and later bills know the
        word."""
        order = self.order("T1", "100.00")
        self.refund("R1", "T1", "10.00")
        bill = self.bill(
            alipay(move("100.00", "T1"), move("-4.00", "T1", "新退款"), move("-6.00", "T1", "新退款"))
        )
        self.assertEqual(bill.problem_ids.mapped("reason"), ["unknown_word"])
        self.assertEqual(bill.state, "ready", "unknown words do not stop a bill")
        self.match()
        exception = self.exceptions(type="unknown_category")
        self.assertEqual((exception.detail, exception.amount), ("新退款", -10))
        self.assertFalse(bill.line_ids.filtered(lambda line: line.word == "新退款").category_id)
        refund = self.env["ecom.category"].search([("code", "=", "refund")])
        exception.with_user(self.accountant).action_classify(refund)
        self.assertEqual((exception.state, exception.resolution), ("done", "classified"))
        self.match()
        self.assertEqual(self.verdict(order), ("matched", "reference_and_amount"))
        self.assertEqual(order.ecom_match_id.amount_refund, -10)
        self.assertEqual(self.found(), [])
        later = self.bill(alipay(move("-1.00", "T1", "新退款", at="2026-09-02 10:00:00"), opening="1090.00",
                                 period=("2026-09-02", "2026-09-03")))  # fmt: skip
        self.assertEqual(later.line_ids.category_id, refund)
        self.assertFalse(later.problem_ids)

    def test_a_word_of_a_matched_order(self):
        """S1.6.6 Given a matched order and an unknown word in another line of it, when the word is
        classified, then the order is compared again with the line, and of the word nothing is left to
        match."""
        order = self.order("T1", "100.00")
        self.bill(alipay(move("100.00", "T1"), move("-4.00", "T1", "新收费")))
        self.match()
        self.assertEqual((self.verdict(order)[0], order.ecom_match_id.amount_fee), ("matched", 0))
        commission = self.env["ecom.category"].search([("code", "=", "commission")])
        self.exceptions().with_user(self.accountant).action_classify(commission)
        run = self.match()
        self.assertEqual((self.verdict(order)[0], order.ecom_match_id.amount_fee), ("matched", -4))
        self.assertEqual(run.automatic_share, 100)
        self.assertFalse(self.tally("::word:新收费").line_ids)

    def test_an_operator_may_not_teach_words(self):
        """S1.7.3 Given an unknown word, when an operator classifies it, then it is refused: words are
        accounting."""
        self.bill(alipay(move("-4.00", "T1", "新退款")))
        self.match()
        refund = self.env["ecom.category"].search([("code", "=", "refund")])
        with self.assertRaises(UserError):
            self.exceptions(type="unknown_category").with_user(self.operator).action_classify(refund)

    def test_a_word_that_needs_no_order(self):
        """Given an unknown word with order numbers, when it is classified as a transfer, then its lines are
        matched without an order and their tally of the word is empty."""
        self.bill(alipay(move("-4.00", "T1", "转去别处")))
        self.match()
        payout = self.env["ecom.category"].search([("code", "=", "payout")])
        self.exceptions().with_user(self.accountant).action_classify(payout)
        self.match()
        line = self.env["ecom.bill.line"].search([("word", "=", "转去别处")])
        self.assertEqual((line.state, line.rule), ("matched", "no_order_needed"))
        self.assertEqual(self.found(), [])

    def test_a_bill_between_import_and_classification(self):
        """Given a word that two accounts do not know, when it is classified on one, then both are settled."""
        other = self.account("W2", "alipay")
        self.shop("S2", "taobao", other)
        for account in (self.wallet, other):
            self.bill(alipay(move("-4.00", "", "新费用")), account)
        self.match()
        words = self.exceptions(type="unknown_category")
        self.assertEqual(len(words), 2)
        words[0].with_user(self.accountant).action_classify(
            self.env["ecom.category"].search([("code", "=", "other_fee")])
        )
        self.match()
        self.assertEqual(self.found(), [])
