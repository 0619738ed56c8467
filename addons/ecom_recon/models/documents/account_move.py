"""Post stage: entries that lead back to their bill lines, and stay as they were posted."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# What an entry of ours says for good. Reconciling, matching numbers and payment states may change.
FROZEN_ENTRY = {
    "date",
    "journal_id",
    "company_id",
    "currency_id",
    "state",
    "name",
    "line_ids",
    "invoice_line_ids",
}
FROZEN_ITEM = {
    "move_id",
    "account_id",
    "partner_id",
    "currency_id",
    "balance",
    "debit",
    "credit",
    "amount_currency",
    "tax_ids",
    "display_type",
    "ecom_order_id",
    "ecom_item",
}


class AccountMove(models.Model):
    _inherit = "account.move"

    ecom_posting_ids = fields.One2many("ecom.posting", "move_id", "Postings", readonly=True)
    ecom_line_count = fields.Integer("Bill Lines", compute="_compute_ecom_line_count")

    def init(self):
        """No route may commit a posted entry that is out of balance: PostgreSQL refuses it.

        Deferred, so that Odoo may pass through unbalanced states inside a transaction.
        """
        self.env.cr.execute(
            """
            CREATE OR REPLACE FUNCTION ecom_assert_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE
                moved integer[];
                bad record;
            BEGIN
                IF TG_TABLE_NAME = 'account_move' THEN
                    moved := ARRAY[NEW.id];
                ELSIF TG_OP = 'DELETE' THEN
                    moved := ARRAY[OLD.move_id];
                ELSIF TG_OP = 'INSERT' THEN
                    moved := ARRAY[NEW.move_id];
                ELSE
                    moved := ARRAY[NEW.move_id, OLD.move_id];
                END IF;
                SELECT m.id, sum(l.balance) AS difference INTO bad
                  FROM account_move m
                  JOIN account_move_line l ON l.move_id = m.id
                  JOIN res_company o ON o.id = m.company_id
                  JOIN res_currency c ON c.id = o.currency_id
                 WHERE m.id = ANY(moved) AND m.state = 'posted'
                   AND l.display_type NOT IN ('line_section', 'line_subsection', 'line_note')
                 GROUP BY m.id, c.decimal_places
                HAVING round(coalesce(sum(l.balance), 0), c.decimal_places) <> 0;
                IF FOUND THEN
                    RAISE EXCEPTION 'posted entry % is out of balance by %', bad.id, bad.difference
                        USING ERRCODE = 'check_violation';
                END IF;
                RETURN NULL;
            END $$;
            DROP TRIGGER IF EXISTS ecom_balanced_move ON account_move;
            CREATE CONSTRAINT TRIGGER ecom_balanced_move AFTER INSERT OR UPDATE OF state ON account_move
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state = 'posted')
                EXECUTE FUNCTION ecom_assert_balanced();
            DROP TRIGGER IF EXISTS ecom_balanced_line_update ON account_move_line;
            CREATE CONSTRAINT TRIGGER ecom_balanced_line_update
                AFTER UPDATE OF balance, move_id, display_type ON account_move_line
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
                WHEN (NEW.parent_state = 'posted' AND (OLD.balance IS DISTINCT FROM NEW.balance
                      OR OLD.move_id IS DISTINCT FROM NEW.move_id
                      OR OLD.display_type IS DISTINCT FROM NEW.display_type))
                EXECUTE FUNCTION ecom_assert_balanced();
            DROP TRIGGER IF EXISTS ecom_balanced_line_insert ON account_move_line;
            CREATE CONSTRAINT TRIGGER ecom_balanced_line_insert AFTER INSERT ON account_move_line
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.parent_state = 'posted')
                EXECUTE FUNCTION ecom_assert_balanced();
            DROP TRIGGER IF EXISTS ecom_balanced_line_delete ON account_move_line;
            CREATE CONSTRAINT TRIGGER ecom_balanced_line_delete AFTER DELETE ON account_move_line
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
                EXECUTE FUNCTION ecom_assert_balanced();
            """
        )

    def _compute_ecom_line_count(self):
        counts = dict(
            self.env["ecom.posting"]._read_group(
                [("move_id", "in", self.ids)], ["move_id"], ["line_count:sum"]
            )
        )
        for move in self:
            move.ecom_line_count = counts.get(move, 0)

    def _post(self, soft=True):
        invoices = self.filtered(lambda move: move.move_type == "out_invoice")
        if invoices:
            invoices.line_ids.sale_line_ids.order_id._check_not_in_summary()
        return super()._post(soft=soft)

    def button_draft(self):
        self._ecom_refuse()
        return super().button_draft()

    def button_cancel(self):
        self._ecom_refuse()
        return super().button_cancel()

    def write(self, vals):
        if FROZEN_ENTRY & set(vals):
            self.filtered(lambda move: move.state == "posted")._ecom_refuse()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never_ours(self):
        self._ecom_refuse()

    def _ecom_postings(self):
        """The postings that these entries book or reverse, whether or not the user may see them."""
        # Whoever may see the entry must be stopped, so access to our postings does not count.
        postings = self.env["ecom.posting"].sudo()
        return postings.search(["|", ("move_id", "in", self.ids), ("reversal_id", "in", self.ids)])

    def _ecom_refuse(self):
        if self and self._ecom_postings():
            raise UserError(self.env._("This entry books platform bills. Undo its posting instead."))

    def action_open_ecom_lines(self):
        # Found with all rights, shown with the rights of the user.
        return self._ecom_postings().sudo(False).action_open_lines()

    def action_open_ecom_orders(self):
        self.env.cr.execute(
            SQL(
                """SELECT DISTINCT mo.order_id FROM ecom_posting p
                     JOIN ecom_posting_line l ON l.posting_id = p.id JOIN ecom_bill_line b ON b.id = l.line_id
                     JOIN ecom_tally t ON t.id = b.tally_id
                     JOIN ecom_match_order mo ON mo.match_id = t.match_id
                    WHERE p.id = ANY(%s)""",
                self._ecom_postings().ids,
            )
        )
        orders = [order_id for [order_id] in self.env.cr.fetchall()]
        action = self.env["ir.actions.act_window"]._for_xml_id("ecom_connectors.ecom_order_action")
        return {**action, "domain": [("id", "in", orders)], "context": {}}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    ecom_order_id = fields.Many2one(
        "sale.order", "Platform Order", readonly=True, index="btree_not_null", ondelete="restrict", copy=True
    )
    ecom_item = fields.Integer(
        "Item of the Posting",
        readonly=True,
        help="Journal items that share a number book the same bill lines.",
    )
    ecom_posting_line_ids = fields.One2many("ecom.posting.line", "entry_id", "Bill Lines", readonly=True)

    # Receivables that a posting may clear: those that are open, not all that ever were.
    _ecom_open_idx = models.Index(
        """(journal_id) WHERE ecom_order_id IS NOT NULL AND parent_state = 'posted'
           AND NOT coalesce(reconciled, false)"""
    )

    @api.model_create_multi
    def create(self, vals_list):
        moves = self.env["account.move"].browse(
            {vals["move_id"] for vals in vals_list if vals.get("move_id")}
        )
        moves.filtered(lambda move: move.state == "posted")._ecom_refuse()
        return super().create(vals_list)

    def write(self, vals):
        if FROZEN_ITEM & set(vals):
            self.move_id.filtered(lambda move: move.state == "posted")._ecom_refuse()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never_ours(self):
        self.move_id._ecom_refuse()

    def action_open_ecom_lines(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("ecom_connectors.ecom_bill_line_action")
        # A share or a tax has its lines under the first item of its number.
        parts = self.filtered(lambda item: item.ecom_item and not item.move_id.reversed_entry_id)
        alike = self.search(
            [("move_id", "in", parts.move_id.ids), ("ecom_item", "in", parts.mapped("ecom_item"))]
        )
        keys = {(item.move_id, item.ecom_item) for item in parts}
        booked = alike.filtered(lambda item: (item.move_id, item.ecom_item) in keys)
        # The money itself stands against all lines of its entry, and so does every item of a reversal.
        whole = (self - parts).move_id._ecom_postings()
        domain = ["|", ("posting_line_ids.entry_id", "in", booked.ids)]
        domain += [("posting_line_ids.posting_id", "in", whole.ids)]
        return {**action, "domain": domain, "context": {}}
