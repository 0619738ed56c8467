"""Terms stage: versions of one clause. A period goes on over an amendment, or each version has its own."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...lib.ecom_settle.periods import Period, periods, years_before
from .ecom_clause import REBATES

# What must be alike for a period to go on: other things than before would be added up.
SAME = (
    "company_id partner_id currency_id kind base date_by measure period net_of_returns freight_included "
    "tax_included sold_at"
).split()
LINKS = {"previous_id", "origin_id"}
# What comes by RPC cannot hold this object, so links between versions are made by amending only.
_STEP = object()


class EcomClause(models.Model):
    _inherit = "ecom.clause"

    previous_id = fields.Many2one(
        "ecom.clause", "Amends", readonly=True, index="btree_not_null", ondelete="restrict", copy=False
    )
    origin_id = fields.Many2one(
        "ecom.clause",
        "First Version",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        help="The version with which the periods of this clause began; written when it is signed.",
    )
    amended = fields.Selection(
        [("continue", "Goes on by These Terms"), ("restart", "Starts Anew")],
        "Period under Way",
        compute="_compute_amended",
        store=True,
        readonly=False,
        precompute=True,
        help="Goes on: what the version before counted and settled in the period belongs to it, and the "
        "terms valid at its end count for all of it. Starts anew: each version counts its own days by its "
        "own terms.",
    )

    @api.depends("kind")
    def _compute_amended(self):
        """An amount per piece is that of the piece's day; all else looks at the whole period."""
        for clause in self:
            clause.amended = "restart" if clause.kind == "per_piece" else "continue"

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.context.get("ecom_clause_step") is not _STEP:
            vals_list = [{k: v for k, v in vals.items() if k not in LINKS} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        if LINKS & set(vals) and self.env.context.get("ecom_clause_step") is not _STEP:
            raise UserError(self.env._("Versions of a clause are linked by amending the contract."))
        return super().write(vals)

    def _link(self, **vals):
        return self.with_context(ecom_clause_step=_STEP).write(vals)

    def _fix_origin(self):
        """Say which clauses go on with the periods of the version before; signing does it once."""
        for clause in self:
            before = clause.previous_id
            goes_on = (
                before.origin_id
                and clause.kind in REBATES
                and clause.amended == "continue"
                and before.contract_id == clause.contract_id.previous_id
                and all(before[name] == clause[name] for name in SAME)
            )
            clause._link(origin_id=before.origin_id.id if goes_on else clause.id)

    def _versions(self):
        """This clause and its other versions whose periods are the same, oldest first; a draft is alone."""
        self.ensure_one()
        if not self.origin_id:
            return self
        found = self.search([("origin_id", "=", self.origin_id.id)])
        alive = found.filtered(lambda it: it.valid_from <= it.valid_to)
        return alive.sorted(lambda it: (it.valid_from, it.version, it.id)) or self

    def _parts(self, start, end):
        """[(version, `Period`)]: which version counts which days from one day to the other.

        What lies before the first version is counted by it, what lies after the last by that one.
        """
        versions = self._versions()
        parts = []
        for at, clause in enumerate(versions):
            first = max(start, clause.valid_from) if at else start
            last = end
            if at + 1 < len(versions):
                last = min(end, clause.valid_to, versions[at + 1].valid_from - timedelta(days=1))
            if first <= last:
                parts.append((clause, Period(first, last)))
        return parts

    def _parts_before(self, start, end):
        """The same versions with the same days of the year before."""
        parts = self._parts(start, end)
        earlier = years_before([period for _clause, period in parts])
        return [(clause, period) for (clause, _period), period in zip(parts, earlier, strict=True)]

    def _owned_periods(self):
        """[(version, `Period`)] of all versions: the one valid at the end of a period decides about it."""
        versions = self._versions()
        last = max(versions.mapped("valid_to"))
        found = []
        for period in periods(versions[0].valid_from, last, self.period):
            alive = versions.filtered(
                lambda it, period=period: it.valid_from <= period.end and it.valid_to >= period.start
            )
            if alive:
                found.append((alive[-1], Period(period.start, min(period.end, alive[-1].valid_to))))
        return found


class EcomContract(models.Model):
    _inherit = "ecom.contract"

    def action_amend(self):
        action = super().action_amend()
        following = self.browse(action["res_id"])
        # Odoo copies the lines of a record in the order of their ids.
        pairs = zip(self.clause_ids.sorted("id"), following.clause_ids.sorted("id"), strict=True)
        for before, clause in pairs:
            clause._link(previous_id=before.id)
        return action

    def _check_signable(self):  # pylint: disable=missing-return
        super()._check_signable()
        self.clause_ids._fix_origin()
