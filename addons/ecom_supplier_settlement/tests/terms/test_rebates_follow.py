"""Terms stage: what becomes of a rebate afterwards: goods go back, claims come late, others read it."""

from odoo.exceptions import UserError
from odoo.fields import Date
from odoo.tests import freeze_time, tagged

from ...models.terms.kinds import KINDS
from ..common import pages
from .test_rebates import D3, RebateCase


@tagged("post_install", "-at_install")
class TestRebatesFollow(RebateCase):
    def test_each_reader_reads_the_working_in_his_own_language(self):
        """S2.3.9, S2.4.9: words are codes until they are read, whoever computed them."""
        self.env["res.lang"]._activate_lang("zh_CN")
        self.bought(100, 10, day="2025-05-05")
        self.bought(120, 10, day="2026-05-05")
        contract = self.contract({"kind": "growth_rebate", "tiers": [(0, 1)]})
        rebate = self.compute(contract)
        self.supplier.lang = "zh_CN"
        label = [row["code"] for row in rebate.working["base"] if "code" in row]
        self.assertEqual(label, ["year_before"])
        english = rebate.with_context(lang="en_US").working_html
        self.assertIn("Year before: 2025-01-01 to 2025-12-31", english)
        self.assertIn("Growth Rebate", english)
        chinese = rebate.with_context(lang="zh_CN").working_html
        self.assertNotIn("Growth Rebate", chinese)
        self.assertIn("1,200.00 x 1%", chinese)
        [printed] = pages(rebate._render_pdf())
        kind = dict(
            rebate.clause_id.with_context(lang="zh_CN")
            ._fields["kind"]
            ._description_selection(rebate.with_context(lang="zh_CN").env)
        )["growth_rebate"]
        self.assertIn(kind, printed, "paper speaks the supplier's language")
        self.assertNotIn("Growth Rebate", printed)
        for code, kind in KINDS.items():
            clause = self.env["ecom.clause"].with_context(lang="zh_CN").new({"name": "X", "kind": code})
            self.assertNotRegex(kind.sentence(clause), "[A-Za-z]", code)

    def test_a_return_takes_back_what_its_own_line_got(self):
        """B9, S2.3.8: 750 on two lines; after one of them went back, the other has all that is left."""
        kept, back = self.bought(125, 100), self.bought(125, 100)
        contract = self.contract({"tiers": D3})
        first = self.claimed(self.compute(contract))
        self.assertEqual(first.share_ids.mapped("amount"), [375, 375])
        self.send_back(back, 125, day="2026-05-02")
        second = self.compute(contract)
        shares = first.share_ids | second.share_ids
        given = {
            line: sum(rows.mapped("amount")) for line, rows in shares.grouped("purchase_line_id").items()
        }
        lines = [receipt.move_ids.purchase_line_id for receipt in (kept, back)]
        self.assertEqual([given[line] for line in lines], [250, 0])
        self.claimed(second)
        self.send_back(kept, 125, day="2026-05-03")
        third = self.compute(contract)
        given = (first | second | third).share_ids
        self.assertEqual((third.amount, sum(given.mapped("amount"))), (-250, 0))

    def test_what_was_counted_in_part_is_not_claimed(self):
        """Given figures as of June, asked for in January, then they are computed anew before a claim."""
        self.bought(250, 100)
        contract = self.contract({"tiers": D3})
        self.bought(250, 100, day="2026-08-05")
        with freeze_time("2027-01-10"):
            rebates = self.env["ecom.rebate"].with_user(self.buyer)
            rebate = rebates._compute_clauses(contract.clause_ids, Date.to_date("2026-06-30"))
            with self.assertRaisesRegex(UserError, "counted until 2026-06-30 only"):
                rebate.action_claim()
            rebate.action_compute()
            rebate.action_claim()
        self.assertEqual(rebate.amount, 1500)
