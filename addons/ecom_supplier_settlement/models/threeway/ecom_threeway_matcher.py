"""Invoice stage: facts in, verdicts out, evidence and states stored; all in bulk.

A price difference that is let pass stays where Odoo books it, and that is where it belongs: for goods at
standard cost on the price difference account of their category, for goods at average cost or first in,
first out in the value of the receipt, so that what is on hand is revalued and what was sold costs more.
"""

import hashlib
import json
from decimal import ROUND_FLOOR, Decimal

import pandas as pd

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.ecom_recon.lib.ecom_reconcile import Tolerance
from odoo.addons.ecom_recon.lib.ecom_reconcile.tolerance import PERCENT

from ...lib.ecom_settle.threeway import (
    BLOCK,
    INSIDE,
    LINE_COLUMNS,
    PRICE,
    QUANTITY,
    RATE,
    VERSION,
    WARN,
    Limits,
    Terms,
    decide,
    decide_documents,
)
from ..setup.bills import bills_and_credits, posted
from .ecom_threeway_policy import MEASURES

VERDICT_CODES = {INSIDE: "inside", WARN: "warn", BLOCK: "block"}
NOTHING_MORE = Limits(block=(Tolerance(lower_amount=None, upper_amount=0),))
# What holds where no policy fits: not a piece and not a cent more than agreed.
BUILT_IN = Terms(quantity=NOTHING_MORE, price=NOTHING_MORE)

INSERT = """
    INSERT INTO ecom_threeway_result (
        move_id, move_line_id, company_id, partner_id, currency_id, company_currency_id, kind,
        purchase_line_id, order_id, product_id, uom_id, agreement_id, clause_id, policy_version_id,
        rule_version,
        quantity_ordered, quantity_received, quantity_billed_before, quantity_expected, quantity_billed,
        variance_quantity, variance_ordered, price_agreed, amount_expected, amount_billed,
        variance_price, variance_rate, variance_exchange, variance_document,
        verdict, reasons, cause, user_id, matched_at, superseded, inputs, digest)
    SELECT move_id, move_line_id, company_id, partner_id, currency_id, company_currency_id, kind,
           purchase_line_id, order_id, product_id, uom_id, agreement_id, clause_id, policy_version_id,
           %(rules)s,
           ordered / 1e6, received / 1e6, billed_before / 1e6, expected_quantity / 1e6, quantity / 1e6,
           variance_quantity / 1e6, variance_ordered / 1e6, price / 1e8,
           expected_amount / 10::numeric ^ digits, amount / 10::numeric ^ digits,
           variance_price / 10::numeric ^ digits, variance_rate / 10::numeric ^ digits,
           variance_exchange / 10::numeric ^ company_digits, variance_document / 10::numeric ^ digits,
           verdict_code, reasons, %(cause)s, %(user)s, %(now)s, false, inputs, digest
      FROM jsonb_to_recordset(%(rows)s::jsonb) AS row (
           move_id int, move_line_id int, company_id int, partner_id int, currency_id int,
           company_currency_id int, kind text, purchase_line_id int, order_id int, product_id int,
           uom_id int, agreement_id int, clause_id int, policy_version_id int, ordered numeric,
           received numeric, billed_before numeric, expected_quantity numeric, quantity numeric,
           variance_quantity numeric,
           variance_ordered numeric, price numeric, expected_amount numeric, amount numeric,
           variance_price numeric, variance_rate numeric, variance_exchange numeric,
           variance_document numeric, digits int, company_digits int, verdict_code text, reasons text,
           inputs jsonb, digest text)"""


