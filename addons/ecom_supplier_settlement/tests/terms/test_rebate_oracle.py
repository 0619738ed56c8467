"""Terms stage: rebates of random contracts over random events, against an oracle that knows events only."""

import random
from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction

from odoo import Command
from odoo.tests import freeze_time, tagged

from ..terms_common import TermsCase

CASES = 30
STAGES = (date(2026, 5, 20), date(2026, 10, 10), date(2027, 1, 15))
# Units of the company's currency for one; as rates of the database they are exact.
RATES = {"JPY": Fraction(1, 16), "USD": Fraction(8), "KWD": Fraction(32)}
DIGITS = {"JPY": 0, "USD": 2, "KWD": 3}


def half_up(value, digits):
    """Rounded, halves away from zero."""
    units = abs(value) * 10**digits
    whole = (2 * units.numerator + units.denominator) // (2 * units.denominator)
    return Fraction(whole if value >= 0 else -whole, 10**digits)


class Oracle:
    """Plain sums over plain events: kind, document, day, product, quantity, amount, currency."""

    def __init__(self, own, digits):
        self.own, self.digits, self.events = own, {**DIGITS, own: digits}, []

    def say(self, kind, doc, day, product, quantity, amount, currency):
        self.events.append((kind, doc, day, product, Fraction(quantity), Fraction(amount), currency))

    def base(self, terms, start, end):
        """(amount in the currency of the contract, quantity)"""
        kinds = {terms["base"]: 1}
        if terms["net_of_returns"]:
            kinds[terms["base"] + " back"] = -1
        docs, pieces = defaultdict(Fraction), Fraction(0)
        for kind, doc, day, product, quantity, amount, currency in self.events:
            if kind in kinds and start <= day <= end and product in terms["products"]:
                docs[doc, day, currency] += kinds[kind] * amount
                pieces += kinds[kind] * quantity
        rate = {**RATES, self.own: Fraction(1)}
        to, digits = terms["currency"], self.digits[terms["currency"]]
        total = sum(half_up(sum_ * rate[cur] / rate[to], digits) for (_d, _y, cur), sum_ in docs.items())
        return Fraction(total), pieces

    def earned(self, terms, start, end, whole):
        amount, pieces = self.base(terms, start, end)
        own = amount if terms["measure"] == "amount" or terms["kind"] == "fixed" else pieces
        own = pieces if terms["kind"] == "per_piece" else own
        given = getattr(self, terms["kind"])(terms, amount, pieces, own, (start, end), whole)
        given = (
            half_up(given, self.digits[terms["currency"]])
            if own >= (terms["minimum"] or own)
            else Fraction(0)
        )
        return amount, min(given, terms["cap"]) if terms["cap"] else given

    @staticmethod
    def reached(terms, level):
        """The rate of the tier; what is below zero is taken back at the rate from zero on."""
        found = [rate for start, rate in terms["tiers"] if level >= start]
        low, rate = terms["tiers"][0]
        return found[-1] if found else rate if not low and terms["reward"] != "fixed" else Fraction(0)

    @staticmethod
    def give(terms, rate, amount, pieces):
        return {"percent": amount * rate / 100, "per_piece": pieces * rate, "fixed": rate}[terms["reward"]]

    def tier_rebate(self, terms, amount, pieces, own, *_):
        if terms["tier_mode"] == "retrospective" or own <= 0:
            return self.give(terms, self.reached(terms, own), amount, pieces)
        total = Fraction(0)
        for at, (start, rate) in enumerate(terms["tiers"]):
            ends = [low for low, _rate in terms["tiers"][at + 1 :]]
            part = max(min([own, *ends[:1]]) - start, Fraction(0))
            if part and terms["reward"] == "fixed":
                total += rate
            elif part:
                total += self.give(terms, rate, amount * part / own, pieces * part / own)
        return total

    def target_rebate(self, terms, amount, pieces, own, *_):
        return self.give(terms, self.reached(terms, own * 100 / terms["target"]), amount, pieces)

    def growth_rebate(self, terms, amount, pieces, own, days, _whole):
        before = self.base(terms, *(day.replace(year=day.year - 1) for day in days))
        then = before[0 if terms["measure"] == "amount" else 1]
        if then <= 0 or own < then:
            return Fraction(0)
        rate = self.reached(terms, (own - then) * 100 / then)
        if terms["growth_on"] == "increase":
            amount, pieces = amount - before[0], pieces - before[1]
        return self.give(terms, rate, amount, pieces)

    @staticmethod
    def fixed(terms, _amount, _pieces, _own, _days, whole):
        return terms["amount"] if whole else Fraction(0)

    @staticmethod
    def per_piece(terms, _amount, pieces, *_):
        return pieces * terms["amount"]


