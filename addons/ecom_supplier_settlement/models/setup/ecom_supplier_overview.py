"""Every stage: what waits on the supplier side, counted for the page that a day begins with."""

from odoo import api, models

from odoo.addons.ecom_recon.models.report.ecom_account import tile

from .bills import BILLS

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

# {tile that a supplier's card counts, too: (model, its field of the supplier)}
SUPPLIER_FIELDS = {
    "blocked": ("account.move", "commercial_partner_id"),
    "alerts": ("ecom.receipt.alert", "partner_id"),
    "disputed": ("ecom.statement.line", "partner_id"),
}


class EcomSupplierOverview(models.AbstractModel):
    """Counts for the page that begins the day, and for the card of each supplier."""

    _name = "ecom.supplier.overview"
    _description = "Supplier Overview"

    @api.model
    def _tiles(self):
        """What waits for this user: [{"label", "count", "tone", "action"}], most urgent first."""
        labels = {
            "blocked": self.env._("Blocked invoices"),
            "disputed": self.env._("Disputed lines"),
            "alerts": self.env._("Receipt alerts"),
            "notices": self.env._("Notices to look at"),
            "unmapped": self.env._("Unknown codes"),
            "drafts": self.env._("Draft invoices"),
            "rebates": self.env._("Rebates to claim"),
            "approve": self.env._("Statements to approve"),
            "pay": self.env._("Invoices ready to pay"),
        }
        return [
            tile(self.env, labels[key], tone, xmlid, domain)
            for key, (tone, groups, xmlid, domain) in TILES.items()
            if any(self.env.user.has_group(group) for group in groups)
        ]

    @api.model
    def _of_suppliers(self, key, partners):
        """(model, domain, field of the supplier) of what a tile counts of these suppliers."""
        model, field = SUPPLIER_FIELDS[key]
        return model, [*TILES[key][-1], (field, "in", partners.ids)], field

    @api.model
    def _counts(self, key, partners):
        """{supplier id: number} of what waits, nothing where the user may not look."""
        model, domain, field = self._of_suppliers(key, partners)
        if not self.env[model].has_access("read"):
            return {}
        groups = self.env[model]._read_group(domain, [field], ["__count"])
        return {partner.id: count for partner, count in groups}
