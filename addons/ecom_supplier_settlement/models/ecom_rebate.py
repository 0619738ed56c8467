"""Terms stage: what a clause earned in a period, to date, less what was claimed of it before."""

from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..lib.ecom_settle.periods import periods
from ..lib.ecom_settle.terms import to_settle
from .ecom_clause import REBATES, exact
from .ecom_clause_base import DOCUMENT_OF

# So many of the documents behind a rebate can be opened at once.
OPEN_LIMIT = 10000


class EcomRebate(models.Model):
    """One settlement of a clause and period: the first, the next interim one, the final one, a clawback.

    Only the one that is still `computed` follows the facts; what was claimed stays, and a difference
    comes with the next one.
    """

    _name = "ecom.rebate"
    _description = "Supplier Rebate"
    _inherit = ["ecom.supplier.due"]
    _order = "date_to desc, partner_id, clause_id, number desc"

    clause_id = fields.Many2one(required=True)
    contract_id = fields.Many2one(related="clause_id.contract_id", store=True, index=True)
    kind = fields.Selection(related="clause_id.kind")
    number = fields.Integer(required=True, readonly=True, default=1)
    date_from = fields.Date("Period From", required=True, readonly=True)
    date_to = fields.Date("Period To", required=True, readonly=True, index=True)
    date_counted = fields.Date("Counted until", required=True, readonly=True)
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
        "Claimed before", readonly=True, help="All earlier claims of the period, refused ones too."
    )
    change_ids = fields.One2many("ecom.rebate.change", "rebate_id", "History", readonly=True)
    share_ids = fields.One2many("ecom.rebate.share", "rebate_id", "Order Lines", readonly=True)

    _number_once = models.UniqueIndex(
        "(clause_id, date_from, number)", "This settlement of the period exists already."
    )
    _one_open = models.UniqueIndex(
        "(clause_id, date_from) WHERE state = 'computed'", "The period has an open settlement already."
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

    # --- computing ----------------------------------------------------------------

    def action_compute(self):
        """Compute again the clauses and periods of these rebates. Doing it twice changes nothing."""
        self._need("ecom_supplier_settlement.group_buyer", self.env._("Only buyers compute rebates."))
        for (clause, start), rebates in self.grouped(lambda it: (it.clause_id, it.date_from)).items():
            rebates._compute_period(clause, start, max(rebates.mapped("date_to")))
        return True

    @api.model
    def _compute_clauses(self, clauses, until=None):
        """Compute every period of the clauses that has begun by the day `until` (today)."""
        today = until or fields.Date.context_today(self)
        done = self.browse()
        for clause in clauses.filtered(lambda it: it.kind in REBATES and it.valid_from):
            last = min(clause.valid_to, today)
            if clause.contract_id.state not in ("signed", "ended") or last < clause.valid_from:
                continue
            for period in periods(clause.valid_from, clause.valid_to, clause.period):
                if period.start <= today:
                    done |= self._compute_period(clause, period.start, period.end, today)
            done |= self._void_after(clause)
        return done

    @api.model
    def _compute_period(self, clause, start, end, today=None):
        """The open rebate of a clause and period brought up to date; :return: it, or an empty recordset."""
        today = today or fields.Date.context_today(self)
        end = min(end, clause.valid_to)
        # Two people who compute at once take turns; the unique index is the law.
        self.env.cr.execute(SQL("SELECT id FROM ecom_clause WHERE id = %s FOR NO KEY UPDATE", clause.id))
        rebates = self.search([("clause_id", "=", clause.id), ("date_from", "=", start)])
        open_one = rebates.filtered(lambda it: it.state == "computed")
        counted_to = min(end, today)
        counted, earned, working = clause._earn(start, counted_to, whole=end < today)
        digits = clause.currency_id.decimal_places
        claimed = [exact(it.amount, digits) for it in rebates - open_one]
        due = to_settle(earned.amount, claimed, digits)
        if claimed:
            working["formula"] = f"{working['formula']} = {earned.amount:,f}; {due.formula}"
            working["result"] = f"{due.amount:f}"
        if not open_one and rebates and not due.amount:
            return self.browse()
        vals = {
            "date_to": end,
            "date_counted": counted_to,
            "base_amount": float(counted.base.amount),
            "base_quantity": float(counted.base.quantity),
            "amount_earned": float(earned.amount),
            "amount_before": float(sum(claimed, Decimal(0))),
            "amount": float(due.amount),
            "working": working,
        }
        if open_one:
            open_one._revise(vals)
        else:
            open_one = self._unseal().create({**self._new_values(clause, start, rebates), **vals})._seal()
        open_one._store_shares()
        return open_one

    def _new_values(self, clause, start, rebates):
        return {
            "clause_id": clause.id,
            "company_id": clause.company_id.id,
            "partner_id": clause.partner_id.id,
            "currency_id": clause.currency_id.id,
            "number": max(rebates.mapped("number"), default=0) + 1,
            "date_from": start,
            "settlement_mode": clause.settlement_mode,
            "vat_treatment": clause.vat_treatment,
            "tax_id": clause.tax_id.id,
            "offset": clause.offset,
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

    def _void_after(self, clause):
        """Periods that a new version took away earn nothing any more; what was claimed stays."""
        gone = self.search(
            [("clause_id", "=", clause.id), ("date_from", ">", clause.valid_to), ("state", "=", "computed")]
        )
        for rebate in gone:
            formula = self.env._("The clause ended on %s: 0", clause.valid_to)
            claimed = exact(rebate.amount_before, clause.currency_id.decimal_places)
            rebate._revise(
                {
                    "date_to": rebate.date_to,
                    "date_counted": rebate.date_counted,
                    "base_amount": 0,
                    "base_quantity": 0,
                    "amount_earned": 0,
                    "amount": float(-claimed),
                    "working": {
                        **rebate.working,
                        "base": [],
                        "base_total": "0",
                        "formula": formula,
                        "result": f"{-claimed:f}",
                    },
                }
            )
            rebate._store_shares()
        return gone

    def _store_shares(self):
        """What of the rebate falls on each order line, by largest remainder, in one statement."""
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
                   WITH lines AS (
                       SELECT f.purchase_line_id, sum(f.amount * %(rate)s) AS base FROM (%(facts)s) f
                        WHERE f.purchase_line_id IS NOT NULL GROUP BY 1 HAVING sum(f.amount) > 0),
                   parts AS (
                       SELECT purchase_line_id, base,
                              abs(%(units)s::numeric) * base / sum(base) OVER () AS part FROM lines),
                   ranked AS (
                       SELECT purchase_line_id, trunc(part) AS whole,
                              row_number() OVER (ORDER BY part - trunc(part) DESC, base DESC,
                                                           purchase_line_id) AS place,
                              abs(%(units)s::numeric) - sum(trunc(part)) OVER () AS missing
                         FROM parts)
                   SELECT %(rebate)s, purchase_line_id, %(company)s, %(currency)s,
                          sign(%(units)s::numeric) * (whole + (place <= missing)::int) / %(scale)s
                     FROM ranked WHERE whole + (place <= missing)::int <> 0""",
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
        if not over and not self.clause_id.interim:
            raise UserError(
                self.env._(
                    "%(rebate)s: the period ends on %(day)s, and the clause has no interim settlement.",
                    rebate=self.display_name,
                    day=self.date_to,
                )
            )

    def _sold_share(self):
        return self.clause_id._sold_part(self.date_from, self.date_counted)

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


class EcomRebateChange(models.Model):
    """How a rebate was before facts or terms changed it. Never deleted."""

    _name = "ecom.rebate.change"
    _description = "Change of a Rebate"
    _inherit = ["ecom.evidence"]
    _order = "id desc"

    rebate_id = fields.Many2one("ecom.rebate", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="rebate_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="rebate_id.currency_id")
    base_old = fields.Monetary("Base before", readonly=True)
    base_new = fields.Monetary("Base after", readonly=True)
    amount_old = fields.Monetary("Amount before", readonly=True)
    amount_new = fields.Monetary("Amount after", readonly=True)
    amount_difference = fields.Monetary("Difference", compute="_compute_amount_difference")
    formula_old = fields.Text("Formula before", readonly=True)
    formula_new = fields.Text("Formula after", readonly=True)
    working_old = fields.Json(readonly=True)

    @api.depends("amount_old", "amount_new")
    def _compute_amount_difference(self):
        for change in self:
            change.amount_difference = change.amount_new - change.amount_old

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The history of rebates is kept."))


class EcomRebateShare(models.Model):
    """What of a rebate falls on one order line; the shares of a rebate sum to it."""

    _name = "ecom.rebate.share"
    _description = "Rebate of an Order Line"
    _log_access = False
    _order = "rebate_id, purchase_line_id"

    rebate_id = fields.Many2one("ecom.rebate", required=True, readonly=True, ondelete="cascade")
    purchase_line_id = fields.Many2one(
        "purchase.order.line", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, ondelete="restrict")
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(readonly=True)

    _line_once = models.UniqueIndex("(rebate_id, purchase_line_id)", "A rebate falls on a line once.")
