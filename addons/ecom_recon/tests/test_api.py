"""The facade: what every method returns, that set-up is idempotent, and what it says when something is
wrong."""

from copy import deepcopy

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.ecom_connectors.tests.common import ORDER_TITLES, alipay, move, upload

from .post_common import PostingCase

SETUP = {
    "accounts": [
        {
            "code": "ALI",
            "platform": "支付宝",
            "name": "Wallet",
            "currency": "CNY",
            "timezone": "Asia/Shanghai",
            "kinds": ["fund_flow"],
        }
    ],
    "shops": [
        {
            "code": "TB",
            "platform": "taobao",
            "name": "Tea",
            "account": "ALI",
            "currency": "CNY",
            "timezone": "Asia/Shanghai",
            "mode": "summary",
            "timing_days": 4,
            "fees": [{"category": "commission", "rate_percent": "0.6", "minimum": "0.10", "maximum": None}],
        }
    ],
}


@tagged("post_install", "-at_install")
class TestApply(PostingCase):
    def apply(self, setup, user=None):
        return self.env["ecom.api"].with_user(user or self.manager).apply(setup)

    def changed(self, part, **values):
        setup = deepcopy(SETUP)
        setup[part][0].update(values)
        return setup

    def test_twice(self):
        """S1.9.9 S1.11.5 Given a file of accounts and shops, when it is applied, then they are there with
        ledger and fees; applied again, nothing changes; with another name, just that."""
        result = self.apply(SETUP)
        self.assertEqual(result["company"], self.company.name)
        one = {"created": 1, "updated": 0, "unchanged": 0}
        self.assertEqual((result["accounts"], result["shops"]), (one, one))
        self.assertEqual(set(result["ledger"]), {"journals", "accounts", "maps"})
        account = self.env["ecom.account"].search([("code", "=", "ALI")])
        shop = account.shop_ids
        self.assertEqual((account.platform_id.code, account.journal_id.type), ("alipay", "general"))
        self.assertEqual((shop.code, shop.timing_days, shop.posting_mode), ("TB", 4, "summary"))
        self.assertEqual((shop.fee_rule_ids.rate_percent, shop.fee_rule_ids.minimum), (0.6, 0.1))
        before = self.counts("ecom_", "account_", "res_partner")
        again = self.apply(SETUP)
        same = {"created": 0, "updated": 0, "unchanged": 1}
        self.assertEqual((again["accounts"], again["shops"]), (same, same))
        self.assertEqual(again["ledger"], {"journals": 0, "accounts": 0, "maps": 0})
        self.assertEqual(self.counts("ecom_", "account_", "res_partner"), before)
        renamed = self.apply(self.changed("shops", name="Green Tea"))
        self.assertEqual(renamed["shops"], {"created": 0, "updated": 1, "unchanged": 0})
        dearer = self.apply(
            self.changed("shops", name="Green Tea", fees=[{"category": "commission", "rate_percent": "5"}])
        )
        self.assertEqual(dearer["shops"]["updated"], 1)
        self.assertEqual(shop.fee_rule_ids.rate_percent, 5)

    def test_errors_name_the_entry(self):
        """S1.11.7 Given a platform, account, zone, currency, kind of bill, fee category or key that does not
        exist, when applied, then the error names the entry and the value, and nothing is stored."""
        before = self.counts("ecom_account", "ecom_shop")
        fee = [{"category": "payout", "rate_percent": "1"}]
        wrong = {
            "platform": (self.changed("accounts", platform="myspace"), "ALI", "myspace"),
            "zone": (self.changed("accounts", timezone="Mars/Olympus"), "ALI", "Mars/Olympus"),
            "zone of a shop": (self.changed("shops", timezone="Mars/Olympus"), "TB", "Mars/Olympus"),
            "kind": (self.changed("accounts", kinds=["letters"]), "ALI", "letters"),
            "key": (self.changed("accounts", colour="red"), "ALI", "colour"),
            "account": (self.changed("shops", account="NOPE"), "TB", "NOPE"),
            "fee": (self.changed("shops", fees=fee), "TB", "payout"),
            "fee key": (
                self.changed("shops", fees=[{"category": "commission", "percent": 1}]),
                "TB",
                "commission",
            ),
            "code": ({"accounts": [{"platform": "alipay"}]}, "accounts", "code"),
            "currency": (self.changed("accounts", currency="XYZ"), "XYZ", "XYZ"),
        }
        for name, (setup, entry, value) in wrong.items():
            with self.subTest(wrong=name):
                with self.assertRaises(UserError) as caught:
                    self.apply(setup)
                self.assertIn(entry, str(caught.exception))
                self.assertIn(value, str(caught.exception))
        self.assertEqual(self.counts("ecom_account", "ecom_shop"), before)

    def test_only_managers(self):
        """I3 Given an accountant, when he applies a file, then it is refused."""
        with self.assertRaises(UserError):
            self.apply(SETUP, self.accountant)


