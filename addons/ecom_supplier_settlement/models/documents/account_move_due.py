"""Terms stage: entries that settle or accrue what a supplier owes, and what posting them means for it."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountMove(models.Model):
    _inherit = "account.move"

    ecom_settles_terms = fields.Boolean(
        "Settles Supplier Terms",
        readonly=True,
        copy=False,
        help="Made from a rebate or claim: no purchase.",
        groups="base.group_user",
    )

    @api.model_create_multi
    def create(self, vals_list):
        if self.env["ecom.supplier.due"]._is_sealed():
            # A default from the context is no way in either.
            vals_list = [{**vals, "ecom_settles_terms": False} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        said = bool(vals.get("ecom_settles_terms"))
        news = "ecom_settles_terms" in vals and self.env["ecom.supplier.due"]._is_sealed()
        if news and any(move.ecom_settles_terms != said for move in self):
            raise UserError(self.env._("Only a rebate or claim makes documents that settle it."))
        return super().write(vals)

    def _ecom_dues(self):
        """Recordsets of what these moves settle."""
        mine = self.filtered("ecom_settles_terms")
        if not mine:
            return []
        return [
            # Posting is what counts, whether or not the accountant keeps contracts.
            self.env[model].sudo().search([("move_id", "in", mine.ids)])
            for model in ("ecom.rebate", "ecom.claim")
            if model in self.env
        ]

    def _post(self, soft=True):
        posted = super()._post(soft=soft)
        for dues in posted._ecom_dues():
            for due in dues.filtered(lambda it: it.state in ("accepted", "partly")):
                due._settled(due.move_id.date)
        return posted

    def _ecom_refuse_accrued(self):
        """An accrual stands for an amount that a rebate or claim says it has booked."""
        for model in ("ecom.rebate", "ecom.claim"):
            # Whoever may post entries need not keep contracts.
            due = self.env[model].sudo().search([("accrual_ids", "in", self.ids)], limit=1)
            if due:
                raise UserError(
                    self.env._(
                        "%(move)s is the accrual of %(due)s: what is booked changes with it, by Accrue.",
                        move=(self & due.accrual_ids)[:1].display_name,
                        due=due.display_name,
                    )
                )

    def button_draft(self):
        self._ecom_refuse_accrued()
        result = super().button_draft()
        for dues in self._ecom_dues():
            dues._unsettled()
        return result

    def _reverse_moves(self, default_values_list=None, cancel=False):
        """A reversed settlement leaves the due open for another one; the entries stay, linked."""
        self._ecom_refuse_accrued()
        reversals = super()._reverse_moves(default_values_list, cancel=cancel)
        for dues in self._ecom_dues():
            dues._unsettled()
            dues._unseal().write({"move_id": False})
        return reversals
