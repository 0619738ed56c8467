"""Receipt stage: notices meet order lines and receipts; what is on its way, what differs."""

from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ...lib.ecom_settle.notice_match import Offer, Wanted, allocate_receipts, match_notices
from .ecom_delivery_keep import PIECES
from .ecom_delivery_notice import CLOSED

# What notices of one kind say of an order line, and what arrived for it since the first of them, in reference
# units. A return is not an arrival, and goods that come again after one were announced once. Kits and
# services have no moves of their own product; Odoo says what was received.
_SAID = """
    SELECT n.purchase_line_id, sum(n.quantity::numeric * coalesce(nu.factor, u.factor))
      FROM ecom_delivery_notice_line n
      JOIN ecom_delivery_notice d ON d.id = n.notice_id
      JOIN purchase_order_line l ON l.id = n.purchase_line_id
      JOIN uom_uom u ON u.id = l.product_uom_id
      LEFT JOIN uom_uom nu ON nu.id = n.uom_id
     WHERE n.purchase_line_id = ANY(%s) AND d.kind = %s AND d.state <> 'cancel'
     GROUP BY n.purchase_line_id"""
_ARRIVED = """
    SELECT first.line_id,
           CASE WHEN l.qty_received_method = 'stock_moves' AND NOT coalesce(bool_or(v.component), false)
                THEN coalesce(sum(v.quantity) FILTER (WHERE v.direction > 0 AND NOT v.again
                     AND ((v.moment AT TIME ZONE 'UTC') AT TIME ZONE b.timezone)::date >= first.day), 0)
                ELSE coalesce(l.qty_received, 0)::numeric * u.factor END
      FROM (SELECT n.purchase_line_id AS line_id, min(d.day) AS day
              FROM ecom_delivery_notice_line n JOIN ecom_delivery_notice d ON d.id = n.notice_id
             WHERE n.purchase_line_id = ANY(%(lines)s) AND d.kind = %(kind)s AND d.state <> 'cancel'
             GROUP BY n.purchase_line_id) first
      JOIN ecom_purchase_basis b ON b.id = first.line_id
      JOIN purchase_order_line l ON l.id = first.line_id
      JOIN uom_uom u ON u.id = l.product_uom_id
      LEFT JOIN ecom_purchase_movement v ON v.purchase_line_id = first.line_id
     GROUP BY first.line_id, l.id, u.factor"""


