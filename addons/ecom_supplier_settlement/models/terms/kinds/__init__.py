"""Terms stage: the kinds of clauses there are, in the order in which people choose them."""

from .claims import MarketingShare, PriceProtection, PromotionShare
from .prices import PriceBand, TemporaryPrice
from .rebates import Fixed, GrowthRebate, PerPiece, TargetRebate, TierRebate

KINDS = {
    kind.code: kind
    for kind in (
        PriceBand(),
        TemporaryPrice(),
        TierRebate(),
        GrowthRebate(),
        TargetRebate(),
        Fixed(),
        PerPiece(),
        MarketingShare(),
        PromotionShare(),
        PriceProtection(),
    )
}


def giving(what):
    """{code: kind} of those that give prices, rebates or claims."""
    return {code: kind for code, kind in KINDS.items() if kind.gives == what}


REBATES = tuple(giving("rebate"))
