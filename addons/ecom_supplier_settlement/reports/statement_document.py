"""Statement stage: what of a statement is printed, in the words and the order in which it is."""

from decimal import Decimal

from odoo.tools import float_repr, format_date, groupby

from ..models.terms.working_words import working_parts, working_rows, working_text, working_title


def document(statement):
    """Everything that PDF and workbook show, in the language of the statement's environment.

    :return: dict of texts; amounts both as text and as number
    """
    env = statement.env
    sums = footing(statement)
    precision = env["decimal.precision"].precision_get
    digits = (precision("Product Unit"), precision("Product Price"))
    return {
        "title": env._("Statement %s", statement.name),
        "company": statement.company_id.name,
        "facts": _facts(statement),
        "footing": [(label, _money(statement, amount), is_total) for label, amount, is_total in sums],
        "footing_amounts": [amount for _label, amount, _total in sums],
        "note": statement.note or "",
        "titles": [
            env._("Date"),
            env._("Document"),
            env._("Order"),
            env._("Description"),
            env._("Quantity"),
            env._("Price"),
            env._("Amount"),
            env._("Answer"),
        ],
        "origin_title": env._("Origin"),
        "working_title": env._("Working"),
        "sheets": (env._("Statement"), env._("Lines")),
        "quantity_digits": digits[0],
        "price_digits": digits[1],
        "sections": _sections(statement, digits),
        "digits": statement.currency_id.decimal_places,
        "footer": f"{statement.company_id.name} · {statement.name}",
        "page": env._("Page %(page)s of %(pages)s", page="%(page)s", pages="%(pages)s"),
    }


def _facts(statement):
    env = statement.env
    cutoffs = dict(statement._fields["cutoff"]._description_selection(env))
    facts = [
        (env._("Company"), statement.company_id.name),
        (env._("Supplier"), statement.partner_id.name),
        (
            env._("Period"),
            f"{format_date(env, statement.date_from)} – {format_date(env, statement.date_to)}",
        ),
        (env._("Currency"), statement.currency_id.name),
        (env._("Cut-off"), cutoffs[statement.cutoff]),
    ]
    if statement.partner_id.vat:
        facts.insert(2, (env._("Tax Number"), statement.partner_id.vat))
    return facts


def footing(statement):
    """What a statement adds up to, on paper and in the portal: [(label, amount, whether it is a total)]."""
    words = {name: field._description_string(statement.env) for name, field in statement._fields.items()}
    booked, memo = statement.env["ecom.statement.proof"]._groups()
    names = ["amount_opening", *booked, "amount_closing"]
    if any(statement[name] for name in memo):
        names += [*memo, "amount_expected"]
    if statement.amount_disputed:
        names.append("amount_disputed")
    return [(words[name], statement[name], name in ("amount_closing", "amount_expected")) for name in names]


def _sections(statement, digits):
    """The lines by origin, in the order of the flow; documents of the next period are last."""
    env, lines = statement.env, statement.line_ids
    origins = dict(lines._fields["origin"]._description_selection(env))
    place = {origin: number for number, origin in enumerate(origins)}
    states = dict(lines._fields["state"]._description_selection(env))

    def key(line):
        return (line.cutoff == "after", place[line.origin])

    sections = []
    for (after, _place), group in groupby(lines.sorted(lambda it: (*key(it), it.day, it.id)), key):
        title = origins[group[0].origin]
        if after:
            title = env._("%s, for information: after the period", title)
        total = sum((statement._exact(line.amount) for line in group), statement._exact(0))
        sections.append(
            {
                "title": title,
                "total_label": env._("Total"),
                "total": f"{total:,f}",
                "total_amount": float(total),
                "lines": [_line(statement, line, states, digits) for line in group],
            }
        )
    return sections


def _line(statement, line, states, digits):
    has_goods = bool(line.product_id or line.quantity)
    return {
        "day": line.day,
        "quantity": line.quantity if has_goods else None,
        "price": line.price_unit if has_goods else None,
        "amount": line.amount,
        "cells": [
            format_date(line.env, line.day),
            line.move_id.ref or line.move_id.name or "",
            line.order_id.name or "",
            line.product_id.display_name or line.name,
            _figure(line.quantity, digits[0]) if has_goods else "",
            _figure(line.price_unit, digits[1]) if has_goods else "",
            _money(statement, line.amount),
            states[line.state] if line.state != "open" else "",
        ],
        "working": _working(line.env, line.working),
    }


def _working(env, working):
    if not working:
        return ""
    base = "; ".join(" ".join(part for part in row if part) for row in working_rows(env, working))
    versions = "; ".join(working_parts(env, working))
    parts = (working_title(env, working), base, versions, working_text(working))
    return " | ".join(part for part in parts if part)


def _money(statement, amount):
    return f"{amount or 0:,.{statement.currency_id.decimal_places}f}"


def _figure(amount, digits):
    """All digits that count and no other: 12,345.67 and 3, never 1.2e+06."""
    whole, _point, part = f"{Decimal(float_repr(amount, digits)):,f}".partition(".")
    part = part.rstrip("0")
    return f"{whole}.{part}" if part else whole
