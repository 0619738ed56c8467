"""Who may do and see what: by group, by company, by every way of reading."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ecom_connectors.tests.common import alipay, move, upload

from .post_common import PostingCase

# What every employee may read, because sales and stock show it: names, no money of platforms.
COMMON = {"ecom.platform", "ecom.category", "ecom.shop", "ecom.alias", "ecom.refund"}


class AccessCase(PostingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.employee = cls.person("employee", "base.group_user")
        cls.stock = cls.person("stock", "stock.group_stock_manager")
        cls.portal = cls.person("portal", "base.group_portal")
        cls.public = cls.env.ref("base.public_user")
        cls.sold, cls.september = cls.simple()
        cls.order("T2", "50.00", ordered_at="2026-09-05 09:00:00", paid_at="2026-09-05 09:00:00")
        cls.refund("R1", "T1", "0.01")
        cls.bill(
            alipay(
                move("30.00", "T9", at="2026-09-02 10:00:00"),
                opening="1095.00",
                period=("2026-09-02", "2026-09-03"),
            )
        )
        cls.bill(b"nothing", name="no.csv")
        cls.store.fee_rule_ids = [
            (0, 0, {"category_id": cls.env.ref("ecom_connectors.category_commission").id})
        ]
        cls.env["ecom.tolerance"].create({"name": "cents"})
        cls.settle()

    def models(self):
        """All models of these two add-ons that hold records."""
        found = [self.env[name] for name in sorted(self.env.registry) if name.startswith("ecom.")]
        return [
            model
            for model in found
            if model._original_module in ("ecom_connectors", "ecom_recon")
            and not model._abstract
            and not model._transient
        ]


@tagged("post_install", "-at_install")
class TestStrangers(AccessCase):
    def test_there_is_something_to_see(self):
        """K2 Given the world of these tests, then nearly every model has a record that could leak."""
        empty = {model._name for model in self.models() if not model.search_count([], limit=1)}
        rare = {"ecom.posting.difference", "ecom.posting.revaluation", "ecom.vocabulary", "ecom.alias"}
        self.assertEqual(empty - rare, set())

    def test_nothing_for_outsiders(self):
        """K1 K2 K4 Given a portal and a public user, when they read, search, count, group, name or export any
        model of ours, then it is refused."""
        for user in (self.portal, self.public):
            for model in self.models():
                self.refused(model, user)

    def test_nothing_of_money_for_employees(self):
        """K2 Given an employee and a stock manager without a group of ours, when they do the same, then they
        see the names that orders and deliveries show, and no account, bill, line, match, exception or
        entry."""
        for user in (self.employee, self.stock):
            for model in self.models():
                if model._name in COMMON:
                    model.with_user(user).search([])
                else:
                    self.refused(model, user)

    def refused(self, model, user):
        record = model.search([], limit=1)
        mine = model.with_user(user)
        attempts = {
            "read": lambda: record.with_user(user).read(["id"]),
            "web_read": lambda: record.with_user(user).web_read({"display_name": {}}),
            "search": lambda: mine.search([]),
            "search_count": lambda: mine.search_count([]),
            "search_read": lambda: mine.search_read([], ["id"]),
            "group": lambda: mine.formatted_read_group([], [], ["__count"]),
            "name_search": lambda: mine.name_search(""),
            "export": lambda: record.with_user(user).export_data(["id"]),
            "create": lambda: mine.create({}),
            "write": lambda: record.with_user(user).write({}),
            "unlink": lambda: record.with_user(user).unlink(),
        }
        for name, attempt in attempts.items():
            if not record and name in ("read", "web_read", "export", "write", "unlink"):
                continue
            with self.subTest(model=model._name, user=user.name, by=name), self.assertRaises(UserError):
                attempt()

    def test_paths_into_our_models(self):
        """K9 Given an employee, when he searches orders or entries by a path into a model he may not read,
        then it is refused, so that a search is no oracle."""
        for domain in (
            [("ecom_match_id.amount_received", ">", 0)],
            [("ecom_exception_ids.amount", "!=", 0)],
            [("ecom_shop_id.account_ids.code", "=", "WALLET")],
        ):
            with self.subTest(domain=domain), self.assertRaises(UserError):
                self.env["sale.order"].with_user(self.stock).search(domain)

    def test_public_methods(self):
        """Private by default: given an employee, when he calls any public method of ours, then it is
        refused."""
        api = self.env["ecom.api"]
        for user in (self.employee, self.stock, self.portal):
            mine = api.with_user(user)
            for name, call in {
                "apply": lambda m=mine: m.apply({}),
                "import_bills": lambda m=mine: m.import_bills([upload("a.csv", b"x")], "WALLET"),
                "import_orders": lambda m=mine: m.import_orders([upload("a.csv", b"x")]),
                "import_refunds": lambda m=mine: m.import_refunds([upload("a.csv", b"x")]),
                "groups": lambda m=mine: m.groups(),
                "match": lambda m=mine: m.match(),
                "post": lambda m=mine: m.post(),
                "undo": lambda m=mine: m.undo(everything=True),
                "exceptions": lambda m=mine: m.exceptions(),
                "bills": lambda m=mine: m.bills(),
                "lines": lambda m=mine: m.lines("bill.csv"),
                "check": lambda m=mine: m.check(),
                "figures": lambda m=mine: m.figures(),
            }.items():
                with self.subTest(user=user.name, method=name), self.assertRaises(UserError):
                    call()


@tagged("post_install", "-at_install")
class TestRoles(AccessCase):
    def test_operator(self):
        """I3 Given an operator, when he posts, undoes, accepts a difference, sets up or maps, then it is
        refused; matching and explaining is his."""
        api = self.env["ecom.api"].with_user(self.operator)
        self.assertTrue(api.match()["tallies"])
        posting = self.env["ecom.posting"].search([], limit=1).with_user(self.operator)
        exception = self.exceptions()[:1].with_user(self.operator)
        for name, attempt in {
            "post": api.post,
            "post account": lambda: self.wallet.with_user(self.operator)._run_post(),
            "undo": lambda: api.undo(everything=True),
            "undo posting": posting.action_undo,
            "accept": lambda: exception.action_accept("fine"),
            "apply": lambda: api.apply({}),
            "reset entry": lambda: posting.move_id.button_draft(),
        }.items():
            with self.subTest(attempt=name), self.assertRaises(UserError):
                attempt()
        exception.action_wait("2026-12-31")
        self.assertEqual(exception.state, "waiting")

    def test_nobody_but_managers_configures(self):
        """I3 Given an operator or accountant, when he writes, makes or deletes an account, shop, fee rule,
        tolerance, role, map or template, then it is refused."""
        names = (
            "ecom.account ecom.shop ecom.fee.rule ecom.tolerance ecom.role ecom.role.map "
            "ecom.voucher.template ecom.voucher.line ecom.platform ecom.category"
        ).split()
        for user in (self.operator, self.accountant):
            for name in names:
                record = self.env[name].search([], limit=1).with_user(user)
                with self.subTest(model=name, user=user.name):
                    self.assertTrue(record)
                    self.assertFalse(record.has_access("write"))
                    self.assertFalse(record.has_access("unlink"))
                    with self.assertRaises(AccessError):
                        record.create({})

    def test_what_only_the_machine_writes(self):
        """One door: given a manager, when he writes or makes lines, tallies, matches or postings, then it is
        refused."""
        for name in (
            "ecom.bill.line ecom.tally ecom.match ecom.match.order ecom.posting ecom.posting.line "
            "ecom.posting.difference ecom.posting.revaluation ecom.awaited ecom.lag"
        ).split():
            model = self.env[name].with_user(self.manager)
            with self.subTest(model=name):
                for operation in ("write", "create", "unlink"):
                    self.assertFalse(model.has_access(operation), operation)

    def test_the_log_of_runs(self):
        """L4: given the runs of an accountant, when he changes or invents one by RPC, then it is refused."""
        run = self.env["ecom.run"].with_user(self.accountant).search([], limit=1)
        self.assertTrue(run)
        with self.assertRaises(UserError):
            run.write({"matched_count": 99})
        with self.assertRaises(UserError):
            run.create({"name": "post", "company_id": run.company_id.id})

    def test_right_lost(self):
        """Fault 129: given an accountant who lost the right, when he posts, then it is refused."""
        self.accountant.group_ids = [(6, 0, self.env.ref("ecom_connectors.group_operator").ids)]
        with self.assertRaises(AccessError):
            self.wallet.with_user(self.accountant)._run_post()


@tagged("post_install", "-at_install")
class TestCompanies(AccessCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.env["res.company"].create(
            {"name": "Second", "currency_id": cls.company.currency_id.id}
        )
        cls.stranger = cls.person(
            "stranger",
            "ecom_connectors.group_manager",
            company_ids=[(6, 0, cls.second.ids)],
            company_id=cls.second.id,
        )
        cls.stranger.group_ids += cls.env.ref("base.group_allow_export")

    def test_nothing_of_the_other_company(self):
        """K7 Given a manager of another company, when he searches, counts, groups, reads or exports any model
        of ours that belongs to a company, link tables among them, then he gets nothing of this one."""
        shared = {"ecom.platform", "ecom.category", "ecom.role", "ecom.voucher.template", "ecom.voucher.line"}
        for model in self.models():
            if model._name in shared | {"ecom.vocabulary"}:
                continue
            mine = model.with_user(self.stranger)
            with self.subTest(model=model._name):
                self.assertFalse(mine.search([]))
                self.assertEqual(mine.search_count([]), 0)
                self.assertEqual(mine.formatted_read_group([], [], ["__count"])[0]["__count"], 0)
                record = model.search([], limit=1)
                if record:
                    for attempt in ("read", "export_data", "web_read"):
                        with self.assertRaises(AccessError, msg=attempt):
                            argument = {"display_name": {}} if attempt == "web_read" else ["display_name"]
                            getattr(record.with_user(self.stranger), attempt)(argument)

    def test_forced_company(self):
        """K7 Given the same manager, when he sends the other company in the context, then it is refused."""
        with self.assertRaises(AccessError):
            self.env["ecom.bill"].with_user(self.stranger).with_context(
                allowed_company_ids=self.company.ids
            ).search([])

    def test_methods_on_foreign_ids(self):
        """K7 K8 Given the same manager, when he calls methods on ids of this company, then it is refused and
        nothing changes."""
        before = self.snapshot()
        foreign = {
            "undo": lambda: (
                self.env["ecom.posting"].search([], limit=1).with_user(self.stranger).action_undo()
            ),
            "post": lambda: self.wallet.with_user(self.stranger)._run_post(),
            "match": lambda: self.wallet.with_user(self.stranger)._run_match(),
            "process": lambda: self.wallet.with_user(self.stranger).action_process(),
            "read again": lambda: self.september.with_user(self.stranger).action_read_again(),
            "wait": lambda: self.exceptions()[:1].with_user(self.stranger).action_wait("2026-12-31"),
            "ignore": lambda: self.exceptions()[:1].with_user(self.stranger).action_ignore("why not"),
        }
        for name, attempt in foreign.items():
            with self.subTest(method=name), self.assertRaises(UserError):
                attempt()
        self.assertEqual(self.snapshot(), before)
        api = self.env["ecom.api"].with_user(self.stranger)
        self.assertEqual((api.exceptions(), api.bills(), api.figures()), ([], [], {"accounts": []}))
        self.assertEqual(api.undo(everything=True), {"moves": 0, "lines": 0})
        with self.assertRaises(UserError):
            api.lines(self.september.id)
        self.assertNotIn("WALLET", str(api.check()))
