"""Terms stage: campaigns, who bears their discounts, and claims with evidence and approval."""

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Date
from odoo.tests import freeze_time, tagged

from ..terms_common import TermsCase


@tagged("post_install", "-at_install")
class TestClaims(TermsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ecom.ledger.setup"]._apply(cls.company)
        cls.shop = cls.env["ecom.shop"].create(
            {
                "name": "Shop",
                "code": "S1",
                "platform_id": cls.env["ecom.platform"].search([], limit=1).id,
                "timezone": "Asia/Shanghai",
            }
        )
        cls.discount = cls.env.ref("ecom_connectors.product_discount")

    def sale(self, *lines, day="2026-09-10", discount=0, subsidy=0, hour="04:00:00"):
        """A confirmed order of the shop: goods, less the shop's discount; the platform's subsidy beside."""
        rows = [(product, quantity, price) for product, quantity, price in lines]
        rows += [(self.discount, 1, -discount)] if discount else []
        order = self.env["sale.order"].create(
            {
                "partner_id": self.shop.partner_id.id,
                "ecom_shop_id": self.shop.id,
                "ecom_subsidy": subsidy,
                "order_line": [
                    Command.create(
                        {
                            "product_id": p.id,
                            "product_uom_qty": q,
                            "price_unit": price,
                            "tax_ids": [Command.clear()],
                        }
                    )
                    for p, q, price in rows
                ],
            }
        )
        order.write({"state": "sale", "date_order": f"{day} {hour}"})
        return order

    def campaign(self, *shares, **values):
        return (
            self.env["ecom.campaign"]
            .with_user(self.buyer)
            .create(
                {
                    "name": "11.11",
                    "date_from": "2026-09-01",
                    "date_to": "2026-09-30",
                    "currency_id": self.company.currency_id.id,
                    "shop_ids": [Command.set(self.shop.ids)],
                    "share_ids": [Command.create(share) for share in shares],
                    **values,
                }
            )
        )

    def evidence(self, name="proof"):
        return [Command.create({"name": f"{name}.txt", "raw": b"invoice"})]

    def claim(self, **values):
        return (
            self.env["ecom.claim"]
            .with_user(self.buyer)
            .create(
                {
                    "title": "Fair",
                    "partner_id": self.supplier.id,
                    "currency_id": self.company.currency_id.id,
                    "date_from": "2026-09-01",
                    "date_to": "2026-09-30",
                    **values,
                }
            )
        )

    # --- campaigns --------------------------------------------------------------

    def test_who_bears_a_discount(self):
        """S2.3.1, S2.3.2, D9: subsidy is revenue; ours reduces revenue; the supplier's is a claim on it."""
        self.sale((self.product, 1, 100), discount=20, subsidy=10)
        self.sale((self.product, 1, 0.11), discount=0.10)
        campaign = self.campaign(
            {"party": "supplier", "partner_id": self.supplier.id, "percent": 33.33},
            {"party": "brand", "partner_id": self.other_supplier.id, "amount": 5},
            {"party": "platform", "percent": 10},
            {"party": "own"},
        )
        campaign.action_run()
        self.assertEqual(
            (campaign.order_count, campaign.amount_discount, campaign.amount_subsidy), (2, 20.1, 10)
        )
        borne = {share.party: share.amount_borne for share in campaign.share_ids}
        self.assertEqual(borne, {"supplier": 6.70, "brand": 5, "platform": 2.01, "own": 6.39})
        effects = {share.party: share.effect for share in campaign.share_ids}
        self.assertEqual(
            effects, {"supplier": "claim", "brand": "claim", "platform": "platform", "own": "reduces_revenue"}
        )
        rows = self.env["ecom.campaign.report"].search([("campaign_id", "=", campaign.id)])
        costs = {row.funder: row.amount_cost for row in rows}
        self.assertEqual(costs, {**borne, "subsidy": 10})
        self.assertEqual(round(sum(rows.mapped("amount_sales")), 2), 100.11)

    def test_results_of_a_campaign(self):
        """S2.3.10: cost by funder, sales, gross profit and ROI from orders and deliveries."""
        self.sale((self.product, 2, 100), (self.other_product, 1, 50), discount=50)
        self.sale((self.product, 1, 100), day="2026-10-02", discount=9)
        self.sale((self.product, 1, 100), day="2026-08-31", hour="17:00:00")
        order = self.sale((self.product, 1, 100))
        order.order_line.discount = 10
        campaign = self.campaign(
            {"party": "supplier", "partner_id": self.supplier.id, "percent": 40},
            {"party": "own"},
            product_ids=[Command.set(self.product.ids)],
            amount_other=20,
            budget=40,
        )
        campaign.action_run()
        self.assertEqual(campaign.order_count, 3, "31 August 17:00 UTC is September in Shanghai")
        self.assertEqual((campaign.amount_sales, campaign.amount_discount), (400, 50))
        self.assertEqual((campaign.amount_own, campaign.gross_profit), (50, 370))
        self.assertEqual(campaign.roi, 700)
        self.assertTrue(campaign.over_budget)
        with self.assertRaises(UserError):
            campaign.write({"amount_sales": 1})
        self.assertIn(order, self.env["sale.order"].search(campaign.action_open_orders()["domain"]))
        campaign.action_close()
        with self.assertRaises(UserError):
            campaign.action_compute()

    def test_shares_must_cover_the_discount(self):
        """S2.3.2."""
        with self.assertRaisesRegex(ValidationError, "do not cover"):
            self.campaign({"party": "own", "percent": 60})
        with self.assertRaisesRegex(ValidationError, "more than the discount"):
            self.campaign({"party": "own", "percent": 101})
        with self.assertRaisesRegex(ValidationError, "Only one share"):
            self.campaign({"party": "own"}, {"party": "platform"})

    def test_a_share_is_claimed_once(self):
        """S2.3.1, S2.3.4: the supplier's part becomes a claim with its working, once."""
        self.sale((self.product, 1, 100), discount=20)
        campaign = self.campaign(
            {"party": "supplier", "partner_id": self.supplier.id, "percent": 40}, {"party": "own"}
        )
        campaign.action_run()
        campaign.action_claim_shares()
        campaign.action_claim_shares()
        claim = campaign.claim_ids
        self.assertEqual((len(claim), claim.amount, claim.state), (1, 8, "draft"))
        self.assertEqual(claim.working["formula"], "20.00 x 40% = 8.00")
        share = claim.campaign_share_id
        self.assertEqual(share.display_name, f"{campaign.name}: {self.supplier.name}")
        with self.assertRaises(UserError):
            campaign.share_ids[0].percent = 50

    def test_each_share_says_where_it_is_booked(self):
        """D9: a claim with its documents, the platform's bills, or our revenue; agreed beside documented."""
        self.sale((self.product, 1, 100), discount=20, subsidy=3)
        campaign = self.campaign(
            {"party": "supplier", "partner_id": self.supplier.id, "percent": 40},
            {"party": "platform", "percent": 10},
            {"party": "own"},
        )
        campaign.action_run()
        supplier, platform, own = campaign.share_ids

        def rows():
            return [(it.amount_borne, it.amount_shown, it.amount_difference) for it in campaign.share_ids]

        self.assertEqual(rows(), [(8, 0, 8), (2, 3, -1), (10, 10, 0)])
        self.assertIn("To be claimed", supplier.booked_by)
        self.assertIn("Bills of the platform", platform.booked_by)
        self.assertIn("Invoices of the orders", own.booked_by)
        campaign.action_claim_shares()
        self.assertEqual(campaign.claim_ids.partner_id, self.supplier, "the platform's bills book its part")
        self.assertIn(campaign.claim_ids.name, supplier.booked_by)
        self.assertEqual(rows()[0], (8, 8, 0))

    def test_what_no_bill_brings_is_claimed_on_the_platform(self):
        """D9, S2.3.1: without subsidies on orders and platform bills, the platform's part is revenue to
        claim."""
        self.sale((self.product, 1, 100), discount=20)
        campaign = self.campaign({"party": "platform", "percent": 25}, {"party": "own"})
        campaign.action_run()
        campaign.action_claim_shares()
        self.assertFalse(campaign.claim_ids)
        platform = campaign.share_ids[0]
        self.assertIn("enter who pays it", platform.booked_by)
        platform.partner_id = self.other_supplier
        campaign.action_claim_shares()
        claim = campaign.claim_ids
        claim.attachment_ids = self.evidence()
        claim.with_user(self.signer).action_approve()
        claim.with_user(self.accountant).action_accrue()
        lookup = self.env["ecom.role.map"]._lookup(self.company)
        nothing = self.env["ecom.account"], self.env["ecom.shop"]
        items = claim.sudo().accrual_ids.line_ids
        self.assertEqual(
            {item.account_id: item.balance for item in items},
            {lookup("rebate_receivable", *nothing): 5, lookup("subsidy", *nothing): -5},
        )
        claim.action_claim()
        claim.action_accept()
        claim.with_user(self.accountant).action_settle()
        self.assertEqual((claim.move_id.move_type, claim.move_id.amount_total), ("out_invoice", 5))

    def test_a_campaign_starts_before_its_first_order(self):
        campaign = self.campaign(
            {"party": "supplier", "partner_id": self.supplier.id, "amount": 50}, {"party": "own"}
        )
        campaign.action_run()
        self.sale((self.product, 1, 100), discount=20)
        campaign.action_compute()
        self.assertEqual(campaign.share_ids.mapped("amount_borne"), [20, 0])
        self.sale((self.product, 1, 100), discount=40)
        campaign.action_compute()
        self.assertEqual(campaign.share_ids.mapped("amount_borne"), [50, 10])

    # --- claims -----------------------------------------------------------------

    def marketing(self, number="M", **values):
        clause = self.contract(
            {"name": "Ads", "kind": "marketing_share", "percent": 30, **values}, name=number
        ).clause_ids
        return self.claim(kind="marketing_share", clause_id=clause.id, base_amount=1000)

    def test_marketing_costs_are_shared(self):
        """S2.3.4, I3: evidence is needed, and another person approves."""
        claim = self.marketing()
        self.assertTrue(claim.name.startswith("CLM/"))
        with self.assertRaisesRegex(UserError, "no evidence"):
            claim.with_user(self.signer).action_approve()
        claim.attachment_ids = self.evidence()
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "who drafted it does not approve it"):
            claim.action_approve()
        with self.assertRaises(UserError):
            claim.action_claim()
        claim.with_user(self.signer).action_approve()
        self.assertEqual((claim.amount, claim.state, claim.approved_id), (300, "approved", self.signer))
        self.assertEqual(claim.working["formula"], "1,000.00 x 30%")
        for change in ({"base_amount": 2000}, {"amount": 5}, {"state": "accepted"}):
            with self.assertRaises(UserError):
                claim.write(change)
        claim.action_claim()
        with self.assertRaises(UserError):
            claim.attachment_ids = [Command.clear()]
        with self.assertRaises(UserError):
            claim.unlink()

    def test_a_claim_is_accrued_settled_and_refused(self):
        """D7, D10: selling expenses fall by the claim; refusal takes it back."""
        claim = self.marketing()
        claim.attachment_ids = self.evidence()
        claim.with_user(self.signer).action_approve()
        claim.with_user(self.accountant).action_accrue()
        lookup = self.env["ecom.role.map"]._lookup(self.company)
        account = lookup("rebate_expense", self.env["ecom.account"], self.env["ecom.shop"])

        def balance():
            return sum(
                self.env["account.move.line"].search([("account_id", "=", account.id)]).mapped("balance")
            )

        self.assertEqual(balance(), -300)
        claim.action_claim()
        claim._answer(200, "only part was shown")
        self.assertEqual((claim.state, balance()), ("partly", -200))
        claim.with_user(self.accountant).action_settle()
        claim.move_id.with_user(self.accountant).action_post()
        self.assertEqual((claim.state, claim.move_id.amount_total, balance()), ("settled", 200, -200))

    def test_stored_texts_are_the_companys(self):
        """D10: in a company that speaks Chinese, an accountant who reads English books a claim in Chinese."""
        self.env["res.lang"]._activate_lang("zh_CN")
        self.company.partner_id.lang, self.accountant.lang = "zh_CN", "en_US"
        claim = self.marketing()
        claim.attachment_ids = self.evidence()
        claim.with_user(self.signer).action_approve()
        claim.with_user(self.accountant).with_context(lang="en_US").action_accrue()
        self.assertTrue(claim.accrual_ids.ref.endswith("计提"), claim.accrual_ids.ref)

    def test_a_cap_and_a_clause_of_another_supplier(self):
        self.assertEqual(self.computed(self.marketing(cap=250)).amount, 250)
        claim = self.marketing("M2", date_to="2026-11-30", product_ids=[Command.set(self.product.ids)])
        with self.assertRaisesRegex(AccessError, "Only buyers"):
            claim.with_user(self.accountant).action_compute()
        claim.partner_id = self.other_supplier
        with self.assertRaisesRegex(UserError, "another supplier"):
            claim.action_compute()

    def computed(self, claim):
        claim.action_compute()
        return claim

    def test_price_protection(self):
        """S2.3.4: the drop times what is on hand of what was bought in the protected days."""
        self.receive(self.order((self.product, 50, 10), day="2026-08-01"), day="2026-08-01")
        self.receive(self.order((self.product, 30, 10), day="2026-09-01"), day="2026-09-01")
        self.receive(self.order((self.product, 10, 10), day="2026-09-20"), day="2026-09-20")
        clause = self.contract(
            {"name": "PP", "kind": "price_protection", "protect_days": 30}, name="P"
        ).clause_ids
        claim = self.claim(
            kind="price_protection",
            clause_id=clause.id,
            product_id=self.product.id,
            price_old=10,
            price_new=8.5,
            date_to="2026-10-01",
        )
        claim.action_compute()
        self.assertEqual((claim.amount, claim.working["formula"]), (60, "(10 - 8.5) x 40"))
        self.assertEqual([row["quantity"] for row in claim.working["base"]], ["90", "30", "10"])

    def test_a_step_is_made_once(self):
        """I6 Given a claim that is accepted, when it is claimed or accepted again, then it is refused and its
        days stay."""
        claim = self.marketing()
        claim.attachment_ids = self.evidence()
        claim.with_user(self.signer).action_approve()
        with freeze_time("2026-11-02"):
            claim.action_claim()
        with freeze_time("2026-11-03"):
            with self.assertRaisesRegex(UserError, "cannot become"):
                claim.action_claim()
            claim.action_accept()
        with freeze_time("2026-11-04"), self.assertRaisesRegex(UserError, "cannot become"):
            claim.action_accept()
        self.assertEqual(
            (claim.claimed_on, claim.answered_on), (Date.to_date("2026-11-02"), Date.to_date("2026-11-03"))
        )

    def test_accepted_dues_stand_on_the_statement(self):
        """S2.3.9, S2.4.9: before and after it is booked, the line carries the working."""
        claim = self.marketing()
        claim.attachment_ids = self.evidence()
        claim.with_user(self.signer).action_approve()
        claim.action_claim()
        claim.action_accept()
        today = Date.context_today(claim)
        statement = (
            self.env["ecom.statement"]
            .with_user(self.buyer)
            ._unseal()
            .create(
                {
                    "name": "X",
                    "company_id": self.company.id,
                    "partner_id": self.supplier.id,
                    "currency_id": self.company.currency_id.id,
                    "date_from": Date.start_of(today, "month"),
                    "date_to": Date.end_of(today, "month"),
                }
            )
            ._seal()
        )
        statement._compose()
        line = statement.line_ids.filtered(lambda it: it.origin == "share")
        self.assertEqual((line.amount, line.in_ledger, line.res_model), (-300, False, "ecom.claim"))
        self.assertEqual(line.working["formula"], "1,000.00 x 30%")
        claim.with_user(self.accountant).action_settle()
        claim.move_id.with_user(self.accountant).action_post()
        statement._compose()
        line = statement.line_ids.filtered(lambda it: it.origin == "share")
        self.assertEqual((line.amount, line.in_ledger, line.move_id), (-300, True, claim.move_id))
        self.assertEqual(line.working["formula"], "1,000.00 x 30%")
