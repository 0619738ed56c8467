"""Receipt stage: a warehouse's report books the receipt, once and only what is not booked yet."""

from collections import defaultdict

from odoo import models
from odoo.exceptions import UserError


class EcomDeliveryReceiver(models.AbstractModel):
    """Puts what a report says on the open receipts of the orders and validates them."""

    _name = "ecom.delivery.receiver"
    _description = "Receiver of Reported Goods"

    def _receive(self, notice):
        notice.ensure_one()
        if notice.kind != "receipt":
            raise UserError(self.env._("Only a warehouse's report says what has arrived."))
        # Two people may press the button at once: the second one is run again after the first.
        self.env["ecom.stage"]._take(notice)
        notice.invalidate_recordset()
        if notice.picking_ids:
            raise UserError(self.env._("This report has booked its receipts already."))
        if any(line.match_state != "matched" for line in notice.line_ids):
            raise UserError(self.env._("Match all lines with orders first."))
        notice._refresh()
        wanted = defaultdict(list)
        for line in notice.line_ids:
            unit = line.uom_id
            left = unit.round(line.quantity - line.quantity_done)
            if left > 0:
                wanted[line.purchase_line_id].append((line, left))
        if not wanted:
            raise UserError(self.env._("All of it is booked already."))
        pickings = self._fill_moves(wanted)
        notice._unseal().write({"picking_ids": [(4, picking.id) for picking in pickings]})
        pickings.with_context(skip_backorder=True, skip_sms=True, cancel_backorder=False).button_validate()
        late = pickings.filtered(lambda picking: picking.state != "done")
        if late:
            raise UserError(
                self.env._("%s could not be validated. Validate it by hand.", late[0].display_name)
            )
        notice._refresh()

    def _fill_moves(self, wanted):
        """Put quantities on the open moves of the order lines; return the transfers they are in."""
        pickings = self.env["stock.picking"]
        moves_of = {}
        for order_line, parts in wanted.items():
            moves = order_line.move_ids.filtered(
                lambda move: move.state not in ("done", "cancel", "draft") and move.picking_id
            ).sorted("id")
            if not moves:
                raise UserError(
                    self.env._(
                        "%(order)s has no open receipt for %(product)s.",
                        order=order_line.order_id.name,
                        product=order_line.product_id.display_name,
                    )
                )
            moves_of[order_line] = moves[:1], parts
            pickings |= moves[0].picking_id
        for move in pickings.move_ids:
            move.picked = False
        for move, parts in moves_of.values():
            move._ecom_fill(parts)
        for picking in pickings:
            self._not_named(picking, wanted)
        return pickings

    def _not_named(self, picking, wanted):
        """What the report does not name has not arrived with it."""
        for move in picking.move_ids.filtered(lambda move: move.purchase_line_id not in wanted):
            if move.state not in ("done", "cancel"):
                move.quantity = 0
