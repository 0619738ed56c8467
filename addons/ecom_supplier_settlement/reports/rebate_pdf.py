"""Terms stage: a rebate on paper with its working, in the supplier's language."""

from decimal import Decimal

from odoo.addons.ecom_connectors.reports.paper import Columns, Paper

from ..models.terms.working_words import (
    working_parts,
    working_rows,
    working_rule,
    working_text,
    working_title,
)

# What was counted, its quantity and its amount.
COLUMNS = Columns(widths=(187, 35, 45), figures=(1, 2))


def render(rebates):
    """The PDF of these rebates, each with pages of its own, as bytes."""
    paper = Paper()
    for rebate in rebates:
        if paper.numbered:
            paper.turn()
        _put(paper, rebate.with_context(lang=rebate._print_language(rebate.partner_id)))
    return paper.content(rebates[0].display_name, rebates[0].company_id.name)


def _put(paper, rebate):
    env = rebate.env
    words = {name: field._description_string(env) for name, field in rebate._fields.items()}
    paper.head(
        rebate.display_name,
        [
            (env._("Company"), rebate.company_id.name),
            (words["partner_id"], rebate.partner_id.name),
            (words["date_counted"], str(rebate.date_counted)),
        ],
    )
    sums = [
        (words[name], rebate.currency_id.format(rebate[name]), name == "amount")
        for name in ("amount_earned", "amount_before", "amount")
    ]
    paper.sums(sums, rebate.clause_id.sentence or "")
    working = rebate.working
    titles = [env._("Counted"), env._("Quantity"), env._("Amount (%s)", working["currency"])]
    lines = ((row, "") for row in working_rows(env, working))
    base = working.get("base_total")
    total = (env._("Base"), "", f"{Decimal(base):,f}") if base else ()
    paper.table(COLUMNS, working_title(env, working), titles, lines, total)
    for text in (*working_parts(env, working), working_text(working), working_rule(env, working)):
        paper.block(text)
    paper.number(
        f"{rebate.company_id.name} · {rebate.display_name}",
        env._("Page %(page)s of %(pages)s", page="%(page)s", pages="%(pages)s"),
    )