@tagged("post_install", "-at_install")
class TestRebateOracle(TermsCase):
    """S2.3.3, S2.3.7, D1 to D5, D10."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls.company.currency_id
        cls.currencies = {cls.own.name: cls.own}
        for name in set(RATES) - {cls.own.name}:
            cls.currencies[name] = cls.currency(name)
            cls.env["res.currency.rate"].create(
                {
                    "currency_id": cls.currencies[name].id,
                    "company_id": cls.company.id,
                    "name": "2025-01-01",
                    "rate": float(1 / RATES[name]),
                }
            )
        cls.products = [cls.product, cls.other_product, cls.goods("P3")]
        cls.oracle = Oracle(cls.own.name, cls.own.decimal_places)
        cls.random = random.Random(7)
        cls.open = []

    # --- events -------------------------------------------------------------------

    def say(self, kind, document, day, rows, currency):
        for product, quantity, amount in rows:
            self.oracle.say(kind, document.id, day, product.id, quantity, amount, currency.name)

    def buy(self, since, until):
        """An order of two lines, received on a later day, both within the days."""
        dice = self.random
        day = since + timedelta(days=dice.randrange((until - since).days))
        came = min(day + timedelta(days=dice.randrange(20)), until)
        currency = dice.choice([self.own, self.own, *self.currencies.values()])
        digits = currency.decimal_places
        lines = [
            (
                product,
                dice.randint(1, 60),
                Fraction(dice.randint(10**digits, 90 * 10**digits), 10**digits),
                discount,
            )
            for product in dice.sample(self.products, 2)
            for discount in [dice.choice([0, 0, 10])]
        ]
        order = self.order(
            *[
                {"product_id": p.id, "product_qty": q, "price_unit": float(price), "discount": off}
                for p, q, price, off in lines
            ],
            day=str(day),
            currency=currency,
        )
        net = [(p, q, price * (100 - off) / 100) for p, q, price, off in lines]
        rounded = [(p, q, half_up(q * price, digits)) for p, q, price in net]
        self.say("ordered", order, day, rounded, currency)
        receipt = self.receive(order, day=str(came))
        self.say("received", receipt, came, [(p, q, q * price) for p, q, price in net], currency)
        self.open.append((order, receipt, net, came, currency))

    def bill(self, until):
        """An invoice of an order, at the order's prices, or a little above."""
        order, _receipt, net, came, currency = self.random.choice(self.open)
        day = min(came + timedelta(days=self.random.randrange(30)), until)
        digits = currency.decimal_places
        rows = [
            (line, q, half_up(price, digits))
            for line, (_p, q, price) in zip(order.order_line, net, strict=True)
        ]
        move = self.vendor_bill(
            *[(line, q, float(price)) for line, q, price in rows], day=str(day), currency=currency
        )
        self.say("billed", move, day, [(line.product_id, q, q * price) for line, q, price in rows], currency)
        if self.random.random() < 0.4:
            note = move._reverse_moves([{"invoice_date": str(day), "date": str(day)}])
            note.action_post()
            self.say(
                "billed back", note, day, [(it.product_id, q, q * price) for it, q, price in rows], currency
            )

    def give_back(self, until):
        """A return, which may be booked late on a day long past."""
        at = self.random.randrange(len(self.open))
        _order, receipt, net, came, currency = self.open.pop(at)
        day = min(came + timedelta(days=self.random.randrange(90)), until)
        counts = [self.random.randint(1, q) for _p, q, _price in net]
        back = self.send_back(receipt, *counts, day=str(day))
        rows = [(p, count, count * price) for (p, _q, price), count in zip(net, counts, strict=True)]
        self.say("received back", back, day, rows, currency)

    # --- contracts ------------------------------------------------------------------

    def terms_of(self, at):
        dice = self.random
        currency = dice.choice(list(self.currencies.values()))
        kinds = ["tier_rebate"] * 4 + ["target_rebate", "growth_rebate", "fixed", "per_piece"]
        kind, measure = kinds[at % len(kinds)], dice.choice(["amount", "quantity"])
        scale = 100 if measure == "quantity" else int(3000 / RATES.get(currency.name, 1))
        percents = kind in ("target_rebate", "growth_rebate")
        starts = [0, 60, 100] if percents else [0, scale, 3 * scale]
        starts = [Fraction(it) for it in starts[dice.choice([0, 0, 1]) :]]
        return {
            "kind": kind,
            "measure": measure,
            "currency": currency.name,
            "base": dice.choice(["received", "received", "ordered", "billed"]),
            "net_of_returns": dice.random() < 0.7,
            "products": dice.sample([it.id for it in self.products], dice.randint(1, 3)),
            "tier_mode": dice.choice(["retrospective", "incremental"]),
            "reward": dice.choice(["percent", "percent", "per_piece", "fixed"]),
            "tiers": [
                (start, Fraction(dice.randint(0, 900) + 300 * at_, 100)) for at_, start in enumerate(starts)
            ],
            "target": Fraction(2 * scale),
            "growth_on": dice.choice(["base", "increase"]),
            "amount": Fraction(dice.randint(1, 400), 4),
            "minimum": dice.choice([Fraction(0), Fraction(0), Fraction(scale, 2)]),
            "cap": Fraction(dice.choice([0, 0, 0, 50])),
            "period": dice.choice(["month", "quarter", "half", "year", "year"]),
            "interim": dice.random() < 0.5,
            "days": (date(2026, dice.choice([1, 1, 2, 4]), dice.choice([1, 1, 15])), date(2026, 12, 31)),
        }

    def signed(self, number, terms):
        values = {
            name: float(value) if isinstance(value, Fraction) else value
            for name, value in terms.items()
            if name not in ("currency", "products", "tiers", "days")
        }
        return self.contract(
            {
                **values,
                "tiers": [(float(start), float(value)) for start, value in terms["tiers"]],
                "product_ids": [Command.set(terms["products"])],
            },
            name=f"R{number}",
            start=str(terms["days"][0]),
            end=str(terms["days"][1]),
            currency_id=self.currencies[terms["currency"]].id,
        )

    def periods(self, terms):
        """[(first day, last day)] by stepping through the days of the term."""
        months = {"month": 1, "quarter": 3, "half": 6, "year": 12}[terms["period"]]
        day, last = terms["days"]
        found = {}
        while day <= last:
            key = (day.month - 1) // months
            found[key] = (found.get(key, (day,))[0], day)
            day += timedelta(days=1)
        return list(found.values())

    def expected(self, terms, claims, today):
        """[(first day, base, due)] of the open rebates; `claims` is {first day: [(claimed, accepted)]}"""
        rows = []
        for start, end in self.periods(terms):
            if start > today:
                continue
            base, earned = self.oracle.earned(terms, start, min(end, today), end < today)
            before = claims[start]
            low, high = sorted(
                sum(values, Fraction(0)) for values in (zip(*before, strict=True) if before else ((), ()))
            )
            due = earned - high if earned > high else earned - low if earned < low else Fraction(0)
            if due or not before:
                rows.append((start, base, due))
        return rows

    def answer(self, terms, rebates, claims, today):
        """Claim some of what may be claimed; the supplier accepts, accepts a part, refuses, or is silent."""
        digits = self.oracle.digits[terms["currency"]]
        for rebate in rebates.filtered(lambda it: it.amount and (it.date_to < today or terms["interim"])):
            if self.random.random() < 0.3:
                continue
            rebate.with_user(self.buyer).action_claim()
            claimed = half_up(Fraction(rebate.amount), digits)
            share = self.random.choice([1, 1, Fraction(1, 3), 0, None])
            accepted = claimed if share is None else half_up(claimed * share, digits)
            if share is not None:
                rebate.with_user(self.buyer)._answer(float(accepted), "as we see it")
            claims[rebate.date_from].append((claimed, accepted))

    def test_random_contracts_over_random_events(self):
        """Given events in any order, when periods are computed and claimed in stages, both agree on all."""
        self.patch(self.registry["ecom.clause"], "_refuse_overlaps", lambda _self: None)
        for _ in range(4):
            self.buy(date(2025, 1, 2), date(2025, 12, 20))
        cases = [
            (terms, self.signed(at, terms), defaultdict(list))
            for at, terms in enumerate(self.terms_of(at) for at in range(CASES))
        ]
        since, seen = date(2026, 1, 1), set()
        for today in STAGES:
            until = min(today, date(2026, 12, 31))
            with freeze_time(today):
                for _ in range(5 if since < until else 0):
                    self.buy(since, until)
                for _ in range(3):
                    self.bill(until)
                    self.give_back(until)
                for number, (terms, contract, claims) in enumerate(cases):
                    computed = (
                        self.env["ecom.rebate"].with_user(self.buyer)._compute_clauses(contract.clause_ids)
                    )
                    digits = self.oracle.digits[terms["currency"]]
                    found = sorted(
                        (
                            it.date_from,
                            half_up(Fraction(it.base_amount), digits),
                            half_up(Fraction(it.amount), digits),
                        )
                        for it in computed.sudo()
                    )
                    self.assertEqual(found, self.expected(terms, claims, today), (number, str(today), terms))
                    seen |= {(terms["kind"], (due > 0) - (due < 0)) for _start, _base, due in found}
                    self.answer(terms, computed.sudo(), claims, today)
            since = until
        self.assertLessEqual({("tier_rebate", -1), ("growth_rebate", 1), ("target_rebate", 1)}, seen)
