"""Every stage: a supplier, with what waits on its card and when its documents are cut off."""

from odoo import api, fields, models

from odoo.addons.ecom_recon.models.report.ecom_account import tile

from ..setup.ecom_supplier_overview import HERE, TILES
from ..statement.ecom_statement import CUTOFFS


class ResPartner(models.Model):
    _inherit = "res.partner"

    ecom_cutoff = fields.Selection(
        CUTOFFS,
        "Statement Cut-off",
        company_dependent=True,
        groups="base.group_user",
        help="Overrides the company's rule; a statement that follows another one keeps its rule.",
    )
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