class EcomDeliveryNotice(models.Model):
    _inherit = "ecom.delivery.notice"

    def _match(self):
        """Find the order lines of lines that have none; then look at receipts again."""
        for company, notices in (
            self.filtered(lambda it: it.state not in CLOSED).grouped("company_id").items()
        ):
            for kind in ("ship", "receipt"):
                lines = notices.filtered(lambda it, kind=kind: it.kind == kind).line_ids
                lines.filtered("product_id")._match_kind(company, kind)
        self._refresh()

    def _refresh(self):
        """Count the receipts of all notices that share order lines with these, and move their states."""
        lines = self.line_ids.purchase_line_id
        shared = self.env["ecom.delivery.notice.line"].search(
            [("purchase_line_id", "in", lines.ids), ("notice_id.state", "!=", "cancel")]
        )
        for kind in ("ship", "receipt"):
            shared.filtered(lambda it, kind=kind: it.notice_id.kind == kind)._count_receipts(kind)
        for notice in (self | shared.notice_id).filtered(lambda it: it.state not in CLOSED):
            notice._go_to(notice._state_now())

    def _state_now(self):
        lines = self.line_ids
        if any(line.match_state != "matched" for line in lines):
            return "draft" if self.state in ("draft", "open") else self.state
        if not any(line.quantity_done for line in lines):
            return "open"
        return "difference" if any(line._differs() for line in lines) else "received"

    def action_match(self):
        """Button: look for order lines again."""
        self._check_warehouse_person()
        self._match()

    def action_done(self):
        """Button: what has not arrived by now is not waited for any more."""
        self._check_warehouse_person()
        if any(notice.state == "draft" for notice in self):
            raise UserError(self.env._("Match all lines with orders first, or cancel the notice."))
        self._refresh()
        for line in self.line_ids:
            missing = max(line.quantity - line.quantity_done, 0)
            if missing:
                line._unseal().write({"quantity_missing": missing})
        self._go_to("done")

    def action_cancel(self):
        """Button: it was wrong. It counts for nothing any more, and its number may come again."""
        self._check_warehouse_person()
        if self.picking_ids:
            raise UserError(self.env._("This report has booked receipts. Return the goods instead."))
        lines = self.line_ids.purchase_line_id
        for notice in self.filtered(lambda it: it.state in ("received", "difference")):
            notice._go_to("open")
        self._go_to("cancel")
        others = self.env["ecom.delivery.notice.line"].search([("purchase_line_id", "in", lines.ids)])
        (others.notice_id - self)._refresh()

    def _check_warehouse_person(self):
        if not self.env.user.has_group("ecom_supplier_settlement.group_warehouse") and not self.env.su:
            raise AccessError(self.env._("Only warehouse people and buyers work on delivery notices."))
        self.check_access("write")

    def action_open_pickings(self):
        """Button: the receipts of the orders of this notice."""
        pickings = self.order_ids.picking_ids
        action = self.env["ir.actions.act_window"]._for_xml_id("stock.action_picking_tree_all")
        return {**action, "domain": [("id", "in", pickings.ids)], "context": {}}

    def action_open_basis(self):
        """Button: ordered, shipped, received and billed, side by side."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "ecom_supplier_settlement.ecom_purchase_basis_action"
        )
        return {**action, "domain": [("id", "in", self.line_ids.purchase_line_id.ids)], "context": {}}


class EcomDeliveryNoticeLine(models.Model):
    _inherit = "ecom.delivery.notice.line"

    quantity_ordered = fields.Float("Ordered", digits="Product Unit", compute="_compute_basis")
    quantity_received = fields.Float("Received (Order)", digits="Product Unit", compute="_compute_basis")
    quantity_billed = fields.Float("Billed (Order)", digits="Product Unit", compute="_compute_basis")
    quantity_in_transit = fields.Float("In Transit", digits="Product Unit", compute="_compute_in_transit")
    difference = fields.Float(
        digits="Product Unit", compute="_compute_difference", help="Booked less what the notice says."
    )

    @api.depends("purchase_line_id")
    def _compute_basis(self):
        found = {row.id: row for row in self.env["ecom.purchase.basis"].browse(self.purchase_line_id.ids)}
        for line in self:
            row = found.get(line.purchase_line_id.id)
            line.quantity_ordered = row.quantity_ordered if row else 0
            line.quantity_received = row.quantity_received if row else 0
            line.quantity_billed = row.quantity_billed if row else 0

    @api.depends("quantity", "quantity_done", "quantity_missing", "kind", "state")
    def _compute_in_transit(self):
        for line in self:
            waiting = line.kind == "ship" and line.state not in CLOSED
            left = line.quantity - line.quantity_missing - line.quantity_done
            line.quantity_in_transit = max(left, 0) if waiting else 0

    @api.depends("quantity", "quantity_done")
    def _compute_difference(self):
        for line in self:
            line.difference = line.quantity_done - line.quantity

    def _differs(self):
        unit = self.uom_id or self.purchase_line_id.product_uom_id
        return unit.compare(self.quantity_done, self.quantity - self.quantity_missing) != 0

    def _take_product(self, product):
        """What a code means has become known; words for a piece mean the product's own unit."""
        for line in self:
            unit = line.uom_id
            if not unit and (line.unit or "").casefold() in PIECES:
                unit = product.uom_id
            fits = not unit or unit._has_common_reference(product.uom_id)
            line._unseal().write(
                {
                    "product_id": product.id if fits else False,
                    "uom_id": unit.id,
                    "match_state": "unmatched" if fits else "unmapped",
                }
            )

    def _match_kind(self, company, kind):
        """Match lines of one company and kind; the order lines of others are read, never changed."""
        lines = self.filtered(lambda it: it.match_state != "matched")
        if not lines:
            return
        rows = self._offers(lines, company)
        left = {offer.key: offer.open for _row, offer in rows}
        # An offer is for a supplier, and for a warehouse where the notice has one.
        for owner, mine in lines.grouped(lambda it: (it.partner_id, it.warehouse_id)).items():
            offers = [offer for row, offer in rows if _fits(row, kind, *owner)]
            named = [offer for row, offer in rows if _fits(row, kind, owner[0], None)]
            numbers = {offer.order_no.casefold() for _row, offer in rows}
            with_no = [it for it in mine if it.order_no and it.order_no.casefold() in numbers]
            without = [it for it in mine if not it.order_no]
            verdicts = match_notices(map(_wanted, with_no), named, left)
            mine._keep_verdicts(verdicts | match_notices(map(_wanted, without), offers, left))

    def _offers(self, lines, company):
        """[(basis row, Offer)] of confirmed orders for the products of these lines."""
        basis = self.env["ecom.purchase.basis"].search(
            [
                ("company_id", "=", company.id),
                ("product_id", "in", lines.product_id.ids),
                ("state", "=", "purchase"),
            ]
        )
        self.env.flush_all()
        self.env.cr.execute(SQL(_SAID, basis.ids, lines[0].kind))
        said = dict(self.env.cr.fetchall())
        # The names of orders, which warehouse people may read.
        orders = {order.id: order.name for order in basis.order_id}
        return [
            (
                row,
                Offer(
                    key=row.id,
                    product=row.product_id.id,
                    order_no=orders[row.order_id.id],
                    order_day=row.date_order.date(),
                    open=_exact(row.quantity_ordered) * _exact(row.uom_id.factor) - _exact(said.get(row.id)),
                    factor=_exact(row.uom_id.factor),
                ),
            )
            for row in basis
        ]

    def _keep_verdicts(self, verdicts):
        for line in self:
            verdict = verdicts.get(line.id)
            if verdict and verdict.offer:
                line._set_order_line(verdict.offer.key, verdict.rule)
            else:
                candidates = verdict.candidates if verdict else ()
                state = "ambiguous" if candidates else "unmatched"
                if (line.match_state, line.candidate_ids.ids) != (state, list(candidates)):
                    line._unseal().write(
                        {"match_state": state, "candidate_ids": [(6, 0, candidates)], "rule": False}
                    )

    def _set_order_line(self, order_line_id, rule):
        order_line = self.env["purchase.order.line"].browse(order_line_id)
        self._unseal().write(
            {
                "purchase_line_id": order_line.id,
                "match_state": "matched",
                "rule": rule,
                "candidate_ids": [(5, 0, 0)],
                "uom_id": self.uom_id.id or order_line.product_uom_id.id,
            }
        )

    def _choose(self, order_line):
        """A person says which order line it is; it must be of the same company, supplier and product."""
        self.ensure_one()
        self.notice_id._check_warehouse_person()
        if self.state in CLOSED or self.quantity_done:
            raise UserError(self.env._("The notice is closed or its goods are booked already."))
        partner = order_line.order_id.partner_id.commercial_partner_id
        if (
            order_line.company_id != self.company_id
            or order_line.product_id != self.product_id
            or order_line.order_id.state != "purchase"
            or (self.partner_id and self.partner_id != partner)
        ):
            raise UserError(self.env._("This order line is of another supplier, company or product."))
        before = self.purchase_line_id
        self._set_order_line(order_line.id, "person")
        self.notice_id._refresh()
        others = self.search([("purchase_line_id", "in", before.ids)])
        others.notice_id._refresh()

    def _count_receipts(self, kind):
        """Write what is booked for each line: receipts go to notices in the order of their days."""
        by_order_line = defaultdict(self.browse)
        for line in self.sorted(lambda it: (it.notice_id.day, it.notice_id.id, it.row, it.id)):
            by_order_line[line.purchase_line_id.id] |= line
        if not by_order_line:
            return
        self.env.flush_all()
        self.env.cr.execute(SQL(_ARRIVED, lines=list(by_order_line), kind=kind))
        arrived = dict(self.env.cr.fetchall())
        for order_line_id, lines in by_order_line.items():
            factors = [_exact(line.uom_id.factor) for line in lines]
            said = [
                _exact(line.quantity - line.quantity_missing) * factor
                for line, factor in zip(lines, factors, strict=True)
            ]
            parts = allocate_receipts(_exact(arrived.get(order_line_id)), said)
            for line, part, factor in zip(lines, parts, factors, strict=True):
                done = float(part / factor)
                if line.uom_id.compare(line.quantity_done, done):
                    line._unseal().write({"quantity_done": done})


def _exact(value):
    """A quantity of Odoo as the decimal it shows."""
    return Decimal(str(value or 0))


def _wanted(line):
    return Wanted(
        key=line.id,
        product=line.product_id.id,
        quantity=_exact(line.quantity),
        factor=_exact(line.uom_id.factor) if line.uom_id else None,
        order_no=line.order_no or "",
    )


def _fits(row, kind, partner, warehouse):
    if partner and row.partner_id != partner:
        return False
    # A report is of goods that arrived there; a delivery may be announced without saying where it goes.
    return not warehouse or not row.warehouse_id or row.warehouse_id == warehouse
