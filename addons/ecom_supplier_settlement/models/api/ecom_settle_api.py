"""Ways in, all stages: the public methods that the command-line client and other systems call.

Amounts come as decimal strings with the currency's decimals, days as ISO text. Every method runs with the
rights of its caller and sees the caller's companies only; what it makes is of the current company.
"""

import base64
import hashlib
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..statement.ecom_statement import ACCOUNTANT, BUYER, STATES
from ..terms.kinds import REBATES
from ..threeway.ecom_threeway_result import THREEWAY_STATES

FILE_LIMIT = 200
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
    """One facade, so that the shapes below are in one place."""

    _name = "ecom.settle.api"
    _description = "Supplier Settlement API"

    # --- receipt and invoice ----------------------------------------------------

    @api.model
    def import_notices(self, files, supplier=None):
        """As `ecom.delivery.file.import_files`: delivery notes and receipt reports."""
        return self.env["ecom.delivery.file"].import_files(files, supplier)

    @api.model
    def import_bills(self, files, supplier=None):
        """Make draft vendor invoices of suppliers' files; what one file refuses does not stop the others.

        :param files: list of `{"name", "content"}`, content in base64
        :param supplier: name, reference, tax number or id, for files that do not name it
        :return: per file `{file, state, bills: [{id, number, reference, supplier, day, currency, net, tax,
            total, linked, lines}], problems: [{row, column, text, reason, message}]}`; state is "ready"
            (drafts were made), "skipped" (the very file is attached to invoices already) or "refused"
        """
        self._staff()
        if len(files) > FILE_LIMIT:
            raise UserError(self.env._("At most %s files at once.", FILE_LIMIT))
        partner = self._supplier(supplier) if supplier else self.env["res.partner"]
        return [self._import_bill(file["name"], base64.b64decode(file["content"]), partner) for file in files]

    def _import_bill(self, name, content, partner):
        known = self._bills_of_file(content)
        if known:
            return {"file": name, "state": "skipped", "bills": self._bill_rows(known), "problems": []}
        try:
            bills = self.env["ecom.invoice.intake"]._from_file(name, content, partner, self.env.company)
        except UserError as refused:
            if isinstance(refused, AccessError):
                raise
            problem = {"row": 0, "column": "", "text": "", "reason": "refused", "message": str(refused)}
            return {"file": name, "state": "refused", "bills": [], "problems": [problem]}
        return {"file": name, "state": "ready", "bills": self._bill_rows(bills), "problems": []}

    def _bills_of_file(self, content):
        """The vendor invoices of the company that this very file is attached to."""
        checksum = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        attachments = self.env["ir.attachment"].search(
            [("checksum", "=", checksum), ("res_model", "=", "account.move"), ("res_id", "!=", 0)]
        )
        return self.env["account.move"].search(
            [
                ("id", "in", attachments.mapped("res_id")),
                ("company_id", "=", self.env.company.id),
                ("move_type", "in", ("in_invoice", "in_refund")),
                ("state", "!=", "cancel"),
            ]
        )

    def _bill_rows(self, bills):
        return [
            {
                "id": bill.id,
                "number": bill.name if bill.name and bill.name != "/" else None,
                "reference": bill.ref or None,
                "supplier": bill.commercial_partner_id.name,
                "day": str(bill.invoice_date) if bill.invoice_date else None,
                "currency": bill.currency_id.name,
                "net": self._money(bill.amount_untaxed, bill.currency_id),
                "tax": self._money(bill.amount_tax, bill.currency_id),
                "total": self._money(bill.amount_total, bill.currency_id),
                "lines": len(bill.invoice_line_ids),
                "linked": len(bill.invoice_line_ids.filtered("purchase_line_id")),
            }
            for bill in bills
        ]

    @api.model
    def match(self, bills=None):
        """Match posted vendor invoices again, by the policies of today.

        :param bills: numbers, references or ids; without it all posted invoices that are not paid
        :return: `{"bills", "states": {state: count}, "changed": [{bill, reference, before, state}]}`
        """
        self._staff()
        moves = self._bills(bills) if bills else self._open_bills()
        before = {move.id: move.ecom_threeway_state or "none" for move in moves}
        moves.action_ecom_threeway()
        moves.invalidate_recordset(["ecom_threeway_state"])
        states = dict.fromkeys((key for key, _name in THREEWAY_STATES), 0)
        after = {move.id: move.ecom_threeway_state or "none" for move in moves}
        for state in after.values():
            states[state] += 1
        return {
            "bills": len(moves),
            "states": {state: count for state, count in states.items() if count},
            "changed": [
                {
                    "bill": move.name,
                    "reference": move.ref or None,
                    "before": before[move.id],
                    "state": after[move.id],
                }
                for move in moves
                if after[move.id] != before[move.id]
            ],
        }

    @api.model
    def blocked(self):
        """Invoices that may not be paid, oldest first: `[{bill, reference, supplier, currency, day, due,
        total, residual, reasons: [code], why, lines: [{product, order, reasons: [code], billed, expected,
        variance_price}]}]`; quantities are in the order's unit."""
        self._staff()
        moves = self.env["account.move"].search(
            [
                ("ecom_threeway_state", "=", "blocked"),
                ("state", "=", "posted"),
                ("company_id", "in", self.env.companies.ids),
            ],
            order="invoice_date, id",
        )
        # Whoever sees the invoice is told why it waits; the evidence itself has its own rights.
        found = moves.sudo().ecom_threeway_result_ids.filtered(lambda result: result.reasons)
        rows = found.grouped("move_id")
        return [self._blocked_row(move, rows.get(move, found.browse())) for move in moves]

    def _blocked_row(self, move, results):
        return {
            "bill": move.name,
            "reference": move.ref or None,
            "supplier": move.commercial_partner_id.name,
            "currency": move.currency_id.name,
            "day": str(move.invoice_date),
            "due": str(move.invoice_date_due) if move.invoice_date_due else None,
            "total": self._money(move.amount_total, move.currency_id),
            "residual": self._money(move.amount_residual, move.currency_id),
            "reasons": sorted({code for result in results for code in result.reasons.split(",") if code}),
            "why": move.ecom_block_reason or "",
            "lines": [
                {
                    "product": result.product_id.display_name or None,
                    "order": result.order_id.name or None,
                    "reasons": result.reasons.split(","),
                    "billed": f"{result.quantity_billed:g}",
                    "expected": f"{result.quantity_expected:g}",
                    "variance_price": self._money(result.variance_price, move.currency_id),
                }
                for result in results
            ],
        }

    @api.model
    def accrue(self, month):
        """Book what was received and not invoiced when a month ended; a booked month is left as it is.

        :param month: as 2026-09
        :return: `{"name", "state", "period_end", "entry", "total", "currency", "lines": [{supplier, order,
            product, kind, quantity, amount, currency, balance}]}`; `balance` and `total` are in the
            company's currency
        :raises UserError: a locked period, a missing rate or ledger account
        :raises AccessError: for others than accountants
        """
        self._need(ACCOUNTANT, self.env._("Only accountants book accruals."))
        _first, last = self._month(month)
        accrual = self.env["ecom.accrual"]._prepare(self.env.company, last)
        if accrual.state == "draft" and accrual.line_ids:
            accrual.action_post()
        own = accrual.currency_id
        return {
            "name": accrual.name,
            "state": accrual.state,
            "period_end": str(accrual.period_end),
            "entry": accrual.move_id.name or None,
            "total": self._money(accrual.amount_total, own),
            "currency": own.name,
            "lines": [
                {
                    "supplier": line.partner_id.name,
                    "order": line.order_id.name,
                    "product": line.product_id.display_name,
                    "kind": line.kind,
                    "quantity": f"{line.quantity:g}",
                    "amount": self._money(line.amount, line.currency_id),
                    "currency": line.currency_id.name,
                    "balance": self._money(line.balance, own),
                }
                for line in accrual.line_ids
            ],
        }

    # --- terms ------------------------------------------------------------------

    @api.model
    def rebates(self, until=None, suppliers=None):
        """Compute what signed clauses give, period by period, and show it; what was claimed stays.

        :param until: day up to which facts count (text, as 2026-09-30); without it today
        :param suppliers: names, references, tax numbers or ids; without it all
        :return: `[{rebate, contract, clause, kind, supplier, currency, from, to, counted_until, state, base,
            base_quantity, earned, before, amount, formula}]`; `amount` is what is due now: `earned` to date
            less what was claimed `before`, negative is given back
        :raises AccessError: for others than buyers
        """
        self._need(BUYER, self.env._("Only buyers compute rebates."))
        day = self._day(until) if until else fields.Date.context_today(self)
        domain = [("company_id", "in", self.env.companies.ids), ("kind", "in", REBATES)]
        domain.append(("contract_id.state", "in", ("signed", "ended")))
        if suppliers:
            domain.append(("partner_id", "in", self._suppliers(suppliers).ids))
        clauses = self.env["ecom.clause"].search(domain)
        self.env["ecom.rebate"]._compute_clauses(clauses, day)
        found = self.env["ecom.rebate"].search(
            [("origin_id", "in", clauses.origin_id.ids), ("date_from", "<=", day)],
            order="date_to desc, partner_id, clause_id, number",
        )
        return [self._rebate_row(rebate) for rebate in found]

    def _rebate_row(self, rebate):
        money = {
            "base": rebate.base_amount,
            "earned": rebate.amount_earned,
            "before": rebate.amount_before,
            "amount": rebate.amount,
        }
        return {
            "rebate": rebate.id,
            "contract": rebate.contract_id.name,
            "clause": rebate.clause_id.name,
            "kind": rebate.kind,
            "supplier": rebate.partner_id.name,
            "currency": rebate.currency_id.name,
            "from": str(rebate.date_from),
            "to": str(rebate.date_to),
            "counted_until": str(rebate.date_counted),
            "state": rebate.state,
            "base_quantity": f"{rebate.base_quantity:.6f}".rstrip("0").rstrip("."),
            **{name: self._money(amount, rebate.currency_id) for name, amount in money.items()},
            "formula": (rebate.working or {}).get("formula", ""),
        }

    # --- statement ----------------------------------------------------------------

    @api.model
    def suppliers(self, month):
        """What a month brought with each supplier, one row per supplier and currency.

        :param month: as 2026-09
        :return: `[{supplier, currency, orders, received, billed, blocked, amount_blocked, rebates, statement,
            state, unbilled, closing, ledger, difference}]`. `orders` were confirmed in the month, `received`
            is net of returns at the orders' prices, `billed` without tax and net of credit notes, `blocked`
            counts invoices that may not be paid now, `rebates` is what clauses give for periods that reach
            into the month; the rest is from the statement that ends with the month, null without one
        :raises AccessError: for others than buyers and accountants
        """
        self._staff()
        first, last = self._month(month)
        statements = self.env["ecom.statement"].search(
            [
                ("company_id", "=", self.env.company.id),
                ("date_to", "=", last),
                ("state", "!=", "cancelled"),
            ]
        )
        rows = {
            (one.partner_id, one.currency_id): row
            for one, row in zip(statements, self._statement_rows(statements), strict=True)
        }
        found = [
            self._supplier_row(figures, rows.get((figures["partner"], figures["currency"]), {}))
            for figures in self.env["ecom.supplier.month"]._figures(self.env.company, first, last)
        ]
        return sorted(found, key=lambda row: (row["supplier"], row["currency"]))

    def _supplier_row(self, figures, statement):
        digits = figures["currency"].decimal_places
        money = {
            name: f"{figures[name]:.{digits}f}"
            for name in ("received", "billed", "amount_blocked", "rebates")
        }
        return {
            "supplier": figures["partner"].name,
            "currency": figures["currency"].name,
            "orders": figures["orders"],
            **money,
            "blocked": figures["blocked"],
            "statement": statement.get("number"),
            **{
                name: statement.get(name) for name in ("state", "unbilled", "closing", "ledger", "difference")
            },
        }

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
        missing = (
            []
            if found.currency_id.is_zero(found.amount_difference)
            else self.env["ecom.statement.proof"]._missing(found)
        )
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

    def _suppliers(self, names):
        names = [names] if isinstance(names, (str, int)) else names or []
        return self.env["res.partner"].union(*map(self._supplier, names))

    def _supplier(self, name):
        """The company of this id, reference, tax number or name; a part of one name will do."""
        partners = self.env["res.partner"]
        base = [("parent_id", "=", False), ("company_id", "in", [False, *self.env.companies.ids])]
        ways = [("ref", "="), ("vat", "="), ("name", "="), ("name", "ilike")]
        if str(name).isdigit():
            ways.insert(0, ("id", "="))
        for field, operator in ways:
            value = int(name) if field == "id" else str(name)
            found = partners.search([*base, (field, operator, value)], limit=6)
            if len(found) == 1:
                return found
            if found:
                raise UserError(
                    self.env._(
                        "%(name)s may be %(found)s. Say which.",
                        name=name,
                        found=", ".join(found.mapped("display_name")),
                    )
                )
        raise UserError(self.env._("There is no supplier %s.", name))

    def _open_bills(self):
        return self.env["account.move"].search(
            [
                ("move_type", "in", ("in_invoice", "in_receipt", "in_refund")),
                ("state", "=", "posted"),
                ("payment_state", "in", ("not_paid", "partial")),
                ("company_id", "in", self.env.companies.ids),
            ]
        )

    def _bills(self, names):
        moves = self.env["account.move"]
        base = [
            ("move_type", "in", ("in_invoice", "in_receipt", "in_refund")),
            ("state", "!=", "cancel"),
            ("company_id", "in", self.env.companies.ids),
        ]
        for name in [names] if isinstance(names, (str, int)) else names:
            found = moves.search([*base, "|", ("name", "=", str(name)), ("ref", "=", str(name))])
            if not found and str(name).isdigit():
                found = moves.search([*base, ("id", "=", int(name))])
            if len(found) != 1:
                raise UserError(self.env._("There is no single invoice %s. Give its number.", name))
            moves |= found
        return moves

    def _month(self, text):
        """First and last day of a month."""
        try:
            first = date.fromisoformat(f"{text}-01")
        except (TypeError, ValueError):
            raise UserError(self.env._("%s is no month. Give it as 2026-09.", text)) from None
        return first, fields.Date.end_of(first, "month")

    def _day(self, text):
        return self.env["ecom.api"]._day(text)

    def _money(self, amount, currency):
        return self.env["ecom.api"]._money(amount, currency)

    def _staff(self):
        """Suppliers have the portal; what is said here is for our own people."""
        if not self.env.user.has_group(BUYER):
            self._need(ACCOUNTANT, self.env._("Only buyers and accountants ask for this."))

    def _need(self, group, text):
        if not self.env.user.has_group(group):
            raise AccessError(text)

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
