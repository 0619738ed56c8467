"""Terms stage: what a clause earned in a period, to date, less what was claimed of it before."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, LazyTranslate

from ...reports import rebate_pdf
from ..setup.ecom_statement_source import Origin
from .ecom_clause_base import DOCUMENT_OF
from .kinds import REBATES

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
    reminded = fields.Boolean(readonly=True, help="The buyer was told of the unclaimed rebate.")

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
            self.env["ecom.rebate.computer"]._compute_origin(origin, starts=set(rebates.mapped("date_from")))
        return True

    @api.model
    def _compute_clauses(self, clauses, until=None):
        """Compute every period of the clauses that has begun by the day `until` (today)."""
        done = self.browse()
        for origin in clauses.filtered(lambda it: it.kind in REBATES).origin_id:
            done |= self.env["ecom.rebate.computer"]._compute_origin(origin, until)
        self.env["ecom.line.terms"]._refresh(done.share_ids.purchase_line_id)
        return done

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

    def action_claim(self):
        result = super().action_claim()
        # What was to be done is done, by whoever did it.
        self.sudo().activity_ids.action_feedback()
        return result

    def _answer(self, accepted, text=""):  # pylint: disable=missing-return
        """What the supplier refused falls on the lines again."""
        super()._answer(accepted, text)
        lines = self.share_ids.purchase_line_id
        self.env["ecom.rebate.share"]._store(self)
        self.env["ecom.line.terms"]._refresh(lines)

    def _sold_share(self, day=None):
        return self.env["ecom.clause.base"]._sold_part(self.clause_id, self.date_from, self.date_counted, day)

    def _due_day(self):
        return min(self.date_to, fields.Date.context_today(self))

    @api.model
    def _remind(self):
        """One activity for the buyer of each rebate whose period is over and that nobody has claimed."""
        rebates = self.search(
            [
                ("state", "=", "computed"),
                ("reminded", "=", False),
                ("amount", "!=", 0),
                ("date_to", "<", fields.Date.context_today(self)),
            ]
        )
        for rebate in rebates:
            buyer = rebate.contract_id.user_id or rebate.contract_id.drafted_id
            words = self.env["ecom.books"]._words(rebate.company_id)
            rebate.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=buyer.id,
                summary=words._("Unclaimed rebate of %s", rebate.partner_id.name),
                note=words._(
                    "%(rebate)s: %(amount)s is earned and not claimed.",
                    rebate=rebate.with_context(lang=words.lang).display_name,
                    amount=rebate.currency_id.format(rebate.amount),
                ),
            )
        rebates._unseal().write({"reminded": True})
        return rebates

    def action_open_documents(self):
        """The documents that the base was counted from."""
        self.ensure_one()
        clause = self.clause_id
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT f.doc_id FROM (%s) f WHERE f.doc_id IS NOT NULL ORDER BY 1 LIMIT %s",
                self.env["ecom.clause.base"]._facts_sql(clause, self.date_from, self.date_counted),
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
