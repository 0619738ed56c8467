"""One bill through all stages, then whole months of several shops, against what their maker says of them."""

import json
import random
import sys
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path

from odoo.tests import tagged

from odoo.addons.ecom_connectors.tests.common import alipay, move, upload

from .post_common import PostingCase

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"


# What becomes of the lines of the bill, by their amounts, and of their money, debit positive.
VERDICTS = {
    100.00: ("matched", "reference_and_amount"),
    -5.00: ("matched", "reference_and_amount"),
    49.00: ("exception", False),
    30.00: ("exception", False),
    -60.00: ("matched", "no_order_needed"),
}
BOOKED = {
    "platform_balance": 114.00,
    "revenue": -100.00,
    "payment_fee": 5.00,
    "suspense": -79.00,
    "in_transit": 60.00,
}


@tagged("post_install", "-at_install")
class TestOneBill(PostingCase):
    def test_flow(self):
        """S1.9.4 S1.9.7 S1.9.11 S1.5.4 Given two orders and a bill that pays one exactly, one too little, and
        money for an order nobody knows, when it is imported, matched and posted, then each line says what
        became of it, every cent is in the ledger, what is odd waits for a person, and all of it can be taken
        back."""
        # Read and load: the bill is proven by its own totals and stored line by line.
        exact = self.order("T1", "100.00")
        short = self.order("T2", "50.00", ordered_at="2026-09-02 09:00:00", paid_at="2026-09-02 09:00:00")
        bill = self.bill(
            alipay(
                move("100.00", "T1"),
                move("-5.00", "T1", "收费"),
                move("49.00", "T2"),
                move("30.00", "T9"),
                move("-60.00", "", "提现"),
            )
        )
        self.assertEqual(
            (bill.state, bill.proven, bill.amount_sum, bill.closing), ("ready", True, 114.00, 1114.00)
        )
        self.assertEqual(set(bill.line_ids.mapped("state")), {"open"})

        # Match: every line has one verdict and the rule that gave it.
        self.match()
        self.assertEqual({line.amount: (line.state, line.rule) for line in bill.line_ids}, VERDICTS)
        self.assertEqual((exact.ecom_state, exact.ecom_received, exact.ecom_fee), ("matched", 100.00, -5.00))

        # Explain: one cause, one exception, with its amount as we see it.
        odd = {(one.type, one.order_no, one.amount) for one in self.exceptions()}
        self.assertEqual(odd, {("amount_mismatch", "T2", -1.00), ("missing_order", "T9", 30.00)})

        # Post: what is explained goes where its category says, the rest waits on suspense.
        self.post()
        self.assertEqual(bill.state, "posted")
        money = self.env["ecom.posting"].search([("stage", "=", "money")]).move_id
        self.assertEqual(self.by_role(money), BOOKED)
        self.assertEqual(self.wallet._ledger_balance(), bill.closing, "the ledger is what the platform says")

        # What a person or a later file explains moves off suspense; doing it twice changes nothing.
        self.exceptions(type="amount_mismatch").with_user(self.accountant).action_accept(
            "rounding of the shop"
        )
        self.order("T9", "30.00")
        moved = self.settle()
        self.assertEqual(self.by_role(money | moved)["revenue"], -180.00)
        self.assertEqual(self.by_role(moved)["small_loss"], 1.00)
        self.assertFalse(self.exceptions(shop_id=self.store.id) | self.exceptions(account_id=self.wallet.id))
        self.assertEqual((short.ecom_state, short.ecom_match_id.rule), ("tolerance", "accepted"))
        before = self.snapshot()
        self.assertFalse(self.settle())
        self.assertEqual(self.snapshot(), before)

        # Check: whatever always must hold does; and every entry leads back to its lines.
        self.assert_holds()
        lines = self.env["ecom.bill.line"].search(money.action_open_ecom_lines()["domain"])
        self.assertEqual(lines, bill.line_ids)

        # Undo: the ledger is as before the bill, the evidence is still there.
        postings = self.env["ecom.posting"].search([("state", "=", "posted")])
        postings.with_user(self.accountant).action_undo()
        self.assertEqual((self.trial_balance(), bill.state, len(bill.line_ids)), ({}, "ready", 5))
        self.assert_holds()


