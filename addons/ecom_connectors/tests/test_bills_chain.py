"""How bills follow each other: told of what came in and what is next to it, as if all were told anew."""

import random
from datetime import datetime, timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo.tests import tagged

from .common import EcomCase, alipay, move, pinduoduo

START = datetime(2026, 9, 1, 10)


@tagged("post_install", "-at_install")
class TestBillsChain(EcomCase):
    def told(self, account):
        """{bill: (state, difference, the one before)}"""
        return {
            bill: (bill.chain_state, bill.currency_id.round(bill.chain_difference), bill.previous_id)
            for bill in self.env["ecom.bill"].search([("account_id", "=", account.id)])
        }

    def wanted(self, account):
        """The same by looking at every line of the account for every bill."""
        bills = self.env["ecom.bill"].search([("account_id", "=", account.id)])
        lines = [(line.booked_at, line.amount) for line in bills.line_ids]
        told, before, offset = {}, bills.browse(), 0
        for bill in bills.sorted(lambda bill: (bill.last_booked_at, bill.first_booked_at)):
            base = bill.closing - sum(amount for at, amount in lines if at <= bill.last_booked_at)
            missing = bill.currency_id.round(base - offset) if before else 0
            state = "overlap" if before and bill.first_booked_at < before.last_booked_at else "ok"
            state = "first" if not before else "gap" if missing else state
            told[bill] = (state, missing, before)
            before, offset = bill, base
        return told

    def followed(self):
        """How many bills are compared with their neighbour while this is patched."""
        chain = type(self.env["ecom.chain"])
        compare = chain._set_chain
        return patch.object(chain, "_set_chain", autospec=True, side_effect=compare)

    def test_any_order_of_overlapping_files(self):
        """Given files of random stretches of forty movements, some of them lost, in random order,
        when each comes in, then every bill is told apart as if all lines were looked at again."""
        for seed in range(6):
            dice = random.Random(seed)
            account = self.account(f"CHAIN-{seed}", "alipay")
            moves = [
                move(Decimal(dice.randrange(-500, 900)) / 100 or 1, at=str(START + timedelta(minutes=n)))
                for n in range(40)
            ]
            stretches = [sorted(dice.sample(range(41), 2)) for _number in range(9)]
            for number, (begin, end) in enumerate(stretches):
                opening = 1000 + sum(each.amount for each in moves[:begin])
                self.bill(alipay(*moves[begin:end], opening=opening), account, f"{number}.csv")
                self.assertEqual(self.told(account), self.wanted(account), f"seed {seed}, file {number}")

    def test_a_day_reads_no_older_bills(self):
        """Given ten daily bills, one of them imported again with a line more, when the next day comes,
        then that bill alone is compared, and the sum until its end is that of the last one and its lines."""
        days = [[move("10.00", at=str(START + timedelta(days=day)))] for day in range(12)]

        def daily(day, *more):
            return alipay(*days[day], *more, opening=1000 + 10 * day)

        for day in range(10):
            self.bill(daily(day), name=f"{day}.csv")
        self.bill(daily(9, move("5.00", at=str(START + timedelta(days=9, hours=1)))), name="again.csv")
        with self.followed() as compared:
            bill = self.bill(alipay(*days[11], opening="1115.00"), name="11.csv")
        self.assertEqual(compared.call_count, 1)
        self.assertEqual((bill.chain_state, bill.chain_difference, bill.lines_until), ("gap", 10, 115))
        with self.followed() as compared:
            self.bill(alipay(*days[10], opening="1105.00"), name="10.csv")
        self.assertEqual(compared.call_count, 2, "the late one and the one after it")
        self.assertEqual((bill.chain_state, bill.chain_difference, bill.lines_until), ("ok", 0, 125))

    def test_a_period_reads_no_older_periods(self):
        """Given bills that declare their days and no balance, when the next one comes, then it alone is
        compared; a late one fills its gap."""
        account = self.account("PDD", "pinduoduo")

        def period(first, last):
            moves = [move("1.00", f"26090{first}-1", at=f"2026-09-0{first} 10:00:00")]
            days = (f"2026-09-0{first}", f"2026-09-0{last}")
            return self.bill(pinduoduo(*moves, period=days), account, f"{first}.csv")

        first, third = period(1, 2), period(4, 5)
        self.assertEqual([first.chain_state, third.chain_state], ["first", "gap"])
        with self.followed() as compared:
            last = period(6, 7)
        self.assertEqual((compared.call_count, last.chain_state), (1, "ok"))
        with self.followed() as compared:
            second = period(3, 3)
        self.assertEqual(compared.call_count, 3)
        self.assertEqual([bill.chain_state for bill in (second, third, last)], ["ok", "ok", "ok"])
        self.assertEqual((third.previous_id, last.previous_id), (second, third))
