"""Statement stage: how the working of an amount reads on the screen, on paper and in the portal."""

from markupsafe import Markup


def working_rows(working):
    """The base of a working as (label, quantity, amount) texts; absent figures are empty."""
    return [
        (
            " ".join(part for part in (row.get("label"), row.get("ref")) if part),
            str(row.get("quantity") or ""),
            str(row.get("amount") or ""),
        )
        for row in working.get("base") or []
    ]


def working_text(working):
    """One line: base, formula and result."""
    return f"{working.get('formula') or ''} = {working.get('result') or ''} {working.get('currency') or ''}"


def working_html(env, working):
    """The working as a small table: what it is based on, how it was computed, what came out."""
    rows = Markup("").join(
        Markup('<tr><td>%s</td><td class="text-end">%s</td><td class="text-end">%s</td></tr>') % row
        for row in working_rows(working)
    )
    total = working.get("base_total")
    if total:
        rows += Markup('<tr class="fw-bold"><td>%s</td><td></td><td class="text-end">%s</td></tr>') % (
            env._("Base"),
            total,
        )
    return Markup(
        '<div class="ecom_working"><div class="fw-bold">%s</div>'
        '<table class="table table-sm mb-1"><tbody>%s</tbody></table>'
        '<div>%s</div><div class="text-muted small">%s</div></div>'
    ) % (
        working.get("title") or working.get("rule") or "",
        rows,
        working_text(working),
        env._(
            "Rule %(rule)s, version %(version)s",
            rule=working.get("rule") or "",
            version=working.get("version") or 1,
        ),
    )
