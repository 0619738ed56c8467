"""Who may see and do what with matches, exceptions and runs."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from odoo.addons.ecom_connectors.tests.common import alipay, move

from ..common import ReconCase

OURS = ("ecom.match", "ecom.match.order", "ecom.exception", "ecom.run", "ecom.tally", "ecom.bill.line")


@tagged("post_install", "-at_install")
class TestAccess(ReconCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sold = cls.orders(
            {"order_no": "T1", "line_total": "50.00"}, {"order_no": "T2", "line_total": "60.00"}
        )
        cls.bill(alipay(move("50.00", "T1"), move("59.00", "T2"), move("7.00", "NOBODY")))
        cls.wallet.with_user(cls.accountant)._run_match()
        cls.env.invalidate_all()
        cls.other = cls.env["res.company"].create({"name": "Other company"})
        cls.stranger = cls.person(
            *("stranger", "ecom_connectors.group_manager"),
            company_ids=[(6, 0, cls.other.ids)],
            company_id=cls.other.id,
        )

    def test_another_company_sees_nothing(self):
        """S1.4.4 Given matches, exceptions and runs of ours, when the manager of another company searches or
        reads them by number, then there is nothing; matching or resolving ours is refused."""
        for model in OURS:
            records = self.env[model].search([])
            theirs = self.env[model].with_user(self.stranger).with_company(self.other)
            with self.subTest(model=model):
                self.assertTrue(records)
                self.assertEqual(theirs.search_count([]), 0)
                with self.assertRaises(AccessError):
                    theirs.browse(records.ids).read(["id"])
        with self.assertRaises(AccessError):
            self.wallet.with_user(self.stranger).action_process()
        theirs = self.exceptions().with_user(self.stranger)
        for attempt in (lambda: theirs.action_ignore("mine"), lambda: theirs.action_wait("2026-12-01")):
            with self.assertRaises(AccessError):
                attempt()
        self.assertEqual(set(self.exceptions().mapped("state")), {"open"})

    def test_plain_and_portal_users(self):
        """S1.4.4 Given an employee without our groups and a portal user, when they open matches or exceptions
        or start a match, then it is refused."""
        for name, group in (("employee", "base.group_user"), ("portal", "base.group_portal")):
            user = self.person(name, group)
            for model in (*OURS, "ecom.tolerance", "ecom.fee.rule", "ecom.resolve", "ecom.process"):
                with self.subTest(user=name, model=model), self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])
            with self.assertRaises(AccessError):
                self.wallet.with_user(user)._run_match()
            with self.assertRaises(AccessError):
                self.env["ecom.api"].with_user(user).match()

    def test_a_match_is_never_touched(self):
        """S2.1.11 Given a match and its links, when anyone writes, makes or deletes one, then it is
        refused."""
        match = self.sold[0].ecom_match_id
        for user in (self.operator, self.manager, self.env.user):
            mine = match.with_user(user)
            with self.subTest(user=user.name), self.assertRaises(UserError):
                mine.write({"state": "matched"})
            with self.subTest(user=user.name), self.assertRaises(UserError):
                mine.unlink()
            with self.subTest(user=user.name), self.assertRaises(UserError):
                mine.copy()
        for record in (self.sold[1].ecom_match_id.tally_ids, self.sold[1].ecom_match_link_ids):
            for user in (self.operator, self.manager):
                with self.subTest(model=record._name, user=user.name), self.assertRaises(AccessError):
                    record.with_user(user).write({"match_id": match.id})
                with self.subTest(model=record._name, user=user.name), self.assertRaises(AccessError):
                    record.with_user(user).unlink()

    def test_the_button(self):
        """S1.5.4 Given unmatched lines, when an accountant presses the one button, for all or some accounts,
        then they are matched and a run with its counts is kept; an operator matches and does not post."""
        self.bill(alipay(move("8.00", "T9", at="2026-09-01 12:00:00"), opening="1116.00"))
        self.order("T9", "8.00")
        wizard = self.env["ecom.process"].with_user(self.operator).create({})
        self.assertFalse(wizard.post)
        wizard.action_run()
        self.assertEqual(self.tally("T9").state, "matched")
        run = self.env["ecom.run"].search([], limit=1)
        self.assertEqual((run.name, run.user_id, run.account_ids), ("match", self.operator, self.wallet))
        self.assertTrue(run.ended_at)
        self.assertEqual(self.env["ecom.posting"].search_count([]), 0)
        with self.assertRaises(AccessError):
            self.wallet.with_user(self.operator)._run_post()

    def test_the_dialog(self):
        """S1.11.7 Given an exception, when a person opens the dialog, then only what fits is offered, and
        what was chosen is done with the note."""
        exception = self.exceptions(type="amount_mismatch")
        for user, choices in (
            (self.operator, ["wait", "ignore"]),
            (self.accountant, ["accept", "wait", "ignore"]),
        ):
            action = exception.with_user(user).action_open_resolve()
            dialog = Form(self.env["ecom.resolve"].with_user(user).with_context(**action["context"]))
            self.assertEqual(dialog.choices, choices)
            self.assertIn(dialog.action, choices, "what is chosen first is offered")
        self.assertEqual(dialog.action, "accept")
        dialog.note = "fine"
        dialog.save().action_apply()
        self.assertEqual((exception.state, exception.resolution_note), ("done", "fine"))

    def test_the_client_gets_the_same(self):
        """S2.8.9 Given open exceptions, when the client asks for them, then it gets type, numbers, amounts as
        text, reason and suggestion, of its own company only."""
        api = self.env["ecom.api"].with_user(self.operator)
        rows = {row["type"]: row for row in api.exceptions()}
        self.assertEqual(set(rows), {"amount_mismatch", "missing_order"})
        row = rows["amount_mismatch"]
        self.assertEqual(
            (row["order"], row["amount"], row["currency"], row["shop"]), ("T2", "-1.00", "CNY", "STORE")
        )
        self.assertTrue(row["reason"] and row["suggestion"])
        theirs = self.env["ecom.api"].with_user(self.stranger).with_company(self.other)
        self.assertEqual((theirs.exceptions("all"), theirs.bills()), ([], []))
        try:
            lines = theirs.lines(str(self.env["ecom.bill"].search([], limit=1).id))
        except UserError:
            lines = []
        self.assertEqual(lines, [])
