"""Terms stage: how the working of an amount reads on the screen, on paper and in the portal."""

from decimal import Decimal, InvalidOperation

from markupsafe import Markup


def _grouped(figure):
    """A stored amount as formulas write it: 25,000.00."""
    try:
        return f"{Decimal(str(figure)):,f}"
    except InvalidOperation:
        return str(figure or "")


def working_label(env, row):
    """What a row of the base is, in the reader's language: a name as it was stored, or a code in words."""
    values = row.get("values") or {}
    texts = {
        "received": lambda: env._("Received"),
        "billed": lambda: env._("Invoiced"),
        "year_before": lambda: env._("Year before: %(start)s to %(end)s", **values),
        "on_hand": lambda: env._("On hand on %(day)s", **values),
        "received_on": lambda: env._("Received on %(day)s", **values),
        "ended": lambda: env._("The clause ended on %(day)s", **values),
        "rebates": lambda: env._("Rebates"),
        "allocated": lambda: env._("Allocated"),
    }
    text = texts.get(row.get("code"))
    return text() if text else row.get("label") or ""


def working_title(env, working):
    """The clause, or in words what stands for it."""
    texts = {
        "order_price": lambda: env._("Price of the order"),
        "received_not_billed": lambda: env._("Received and not invoiced"),
    }
    text = texts.get(working.get("code"))
    if text:
        return text()
    return working.get("title") or working.get("rule") or ""


def working_rule(env, working):
    """Kind, number and version of the rule, as the reader knows them; what is no clause has a version."""
    kind, _slash, number = (working.get("rule") or "").partition("/")
    kinds = dict(env["ecom.clause"]._fields["kind"]._description_selection(env))
    if kind not in kinds:
        return env._("Version %s", working.get("version") or 1)
    return env._(
        "%(kind)s %(number)s, version %(version)s",
        kind=kinds[kind],
        number=number,
        version=working.get("version") or 1,
    )


def working_parts(env, working):
    """One text per version of the terms that counted in the period; empty if there was one only."""
    return [
        env._(
            "Version %(version)s, %(start)s to %(end)s: %(amount)s, %(quantity)s pieces",
            **part,
        )
        for part in working.get("parts") or []
    ]


def working_rows(env, working):
    """The base of a working as (label, quantity, amount) texts; absent figures are empty."""
    return [
        (
            " ".join(part for part in (working_label(env, row), _number(row)) if part),
            str(row.get("quantity") or ""),
            _grouped(row["amount"]) if row.get("amount") else "",
        )
        for row in working.get("base") or []
    ]


def _number(row):
    """The number of the document, if the row has one beside its label: no ids of our records."""
    ref = row.get("ref") or ""
    return "" if "," in ref or ref == row.get("label") else ref


def working_text(working):
    """One line: base, formula and result."""
    result = _grouped(working["result"]) if working.get("result") else ""
    return f"{working.get('formula') or ''} = {result} {working.get('currency') or ''}"


def working_html(env, working):
    """The working as a small table: what it is based on, how it was computed, what came out."""
    rows = Markup("").join(
        Markup('<tr><td>%s</td><td class="text-end">%s</td><td class="text-end">%s</td></tr>') % row
        for row in working_rows(env, working)
    )
    total = working.get("base_total")
    if total:
        rows += Markup('<tr class="fw-bold"><td>%s</td><td></td><td class="text-end">%s</td></tr>') % (
            env._("Base"),
            _grouped(total),
        )
    parts = Markup("").join(Markup("<div>%s</div>") % text for text in working_parts(env, working))
    return Markup(
        '<div class="ecom_working"><div class="fw-bold">%s</div>'
        '<table class="table table-sm mb-1"><thead><tr><th>%s</th><th class="text-end">%s</th>'
        '<th class="text-end">%s</th></tr></thead><tbody>%s</tbody></table>%s'
        '<div>%s</div><div class="text-muted small">%s</div></div>'
    ) % (
        working_title(env, working),
        env._("Counted"),
        env._("Quantity"),
        env._("Amount (%s)", working.get("currency") or ""),
        rows,
        parts,
        working_text(working),
        working_rule(env, working),
    )
