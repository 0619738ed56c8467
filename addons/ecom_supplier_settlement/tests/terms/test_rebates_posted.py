"""Terms stage: what rebates do to the ledger: accrual by share sold, tax taken back, refusal, settlement."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .test_rebates import D3, RebateCase


class PostedCase(RebateCase):
    """Roles with accounts, a tax, and what stands on them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ecom.ledger.setup"]._apply(cls.company)
        cls.lookup = staticmethod(cls.env["ecom.role.map"]._lookup(cls.company))
        cls.vat = cls.tax("In 13", 13, "purchase")

    @classmethod
    def tax(cls, name, percent, use):
        """A tax with an account of its own."""
        account = cls.env["account.account"].create(
            {"name": name, "code": f"2221{percent:02}", "account_type": "liability_current"}
        )
        lines = [
            Command.clear(),
            Command.create({"repartition_type": "base"}),
            Command.create({"repartition_type": "tax", "account_id": account.id}),
        ]
        return cls.env["account.tax"].create(
            {
                "name": name,
                "type_tax_use": use,
                "amount": percent,
                "company_id": cls.company.id,
                "invoice_repartition_line_ids": lines,
                "refund_repartition_line_ids": lines,
            }
        )

    def balance(self, role):
        account = self.lookup(role, self.env["ecom.account"], self.env["ecom.shop"])
        items = self.env["account.move.line"].search(
            [("account_id", "=", account.id), ("parent_state", "=", "posted")]
        )
        return round(sum(items.mapped("balance")), 3)

    def balances(self):
        return tuple(
            self.balance(f"rebate_{role}")
            for role in ("receivable", "cogs", "inventory", "income", "expense")
        )

    def accrue(self, rebate, today="2027-01-10"):
        with freeze_time(today):
            rebate.with_user(self.accountant).action_accrue()

    def settle(self, rebate, post=True, today="2027-01-10"):
        with freeze_time(today):
            rebate.with_user(self.accountant).action_settle()
            if post:
                rebate.move_id.with_user(self.accountant).action_post()
        return rebate.move_id

    def sold(self, quantity, day="2026-06-01"):
        """So many of the product left for customers."""
        customer = self.env.ref("stock.stock_location_customers")
        move = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": quantity,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": customer.id,
            }
        )
        move._action_confirm()
        move._action_assign()
        move.quantity, move.picked = quantity, True
        move._action_done()
        move.date = f"{day} 04:00:00"


