"""Ways in, statement stage: the public methods about statements; see `ecom_settle_api`."""

import base64

from odoo import api, models
from odoo.exceptions import UserError

from ..statement.ecom_statement import STATES

AMOUNTS = {
    "opening": "amount_opening",
    "bills": "amount_purchases",
    "credits": "amount_credits",
    "payments": "amount_payments",
    "adjustments": "amount_adjustments",
    "closing": "amount_closing",
    "ledger": "amount_ledger",
    "timing": "amount_timing",
    "crossed": "amount_crossed",
    "difference": "amount_difference",
    "unbilled": "amount_unbilled",
    "terms": "amount_terms",
    "amount_disputed": "amount_disputed",
}


class EcomSettleApi(models.AbstractModel):
    _inherit = "ecom.settle.api"

    @api.model
    def statements(self, month, suppliers=None):
        """Create the statements of a month and compute drafts again; others are left as they are.

        :param month: as 2026-09
        :param suppliers: names, references, tax numbers or ids; without it all with activity
        :return: as `statements`
        """
        self._staff()
        first, last = self._month(month)
        partners = self._suppliers(suppliers)
        batch = self.env["ecom.statement.batch"].create(
            {"date_from": first, "date_to": last, "partner_ids": [(6, 0, partners.ids)]}
        )
        [[_field, _operator, ids]] = batch.action_create()["domain"]
        return self._statement_rows(self.env["ecom.statement"].browse(ids).sorted(self._statement_order))

    @api.model
    def settlements(self, state=None, suppliers=None, month=None):
        """Statements, newest period first: `[{number, supplier, currency, from, to, state, opening, bills,
        credits, payments, adjustments, closing, ledger, timing, crossed, difference, unbilled, terms, lines,
        open, disputed, amount_disputed}]`; amounts are what we owe.

        :param state: one of the states; without it all but cancelled ones
        :param month: only those that end in it
        """
        self._staff()
        domain = [("company_id", "in", self.env.companies.ids)]
        if state and state not in dict(STATES):
            states = ", ".join(key for key, _name in STATES)
            raise UserError(
                self.env._("There is no state %(state)s: %(states)s.", state=state, states=states)
            )
        domain.append(("state", "=", state) if state else ("state", "!=", "cancelled"))
        if suppliers:
            domain.append(("partner_id", "in", self._suppliers(suppliers).ids))
        if month:
            first, last = self._month(month)
            domain += [("date_to", ">=", first), ("date_to", "<=", last)]
        found = self.env["ecom.statement"].search(domain)
        return self._statement_rows(found.sorted(self._statement_order))

    @staticmethod
    def _statement_order(statement):
        return (-statement.date_to.toordinal(), statement.partner_id.name, statement.currency_id.name)

    @api.model
    def settlement(self, number, offset=0, limit=1000):
        """One statement as in `statements`, with `missing: [{entry, day, ledger, statement, difference}]`
        that keep it from footing, and a slice of its `rows: [{id, day, origin, document, name, product,
        quantity, price, amount, booked, cutoff, state, reason, text, working}]`.

        :param number: number or id
        """
        self._staff()
        found = self._statement(number)
        [head] = self._statement_rows(found)
        lines = self.env["ecom.statement.line"].search(
            [("statement_id", "=", found.id)], offset=offset, limit=limit, order="day, id"
        )
        missing = [] if found.currency_id.is_zero(found.amount_difference) else found._missing()
        return {
            **head,
            "missing": [
                {
                    "entry": row["name"],
                    "day": str(row["date"]),
                    **{name: f"{row[name]:f}" for name in ("ledger", "statement", "difference")},
                }
                for row in missing
            ],
            "rows": [self._line_row(line) for line in lines],
        }

    @api.model
    def send(self, numbers):
        """Send drafts by mail; from now on the supplier sees them in the portal and can answer.

        :return: as `statements`
        :raises UserError: one does not foot; the text names the entries
        """
        self._staff()
        found = self.env["ecom.statement"].union(*map(self._statement, numbers))
        found.filtered(lambda statement: statement.state == "draft").action_send()
        return self._statement_rows(found)

    @api.model
    def print_statement(self, number, form="pdf"):
        """A statement as its supplier gets it, in the supplier's language: `{"name", "content"}` in base64.

        :param form: "pdf" or "xlsx"
        """
        self._staff()
        makers = {"pdf": "_render_pdf", "xlsx": "_render_xlsx"}
        if form not in makers:
            raise UserError(self.env._("Statements are printed as pdf or xlsx."))
        found = self._statement(number)
        content = getattr(found, makers[form])()
        return {
            "name": f"{found.name.replace('/', '-')}.{form}",
            "content": base64.b64encode(content).decode("ascii"),
        }

    # --- helpers ----------------------------------------------------------------

    def _statement_rows(self, statements):
        return [
            {
                "number": one.name,
                "supplier": one.partner_id.name,
                "currency": one.currency_id.name,
                "from": str(one.date_from),
                "to": str(one.date_to),
                "state": one.state,
                **{key: self._money(one[field], one.currency_id) for key, field in AMOUNTS.items()},
                "lines": one.line_count,
                "open": one.open_count,
                "disputed": one.disputed_count,
            }
            for one in statements
        ]

    def _line_row(self, line):
        return {
            "id": line.id,
            "day": str(line.day),
            "origin": line.origin,
            # Buyers may not open payments; the number of what is on the statement they see anyway.
            "document": line.move_id.sudo().name or line.order_id.sudo().name or None,
            "name": line.name,
            "product": line.product_id.default_code or None,
            "quantity": f"{line.quantity:g}" if line.product_id else None,
            "price": f"{line.price_unit:.6f}".rstrip("0").rstrip(".") if line.product_id else None,
            "amount": self._money(line.amount, line.currency_id),
            "booked": line.in_ledger,
            "cutoff": line.cutoff,
            "state": line.state,
            "reason": line.dispute_reason or None,
            "text": line.dispute_text or None,
            "working": line.working or None,
        }

    def _statement(self, number):
        statements = self.env["ecom.statement"]
        domain = [("name", "=", str(number)), ("company_id", "in", self.env.companies.ids)]
        # A search, so that nobody tells a statement of another company from a missing one.
        found = statements.search(domain)
        if not found and str(number).isdigit():
            found = statements.search([("id", "=", int(number)), *domain[1:]])
        if len(found) != 1:
            raise UserError(self.env._("There is no single statement %s. Give its number.", number))
        return found
