"""Terms stage: what a clause earned in a period, to date, less what was claimed of it before."""

from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, LazyTranslate

from ...lib.ecom_settle.terms import to_settle
from ...lib.ecom_settle.working import BaseRow, Working
from ...reports import rebate_pdf
from ..setup.ecom_statement_source import Origin
from .ecom_clause import REBATES, exact
from .ecom_clause_base import DOCUMENT_OF

_lt = LazyTranslate(__name__)
# So many of the documents behind a rebate can be opened at once.
OPEN_LIMIT = 10000


class EcomRebate(models.Model):
    """One settlement of a clause and period: the first, the next interim one, the final one, a clawback.

    Only the one that is still `computed` follows the facts; what was claimed stays, and a difference
    comes with the next one.
    """

    _name = "ecom.rebate"
    _description = "Supplier Rebate"
    _inherit = ["ecom.supplier.due", "ecom.paper"]
    _order = "date_to desc, partner_id, clause_id, number desc"
    _statement_origins = (Origin(code="rebate", name=_lt("Rebate"), place=50, sign=-1),)

    clause_id = fields.Many2one(required=True)
    origin_id = fields.Many2one(
        "ecom.clause",
        "First Version",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        help="The version of the clause with which its periods began.",
    )
    contract_id = fields.Many2one(related="clause_id.contract_id", store=True, index=True)
    kind = fields.Selection(related="clause_id.kind")
    number = fields.Integer(required=True, readonly=True, default=1)
    date_from = fields.Date("Period From", required=True, readonly=True)
    date_to = fields.Date("Period To", required=True, readonly=True, index=True)
    date_counted = fields.Date("Counted Up To", required=True, readonly=True)
    state = fields.Selection(
        [
            ("computed", "Computed"),
            ("claimed", "Claimed"),
            ("accepted", "Accepted"),
            ("partly", "Partly Accepted"),
            ("refused", "Refused"),
            ("settled", "Settled"),
        ],
        required=True,
        readonly=True,
        default="computed",
        index=True,
        tracking=True,
    )
    is_over = fields.Boolean("Period Over", compute="_compute_is_over", search="_search_is_over")
    base_amount = fields.Monetary("Base", readonly=True)
    base_quantity = fields.Float(readonly=True, digits="Product Unit")
    amount_earned = fields.Monetary("Earned to Date", readonly=True)
    amount_before = fields.Monetary(
        "Claimed before",
        readonly=True,
        help="Earlier claims of the period, refused parts too: these are not claimed again. Where less is "
        "earned now than was accepted, what was accepted.",
    )
    change_ids = fields.One2many("ecom.rebate.change", "rebate_id", "History", readonly=True)
    share_ids = fields.One2many("ecom.rebate.share", "rebate_id", "Order Lines", readonly=True)

    _number_once = models.UniqueIndex(
        "(origin_id, date_from, number)", "This settlement of the period exists already."
    )
    _one_open = models.UniqueIndex(
        "(origin_id, date_from) WHERE state = 'computed'", "The period has an open settlement already."
    )

    @api.depends("clause_id.name", "date_from", "date_to", "number")
    def _compute_display_name(self):
        for rebate in self:
            name = f"{rebate.clause_id.name} {rebate.date_from} – {rebate.date_to}"
            rebate.display_name = f"{name} ({rebate.number})" if rebate.number > 1 else name

    @api.depends("date_to")
    def _compute_is_over(self):
        today = fields.Date.context_today(self)
        for rebate in self:
            rebate.is_over = rebate.date_to < today

    def _search_is_over(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = fields.Date.context_today(self)
        wanted = [("date_to", "<", today)] if True in value else []
        other = [("date_to", ">=", today)] if False in value else []
        return ["|", *wanted, *other] if wanted and other else wanted or other

    def _render_pdf(self):
        return rebate_pdf.render(self)

    def _statement_rows(self, statement):
        return self._sql_due_rows(
            statement,
            SQL("'rebate'"),
            SQL("c.name || ' ' || d.date_from || ' – ' || d.date_to"),
            SQL("JOIN ecom_clause c ON c.id = d.clause_id"),
        )

    # --- computing ----------------------------------------------------------------

    def action_compute(self):
        """Compute again the clauses and periods of these rebates. Doing it twice changes nothing."""
        self._need("ecom_supplier_settlement.group_buyer", self.env._("Only buyers compute rebates."))
        for origin, rebates in self.grouped("origin_id").items():
            self._compute_origin(origin, starts=set(rebates.mapped("date_from")))
        return True

    @api.model
    def _compute_clauses(self, clauses, until=None):
        """Compute every period of the clauses that has begun by the day `until` (today)."""
        done = self.browse()
        for origin in clauses.filtered(lambda it: it.kind in REBATES).origin_id:
            done |= self._compute_origin(origin, until)
        return done

    @api.model
    def _compute_origin(self, origin, until=None, starts=None):
        """Compute the periods of all versions of a clause that have begun.

        :param starts: first days of the periods that matter; None: all
        """
        today = until or fields.Date.context_today(self)
        # Two who compute at once take turns: the second one starts anew and sees what the first one did.
        self.env.cr.execute(SQL("UPDATE ecom_clause SET sequence = sequence WHERE id = %s", origin.id))
        rebates = self.search([("origin_id", "=", origin.id)]).grouped("date_from")
        owned = origin._owned_periods()
        done = self.browse()
        for clause, period in owned:
            if period.start <= today and (starts is None or period.start in starts):
                found = rebates.get(period.start, self.browse())
                done |= self._compute_period(clause, period, found, today)
        for start in sorted(set(rebates) - {period.start for _clause, period in owned}):
            if starts is None or start in starts:
                done |= rebates[start]._void_period()
        return done

    @api.model
    def _compute_period(self, clause, period, rebates, today):
        """The open rebate of a period brought up to date; :return: it, or an empty recordset."""
        open_one = rebates.filtered(lambda it: it.state == "computed")
        counted_to = min(period.end, today)
        counted, earned, working = clause._earn(period.start, counted_to, whole=period.end < today)
        digits = clause.currency_id.decimal_places
        before = rebates - open_one
        due = before._left_to_settle(earned.amount, digits)
        if before:
            working["formula"] = f"{working['formula']} = {earned.amount:,f}; {due.formula}"
            working["result"] = f"{due.amount:f}"
        if not open_one and rebates and not due.amount:
            return self.browse()
        vals = {
            "date_to": period.end,
            "date_counted": counted_to,
            "base_amount": float(counted.base.amount),
            "base_quantity": float(counted.base.quantity),
            "amount_earned": float(earned.amount),
            "amount_before": float(earned.amount - due.amount),
            "amount": float(due.amount),
            "working": working,
        }
        if open_one:
            open_one._take_over(clause)
            open_one._revise(vals)
        else:
            new = {**self._new_values(clause, period.start, rebates), **vals}
            open_one = self._unseal().create(new)._seal()
        open_one._store_shares()
        return open_one

    def _take_over(self, clause):
        """A newer version decides about the period now; how it is settled follows it."""
        self.ensure_one()
        if self.clause_id == clause:
            return
        terms, names = self._settled_by(clause), ("vat_treatment", "tax_id", "offset")
        if self.amount_accrued and any(terms[name] != self._settled_by(self)[name] for name in names):
            # What was accrued stands on the accounts of the terms before; it is our own entry.
            self.sudo()._accrue(Decimal(0))
        self._unseal().write({"clause_id": clause.id, **terms})

    def _settled_by(self, clause):
        return {
            "settlement_mode": clause.settlement_mode,
            "vat_treatment": clause.vat_treatment,
            "tax_id": clause.tax_id.id,
            "offset": clause.offset,
        }

    def _new_values(self, clause, start, rebates):
        return {
            "clause_id": clause.id,
            "origin_id": clause.origin_id.id,
            "company_id": clause.company_id.id,
            "partner_id": clause.partner_id.id,
            "currency_id": clause.currency_id.id,
            "number": max(rebates.mapped("number"), default=0) + 1,
            "date_from": start,
            **self._settled_by(clause),
        }

    def _revise(self, vals):
        """Write what changed and keep what it was before."""
        self.ensure_one()
        if self.working == vals["working"] and self.date_to == vals["date_to"]:
            if self.date_counted != vals["date_counted"]:
                self._unseal().write({"date_counted": vals["date_counted"]})
            return
        if self.currency_id.compare_amounts(self.amount, vals["amount"]) or self.currency_id.compare_amounts(
            self.base_amount, vals["base_amount"]
        ):
            self.env["ecom.rebate.change"]._unseal().create(
                {
                    "rebate_id": self.id,
                    "base_old": self.base_amount,
                    "base_new": vals["base_amount"],
                    "amount_old": self.amount,
                    "amount_new": vals["amount"],
                    "formula_old": self.working["formula"],
                    "formula_new": vals["working"]["formula"],
                    "working_old": self.working,
                }
            )
        self._unseal().write(vals)

    def _void_period(self):
        """A period that a new version took away earns nothing: what was claimed of it goes back."""
        open_one = self.filtered(lambda it: it.state == "computed")
        latest = open_one or self.sorted("number")[-1]
        digits = latest.currency_id.decimal_places
        due = (self - open_one)._left_to_settle(Decimal(0), digits)
        if not open_one and not due.amount:
            return self.browse()
        ended = Working(
            rule=latest.working["rule"],
            version=latest.working["version"],
            title=latest.working["title"],
            base=(BaseRow(code="ended", values={"day": str(latest.clause_id.valid_to)}),),
            base_total=Decimal(0),
            formula=due.formula,
            result=due.amount,
            currency=latest.currency_id.name,
            digits=digits,
        )
        vals = {
            "date_to": latest.date_to,
            "date_counted": latest.date_counted,
            "base_amount": 0,
            "base_quantity": 0,
            "amount_earned": 0,
            "amount_before": float(-due.amount),
            "amount": float(due.amount),
            "working": ended.as_json(),
        }
        if open_one:
            open_one._revise(vals)
        else:
            new = {**self._new_values(latest.clause_id, latest.date_from, self), **vals}
            open_one = self._unseal().create(new)._seal()
        open_one._store_shares()
        return open_one

    def _left_to_settle(self, earned, digits):
        """What is due of what is earned to date, after these earlier claims of the period."""
        answered = ("accepted", "partly", "refused", "settled")
        return to_settle(
            earned,
            [exact(it.amount, digits) for it in self],
            digits,
            accepted=[
                exact(it.amount_accepted if it.state in answered else it.amount, digits) for it in self
            ],
        )

    def _store_shares(self):
        """What of the rebate falls on each order line, by largest remainder, in one statement.

        All that the period gave so far is split anew by what the lines count now, so a return takes back
        what its own line got.
        """
        self.ensure_one()
        self.env.flush_all()
        self.env.cr.execute(SQL("DELETE FROM ecom_rebate_share WHERE rebate_id = %s", self.id))
        answered = self.state in ("accepted", "partly", "refused", "settled")
        amount = self.amount_accepted if answered else self.amount
        clause, scale = self.clause_id, 10**self.currency_id.decimal_places
        units = int(exact(amount, self.currency_id.decimal_places) * scale)
        if not units:
            self.env["ecom.rebate.share"].invalidate_model()
            return
        self.env.cr.execute(
            SQL(
                """INSERT INTO ecom_rebate_share
                          (rebate_id, purchase_line_id, company_id, currency_id, amount)
                   WITH earlier AS (
                       SELECT s.purchase_line_id, sum(s.amount) AS amount
                         FROM ecom_rebate_share s JOIN ecom_rebate r ON r.id = s.rebate_id
                        WHERE r.origin_id = %(origin)s AND r.date_from = %(start)s AND r.number < %(number)s
                        GROUP BY 1),
                   total AS (SELECT %(units)s::numeric + coalesce(sum(amount), 0) * %(scale)s AS units
                               FROM earlier),
                   found AS (
                       SELECT f.purchase_line_id, sum(f.amount * %(rate)s) AS base FROM (%(facts)s) f
                        WHERE f.purchase_line_id IS NOT NULL GROUP BY 1 HAVING sum(f.amount) > 0),
                   lines AS (
                       SELECT * FROM found UNION ALL
                       SELECT e.purchase_line_id, abs(e.amount) FROM earlier e
                        WHERE e.amount <> 0 AND NOT EXISTS (SELECT 1 FROM found)),
                   parts AS (
                       SELECT l.purchase_line_id, l.base, t.units,
                              abs(t.units) * l.base / sum(l.base) OVER () AS part
                         FROM lines l CROSS JOIN total t),
                   ranked AS (
                       SELECT purchase_line_id, units, trunc(part) AS whole,
                              row_number() OVER (ORDER BY part - trunc(part) DESC, base DESC,
                                                           purchase_line_id) AS place,
                              abs(units) - sum(trunc(part)) OVER () AS missing
                         FROM parts),
                   target AS (
                       SELECT purchase_line_id,
                              sign(units) * (whole + (place <= missing)::int) / %(scale)s AS amount
                         FROM ranked)
                   SELECT %(rebate)s, purchase_line_id, %(company)s, %(currency)s,
                          coalesce(t.amount, 0) - coalesce(e.amount, 0)
                     FROM target t FULL JOIN earlier e USING (purchase_line_id)
                    WHERE coalesce(t.amount, 0) <> coalesce(e.amount, 0)""",
                origin=self.origin_id.id,
                start=self.date_from,
                number=self.number,
                facts=clause._facts_sql(self.date_from, self.date_counted),
                rate=clause._rate_sql(SQL("f.currency_id"), SQL("f.day")),
                units=units,
                scale=scale,
                rebate=self.id,
                company=self.company_id.id,
                currency=self.currency_id.id,
            )
        )
        self.env["ecom.rebate.share"].invalidate_model()
        self.invalidate_recordset(["share_ids"])

    # --- steps --------------------------------------------------------------------

    def _check_claimable(self):  # pylint: disable=missing-return
        super()._check_claimable()
        over = self.date_to < fields.Date.context_today(self)
        if over and self.date_counted < self.date_to:
            raise UserError(
                self.env._(
                    "%(rebate)s: counted until %(day)s only. Compute it again first.",
                    rebate=self.display_name,
                    day=self.date_counted,
                )
            )
        if not over and not self.clause_id.interim:
            raise UserError(
                self.env._(
                    "%(rebate)s: the period ends on %(day)s, and the clause has no interim settlement.",
                    rebate=self.display_name,
                    day=self.date_to,
                )
            )

    def _sold_share(self, day=None):
        return self.clause_id._sold_part(self.date_from, self.date_counted, day)

    def _due_day(self):
        return min(self.date_to, fields.Date.context_today(self))

    def action_open_documents(self):
        """The documents that the base was counted from."""
        self.ensure_one()
        clause = self.clause_id
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT f.doc_id FROM (%s) f WHERE f.doc_id IS NOT NULL ORDER BY 1 LIMIT %s",
                clause._facts_sql(self.date_from, self.date_counted),
                OPEN_LIMIT,
            )
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": DOCUMENT_OF[clause.base],
            "view_mode": "list,form",
            "domain": [("id", "in", [doc_id for [doc_id] in rows])],
        }
