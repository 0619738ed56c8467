"""Terms stage: clauses that set the price of order lines."""

from decimal import Decimal

from ....lib.ecom_settle.terms import best_price
from ....lib.ecom_settle.working import plain
from ..clause_words import exact, money
from .kind import Kind


class Price(Kind):
    gives = "price"
    exclusive = True
    # Of several clauses about a line, the one with the lowest rank is asked first.
    rank = 0

    def price(self, clause, quantity):
        """The price per product unit of an order line of so many product units; None or zero: it has none."""
        raise NotImplementedError


class TemporaryPrice(Price):
    code = "temporary_price"
    label = "Temporary Price"
    uses = ("amount",)
    needs = ("amount",)

    def sentence(self, clause):
        return clause.env._("the price is %s, whatever the order says.", money(clause, clause.amount))

    def price(self, clause, quantity):
        return exact(clause.amount)


class PriceBand(Price):
    code = "price_band"
    label = "Price by Quantity"
    uses = ("tier_ids",)
    rank = 1

    def sentence(self, clause):
        tiers = "; ".join(
            clause.env._(
                "from %(level)s pieces of an order line: %(price)s",
                level=plain(exact(tier.start)),
                price=money(clause, tier.value),
            )
            for tier in clause.tier_ids.sorted("start")
        )
        return clause.env._("the price is: %s.", tiers)

    def price(self, clause, quantity):
        return best_price(clause._tier_table(), quantity, Decimal(0))
