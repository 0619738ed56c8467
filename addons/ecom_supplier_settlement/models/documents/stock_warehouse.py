"""Receipt stage: what kind of warehouse it is, who runs it, and when its receipts are odd."""

import logging
from datetime import timedelta

from odoo import api, fields, models

from ..receipt.ecom_delivery_provider import FIRST_DAYS

_logger = logging.getLogger(__name__)


class StockWarehouse(models.Model):
    _inherit = "stock.warehouse"

    ecom_type = fields.Selection(
        [("central", "Central"), ("front", "Front"), ("third_party", "Third-Party")],
        "Type",
        required=True,
        default="central",
        help="Central: our own store of goods. Front: near the buyers. Third-party: run by somebody else.",
    )
    ecom_operator_id = fields.Many2one(
        "res.partner", "Operator", ondelete="restrict", help="Who runs a third-party warehouse."
    )
    ecom_shop_id = fields.Many2one(
        "ecom.shop", "Channel", ondelete="restrict", check_company=True, help="The one shop it works for."
    )
    ecom_over_percent = fields.Float(
        "Over (%)", help="An alert is raised when more than this is received above the ordered quantity."
    )
    ecom_short_percent = fields.Float(
        "Short (%)", help="An alert is raised when more than this is missing of what was ordered or shipped."
    )
    ecom_late_days = fields.Integer(
        "Late (Days)",
        default=1,
        help="An alert is raised when goods are not here so many days after they were due.",
    )
    ecom_provider = fields.Selection(
        "_ecom_providers", "Receipt Interface", help="System that is asked hourly."
    )
    ecom_has_providers = fields.Boolean(compute="_compute_ecom_has_providers")
    ecom_pulled_at = fields.Datetime("Last Query", readonly=True, copy=False)

    _ecom_thresholds = models.Constraint(
        "CHECK(ecom_over_percent >= 0 AND ecom_short_percent >= 0 AND ecom_late_days >= 0)",
        "Limits of a warehouse cannot be negative.",
    )

    @api.model
    def _ecom_providers(self):
        return self.env["ecom.delivery.provider"]._choices()

    def _compute_ecom_has_providers(self):
        self.ecom_has_providers = bool(self._ecom_providers())

    def _ecom_pull(self):
        """Store what the warehouse's system has told since it was asked last.

        :return: what `receive` says of each notice
        """
        self.ensure_one()
        asked = fields.Datetime.now()
        since = self.ecom_pulled_at or asked - timedelta(days=FIRST_DAYS)
        payloads = self.env[self.ecom_provider]._fetch(self, since)
        results = self.env["ecom.delivery.notice"].with_company(self.company_id).receive(payloads)
        refused = [result["number"] for result in results if result["problems"]]
        if refused:
            _logger.warning("%s: notices refused: %s", self.code, ", ".join(refused[:20]))
        self.ecom_pulled_at = asked
        return results

    def action_ecom_pull(self):
        """Button: ask now."""
        for warehouse in self.filtered("ecom_provider"):
            warehouse._ecom_pull()
