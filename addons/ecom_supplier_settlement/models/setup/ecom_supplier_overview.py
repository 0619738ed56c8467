"""Every stage: what waits on the supplier side, counted for the page that a day begins with."""

from odoo import api, fields, models

from odoo.addons.ecom_recon.models.report.ecom_overview import tile

BILLS = ["in_invoice", "in_receipt"]
POSTED = [("move_type", "in", BILLS), ("state", "=", "posted")]
UNPAID = [("payment_state", "in", ("not_paid", "partial"))]
HERE = "ecom_supplier_settlement."
WAREHOUSE, BUYER, ACCOUNTANT = (
    f"{HERE}group_warehouse",
    f"{HERE}group_buyer",
    "ecom_connectors.group_accountant",
)
# {tile: (how urgent, groups, action, domain)}
TILES = {
    "blocked": (
        "danger",
        [BUYER, ACCOUNTANT],
        f"{HERE}ecom_blocked_bill_action",
        [*POSTED, ("ecom_threeway_state", "=", "blocked")],
    ),
    "disputed": (
        "danger",
        [BUYER, ACCOUNTANT],
        f"{HERE}ecom_statement_dispute_action",
        [("state", "=", "disputed"), ("live", "=", True)],
    ),
    "alerts": ("danger", [WAREHOUSE], f"{HERE}ecom_receipt_alert_action", [("state", "=", "open")]),
    "notices": (
        "warning",
        [WAREHOUSE],
        f"{HERE}ecom_delivery_notice_action",
        [("state", "in", ("draft", "difference"))],
    ),
    "unmapped": (
        "warning",
        [WAREHOUSE],
        f"{HERE}ecom_delivery_alias_action",
        [("product_id", "=", False), ("origin", "in", ("supplier", "warehouse"))],
    ),
    "drafts": (
        "warning",
        [ACCOUNTANT],
        "account.action_move_in_invoice_type",
        [("move_type", "in", BILLS), ("state", "=", "draft")],
    ),
    "rebates": (
        "warning",
        [BUYER, ACCOUNTANT],
        f"{HERE}ecom_rebate_action",
        [("state", "=", "computed"), ("is_over", "=", True), ("amount", "!=", 0)],
    ),
    "approve": ("info", [ACCOUNTANT], f"{HERE}ecom_statement_action", [("state", "=", "confirmed")]),
    "pay": (
        "info",
        [ACCOUNTANT],
        f"{HERE}ecom_ready_bill_action",
        [*POSTED, *UNPAID, ("ecom_threeway_state", "in", ("ready", "warning", "released"))],
    ),
}


class ResPartner(models.Model):
    _inherit = "res.partner"

    ecom_blocked_count = fields.Integer(
        "Blocked Bills", compute="_compute_ecom_waiting", groups="base.group_user"
    )
    ecom_alert_count = fields.Integer(
        "Receipt Alerts", compute="_compute_ecom_waiting", groups="base.group_user"
    )
    ecom_dispute_count = fields.Integer(
        "Disputed Lines", compute="_compute_ecom_waiting", groups="base.group_user"
    )

    def _compute_ecom_waiting(self):
        counts = {
            "ecom_blocked_count": self._ecom_count(
                "account.move", TILES["blocked"][-1], "commercial_partner_id"
            ),
            "ecom_alert_count": self._ecom_count("ecom.receipt.alert", TILES["alerts"][-1], "partner_id"),
            "ecom_dispute_count": self._ecom_count(
                "ecom.statement.line", TILES["disputed"][-1], "partner_id"
            ),
        }
        for partner in self:
            for name, found in counts.items():
                partner[name] = found.get(partner.id, 0)

    def _ecom_count(self, model, domain, field):
        """{supplier: number} of what waits, nothing where the user may not look."""
        if not self.env[model].has_access("read"):
            return {}
        groups = self.env[model]._read_group([*domain, (field, "in", self.ids)], [field], ["__count"])
        return {partner.id: count for partner, count in groups}

    @api.model
    def overview_tiles(self):
        """What waits for this user: [{"label", "count", "tone", "action"}], most urgent first."""
        labels = {
            "blocked": self.env._("Blocked bills"),
            "disputed": self.env._("Disputed lines"),
            "alerts": self.env._("Receipt alerts"),
            "notices": self.env._("Notices to look at"),
            "unmapped": self.env._("Unknown codes"),
            "drafts": self.env._("Draft bills"),
            "rebates": self.env._("Rebates to claim"),
            "approve": self.env._("Statements to approve"),
            "pay": self.env._("Bills ready to pay"),
        }
        return [
            tile(self.env, labels[key], tone, xmlid, domain)
            for key, (tone, groups, xmlid, domain) in TILES.items()
            if any(self.env.user.has_group(group) for group in groups)
        ]

    def action_ecom_open_waiting(self):
        """Button: what the number on the card counts; the context names it."""
        key = self.env.context["ecom_tile"]
        _tone, _groups, xmlid, domain = TILES[key]
        field = "commercial_partner_id" if key == "blocked" else "partner_id"
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        return {**action, "domain": [*domain, (field, "in", self.ids)], "context": {}}

    def action_ecom_open_basis(self):
        """Button: the order lines of this supplier with what was received and billed."""
        action = self.env["ir.actions.act_window"]._for_xml_id(f"{HERE}ecom_purchase_basis_action")
        return {**action, "domain": [("partner_id", "in", self.ids)], "context": {}}
