"""Terms stage: what an amendment does to the period under way: it goes on, or each version has its own."""

from odoo import Command
from odoo.exceptions import UserError
from odoo.fields import Date
from odoo.tests import freeze_time, tagged

from .test_rebates import D3, RebateCase


@tagged("post_install", "-at_install")
class TestAmendments(RebateCase):
    """S2.3.5: the base of a period goes on over versions of a clause."""

    def amended(self, contract, day="2026-07-01", **values):
        """A signed amendment from the day on; `values` are of its first clause, `tiers` replace the rates."""
        with freeze_time("2026-06-15"):
            following = self.env["ecom.contract"].browse(
                contract.with_user(self.buyer).action_amend()["res_id"]
            )
            draft = following.with_user(self.buyer)
            draft.date_from = Date.to_date(day)
            clause = draft.clause_ids.sorted("id")[0]
            for tier, value in zip(clause.tier_ids.sorted("start"), values.pop("tiers", ()), strict=False):
                tier.value = value
            clause.write(values)
            following.with_user(self.signer).action_sign()
        return following.sudo()

    def rebates(self, clause):
        found = self.env["ecom.rebate"].search([("origin_id", "=", clause.origin_id.id)])
        return found.sorted(lambda it: (it.date_from, it.number))

    def test_the_base_of_the_period_goes_on(self):
        """D3: 15,000 before and 10,000 after an amendment that raises tier 3 to 4 %: 25,000 x 4 % = 1,000."""
        self.bought(150, 100, day="2026-03-05")
        contract = self.contract({"tiers": D3})
        before = self.compute(contract, "2026-06-10")
        self.assertEqual((before.base_amount, before.amount), (15000, 300))
        self.bought(100, 100, day="2026-08-05")
        following = self.amended(contract, tiers=[0, 2, 4])
        self.assertEqual(self.compute(following), before, "the open rebate of the period goes on")
        self.assertEqual((before.clause_id, before.amount), (following.clause_ids, 1000))
        self.assertEqual(str(before.date_from), "2026-01-01")
        self.assertEqual(before.change_ids.amount_difference, 700)
        parts = [(it["version"], it["start"], it["end"], it["amount"]) for it in before.working["parts"]]
        self.assertEqual(
            parts,
            [(1, "2026-01-01", "2026-06-30", "15000.00"), (2, "2026-07-01", "2026-12-31", "10000.00")],
        )
        self.assertIn("15000.00", before.working_html)
        self.assertEqual(self.compute(contract), before, "the old version computes the same")
        self.assertEqual(sum(before.share_ids.mapped("amount")), 1000)
        self.assertEqual(len(before.action_open_documents()["domain"][0][2]), 2)

    def test_what_the_old_version_settled_counts_as_settled(self):
        """D4: 300 were settled in June by the old terms: 700 of the 1,000 are left."""
        self.bought(150, 100, day="2026-03-05")
        contract = self.contract({"tiers": D3, "interim": True})
        first = self.claimed(self.compute(contract, "2026-06-10"), "2026-06-10")
        self.bought(100, 100, day="2026-08-05")
        following = self.amended(contract, tiers=[0, 2, 4])
        final = self.compute(following)
        self.assertEqual((final.number, final.amount_before, final.amount), (2, 300, 700))
        self.assertEqual((first.clause_id, first.amount), (contract.clause_ids, 300))

    def test_slices_go_on(self):
        """D3, incremental: 10,000 x 2 % + 5,000 x 4 % = 400."""
        self.bought(150, 100, day="2026-03-05")
        contract = self.contract({"tiers": D3, "tier_mode": "incremental"})
        self.bought(100, 100, day="2026-08-05")
        self.assertEqual(self.compute(self.amended(contract, tiers=[0, 2, 4])).amount, 400)

    def test_three_versions(self):
        self.bought(90, 100, day="2026-03-05")
        contract = self.contract({"tiers": D3})
        self.bought(60, 100, day="2026-07-05")
        second = self.amended(contract, tiers=[0, 2, 4])
        self.bought(60, 100, day="2026-11-05")
        third = self.amended(second, day="2026-10-01", tiers=[0, 2, 5])
        rebate = self.compute(contract | second | third)
        self.assertEqual((len(rebate), rebate.amount, len(rebate.working["parts"])), (1, 1050, 3))

    def test_each_version_counts_its_own_goods(self):
        """What joins the clause with the amendment counts from then on; nothing counts in two clauses."""
        self.bought(10, 100, day="2026-03-05", product=self.other_product)
        self.bought(10, 100, day="2026-03-05")
        contract = self.contract(
            {"tiers": [(0, 1)], "product_ids": [Command.set(self.product.ids)]},
            {"name": "B", "tiers": [(0, 2)], "product_ids": [Command.set(self.other_product.ids)]},
        )
        self.bought(10, 100, day="2026-08-05", product=self.other_product)
        with freeze_time("2026-06-15"):
            following = self.env["ecom.contract"].browse(
                contract.with_user(self.buyer).action_amend()["res_id"]
            )
            following.with_user(self.buyer).date_from = Date.to_date("2026-07-01")
            first, second = following.clause_ids.sorted("id")
            second.with_user(self.buyer).unlink()
            first.with_user(self.buyer).product_ids = self.product | self.other_product
            following.with_user(self.signer).action_sign()
        rebates = self.compute(contract | following)
        self.assertEqual({it.clause_id.name: it.base_amount for it in rebates}, {"Bonus": 2000, "B": 1000})
        self.assertEqual({it.clause_id.name: it.amount for it in rebates}, {"Bonus": 20, "B": 20})

    def test_another_base_starts_anew(self):
        """What is counted otherwise than before is another clause: the old one ends the day before."""
        order = self.order((self.product, 100, 100), day="2026-03-05")
        self.receive(order, day="2026-03-05")
        self.vendor_bill((order.order_line, 100, 100), day="2026-08-05")
        contract = self.contract({"tiers": [(0, 1)]})
        self.compute(contract)
        following = self.amended(contract, base="billed", tiers=[2])
        self.assertEqual(following.clause_ids.origin_id, following.clause_ids)
        self.compute(contract | following)
        rows = [(str(it.date_from), str(it.date_to), it.amount) for it in self.rebates(contract.clause_ids)]
        self.assertEqual(rows, [("2026-01-01", "2026-06-30", 100)])
        rows = [(str(it.date_from), str(it.date_to), it.amount) for it in self.rebates(following.clause_ids)]
        self.assertEqual(rows, [("2026-07-01", "2026-12-31", 200)])

    def test_the_parties_may_agree_that_each_version_counts_its_own_days(self):
        """Given rates that change in July and a period that starts anew, each half follows its version."""
        self.bought(100, 100, day="2026-03-05")
        self.bought(100, 100, day="2026-08-05")
        contract = self.contract({"tiers": [(0, 1)]})
        rebate = self.compute(contract)
        self.assertEqual(rebate.amount, 200)
        following = self.amended(contract, tiers=[2], amended="restart")
        self.assertIn("starts on its first day", following.clause_ids.sentence)
        new = self.compute(following)
        self.compute(contract)
        self.assertEqual((rebate.date_to, rebate.amount), (Date.to_date("2026-06-30"), 100))
        self.assertEqual((new.date_from, new.amount), (Date.to_date("2026-07-01"), 200))
        self.assertEqual(rebate.change_ids.amount_difference, -100)

    def test_an_amount_per_piece_is_that_of_the_day(self):
        self.bought(100, 1, day="2026-03-05")
        self.bought(100, 1, day="2026-08-05")
        contract = self.contract({"kind": "per_piece", "amount": 0.05})
        following = self.amended(contract, amount=0.06)
        rebates = self.compute(contract | following)
        self.assertEqual(sorted(rebates.mapped("amount")), [5, 6])

    def test_a_fixed_amount_is_earned_once_a_period(self):
        contract = self.contract({"kind": "fixed", "amount": 88})
        following = self.amended(contract, amount=100)
        self.assertEqual(self.compute(contract | following).mapped("amount"), [100])

    def test_growth_compares_the_same_days_once(self):
        """The year before is counted once, whatever the number of versions."""
        self.bought(100, 10, day="2025-03-05")
        self.bought(100, 10, day="2025-08-05")
        self.bought(120, 10, day="2026-03-05")
        self.bought(120, 10, day="2026-08-05")
        contract = self.contract({"kind": "growth_rebate", "tiers": [(0, 1), (20, 2)]})
        rebate = self.compute(self.amended(contract, tiers=[1, 3]))
        self.assertEqual((rebate.base_amount, rebate.amount), (2400, 72))

    def test_months_before_and_after(self):
        """Months that are over stay with their version; the month of the amendment goes on."""
        for day in ("2026-05-05", "2026-06-05", "2026-06-20", "2026-07-05"):
            self.bought(10, 100, day=day)
        with freeze_time("2026-05-01"):
            terms = {"tiers": [(0, 1)], "period": "month"}
            contract = self.contract(terms, start="2026-05-01", end="2026-07-31")
        self.compute(contract)
        following = self.amended(contract, day="2026-06-16", tiers=[2])
        self.compute(following)
        rows = [
            (str(it.date_from), it.clause_id.version, it.amount) for it in self.rebates(contract.clause_ids)
        ]
        self.assertEqual(rows, [("2026-05-01", 1, 10), ("2026-06-01", 2, 40), ("2026-07-01", 2, 20)])

    def test_what_was_claimed_of_days_taken_away_goes_back(self):
        """D5: a claimed month of which the contract takes the days away is given back."""
        self.bought(10, 100, day="2026-05-05")
        self.bought(10, 100, day="2026-06-05")
        with freeze_time("2026-05-01"):
            terms = {"tiers": [(0, 1)], "period": "month"}
            contract = self.contract(terms, start="2026-05-01", end="2026-06-30")
        self.claimed(self.compute(contract))
        following = self.amended(contract, day="2026-06-01", tiers=[1], amended="restart")
        self.compute(contract | following)
        self.assertEqual(self.rebates(contract.clause_ids).mapped("amount"), [10, 10, -10])
        self.assertEqual(self.rebates(following.clause_ids).mapped("amount"), [10])
        again = self.compute(contract)
        self.assertEqual(self.rebates(contract.clause_ids).mapped("amount"), [10, 10, -10], again)

    def test_links_are_made_by_amending_only(self):
        contract = self.contract({"tiers": D3})
        other = self.contract({"tiers": D3}, name="C2", partner_id=self.other_supplier.id, sign=False)
        clause = other.clause_ids.with_user(self.buyer)
        for values in ({"previous_id": contract.clause_ids.id}, {"origin_id": contract.clause_ids.id}):
            with self.assertRaises(UserError):
                clause.write(values)
        made = clause.create(
            {**self.terms({"tiers": D3}), "contract_id": other.id, "previous_id": contract.clause_ids.id}
        )
        self.assertFalse(made.previous_id)