class WorldCase(PostingCase):
    """A generated month. Its maker knows nothing of the add-ons, and they nothing of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if str(SCRIPTS) not in sys.path:
            sys.path.insert(0, str(SCRIPTS))
            cls.addClassCleanup(sys.path.remove, str(SCRIPTS))
        for name, rate in (("USD", 7.1), ("EUR", 7.8)):
            cls.env["res.currency.rate"].create(
                {
                    "currency_id": cls.currency(name).id,
                    "company_id": cls.company.id,
                    "name": "2026-01-01",
                    "inverse_company_rate": rate,
                }
            )

    @classmethod
    def make_world(cls, seed, shops, orders=14, faults=None):
        """Make a month and write it to a folder; shops by their names in the plans."""
        import world  # noqa: PLC0415
        from world import plans  # noqa: PLC0415

        chosen = [getattr(plans, shop) for shop in shops]
        faults = world.DEFAULT_FAULTS if faults is None else faults
        made = world.make(
            seed, start=date(2026, 9, 1), days=30, shops=chosen, faults=faults, orders_per_shop=orders
        )
        folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        made.write(folder)
        return folder

    def apply(self, folder):
        setup = json.loads((folder / "setup.json").read_text())
        self.env["ecom.api"].with_user(self.manager).apply({**setup, "company": self.company.name})

    def file(self, path):
        return upload(path.name, path.read_bytes())

    def bring(self, folder, shuffle=None):
        """Import all files, as the operator: account by account, or one by one in another order."""
        api = self.env["ecom.api"].with_user(self.operator)
        bills = [
            (place.name, [self.file(path) for path in sorted(place.iterdir())])
            for place in sorted((folder / "bills").iterdir())
        ]
        books = [
            (api.import_orders, [self.file(folder / "orders.csv")]),
            (api.import_refunds, [self.file(folder / "refunds.csv")]),
        ]
        if shuffle is None:
            steps = books + [(api.import_bills, files, code) for code, files in bills]
        else:
            steps = [(api.import_bills, [file], code) for code, files in bills for file in files]
            shuffle.shuffle(steps)
            # Half of the bills is matched and posted before any order is known.
            books = [(self.process,), *books]
            steps[len(steps) // 2 : len(steps) // 2] = books
        return [result for call, *arguments in steps for result in call(*arguments)]

    def process(self):
        """Match and post all there is; no result of an import."""
        api = self.env["ecom.api"].with_user(self.accountant)
        api.match()
        self.assertFalse(api.post()["errors"])
        return []

    def verdicts(self):
        """How often each (type, order, amount) is open."""
        found = self.env["ecom.api"].with_user(self.operator).exceptions()
        return Counter((one["type"], one["order"], one["amount"]) for one in found)

    def assert_expected(self, expected):
        """The exceptions are those of the faults, one by one, with their amounts, and no other."""
        wanted = [fault for fault in expected["faults"] if fault["type"]]
        exact = Counter(
            (fault["type"], fault["order"], fault["amount"]) for fault in wanted if fault["amount"]
        )
        open_amount = Counter((fault["type"], fault["order"]) for fault in wanted if not fault["amount"])
        found = self.verdicts()
        rest = Counter()
        for (kind, order, _amount), number in (found - exact).items():
            rest[kind, order] += number
        self.assertEqual(exact - found, Counter(), "not found")
        self.assertEqual(rest, open_amount, "found besides")

    def assert_figures(self, expected):
        """Lines, sums and balances per account and kind are those of the maker, and the ledger agrees."""
        figures = {
            fact["code"]: fact for fact in self.env["ecom.api"].with_user(self.operator).figures()["accounts"]
        }
        for account in expected["accounts"]:
            code = account["code"]
            with self.subTest(account=code):
                record = self.env["ecom.account"].search([("code", "=", code)])
                for kind, fact in account["kinds"].items():
                    lines = self.env["ecom.bill.line"].search(
                        [("account_id", "=", record.id), ("kind", "=", kind)]
                    )
                    self.assertEqual(
                        (len(lines), f"{round(sum(lines.mapped('amount')), 2) + 0:.2f}"),
                        (fact["lines"], fact["sum"]),
                    )
                    sums = Counter()
                    for line in lines:
                        sums[line.category_id.code or ""] += round(line.amount * 100)
                    told = {name: round(float(amount) * 100) for name, amount in fact["by_category"].items()}
                    self.assertEqual(dict(sums), told)
                mine = figures[code]
                self.assertEqual(mine["platform_closing"], account["closing"] or account["sum"])
                self.assertEqual(
                    (mine["ledger_balance"], mine["difference"]), (mine["platform_closing"], "0.00")
                )
                self.assertEqual(mine["posted"], mine["lines"])


@tagged("post_install", "-at_install")
class TestWorld(WorldCase):
    def test_a_month(self):
        """S1.9.4 S1.2.1 S1.2.3 S1.1.1 S1.6.6 S1.10.3 Given a month of shops on three platforms with planted
        faults, when it is imported, matched and posted, then every fault is found, with its amount, and
        nothing else is; lines, sums and closing balances are right; all of it again changes nothing; undone
        and done anew, it is the same."""
        folder = self.make_world(1, ("TAOBAO", "DOUYIN", "SHOPIFY"))
        expected = json.loads((folder / "expected.json").read_text())
        self.apply(folder)
        results = self.bring(folder)
        self.assertLessEqual({result["state"] for result in results}, {"ready", "skipped"})
        api = self.env["ecom.api"].with_user(self.accountant)
        api.match()
        self.assert_expected(expected)
        posted = api.post()
        self.assertFalse(posted["errors"])
        self.assert_figures(expected)
        self.assert_holds()

        before = self.snapshot()
        again = self.bring(folder)
        self.assertEqual({result["new"] for result in again if "new" in result}, {0})
        api.match()
        self.assertEqual({name: api.post()[name] for name in ("moves", "lines")}, {"moves": 0, "lines": 0})
        self.assert_expected(expected)
        after = self.snapshot()
        self.assertEqual({name for name in before if before[name] != after[name]}, set())

        balance = self.trial_balance()
        api.undo(everything=True)
        self.assertEqual(self.trial_balance(), {})
        self.assert_holds()
        api.match()
        api.post()
        self.assertEqual(self.trial_balance(), balance)
        self.assert_expected(expected)
        self.assert_figures(expected)

    def test_another_month(self):
        """S1.2.3 S1.1.1 S1.1.3 Given another month of other shops, two of them on one platform, in three
        currencies, when it goes through all stages, then every fault is found and nothing else is, and every
        account closes."""
        folder = self.make_world(7, ("TMALL", "PINDUODUO", "AMAZON_US", "AMAZON_DE"))
        expected = json.loads((folder / "expected.json").read_text())
        self.apply(folder)
        self.bring(folder)
        api = self.env["ecom.api"].with_user(self.accountant)
        api.match()
        self.assert_expected(expected)
        self.assertFalse(api.post()["errors"])
        self.assert_figures(expected)
        self.assert_holds()

    def test_any_order_of_files(self):
        """C4 S1.2.3 Given the files of a month in another order, some of them matched and posted before the
        others come, when all are there, then verdicts and ledger are those of the right order."""
        folder = self.make_world(3, ("TAOBAO", "WECHAT"), orders=12)
        expected = json.loads((folder / "expected.json").read_text())
        self.apply(folder)
        api = self.env["ecom.api"].with_user(self.accountant)
        with self.env.cr.savepoint() as point:
            self.bring(folder)
            api.match()
            verdicts = self.verdicts()
            api.post()
            by_role = [
                self.by_role(self.moves(account), account) for account in self.env["ecom.account"].search([])
            ]
            point.rollback()
            self.env.invalidate_all()
        self.bring(folder, random.Random(11))
        api.match()
        self.assert_expected(expected)
        self.assertEqual(self.verdicts(), verdicts)
        api.post()
        self.assertEqual(
            [self.by_role(self.moves(account), account) for account in self.env["ecom.account"].search([])],
            by_role,
        )
        self.assert_figures(expected)
        self.assert_holds()

    def test_a_month_without_faults(self):
        """S1.11.2 Given a clean month, when it goes through all stages, then there is no exception and
        suspense is empty."""
        folder = self.make_world(5, ("DOUYIN_CSV", "TMALL_RANGE"), faults={})
        expected = json.loads((folder / "expected.json").read_text())
        self.apply(folder)
        self.bring(folder)
        api = self.env["ecom.api"].with_user(self.accountant)
        api.match()
        self.assertEqual(self.verdicts(), Counter())
        api.post()
        self.assert_figures(expected)
        for account in self.env["ecom.account"].search([]):
            sums = self.by_role(self.moves(account), account)
            waiting = sum(self.waiting(account).mapped("amount"))
            self.assertEqual(sums.get("suspense", 0), -round(waiting, 2))

    def waiting(self, account):
        """Lines whose order may still come or whose refund is not complete yet."""
        return (
            self.env["ecom.posting.line"]
            .search([("suspense", "=", True), ("line_id.account_id", "=", account.id)])
            .line_id
        )
