"""Invoice stage: vendor bills know whether they match, and are matched again whenever that may change."""

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..setup.changes import differs
from ..threeway.ecom_threeway_facts import BILLS, MATCHED
from ..threeway.ecom_threeway_result import reason_texts

THREEWAY_STATES = [
    ("none", "Not Matched"),
    ("ready", "Ready to Pay"),
    ("warning", "Ready to Pay, With Warning"),
    ("blocked", "Blocked for Payment"),
    ("released", "Released"),
]
# Written by the match alone.
OURS = {"ecom_threeway_state", "ecom_posted_by_id"}
# What a bill or its lines say to the match.
BILL_FACTS = {
    *("invoice_line_ids", "line_ids", "partner_id", "currency_id", "invoice_date", "ecom_document_total"),
    *("invoice_currency_rate", "reversed_entry_id"),
}
LINE_FACTS = {
    *("purchase_line_id", "product_id", "product_uom_id", "quantity", "price_unit", "discount"),
    *("price_subtotal", "tax_ids", "display_type", "amount_currency", "balance", "debit", "credit"),
}
SMALL_FACTS = {
    *("quantity", "price_unit", "discount", "tax_ids", "amount_currency", "balance", "debit", "credit"),
    "display_type",
}


class AccountMove(models.Model):
    _inherit = "account.move"

    ecom_threeway_state = fields.Selection(
        THREEWAY_STATES,
        "Match State",
        default="none",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups="base.group_user",
    )
    ecom_threeway_result_ids = fields.One2many(
        "ecom.threeway.result",
        "move_id",
        "Match Results",
        readonly=True,
        domain=[("superseded", "=", False)],
        groups="base.group_user",
    )
    ecom_release_ids = fields.One2many(
        "ecom.threeway.release", "move_id", "Releases", readonly=True, groups="base.group_user"
    )
    ecom_posted_by_id = fields.Many2one(
        "res.users", "Posted By", readonly=True, copy=False, groups="base.group_user"
    )
    ecom_document_total = fields.Monetary(
        "Supplier's Total",
        copy=False,
        tracking=True,
        help="What the supplier wrote below the bill, tax included. Empty: it is not compared.",
    )
    ecom_block_reason = fields.Char(
        "Why It Is Blocked", compute="_compute_ecom_block_reason", groups="base.group_user"
    )

    def _compute_reconciled_payment_ids(self):
        # A buyer opens the bill that waits for an answer and may not read payments, which Odoo counts.
        return super(AccountMove, self.sudo())._compute_reconciled_payment_ids()

    @api.depends("ecom_threeway_state", "ecom_threeway_result_ids.reasons")
    @api.depends_context("lang")
    def _compute_ecom_block_reason(self):
        texts = reason_texts(self.env)
        for move in self:
            move.ecom_block_reason = False
            if move.ecom_threeway_state in ("blocked", "released", "warning"):
                # Whoever sees the bill is told why it waits; the evidence itself has its own rights.
                said = {
                    code for row in move.sudo().ecom_threeway_result_ids for code in row.reasons.split(",")
                }
                move.ecom_block_reason = " ".join(text for code, text in texts.items() if code in said)

    # --- routes that change facts ----------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get("ecom_threeway_state") not in (None, False, "none") or vals.get("ecom_posted_by_id"):
                raise UserError(self.env._("The match state of a bill is set by the match only."))
        # A default from the context is no way in either.
        vals_list = [
            {**vals, "ecom_threeway_state": "none", "ecom_posted_by_id": False} for vals in vals_list
        ]
        return super().create(vals_list)

    def write(self, vals):
        if OURS & set(vals):
            raise UserError(self.env._("The match state of a bill is set by the match only."))
        if "move_type" in vals and self.filtered(
            lambda move: (
                move.move_type in MATCHED and move.posted_before and move.move_type != vals["move_type"]
            )
        ):
            raise UserError(self.env._("A bill that was posted stays a bill. Cancel it instead."))
        # What a credit note named until now is no longer cured by it, whoever may see it.
        credited = self.sudo().reversed_entry_id if "reversed_entry_id" in vals else self.browse()
        result = super().write(vals)
        if BILL_FACTS & set(vals):
            self._ecom_facts_changed()
        credited.filtered(lambda move: move.state == "posted")._ecom_threeway("bill")
        return result

    def unlink(self):
        order_lines = self.filtered(lambda move: move.move_type in MATCHED).line_ids.purchase_line_id.ids
        result = super().unlink()
        self.env["account.move"]._ecom_threeway_bills_of(order_lines, "bill")
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_never_matched(self):
        # Evidence counts for everybody, seen or not.
        results = self.env["ecom.threeway.result"].sudo()
        # A bill that could be compared with nothing, and was not held up either, leaves no evidence.
        compared = Domain("purchase_line_id", "!=", False) | Domain("kind", "=", "document")
        compared |= Domain("verdict", "!=", "inside")
        matched = Domain([("move_id", "in", self.ids), ("cause", "!=", "manual")]) & compared
        if results.search_count(matched, limit=1):
            raise UserError(self.env._("A bill that was matched is kept as evidence. Cancel it instead."))

    def _post(self, soft=True):
        self.filtered(
            lambda move: move.move_type in MATCHED and move.state == "draft"
        )._ecom_post_small_difference()
        posted = super()._post(soft=soft)
        bills = posted.filtered(lambda move: move.move_type in MATCHED)
        if bills:
            bills._ecom_set(posted_by=self.env.uid)
            bills._ecom_threeway("post")
            bills._ecom_threeway_others("bill")
        return posted

    def button_draft(self):
        result = super().button_draft()
        self._ecom_leave()
        return result

    def button_cancel(self):
        result = super().button_cancel()
        self._ecom_leave()
        return result

    def _ecom_facts_changed(self):
        bills = self.filtered(lambda move: move.move_type in MATCHED)
        posted = bills.filtered(lambda move: move.state == "posted")
        posted._ecom_threeway("lines")
        bills._ecom_threeway_others("bill")

    def _ecom_leave(self):
        """Bills that are no longer posted are nobody's task, and others may be paid instead."""
        bills = self.filtered(lambda move: move.move_type in MATCHED)
        if bills:
            bills._ecom_set(state="none")
            bills._ecom_close_tasks()
            bills._ecom_threeway_others("bill")

    def _ecom_set(self, state=None, posted_by=None):
        """Write our own columns, which nobody else may."""
        self.flush_recordset()
        self.env.execute_query(
            SQL(
                """UPDATE account_move SET ecom_threeway_state = coalesce(%s, ecom_threeway_state),
                          ecom_posted_by_id = coalesce(%s, ecom_posted_by_id)
                    WHERE id = ANY(%s) RETURNING id""",
                state,
                posted_by,
                self.ids,
            )
        )
        self.invalidate_recordset(list(OURS))

    # --- the match ---------------------------------------------------------------

    def _ecom_threeway(self, cause="manual"):
        """Match these vendor bills and credit notes now, in bulk; other entries are left alone.

        :param cause: why, a code of CAUSES in `ecom_threeway_result`
        :return: {move id: {"state", "before", "kinds", "reasons"}}, see `ecom.threeway.matcher`
        """
        bills = self.filtered(lambda move: move.move_type in MATCHED and move.state != "cancel")
        if not bills:
            return {}
        # Whoever receives goods or agrees a price sets the match off; it is not theirs to decide or to see.
        said = self.env["ecom.threeway.matcher"].sudo()._run(bills, cause)
        posted = bills.filtered(lambda move: move.state == "posted")
        posted.sudo()._ecom_tell({move.id: said[move.id] for move in posted})  # tasks go to other people
        return said

    def _ecom_threeway_others(self, cause):
        """Match the other bills of the order lines that these bills are of, and what they credit."""
        # A credit note of the price alone names its bill and no order; whoever posts it cures the bill.
        credited = self.sudo().reversed_entry_id.filtered(lambda move: move.state == "posted")
        order_lines = self.line_ids.purchase_line_id | credited.line_ids.purchase_line_id
        (self._ecom_bills_of(order_lines.ids) - self | credited)._ecom_threeway(cause)

    @api.model
    def _ecom_threeway_bills_of(self, order_line_ids, cause):
        """Match the posted bills of these order lines."""
        if order_line_ids:
            self._ecom_bills_of(order_line_ids)._ecom_threeway(cause)

    @api.model
    def _ecom_bills_of(self, order_line_ids):
        """The posted bills and credit notes of these order lines, whoever may see them."""
        if not order_line_ids:
            return self.browse()
        # The match is of all bills of an order line, not of those that a user sees.
        return self.sudo().browse(self.env["ecom.threeway.facts"]._bills_of(order_line_ids))

    def action_ecom_threeway(self):
        """Match again, by the policies of today; of a draft it is a preview."""
        if self.env.user.share:
            raise AccessError(self.env._("Suppliers do not match bills."))
        self.check_access("read")
        self._ecom_threeway("manual")
        return True

    # --- small differences -----------------------------------------------------

    def _ecom_post_small_difference(self):
        """Bring a bill to the total its supplier wrote, if the policy lets so small a difference pass.

        The difference is one line without tax on the account of small differences, gain or loss by sign.
        """
        versions = self._ecom_versions() if any(self.mapped("ecom_document_total")) else {}
        for move in self:
            old = move.invoice_line_ids.filtered("ecom_small_difference")
            if old:
                move.with_context(**_opened(self.env)).write(
                    {"invoice_line_ids": [Command.delete(line.id) for line in old]}
                )
            difference = move.currency_id.round(move.ecom_document_total - move.amount_total)
            if not move.ecom_document_total or not difference or move.id not in versions:
                continue
            limit = move.company_currency_id._convert(
                float(versions[move.id].terms["small_amount"]),
                move.currency_id,
                move.company_id,
                move.invoice_date or move.date,
            )
            if move.currency_id.compare_amounts(abs(difference), limit) <= 0:
                move._ecom_add_small_difference(difference)

    def _ecom_add_small_difference(self, difference):
        costs = (difference > 0) == (self.move_type in BILLS)
        # A role is a setting of the company; who posts a bill need not see it.
        maps = self.env["ecom.role.map"].sudo()
        ledger = maps._company_ledger(self.company_id, "small_loss" if costs else "small_gain")
        line = {
            "name": self.env._("Small difference to the supplier's total"),
            "account_id": ledger.id,
            "quantity": 1,
            "price_unit": difference,
            "tax_ids": [Command.clear()],
            "ecom_small_difference": True,
        }
        self.with_context(**_opened(self.env)).write({"invoice_line_ids": [Command.create(line)]})

    def _ecom_versions(self):
        """{bill id: version of the policy of its company and supplier}"""
        rows = self.env["ecom.threeway.facts"]._documents(self.ids)
        # The policy decides, whoever posts.
        versions = self.env["ecom.threeway.policy.version"].sudo()
        return {
            row["move_id"]: versions.browse(row["policy_version_id"])
            for row in rows
            if row["policy_version_id"]
        }


