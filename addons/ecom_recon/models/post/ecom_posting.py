"""Post stage: what links every entry to its bill lines and back."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from odoo.addons.ecom_connectors.models.kernel.bulk_fields import BulkMany2one


class EcomPosting(models.Model):
    """One journal entry of ours and the group of lines it books. Undone by reversal only."""

    _name = "ecom.posting"
    _description = "Posting"
    _order = "date desc, id desc"
    _rec_name = "move_id"
    _check_company_auto = True

    account_id = fields.Many2one(
        "ecom.account", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    run_id = fields.Many2one("ecom.run", readonly=True, index=True, ondelete="restrict")
    date = fields.Date(required=True, readonly=True)
    stage = fields.Selection(
        [
            ("opening", "Opening Balance"),
            ("money", "Bill"),
            ("reclass", "Re-classification"),
            ("difference", "Small Differences"),
            ("revaluation", "Revaluation"),
        ],
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [("posted", "Posted"), ("reversed", "Reversed")], required=True, readonly=True, default="posted"
    )
    move_id = fields.Many2one(
        "account.move", "Entry", required=True, readonly=True, index=True, ondelete="restrict"
    )
    reversal_id = fields.Many2one("account.move", readonly=True, ondelete="restrict")
    line_ids = fields.One2many("ecom.posting.line", "posting_id", readonly=True)
    line_count = fields.Integer("Lines", readonly=True)
    revaluation_ids = fields.One2many("ecom.posting.revaluation", "posting_id", readonly=True)

    _opening_once = models.UniqueIndex(
        "(account_id) WHERE stage = 'opening' AND state = 'posted'", "The opening balance is posted already."
    )

    @api.model
    def _record(self, run, stage, booked):
        """Store which entries a stage has made, and for which accounts.

        :param booked: [(platform account, entry, number of bill lines)]
        """
        # People undo postings, they do not write them: only the stages do, whoever starts them.
        return self.sudo().create(
            [
                {
                    "account_id": account.id,
                    "company_id": account.company_id.id,
                    "run_id": run.id,
                    "date": move.date,
                    "stage": stage,
                    "move_id": move.id,
                    "line_count": lines,
                }
                for account, move, lines in booked
            ]
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Postings are undone by reversal, never deleted."))

    @api.model
    def _last_run(self, companies):
        """The last run of these companies of which something stands posted."""
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """SELECT run_id FROM ecom_posting
                    WHERE state = 'posted' AND company_id = ANY(%s) AND run_id IS NOT NULL
                    ORDER BY run_id DESC LIMIT 1""",
                companies.ids,
            )
        )
        return self.env["ecom.run"].browse([run_id for [run_id] in self.env.cr.fetchall()])

    def action_undo(self):
        """Reverse the entries and open their matches again."""
        if not self.env.user.has_group("ecom_connectors.group_accountant"):
            raise AccessError(self.env._("Only accountants undo postings."))
        return self.env["ecom.reverser"]._undo(self)

    def action_open_lines(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("ecom_connectors.ecom_bill_line_action")
        return {**action, "domain": [("posting_line_ids.posting_id", "in", self.ids)], "context": {}}


class EcomPostingLine(models.Model):
    """Where one bill line is booked: journal item, and whether it stands on suspense now."""

    _name = "ecom.posting.line"
    _description = "Posted Bill Line"
    _log_access = False

    posting_id = BulkMany2one("ecom.posting", required=True, readonly=True, ondelete="restrict")
    line_id = BulkMany2one("ecom.bill.line", required=True, readonly=True, ondelete="restrict")
    entry_id = BulkMany2one("account.move.line", readonly=True, ondelete="restrict")
    company_id = fields.Many2one(related="posting_id.company_id")
    stage = fields.Char(required=True, readonly=True)
    suspense = fields.Boolean(required=True, readonly=True, default=False)
    reversed = fields.Boolean(required=True, readonly=True, default=False)

    # The law: a line is booked once, and taken off suspense once.
    _line_once = models.UniqueIndex("(line_id, stage) WHERE NOT reversed", "This line is posted already.")
    # Written in the order of the postings, so block ranges find them.
    _posting_idx = models.Index("USING brin (posting_id) WITH (pages_per_range = 16)")
    _entry_idx = models.Index("USING brin (entry_id) WITH (pages_per_range = 16)")
    _suspense_idx = models.Index("(line_id) WHERE suspense AND stage = 'money' AND NOT reversed")

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Postings are undone by reversal, never deleted."))


class EcomPostingDifference(models.Model):
    """A difference within tolerance (or accepted) that was booked, once per match."""

    _name = "ecom.posting.difference"
    _description = "Posted Difference"
    _log_access = False

    posting_id = fields.Many2one(
        "ecom.posting", required=True, readonly=True, index=True, ondelete="restrict"
    )
    match_id = fields.Many2one("ecom.match", readonly=True, ondelete="set null", index="btree_not_null")
    order_id = fields.Many2one("sale.order", required=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one(related="posting_id.company_id")
    amount = fields.Float(digits=(16, 3), readonly=True)
    reversed = fields.Boolean(required=True, readonly=True, default=False)

    _order_once = models.UniqueIndex("(order_id) WHERE NOT reversed", "This difference is posted already.")
    _lost_idx = models.Index("(posting_id) WHERE match_id IS NULL AND NOT reversed")

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Postings are undone by reversal, never deleted."))


class EcomBill(models.Model):
    _inherit = "ecom.bill"

    def _refresh_posted(self, accounts):
        """Move ready bills to posted when every line of theirs is, and `self` back when not."""
        self.env.cr.execute(
            SQL(
                """SELECT b.id, count(l.id) FILTER (WHERE p.id IS NULL) AS open
                     FROM (SELECT id FROM ecom_bill WHERE account_id = ANY(%(accounts)s) AND state = 'ready'
                            UNION
                           SELECT id FROM ecom_bill
                            WHERE id = ANY(%(bills)s) AND account_id = ANY(%(accounts)s)) b
                     LEFT JOIN ecom_bill_line l ON l.bill_id = b.id
                     LEFT JOIN ecom_posting_line p
                       ON p.line_id = l.id AND p.stage = 'money' AND NOT p.reversed
                    GROUP BY b.id""",
                accounts=accounts.ids,
                bills=self.ids,
            )
        )
        waits = dict(self.env.cr.fetchall())
        quiet = self.with_context(tracking_disable=True)
        quiet.browse([bill_id for bill_id, waiting in waits.items() if waiting])._go_to("ready")
        quiet.browse([bill_id for bill_id, waiting in waits.items() if not waiting])._go_to("posted")
