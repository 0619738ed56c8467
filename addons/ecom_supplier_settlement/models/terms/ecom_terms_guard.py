"""Terms stage: what happens to a rebate or claim when an entry that settles or accrues it changes."""

from odoo import api, models
from odoo.exceptions import UserError


class EcomTermsGuard(models.AbstractModel):
    """Posting a settlement settles its due, resetting or reversing it leaves the due open for another one."""

    _name = "ecom.terms.guard"
    _description = "Dues of Entries That Change"

    @api.model
    def _move_changes(self, moves, vals):
        if "ecom_settles_terms" not in vals or not self.env["ecom.supplier.due"]._is_sealed():
            return
        said = bool(vals["ecom_settles_terms"])
        if any(move.ecom_settles_terms != said for move in moves):
            raise UserError(self.env._("Only a rebate or claim makes documents that settle it."))

    @api.model
    def _after_post(self, moves):
        for records in self.env["ecom.document.link"]._records(moves):
            records._statement_posted()

    @api.model
    def _after_draft(self, moves):
        for records in self.env["ecom.document.link"]._records(moves):
            records._statement_unposted()

    @api.model
    def _after_reverse(self, moves):
        """A reversed settlement leaves the due open for another one; the entries stay, linked."""
        links = self.env["ecom.document.link"]
        for records in links._records(moves):
            records._statement_unposted()
        links._cut(moves)

    @api.model
    def _refuse_accrued(self, moves):
        """An accrual stands for an amount that a rebate or claim says it has booked."""
        # Whoever may post entries need not keep contracts.
        for dues in self.env["ecom.supplier.due"].sudo()._models():
            due = dues.search([("accrual_ids", "in", moves.ids)], limit=1)
            if due:
                raise UserError(
                    self.env._(
                        "%(move)s is the accrual of %(due)s: what is booked changes with it, by Accrue.",
                        move=(moves & due.accrual_ids)[:1].display_name,
                        due=due.display_name,
                    )
                )
