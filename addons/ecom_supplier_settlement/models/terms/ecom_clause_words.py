"""Terms stage: every clause as a sentence that both sides can read."""

from odoo import models

from ...lib.ecom_settle.working import grouped, plain
from .ecom_clause import REBATES, exact


class EcomClause(models.Model):
    _inherit = "ecom.clause"

    def _sentence(self):
        """The whole clause in the user's language: scope, what is given, limits, how it is settled."""
        self.ensure_one()
        parts = [self._sentence_days(), self._sentence_what()]
        parts += self._sentence_limits()
        if self.kind in REBATES:
            parts += self._sentence_settled()
        if self.tax_id:
            parts.append(self._sentence_tax())
        return " ".join(part for part in parts if part)

    def _sentence_days(self):
        return self.env._(
            "From %(start)s to %(end)s, for %(goods)s:",
            start=self.valid_from or "…",
            end=self.valid_to or "…",
            goods=self._sentence_goods(),
        )

    def _sentence_goods(self):
        names = [*self.categ_ids.mapped("display_name"), *self.product_ids.mapped("display_name")]
        goods = ", ".join(names) if names else self.env._("all goods")
        if self.except_product_ids:
            return self.env._(
                "%(goods)s except %(others)s",
                goods=goods,
                others=", ".join(self.except_product_ids.mapped("display_name")),
            )
        return goods

    def _sentence_what(self):
        """One method per kind, so that an added kind brings its own."""
        return getattr(self, f"_sentence_{self.kind}")()

    def _money(self, value):
        """An amount; prices and amounts per piece keep the decimals that were agreed."""
        digits = self.currency_id.decimal_places
        value = exact(value)
        text = grouped(value, digits) if value == round(value, digits) else plain(value)
        return f"{text} {self.currency_id.name or ''}".strip()

    def _level(self, value):
        return (
            self._money(value) if self.measure == "amount" else self.env._("%s pieces", plain(exact(value)))
        )

    def _given(self, tier):
        if self.reward == "percent":
            return f"{plain(exact(tier.value))}%"
        if self.reward == "per_piece":
            return self.env._("%s per piece", self._money(tier.value))
        return self._money(tier.value)

    def _base_words(self):
        words = {
            "ordered": self.env._("ordered"),
            "received": self.env._("received"),
            "billed": self.env._("billed"),
            "sold": self.env._("sold"),
        }[self.base]
        extras = [
            self.env._("net of returns") if self.net_of_returns else self.env._("before returns"),
            self.env._("with tax") if self.tax_included else self.env._("without tax"),
        ]
        if self.freight_included:
            extras.append(self.env._("with freight"))
        if self.date_by == "order" and self.base in ("received", "billed"):
            extras.append(self.env._("by the day of the order"))
        return f"{words} ({', '.join(extras)})"

    def _tier_words(self, level):
        return "; ".join(
            self.env._("from %(level)s: %(given)s", level=level(tier.start), given=self._given(tier))
            for tier in self.tier_ids.sorted("start")
        )

    def _sentence_tier_rebate(self):
        if self.tier_mode == "incremental":
            return self.env._(
                "a rebate on what is %(base)s, each slice at its own tier: %(tiers)s.",
                base=self._base_words(),
                tiers=self._tier_words(self._level),
            )
        return self.env._(
            "a rebate on all that is %(base)s, at the reached tier: %(tiers)s.",
            base=self._base_words(),
            tiers=self._tier_words(self._level),
        )

    def _sentence_growth_rebate(self):
        if self.growth_on == "increase":
            return self.env._(
                "a rebate on the yearly increase of what is %(base)s, by its growth: %(tiers)s.",
                base=self._base_words(),
                tiers=self._tier_words(lambda start: f"{plain(exact(start))}%"),
            )
        return self.env._(
            "a rebate on all that is %(base)s, by its growth over the year before: %(tiers)s.",
            base=self._base_words(),
            tiers=self._tier_words(lambda start: f"{plain(exact(start))}%"),
        )

    def _sentence_target_rebate(self):
        return self.env._(
            "a rebate on all that is %(base)s, by the reached part of the target %(target)s: %(tiers)s.",
            base=self._base_words(),
            target=self._level(self.target),
            tiers=self._tier_words(lambda start: f"{plain(exact(start))}%"),
        )

    def _sentence_fixed(self):
        return self.env._("%s for every period.", self._money(self.amount))

    def _sentence_per_piece(self):
        return self.env._(
            "%(amount)s for every piece %(base)s.", amount=self._money(self.amount), base=self._base_words()
        )

    def _sentence_price_band(self):
        tiers = "; ".join(
            self.env._(
                "from %(level)s pieces of an order line: %(price)s",
                level=plain(exact(tier.start)),
                price=self._money(tier.value),
            )
            for tier in self.tier_ids.sorted("start")
        )
        return self.env._("the price is: %s.", tiers)

    def _sentence_temporary_price(self):
        return self.env._("the price is %s, whatever the order says.", self._money(self.amount))

    def _part(self):
        return f"{plain(exact(self.percent, 4))}%" if self.percent else self._money(self.amount)

    def _sentence_promotion_share(self):
        return self.env._("the supplier bears %s of the discounts of our promotions.", self._part())

    def _sentence_marketing_share(self):
        return self.env._("the supplier bears %s of our marketing costs.", self._part())

    def _sentence_price_protection(self):
        return self.env._(
            "when the price falls, the difference for what is on hand of goods bought in the %s days before.",
            self.protect_days,
        )

    def _sentence_limits(self):
        parts = []
        if self.minimum:
            parts.append(self.env._("Nothing below %s.", self._level(self.minimum)))
        if self.cap:
            parts.append(self.env._("At most %s a period.", self._money(self.cap)))
        return parts

    def _sentence_settled(self):
        period = dict(self._fields["period"]._description_selection(self.env))[self.period]
        mode = dict(self._fields["settlement_mode"]._description_selection(self.env))[self.settlement_mode]
        text = (
            self.env._("Settled per %(period)s, also in between: %(mode)s.", period=period, mode=mode)
            if self.interim
            else self.env._("Settled per %(period)s: %(mode)s.", period=period, mode=mode)
        )
        return [text, self._sentence_amended()]

    def _sentence_amended(self):
        if not self.previous_id:
            return ""
        if self.amended == "restart":
            return self.env._("Its first period starts on its first day.")
        return self.env._(
            "The period under way goes on: these terms count for all of it, less what was settled before."
        )

    def _sentence_tax(self):
        if self.vat_treatment == "input_vat":
            return self.env._("The amount includes %s, which reduces our input tax.", self.tax_id.name)
        if self.vat_treatment == "service":
            return self.env._("The amount includes %s: it is our income from services.", self.tax_id.name)
        return ""