class EcomThreewayMatcher(models.AbstractModel):
    """The three-way match of invoices: `_run` is the only writer of results and match states."""

    _name = "ecom.threeway.matcher"
    _description = "Three-Way Match"

    @api.model
    def _match(self, moves, cause="manual"):
        """Match the vendor invoices and credit notes among these now, in bulk; other entries are left alone.

        :param cause: why, a code of CAUSES in `ecom_threeway_result`
        :return: {move id: {"state", "before", "kinds", "reasons"}}, see `_run`
        """
        bills = bills_and_credits(moves).filtered(lambda move: move.state != "cancel")
        if not bills:
            return {}
        # Whoever receives goods or agrees a price sets the match off; it is not theirs to decide or to see.
        matcher = self.sudo()
        said = matcher._run(bills, cause)
        told = posted(bills).with_env(matcher.env)  # tasks go to other people
        matcher.env["ecom.threeway.task"]._tell(told, {move.id: said[move.id] for move in told})
        return said

    @api.model
    def _match_others(self, bills, cause):
        """Match the other invoices of the order lines that these invoices are of, and what they credit."""
        # A credit note of the price alone names its invoice and no order; whoever posts it cures the invoice.
        credited = posted(bills.sudo().reversed_entry_id)
        order_lines = bills.line_ids.purchase_line_id | credited.line_ids.purchase_line_id
        self._match(self._bills_of(order_lines.ids) - bills | credited, cause)

    @api.model
    def _match_bills_of(self, order_line_ids, cause):
        """Match the posted invoices of these order lines."""
        self._match(self._bills_of(order_line_ids), cause)

    @api.model
    def _bills_of(self, order_line_ids):
        """The posted invoices and credit notes of these order lines, whoever may see them."""
        # The match is of all invoices of an order line, not of those that a user sees.
        moves = self.env["account.move"].sudo()
        ids = self.env["ecom.threeway.facts"]._bills_of(order_line_ids) if order_line_ids else []
        return moves.browse(ids)

    @api.model
    def _run(self, moves, cause):
        """Match these invoices and credit notes again; same facts, nothing new.

        The number of queries does not depend on how many lines there are.

        :param moves: account.move of the kinds that are matched, any state but cancelled
        :param cause: code of CAUSES, stored with what is new
        :return: {move id: {"state": none/ready/warning/blocked/released, "before": the state it had,
            "kinds": set of "price", "quantity", "other" that are off, "kinds_before", "reasons": set,
            "orders": {kind: orders that are concerned}, "policy": the first of its policies}}
        """
        ids = sorted(moves.ids)
        if not ids:
            return {}
        # Two matches of one invoice take turns, so that a line has one verdict.
        self.env.flush_all()
        self.env["ecom.stage"]._take(moves)
        rows = self._decided(ids)
        before = self._store(ids, rows, cause)
        said = self._conclude(ids, rows)
        for move_id, one in said.items():
            one["kinds_before"] = before.get(move_id, set())
        return said

    # --- facts and verdicts ----------------------------------------------------

    def _decided(self, ids):
        """Facts with their verdicts: [{column: value}], lines first, then totals of invoices."""
        facts = self.env["ecom.threeway.facts"]
        lines, documents = facts._lines(ids), facts._documents(ids)
        terms = self._terms_of(lines + documents)
        rows = []
        if lines:
            frame = pd.DataFrame(lines, dtype=object)
            verdict = decide(frame[list(LINE_COLUMNS)], terms)
            rows += self._joined(lines, verdict, "line", LINE_COLUMNS)
        if documents:
            columns = ["terms", "refund", "stated", "computed"]
            verdict = decide_documents(pd.DataFrame(documents, dtype=object)[columns], terms)
            rows += self._joined(documents, verdict, "document", ("stated", "computed"))
        return rows

    def _joined(self, facts, verdict, kind, inputs):
        joined = []
        for fact, found in zip(facts, verdict.to_dict("records"), strict=True):
            found = {name: value if isinstance(value, str) else int(value) for name, value in found.items()}
            seen = {name: int(fact[name]) for name in inputs if name != "terms"}
            if fact.get("clause_id"):
                seen |= {name: fact[name] for name in ("clause_id", "clause_version")}
            row = {**fact, **found, "kind": kind, "verdict_code": VERDICT_CODES[found["verdict"]]}
            keys = (
                "product_id",
                "purchase_line_id",
                "uom_id",
                "agreement_id",
                "clause_id",
                "policy_version_id",
            )
            said = [kind, VERSION, found, seen, *(fact.get(key) for key in keys)]
            row["digest"] = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
            joined.append({**row, "inputs": seen})
        return joined

    def _terms_of(self, rows):
        """Number the terms that the rows need into their column `terms`; return the list of them."""
        versions = {row["policy_version_id"] for row in rows} - {None}
        # Whoever makes goods come or a price change may not read policies, and is matched by them.
        saved = self.env["ecom.threeway.policy.version"].sudo().browse(versions)
        said = {version.id: version.terms for version in saved}
        table, numbers = [], {}
        for row in rows:
            key = (row["policy_version_id"], row["digits"], row["bill_rate_now"])
            if key not in numbers:
                numbers[key] = len(table)
                table.append(terms_from(said[key[0]], *key[1:]) if key[0] else BUILT_IN)
            row["terms"] = numbers[key]
        return table

    # --- evidence --------------------------------------------------------------

    def _store(self, ids, rows, cause):
        """Add what is new and supersede what it replaces; what is the same stays as it is.

        :return: {move id: kinds that were off until now}
        """
        stored = self.env.execute_query(
            SQL(
                "SELECT move_id, move_line_id, digest, reasons FROM ecom_threeway_result "
                "WHERE move_id = ANY(%s) AND NOT superseded",
                ids,
            )
        )
        current = {(move_id, line_id or 0): digest for move_id, line_id, digest, _reasons in stored}
        new = [row for row in rows if current.get(self._key(row)) != row["digest"]]
        gone = set(current) - {self._key(row) for row in rows} | {self._key(row) for row in new}
        if gone & set(current):
            self.env.execute_query(
                SQL(
                    "UPDATE ecom_threeway_result r SET superseded = true "
                    "FROM unnest(%s::int[], %s::int[]) AS old (move_id, line_id) "
                    "WHERE r.move_id = old.move_id AND coalesce(r.move_line_id, 0) = old.line_id "
                    "AND NOT r.superseded RETURNING r.id",
                    [key[0] for key in gone],
                    [key[1] for key in gone],
                )
            )
        if new:
            self.env.execute_query(
                SQL(
                    INSERT + " RETURNING id",
                    rules=VERSION,
                    cause=cause,
                    user=self.env.uid,
                    now=fields.Datetime.now(),
                    rows=json.dumps(new),
                )
            )
        if new or gone:
            self.env["ecom.threeway.result"].invalidate_model()
        before = {}
        for move_id, _line_id, _digest, reasons in stored:
            before.setdefault(move_id, set()).update(self._kind(code) for code in reasons.split(",") if code)
        return before

    @staticmethod
    def _key(row):
        return row["move_id"], row.get("move_line_id") or 0

    # --- states ----------------------------------------------------------------

    def _conclude(self, ids, rows):
        """The state of each invoice from its verdicts and releases, written to the invoices."""
        by_move = {move_id: [] for move_id in ids}
        for row in rows:
            by_move[row["move_id"]].append(row)
        releases = self.env["ecom.threeway.release"]._valid_of(ids)
        moves = self.env["account.move"].browse(ids)
        before = dict(
            self.env.execute_query(
                SQL("SELECT id, ecom_threeway_state FROM account_move WHERE id = ANY(%s)", ids)
            )
        )
        said = {}
        for move_id, its in by_move.items():
            state = self._state(its)
            if state == "blocked" and move_id in releases and releases[move_id]._still_holds(its):
                state = "released"
            said[move_id] = {"state": state, "before": before[move_id] or "none", **self._about(its)}
        states = {move_id: one["state"] for move_id, one in said.items()}
        changed = [(move_id, state) for move_id, state in states.items() if state != before[move_id]]
        if changed:
            self.env.execute_query(
                SQL(
                    "UPDATE account_move m SET ecom_threeway_state = new.state "
                    "FROM unnest(%s::int[], %s::text[]) AS new (id, state) "
                    "WHERE m.id = new.id RETURNING m.id",
                    [move_id for move_id, _state in changed],
                    [state for _move_id, state in changed],
                )
            )
        moves.invalidate_recordset(["ecom_threeway_state", "ecom_threeway_result_ids", "ecom_block_reason"])
        return said

    def _about(self, rows):
        """What is off in an invoice, by kind, on which orders, and under which policy."""
        reasons, orders = set(), {}
        for row in rows:
            for reason in filter(None, row["reasons"].split(",")):
                reasons.add(reason)
                if row.get("order_id"):
                    kind = self._kind(reason)
                    orders.setdefault("price" if kind == "other" else kind, set()).add(row["order_id"])
        version = next((row["policy_version_id"] for row in rows if row["policy_version_id"]), False)
        return {
            "reasons": reasons,
            "kinds": {self._kind(reason) for reason in reasons},
            "orders": {kind: self.env["purchase.order"].browse(sorted(ids)) for kind, ids in orders.items()},
            "policy": self.env["ecom.threeway.policy.version"].browse(version).policy_id,
        }

    @staticmethod
    def _state(rows):
        """Nothing to compare: none. Else the worst verdict; a line without order is compared with nothing."""
        worst = max((row["verdict"] for row in rows), default=INSIDE)
        if worst == INSIDE and not any(row["kind"] == "document" or row["has_order"] for row in rows):
            return "none"
        return {INSIDE: "ready", WARN: "warning", BLOCK: "blocked"}[worst]

    @staticmethod
    def _kind(reason):
        if reason.startswith("price"):
            return "price"
        return "quantity" if reason.startswith(("quantity", "ordered")) else "other"


