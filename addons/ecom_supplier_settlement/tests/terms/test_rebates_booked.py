"""Terms stage: random dues from accrual to settlement, against plain arithmetic with tax and refusal."""

import random
from decimal import ROUND_HALF_UP, Decimal

from odoo.tests import freeze_time, tagged

from .test_rebates_posted import PostedCase

RATES = {"JPY": ("0.0625", "0.05"), "KWD": ("23.5", "24.125"), "USD": ("7.1", "7.25")}


def cut(value, digits):
    return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


@tagged("post_install", "-at_install")
class TestRebatesBooked(PostedCase):
    """D6, D8, D10: whatever the currency, rate and answer, nothing is left on the receivable."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.taxes = [cls.vat, cls.tax("In 9", 9, "purchase"), cls.tax("In 17", 17, "purchase")]
        cls.monies = [cls.company.currency_id]
        for name, (rate, later) in RATES.items():
            if name != cls.company.currency_id.name:
                cls.monies.append(cls.currency(name, float(rate), "2026-01-01"))
                cls.currency(name, float(later), "2027-01-05")

    def stands(self, role, rebate):
        """What stands on the role's account for the rebate, in its currency and in the company's."""
        moves = rebate.accrual_ids | rebate.move_id
        account = self.lookup(role, self.env["ecom.account"], self.env["ecom.shop"])
        items = moves.line_ids.filtered(lambda it: it.account_id == account and it.parent_state == "posted")
        exchange = items.matched_debit_ids.exchange_move_id | items.matched_credit_ids.exchange_move_id
        more = exchange.line_ids.filtered(lambda it: it.account_id == account)
        digits = rebate.currency_id.decimal_places
        return (
            cut(Decimal(str(sum(items.mapped("amount_currency")))), digits) + 0,
            cut(Decimal(str(sum((items | more).mapped("balance")))), 2) + 0,
        )

    def test_random_dues(self):
        dice = random.Random(13)
        self.patch(self.registry["ecom.clause"], "_refuse_overlaps", lambda _self: None)
        for at in range(16):
            currency, tax = self.monies[at % len(self.monies)], dice.choice(self.taxes)
            digits = currency.decimal_places
            amount = Decimal(dice.randint(5, 10**6)).scaleb(-digits)
            share = dice.choice([Decimal(1), Decimal(1), Decimal("0.37"), Decimal(0)])
            contract = self.contract(
                {"kind": "fixed", "amount": float(amount), "vat_treatment": "input_vat", "tax_id": tax.id},
                name=f"F{at}",
                currency_id=currency.id,
            )
            rebate = self.compute(contract)
            if dice.random() < 0.3:
                amount = -amount
                rebate._unseal().write({"amount": float(amount)})
            if dice.random() < 0.7:
                self.accrue(rebate)
            rate = Decimal(str(tax.amount))
            net = amount - cut(amount * rate / (100 + rate), digits)
            accrued = net if rebate.accrual_ids else Decimal(0)
            case = (at, currency.name, str(amount), str(rate), str(share), bool(accrued))
            self.assertEqual(self.stands("rebate_receivable", rebate)[0], accrued, case)
            accepted = cut(amount * share, digits)
            with freeze_time("2027-01-10"):
                rebate.with_user(self.buyer).action_claim()
                rebate.with_user(self.buyer)._answer(float(accepted), "as we see it")
            if accepted:
                note = self.settle(rebate)
                total = Decimal(str(note.amount_total))
                self.assertEqual(cut(total, digits), abs(accepted), case)
                inside = cut(accepted * rate / (100 + rate), digits)
                self.assertEqual(cut(Decimal(str(note.amount_tax)), digits), abs(inside), case)
                kept = accepted - inside
            else:
                self.assertEqual(rebate.state, "refused", case)
                kept = Decimal(0)
            self.assertEqual(self.stands("rebate_receivable", rebate), (0, 0), case)
            costs = [self.stands(role, rebate)[0] for role in ("rebate_cogs", "rebate_inventory")]
            self.assertEqual(sum(costs), -kept, case)
