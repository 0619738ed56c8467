"""Explain stage by hand: what a person decides about an exception."""

from datetime import timedelta

from odoo import api, fields, models

from ..models.explain.exception_types import TYPES


class EcomResolve(models.TransientModel):
    """Link, classify, wait, accept or ignore."""

    _name = "ecom.resolve"
    _description = "Resolve Exceptions"

    exception_ids = fields.Many2many("ecom.exception", required=True)
    type = fields.Selection(related="exception_ids.type")
    suggestion = fields.Char(related="exception_ids.suggestion")
    candidate_ids = fields.Many2many(related="exception_ids.candidate_ids")
    action = fields.Selection(
        [
            ("link", "Link to an order"),
            ("classify", "Assign a category to the transaction type"),
            ("wait", "Wait"),
            ("accept", "Accept the difference"),
            ("ignore", "Ignore with a reason"),
        ],
        required=True,
        compute="_compute_action",
        store=True,
        readonly=False,
    )
    choices = fields.Json(compute="_compute_choices")
    company_id = fields.Many2one(related="exception_ids.company_id")
    order_id = fields.Many2one(
        "sale.order", domain="[('ecom_shop_id', '!=', False), ('company_id', '=', company_id)]"
    )
    category_id = fields.Many2one("ecom.category")
    until = fields.Date(default=lambda self: fields.Date.context_today(self) + timedelta(days=7))
    note = fields.Char()

    @api.depends("exception_ids.type")
    def _compute_action(self):
        for wizard in self:
            wizard.action = wizard._way() or "wait"

    @api.depends("exception_ids.type")
    def _compute_choices(self):
        for wizard in self:
            way = wizard._way()
            wizard.choices = [way, "wait", "ignore"] if way else ["wait", "ignore"]

    def _way(self):
        """The decision that fits all exceptions of the dialog and that the user may take, if there is one."""
        ways = {TYPES[exception.type].way or None for exception in self.exception_ids}
        way = ways.pop() if len(ways) == 1 else None
        may_accept = self.env.user.has_group("ecom_connectors.group_accountant")
        return None if way == "accept" and not may_accept else way

    def action_apply(self):
        exceptions = self.exception_ids
        if self.action == "link":
            exceptions.action_link(self.order_id, self.note)
        elif self.action == "classify":
            exceptions.action_classify(self.category_id)
        elif self.action == "wait":
            exceptions.action_wait(self.until, self.note)
        elif self.action == "accept":
            exceptions.action_accept(self.note)
        else:
            exceptions.action_ignore(self.note)
        return {"type": "ir.actions.act_window_close"}