def _opened(env):
    """The context in which our own columns of bill lines may be written."""
    return dict(env["ecom.threeway.result"]._unseal().env.context)


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    ecom_small_difference = fields.Boolean(
        "Small Difference", readonly=True, copy=False, groups="base.group_user"
    )

    @api.model_create_multi
    def create(self, vals_list):
        if self.env["ecom.threeway.result"]._is_sealed():
            vals_list = [{**vals, "ecom_small_difference": False} for vals in vals_list]
        lines = super().create(vals_list)
        posted = lines.move_id.filtered(lambda move: move.move_type in MATCHED and move.state == "posted")
        if posted:
            posted._ecom_facts_changed()
        return lines

    def write(self, vals):
        if "ecom_small_difference" in vals and self.env["ecom.threeway.result"]._is_sealed():
            raise UserError(self.env._("The match state of a bill is set by the match only."))
        if SMALL_FACTS & set(vals):
            self._ecom_refuse_small(vals)
        if not LINE_FACTS & set(vals):
            return super().write(vals)
        posted = self.move_id.filtered(lambda move: move.move_type in MATCHED and move.state == "posted")
        before = posted.line_ids.purchase_line_id.ids
        result = super().write(vals)
        if posted:
            posted._ecom_threeway("lines")
            order_lines = {*before, *posted.line_ids.purchase_line_id.ids}
            (posted._ecom_bills_of(list(order_lines)) - posted)._ecom_threeway("bill")
        return result

    def unlink(self):
        posted = self.move_id.filtered(lambda move: move.move_type in MATCHED and move.state == "posted")
        order_lines = posted.line_ids.purchase_line_id.ids
        result = super().unlink()
        if posted := posted.exists():
            posted._ecom_threeway("lines")
            (posted._ecom_bills_of(order_lines) - posted)._ecom_threeway("bill")
        return result

    def _ecom_refuse_small(self, vals):
        """A small difference is what the policy lets pass, and nothing that a person types."""
        small = self.filtered(lambda line: line.ecom_small_difference and line.parent_state == "posted")
        names = SMALL_FACTS & set(vals)
        if small and any(differs(line, name, vals[name]) for line in small for name in names):
            raise UserError(self.env._("A small difference is posted by the match only. Reset the bill."))

    def copy_data(self, default=None):
        """A copy of a bill bills its orders once more, and is matched like any other bill of them."""
        copies = super().copy_data(default)
        for line, vals in zip(self, copies, strict=True):
            if line.purchase_line_id and line.move_id.move_type in BILLS:
                vals.setdefault("purchase_line_id", line.purchase_line_id.id)
        return copies