def terms_from(said, digits, bill_rate):
    """`Terms` of a version's data, amounts in minor units of an invoice's currency, quantities in millionths.

    :param digits: decimals of the invoice's currency
    :param bill_rate: company units per unit of it, in 1/1,000,000,000,000
    """

    def money(amount, unit):
        return int((Decimal(amount) * RATE / bill_rate * unit).to_integral_value(ROUND_FLOOR))

    def tolerance(limit):
        in_money = limit["measure"] != "quantity" or said["weigh"]
        percent = None if limit["percent"] is None else int(Decimal(limit["percent"]) * PERCENT)
        amount = limit["amount"]
        if amount is not None:
            unit = PRICE if limit["measure"] == "charge_unit" else 10**digits
            amount = money(amount, unit) if in_money else int(Decimal(amount) * QUANTITY)
        side = "upper" if limit["side"] == "above" else "lower"
        bounds = {"lower_amount": None, "upper_amount": None}
        bounds |= {f"{side}_percent": percent, f"{side}_amount": amount}
        return Tolerance(**bounds, greater=limit["greater"])

    def limits(measure):
        of_measure = [limit for limit in said["limits"] if limit["measure"] == measure]
        return Limits(
            **{
                severity: tuple(tolerance(limit) for limit in of_measure if limit["severity"] == severity)
                for severity in ("warn", "block")
            }
        )

    return Terms(
        receipts=said["receipts"],
        weigh=said["weigh"],
        **{measure: limits(measure) for measure, _label in MEASURES},
    )
