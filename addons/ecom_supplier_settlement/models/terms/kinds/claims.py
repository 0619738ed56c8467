"""Terms stage: clauses by which we may claim a part of a cost from the supplier."""

from fractions import Fraction

from ....lib.ecom_settle.shares import price_protection
from ....lib.ecom_settle.terms import capped
from ....lib.ecom_settle.working import BaseRow, grouped, plain
from ..clause_words import exact, money
from .kind import Kind


class Claim(Kind):
    gives = "claim"
    # What the claim itself is called.
    claim_label = ""

    def due(self, claim):
        """What a claim by such a clause is worth: (`Earned`, rows of the working)."""
        raise NotImplementedError


class Share(Claim):
    """The supplier bears a percentage of a cost, or up to an amount of it."""

    uses = ("amount", "percent")
    needs = ("percent", "amount")

    def part(self, clause):
        return f"{plain(exact(clause.percent, 4))}%" if clause.percent else money(clause, clause.amount)

    def due(self, claim):
        clause, digits = claim._clause_needed(), claim.currency_id.decimal_places
        cost = exact(claim.base_amount, digits)
        row = BaseRow(label=claim.title, amount=cost)
        if clause.percent:
            rate = exact(clause.percent, 4)
            share = Fraction(cost) * Fraction(rate) / 100
            formula = f"{grouped(cost, digits)} x {plain(rate)}%"
        else:
            agreed = exact(clause.amount)
            share, formula = Fraction(min(agreed, cost)), f"min({plain(agreed)}; {grouped(cost, digits)})"
        return capped(share, formula, digits, clause._limits()), (row,)


class PromotionShare(Share):
    code = "promotion_share"
    label = "Promotion Share"
    claim_label = "Promotion"

    def sentence(self, clause):
        return clause.env._("the supplier bears %s of the discounts of our promotions.", self.part(clause))

    def due(self, claim):
        """A share of a campaign is what the campaign has split off for it."""
        share = claim.campaign_share_id
        if not share:
            return super().due(claim)
        digits, campaign = claim.currency_id.decimal_places, share.campaign_id
        row = BaseRow(label=campaign.display_name, amount=exact(campaign.amount_discount, digits))
        part = exact(share.amount_borne, digits)
        return capped(Fraction(part), share._formula(), digits), (row,)


class MarketingShare(Share):
    code = "marketing_share"
    label = "Marketing Share"
    claim_label = "Marketing Cost"

    def sentence(self, clause):
        return clause.env._("the supplier bears %s of our marketing costs.", self.part(clause))


class PriceProtection(Claim):
    code = "price_protection"
    label = "Price Protection"
    claim_label = "Price Protection"
    uses = ("protect_days",)
    needs = ("protect_days",)

    def sentence(self, clause):
        return clause.env._(
            "when the price falls, the difference for what is on hand of goods bought in the %s days before.",
            clause.protect_days,
        )

    def due(self, claim):
        clause, digits = claim._clause_needed(), claim.currency_id.decimal_places
        on_hand, purchases = claim._stock_before(clause)
        earned = price_protection(
            exact(claim.price_old),
            exact(claim.price_new),
            on_hand,
            purchases,
            day=claim.date_to,
            days=clause.protect_days,
            digits=digits,
            cap=exact(clause.cap) or None,
        )
        rows = [
            BaseRow(code="on_hand", values={"day": str(claim.date_to)}, quantity=on_hand),
            *(
                BaseRow(code="received_on", values={"day": str(one.day)}, quantity=one.quantity)
                for one in purchases
            ),
        ]
        return earned, tuple(rows)
