"""Many shops on many platforms, who may see them, and what each platform's words mean."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import EcomCase, alipay, move, pinduoduo, upload

PLATFORMS = ("taobao", "jd", "douyin", "pinduoduo", "wechat_shop", "amazon", "shopify", "kuaishou")
ZONES = ("Asia/Shanghai", "Europe/London", "America/New_York", "Asia/Tokyo")
CURRENCIES = ("CNY", "GBP", "USD", "JPY")
OURS = (
    *("ecom.account", "ecom.shop", "ecom.alias", "ecom.bill", "ecom.bill.problem", "ecom.bill.line"),
    *("ecom.tally", "ecom.refund"),
)


@tagged("post_install", "-at_install")
class TestShops(EcomCase):
    def test_forty_shops(self):
        """S1.1.1 S1.11.3 Given forty shops on eight platforms in one company, when they are listed, grouped
        and filtered by platform, then each is there once with its own journal, account, zone and currency."""
        shops = self.env["ecom.shop"]
        for number in range(40):
            place = number % 4
            journal = self.env["account.journal"].create(
                {"name": f"Journal {number}", "code": f"J{number:02d}", "type": "general"}
            )
            account = self.account(
                *(f"A{number:02d}", "alipay"),
                currency=CURRENCIES[place],
                timezone=ZONES[place],
                journal_id=journal.id,
            )
            shops |= self.shop(
                *(f"S{number:02d}", PLATFORMS[number % 8], account),
                currency=CURRENCIES[place],
                timezone=ZONES[place],
                cycle=("day", "week", "half_month", "order")[place],
            )
        self.assertEqual(len(shops.account_ids.journal_id), 40)
        groups = dict(
            self.env["ecom.shop"]._read_group([("id", "in", shops.ids)], ["platform_id"], ["__count"])
        )
        self.assertEqual(
            {platform.code: count for platform, count in groups.items()}, dict.fromkeys(PLATFORMS, 5)
        )
        found = self.env["ecom.shop"].search([("id", "in", shops.ids), ("platform_id.code", "=", "jd")])
        self.assertEqual(len(found), 5)
        self.assertEqual(
            {(shop.timezone, shop.currency_id.name) for shop in shops},
            set(zip(ZONES, CURRENCIES, strict=True)),
        )
        bills = {account: self.bill(alipay(move("9.00", "T1")), account) for account in shops[:1].account_ids}
        self.assertTrue(all(bill.account_id == account for account, bill in bills.items()))

    def test_platforms_by_any_name(self):
        """S1.1.1 S1.4.1 Given the platforms that ship, when they are looked for by code, name or Chinese
        name, then each is found; a new one is data."""
        for name, code in (
            ("淘宝", "taobao"),
            ("拼多多", "pinduoduo"),
            ("视频号", "wechat_shop"),
            ("支付宝", "alipay"),
            ("Amazon", "amazon"),
            ("wechat_pay", "wechatpay"),
            ("京东", "jd"),
            ("抖音", "douyin"),
        ):
            self.assertEqual(self.env["ecom.platform"]._find(name).code, code)
        self.assertFalse(self.env["ecom.platform"]._find("nowhere"))
        self.env["ecom.platform"].with_user(self.manager).create(
            {"name": "New", "code": "new", "aliases": "新平台"}
        )
        self.assertEqual(self.env["ecom.platform"]._find("新平台").code, "new")


@tagged("post_install", "-at_install")
class TestAccess(EcomCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order("T1", "50.00", sku="NEW")
        cls.refund("R1", "T1", "5.00")
        cls.bill(alipay(move("50.00", "T1")))
        cls.bill(b"nothing", name="no.csv")
        cls.other = cls.env["res.company"].create({"name": "Other company"})
        cls.stranger = cls.person(
            *("stranger", "ecom_connectors.group_manager"),
            company_ids=[(6, 0, cls.other.ids)],
            company_id=cls.other.id,
        )

    def test_another_company_sees_nothing(self):
        """S1.4.4 Given records of ours in all models, when the manager of another company searches, counts or
        reads them by number, then there is nothing, and the company cannot be claimed by context."""
        for model in OURS:
            records = self.env[model].search([])
            self.assertTrue(records, f"{model} must have records for this test to mean anything")
            theirs = self.env[model].with_user(self.stranger).with_company(self.other)
            with self.subTest(model=model):
                self.assertEqual(theirs.search_count([]), 0)
                self.assertFalse(theirs._read_group([], [], ["id:array_agg"])[0][0])
                with self.assertRaises(AccessError):
                    theirs.browse(records.ids).read(["id", "display_name"])
                with self.assertRaises(AccessError):
                    theirs.with_context(allowed_company_ids=self.company.ids).search([])
        with self.assertRaises(UserError):
            self.bill(alipay(move("1.00", "T9")), user=self.stranger)

    def test_one_list_over_all_accounts(self):
        """S1.4.4 Given bills of several accounts, when an operator opens the list, then all are in it, and a
        filter by account or platform finds its own."""
        pdd = self.account("PDD", "pinduoduo")
        bill = self.bill(pinduoduo(move("9.00", "260901-100000000000001")), pdd)
        bills = self.env["ecom.bill"].with_user(self.operator)
        self.assertLessEqual({self.wallet, pdd}, set(bills.search([]).account_id))
        self.assertEqual(bills.search([("platform_id.code", "=", "pinduoduo")]), bill)

    def test_plain_and_portal_users(self):
        """S1.4.4 S1.7.3 Given an employee without our groups and a portal user, when they open bills, lines
        or accounts, then it is refused; portal users see none of our models, and neither imports."""
        employee = self.person("employee", "base.group_user")
        portal = self.person("portal", "base.group_portal")
        money = (
            "ecom.account",
            "ecom.bill",
            "ecom.bill.problem",
            "ecom.bill.line",
            "ecom.tally",
            "ecom.vocabulary",
        )
        for user, models in (
            (employee, money),
            (portal, (*OURS, "ecom.vocabulary", "ecom.platform", "ecom.category")),
        ):
            for model in models:
                with self.subTest(user=user.name, model=model), self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])
            with self.assertRaises(AccessError):
                self.env["ecom.bill"].with_user(user).import_files([upload("a.csv", b"x")])
            with self.assertRaises(AccessError):
                self.env["ecom.order.import"].with_user(user).import_orders([upload("a.csv", b"x")])

    def test_who_sets_up(self):
        """S1.7.3 Given an operator and an accountant, when they change an account, a shop or a platform, then
        it is refused: managers do."""
        for user in (self.operator, self.accountant):
            for record in (self.wallet, self.store, self.platform("alipay")):
                with self.subTest(user=user.name, model=record._name), self.assertRaises(AccessError):
                    record.with_user(user).name = "changed"
        self.store.with_user(self.manager).name = "changed"
        self.assertEqual(self.store.name, "changed")

    def test_the_file_of_a_bill(self):
        """S1.4.4 Given the stored file of a bill, when another company or a portal user reads it, then it is
        refused; an operator reads it."""
        file = self.env["ecom.bill"].search([("state", "=", "ready")], limit=1).attachment_id
        self.assertTrue(file.with_user(self.operator).datas)
        for user in (self.stranger, self.person("portal", "base.group_portal")):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                file.with_user(user).read(["datas"])
        for user in (self.operator, self.accountant):
            with self.subTest(user=user.name), self.assertRaises(UserError):
                file.with_user(user).write({"raw": b"other"})
            with self.subTest(user=user.name), self.assertRaises(UserError):
                file.with_user(user).unlink()


@tagged("post_install", "-at_install")
class TestVocabulary(EcomCase):
    def word(self, layout, word):
        return self.env["ecom.vocabulary"].search([("layout", "=", layout), ("word", "=", word)])

    def category(self, code):
        return self.env["ecom.category"].search([("code", "=", code)])

    def test_one_word_on_two_platforms(self):
        """S1.1.4 Given a word that two platforms use, when their bills are imported, then it means a transfer
        on one and a top-up of the advertising account on the other; a change on one leaves the other."""
        pdd = self.account("PDD", "pinduoduo")
        ours = self.bill(alipay(move("-3.00", "", "转账"))).line_ids
        theirs = self.bill(pinduoduo(move("-3.00", "", "转账")), pdd).line_ids
        self.assertEqual((ours.word, theirs.word), ("转账", "转账"))
        self.assertEqual((ours.category_id.code, theirs.category_id.code), ("transfer", "topup"))
        self.word("pinduoduo_account", "转账").with_user(self.accountant).category_id = self.category("ads")
        self.assertEqual(self.word("alipay_signcustomer", "转账").category_id.code, "transfer")
        later = self.bill(pinduoduo(move("-4.00", "", "转账", at="2026-09-02 10:00:00")), pdd).line_ids
        self.assertEqual((later.category_id.code, theirs.category_id.code), ("ads", "topup"))

    def test_an_upgrade_keeps_what_people_changed(self):
        """S1.1.4 Given a word that a user changed and one that is out of date, when the defaults are loaded
        again as an upgrade does, then the user's word stays and the other is refreshed."""
        changed, stale = (self.word("alipay_signcustomer", word) for word in ("收费", "提现"))
        changed.with_user(self.accountant).category_id = self.category("commission")
        self.assertTrue(changed.custom)
        self.env.cr.execute(
            "UPDATE ecom_vocabulary SET category_id = %s WHERE id = %s", [self.category("ads").id, stale.id]
        )
        stale.invalidate_recordset()
        count = self.env["ecom.vocabulary"].search_count([])
        self.env["ecom.vocabulary"]._load_defaults()
        self.assertEqual((changed.category_id.code, stale.category_id.code), ("commission", "payout"))
        self.assertEqual(self.env["ecom.vocabulary"].search_count([]), count)

    def test_who_teaches_words(self):
        """S1.7.3 Given an operator, when a word is changed or made, then it is refused; that a word is a
        user's cannot be hidden."""
        word = self.word("alipay_signcustomer", "收费")
        with self.assertRaises(AccessError):
            word.with_user(self.operator).category_id = self.category("ads")
        word.with_user(self.accountant).write({"category_id": self.category("ads").id, "custom": False})
        self.assertTrue(word.custom)


