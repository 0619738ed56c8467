"""Match stage: a tally's verdict."""

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.ecom_connectors.models.kernel.bulk_fields import BulkMany2one

from .ecom_match import rule_texts


class EcomTally(models.Model):
    _inherit = "ecom.tally"

    match_id = BulkMany2one("ecom.match", readonly=True, ondelete="set null", index="btree_not_null")
    order_id = fields.Many2one(related="match_id.order_id", string="Order")
    how = fields.Char(readonly=True, help="Which reference found the order.")
    manual_order_id = fields.Many2one(
        "sale.order", "Linked by Hand", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    reason = fields.Char(readonly=True, help="Why it is ignored.")

    @api.model
    def _look_again(self, shop, refs):
        """An order that came or changed may also wait for its bill itself."""
        done = super()._look_again(shop, refs)
        self.env["sale.order"].flush_model(["ecom_order_no", "ecom_shop_id"])
        self.env["ecom.awaited"]._add(
            SQL(
                "SELECT id FROM sale_order WHERE ecom_shop_id = %s AND ecom_order_no = ANY(%s)",
                shop.id,
                sorted({ref for ref in refs if ref}),
            )
        )
        return done


class EcomBillLine(models.Model):
    _inherit = "ecom.bill.line"

    match_id = fields.Many2one(related="tally_id.match_id", string="Match")
    order_id = fields.Many2one(related="match_id.order_id", string="Order")
    rule_text = fields.Char("Why", compute="_compute_rule_text")
    posting_line_ids = fields.One2many("ecom.posting.line", "line_id", readonly=True)
    # Operators see which entries book a line, and open them only if they may.
    move_ids = fields.Many2many(
        "account.move", string="Entries", compute="_compute_move_ids", compute_sudo=True
    )

    @api.depends("tally_id.rule", "tally_id.reason")
    @api.depends_context("lang")
    def _compute_rule_text(self):
        texts = rule_texts(self.env)
        for line in self:
            line.rule_text = texts.get(line.rule) or line.tally_id.reason

    @api.depends("posting_line_ids.entry_id")
    def _compute_move_ids(self):
        for line in self:
            line.move_ids = line.posting_line_ids.posting_id.move_id

    def action_open_entries(self):
        moves = self.move_ids
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Journal Entries"),
            "res_model": "account.move",
            "view_mode": "list,form",
            "domain": [("id", "in", moves.ids)],
        }
