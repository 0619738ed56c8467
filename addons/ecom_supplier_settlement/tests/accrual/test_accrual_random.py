"""Invoice stage, at the end of a period: whatever happened, what is accrued is what a plain count says."""

import random
from calendar import monthrange
from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from odoo import Command
from odoo.tests import tagged

from ..common import SettleCase

FIRST, MONTHS = 7, 4
# (currency, price, company units for one of it month by month)
MONEY = (("JPY", 333, (0.05, 0.06, 0.04, 0.05)), ("KWD", 1.25, (23, 24, 23.5, 22)), (None, 10.07, (1,) * 4))


@tagged("post_install", "-at_install")
class TestAccrualRandom(SettleCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "UTC"
        cls.env["ecom.ledger.setup"]._apply(cls.company)
        cls.accrued = cls.env["ecom.role.map"]._company_ledger(cls.company, "goods_accrued")
        cls.lines = []
        for name, price, rates in MONEY:
            currency = cls.currency(name) if name else cls.company.currency_id
            for month, rate in enumerate(rates, start=FIRST):
                if name:
                    cls.currency(name, rate, f"2026-{month:02d}-01")
            order = cls.order((cls.product, 100_000, price), day="2026-06-20", currency=currency)
            cls.lines.append(order.order_line)

    def life(self, seed, reversal):
        """Months of receipts, returns, invoices, credit notes and second thoughts, accrued at each end."""
        self.random = random.Random(seed)
        self.company.ecom_accrual_reversal = reversal
        self.received, self.billed = defaultdict(list), defaultdict(list)
        self.bills = []
        for month in range(FIRST, FIRST + MONTHS):
            self.month = month
            for _event in range(5):
                self.random.choice((self.receive_some, self.receive_some, self.bill, self.bill, self.again))()
            end = date(2026, month, monthrange(2026, month)[1])
            accrual = self.env["ecom.accrual"]._prepare(self.company, end)
            accrual.action_post()
            self.assertEqual(self.env["ecom.accrual"]._prepare(self.company, end), accrual)
            yield end, accrual

    def day(self, ahead=0):
        month = min(self.month + ahead, FIRST + MONTHS)
        return date(2026, month, self.random.randint(1, 28))

    def receive_some(self):
        line = self.random.choice(self.lines)
        have = sum(quantity for _day, quantity in self.received[line])
        back = have and self.random.random() < 0.3
        quantity = self.random.randint(1, int(have)) if back else self.random.randint(1, 40)
        places = (self.env.ref("stock.stock_location_suppliers"), self.warehouse.lot_stock_id)
        move = self.env["stock.move"].create(
            {
                "product_id": line.product_id.id,
                "product_uom_qty": quantity,
                "location_id": places[bool(back)].id,
                "location_dest_id": places[not back].id,
                "purchase_line_id": line.id,
                "to_refund": bool(back),
            }
        )
        move._action_confirm(merge=False)
        move.write({"quantity": quantity, "picked": True})
        move._action_done()
        day = self.day()
        move.date = f"{day} 12:00:00"
        self.received[line].append((day, -quantity if back else quantity))

    def bill(self):
        """Of this month or already of the next; sometimes a line takes back; sometimes a credit note."""
        line = self.random.choice(self.lines)
        billed = sum(quantity for _day, quantity in self.billed[line])
        refund = billed > 0 and self.random.random() < 0.25
        quantities = [self.random.randint(1, int(billed)) if refund else self.random.randint(3, 40)]
        if not refund and self.random.random() < 0.3:
            quantities.insert(self.random.randint(0, 1), -self.random.randint(1, 2))
        day = self.day(ahead=self.random.choice((0, 0, 1)))
        move = self.vendor_bill(
            *((line, quantity, line.price_unit + self.random.choice((0, 1))) for quantity in quantities),
            day=day.isoformat(),
            currency=line.currency_id,
            move_type="in_refund" if refund else "in_invoice",
        )
        entry = (day, -sum(quantities) if refund else sum(quantities))
        self.billed[line].append(entry)
        self.bills.append((move, line, entry))

    def again(self):
        """An invoice or credit note of this month is reset, and posted again or cancelled."""
        mine = [it for it in self.bills if it[2][0].month >= self.month and it[0].state == "posted"]
        if not mine:
            return
        move, line, entry = self.random.choice(mine)
        move.button_draft()
        if self.random.random() < 0.5:
            move.action_post()
        else:
            move.button_cancel()
            self.billed[line].remove(entry)

    def open_at(self, line, end):
        """What a plain count says waits for an invoice."""
        received = sum(quantity for day, quantity in self.received[line] if day <= end)
        billed = sum(quantity for day, quantity in self.billed[line] if day <= end)
        return max(received - billed, 0)

    def ledger(self, line, until, field="amount_currency"):
        items = self.env["account.move.line"].search(
            [
                ("account_id", "=", self.accrued.id),
                ("ecom_accrual_line_id.purchase_line_id", "=", line.id),
                ("parent_state", "=", "posted"),
                ("date", "<=", until),
            ]
        )
        return -round(sum(items.mapped(field)), 6)

    def value(self, line, quantity):
        digits = Decimal(1).scaleb(-line.currency_id.decimal_places)
        return (quantity * Decimal(str(line.price_unit))).quantize(digits, ROUND_HALF_UP)

    def test_first_day_of_the_next_period(self):
        """C7 G1 Given any months, when each is accrued and taken back on the next day, then at its end stands
        open quantity x price at that day's rate, and nothing on the day after."""
        for seed in range(2):
            with self.subTest(seed=seed), self.env.cr.savepoint() as savepoint:
                for end, _accrual in self.life(seed, "next_day"):
                    for line in self.lines:
                        amount = self.value(line, self.open_at(line, end))
                        rate = Decimal(
                            str(
                                next(rates for name, _price, rates in MONEY if self.names(line, name))[
                                    end.month - FIRST
                                ]
                            )
                        )
                        home = (amount * rate).quantize(Decimal("0.01"), ROUND_HALF_UP)
                        self.assertEqual(self.ledger(line, end), float(amount), (end, line.currency_id.name))
                        self.assertEqual(self.ledger(line, end, "balance"), float(home))
                        self.assertEqual(self.ledger(line, end + timedelta(days=1)), 0)
                savepoint.rollback()

    def names(self, line, name):
        return line.currency_id.name == (name or self.company.currency_id.name)

    def test_when_the_bill_comes(self):
        """C7 C9 Given any months, when each is accrued and taken back by invoices, then at its end stands
        open quantity x price, and when all is invoiced nothing in either currency."""
        for seed in range(2):
            with self.subTest(seed=seed), self.env.cr.savepoint() as savepoint:
                for end, _accrual in self.life(seed, "on_bill"):
                    for line in self.lines:
                        amount = self.value(line, self.open_at(line, end))
                        self.assertEqual(self.ledger(line, end), float(amount), (end, line.currency_id.name))
                self.month = FIRST + MONTHS
                for line in self.lines:
                    rest = self.open_at(line, date(2026, 12, 1))
                    if rest:
                        self.vendor_bill((line, rest, 9), day="2026-12-01", currency=line.currency_id)
                self.env["ecom.accrual"]._prepare(self.company, date(2026, 12, 31)).action_post()
                for line in self.lines:
                    for field in ("amount_currency", "balance"):
                        self.assertEqual(
                            self.ledger(line, date(2026, 12, 31), field), 0, line.currency_id.name
                        )
                savepoint.rollback()

    def test_another_habit(self):
        """C7 Given 40 accrued until their invoice, when the company changes to the next day and accrues 50
        more, then each stands once, and changing back changes nothing."""
        line = self.lines[2]
        self.month, self.random = FIRST, random.Random(1)
        self.received, self.billed = defaultdict(list), defaultdict(list)

        def arrive(quantity, month):
            order_line, self.received[line] = line, []
            move = self.env["stock.move"].create(
                {
                    "product_id": line.product_id.id,
                    "product_uom_qty": quantity,
                    "location_id": self.env.ref("stock.stock_location_suppliers").id,
                    "location_dest_id": self.warehouse.lot_stock_id.id,
                    "purchase_line_id": order_line.id,
                }
            )
            move._action_confirm(merge=False)
            move.write({"quantity": quantity, "picked": True})
            move._action_done()
            move.date = f"2026-{month:02d}-05 12:00:00"

        standing = []
        for month, quantity, habit in ((7, 40, "on_bill"), (8, 50, "next_day"), (9, 0, "on_bill")):
            if quantity:
                arrive(quantity, month)
            self.company.ecom_accrual_reversal = habit
            end = date(2026, month, monthrange(2026, month)[1])
            accrual = self.env["ecom.accrual"]._prepare(self.company, end)
            accrual.action_post()
            standing += [self.ledger(line, end), self.ledger(line, end + timedelta(days=1))]
        price = line.price_unit
        wanted = [40 * price, 40 * price, 90 * price, 40 * price, 90 * price, 90 * price]
        self.assertEqual(standing, [round(value, 2) for value in wanted])

    # --- by hand ---------------------------------------------------------------------------

    def test_goods_that_cost_nothing(self):
        """C7 Given free goods received, when they are accrued by either habit and invoiced, then nothing is
        booked and nobody is stopped."""
        for reversal, day in (("on_bill", date(2026, 7, 31)), ("next_day", date(2026, 8, 31))):
            self.company.ecom_accrual_reversal = reversal
            order = self.order((self.other_product, 10, 0), day="2026-07-01")
            self.receive(order, day="2026-07-05")
            accrual = self.env["ecom.accrual"]._prepare(self.company, day)
            accrual.action_post()
            self.assertFalse(accrual.move_id)
            self.assertEqual(accrual.line_ids.quantity, 10)
            bill = self.vendor_bill((order.order_line, 10, 0), day="2026-09-02")
            self.assertEqual((bill.state, accrual.line_ids.quantity_open), ("posted", 0))

    def test_a_receipt_of_a_purchase_is_a_bill(self):
        """C7 C10 Given goods accrued until their invoice, when a purchase receipt invoices them, then nothing
        is left, and nothing is accrued at the next period end."""
        self.company.ecom_accrual_reversal = "on_bill"
        order = self.order((self.product, 10, 10), day="2026-07-01")
        self.receive(order, day="2026-07-05")
        self.env["ecom.accrual"]._prepare(self.company, date(2026, 7, 31)).action_post()
        self.vendor_bill((order.order_line, 10, 10), day="2026-08-05", move_type="in_receipt")
        self.assertFalse(self.env["ecom.accrual"]._prepare(self.company, date(2026, 8, 31)).line_ids)
        self.assertEqual(self.ledger(order.order_line, date(2026, 8, 31)), 0)

    def test_parts_of_a_dozen(self):
        """C7 Given a dozen accrued, when it is invoiced as four pieces thrice, then nothing of it is left."""
        self.company.ecom_accrual_reversal = "on_bill"
        dozen = self.env.ref("uom.product_uom_dozen")
        order = self.order(
            {"product_id": self.product.id, "product_qty": 1, "product_uom_id": dozen.id, "price_unit": 100},
            day="2026-07-01",
        )
        self.receive(order, 12, day="2026-07-05")
        accrual = self.env["ecom.accrual"]._prepare(self.company, date(2026, 7, 31))
        accrual.action_post()
        for _part in range(3):
            bill = self.vendor_bill((order.order_line, 1, 1), day="2026-08-05", post=False)
            bill.invoice_line_ids = [
                Command.update(
                    bill.invoice_line_ids.id,
                    {"product_uom_id": self.product.uom_id.id, "quantity": 4, "price_unit": 8},
                )
            ]
            bill.action_post()
        self.assertEqual((accrual.line_ids.quantity_open, accrual.amount_open), (0, 0))
        self.assertEqual(self.ledger(order.order_line, date(2026, 8, 31)), 0)

    def test_another_bill_takes_its_place(self):
        """C7 Given 40 accrued and invoices of 30 and 30, when the first is reset, then only the 10 that no
        invoice covers stay accrued."""
        self.company.ecom_accrual_reversal = "on_bill"
        order = self.order((self.product, 60, 10), day="2026-07-01")
        self.receive(order, 40, day="2026-07-05")
        accrual = self.env["ecom.accrual"]._prepare(self.company, date(2026, 7, 31))
        accrual.action_post()
        first, _second = (
            self.vendor_bill((order.order_line, 30, 10), day=f"2026-08-0{day}") for day in (1, 2)
        )
        self.assertEqual(accrual.amount_open, 0)
        first.button_draft()
        self.assertEqual(accrual.amount_open, 100)
        first.action_post()
        self.assertEqual((accrual.amount_open, self.ledger(order.order_line, date(2026, 12, 31))), (0, 0))
