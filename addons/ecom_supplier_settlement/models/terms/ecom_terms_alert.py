"""Terms stage, every night: contracts end, rebates are computed, and nobody forgets to claim one."""

import logging

from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import split_every

from .ecom_clause import REBATES

TERMS_CHUNK = 1000

_logger = logging.getLogger(__name__)


class EcomContract(models.Model):
    _inherit = "ecom.contract"

    def action_compute_rebates(self):
        """Compute the rebates of these contracts now, and show them."""
        if not self.env.user.has_group("ecom_supplier_settlement.group_buyer"):
            raise AccessError(self.env._("Only buyers compute rebates."))
        self.env["ecom.rebate"]._compute_clauses(self.clause_ids)
        action = self.env["ir.actions.act_window"]._for_xml_id("ecom_supplier_settlement.ecom_rebate_action")
        return {**action, "domain": [("origin_id", "in", self.clause_ids.origin_id.ids)], "context": {}}

    @api.model
    def _nightly(self):
        """End contracts, compute what their clauses earned and remind of what is not claimed.

        One clause at a time: each is committed, and one that cannot be computed stops no other.
        """
        signed = self.search([("state", "=", "signed")])
        signed._end_passed()
        since = fields.Date.subtract(fields.Date.context_today(self), years=1)
        contracts = signed | self.search([("state", "=", "ended"), ("date_to", ">=", since)])
        clauses = contracts.clause_ids.filtered(lambda it: it.kind in REBATES)
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(clauses))
        for clause in clauses:
            try:
                with self.env.cr.savepoint():
                    self.env["ecom.rebate"]._compute_clauses(clause)
            except (UserError, SerializationFailure) as refused:
                # Somebody computes it at this moment, or it cannot be computed: the next night tries again.
                _logger.warning("clause %s is not computed: %s", clause.id, refused)
            if not cron._commit_progress(1):
                break
        self.env["ecom.rebate"]._remind()
        terms = self.env["ecom.line.terms"]
        stale = terms._stale_lines(contracts.partner_id)
        cron._commit_progress(remaining=len(stale))
        for chunk in split_every(TERMS_CHUNK, stale.ids):
            terms._refresh(stale.browse(chunk))
            if not cron._commit_progress(len(chunk)):
                break


class EcomRebate(models.Model):
    _inherit = "ecom.rebate"

    reminded = fields.Boolean(readonly=True, help="The buyer was told of the unclaimed rebate.")

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
            rebate.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=buyer.id,
                summary=self.env._("Unclaimed rebate of %s", rebate.partner_id.name),
                note=self.env._(
                    "%(rebate)s: %(amount)s is earned and not claimed.",
                    rebate=rebate.display_name,
                    amount=rebate.currency_id.format(rebate.amount),
                ),
            )
        rebates._unseal().write({"reminded": True})
        return rebates

    def action_claim(self):
        result = super().action_claim()
        # What was to be done is done, by whoever did it.
        self.sudo().activity_ids.action_feedback()
        return result
