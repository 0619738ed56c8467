"""Match and post stage: an order's verdict, and the guard against posting revenue twice."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.ecom_connectors.models.bills.ecom_tally import STATES


class SaleOrder(models.Model):
    _inherit = "sale.order"

    ecom_match_link_ids = fields.One2many("ecom.match.order", "order_id", readonly=True)
    ecom_match_id = fields.Many2one(related="ecom_match_link_ids.match_id", string="Match")
    ecom_state = fields.Selection(STATES, "Reconciliation", compute="_compute_ecom_state")
    ecom_received = fields.Monetary(related="ecom_match_id.amount_received", string="Received")
    ecom_refunded = fields.Monetary(related="ecom_match_id.amount_refund", string="Refunded")
    ecom_fee = fields.Monetary(related="ecom_match_id.amount_fee", string="Fees")
    ecom_bill_line_count = fields.Integer("Bill Lines", compute="_compute_ecom_bill_line_count")
    ecom_exception_ids = fields.One2many("ecom.exception", "order_id", "Exceptions")

    @api.depends("ecom_match_link_ids.match_id.state", "ecom_shop_id")
    def _compute_ecom_state(self):
        for order in self:
            # No bill line has named it yet.
            order.ecom_state = order.ecom_match_id.state or (order.ecom_shop_id and "open")

    @api.depends("ecom_match_link_ids.match_id")
    def _compute_ecom_bill_line_count(self):
        tallies = self.ecom_match_link_ids.match_id.tally_ids
        counts = dict(
            self.env["ecom.bill.line"]._read_group(
                [("tally_id", "in", tallies.ids)], ["tally_id"], ["__count"]
            )
        )
        for order in self:
            order.ecom_bill_line_count = sum(counts.get(tally, 0) for tally in order.ecom_match_id.tally_ids)

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_matched(self):
        # A match is evidence, whether or not the user may see it.
        if self.sudo().ecom_match_link_ids:
            raise UserError(self.env._("An order that bill lines have met cannot be deleted."))

    def action_open_ecom_lines(self):
        return self.ecom_match_id.action_open_lines()

    def _create_invoices(self, grouped=False, final=False, date=None):
        self._check_not_in_summary()
        return super()._create_invoices(grouped=grouped, final=final, date=date)

    def _check_not_in_summary(self):
        """An order whose revenue a summary entry holds must not be invoiced as well."""
        orders = self._posted_in_summary()
        if orders:
            raise UserError(
                self.env._(
                    "The revenue of %(orders)s is posted by summary already. Undo that posting first.",
                    orders=", ".join(orders.mapped("name")[:5]),
                )
            )

    def _posted_in_summary(self):
        if not self:
            return self
        self.env.cr.execute(
            SQL(
                """SELECT DISTINCT mo.order_id FROM ecom_match_order mo
                     JOIN ecom_tally t ON t.match_id = mo.match_id
                     JOIN ecom_bill_line l ON l.tally_id = t.id
                     JOIN ecom_category c ON c.id = l.category_id AND c.kind = 'receivable'
                     JOIN ecom_posting_line p ON p.line_id = l.id AND NOT p.reversed AND NOT p.suspense
                     JOIN account_move_line e ON e.id = p.entry_id
                     JOIN account_account a ON a.id = e.account_id
                    WHERE mo.order_id IN %s AND a.account_type LIKE 'income%%'""",
                tuple(self.ids),
            )
        )
        return self.browse([order_id for [order_id] in self.env.cr.fetchall()])

    @api.model
    def _ecom_invoiced(self, order_ids):
        """Those of the orders that have a posted invoice."""
        if not order_ids:
            return self
        self.env.cr.execute(
            SQL(
                """SELECT DISTINCT l.order_id FROM sale_order_line l
                     JOIN sale_order_line_invoice_rel r ON r.order_line_id = l.id
                     JOIN account_move_line i ON i.id = r.invoice_line_id AND i.parent_state = 'posted'
                    WHERE l.order_id = ANY(%s)""",
                list(order_ids),
            )
        )
        return self.browse([order_id for [order_id] in self.env.cr.fetchall()])
