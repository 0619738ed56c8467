"""Terms stage: what clauses earn from real receipts, invoices, orders and sales, and how it is claimed."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.fields import Date
from odoo.tests import freeze_time, tagged

from ..common import pages
from ..terms_common import TermsCase

D3 = [(0, 0), (10000, 2), (20000, 3)]
D4 = [(5000, 2), (20000, 4)]


class RebateCase(TermsCase):
    def bought(self, quantity, price=1, day="2026-03-05", product=None, **values):
        """Order and receive; :return: the receipt"""
        order = self.order((product or self.product, quantity, price), day=day, **values)
        return self.receive(order, day=day)

    def compute(self, contract, today="2027-01-10"):
        with freeze_time(today):
            return self.env["ecom.rebate"].with_user(self.buyer)._compute_clauses(contract.clause_ids)

    def claimed(self, rebate, today="2027-01-10"):
        with freeze_time(today):
            rebate.with_user(self.buyer).action_claim()
            rebate.with_user(self.buyer).action_accept()
        return rebate


@tagged("post_install", "-at_install")
class TestRebates(RebateCase):
    """S2.3.3, S2.3.9: a rebate shows rule, base, formula and result; rules D1 to D5."""

    def test_retrospective_and_incremental(self):
        """D3: given 25,000 received, then 750.00 in one mode and 350.00 in the other."""
        self.bought(250, 100)
        contract = self.contract(
            {"tiers": D3},
            {"name": "Steps", "tiers": D3, "tier_mode": "incremental", "categ_ids": []},
            sign=False,
        )
        second = contract.clause_ids[1]
        second.with_user(self.buyer).except_product_ids = self.other_product
        contract.clause_ids[0].with_user(self.buyer).kind = "tier_rebate"
        results = {}
        for clause in contract.clause_ids:
            _counted, earned, working = clause._earn(Date.to_date("2026-01-01"), Date.to_date("2026-12-31"))
            results[clause.tier_mode] = (str(earned.amount), working["formula"])
        self.assertEqual(results["retrospective"], ("750.00", "25,000.00 x 3%"))
        self.assertEqual(results["incremental"][0], "350.00")

    def test_a_rebate_carries_its_working(self):
        """I6: rule, version, base by document, formula and result are stored and printed."""
        receipt = self.bought(250, 100)
        rebate = self.compute(self.contract({"tiers": D3}))
        self.assertEqual((rebate.base_amount, rebate.amount_earned, rebate.amount), (25000, 750, 750))
        self.assertEqual(
            rebate.working["base"],
            [
                {
                    "label": receipt.name,
                    "quantity": "250",
                    "amount": "25000.00",
                    "ref": f"stock.picking,{receipt.id}",
                }
            ],
        )
        self.assertEqual(rebate.working["formula"], "25,000.00 x 3%")
        self.assertEqual((rebate.working["version"], rebate.working["result"]), (1, "750.00"))
        self.assertIn(str(rebate.clause_id.id), rebate.working["rule"])
        self.assertIn("25,000.00 x 3%", rebate.working_html)
        self.assertIn(f"Tiered Rebate {rebate.clause_id.id}, version 1", rebate.working_html)
        for technical in ("stock.picking", "tier_rebate", "25000.00"):
            self.assertNotIn(technical, rebate.working_html)
        [paper] = pages(rebate._render_pdf())
        for text in ("25,000.00 x 3% = 750.00", receipt.name, "Page 1 of 1"):
            self.assertIn(text, paper)
        self.assertIn(receipt, self.env["stock.picking"].search(rebate.action_open_documents()["domain"]))

    def test_doing_it_twice_changes_nothing(self):
        self.bought(250, 100)
        contract = self.contract({"tiers": D3})
        first = self.compute(contract)
        again = self.compute(contract)
        self.assertEqual((again, len(first.change_ids)), (first, 0))

    def test_facts_that_change_are_shown_with_the_difference(self):
        """S2.3.8: given a computed rebate, when more is received, then it follows and keeps what it was."""
        self.bought(250, 100)
        contract = self.contract({"tiers": D3})
        rebate = self.compute(contract)
        self.bought(50, 100, day="2026-04-02")
        self.assertEqual(self.compute(contract), rebate)
        self.assertEqual(rebate.amount, 900)
        change = rebate.change_ids
        self.assertEqual((change.amount_old, change.amount_new, change.amount_difference), (750, 900, 150))
        self.assertEqual((change.formula_old, change.formula_new), ("25,000.00 x 3%", "30,000.00 x 3%"))
        with self.assertRaises(UserError):
            change.unlink()
        with self.assertRaises(UserError):
            rebate.with_user(self.buyer).write({"amount": 1})

    def test_interim_settlements(self):
        """D4: October 3,000: 0; November 7,000: 140; December 27,000: 1,080, of which 940 are left."""
        contract = self.contract({"tiers": D4, "interim": True})
        self.bought(3000, day="2026-10-15")
        first = self.compute(contract, "2026-10-31")
        self.assertEqual((first.amount_earned, first.amount), (0, 0))
        with freeze_time("2026-10-31"), self.assertRaisesRegex(UserError, "nothing to claim"):
            first.with_user(self.buyer).action_claim()
        self.bought(4000, day="2026-11-15")
        november = self.compute(contract, "2026-11-30")
        self.assertEqual((november, november.amount), (first, 140))
        self.claimed(november, "2026-11-30")
        self.bought(20000, day="2026-12-15")
        final = self.compute(contract)
        self.assertEqual(
            (final.number, final.amount_earned, final.amount_before, final.amount), (2, 1080, 140, 940)
        )
        self.assertEqual(november.amount, 140, "what is claimed does not change")
        self.assertIn("1,080.00 - 140.00", final.working["formula"])

    def test_returns_take_back_what_was_settled(self):
        """D5: 25,000 gave 750; after returns of 6,000 the base gives 380, and 370 go back."""
        receipt = self.bought(250, 100)
        contract = self.contract({"tiers": D3})
        settled = self.claimed(self.compute(contract))
        self.send_back(receipt, 60, day="2026-05-02")
        clawback = self.compute(contract)
        self.assertEqual((clawback.amount_earned, clawback.amount), (380, -370))
        self.assertEqual(settled.amount, 750)
        self.assertFalse(self.compute(contract) - clawback)

    def test_no_claim_before_the_period_is_over(self):
        self.bought(250, 100)
        rebate = self.compute(self.contract({"tiers": D3}), "2026-06-01")
        with freeze_time("2026-06-01"), self.assertRaisesRegex(UserError, "no interim settlement"):
            rebate.with_user(self.buyer).action_claim()
        self.claimed(self.compute(rebate.contract_id))
        self.assertEqual((rebate.state, rebate.amount_accepted), ("accepted", 750))

    def test_what_was_refused_is_not_claimed_again(self):
        """D10: a partly accepted claim keeps why, and the rest does not come back by itself."""
        self.bought(250, 100)
        contract = self.contract({"tiers": D3})
        rebate = self.compute(contract)
        with freeze_time("2027-01-10"):
            rebate.with_user(self.buyer).action_claim()
            with self.assertRaisesRegex(UserError, "Say why"):
                rebate.with_user(self.buyer)._answer(500)
            with self.assertRaises(UserError):
                rebate.with_user(self.buyer)._answer(751, "more")
            wizard = (
                self.env["ecom.due.answer"]
                .with_user(self.buyer)
                .create(
                    {
                        "res_model": "ecom.rebate",
                        "res_id": rebate.id,
                        "amount_accepted": 500,
                        "answer": "wrong items",
                    }
                )
            )
            wizard.action_apply()
        self.assertEqual(
            (rebate.state, rebate.amount_accepted, rebate.answer), ("partly", 500, "wrong items")
        )
        self.assertFalse(self.compute(contract))

    def test_every_base_counts_its_own_documents(self):
        """D1: ordered, received, invoiced and sold differ, each by its own day, without tax and freight."""
        order = self.order((self.product, 100, 10), day="2026-03-01")
        receipt = self.receive(order, 80, day="2026-04-01")
        self.send_back(receipt, 5, day="2026-04-20")
        self.vendor_bill((order.order_line, 60, 11), day="2026-05-01")
        freight = self.goods("FRT", type="service", is_storable=False)
        self.vendor_bill((freight, 1, 99), day="2026-05-01")
        self.sell(self.product, 30, day="2026-06-01")
        expected = {"ordered": (100, 1000), "received": (75, 750), "billed": (60, 660), "sold": (30, 300)}
        days = {"ordered": "2026-03", "received": "2026-04", "billed": "2026-05", "sold": "2026-06"}
        for base, (quantity, amount) in expected.items():
            clause = self.contract({"tiers": D3, "base": base}, name=base, sign=False).clause_ids
            found = clause._count(Date.to_date("2026-01-01"), Date.to_date("2026-12-31")).base
            self.assertEqual((found.quantity, found.amount), (quantity, amount), base)
            day = Date.to_date(f"{days[base]}-01")
            month = clause._count(day, Date.end_of(day, "month")).base
            self.assertEqual(month.amount, amount, f"{base} in its own month")
        gross = self.contract(
            {"tiers": D3, "net_of_returns": False, "base": "received"}, name="gross", sign=False
        ).clause_ids
        self.assertEqual(
            gross._count(Date.to_date("2026-01-01"), Date.to_date("2026-12-31")).base.quantity, 80
        )
        freighted = self.contract(
            {"tiers": D3, "freight_included": True, "base": "billed"}, name="freight", sign=False
        ).clause_ids
        self.assertEqual(
            freighted._count(Date.to_date("2026-01-01"), Date.to_date("2026-12-31")).base.amount, 759
        )

    def sell(self, product, quantity, day):
        """Deliver to a customer."""
        customer = self.env.ref("stock.stock_location_customers")
        move = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": quantity,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": customer.id,
                "company_id": self.company.id,
            }
        )
        move._action_confirm()
        move._action_assign()
        move.quantity = quantity
        move.picked = True
        move._action_done()
        move.date = f"{day} 04:00:00"
        return move

    def test_a_day_ends_at_midnight_of_the_company(self):
        """B1: received on 31 March 18:00 UTC is April in Shanghai."""
        self.company.partner_id.tz = "Asia/Shanghai"
        receipt = self.bought(10, 100)
        receipt.move_ids.date = "2026-03-31 18:00:00"
        clause = self.contract({"tiers": D3}).clause_ids
        march = clause._count(Date.to_date("2026-03-01"), Date.to_date("2026-03-31")).base
        april = clause._count(Date.to_date("2026-04-01"), Date.to_date("2026-04-30")).base
        self.assertEqual((march.amount, april.amount), (0, 1000))

    def test_other_suppliers_products_and_companies_do_not_count(self):
        self.bought(10, 100, partner=self.other_supplier)
        self.bought(10, 100, product=self.other_product)
        self.bought(7, 100)
        clause = self.contract({"tiers": D3, "product_ids": [Command.set(self.product.ids)]}).clause_ids
        self.assertEqual(
            clause._count(Date.to_date("2026-01-01"), Date.to_date("2026-12-31")).base.amount, 700
        )
        contact = self.env["res.partner"].create({"name": "Desk", "parent_id": self.supplier.id})
        self.bought(3, 100, partner=contact)
        self.assertEqual(
            clause._count(Date.to_date("2026-01-01"), Date.to_date("2026-12-31")).base.amount, 1000
        )

    def test_dozens_and_discounts(self):
        """A dozen of an order counts as twelve pieces, and the price is that after discount."""
        dozen = self.env.ref("uom.product_uom_dozen")
        order = self.order(
            {
                "product_id": self.product.id,
                "product_qty": 2,
                "product_uom_id": dozen.id,
                "price_unit": 120,
                "discount": 10,
            }
        )
        self.receive(order, 24)
        clause = self.contract({"tiers": D3, "measure": "quantity"}).clause_ids
        base = clause._count(Date.to_date("2026-01-01"), Date.to_date("2026-12-31")).base
        self.assertEqual((base.quantity, base.amount), (24, 216))

    def test_other_currencies_are_converted_on_their_day(self):
        """G1: an order in dollars counts at the rate of the day it was received."""
        other = self.currency("KWD" if self.company.currency_id.name != "KWD" else "JPY", 7.1, "2026-01-01")
        self.env["res.currency.rate"].create(
            {
                "currency_id": other.id,
                "company_id": self.company.id,
                "name": "2026-04-01",
                "inverse_company_rate": 7.0,
            }
        )
        clause = self.contract({"tiers": D3}).clause_ids
        self.bought(10, 100, day="2026-03-05", currency=other)
        self.bought(10, 100, day="2026-04-05", currency=other)
        found = clause._count(Date.to_date("2026-01-01"), Date.to_date("2026-12-31"))
        self.assertEqual([row.amount for row in found.rows], [7100, 7000])
        self.env["res.currency.rate"].search([("currency_id", "=", other.id)]).unlink()
        with self.assertRaisesRegex(UserError, "no exchange rate"):
            clause._count(Date.to_date("2026-01-01"), Date.to_date("2026-12-31"))

    def test_targets_and_growth(self):
        """S2.3.7: attainment and growth select the rate."""
        self.bought(100, 10, day="2025-05-05")
        self.bought(120, 10, day="2026-05-05")
        contract = self.contract(
            {"name": "Goal", "kind": "target_rebate", "target": 1000, "tiers": [(80, 1), (100, 3), (120, 5)]},
            {"name": "Growth", "kind": "growth_rebate", "tiers": [(0, 1), (20, 2)], "growth_on": "increase"},
            {"name": "Piece", "kind": "per_piece", "amount": 0.05},
            {"name": "Fee", "kind": "fixed", "amount": 88, "period": "half"},
        )
        amounts = [(it.clause_id.name, it.amount) for it in self.compute(contract)]
        self.assertEqual(
            sorted(amounts), [("Fee", 88), ("Fee", 88), ("Goal", 60), ("Growth", 4), ("Piece", 6)]
        )

    def test_a_fixed_amount_is_earned_when_its_period_is_over(self):
        contract = self.contract({"kind": "fixed", "amount": 88, "period": "half"})
        self.assertEqual(self.compute(contract, "2026-07-15").sorted("date_from").mapped("amount"), [88, 0])

    def test_lines_share_the_rebate_to_the_cent(self):
        """B9: the shares of the order lines sum to the rebate."""
        for quantity in (33, 33, 34):
            self.bought(quantity, 1)
        contract = self.contract({"tiers": [(0, 10.01)]})
        rebate = self.compute(contract)
        self.assertEqual(rebate.amount, 10.01)
        self.assertEqual(sorted(rebate.share_ids.mapped("amount")), [3.30, 3.30, 3.41])

    def test_many_documents_are_shown_as_months_by_as_many_queries(self):
        """S2.3.9: the number of queries does not grow with the number of receipts."""
        self.bought(10, 10, day="2026-02-05")
        clause = self.contract({"tiers": D3}).clause_ids
        days = Date.to_date("2026-01-01"), Date.to_date("2026-12-31")
        self.company.partner_id.tz = "Asia/Shanghai"
        clause._count(*days)
        with self.assertQueryCount(2):
            clause._count(*days)
        for day in range(1, 9):
            self.bought(1, 10, day=f"2026-03-{day:02}")
        self.env.flush_all()
        with self.assertQueryCount(2):
            found = clause._count(*days)
        self.assertEqual(len(found.rows), 9)
        self.patch(self.registry["ecom.clause.base"], "_shown_documents", 5)
        found = clause._count(*days)
        self.assertEqual([(row.label, row.amount) for row in found.rows], [("2026-02", 100), ("2026-03", 80)])

    def test_nobody_forgets_an_unclaimed_rebate(self):
        """S2.3.11, S2.8.2: given a period that ended, then the buyer is told once, until it is claimed."""
        self.patch(self.registry["ir.cron"], "_commit_progress", lambda *args, **kwargs: 1)
        self.bought(250, 100)
        contract = self.contract({"tiers": D3})
        with freeze_time("2026-12-31"):
            self.env["ecom.contract"]._nightly()
            rebate = self.env["ecom.rebate"].search([("contract_id", "=", contract.id)])
            self.assertFalse(rebate.activity_ids, "the period is not over")
        with freeze_time("2027-01-01"):
            self.env["ecom.contract"]._nightly()
            self.env["ecom.contract"]._nightly()
            self.assertEqual(contract.state, "ended")
            self.assertEqual(rebate.activity_ids.user_id, self.buyer)
            self.assertEqual(len(rebate.activity_ids), 1)
            rebate.with_user(self.buyer).action_claim()
        self.assertFalse(rebate.activity_ids)

    def test_what_if_keeps_nothing(self):
        """S2.3.3: a draft clause is tried on past periods; no rebate is made."""
        self.bought(60, 100, day="2026-02-05")
        self.bought(250, 100, day="2026-05-05")
        clause = self.contract({"tiers": D3, "period": "quarter"}, sign=False).clause_ids
        wizard = (
            self.env["ecom.what.if"]
            .with_user(self.buyer)
            .create({"clause_id": clause.id, "date_from": "2026-01-01", "date_to": "2026-06-30"})
        )
        wizard.action_compute()
        self.assertEqual(wizard.line_ids.mapped("amount"), [0, 750])
        self.assertEqual((wizard.total, wizard.line_ids[1].base_amount), (750, 25000))
        self.assertFalse(self.env["ecom.rebate"].search([("clause_id", "=", clause.id)]))

    def test_who_may_do_what(self):
        self.bought(250, 100)
        rebate = self.compute(self.contract({"tiers": D3}))
        with self.assertRaises(AccessError):
            rebate.with_user(self.accountant).action_claim()
        with self.assertRaises(AccessError):
            rebate.with_user(self.keeper).read(["amount"])
        with self.assertRaises(UserError):
            rebate.unlink()
        with self.assertRaises(UserError):
            self.env["ecom.rebate"].with_user(self.buyer).create({"clause_id": rebate.clause_id.id})