@tagged("post_install", "-at_install")
class TestRebatesPosted(PostedCase):
    def test_an_accrual_follows_the_goods(self):
        """D6: 750 with 60 % sold: cost of sales -450, stock -300; twice is once."""
        self.bought(250, 100)
        self.sold(150)
        rebate = self.compute(self.contract({"tiers": D3}))
        with self.assertRaises(AccessError):
            rebate.with_user(self.buyer).action_accrue()
        self.accrue(rebate)
        self.assertEqual(self.balances(), (750, -450, -300, 0, 0))
        self.accrue(rebate)
        self.assertEqual(len(rebate.accrual_ids), 1)
        self.assertEqual(str(rebate.accrual_ids.date), "2026-12-31")

    def test_an_accrual_follows_the_facts(self):
        """D5: when the base falls, only the difference is booked."""
        receipt = self.bought(250, 100)
        contract = self.contract({"tiers": D3})
        rebate = self.compute(contract)
        self.accrue(rebate)
        self.send_back(receipt, 60, day="2026-05-02")
        self.compute(contract)
        self.accrue(rebate)
        self.assertEqual((rebate.amount, rebate.amount_accrued), (380, 380))
        self.assertEqual(self.balances(), (380, 0, -380, 0, 0))
        self.assertEqual(len(rebate.accrual_ids), 2)

    def test_an_accrual_leaves_the_stock_with_its_goods(self):
        """D6: accrued with 60 % sold in June; 20 % more are sold later, before and after the credit note."""
        self.bought(250, 100)
        self.sold(150)
        contract = self.contract({"tiers": D3})
        rebate = self.compute(contract, "2026-06-30")
        self.accrue(rebate, "2026-06-30")
        self.assertEqual((self.balances(), rebate.amount_stock), ((750, -450, -300, 0, 0), 300))
        self.sold(50, "2026-09-01")
        self.compute(contract)
        self.accrue(rebate)
        self.assertEqual((self.balances(), rebate.amount_stock), ((750, -600, -150, 0, 0), 150))
        self.settle(self.claimed(rebate))
        self.sold(25, "2027-02-01")
        self.bought(250, 100, day="2027-02-02")
        self.accrue(rebate, "2027-02-28")
        self.accrue(rebate, "2027-02-28")
        self.assertEqual((self.balances(), rebate.amount_stock), ((0, -675, -75, 0, 0), 75))
        self.assertEqual(str(rebate.accrual_ids.sorted("id")[-1].date), "2027-02-28")

    def test_an_accrual_changes_with_its_rebate_only(self):
        """I2: what a rebate says it has booked cannot be taken back behind its back."""
        self.bought(250, 100)
        rebate = self.compute(self.contract({"tiers": D3}))
        self.accrue(rebate)
        entry = rebate.accrual_ids.with_user(self.accountant)
        with self.assertRaisesRegex(UserError, "is the accrual of Bonus"):
            entry.button_draft()
        with self.assertRaisesRegex(UserError, "is the accrual of Bonus"):
            entry._reverse_moves()

    def test_refusal_reverses_the_accrual(self):
        """D10: refused by the supplier, the accrual is gone; partly accepted, the rest of it."""
        self.bought(250, 100)
        rebate = self.compute(self.contract({"tiers": D3}))
        self.accrue(rebate)
        with freeze_time("2027-01-10"):
            rebate.with_user(self.buyer).action_claim()
            rebate.with_user(self.buyer)._answer(500, "wrong items")
        self.assertEqual(self.balances(), (500, 0, -500, 0, 0))
        other = self.compute(
            self.contract(
                {"tiers": [(0, 1)], "kind": "tier_rebate", "measure": "quantity", "reward": "per_piece"},
                name="C2",
                partner_id=self.other_supplier.id,
            )
        )
        self.assertEqual(other.amount, 0)

    def test_all_refused(self):
        """D10."""
        self.bought(250, 100)
        rebate = self.compute(self.contract({"tiers": D3}))
        self.accrue(rebate)
        with freeze_time("2027-01-10"):
            rebate.with_user(self.buyer).action_claim()
            rebate.with_user(self.buyer)._answer(0, "no contract")
        self.assertEqual((rebate.state, rebate.amount_accrued), ("refused", 0))
        self.assertEqual(self.balances(), (0, 0, 0, 0, 0))
        with self.assertRaises(UserError):
            self.settle(rebate)

    def test_a_credit_note_takes_input_tax_back(self):
        """D8: 1,130 with 13 % inside: the cost falls by 1,000, input tax by 130."""
        self.bought(1130, 10)
        contract = self.contract({"tiers": [(0, 10)], "vat_treatment": "input_vat", "tax_id": self.vat.id})
        rebate = self.compute(contract)
        self.accrue(rebate)
        self.assertEqual(self.balances(), (1000, 0, -1000, 0, 0), "tax does not accrue")
        self.claimed(rebate)
        note = self.settle(rebate, post=False)
        self.assertEqual((note.move_type, note.state, rebate.state), ("in_refund", "draft", "accepted"))
        self.assertEqual((note.amount_untaxed, note.amount_tax, note.amount_total), (1000, 130, 1130))
        note.with_user(self.accountant).action_post()
        self.assertEqual(rebate.state, "settled")
        self.assertEqual(self.balances(), (0, 0, -1000, 0, 0))
        receivable = (rebate.accrual_ids | note).line_ids.filtered(
            lambda it: it.account_id.reconcile and it.account_id.account_type == "asset_current"
        )
        self.assertTrue(all(receivable.mapped("reconciled")))
        with self.assertRaisesRegex(UserError, "not accepted|settled"):
            self.settle(rebate)

    def test_net_and_tax_are_never_a_cent_off(self):
        """D8: the total of the document is the accepted amount, whatever the tax computes to."""
        contract = self.contract({"tiers": [(0, 100)], "vat_treatment": "input_vat", "tax_id": self.vat.id})
        receipts = [self.bought(1, price, day="2026-03-05") for price in (0.01, 0.1, 0.05, 7.77, 333.33)]
        self.assertEqual(len(receipts), 5)
        rebate = self.compute(contract)
        self.assertEqual(rebate.amount, 341.26)
        self.claimed(rebate)
        self.assertEqual(self.settle(rebate).amount_total, 341.26)
        self.assertEqual(self.balance("rebate_inventory"), -302.0)

    def test_without_accrual_the_note_itself_lowers_the_cost(self):
        self.bought(250, 100)
        self.sold(150)
        rebate = self.claimed(self.compute(self.contract({"tiers": D3, "accrue": False})))
        self.accrue(rebate)
        self.assertFalse(rebate.accrual_ids)
        self.settle(rebate)
        self.assertEqual(self.balances(), (0, -450, -300, 0, 0))

    def test_giving_back_is_a_bill(self):
        """D5: a clawback of 370 is booked the other way round."""
        receipt = self.bought(250, 100)
        contract = self.contract({"tiers": D3})
        self.settle(self.claimed(self.compute(contract)))
        self.send_back(receipt, 60, day="2026-05-02")
        back = self.claimed(self.compute(contract))
        bill = self.settle(back)
        self.assertEqual((bill.move_type, bill.amount_total), ("in_invoice", 370))
        self.assertEqual(self.balances(), (0, 0, -380, 0, 0))
        again = self.contract(
            {"tiers": D3, "base": "billed"}, name="B", partner_id=self.supplier.id, sign=False
        )
        base = again.clause_ids._count(contract.date_from, contract.date_to).base
        self.assertEqual(base.amount, 0, "what settles terms is no purchase")

    def test_fees_are_income_from_services(self):
        """D8, D7: a fee that does not depend on purchases is invoiced with output tax."""
        out = self.tax("Out 6", 6, "sale")
        contract = self.contract(
            {"kind": "fixed", "amount": 1060, "vat_treatment": "service", "tax_id": out.id}
        )
        rebate = self.compute(contract)
        self.accrue(rebate)
        self.assertEqual(self.balances(), (1000, 0, 0, -1000, 0))
        invoice = self.settle(self.claimed(rebate))
        self.assertEqual(
            (invoice.move_type, invoice.amount_tax, invoice.amount_total), ("out_invoice", 60, 1060)
        )
        self.assertEqual(self.balances(), (0, 0, 0, -1000, 0))

    def test_a_deducted_fee_stands_on_the_payable(self):
        """D8: the invoice for services is netted with what we owe, and opens again with the invoice."""
        out = self.tax("Out 6", 6, "sale")
        terms = {"kind": "fixed", "amount": 1060, "vat_treatment": "service", "tax_id": out.id}
        rebate = self.claimed(self.compute(self.contract({**terms, "settlement_mode": "deduction"})))
        invoice = self.settle(rebate).with_user(self.accountant)
        self.assertEqual((invoice.amount_residual, rebate.state), (0, "settled"))

        def owed():
            items = self.env["account.move.line"].search(
                [
                    ("partner_id", "=", self.supplier.id),
                    ("account_id.account_type", "=", "liability_payable"),
                    ("parent_state", "=", "posted"),
                ]
            )
            return sum(items.mapped("balance"))

        self.assertEqual(owed(), 1060)
        invoice.button_draft()
        self.assertEqual((owed(), rebate.state, rebate.netting_id.id), (0, "accepted", False))

    def test_refunded_selling_expenses_reduce_these(self):
        """D7."""
        rebate = self.compute(self.contract({"kind": "fixed", "amount": 100, "offset": "expense"}))
        self.accrue(rebate)
        self.assertEqual(self.balances(), (100, 0, 0, 0, -100))

    def test_back_to_draft_and_reversal_open_it_again(self):
        """I2: nothing is deleted; a reversed settlement can be settled anew."""
        self.bought(250, 100)
        rebate = self.claimed(self.compute(self.contract({"tiers": D3})))
        note = self.settle(rebate).with_user(self.accountant)
        note.button_draft()
        self.assertEqual(rebate.state, "accepted")
        note.action_post()
        self.assertEqual(rebate.state, "settled")
        note._reverse_moves([{"invoice_date": note.invoice_date, "date": note.date}], cancel=True)
        self.assertEqual((rebate.state, rebate.move_id.id), ("accepted", False))
        second = self.settle(rebate)
        self.assertNotEqual(second, note)
        self.assertEqual(self.balances(), (0, 0, -750, 0, 0))

    def test_a_locked_period_is_left_alone(self):
        """I1: the accrual of a locked month is booked on the first open day."""
        self.bought(250, 100)
        rebate = self.compute(self.contract({"tiers": D3}))
        self.company.fiscalyear_lock_date = "2027-01-05"
        self.accrue(rebate)
        self.assertEqual(str(rebate.accrual_ids.date), "2027-01-06")

    def test_another_currency(self):
        """G1: a rebate in a currency of three decimals is booked at the rate of its day."""
        dinar = self.currency("KWD", 10, "2026-01-01")
        self.bought(1, 25.125, currency=dinar)
        rebate = self.compute(self.contract({"tiers": [(0, 10)]}, currency_id=dinar.id))
        self.assertEqual(rebate.amount, 2.513)
        self.accrue(rebate)
        self.assertEqual(self.balance("rebate_receivable"), 25.13)
        note = self.settle(self.claimed(rebate))
        self.assertEqual(note.amount_total, 2.513)
        self.assertEqual(self.balance("rebate_receivable"), 0)

    def test_goods_settle_with_their_receipt(self):
        self.bought(250, 100)
        rebate = self.compute(self.contract({"tiers": D3, "settlement_mode": "goods"}))
        self.accrue(rebate)
        self.assertEqual(self.balance("rebate_receivable"), 750)
        self.claimed(rebate)
        with self.assertRaisesRegex(UserError, "settled in goods"):
            self.settle(rebate)
        free = self.bought(5, 0, day="2026-12-20")
        with self.assertRaises(UserError):
            rebate.with_user(self.buyer)._settle_by_goods(self.bought(5, 0, partner=self.other_supplier))
        action = rebate.with_user(self.buyer).action_goods()
        dialog = self.env[action["res_model"]].with_user(self.buyer).with_context(**action["context"])
        dialog.create({"picking_id": free.id}).action_apply()
        self.assertEqual((rebate.state, rebate.picking_id), ("settled", free))
        self.assertEqual((rebate.amount_accrued, self.balance("rebate_receivable")), (0, 0))
        pieces = {"kind": "per_piece", "amount": 1, "settlement_mode": "goods"}
        again = self.claimed(self.compute(self.contract(pieces, name="C2")))
        with self.assertRaisesRegex(UserError, "already"):
            again.with_user(self.buyer)._settle_by_goods(free)