@tagged("post_install", "-at_install")
class TestImportWizard(EcomCase):
    def test_many_files_at_once(self):
        """S1.1.3 S1.10.2 Given a good bill, a bad one and a picture, when an operator uploads them together,
        then each has its own line of what came of it, and the good one is stored."""
        files = (
            self.env["ir.attachment"]
            .with_user(self.operator)
            .create(
                [
                    {"name": "good.csv", "raw": alipay(move("50.00", "T1"))},
                    {"name": "bad.csv", "raw": alipay(move("50.00", "T2"))[:-60]},
                    {"name": "cat.png", "raw": b"\x89PNG\r\n\x1a\n0000"},
                ]
            )
        )
        wizard = (
            self.env["ecom.import"]
            .with_user(self.operator)
            .create({"attachment_ids": [(6, 0, files.ids)], "account_id": self.wallet.id})
        )
        wizard.action_import()
        self.assertEqual(wizard.result_ids.mapped("name"), ["good.csv", "bad.csv", "cat.png"])
        self.assertEqual([line.state for line in wizard.result_ids], ["ready", "refused", "refused"])
        self.assertTrue(all(line.message for line in wizard.result_ids[1:]))
        self.assertEqual(wizard.result_ids[0].bill_id.line_ids.order_ref, "T1")
