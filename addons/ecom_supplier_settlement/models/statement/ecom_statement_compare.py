"""Statement stage: the supplier's own statement beside ours, line by line, with the difference proven."""

import hashlib
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...lib.ecom_settle import compare as lib
from ...lib.ecom_settle.their_statement import LAYOUTS, read_rows
from ..receipt import supplier_file

KINDS = [
    ("same", "Agrees"),
    ("amount", "Other amount"),
    ("suggestion", "Perhaps the same"),
    ("theirs", "Only on theirs"),
    ("ours", "Only on ours"),
]


class EcomComparison(models.Model):
    """One file of the supplier against one statement; the difference of the closings is proven."""

    _name = "ecom.statement.comparison"
    _description = "Comparison with the Supplier's Statement"
    _inherit = ["ecom.sealed"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char("File", required=True, readonly=True)
    statement_id = fields.Many2one(
        "ecom.statement", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    partner_id = fields.Many2one("res.partner", "Supplier", required=True, readonly=True, ondelete="restrict")
    currency_id = fields.Many2one("res.currency", required=True, readonly=True, ondelete="restrict")
    digest = fields.Char(required=True, readonly=True)
    rows = fields.Json(required=True, readonly=True, prefetch=False)
    line_ids = fields.One2many("ecom.statement.comparison.line", "comparison_id", readonly=True)
    result = fields.Selection(
        [
            ("matched", "Everything agrees"),
            ("mismatch", "Amounts differ"),
            ("missing", "Ours are missing on theirs"),
            ("incomplete", "Theirs are missing on ours"),
        ],
        readonly=True,
    )
    opening_given = fields.Boolean("Their opening is in the file", readonly=True)
    opening_theirs = fields.Monetary("Their Opening", readonly=True)
    opening_ours = fields.Monetary("Our Opening", readonly=True)
    closing_theirs = fields.Monetary("Their Closing", readonly=True)
    closing_ours = fields.Monetary("Our Closing", readonly=True)
    difference = fields.Monetary(readonly=True, help="Their closing less ours.")
    difference_opening = fields.Monetary("Of Which Opening", readonly=True)
    difference_lines = fields.Monetary("Of Which Lines", readonly=True)
    unexplained = fields.Monetary("Supplier's Casting Difference", readonly=True)

    _once = models.UniqueIndex("(statement_id, digest)", "This file was compared already.")

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        if any(comparison.statement_id.state != "draft" for comparison in self):
            raise UserError(self.env._("A comparison belongs to the history of its statement."))

    def action_compare(self):
        """Compare the same file again, with the statement as it is now."""
        for comparison in self:
            comparison._compare()

    def _compare(self):
        statement = self.statement_id
        theirs = read_rows(self.rows, statement.currency_id.decimal_places)
        ours, moves = self._entries()
        pairs = lib.compare(ours, theirs.entries)
        lib.check(ours, theirs.entries, pairs)
        opening, closing = (
            statement._exact(statement.amount_opening),
            statement._exact(statement.amount_closing),
        )
        opening_theirs = opening if theirs.opening is None else theirs.opening
        closing_theirs = theirs.closing
        if closing_theirs is None:
            closing_theirs = opening_theirs + sum((entry.amount for entry in theirs.entries), Decimal())
        proof = lib.prove(
            pairs,
            opening_ours=opening,
            opening_theirs=opening_theirs,
            closing_ours=closing,
            closing_theirs=closing_theirs,
        )
        mine = self._unseal()
        mine.line_ids.unlink()
        mine.write(
            {
                "result": lib.result(pairs),
                "opening_given": theirs.opening is not None,
                "opening_theirs": opening_theirs,
                "opening_ours": opening,
                "closing_theirs": closing_theirs,
                "closing_ours": closing,
                "difference": proof.closing,
                "difference_opening": proof.opening,
                "difference_lines": proof.lines,
                "unexplained": proof.unexplained,
            }
        )
        mine.env["ecom.statement.comparison.line"].create(self._line_values(pairs, moves))

    def _line_values(self, pairs, moves):
        rows = {str(row["row"]): row for row in self.rows}
        values = []
        for pair in pairs:
            their = [rows[key] for key in pair.theirs]
            found = [moves[key] for key in pair.ours]
            days = [row["date"][:10] for row in their if row["date"]]
            values.append(
                {
                    "comparison_id": self.id,
                    "company_id": self.company_id.id,
                    "currency_id": self.currency_id.id,
                    "kind": pair.kind,
                    "rule": pair.rule or False,
                    "their_document": ", ".join(
                        dict.fromkeys(row["document"] or row["description"] for row in their)
                    ),
                    "their_day": days[0] if days else False,
                    "their_rows": ", ".join(pair.theirs),
                    "our_document": ", ".join(dict.fromkeys(move["name"] for move in found)),
                    "our_day": found[0]["day"] if found else False,
                    "move_id": found[0]["move_id"] if found else False,
                    "amount_theirs": pair.amount_theirs,
                    "amount_ours": pair.amount_ours,
                    "difference": pair.difference,
                }
            )
        return values

    @api.model
    def _compare_file(self, statement, name, content):
        """The comparison of a supplier's file with a statement; the one there is, if the file comes again."""
        digest = hashlib.sha256(content).hexdigest()
        known = self.search([("statement_id", "=", statement.id), ("digest", "=", digest)])
        if known:
            known._compare()
            return known
        digits = statement.currency_id.decimal_places
        rows, _statement = supplier_file.read_rows(
            self.env,
            name,
            content,
            LAYOUTS,
            lambda rows: read_rows(rows, digits),
            supplier_file.statement_problem_text,
        )
        comparison = self._unseal().create(
            {
                "name": name,
                "statement_id": statement.id,
                "company_id": statement.company_id.id,
                "partner_id": statement.partner_id.id,
                "currency_id": statement.currency_id.id,
                "digest": digest,
                "rows": rows,
            }
        )
        self.env["ir.attachment"].create(
            {"name": name, "raw": content, "res_model": comparison._name, "res_id": comparison.id}
        )
        comparison = comparison._seal()
        comparison._compare()
        return comparison

    def _entries(self):
        """Our booked lines as documents: (entries, {key: name, day and entry}).

        A match across currencies is a document of its own; everything else is its journal entry.
        """
        origins = self.env["ecom.statement.source"]._statement_all_origins()
        groups = {}
        lines = self.statement_id.line_ids.filtered(lambda line: line.in_ledger)
        # Buyers may not open payments; number and date of what is on the statement they see anyway.
        moves = {move.id: move for move in lines.move_id.sudo()}
        orders = {line.id: line.order_id.name for line in lines.purchase_line_id.sudo()}  # likewise
        for line in lines:
            alone = line.res_model == "account.partial.reconcile" or not line.move_id
            key = f"{line.res_model},{line.res_id}" if alone else f"account.move,{line.move_id.id}"
            groups.setdefault(key, self.env["ecom.statement.line"])
            groups[key] |= line
        entries, facts = [], {}
        for key, group in groups.items():
            move = moves.get(group.move_id[:1].id, group.move_id.browse())
            amount = sum((self.statement_id._exact(line.amount) for line in group), Decimal())
            day = (move.invoice_date or move.date) if move else group[0].day
            number = move["ecom_einvoice_number"] if "ecom_einvoice_number" in move._fields else ""
            numbers = (move.ref, number, move.name) if key.startswith("account.move,") else ()
            entries.append(
                lib.Entry(
                    key=key,
                    amount=amount,
                    day=day,
                    numbers=tuple(text for text in numbers if text),
                    orders=tuple(dict.fromkeys(orders[it] for it in group.purchase_line_id.ids)),
                    sort=_sort([origins[line.origin] for line in group], amount),
                )
            )
            name = move.ref or move.name or group[0].name
            facts[key] = {"name": name, "day": day, "move_id": move.id}
        return entries, facts


class EcomComparisonLine(models.Model):
    """Documents that belong together, or one that stands alone."""

    _name = "ecom.statement.comparison.line"
    _description = "Compared Line"
    _inherit = ["ecom.sealed"]
    _sealed_as = "ecom.statement.comparison"
    _order = "comparison_id, kind_order desc, id"

    comparison_id = fields.Many2one(
        "ecom.statement.comparison", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    currency_id = fields.Many2one("res.currency", required=True, readonly=True, ondelete="restrict")
    kind = fields.Selection(KINDS, "Result", required=True, readonly=True)
    kind_order = fields.Integer(compute="_compute_kind_order", store=True)
    rule = fields.Selection(
        [("number", "Document number"), ("order", "Order number"), ("amount_and_day", "Amount and day only")],
        "Found by",
        readonly=True,
    )
    their_document = fields.Char(readonly=True)
    their_day = fields.Date("Their Date", readonly=True)
    their_rows = fields.Char("Rows", readonly=True)
    our_document = fields.Char(readonly=True)
    our_day = fields.Date("Our Date", readonly=True)
    move_id = fields.Many2one("account.move", "Entry", readonly=True, ondelete="set null")
    amount_theirs = fields.Monetary("Theirs", readonly=True)
    amount_ours = fields.Monetary("Ours", readonly=True)
    difference = fields.Monetary(readonly=True, help="Theirs less ours.")

    @api.depends("kind")
    def _compute_kind_order(self):
        order = {key: place for place, (key, _text) in enumerate(KINDS)}
        for line in self:
            line.kind_order = order[line.kind]


def _sort(origins, amount):
    """What a document is to the supplier; an entry that may be either may be anything."""
    if any(origin.booked == "amount_payments" for origin in origins):
        return lib.PAYMENT
    if not all(origin.sign for origin in origins):
        return ""
    return lib.BILL if amount > 0 else lib.CREDIT
