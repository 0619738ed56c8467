"""Invoice stage: invoices are matched again whenever that may change what the match says of them."""

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..setup.bills import BILL_FACTS, BILLS_AND_CREDITS, bills_and_credits, posted

# Written by the match alone.
OURS = {"ecom_threeway_state", "ecom_posted_by_id"}


class EcomThreewayGuard(models.AbstractModel):
    """What the match does when entries, orders and receipts are written, posted, reset or deleted."""

    _name = "ecom.threeway.guard"
    _description = "Match of Invoices That Change"

    # --- entries -------------------------------------------------------------------

    @api.model
    def _refuse_stated(self, vals):
        """Nobody makes an entry that says that it matches."""
        if vals.get("ecom_threeway_state") not in (None, False, "none") or vals.get("ecom_posted_by_id"):
            raise UserError(self.env._("The match state of an invoice is set by the match only."))

    @api.model
    def _move_changes(self, moves, vals):
        """:return: the invoices that credit notes among these name until now"""
        if not OURS.isdisjoint(vals):
            raise UserError(self.env._("The match state of an invoice is set by the match only."))
        if "move_type" in vals and moves.filtered(
            lambda move: (
                move.move_type in BILLS_AND_CREDITS
                and move.posted_before
                and move.move_type != vals["move_type"]
            )
        ):
            raise UserError(self.env._("An invoice that was posted stays an invoice. Cancel it instead."))
        # What a credit note named until now is no longer cured by it, whoever may see it.
        return moves.sudo().reversed_entry_id if "reversed_entry_id" in vals else moves.browse()

    @api.model
    def _move_changed(self, moves, vals, credited):
        if not BILL_FACTS.isdisjoint(vals):
            self._facts_changed(bills_and_credits(moves))
        self.env["ecom.threeway.matcher"]._match(posted(credited), "bill")

    @api.model
    def _before_post(self, moves):
        drafts = bills_and_credits(moves).filtered(lambda move: move.state == "draft")
        self.env["ecom.threeway.small"]._bring_to_total(drafts)

    @api.model
    def _after_post(self, bills):
        matcher = self.env["ecom.threeway.matcher"]
        self._set(bills, posted_by=self.env.uid)
        matcher._match(bills, "post")
        matcher._match_others(bills, "bill")

    @api.model
    def _after_leave(self, moves):
        """Invoices that are no longer posted are nobody's task, and others may be paid instead."""
        bills = bills_and_credits(moves)
        if bills:
            self._set(bills, state="none")
            self.env["ecom.threeway.task"]._close(bills)
            self.env["ecom.threeway.matcher"]._match_others(bills, "bill")

    @api.model
    def _refuse_unlink(self, moves):
        # Evidence counts for everybody, seen or not.
        results = self.env["ecom.threeway.result"].sudo()
        # An invoice that could be compared with nothing, and was not held up either, leaves no evidence.
        compared = Domain("purchase_line_id", "!=", False) | Domain("kind", "=", "document")
        compared |= Domain("verdict", "!=", "inside")
        matched = Domain([("move_id", "in", moves.ids), ("cause", "!=", "manual")]) & compared
        if results.search_count(matched, limit=1):
            raise UserError(self.env._("An invoice that was matched is kept as evidence. Cancel it instead."))

    def _facts_changed(self, bills):
        matcher = self.env["ecom.threeway.matcher"]
        matcher._match(posted(bills), "lines")
        matcher._match_others(bills, "bill")

    def _set(self, moves, state=None, posted_by=None):
        """Write our own columns, which nobody else may."""
        moves.flush_recordset()
        self.env.execute_query(
            SQL(
                """UPDATE account_move SET ecom_threeway_state = coalesce(%s, ecom_threeway_state),
                          ecom_posted_by_id = coalesce(%s, ecom_posted_by_id)
                    WHERE id = ANY(%s) RETURNING id""",
                state,
                posted_by,
                moves.ids,
            )
        )
        moves.invalidate_recordset(list(OURS))

    # --- their lines -----------------------------------------------------------------

    @api.model
    def _lines_created(self, lines):
        bills = posted(bills_and_credits(lines.move_id))
        if bills:
            self._facts_changed(bills)

    @api.model
    def _lines_change(self, lines):
        """:return: (posted invoices of these lines, ids of the order lines that they invoice until now)"""
        bills = posted(bills_and_credits(lines.move_id))
        return bills, bills.line_ids.purchase_line_id.ids

    @api.model
    def _lines_changed(self, bills, order_lines):
        if bills:
            matcher = self.env["ecom.threeway.matcher"]
            matcher._match(bills, "lines")
            order_lines = {*order_lines, *bills.line_ids.purchase_line_id.ids}
            matcher._match(matcher._bills_of(list(order_lines)) - bills, "bill")

    # --- orders and receipts -----------------------------------------------------------

    @api.model
    def _goods_changed(self, moves):
        """Goods came or went back, or what came was corrected."""
        done = moves.filtered(lambda move: move.state == "done")
        order_lines = done.purchase_line_id | done.origin_returned_move_id.purchase_line_id
        self.env["ecom.threeway.matcher"]._match_bills_of(order_lines.ids, "receipt")

    @api.model
    def _refuse_unlink_ordered(self, order_lines):
        """An invoice is compared with what was ordered; that does not vanish below it."""
        if self.env["ecom.threeway.matcher"]._bills_of(order_lines.ids):
            raise UserError(self.env._("A line that was invoiced is kept. Set its quantity to zero instead."))

    @api.model
    def _log_late_prices(self, before):
        """A price that is changed after goods came or an invoice was posted leaves a line in the order's log.

        :param before: {order line: (price, discount) until now}
        """
        for line, old in before.items():
            late = line.order_id.state == "purchase" and (line.qty_received or line.qty_invoiced)
            new = (line.price_unit, line.discount)
            if old != new and late:
                line.order_id._message_log(
                    body=self.env._(
                        "%(product)s: the price was changed late, from %(old)s less %(old_discount)s %% to "
                        "%(new)s less %(new_discount)s %%.",
                        product=line.product_id.display_name,
                        old=old[0],
                        old_discount=old[1],
                        new=new[0],
                        new_discount=new[1],
                    )
                )
