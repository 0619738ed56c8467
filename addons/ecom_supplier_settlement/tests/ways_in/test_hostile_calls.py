"""Every stage: what somebody with a login tries by remote calls, with a context, values and ids."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..portal_common import PortalCase
from ..terms_common import TermsCase


@tagged("post_install", "-at_install")
class TestForgedContext(TermsCase, PortalCase):
    """Defaults that come by the context are values from outside like all others."""

    def test_no_default_makes_a_statement_approved(self):
        """I6 Given a buyer's context with a state and people as defaults, when a statement is made, then it
        is a draft of that buyer."""
        forged = {
            "default_state": "approved",
            "default_approved_id": self.accountant.id,
            "default_amount_closing": 99999,
        }
        statements = self.env["ecom.statement"].with_user(self.buyer).with_context(**forged)
        made = statements.browse(
            statements.create_for(self.other_supplier.id, "2026-09-01", "2026-09-30")
        ).sudo()
        self.assertEqual(made.state, "draft")
        self.assertFalse(made.approved_id)
        self.assertEqual(made.amount_closing, 0)

    def test_no_default_signs_a_contract(self):
        """I6 Given a context that says signed, when a buyer drafts a contract, then it is a draft."""
        forged = {"default_state": "signed", "default_version": 7, "default_signed_id": self.manager.id}
        contract = (
            self.env["ecom.contract"]
            .with_user(self.buyer)
            .with_context(**forged)
            .create(
                {
                    "name": "F1",
                    "partner_id": self.supplier.id,
                    "date_from": "2026-01-01",
                    "date_to": "2026-12-31",
                    "clause_ids": [Command.create(self.terms({"tiers": [(0, 90)]}))],
                }
            )
        )
        self.assertEqual((contract.state, contract.version), ("draft", 1))
        self.assertFalse(contract.signed_id)

    def test_no_default_approves_a_claim(self):
        """I6 Given a context that says approved and another drafter, when a claim is drafted, then it is a
        draft of who drafted it, with no amount."""
        forged = {
            "default_state": "approved",
            "default_drafted_id": self.manager.id,
            "default_amount": 500,
            "default_amount_accepted": 500,
        }
        claim = (
            self.env["ecom.claim"]
            .with_user(self.buyer)
            .with_context(**forged)
            .create({"title": "T", "partner_id": self.supplier.id})
        )
        self.assertEqual((claim.state, claim.amount, claim.amount_accepted), ("draft", 0, 0))
        self.assertEqual(claim.drafted_id, self.buyer)

    def test_no_default_answers_a_rebate(self):
        """I6 Given a context that says accepted, when rebates are computed, then they are computed ones."""
        contract = self.contract({"tiers": [(0, 10)]})
        forged = {"default_state": "accepted", "default_amount_accepted": 500}
        contract.with_user(self.buyer).with_context(**forged).action_compute_rebates()
        rebates = self.env["ecom.rebate"].search([("contract_id", "=", contract.id)])
        self.assertEqual(set(rebates.mapped("state")), {"computed"})
        self.assertEqual(sum(rebates.mapped("amount_accepted")), 0)

    def test_campaign_results_are_not_entered(self):
        """I6 Given values or defaults that say what a campaign gave, when it is made, then they are not
        taken."""
        campaigns = self.env["ecom.campaign"].with_user(self.buyer)
        share = {"party": "supplier", "partner_id": self.supplier.id, "percent": 100, "amount_borne": 77}
        values = {"name": "Sale", "date_from": "2026-01-01", "date_to": "2026-01-31"}
        said = {"state": "closed", "amount_discount": 500.0}
        defaults = {f"default_{name}": value for name, value in said.items()}
        for context, vals in (({}, said), ({**defaults, "default_amount_borne": 77}, {})):
            campaign = campaigns.with_context(**context).create(
                {**values, **vals, "share_ids": [Command.create(share)]}
            )
            self.assertEqual((campaign.state, campaign.amount_discount), ("draft", 0))
            self.assertEqual(campaign.share_ids.amount_borne, 0)

    def test_versions_of_a_clause_are_not_entered(self):
        """I6 Given values or defaults that say which clause a new one amends, when it is made, then it amends
        none; and no context opens what only amending writes."""
        signed = self.contract({"tiers": [(0, 10)]}).clause_ids
        draft = self.contract(name="C2", sign=False)
        said = {"previous_id": signed.id, "origin_id": signed.id}
        clauses = self.env["ecom.clause"].with_user(self.buyer)
        for context, vals in (({}, said), ({f"default_{name}": value for name, value in said.items()}, {})):
            clause = clauses.with_context(**context).create(
                {"contract_id": draft.id, **self.terms({"tiers": [(0, 90)]}), **vals}
            )
            self.assertFalse(clause.previous_id | clause.origin_id)
            for name, value in {**said, "valid_to": "2030-12-31"}.items():
                with self.assertRaises(UserError):
                    clause.with_context(**{"unsealed:ecom.clause": True}).write({name: value})

    def test_no_context_opens_a_seal(self):
        """I6 Given contexts that say what steps say, when somebody writes what steps write, then it is
        refused."""
        contract = self.contract({"tiers": [(0, 10)]}, sign=False)
        campaign = self.env["ecom.campaign"].create(
            {
                "name": "Sale",
                "date_from": "2026-01-01",
                "date_to": "2026-01-31",
                "share_ids": [Command.create({"party": "own"})],
            }
        )
        for record, vals in (
            (contract, {"state": "signed"}),
            (contract, {"drafted_id": self.signer.id}),
            (campaign, {"state": "running"}),
            (campaign, {"amount_discount": 5.0}),
            (campaign.share_ids, {"amount_borne": 5.0}),
        ):
            for key in (f"unsealed:{record._name}", "unsealed:ecom.stateful"):
                with self.subTest(model=record._name, key=key), self.assertRaises(UserError):
                    record.with_user(self.buyer).with_context(**{key: True}).write(vals)

    def test_no_default_posts_an_accrual(self):
        """I6 Given a context that says posted, when an accrual is prepared, then it is a draft."""
        self.env["ecom.ledger.setup"]._apply(self.company)
        wizard = (
            self.env["ecom.period.end"]
            .with_user(self.accountant)
            .with_context(default_state="posted")
            .create({"period_end": "2026-01-31"})
        )
        accrual = self.env["ecom.accrual"].browse(wizard.action_prepare()["res_id"])
        self.assertEqual(accrual.state, "draft")

    def test_entries_do_not_claim_to_be_ours(self):
        """I6 Given somebody who enters invoices, when he says that one settles terms, or that an item is of
        an accrual, then it is not taken on a new entry and refused on another."""
        clerk = self.person("clerk", "account.group_account_invoice")
        moves = self.env["account.move"].with_user(clerk).with_context(default_ecom_settles_terms=True)
        bill = moves.create(
            {"move_type": "in_invoice", "partner_id": self.supplier.id, "ecom_settles_terms": True}
        )
        self.assertFalse(bill.ecom_settles_terms)
        # A default that the user keeps is no other way than one in the context.
        self.env["ir.default"].set("account.move", "ecom_settles_terms", True, user_id=clerk.id)
        bill = self.env["account.move"].with_user(clerk).create({"move_type": "in_invoice"})
        self.assertFalse(bill.ecom_settles_terms)
        with self.assertRaises(UserError):
            bill.write({"ecom_settles_terms": True})
        bill.write({"ecom_settles_terms": False})
        with self.assertRaises(UserError):
            self.invoice.line_ids[0].with_user(clerk).write({"ecom_accrual_line_id": 1})


@tagged("post_install", "-at_install")
class TestForeignCompany(PortalCase):
    """A user of another company calls what buttons call, with ids of this one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.env["res.company"].create({"name": "Second"})
        cls.stranger = cls.person(
            "stranger",
            "ecom_connectors.group_manager",
            company_ids=[Command.set(cls.second.ids)],
            company_id=cls.second.id,
        )

    def test_documents_of_a_foreign_statement(self):
        """I4 Given a statement of one company, when somebody of another makes its documents, then none is
        made."""
        order = self.order((self.product, 3, 7))
        self.receive(order)
        statement = self.statement("2026-10-01", "2026-10-31")
        statement._go_to("sent")
        statement.line_ids._unseal().write({"state": "confirmed"})
        before = self.env["account.move"].search_count([])
        with self.assertRaises(AccessError):
            statement.with_user(self.stranger).action_make_documents()
        self.assertEqual(self.env["account.move"].search_count([]), before)

    def test_settings_of_a_foreign_company(self):
        """I4 Given a manager of one company, when he sets how another accrues, then it is refused."""
        before = self.company.ecom_accrual_propose
        with self.assertRaises(UserError):
            self.env["ecom.accrual.settings"].with_user(self.stranger).create(
                {"company_id": self.company.id, "propose": not before}
            ).action_apply()
        self.assertEqual(self.company.ecom_accrual_propose, before)


@tagged("post_install", "-at_install")
class TestOtherHands(PortalCase):
    def test_who_confirmed_lines_does_not_approve(self):
        """I6 Given an accountant who entered that the supplier confirms a line, when a colleague enters the
        rest, then the first one does not approve the statement."""
        first, second = (self.person(name, "ecom_connectors.group_accountant") for name in ("acc_1", "acc_2"))
        self.sent.line_ids[0].with_user(first).action_confirm()
        self.sent.with_user(second).action_confirm()
        self.assertEqual(self.sent.state, "confirmed")
        for user in (first, second):
            with self.assertRaises(AccessError):
                self.sent.with_user(user).action_approve()
        self.sent.with_user(self.accountant).action_approve()
        self.assertIn(self.sent.state, ("approved", "paid"))
