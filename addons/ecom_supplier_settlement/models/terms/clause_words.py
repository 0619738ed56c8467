"""Terms stage: every clause as a sentence that both sides can read, and the figures in it."""

from decimal import Decimal

from ...lib.ecom_settle.working import grouped, plain


def exact(value, digits=6):
    """A number of the database as the Decimal it was stored as."""
    return Decimal(f"{value or 0:.{digits}f}").normalize() + 0


# --- parts of sentences that kinds share ------------------------------------------


def money(clause, value):
    """An amount; prices and amounts per piece keep the decimals that were agreed."""
    digits = clause.currency_id.decimal_places
    value = exact(value)
    text = grouped(value, digits) if value == round(value, digits) else plain(value)
    return f"{text} {clause.currency_id.name or ''}".strip()


def level(clause, value):
    """What tiers and limits are measured by: an amount or a quantity."""
    if clause.measure == "amount":
        return money(clause, value)
    return clause.env._("%s pieces", plain(exact(value)))


def percentage(_clause, value):
    return f"{plain(exact(value))}%"


def tiers(clause, start):
    """:param start: function of the clause and a tier's start that says it in words"""
    return "; ".join(
        clause.env._("from %(level)s: %(given)s", level=start(clause, tier.start), given=_given(clause, tier))
        for tier in clause.tier_ids.sorted("start")
    )


def _given(clause, tier):
    if clause.reward == "percent":
        return f"{plain(exact(tier.value))}%"
    if clause.reward == "per_piece":
        return clause.env._("%s per piece", money(clause, tier.value))
    return money(clause, tier.value)


def counted(clause):
    """What the clause counts, and how."""
    words = {
        "ordered": clause.env._("ordered"),
        "received": clause.env._("received"),
        "billed": clause.env._("invoiced"),
        "sold": clause.env._("sold"),
    }[clause.base]
    extras = [
        clause.env._("net of returns") if clause.net_of_returns else clause.env._("before returns"),
        clause.env._("with tax") if clause.tax_included else clause.env._("without tax"),
    ]
    if clause.freight_included:
        extras.append(clause.env._("with freight"))
    if clause.date_by == "order" and clause.base in ("received", "billed"):
        extras.append(clause.env._("by the day of the order"))
    return f"{words} ({', '.join(extras)})"


# --- the sentence -----------------------------------------------------------------


def sentence(clause, kind):
    """The whole clause in the user's language: scope, what is given, limits, how it is settled.

    :param kind: `Kind` of the clause
    """
    parts = [_days(clause), kind.sentence(clause), *_limits(clause)]
    if kind.gives == "rebate":
        parts += [_settled(clause), _amended(clause)]
    if clause.tax_id:
        parts.append(_tax(clause))
    return " ".join(part for part in parts if part)


def _days(clause):
    return clause.env._(
        "From %(start)s to %(end)s, for %(goods)s:",
        start=clause.valid_from or "…",
        end=clause.valid_to or "…",
        goods=_goods(clause),
    )


def _goods(clause):
    names = [*clause.categ_ids.mapped("display_name"), *clause.product_ids.mapped("display_name")]
    goods = ", ".join(names) if names else clause.env._("all goods")
    if clause.except_product_ids:
        return clause.env._(
            "%(goods)s except %(others)s",
            goods=goods,
            others=", ".join(clause.except_product_ids.mapped("display_name")),
        )
    return goods


def _limits(clause):
    if clause.minimum:
        yield clause.env._("Nothing below %s.", level(clause, clause.minimum))
    if clause.cap:
        yield clause.env._("At most %s a period.", money(clause, clause.cap))


def _settled(clause):
    period = dict(clause._fields["period"]._description_selection(clause.env))[clause.period]
    modes = dict(clause._fields["settlement_mode"]._description_selection(clause.env))
    mode = modes[clause.settlement_mode]
    if clause.interim:
        return clause.env._("Settled per %(period)s, also in between: %(mode)s.", period=period, mode=mode)
    return clause.env._("Settled per %(period)s: %(mode)s.", period=period, mode=mode)


def _amended(clause):
    if not clause.previous_id:
        return ""
    if clause.amended == "restart":
        return clause.env._("Its first period starts on its first day.")
    return clause.env._(
        "The period under way goes on: these terms count for all of it, less what was settled before."
    )


def _tax(clause):
    if clause.vat_treatment == "input_vat":
        return clause.env._("The amount includes %s, which reduces our input tax.", clause.tax_id.name)
    if clause.vat_treatment == "service":
        return clause.env._("The amount includes %s: it is our income from services.", clause.tax_id.name)
    return ""
