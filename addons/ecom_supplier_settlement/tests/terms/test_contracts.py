"""Terms stage: contracts, their versions, clauses that contradict, and sentences people can read."""

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Date
from odoo.tests import Form, freeze_time, tagged

from ...models.terms.kinds import KINDS
from ..terms_common import TermsCase

D3 = [(0, 0), (10000, 2), (20000, 3)]


@tagged("post_install", "-at_install")
class TestContracts(TermsCase):
    """S2.3.5: terms are structured, dated and kept in versions."""

    def test_who_drafts_does_not_sign(self):
        """I3: given a draft, when its drafter signs, it is refused; another buyer may."""
        contract = self.contract({"tiers": D3}, sign=False)
        with self.assertRaisesRegex(UserError, "who drafted it does not sign it"):
            contract.with_user(self.buyer).action_sign()
        contract.with_user(self.signer).action_sign()
        self.assertEqual((contract.state, contract.signed_id), ("signed", self.signer))

    def test_nobody_signs_by_writing(self):
        contract = self.contract({"tiers": D3}, sign=False)
        for values in ({"state": "signed"}, {"drafted_id": self.signer.id}, {"version": 7}):
            with self.assertRaises(UserError):
                contract.with_user(self.buyer).write(values)
        made = (
            self.env["ecom.contract"]
            .with_user(self.buyer)
            .create(
                {
                    "name": "C9",
                    "partner_id": self.supplier.id,
                    "date_from": "2026-01-01",
                    "date_to": "2026-01-31",
                    "state": "signed",
                    "drafted_id": self.signer.id,
                }
            )
        )
        self.assertEqual((made.state, made.drafted_id), ("draft", self.buyer))

    def test_signed_terms_are_frozen(self):
        contract = self.contract({"tiers": D3})
        buyer = contract.with_user(self.buyer)
        clause, tier = buyer.clause_ids, buyer.clause_ids.tier_ids[1]
        for change in (
            lambda: buyer.write({"date_to": Date.to_date("2027-12-31")}),
            lambda: buyer.write({"currency_id": self.currency("USD").id}),
            lambda: clause.write({"percent": 5}),
            lambda: tier.write({"value": 5}),
            lambda: clause.write({"tier_ids": [Command.create({"start": 5, "value": 1})]}),
            lambda: tier.unlink(),
            lambda: clause.unlink(),
            lambda: buyer.unlink(),
            lambda: clause.copy(),
        ):
            with self.assertRaises(UserError):
                change()
        self.assertEqual(clause.tier_ids.mapped("value"), [0, 2, 3])

    def test_a_new_version_ends_the_old_the_day_before(self):
        """Given a signed contract, when its amendment is signed, both stay readable, each for its days."""
        contract = self.contract({"tiers": D3})
        with freeze_time("2026-06-15"):
            action = contract.with_user(self.buyer).action_amend()
            following = self.env["ecom.contract"].browse(action["res_id"])
            self.assertEqual(
                (following.version, following.state, following.date_from),
                (2, "draft", Date.to_date("2026-06-16")),
            )
            self.assertEqual(
                contract.clause_ids.valid_to, Date.to_date("2026-12-31"), "nothing changes before"
            )
            following.with_user(self.buyer).date_from = Date.to_date("2026-07-01")
            following.clause_ids.tier_ids[2].with_user(self.buyer).value = 3.5
            following.with_user(self.signer).action_sign()
        self.assertEqual(contract.clause_ids.valid_to, Date.to_date("2026-06-30"))
        self.assertEqual(following.clause_ids.valid_from, Date.to_date("2026-07-01"))
        self.assertEqual(contract.clause_ids.tier_ids.mapped("value"), [0, 2, 3])
        self.assertEqual(following.clause_ids.tier_ids.mapped("value"), [0, 2, 3.5])
        self.assertEqual(following.previous_id, contract)
        self.assertIn(
            following, self.env["ecom.contract"].search(contract.action_open_versions()["domain"]) - contract
        )

    def test_only_signed_contracts_are_amended_and_end(self):
        draft = self.contract({"tiers": D3}, sign=False)
        for change in (draft.action_amend, draft.action_end):
            with self.assertRaises(UserError):
                change()
        signed = self.contract({"tiers": D3}, name="C2", start="2025-01-01", end="2030-12-31")
        with freeze_time("2026-06-15"):
            signed.action_end()
        self.assertEqual((signed.state, signed.date_to), ("ended", Date.to_date("2026-06-15")))
        with self.assertRaises(UserError):
            signed.action_cancel()

    def test_contradicting_clauses_are_refused_with_their_names(self):
        self.contract({"name": "Old bonus", "tiers": D3, "product_ids": [Command.set(self.product.ids)]})
        second = self.contract(
            {"name": "New bonus", "tiers": D3}, name="C2", start="2026-12-31", end="2027-01-31", sign=False
        )
        with self.assertRaisesRegex(UserError, "New bonus.*Old bonus"):
            second.with_user(self.signer).action_sign()
        second.clause_ids.write({"except_product_ids": [Command.set(self.product.ids)]})
        second.with_user(self.signer).action_sign()
        self.assertEqual(second.state, "signed")
        self.contract({"name": "Later bonus", "tiers": D3}, name="C3", start="2027-02-01", end="2027-02-28")

    def test_clauses_in_one_contract_may_not_contradict_either(self):
        contract = self.contract({"name": "A", "tiers": D3}, {"name": "B", "tiers": D3}, sign=False)
        with self.assertRaisesRegex(UserError, "hold for the same goods"):
            contract.with_user(self.signer).action_sign()

    def test_what_is_missing_is_named(self):
        for clause, text in (
            ({"name": "T", "tiers": []}, "T needs at least one tier"),
            ({"name": "Goal", "kind": "target_rebate", "tiers": D3}, "Goal: “Target” is missing"),
            ({"name": "Fee", "kind": "fixed"}, "Fee: “Amount” is missing"),
            ({"name": "VAT", "tiers": D3, "vat_treatment": "input_vat"}, "VAT: “Tax” is missing"),
        ):
            with self.subTest(clause), self.assertRaisesRegex(UserError, text):
                self.contract(clause, name=text)

    def test_a_clause_stays_within_its_contract(self):
        with self.assertRaises(ValidationError):
            self.contract({"tiers": D3, "date_from": Date.to_date("2025-12-31")})
        with self.assertRaises(ValidationError):
            self.contract(
                {"tiers": D3, "date_from": Date.to_date("2026-06-02"), "date_to": Date.to_date("2026-06-01")}
            )

    def test_the_sentence_follows_the_tiers(self):
        """S2.3.5 Given a new contract on the screen, when a tier is entered, then the sentence has it before
        anything is saved."""
        clause = self.env["ecom.clause"].new({"name": "Bonus", "kind": "tier_rebate"})
        self.assertNotIn("3%", clause.sentence)
        clause.tier_ids = [Command.create({"start": 0, "value": 3})]
        self.assertIn("3%", clause.sentence)
        self.assertFalse(self.env["ecom.contract"].new({}).display_name)

    def test_the_sentence_says_it_all(self):
        clause = self.contract(
            {
                "tiers": D3,
                "cap": 5000,
                "minimum": 1000,
                "interim": True,
                "product_ids": [Command.set(self.product.ids)],
            }
        ).clause_ids
        for words in (
            "2026-01-01 to 2026-12-31",
            "[P1] P1",
            "20,000.00",
            "3%",
            "reached tier",
            "net of returns",
            "At most 5,000.00",
            "Nothing below 1,000.00",
            "also in between",
        ):
            self.assertIn(words, clause.sentence)
        kinds = [kind for kind, _label in clause._fields["kind"].selection]
        for kind in kinds:
            draft = self.contract(
                {"kind": kind, "tiers": D3, "amount": 3.1234, "target": 7, "protect_days": 30},
                name=kind,
                sign=False,
            ).clause_ids
            self.assertTrue(draft.sentence.endswith("."), kind)
        self.assertIn(
            "3.1234",
            self.contract({"kind": "per_piece", "amount": 3.1234}, name="X", sign=False).clause_ids.sentence,
        )

    def test_the_form_shows_what_the_kind_uses(self):
        """Given a clause on the screen, when its kind changes, then it has the fields that its kind uses."""
        contract = self.contract({"tiers": D3}, sign=False)
        form = Form(
            contract.clause_ids.with_user(self.buyer), "ecom_supplier_settlement.ecom_clause_view_form"
        )
        names = {"measure", "reward", "tier_mode", "target", "growth_on", "amount", "percent", "protect_days"}
        for kind in KINDS.values():
            self.assertLessEqual({*kind.uses, *kind.needs}, set(self.env["ecom.clause"]._fields), kind.code)
            form.kind = kind.code
            there = {name for name in names if not form._get_modifier(name, "invisible")}
            self.assertEqual(there, names & set(kind.uses), kind.code)
            self.assertEqual(form._get_modifier("period", "invisible"), kind.gives != "rebate", kind.code)

    def test_companies_and_groups(self):
        contract = self.contract({"tiers": D3})
        self.assertEqual(contract.with_user(self.accountant).read(["name"])[0]["name"], "C1")
        with self.assertRaises(AccessError):
            contract.with_user(self.accountant).write({"title": "x"})
        with self.assertRaises(AccessError):
            contract.with_user(self.keeper).read(["name"])
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = self.person(
            "foreign",
            "ecom_supplier_settlement.group_buyer",
            company_ids=[Command.set(elsewhere.ids)],
            company_id=elsewhere.id,
        )
        self.assertFalse(self.env["ecom.contract"].with_user(foreign).search([]))
        self.assertFalse(self.env["ecom.clause.tier"].with_user(foreign).search([]))
