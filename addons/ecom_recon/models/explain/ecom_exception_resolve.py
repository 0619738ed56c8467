"""Explain stage: what a person decides about an exception, and the way to everything it is about."""

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL


class EcomException(models.Model):
    _inherit = "ecom.exception"

    def _check_may_resolve(self):
        if not self.env.user.has_group("ecom_connectors.group_operator"):
            raise AccessError(self.env._("Only shop operators and accountants resolve exceptions."))
        if any(exception.state == "done" for exception in self):
            raise UserError(self.env._("This exception is done already. Reload the page."))

    def _resolve(self, resolution, note):
        self._go_to(
            "done",
            resolution=resolution,
            resolution_note=note,
            resolved_by_id=self.env.user.id,
            resolved_at=fields.Datetime.now(),
        )

    def action_link(self, order, note=None):
        """Tell that the lines belong to `order`; the next match compares them with it."""
        self._check_may_resolve()
        for exception in self:
            if not exception.tally_id or exception.type == "clearing_not_zero":
                raise UserError(self.env._("Only lines without an order can be linked to one."))
            if order.company_id != exception.company_id:
                raise UserError(self.env._("The order belongs to another company."))
            self.env.cr.execute(
                SQL(
                    "UPDATE ecom_tally SET manual_order_id = %s, dirty = true WHERE id = %s",
                    order.id,
                    exception.tally_id.id,
                )
            )
            exception._resolve("linked", note or order.display_name)
        self.env["ecom.tally"].invalidate_model()

    def action_wait(self, until, note=None):
        """Leave it until a day; if it is still there then, it is open again."""
        self._check_may_resolve()
        self._go_to("waiting", wait_until=until, resolution_note=note)

    def action_accept(self, note):
        """Take the difference as it is: the next match settles the order, posting books the rest."""
        self._check_may_resolve()
        if not self.env.user.has_group("ecom_connectors.group_accountant"):
            raise AccessError(self.env._("Only accountants accept a difference."))
        if any(exception.type not in ("amount_mismatch", "fee_out_of_band") for exception in self):
            raise UserError(self.env._("Only differences of amounts and fees can be accepted."))
        for exception in self:
            exception._unseal().accepted = exception.match_id._mismatches()
        self._resolve("accepted", note)
        self.order_id._touch_tallies()

    def action_ignore(self, note):
        """Close it with a reason; its lines stay where they are posted."""
        self._check_may_resolve()
        if not note:
            raise UserError(self.env._("Say why it may be ignored."))
        named = self.filtered(lambda exception: exception.type != "unknown_category")
        tallies = named.tally_id | named.match_id.tally_ids
        if tallies:
            self.env.cr.execute(
                SQL(
                    "UPDATE ecom_tally SET state = 'ignored', reason = %s, dirty = false WHERE id IN %s",
                    note,
                    tuple(tallies.ids),
                )
            )
            self.env["ecom.tally"].invalidate_model()
        self._resolve("ignored", note)

    def action_classify(self, category):
        """Say what a platform's word means, once for all lines and all later bills."""
        self._check_may_resolve()
        for exception in self:
            if exception.type != "unknown_category":
                raise UserError(self.env._("Only unknown words can be given a category."))
            bill = exception.tally_id.line_ids[:1].bill_id
            self.env["ecom.vocabulary"].create(
                {
                    "platform_id": exception.platform_id.id,
                    "layout": bill.layout,
                    "word": exception.detail,
                    "category_id": category.id,
                }
            )
            exception._resolve("classified", category.name)

    def action_open_resolve(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Resolve"),
            "res_model": "ecom.resolve",
            "view_mode": "form",
            "target": "new",
            "context": {"default_exception_ids": [(6, 0, self.ids)]},
        }

    def action_open_lines(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("ecom_connectors.ecom_bill_line_action")
        tallies = self.tally_id | self.match_id.tally_ids
        return {**action, "domain": [("tally_id", "in", tallies.ids)], "context": {}}

    def action_open_order(self):
        orders = self.order_id | self.match_id.link_ids.order_id
        action = self.env["ir.actions.act_window"]._for_xml_id("ecom_connectors.ecom_order_action")
        return {**action, "domain": [("id", "in", orders.ids)], "context": {}}

    def action_open_pickings(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Deliveries"),
            "res_model": "stock.picking",
            "view_mode": "list,form",
            "domain": [("id", "in", self.order_id.picking_ids.ids)],
        }

    def action_open_refunds(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("ecom_connectors.ecom_refund_action")
        return {**action, "domain": [("order_id", "in", self.order_id.ids)], "context": {}}

    def action_open_moves(self):
        tallies = self.tally_id | self.match_id.tally_ids
        moves = tallies.line_ids.posting_line_ids.posting_id.move_id | self.order_id.invoice_ids
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Journal Entries"),
            "res_model": "account.move",
            "view_mode": "list,form",
            "domain": [("id", "in", moves.ids)],
        }
