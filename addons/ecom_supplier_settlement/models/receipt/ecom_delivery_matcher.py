"""Receipt stage: notices meet order lines and receipts; what is on its way, what differs."""

from collections import defaultdict
from decimal import Decimal

from odoo import models
from odoo.tools import SQL

from ...lib.ecom_settle.notice_match import Offer, Wanted, allocate_receipts, match_notices

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


class EcomDeliveryMatcher(models.AbstractModel):
    """Which order line a line of a notice is about, and how much of it has arrived."""

    _name = "ecom.delivery.matcher"
    _description = "Matcher of Delivery Notices"

    def _match(self, lines, company):
        """Find the order lines of lines of one company and kind; those of others are read, never changed."""
        lines = lines.filtered(lambda it: it.match_state != "matched")
        if not lines:
            return
        kind = lines[0].kind
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
            self._keep_verdicts(mine, verdicts | match_notices(map(_wanted, without), offers, left))

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

    def _keep_verdicts(self, lines, verdicts):
        for line in lines:
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

    def _count_receipts(self, lines, kind):
        """Write what is booked for each line: receipts go to notices in the order of their days."""
        by_order_line = defaultdict(lines.browse)
        for line in lines.sorted(lambda it: (it.notice_id.day, it.notice_id.id, it.row, it.id)):
            by_order_line[line.purchase_line_id.id] |= line
        if not by_order_line:
            return
        self.env.flush_all()
        self.env.cr.execute(SQL(_ARRIVED, lines=list(by_order_line), kind=kind))
        arrived = dict(self.env.cr.fetchall())
        for order_line_id, mine in by_order_line.items():
            factors = [_exact(line.uom_id.factor) for line in mine]
            said = [
                _exact(line.quantity - line.quantity_missing) * factor
                for line, factor in zip(mine, factors, strict=True)
            ]
            parts = allocate_receipts(_exact(arrived.get(order_line_id)), said)
            for line, part, factor in zip(mine, parts, factors, strict=True):
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
