"""Set-up of a ledger: once, on any chart, and what is missing is named."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ecom_connectors.tests.common import alipay, move, upload

from .post_common import PostingCase, amazon, row


@tagged("post_install", "-at_install")
class TestLedgerSetup(PostingCase):
    def setup_ledger(self, company=None):
        return self.env["ecom.ledger.setup"]._apply(company or self.company)

    def test_twice(self):
        """S1.9.9 Given a ledger that was set up, when it is set up again, then nothing changes: not a
        journal, account or map; a new platform account gets its own."""
        before = self.counts("account_", "ecom_")
        self.assertEqual(self.setup_ledger(), {"journals": 0, "accounts": 0, "maps": 0})
        self.assertEqual(self.counts("account_", "ecom_"), before)
        self.account("SECOND", "alipay")
        made = self.setup_ledger()
        self.assertEqual(made["journals"], 1)
        self.assertEqual(made["accounts"], made["maps"])
        self.assertGreaterEqual(made["maps"], 1)

    def test_every_role_has_an_account(self):
        """S1.9.9 S1.9.6 Given a Chinese chart, when set up, then every role has a ledger account of its own
        company and of its own kind, and money of every platform account stands on an account of its own."""
        second = self.account("SECOND", "alipay")
        self.setup_ledger()
        roles = self.env["ecom.role"].search([])
        for role in roles.filtered(lambda role: role.code != "clearing"):
            with self.subTest(role=role.code):
                ledger = self.ledger_account(role.code)
                self.assertIn(self.company, ledger.company_ids)
                if not role.company_account:
                    self.assertEqual(ledger.account_type, role.account_type)
        first = self.ledger_account("platform_balance")
        self.assertNotEqual(self.ledger_account("platform_balance", second), first)
        self.assertTrue(first.code.startswith("1012"), first.code)

    def test_what_the_accountant_mapped_stays(self):
        """S1.9.9 Given a role that the accountant maps to another account, when set up again, then it
        stays."""
        other = self.ledger_account("other")
        role_map = self.env["ecom.role.map"].search(
            [("role_id.code", "=", "commission"), ("company_id", "=", self.company.id)]
        )
        role_map.ledger_id = other
        self.setup_ledger()
        self.assertEqual(self.ledger_account("commission"), other)

    def test_other_chart_and_currency(self):
        """S1.9.9 Given a company with the generic chart and dollars, when it is set up twice and posts a
        bill, then the second time makes nothing, and the bill is booked on its own accounts."""
        company = self.env["res.company"].create({"name": "Generic", "currency_id": self.currency("USD").id})
        self.env["account.chart.template"].try_loading("generic_coa", company=company, install_demo=False)
        self.env["stock.warehouse"].search([("company_id", "=", company.id)]) or self.env[
            "stock.warehouse"
        ].create({"name": "Generic", "code": "GEN", "company_id": company.id})
        account = self.account("GEN", "amazon", ("settlement",), "USD", company_id=company.id)
        made = self.setup_ledger(company)
        self.assertGreater(min(made.values()), 0)
        self.assertEqual(self.setup_ledger(company), {"journals": 0, "accounts": 0, "maps": 0})
        people = self.accountant | self.operator
        people.company_ids = [(4, company.id)]
        content = amazon(row("ads", "-30.00"), row("reserve_released", "70.00"), currency="USD")
        bills = self.env["ecom.bill"].with_user(self.operator).with_company(company)
        [result] = bills.import_files([upload("a.txt", content)], "GEN")
        self.assertEqual(result["state"], "ready")
        mine = account.with_user(self.accountant).with_company(company)
        mine._run_match()
        self.assertFalse(mine._run_post().errors)
        entries = self.moves(account)
        self.assertEqual(entries.company_id, company)
        self.assertEqual(
            self.by_role(entries, account), {"platform_balance": 40.00, "marketing": 30.00, "reserve": -70.00}
        )

    def test_map_per_platform(self):
        """S1.1.4 Given a commission that two platforms charge, when the one has a map of its own, then each
        books it on its own account, and a map of the shop or of the account wins over that of the
        platform."""
        amz, shop = self.amazon_account()
        others = self.env["account.account"].search([("account_type", "=", "expense")], limit=4)
        maps = self.env["ecom.role.map"]
        role = self.env["ecom.role"].search([("code", "=", "commission")])
        levels = (
            {"platform_id": amz.platform_id.id},
            {"shop_id": shop.id},
            {"account_id": amz.id},
        )
        plain = self.ledger_account("commission", amz, shop)
        self.assertEqual(plain, self.ledger_account("commission"))
        for level, ledger in zip(levels, others[:3], strict=True):
            maps.create({"role_id": role.id, "company_id": self.company.id, "ledger_id": ledger.id, **level})
            with self.subTest(level=level):
                self.assertEqual(self.ledger_account("commission", amz, shop), ledger)
                self.assertEqual(self.ledger_account("commission"), plain)
        number = "111-0000001-0000001"
        self.order(number, "100.00", shop)
        self.bill(amazon(row("sale", "100.00", number), row("commission", "-8.00", number)), amz)
        items = self.settle(amz).line_ids.filtered(lambda item: item.account_id == others[2])
        self.assertEqual(sum(items.mapped("balance")), 8.00)

    def test_missing_map(self):
        """S1.9.6 Given a role without ledger account, when a bill that needs it is posted, then it is
        refused, role and platform account are named and nothing is booked; with the map it is posted."""
        _order, bill = self.simple()
        self.match()
        role_map = self.env["ecom.role.map"].search(
            [("role_id.code", "=", "payment_fee"), ("company_id", "=", self.company.id)]
        )
        ledger = role_map.ledger_id
        role = role_map.role_id
        role_map.unlink()
        before = self.counts("account_move", "ecom_posting")
        run = self.post(errors=True)
        self.assertIn(role.name, run.errors["WALLET"])
        self.assertIn("WALLET", run.errors["WALLET"])
        self.assertEqual((self.counts("account_move", "ecom_posting"), bill.state), (before, "ready"))
        self.env["ecom.role.map"].create(
            {"role_id": role.id, "company_id": self.company.id, "ledger_id": ledger.id}
        )
        self.post()
        self.assertEqual(bill.state, "posted")

    def test_missing_journal(self):
        """S1.9.6 Given an account without a journal, when posted, then it is refused and told to be set
        up."""
        self.simple()
        self.match()
        self.wallet.journal_id = False
        self.assertIn("WALLET", self.post(errors=True).errors["WALLET"])

    def test_archived_ledger_account(self):
        """Fault 132: given an archived ledger account, when a bill needs it, then it is refused with its name
        and nothing is booked."""
        _order, bill = self.simple()
        self.match()
        ledger = self.ledger_account("payment_fee")
        ledger.active = False
        before = self.counts("account_move", "ecom_posting")
        run = self.post(errors=True)
        self.assertIn(ledger.code, run.errors["WALLET"])
        self.assertEqual((self.counts("account_move", "ecom_posting"), bill.state), (before, "ready"))

    def test_who_sets_up(self):
        """S1.9.9 Given an accountant, when he maps a role or changes a template, then it is refused: managers
        do."""
        role_map = self.env["ecom.role.map"].search([], limit=1).with_user(self.accountant)
        with self.assertRaises(AccessError):
            role_map.ledger_id = self.ledger_account("other").id
        with self.assertRaises(AccessError):
            self.env["ecom.voucher.template"].search([], limit=1).with_user(self.accountant).grouping = "line"
        self.env["ecom.voucher.template"].search([], limit=1).with_user(self.manager).grouping = "line"


@tagged("post_install", "-at_install")
class TestVoucherTemplates(PostingCase):
    def fee_line(self):
        return self.env["ecom.voucher.line"].search([("category_id.code", "=", "payment_fee")])

    def test_templates_ship(self):
        """S1.9.8 Given a new database, then there are more than six templates, and every category has its
        lines in both modes, adding up to 100 %."""
        self.assertGreaterEqual(self.env["ecom.voucher.template"].search_count([]), 6)
        table = self.env["ecom.voucher.template"]._by_category(self.company)
        wanted = {(c, mode) for c in self.env["ecom.category"].search([]) for mode in ("order", "summary")}
        self.assertEqual(wanted - set(table), set())

    def test_split(self):
        """S1.9.8 B9 S1.5.6 Given a fee of 100.01 split in three, each with its own role, partner and
        analytics, when posted, then each has its part and the parts are the fee to the cent."""
        partner = self.env["res.partner"].create({"name": "Marketing agency"})
        plan = self.env["account.analytic.plan"].create({"name": "Channels"})
        analytic = self.env["account.analytic.account"].create({"name": "Live", "plan_id": plan.id})
        first = self.fee_line()
        roles = self.env["ecom.role"].search([("code", "in", ("payment_fee", "marketing", "logistics"))])
        first.percent = 33.3333
        for role, percent in ((roles[1], 33.3333), (roles[2], 33.3334)):
            first.copy({"role_id": role.id, "percent": percent, "label": role.code, "company_id": False})
        first.role_id = roles[0]
        first.write({"partner": "shop", "analytic_distribution": {str(analytic.id): 100}})
        self.store.partner_id = partner
        self.simple(amount="500.00", fee="-100.01")
        entries = self.settle()
        parts = self.by_role(entries)
        fees = [parts[role.code] for role in roles]
        self.assertEqual(round(sum(fees), 2), 100.01)
        self.assertEqual(sorted(fees), [33.33, 33.34, 33.34])
        mine = entries.line_ids.filtered(lambda item: item.partner_id == partner and item.balance > 0)
        self.assertEqual(mine.analytic_distribution, {str(analytic.id): 100})
        traced = self.env["ecom.bill.line"].search(mine.action_open_ecom_lines()["domain"])
        self.assertEqual(traced.mapped("amount"), [-100.01])
        self.assert_holds()

    def test_included_tax(self):
        """S1.9.8 Given revenue that includes 13 % of tax, when 100 are posted, then 11.50 are tax and 88.50
        revenue, and the sum is what the platform paid."""
        tax = self.env["account.tax"].create(
            {
                "name": "VAT 13 %",
                "amount": 13,
                "amount_type": "percent",
                "type_tax_use": "sale",
                "price_include_override": "tax_included",
            }
        )
        line = self.env["ecom.voucher.line"].search(
            [("category_id.code", "=", "order_payment"), ("mode", "=", "summary")]
        )
        line.tax_id = tax
        self.simple(fee="-5.00")
        entries = self.settle()
        parts = self.by_role(entries)
        self.assertEqual((parts["tax"], parts["revenue"]), (-11.50, -88.50))
        self.assertEqual(parts["payment_fee"], 5.00)
        self.assert_holds()

    def test_not_a_hundred(self):
        """S1.9.8 Given lines of a category that add up to 99 %, when posted, then it is refused with its
        name."""
        self.simple()
        self.match()
        line = self.fee_line()
        line.percent = 99
        self.assertIn(line.category_id.name, self.post(errors=True).errors["WALLET"])

    def test_own_lines_of_a_company(self):
        """S1.9.8 Given a line that a company has of its own, when posted, then it replaces the common one."""
        role = self.env["ecom.role"].search([("code", "=", "other_fee")])
        self.fee_line().copy({"company_id": self.company.id, "role_id": role.id})
        self.simple()
        self.assertEqual(self.by_role(self.settle())["other_fee"], 5.00)

    def test_grouping(self):
        """S1.9.10 Given two days with three orders and their fees, when posted one entry per line, order, day
        or bill, then the number of entries is that of the lines, orders, days or bills, and their sum is the
        same."""
        self.orders(*({"order_no": f"T{n}", "line_total": "100.00"} for n in (1, 2, 3)))
        days = [
            (move("100.00", "T1"), move("-5.00", "T1", "收费"), move("100.00", "T2")),
            (
                move("100.00", "T3", at="2026-09-02 10:00:00"),
                move("-5.00", "T3", "收费", at="2026-09-02 10:00:00"),
            ),
        ]
        self.bill(alipay(*days[0], *days[1], opening="0.00", period=("2026-09-01", "2026-09-03")))
        wanted = {"line": 5, "order": 3, "day": 2, "bill": 1}
        sums = {}
        for grouping, number in wanted.items():
            with self.subTest(grouping=grouping), self.env.cr.savepoint() as point:
                self.env["ecom.voucher.template"].search([]).grouping = grouping
                entries = self.settle()
                sums[grouping] = self.by_role(entries)
                self.assertEqual(len(entries), number)
                links = entries.line_ids.ecom_posting_line_ids
                self.assertEqual(len(links), 5)
                self.assert_holds()
                point.rollback()
                self.env.invalidate_all()
        self.assertEqual(sums["day"], {"platform_balance": 290.00, "revenue": -300.00, "payment_fee": 10.00})
        self.assertEqual([sums[grouping] for grouping in wanted], [sums["day"]] * 4)
