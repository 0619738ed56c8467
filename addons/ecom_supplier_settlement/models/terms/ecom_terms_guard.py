"""Terms stage: what happens to a rebate or claim when an entry that settles or accrues it changes."""

from odoo import api, models
from odoo.exceptions import UserError

DUES = ("ecom.rebate", "ecom.claim")


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
        for dues in self._dues(moves):
            for due in dues.filtered(lambda it: it.state in ("accepted", "partly")):
                due._settled(due.move_id.date)

    @api.model
    def _after_draft(self, moves):
        for dues in self._dues(moves):
            dues._unsettled()

    @api.model
    def _after_reverse(self, moves):
        """A reversed settlement leaves the due open for another one; the entries stay, linked."""
        for dues in self._dues(moves):
            dues._unsettled()
            dues._unseal().write({"move_id": False})

    @api.model
    def _refuse_accrued(self, moves):
        """An accrual stands for an amount that a rebate or claim says it has booked."""
        for model in DUES:
            # Whoever may post entries need not keep contracts.
            due = self.env[model].sudo().search([("accrual_ids", "in", moves.ids)], limit=1)
            if due:
                raise UserError(
                    self.env._(
                        "%(move)s is the accrual of %(due)s: what is booked changes with it, by Accrue.",
                        move=(moves & due.accrual_ids)[:1].display_name,
                        due=due.display_name,
                    )
                )

    def _dues(self, moves):
        """Recordsets of what these entries settle."""
        mine = moves.filtered("ecom_settles_terms")
        if not mine:
            return []
        # Posting is what counts, whether or not the accountant keeps contracts.
        return [self.env[model].sudo().search([("move_id", "in", mine.ids)]) for model in DUES]
