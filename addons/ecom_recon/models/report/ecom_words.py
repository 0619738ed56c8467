"""Every stage: what its codes and figures say to a person."""

from odoo import api, fields, models
from odoo.tools import format_datetime

from odoo.addons.ecom_connectors.models.bills.ecom_tally import ALONE, NO_ORDER, REFUND, TRANSACTION, UNKNOWN

from ..match.ecom_match import rule_texts

TONES = {
    "mismatch": "text-danger fw-bold",
    "waiting": "text-info",
    "exact": "text-success",
    "net": "text-success",
}


class EcomTally(models.Model):
    _inherit = "ecom.tally"

    @api.depends("ref")
    @api.depends_context("lang")
    def _compute_display_name(self):
        shapes = {
            REFUND: self.env._("Refund %s"),
            TRANSACTION: self.env._("Transaction %s"),
            UNKNOWN: self.env._("Word “%s”"),
            ALONE: self.env._("Line %s"),
        }
        names = {category.code: category.name for category in self.env["ecom.category"].search([])}
        for tally in self:
            ref = tally.ref or ""
            prefix = next((prefix for prefix in shapes if ref.startswith(prefix)), None)
            if prefix:
                tally.display_name = shapes[prefix] % ref.removeprefix(prefix)
            elif ref.startswith(NO_ORDER):
                code, _slash, day = ref.removeprefix(NO_ORDER).partition("/")
                tally.display_name = f"{names.get(code, code)} {day}"
            else:
                tally.display_name = ref


class EcomBillLine(models.Model):
    _inherit = "ecom.bill.line"

    rule_text = fields.Char("Why", compute="_compute_rule_text")

    @api.depends("tally_id.rule", "tally_id.reason")
    @api.depends_context("lang")
    def _compute_rule_text(self):
        texts = rule_texts(self.env)
        for line in self:
            line.rule_text = texts.get(line.rule) or line.tally_id.reason


class EcomMatch(models.Model):
    _inherit = "ecom.match"

    order_no = fields.Char("Order No.", related="order_id.ecom_order_no")
    legs_html = fields.Html("Four Legs", compute="_compute_legs_html", sanitize=False)

    @api.depends("order_id.ecom_order_no", "order_id.name")
    def _compute_display_name(self):
        for match in self:
            match.display_name = match.order_id.ecom_order_no or match.order_id.name

    @api.depends("state")
    @api.depends_context("lang")
    def _compute_legs_html(self):
        for match in self:
            match.legs_html = self.env["ir.qweb"]._render("ecom_recon.legs", {"legs": match._legs()})

    def _legs(self):
        """What was expected and what came, leg by leg, as text.

        Refunds and fees are told from the difference back: their difference is to the nearest amount
        that would have been right.
        """
        states = dict(self._fields["state_order"]._description_selection(self.env))
        money = self.currency_id.format
        amounts = [
            (self.env._("Order"), "order", self.expected_total, self.expected_received),
            (self.env._("Payment"), "received", self.expected_received, self.amount_received),
            (self.env._("Refunds"), "refund", self.amount_refund - self.variance_refund, self.amount_refund),
            (self.env._("Fees"), "fee", self.amount_fee - self.variance_fee, self.amount_fee),
        ]
        return [
            {
                "name": name,
                "expected": "" if self[f"state_{leg}"] == "unchecked" else money(expected),
                "actual": money(actual),
                "difference": money(self[f"variance_{leg}"]) if self[f"variance_{leg}"] else "",
                "state": states.get(self[f"state_{leg}"], ""),
                "tone": TONES.get(self[f"state_{leg}"], "text-muted"),
            }
            for name, leg, expected, actual in amounts
        ]


class EcomException(models.Model):
    _inherit = "ecom.exception"

    legs_html = fields.Html("Four Legs", compute="_compute_legs_html", sanitize=False)
    line_count = fields.Integer("Bill Lines", compute="_compute_counts")
    refund_count = fields.Integer("Refunds", compute="_compute_counts")
    move_count = fields.Integer("Entries", compute="_compute_counts")

    def _compute_legs_html(self):
        for exception in self:
            exception.legs_html = exception.match_id.legs_html

    @api.depends("type", "order_no", "refund_no", "detail")
    @api.depends_context("lang")
    def _compute_display_name(self):
        types = dict(self._fields["type"]._description_selection(self.env))
        for exception in self:
            what = exception.order_no or exception.refund_no or exception.detail
            label = types.get(exception.type, "")
            exception.display_name = f"{label} · {what}" if what else label

    @api.depends("tally_id", "order_id")
    def _compute_counts(self):
        for exception in self:
            lines = (exception.tally_id | exception.match_id.tally_ids).line_ids
            moves = lines.posting_line_ids.posting_id.move_id | exception.order_id.invoice_ids
            exception.line_count = len(lines)
            exception.refund_count = len(exception.order_id.ecom_refund_ids)
            exception.move_count = len(moves)


class EcomRun(models.Model):
    _inherit = "ecom.run"

    @api.depends("name", "started_at")
    @api.depends_context("lang", "tz")
    def _compute_display_name(self):
        stages = dict(self._fields["name"]._description_selection(self.env))
        for run in self:
            moment = format_datetime(self.env, run.started_at, dt_format="short")
            run.display_name = f"{stages.get(run.name, '')} {moment}"
