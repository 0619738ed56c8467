"""Terms stage: how a rebate was before, and what of it falls on each order line."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .clause_words import exact
from .ecom_rebate_computer import ANSWERED


class EcomRebateChange(models.Model):
    """How a rebate was before facts or terms changed it. Never deleted."""

    _name = "ecom.rebate.change"
    _description = "Change of a Rebate"
    _inherit = ["ecom.sealed"]
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

    @api.model
    def _store(self, rebate):
        """What of a rebate falls on each order line, by largest remainder, in one statement.

        All that the period gave so far is split anew by what the lines count now, so a return takes back
        what its own line got.
        """
        rebate.ensure_one()
        self.env.flush_all()
        self.env.cr.execute(SQL("DELETE FROM ecom_rebate_share WHERE rebate_id = %s", rebate.id))
        amount = rebate.amount_accepted if rebate.state in ANSWERED else rebate.amount
        clause, scale = rebate.clause_id, 10**rebate.currency_id.decimal_places
        units = int(exact(amount, rebate.currency_id.decimal_places) * scale)
        if not units:
            self.invalidate_model()
            return
        counts = self.env["ecom.clause.base"]
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
                origin=rebate.origin_id.id,
                start=rebate.date_from,
                number=rebate.number,
                facts=counts._facts_sql(clause, rebate.date_from, rebate.date_counted),
                rate=counts._rate_sql(clause, SQL("f.currency_id"), SQL("f.day")),
                units=units,
                scale=scale,
                rebate=rebate.id,
                company=rebate.company_id.id,
                currency=rebate.currency_id.id,
            )
        )
        self.invalidate_model()
        rebate.invalidate_recordset(["share_ids"])
