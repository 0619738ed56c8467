"""Terms stage: the tiers of a clause."""

from odoo import api, fields, models


class EcomClauseTier(models.Model):
    """From a start, included, to the start of the next tier, excluded: no gap, no overlap."""

    _name = "ecom.clause.tier"
    _description = "Clause Tier"
    _order = "clause_id, start"

    clause_id = fields.Many2one("ecom.clause", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="clause_id.company_id", store=True, index=True)
    start = fields.Float("From", digits=(16, 4), required=True)
    end = fields.Float("To (Excluded)", compute="_compute_end", digits=(16, 4))
    value = fields.Float("Rate, Amount or Price", digits=(16, 6), required=True)

    _start_once = models.UniqueIndex("(clause_id, start)", "Two tiers of a clause start alike.")
    _start_positive = models.Constraint("CHECK(start >= 0)", "A tier starts at zero or above.")
    _value_positive = models.Constraint("CHECK(value >= 0)", "Terms are not negative.")

    @api.depends("start", "clause_id.tier_ids.start")
    def _compute_end(self):
        for tier in self:
            higher = [row.start for row in tier.clause_id.tier_ids if row.start > tier.start]
            tier.end = min(higher, default=0)

    @api.model_create_multi
    def create(self, vals_list):
        tiers = super().create(vals_list)
        tiers.clause_id.contract_id._refuse_signed()
        return tiers

    def write(self, vals):
        self.clause_id.contract_id._refuse_signed()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        self.clause_id.contract_id._refuse_signed()
