"""Statement stage: the statement as the supplier gets it: paper, workbook, mail, in its language."""

from decimal import Decimal

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import float_repr, format_date, groupby

from ...reports import statement_pdf, statement_xlsx
from ..terms.working_words import working_parts, working_rows, working_text, working_title


class EcomStatement(models.Model):
    _inherit = "ecom.statement"

    def _render_pdf(self):
        """The statement in the supplier's language, bytes of a PDF."""
        return statement_pdf.render(self._printable())

    def _render_xlsx(self):
        """The statement in the supplier's language, bytes of a workbook."""
        return statement_xlsx.render(self._printable())

    def _files(self):
        """[(file name, bytes)] of both."""
        name = self.name.replace("/", "-")
        document = self._printable()
        return [
            (f"{name}.pdf", statement_pdf.render(document)),
            (f"{name}.xlsx", statement_xlsx.render(document)),
        ]

    def _print_language(self):
        installed = {code for code, _name in self.env["res.lang"].get_installed()}
        wanted = self.sudo().partner_id.lang  # a supplier's contact may see less of its company than we print
        return wanted if wanted in installed else self.env.lang or "en_US"

    def _printable(self):
        """Everything that is printed, in the order and words in which it is; see `reports`.

        :return: dict of texts; amounts both as text and as number
        """
        self.ensure_one()
        self.check_access("read")
        # Who may read the statement may read what is printed on it: names of documents, orders, products.
        me = self.sudo().with_context(lang=self._print_language())
        env = me.env
        footing = me._print_footing()
        return {
            "title": env._("Statement %s", me.name),
            "company": me.company_id.name,
            "facts": me._print_facts(),
            "footing": [(label, me._money(amount), is_total) for label, amount, is_total in footing],
            "footing_amounts": [amount for _label, amount, _total in footing],
            "note": me.note or "",
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
            "price_digits": env["decimal.precision"].precision_get("Product Price"),
            "quantity_digits": env["decimal.precision"].precision_get("Product Unit"),
            "sections": me._print_sections(),
            "digits": me.currency_id.decimal_places,
            "footer": f"{me.company_id.name} · {me.name}",
            "page": env._("Page %(page)s of %(pages)s", page="%(page)s", pages="%(pages)s"),
        }

    def _print_facts(self):
        env = self.env
        cutoffs = dict(self._fields["cutoff"]._description_selection(env))
        facts = [
            (env._("Company"), self.company_id.name),
            (env._("Supplier"), self.partner_id.name),
            (
                env._("Period"),
                f"{format_date(env, self.date_from)} – {format_date(env, self.date_to)}",
            ),
            (env._("Currency"), self.currency_id.name),
            (env._("Cut-off"), cutoffs[self.cutoff]),
        ]
        if self.partner_id.vat:
            facts.insert(2, (env._("Tax Number"), self.partner_id.vat))
        return facts

    def _print_footing(self):
        env = self.env
        rows = [
            (env._("Opening"), self.amount_opening, False),
            (env._("Bills"), self.amount_purchases, False),
            (env._("Returns and Credit Notes"), self.amount_credits, False),
            (env._("Adjustments"), self.amount_adjustments, False),
            (env._("Payments"), self.amount_payments, False),
            (env._("Closing"), self.amount_closing, True),
        ]
        if self.amount_unbilled or self.amount_terms:
            rows += [
                (env._("Received, not Billed"), self.amount_unbilled, False),
                (env._("Rebates, Shares and Claims, not Booked"), self.amount_terms, False),
                (env._("Closing with what is not Booked"), self.amount_expected, True),
            ]
        if self.amount_disputed:
            rows.append((env._("of it Disputed"), self.amount_disputed, False))
        return rows

    def _print_sections(self):
        """The lines by origin, in the order of the flow; documents of the next period are last."""
        lines = self.line_ids
        origins = dict(lines._fields["origin"]._description_selection(self.env))
        place = {origin: number for number, origin in enumerate(origins)}
        states = dict(lines._fields["state"]._description_selection(self.env))
        texts = self._line_texts(lines)
        precision = self.env["decimal.precision"].precision_get
        digits = (precision("Product Unit"), precision("Product Price"))

        def key(line):
            return (line.cutoff == "after", place[line.origin])

        sections = []
        for (after, _place), group in groupby(lines.sorted(lambda it: (*key(it), it.day, it.id)), key):
            title = origins[group[0].origin]
            if after:
                title = self.env._("%s, for information: after the period", title)
            total = sum((self._exact(line.amount) for line in group), self._exact(0))
            sections.append(
                {
                    "title": title,
                    "total_label": self.env._("Total"),
                    "total": f"{total:,f}",
                    "total_amount": float(total),
                    "lines": [self._print_line(line, texts[line.id], states, digits) for line in group],
                }
            )
        return sections

    def _line_texts(self, lines):
        """{line id: (document, order, description)}"""
        return {
            line.id: (
                line.move_id.ref or line.move_id.name or "",
                line.order_id.name or "",
                line.product_id.display_name or line.name,
            )
            for line in lines
        }

    def _print_line(self, line, texts, states, digits):
        has_goods = bool(line.product_id or line.quantity)
        return {
            "day": line.day,
            "quantity": line.quantity if has_goods else None,
            "price": line.price_unit if has_goods else None,
            "amount": line.amount,
            "cells": [
                format_date(self.env, line.day),
                *texts,
                _figure(line.quantity, digits[0]) if has_goods else "",
                _figure(line.price_unit, digits[1]) if has_goods else "",
                self._money(line.amount),
                states[line.state] if line.state != "open" else "",
            ],
            "working": self._print_working(line.working),
        }

    def _print_working(self, working):
        if not working:
            return ""
        base = "; ".join(" ".join(part for part in row if part) for row in working_rows(self.env, working))
        versions = "; ".join(working_parts(self.env, working))
        parts = (working_title(self.env, working), base, versions, working_text(working))
        return " | ".join(part for part in parts if part)

    def _money(self, amount):
        return f"{amount or 0:,.{self.currency_id.decimal_places}f}"

    # --- sending ------------------------------------------------------------

    def action_send(self):
        """Prove that it foots, mark it as sent, and mail it with both files and the link to the portal."""
        for statement in self:
            statement._move_to("sent")
            files = statement._files()
            # What was sent is kept as it was, whoever may write attachments.
            attachments = self.env["ir.attachment"].sudo()
            for name, content in files:
                attachments |= attachments.create(
                    {"name": name, "raw": content, "res_model": self._name, "res_id": statement.id}
                )
            if statement.partner_id.email:
                template = self.env.ref("ecom_supplier_settlement.mail_template_statement")
                template.send_mail(
                    statement.id, email_values={"attachment_ids": [(4, file.id) for file in attachments]}
                )
            else:
                statement.message_post(
                    body=self.env._(
                        "The supplier has no e-mail address: it finds the statement in the portal."
                    ),
                    attachment_ids=attachments.ids,
                )

    def action_download_pdf(self):
        return self._download_action("pdf")

    def action_download_xlsx(self):
        return self._download_action("xlsx")

    def _download_action(self, kind):
        self.ensure_one()
        if self.state == "cancelled":
            raise UserError(self.env._("%s is cancelled.", self.name))
        return {
            "type": "ir.actions.act_url",
            "url": f"/my/statements/{self.id}?report_type={kind}",
            "target": "new",
        }


def _figure(amount, digits):
    """All digits that count and no other: 12,345.67 and 3, never 1.2e+06."""
    whole, _point, part = f"{Decimal(float_repr(amount, digits)):,f}".partition(".")
    part = part.rstrip("0")
    return f"{whole}.{part}" if part else whole
