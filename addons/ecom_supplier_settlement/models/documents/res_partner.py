"""Every stage: a supplier, with what waits on its card and when its documents are cut off."""

from odoo import api, fields, models

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
        "Blocked Invoices", compute="_compute_ecom_waiting", groups="base.group_user"
    )
    ecom_alert_count = fields.Integer(
        "Receipt Alerts", compute="_compute_ecom_waiting", groups="base.group_user"
    )
    ecom_dispute_count = fields.Integer(
        "Disputed Lines", compute="_compute_ecom_waiting", groups="base.group_user"
    )

    def _compute_ecom_waiting(self):
        overview = self.env["ecom.supplier.overview"]
        counts = {
            "ecom_blocked_count": overview._counts("blocked", self),
            "ecom_alert_count": overview._counts("alerts", self),
            "ecom_dispute_count": overview._counts("disputed", self),
        }
        for partner in self:
            for name, found in counts.items():
                partner[name] = found.get(partner.id, 0)

    @api.model
    def overview_tiles(self):
        """For the page of suppliers: [{"label", "count", "tone", "action"}], most urgent first."""
        return self.env["ecom.supplier.overview"]._tiles()

    def action_ecom_open_waiting(self):
        """Button: what the number on the card counts; the context names it."""
        key = self.env.context["ecom_tile"]
        _model, domain, _field = self.env["ecom.supplier.overview"]._of_suppliers(key, self)
        action = self.env["ir.actions.act_window"]._for_xml_id(TILES[key][2])
        return {**action, "domain": domain, "context": {}}

    def action_ecom_open_basis(self):
        """Button: the order lines of this supplier with what was received and invoiced."""
        action = self.env["ir.actions.act_window"]._for_xml_id(f"{HERE}ecom_purchase_basis_action")
        return {**action, "domain": [("partner_id", "in", self.ids)], "context": {}}
