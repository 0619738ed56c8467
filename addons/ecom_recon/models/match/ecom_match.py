"""Match stage: the verdict on one order, or on orders that were paid together."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.ecom_connectors.models.bills.ecom_tally import STATES
from odoo.addons.ecom_connectors.models.kernel.bulk_fields import BulkMany2one

LEG_STATES = [
    ("none", "Nothing Due"),
    ("exact", "Exact"),
    ("net", "Exact After Refund"),
    ("tolerance", "Within Tolerance"),
    ("waiting", "Waiting"),
    ("mismatch", "Different"),
    ("unchecked", "Not Compared"),
]

TONES = {
    "mismatch": "text-danger fw-bold",
    "waiting": "text-info",
    "exact": "text-success",
    "net": "text-success",
}
# Condition of a match whose small difference is not booked as it is.
TO_BOOK = """CASE WHEN state_received = 'tolerance' THEN variance_received ELSE 0 END
             <> coalesce(difference_booked, 0)"""


class EcomMatch(models.Model):
    """Tallies and the order they meet: four legs with what was expected, what came and the difference.

    Written by the matcher, with the rule that fitted, its version and all it looked at.
    """

    _name = "ecom.match"
    _description = "Match"
    _inherit = ["ecom.sealed"]
    _order = "id desc"
    _rec_name = "order_id"
    _log_access = False

    order_id = BulkMany2one("sale.order", readonly=True, required=True, ondelete="restrict")
    order_no = fields.Char("Order No.", related="order_id.ecom_order_no")
    company_id = BulkMany2one("res.company", readonly=True, required=True, ondelete="restrict")
    shop_id = BulkMany2one("ecom.shop", readonly=True, index=True, ondelete="restrict")
    currency_id = BulkMany2one("res.currency", readonly=True)
    state = fields.Selection(STATES, readonly=True, required=True)
    rule = fields.Char(readonly=True)
    rule_version = fields.Integer(readonly=True)
    rule_text = fields.Char("Why", compute="_compute_rule_text")
    order_count = fields.Integer("Orders", readonly=True)
    expected_total = fields.Monetary("Order Amount", readonly=True)
    expected_received = fields.Monetary("Platform Owes", readonly=True)
    expected_refund = fields.Monetary("Refunds Granted", readonly=True)
    amount_received = fields.Monetary("Received", readonly=True)
    amount_refund = fields.Monetary("Refunded", readonly=True)
    amount_fee = fields.Monetary("Fees", readonly=True)
    variance_order = fields.Monetary("Order Difference", readonly=True)
    variance_received = fields.Monetary("Payment Difference", readonly=True)
    variance_refund = fields.Monetary("Refund Difference", readonly=True)
    variance_fee = fields.Monetary("Fee Difference", readonly=True)
    state_order = fields.Selection(LEG_STATES, "Order Leg", readonly=True)
    state_received = fields.Selection(LEG_STATES, "Payment Leg", readonly=True)
    state_refund = fields.Selection(LEG_STATES, "Refund Leg", readonly=True)
    state_fee = fields.Selection(LEG_STATES, "Fee Leg", readonly=True)
    legs_html = fields.Html("Order, Payment, Refund and Fee", compute="_compute_legs_html", sanitize=False)
    lag_days = fields.Integer(readonly=True, help="Days from when the order was due to its first bill line.")
    first_day = fields.Date(readonly=True)
    last_day = fields.Date(readonly=True)
    difference_booked = fields.Monetary(
        readonly=True, help="How much of the payment difference stands in the ledger as a small difference."
    )
    tally_ids = fields.One2many("ecom.tally", "match_id", readonly=True)
    link_ids = fields.One2many("ecom.match.order", "match_id", readonly=True)

    _order_once = models.UniqueIndex("(order_id)", "This order has a match already.")
    # What the next posting has to book or take back; nothing else of all matches is read for it.
    _to_book_idx = models.Index(f"(id) WHERE {TO_BOOK}")

    @api.depends("rule")
    @api.depends_context("lang")
    def _compute_rule_text(self):
        texts = rule_texts(self.env)
        for match in self:
            match.rule_text = texts.get(match.rule, "")

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

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Undo the match instead."))

    def _mismatches(self):
        """{leg: difference} of the legs that differ, as decimal text."""
        digits = self.currency_id.decimal_places
        legs = [leg for leg in ("order", "received", "refund", "fee") if self[f"state_{leg}"] == "mismatch"]
        return {leg: f"{self[f'variance_{leg}']:.{digits}f}" for leg in legs}

    def action_open_lines(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("ecom_connectors.ecom_bill_line_action")
        return {**action, "domain": [("tally_id.match_id", "in", self.ids)], "context": {}}


class EcomMatchOrder(models.Model):
    """Which match an order is in; one at most."""

    _name = "ecom.match.order"
    _description = "Matched Order"
    _log_access = False

    match_id = BulkMany2one("ecom.match", required=True, readonly=True, ondelete="cascade", index=True)
    order_id = BulkMany2one("sale.order", required=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one(related="match_id.company_id")

    _order_once = models.UniqueIndex("(order_id)", "This order has a match already.")


def rule_texts(env):
    """{rule: what it says}, in the user's language."""
    return {
        "reference_and_amount": env._("The order number and all amounts are exact."),
        "reference_net": env._("Exact after the refund that was kept back before settlement."),
        "reference_within_tolerance": env._("The order number is exact, the amounts are within tolerance."),
        "payment_reference": env._("The payment number and all amounts are exact."),
        "payment_batch": env._("One payment for several orders is exactly their sum."),
        "refund_reference": env._("The refund number and all amounts are exact."),
        "sub_order_reference": env._("The sub-order number and all amounts are exact."),
        "manual": env._("Linked by a person."),
        "accepted": env._("A person accepted the difference."),
        "no_order_needed": env._("This movement needs no order."),
        "fee_alone": env._("A fee of an order that is not here."),
        "clearing": env._("Settlement and fund flow agree."),
    }
