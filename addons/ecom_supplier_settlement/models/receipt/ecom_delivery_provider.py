"""Receipt stage: systems of suppliers and warehouses that are asked for notices."""

import logging

from odoo import api, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)
PREFIX = "ecom.delivery.provider."
FIRST_DAYS = 7


class EcomDeliveryProvider(models.AbstractModel):
    """How to connect another system.

    Three ways in end in the same checks: it posts JSON to `ecom.delivery.notice.receive` (JSON-2), it sends
    files that a layout of `lib/ecom_settle/notices` reads, or we ask it. To ask it, add an abstract model
    that inherits this one, is named `ecom.delivery.provider.NAME` and has two methods:

        def _title(self):                    # how people call it
            return "Warehouse cloud"

        def _fetch(self, warehouse, since):  # notices from `since` (UTC) on, as `receive` takes them
            return [{"kind": "receipt", ...}]

    It can then be chosen at a warehouse. `_fetch` raises UserError when the other side does not answer; the
    warehouse is asked again from the same moment, which changes nothing for what is stored already.
    """

    _name = "ecom.delivery.provider"
    _description = "Delivery Provider"

    @api.model
    def _title(self):
        """How people call the system."""
        return self._description

    @api.model
    def _fetch(self, warehouse, since):
        """What the system has told since a moment.

        :param warehouse: stock.warehouse that is asked for
        :param since: naive UTC datetime; telling more than asked does no harm
        :return: list of payloads of `ecom.delivery.notice.receive`
        :raises UserError: if the system does not answer or refuses
        """
        raise NotImplementedError(self._name)

    @api.model
    def _choices(self):
        """[(model, title)] of the systems that can be asked."""
        names = sorted(name for name in self.env.registry if name.startswith(PREFIX))
        return [(name, self.env[name]._title()) for name in names]

    @api.model
    def _cron_pull(self):
        """Ask the systems of all warehouses; one that does not answer does not stop the others."""
        for warehouse in self.env["stock.warehouse"].search([("ecom_provider", "!=", False)]):
            try:
                with self.env.cr.savepoint():
                    warehouse._ecom_pull()
            except UserError as error:
                _logger.warning(
                    "%s did not answer for %s: %s", warehouse.ecom_provider, warehouse.code, error
                )
            if "ir_cron_progress_id" in self.env.context:
                self.env["ir.cron"]._commit_progress(1)