@tagged("post_install", "-at_install")
class TestShapes(PostingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operators = cls.env["ecom.api"].with_user(cls.operator)
        cls.accountants = cls.env["ecom.api"].with_user(cls.accountant)

    def bring(self, fee="-5.00"):
        row = {
            **{"shop": "STORE", "order_no": "T1", "ordered_at": "2026-09-01 09:00:00", "currency": "CNY"},
            **{"sku": "S", "product": "Tea", "quantity": "1", "unit_price": "100", "line_total": "100"},
            **{"buyer_paid": "100", "paid_at": "2026-09-01 09:00:00"},
        }
        orders = (
            f"{ORDER_TITLES}\n" + ",".join(row.get(title, "") for title in ORDER_TITLES.split(",")) + "\n"
        )
        self.assertEqual(self.operators.import_orders([upload("o.csv", orders)])[0]["state"], "ready")
        late = move("30.00", "T9", at="2026-09-01 08:00:00")
        content = alipay(late, move("100.00", "T1"), move(fee, "T1", "收费"))
        [result] = self.operators.import_bills([upload("september.csv", content)], "WALLET")
        return result

    def test_a_whole_day(self):
        """S2.8.9 S1.10.2 Given another system that speaks to the facade only, when it brings orders and a
        bill, matches, posts, asks and undoes, then every answer has the shape it was promised, amounts as
        text."""
        result = self.bring()
        self.assertEqual(
            set(result),
            {
                *("file", "bill", "account", "layout", "state", "lines", "new", "known", "sum"),
                *("opening", "closing", "control", "by_category", "problems"),
            },
        )
        self.assertEqual((result["state"], result["lines"], result["sum"]), ("ready", 3, "125.00"))
        self.assertEqual((result["opening"], result["closing"]), ("1000.00", "1125.00"))
        self.assertIn(["WALLET"], self.operators.groups())

        matched = self.operators.match(["WALLET"])
        self.assertEqual(set(matched), {"tallies", "matched", "exceptions", "states"})
        self.assertEqual((matched["tallies"], matched["matched"], matched["exceptions"]), (2, 1, 1))
        self.assertEqual(matched["states"], {"matched": 1, "exception": 1})

        [odd] = self.operators.exceptions()
        keys = "id type state account shop order refund amount currency day reason suggestion"
        self.assertLessEqual(set(keys.split()), set(odd))
        self.assertEqual((odd["type"], odd["order"], odd["amount"]), ("missing_order", "T9", "30.00"))
        self.assertEqual((odd["account"], odd["currency"], odd["day"]), ("WALLET", "CNY", "2026-09-01"))
        self.assertTrue(odd["reason"] and odd["suggestion"])
        self.assertEqual(self.operators.exceptions("done"), [])
        self.assertEqual(self.operators.exceptions("all", ["WALLET"]), [odd])

        posted = self.accountants.post()
        self.assertEqual(set(posted), {"moves", "lines", "accounts", "errors"})
        self.assertEqual(
            (posted["lines"], posted["errors"], posted["accounts"]["WALLET"]), (3, {}, "1125.00")
        )

        [bill] = self.operators.bills(["WALLET"])
        self.assertEqual((bill["state"], bill["chain"], bill["first_day"]), ("posted", "first", "2026-09-01"))
        lines = self.operators.lines("september.csv")
        self.assertEqual(lines, self.operators.lines(result["bill"]))
        self.assertEqual(self.operators.lines(result["bill"], offset=1, limit=1), lines[1:2])
        self.assertEqual([line["amount"] for line in lines], ["30.00", "100.00", "-5.00"])
        self.assertEqual((lines[1]["match_order"], lines[1]["category"]), ("T1", "order_payment"))
        self.assertEqual([len(line["entries"]) for line in lines], [1, 1, 1])

        [figure] = self.operators.figures(["WALLET"])["accounts"]
        self.assertEqual(
            figure,
            {
                **{
                    "code": "WALLET",
                    "name": "WALLET",
                    "currency": "CNY",
                    "lines": 3,
                    "matched": 2,
                    "posted": 3,
                },
                **{"exceptions": {"missing_order": 1}, "ledger_balance": "1125.00"},
                **{"platform_closing": "1125.00", "difference": "0.00"},
            },
        )
        check = self.accountants.check()
        self.assertEqual((check["holds"], set(check)), (True, {"holds", "invariants"}))
        self.assertEqual(set(check["invariants"][0]), {"id", "holds", "offenders"})
        self.assertTrue(self.operators.check()["holds"], "an operator gets no false alarm")

        undone = self.accountants.undo()
        self.assertEqual(undone, {"moves": posted["moves"], "lines": 3})
        self.assertEqual(self.accountants.undo(), {"moves": 0, "lines": 0})

    def test_undo_by_choice(self):
        """B8 Given two accounts posted in one call and one of them again, when undo is asked for the last
        call, one account, one bill or everything, then just that is undone."""
        second = self.account("SECOND", "alipay")
        self.shop("SECOND", "taobao", second)
        self.env["ecom.ledger.setup"]._apply(self.company)
        self.bring()
        self.bill(alipay(move("20.00", "X1")), second, name="second.csv")
        self.accountants.match()
        self.accountants.post()
        both = self.wallet | second
        self.bill(
            alipay(
                move("7.00", "T5", at="2026-09-02 10:00:00"),
                opening="1125.00",
                period=("2026-09-02", "2026-09-03"),
            ),
            name="later.csv",
        )
        self.accountants.match()
        self.accountants.post()

        def alive():
            groups = self.env["ecom.posting"]._read_group(
                [("state", "=", "posted"), ("stage", "=", "money"), ("account_id", "in", both.ids)],
                ["account_id"],
                ["__count"],
            )
            return {account.code: number for account, number in groups}

        self.assertEqual(alive(), {"WALLET": 2, "SECOND": 1})
        choices = {
            "last": ({}, {"WALLET": 1, "SECOND": 1}),
            "account": ({"accounts": ["SECOND"]}, {"WALLET": 2}),
            "bill": ({"bill": "september.csv"}, {"WALLET": 1, "SECOND": 1}),
            "everything": ({"everything": True}, {}),
        }
        for name, (options, left) in choices.items():
            with self.subTest(undo=name), self.env.cr.savepoint() as point:
                self.accountants.undo(**options)
                self.assertEqual(alive(), left)
                self.assert_holds()
                point.rollback()
                self.env.invalidate_all()
        self.accountants.undo()
        self.accountants.undo()
        self.assertEqual(alive(), {}, "the call before it comes next")

    def test_when_locked(self):
        """I1 S1.9.4 Given a locked period, when posted, then the error is under the account's code; on the
        first open day it is posted."""
        self.bring()
        self.operators.match()
        self.company.fiscalyear_lock_date = "2026-09-30"
        refused = self.accountants.post()
        self.assertEqual((refused["moves"], refused["lines"], list(refused["errors"])), (0, 0, ["WALLET"]))
        self.assertEqual(self.accountants.post(when_locked="first_open")["lines"], 3)

    def test_errors(self):
        """S1.11.7 Given an account, bill or state that does not exist, when asked for, then the error names
        it and what there is."""
        cases = {
            "account": (lambda: self.operators.match(["NOPE"]), "NOPE.*WALLET"),
            "figures": (lambda: self.operators.figures("NOPE"), "NOPE"),
            "import": (lambda: self.operators.import_bills([upload("a.csv", b"x")], "NOPE"), "NOPE"),
            "bill": (lambda: self.operators.lines("nothing.csv"), "nothing.csv"),
            "bill number": (lambda: self.operators.lines(10**9), "1000000000"),
            "undo": (lambda: self.accountants.undo(bill="nothing.csv"), "nothing.csv"),
            "state": (lambda: self.operators.exceptions("weird"), "open"),
        }
        for name, (call, text) in cases.items():
            with self.subTest(wrong=name), self.assertRaisesRegex(UserError, text):
                call()
